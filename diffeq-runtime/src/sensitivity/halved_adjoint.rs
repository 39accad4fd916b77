//! The discrete adjoint of a halved step: its halves, one after the other.

use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::step::AdjointMethod;
use crate::sensitivity::step::Bars;
use crate::sensitivity::step::StepAdjoint;
use crate::sensitivity::step::StepMotion;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::add_scaled;
use crate::space::assign;
use crate::space::assign_scaled;
use crate::space::assign_zero;
use crate::space::dot;
use crate::stepper::At;
use crate::stepper::Failure;
use crate::stepper::Halved;
use crate::stepper::Interval;
use crate::stepper::Method;
use crate::stepper::Stepper;
use crate::stepper::Trace;
use crate::stepper::error_factor;
use crate::stepper::halves;
use crate::stepper::quintic;
use crate::tableau::dense;

/// Memory for the reverse derivative of a halved step.
#[derive(Debug)]
pub struct HalvedAdjoint<A, S, V> {
    inner: A,
    stepper: S,
    tolerances: Tolerances,
    start: V,
    /// The states in the middle and at the end.
    states: [V; 2],
    /// The slopes at start, middle and end, for rows inside the step.
    slopes: [V; 3],
    /// What rows add to the cotangents of the states at start, middle and end, and to those of the slopes there.
    state_bars: [V; 3],
    slope_bars: [V; 3],
    dense: bool,
    /// How far the estimate of the error is below the distance of the two solutions.
    factor: f64,
}

impl<T, F, M> AdjointMethod<T, F> for Halved<M>
where
    T: Real,
    F: Vjp<T>,
    M: AdjointMethod<T, F>,
{
    type Adjoint = HalvedAdjoint<M::Adjoint, M::Stepper, F::State>;
    fn adjoint(&self, u: &F::State, tolerances: &Tolerances) -> Self::Adjoint {
        let three = || std::array::from_fn(|_| u.zeros_like());
        HalvedAdjoint {
            inner: self.0.adjoint(u, tolerances),
            stepper: self.0.stepper(u),
            tolerances: tolerances.clone(),
            start: u.zeros_like(),
            states: [u.zeros_like(), u.zeros_like()],
            slopes: three(),
            state_bars: three(),
            slope_bars: three(),
            dense: false,
            factor: error_factor(Method::<T, F>::facts(&self.0).order),
        }
    }
}

/// The weights of a row inside a step, or with `slope` of its slope: those of the middle and the end, each less the
/// start, and those of `h` times the slopes at start, middle and end.
fn weights(theta: f64, slope: bool) -> ([f64; 2], [f64; 3]) {
    let evaluate = |i: usize| {
        let unit = |j: usize| if i == j { 1.0 } else { 0.0 };
        let coefficients = quintic([unit(0), unit(1)], [unit(2), unit(3), unit(4)]);
        let (value, rate) = dense::evaluate(&coefficients, theta);
        if slope { rate } else { value }
    };
    ([evaluate(0), evaluate(1)], [evaluate(2), evaluate(3), evaluate(4)])
}

