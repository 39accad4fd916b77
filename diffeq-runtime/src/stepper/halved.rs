//! An error estimate for any method: each step once as a whole, and once in two halves.

use crate::error::Error;
use crate::problem::System;
use crate::real::Real;
use crate::space::Row;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::assign;
use crate::space::error_mean_square;
use crate::stepper::At;
use crate::stepper::Costs;
use crate::stepper::Facts;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Method;
use crate::stepper::Quality;
use crate::stepper::Snapshot;
use crate::stepper::Stepper;
use crate::stepper::Trace;
use crate::tableau::dense;

/// A method whose steps are taken once as a whole and once in two halves. The halves are the solution; their distance
/// from the whole estimates its error, whatever the method.
///
/// `Halved(RK4)` chooses its steps, which `RK4` can't. Inside a step the solution is the polynomial of degree five
/// through the states and slopes at its ends and in its middle, of the method's order up to five.
///
/// Source: Hairer, Nørsett, Wanner, *Solving Ordinary Differential Equations I*, 2nd ed. (1993), section II.4,
/// Richardson extrapolation, without the extrapolation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Halved<M>(
    /// The method.
    pub M,
);

impl<T: Real, F: System<T>, M: Method<T, F>> Method<T, F> for Halved<M> {
    type Stepper = HalvedStepper<M::Stepper, F::State, T>;
    fn stepper(&self, u: &F::State) -> Self::Stepper {
        let order = self.0.facts().order;
        HalvedStepper {
            inner: self.0.stepper(u),
            order,
            before: Snapshot::EMPTY,
            start: u.zeros_like(),
            middle: u.zeros_like(),
            ends: [u.zeros_like(), u.zeros_like()],
            slopes: None,
            is_ready: false,
            dense_is_ready: false,
        }
    }
    fn check(&self, f: &F, place: (&F::State, &F::Params), span: (f64, f64)) -> Result<(), Error> {
        self.0.check(f, place, span)
    }
    fn facts(&self) -> Facts {
        let facts = self.0.facts();
        Facts { name: "halved steps", control_exponent: Some((facts.order + 1) as f64), ..facts }
    }
}

/// The two halves of a step.
pub(crate) fn halves(Interval { t, h, end, from, to }: Interval) -> [Interval; 2] {
    let (half, middle) = (0.5 * h, t + 0.5 * h);
    [
        Interval { from, ..Interval::ending(t, half, middle) },
        Interval { to, ..Interval::ending(middle, half, end) },
    ]
}

/// How far the error of two halves is below their distance from the whole, for a method of this order.
pub(crate) fn error_factor(order: usize) -> f64 {
    1.0 / (f64::powi(2.0, order as i32) - 1.0)
}

/// The coefficients of the polynomial inside a step, in the basis of [`dense`]: from how far the middle and the end are
/// from the start, and from the slopes at start, middle and end, times `h`.
pub(crate) fn quintic<T: Real>([middle, end]: [T; 2], [s0, s1, s2]: [T; 3]) -> [T; 5] {
    let (c2, c3) = (s0 - end, end.scale(2.0) - s0 - s2);
    // What the cubic through both ends lacks in the middle, and of the slope there.
    let gap = middle - (end.scale(0.5) + c2.scale(0.25) + c3.scale(0.125));
    let turn = s1 - (end + c3.scale(0.25));
    [end, c2, c3, gap.scale(16.0) - turn.scale(8.0), turn.scale(16.0)]
}

/// The second of two vectors less the first.
struct Difference;
impl Row<2> for Difference {
    const ROW: [f64; 2] = [-1.0, 1.0];
}

/// The stepper of a method inside [`Halved`].
#[derive(Debug, Clone)]
pub struct HalvedStepper<S, V, T> {
    inner: S,
    order: usize,
    /// What the inner stepper remembers at the start of the step.
    before: Snapshot<T>,
    start: V,
    middle: V,
    /// The end of the whole step, and of the halves.
    ends: [V; 2],
    /// The slopes at start, middle and end of the step last taken.
    slopes: Option<Box<[V; 3]>>,
    /// The inner stepper stands at the start of the step to come.
    is_ready: bool,
    dense_is_ready: bool,
}

impl<S, V: Vector<T>, T: Real> HalvedStepper<S, V, T> {
    /// Puts the inner stepper where the step starts.
    fn ready<F: System<T, State = V>>(
        &mut self,
        (f, p, t, u): (&F, &F::Params, f64, &V),
        tolerances: &Tolerances,
    ) -> Result<(), Failure>
    where
        S: Stepper<T, F>,
    {
        if !self.is_ready {
            assign(&mut self.start, u);
            self.inner.begin(f, p, t, &mut self.start, tolerances)?;
            self.inner.load(&self.before);
            self.is_ready = true;
        }
        Ok(())
    }

    /// How far the estimate is below the distance of the two solutions.
    fn factor(&self) -> f64 {
        error_factor(self.order)
    }

