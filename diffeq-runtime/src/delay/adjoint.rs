//! Back through the history: a lookup is a row that appears on the way.
//!
//! A step's stages ask for states inside earlier steps, or for slopes. On the way back the cotangent of such a lookup waits with
//! the step that it fell into, and enters there as the cotangent of a row does: at `theta`, by the weights of the interpolant.
//! What the lookup's own time depends on, the lag above all, the model's vector-Jacobian product has seen to.
//!
//! Where lookups fell into the step itself the step was a fixed point; its derivative is that of the fixed point and not of the
//! rounds that led there: the cotangents that the step has for itself are found in rounds of their own.

use crate::delay::Initial;
use crate::delay::Lagging;
use crate::delay::WithPast;
use crate::delay::accelerated::Accelerated;
use crate::delay::back::Bar;
use crate::delay::back::Of;
use crate::delay::memory::Memory;
use crate::problem::DelayedVjp;
use crate::real::Real;
use crate::sensitivity::AdjointMethod;
use crate::sensitivity::Bars;
use crate::sensitivity::StepAdjoint;
use crate::sensitivity::StepMotion;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::Workspace;
use crate::stepper::At;
use crate::stepper::Failure;
use crate::stepper::Trace;

/// The reverse derivative of a step of [`Lagging`].
#[derive(Debug)]
pub struct LaggingAdjoint<A, V, T> {
    inner: A,
    /// Which step it is.
    step: usize,
    /// What rows of the solve add, each at its place.
    rows: Vec<Seed<V>>,
    /// What later lookups add, and how fast each of these sums moves with its place.
    lookups: Vec<Bar<T>>,
    drifts: Vec<Drift<T>>,
    /// What lookups of the step itself add, in this round and in the next, and what rounds so far say of them.
    own: Vec<Bar<T>>,
    found: Vec<Bar<T>>,
    argument: Vec<T>,
    value: Vec<T>,
    accelerated: Accelerated<T>,
    slopes: bool,
    /// A row of zeros, but while it is handed on.
    blank: V,
}

/// A cotangent of the state inside a step.
#[derive(Debug, Clone)]
struct Seed<V> {
    theta: f64,
    bar: V,
}

/// What a cotangent at a given time says where the step moves away below it.
#[derive(Debug, Clone, Copy)]
struct Drift<T> {
    theta: f64,
    /// By the time.
    slope: T,
    /// By the length of the step, at a place that is a given part of it: slopes have that.
    stretch: T,
}

/// In so many rounds the cotangents that a step has for itself are found, or not at all: they are linear, so that as many rounds
/// find them as there are lookups.
const ROUNDS: u32 = 256;
/// They have settled where a round changes them by no more than so many roundings: the gradient is off by less, as what a step has
/// for itself is a part of all.
const SETTLED: f64 = 2048.0;
/// So many need not become smaller.
const RESTED: f64 = 65536.0;

impl<F, H, T, M> AdjointMethod<T, WithPast<F, H, T>> for Lagging<M>
where
    T: Real,
    F: DelayedVjp<T>,
    H: Initial<T, F::State, F::Params>,
    M: AdjointMethod<T, WithPast<F, H, T>>,
{
    type Adjoint = LaggingAdjoint<M::Adjoint, F::State, T>;
    fn adjoint(&self, u: &F::State, tolerances: &Tolerances) -> Self::Adjoint {
        let (inner, blank) = (self.0.adjoint(u, tolerances), u.zeros_like());
        LaggingAdjoint {
            inner,
            step: 0,
            rows: Vec::new(),
            lookups: Vec::new(),
            drifts: Vec::new(),
            own: Vec::new(),
            found: Vec::new(),
            argument: Vec::new(),
            value: Vec::new(),
            accelerated: Accelerated::new(),
            slopes: false,
            blank,
        }
    }
}

/// The drifts of cotangents.
fn drifts<'a, T: Real>(
    bars: &'a [Bar<T>],
    memory: &'a Memory<T>,
    step: usize,
) -> impl Iterator<Item = Drift<T>> + 'a {
    let piece = &memory.pieces[step];
    bars.iter().map(move |Bar { time, i, order, bar }| Drift {
        theta: piece.theta(*time).value(),
        slope: piece.read(memory.n, *time, *i, order + 1) * *bar,
        stretch: match order {
            0 => T::ZERO,
            _ => (piece.read(memory.n, *time, *i, 1) * *bar).scale(1.0 / piece.h),
        },
    })
}