impl<T, F, V, A, S> StepAdjoint<T, F> for HalvedAdjoint<A, S, V>
where
    T: Real,
    V: Vector<T>,
    F: Vjp<T, State = V>,
    A: StepAdjoint<T, F>,
    S: Stepper<T, F>,
{
    fn begin(&mut self, at: At<'_, T, F>, _: Trace<'_, V, T>, dense: bool, _: bool) -> Result<(), Failure> {
        let Self { stepper, tolerances, start, states: [middle, end], .. } = self;
        let [first, second] = halves(at.interval);
        assign(start, at.u);
        stepper.begin(at.f, at.p, first.from, start, tolerances)?;
        stepper.step(At { interval: first, ..at }, tolerances, middle)?;
        self.dense = dense;
        if dense {
            stepper.accept();
            stepper.step(At { interval: second, u: middle, ..at }, tolerances, end)?;
            let places = [(first.from, at.u), (first.end, &*middle), (second.to, &*end)];
            for (slope, (t, u)) in self.slopes.iter_mut().zip(places) {
                at.f.rhs(slope, u, at.p, T::lit(t));
            }
            self.state_bars.iter_mut().chain(&mut self.slope_bars).for_each(assign_zero);
        }
        Ok(())
    }

    fn seed(&mut self, theta: f64, cotangent: &V) {
        let ([middle, end], slopes) = weights(theta, false);
        let states = [1.0 - middle - end, middle, end];
        for (bar, weight) in self.state_bars.iter_mut().zip(states) {
            add_scaled(bar, weight, cotangent);
        }
        for (bar, weight) in self.slope_bars.iter_mut().zip(slopes) {
            add_scaled(bar, weight, cotangent);
        }
    }

    fn seed_rate(&mut self, interval: Interval, theta: f64, cotangent: &V) -> bool {
        let ([middle, end], slopes) = weights(theta, true);
        let states = [-middle - end, middle, end];
        for (bar, weight) in self.state_bars.iter_mut().zip(states) {
            add_scaled(bar, weight / interval.h, cotangent);
        }
        for (bar, weight) in self.slope_bars.iter_mut().zip(slopes) {
            add_scaled(bar, weight / interval.h, cotangent);
        }
        true
    }

    fn seed_slope(&mut self, at: At<'_, T, F>, _: Trace<'_, V, T>, theta: f64, cotangent: &V) -> T {
        let ([middle, end], slopes) = weights(theta, true);
        let start = dot(at.u, cotangent);
        let mut sum = T::ZERO;
        for (state, weight) in self.states.iter().zip([middle, end]) {
            sum += (dot(state, cotangent) - start).scale(weight / at.interval.h);
        }
        for (slope, weight) in self.slopes.iter().zip(slopes) {
            sum += dot(slope, cotangent).scale(weight);
        }
        sum
    }

    #[cold]
    fn error(
        &mut self,
        at: At<'_, T, F>,
        _: Trace<'_, V, T>,
        u_bar: &V,
        (u_error, p_error): (&mut V, &mut F::Params),
        work: &mut Workspace<T>,
    ) -> bool {
        let [first, second] = halves(at.interval);
        let Self { inner, states: [middle, _], state_bars: [.., end_bar], dense, factor, .. } = self;
        let still = StepMotion { start: [0.0; 2], length: [0.0; 2] };
        // The two halves, last one first, less the whole.
        let parts =
            [(*factor, &[(second, &*middle), (first, at.u)][..]), (-*factor, &[(at.interval, at.u)][..])];
        let mut bar = u_bar.zeros_like();
        for (factor, steps) in parts {
            assign_scaled(&mut bar, factor, u_bar);
            if *dense {
                add_scaled(&mut bar, factor, end_bar);
            }
            for (interval, from) in steps {
                let part = At { interval: *interval, u: *from, ..at };
                let bars = Bars { u: &mut bar, p: &mut *p_error, span: &mut [T::ZERO; 2] };
                let begun = inner.begin(part, Trace::NONE, false, false);
                if begun.and_then(|()| inner.finish(part, Trace::NONE, still, bars, work)).is_err() {
                    return false;
                }
            }
            add_scaled(u_error, 1.0, &bar);
        }
        true
    }

    fn finish(
        &mut self,
        at: At<'_, T, F>,
        _: Trace<'_, V, T>,
        motion: StepMotion,
        bars: Bars<'_, T, F>,
        work: &mut Workspace<T>,
    ) -> Result<(), Failure> {
        let Bars { u: u_bar, p: p_bar, span: span_bar } = bars;
        let [first, second] = halves(at.interval);
        let length = motion.length.map(|rate| 0.5 * rate);
        let middle = [0, 1].map(|i| motion.start[i] + length[i]);
        let Self { inner, states, slopes, state_bars, slope_bars, dense, .. } = self;
        let [middle_state, end_state] = &*states;
        // The halves, last one first; before each, what the rows add where it ends.
        let parts = [
            (second, middle_state, StepMotion { start: middle, length }, (end_state, 2, motion.at(1.0))),
            (first, at.u, StepMotion { start: motion.start, length }, (middle_state, 1, middle)),
        ];
        let mut add_rows =
            |state: &V, i: usize, time: [f64; 2], u_bar: &mut V, bars: (&mut _, &mut [T; 2])| {
                let (p_bar, span_bar) = bars;
                add_scaled(u_bar, 1.0, &state_bars[i]);
                let stretch = dot(&slopes[i], &slope_bars[i]);
                let mut k_bar = slope_bars[i].clone();
                for bar in k_bar.as_mut_slice() {
                    *bar = bar.scale(at.interval.h);
                }
                let mut t_bar = T::ZERO;
                let t = T::lit([first.from, first.end, second.to][i]);
                at.f.vjp(&mut k_bar, state, at.p, t, u_bar, p_bar, &mut t_bar, work);
                for (i, bar) in span_bar.iter_mut().enumerate() {
                    *bar += t_bar.scale(time[i]) + stretch.scale(motion.length[i]);
                }
            };
        let mut again = Workspace::new();
        for (interval, from, motion, (state, i, time)) in parts {
            if *dense {
                add_rows(state, i, time, u_bar, (&mut *p_bar, &mut *span_bar));
            }
            let half = At { interval, u: from, ..at };
            inner.begin(half, Trace::NONE, false, motion.stretches())?;
            let bars = Bars { u: &mut *u_bar, p: &mut *p_bar, span: &mut *span_bar };
            inner.finish(half, Trace::NONE, motion, bars, &mut again)?;
        }
        if *dense {
            add_rows(at.u, 0, motion.start, u_bar, (p_bar, span_bar));
        }
        Ok(())
    }
}