    /// The polynomial of component `i`.
    fn polynomial(&self, h: f64, u: &V, next: &V, i: usize) -> [T; 5] {
        let from_start = |v: &V| v.as_slice()[i] - u.as_slice()[i];
        let slopes = self
            .slopes
            .as_ref()
            .map_or([T::ZERO; 3], |slopes| slopes.each_ref().map(|slope| slope.as_slice()[i].scale(h)));
        quintic([from_start(&self.middle), from_start(next)], slopes)
    }
}

impl<T, F, V, S> Stepper<T, F> for HalvedStepper<S, V, T>
where
    T: Real,
    V: Vector<T>,
    F: System<T, State = V>,
    S: Stepper<T, F>,
{
    fn begin(
        &mut self,
        f: &F,
        p: &F::Params,
        t: f64,
        u: &mut V,
        tolerances: &Tolerances,
    ) -> Result<(), Failure> {
        self.inner.begin(f, p, t, u, tolerances)?;
        self.inner.save(&mut self.before);
        (self.is_ready, self.dense_is_ready) = (true, false);
        Ok(())
    }

    fn slope(&mut self, f: &F, p: &F::Params, t: f64, u: &V) -> Option<&V> {
        self.inner.slope(f, p, t, u)
    }

    fn slope_at(&mut self, f: &F, p: &F::Params, t: T, u: &V, out: &mut V) -> bool {
        self.inner.slope_at(f, p, t, u, out)
    }

    fn step(&mut self, at: At<'_, T, F>, tolerances: &Tolerances, next: &mut V) -> Result<(), Failure> {
        self.ready((at.f, at.p, at.interval.from, at.u), tolerances)?;
        (self.is_ready, self.dense_is_ready) = (false, false);
        let Self { inner, middle, ends, .. } = self;
        let [first, second] = halves(at.interval);
        inner.step(at, tolerances, &mut ends[0])?;
        inner.step(At { interval: first, ..at }, tolerances, middle)?;
        inner.accept();
        inner.step(At { interval: second, u: middle, ..at }, tolerances, next)?;
        assign(&mut ends[1], next);
        Ok(())
    }

    fn quality(&self, at: At<'_, T, F>, next: &V, tolerances: &Tolerances) -> Option<Quality> {
        let square = error_mean_square::<Difference, T, V, 2>(1.0, &self.ends, at.u, next, tolerances);
        Some(Quality::new(self.factor() * square.sqrt(), (self.order + 1) as f64))
    }

    fn component_error(&self, _: Interval, i: usize) -> Option<[T; 2]> {
        let [whole, halves] = self.ends.each_ref().map(|end| end.as_slice().get(i).copied());
        Some([(halves? - whole?).scale(self.factor()), T::ZERO])
    }

    fn degree(&self) -> usize {
        5
    }

    fn prepare_dense(&mut self, at: At<'_, T, F>, next: &V) {
        if self.dense_is_ready {
            return;
        }
        let Self { inner, middle, slopes, .. } = self;
        let At { f, p, interval, u } = at;
        let slopes = slopes.get_or_insert_with(|| Box::new(std::array::from_fn(|_| u.zeros_like())));
        let middle_time = halves(interval)[0].end;
        let places = [(interval.from, u), (middle_time, &*middle), (interval.to, next)];
        for (slope, (t, u)) in slopes.iter_mut().zip(places) {
            inner.slope_at(f, p, T::lit(t), u, slope);
        }
        self.dense_is_ready = true;
    }

    fn interpolate(&self, at: At<'_, T, F>, next: &V, theta: f64, out: &mut V) {
        assign(out, at.u);
        for (i, out) in out.as_mut_slice().iter_mut().enumerate() {
            *out += dense::nested(self.polynomial(at.interval.h, at.u, next, i), theta);
        }
    }

    fn dense_coefficients(&self, at: At<'_, T, F>, next: &V, out: &mut Vec<T>) {
        for d in 0..5 {
            let components = 0..at.u.as_slice().len();
            out.extend(components.map(|i| self.polynomial(at.interval.h, at.u, next, i)[d]));
        }
    }

    fn trace(&self) -> Trace<'_, V, T> {
        Trace::NONE
    }

    fn remembers(&self) -> bool {
        self.inner.remembers()
    }

    fn save(&self, out: &mut Snapshot<T>) {
        out.clone_from(&self.before);
    }

    fn load(&mut self, from: &Snapshot<T>) {
        self.before.clone_from(from);
        self.inner.load(from);
    }

    fn accept(&mut self) {
        self.inner.accept();
        self.inner.save(&mut self.before);
        (self.is_ready, self.dense_is_ready) = (true, false);
    }

    fn reject(&mut self, why: Option<Failure>) {
        self.inner.reject(why);
        self.is_ready = false;
    }

    fn costs(&self) -> Costs {
        self.inner.costs()
    }
}