impl<A, V, T> LaggingAdjoint<A, V, T> {
    /// Hands cotangents of components to the step, those at one place together.
    fn seed_bars<F, H>(
        inner: &mut A,
        at: At<'_, T, WithPast<F, H, T>>,
        (step, bars): (usize, &[Bar<T>]),
        row: &mut V,
    ) -> Result<(), Failure>
    where
        T: Real,
        V: Vector<T>,
        F: DelayedVjp<T, State = V>,
        H: Initial<T, V, F::Params>,
        A: StepAdjoint<T, WithPast<F, H, T>>,
    {
        let is_one = |a: &Bar<T>, b: &Bar<T>| a.time.value() == b.time.value() && a.order == b.order;
        for bars in bars.chunk_by(is_one) {
            let Bar { time, order, .. } = bars[0];
            for bar in bars {
                row.as_mut_slice()[bar.i] += bar.bar;
            }
            let theta = at.f.memory().pieces[step].theta(time).value();
            if order == 0 {
                inner.seed(theta, row);
            } else if !inner.seed_rate(at.interval, theta, row) {
                at.f.has_no_slopes_back(at.interval.t);
                return Err(Failure::NotFinite);
            }
            for bar in bars {
                row.as_mut_slice()[bar.i] = T::ZERO;
            }
        }
        Ok(())
    }

    /// Begins a step with the cotangents of later lookups, of the loss or of its error.
    fn begin_of<F, H>(
        &mut self,
        at: At<'_, T, WithPast<F, H, T>>,
        trace: Trace<'_, V, T>,
        of: Of,
        dense: bool,
    ) -> Result<(), Failure>
    where
        T: Real,
        V: Vector<T>,
        F: DelayedVjp<T, State = V>,
        H: Initial<T, V, F::Params>,
        A: StepAdjoint<T, WithPast<F, H, T>>,
    {
        let overlaps = {
            let mut memory = at.f.memory();
            self.step = memory.goes_to(at.interval.t, false).ok_or(Failure::NotFinite)?;
            let step = self.step;
            memory.thin(step);
            let overlaps = memory.overlaps(step);
            if let Some(back) = &mut memory.back {
                (back.of, back.overlaps) = (of, overlaps);
            }
            self.lookups = memory.bars_of(step);
            self.drifts.clear();
            self.drifts.extend(drifts(&self.lookups, &memory, step));
            overlaps
        };
        self.rows.clear();
        let dense = dense || overlaps || !self.lookups.is_empty();
        self.inner.begin(at, trace, dense, self.slopes)?;
        Self::seed_bars(&mut self.inner, at, (self.step, &self.lookups), &mut self.blank)
    }
}

impl<A, V, T: Real> LaggingAdjoint<A, V, T> {
    /// Whether what the step was found to have for itself is what it was given; makes what it is given next.
    fn settles(&mut self, before: &mut f64) -> bool {
        let Self { own, found, argument, value, accelerated, .. } = self;
        argument.clear();
        argument.extend(own.iter().map(|bar| bar.bar));
        value.clear();
        value.extend(found.iter().map(|bar| bar.bar));
        // Nothing was known in the first round.
        if argument.len() != value.len() {
            argument.clear();
            argument.resize(value.len(), T::ZERO);
        }
        let (mut change, mut size) = (0.0_f64, 0.0_f64);
        for (value, argument) in value.iter().zip(&*argument) {
            for d in 0..=T::DERIVATIVES {
                let part = |x: T| if d == 0 { x.value() } else { x.derivative(d - 1) };
                change = change.max(part(*value - *argument).abs());
                size = size.max(part(*value).abs());
            }
        }
        // What is small and comes no nearer is rounding.
        let rests = change >= 0.5 * *before && change <= RESTED * T::EPSILON * size;
        *before = change;
        if change <= SETTLED * T::EPSILON * size || rests {
            return true;
        }
        accelerated.next(argument, value);
        std::mem::swap(own, found);
        for (bar, value) in own.iter_mut().zip(value) {
            bar.bar = *value;
        }
        false
    }
}

impl<F, H, T, A> StepAdjoint<T, WithPast<F, H, T>> for LaggingAdjoint<A, F::State, T>
where
    T: Real,
    F: DelayedVjp<T>,
    H: Initial<T, F::State, F::Params>,
    A: StepAdjoint<T, WithPast<F, H, T>>,
{
    fn begin(
        &mut self,
        at: At<'_, T, WithPast<F, H, T>>,
        trace: Trace<'_, F::State, T>,
        dense: bool,
        slopes: bool,
    ) -> Result<(), Failure> {
        self.slopes = slopes;
        self.begin_of(at, trace, Of::Loss, dense)
    }

    fn begin_error(
        &mut self,
        at: At<'_, T, WithPast<F, H, T>>,
        trace: Trace<'_, F::State, T>,
        slopes: bool,
    ) -> Result<(), Failure> {
        self.slopes = slopes;
        self.begin_of(at, trace, Of::Error, false)
    }

    fn seed(&mut self, theta: f64, cotangent: &F::State) {
        self.rows.push(Seed { theta, bar: cotangent.clone() });
        self.inner.seed(theta, cotangent);
    }

    fn seed_slope(
        &mut self,
        at: At<'_, T, WithPast<F, H, T>>,
        trace: Trace<'_, F::State, T>,
        theta: f64,
        cotangent: &F::State,
    ) -> T {
        self.inner.seed_slope(at, trace, theta, cotangent)
    }

    fn error(
        &mut self,
        at: At<'_, T, WithPast<F, H, T>>,
        trace: Trace<'_, F::State, T>,
        u_bar: &F::State,
        errors: (&mut F::State, &mut F::Params),
        work: &mut Workspace<T>,
    ) -> bool {
        let is_there = self.inner.error(at, trace, u_bar, errors, work);
        let mut memory = at.f.memory();
        if let Some(back) = &mut memory.back {
            back.of = Of::Error;
        }
        // Into the step itself as well: errors are taken through it next.
        memory.found(None, true);
        if let Some(back) = &mut memory.back {
            back.of = Of::Loss;
        }
        is_there
    }

    fn finish(
        &mut self,
        at: At<'_, T, WithPast<F, H, T>>,
        trace: Trace<'_, F::State, T>,
        motion: StepMotion,
        bars: Bars<'_, T, WithPast<F, H, T>>,
        work: &mut Workspace<T>,
    ) -> Result<(), Failure> {
        let step = self.step;
        let Bars { u, p, span } = bars;
        let overlaps = at.f.memory().overlaps(step);
        let before = overlaps.then(|| (u.clone(), p.clone(), *span));
        self.own.clear();
        self.accelerated.forget();
        let mut before_that = f64::INFINITY;
        for round in 0..ROUNDS {
            if let Some((u_before, p_before, span_before)) = before.as_ref().filter(|_| round > 0) {
                self.inner.begin(at, trace, true, self.slopes)?;
                self.rows.iter().for_each(|row| self.inner.seed(row.theta, &row.bar));
                for bars in [&self.lookups, &self.own] {
                    Self::seed_bars(&mut self.inner, at, (step, bars), &mut self.blank)?;
                }
                (*u, *p, *span) = (u_before.clone(), p_before.clone(), *span_before);
            }
            self.inner.finish(at, trace, motion, Bars { u: &mut *u, p: &mut *p, span: &mut *span }, work)?;
            let mut memory = at.f.memory();
            if overlaps {
                memory.peek(step, &mut self.found);
                if !self.settles(&mut before_that) {
                    memory.found(Some(step), false);
                    continue;
                }
            }
            let own = memory.found(Some(step), true);
            if !overlaps {
                // Where nothing of the step was known yet it looked up the state that it starts from.
                for bar in own.iter().filter(|bar| bar.order == 0) {
                    u.as_mut_slice()[bar.i] += bar.bar;
                }
            }
            // What is looked up at a given time is not where the step moves.
            if motion.start != [0.0; 2] || motion.stretches() {
                for drift in drifts(&own, &memory, step).chain(self.drifts.iter().copied()) {
                    let rates = motion.at(drift.theta);
                    for (i, span) in span.iter_mut().enumerate() {
                        *span -= drift.slope.scale(rates[i]) + drift.stretch.scale(motion.length[i]);
                    }
                }
            }
            return Ok(());
        }
        Err(Failure::Diverged { iterations: ROUNDS })
    }
}
