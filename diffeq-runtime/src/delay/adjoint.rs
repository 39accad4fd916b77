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
    lookups: Vec<Seed<V>>,
    drifts: Vec<Drift<T>>,
    slopes: bool,
    blank: V,
}

/// A cotangent of the state inside a step, or where `order` is one of its slope.
#[derive(Debug, Clone)]
struct Seed<V> {
    theta: f64,
    order: usize,
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

/// In so many rounds the cotangents that a step has for itself are found, or not at all.
const ROUNDS: u32 = 64;

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
            slopes: false,
            blank,
        }
    }
}

/// Cotangents of components as cotangents of states, those at one place together.
fn seeds<T: Real, V: Vector<T>>(bars: &[Bar<T>], memory: &Memory<T>, step: usize, blank: &V) -> Vec<Seed<V>> {
    let mut seeds: Vec<Seed<V>> = Vec::new();
    for bar in bars {
        let theta = memory.pieces[step].theta(bar.time).value();
        match seeds.last_mut() {
            Some(last) if last.theta == theta && last.order == bar.order => {
                last.bar.as_mut_slice()[bar.i] += bar.bar;
            }
            _ => {
                let mut row = blank.clone();
                row.as_mut_slice()[bar.i] += bar.bar;
                seeds.push(Seed { theta, order: bar.order, bar: row });
            }
        }
    }
    seeds
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
    /// Hands a cotangent to the step.
    fn seed<F, H>(inner: &mut A, at: At<'_, T, WithPast<F, H, T>>, seed: &Seed<V>) -> Result<(), Failure>
    where
        T: Real,
        V: Vector<T>,
        F: DelayedVjp<T, State = V>,
        H: Initial<T, V, F::Params>,
        A: StepAdjoint<T, WithPast<F, H, T>>,
    {
        if seed.order == 0 {
            inner.seed(seed.theta, &seed.bar);
        } else if !inner.seed_rate(at.interval, seed.theta, &seed.bar) {
            at.f.has_no_slopes_back(at.interval.t);
            return Err(Failure::NotFinite);
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
            if let Some(back) = &mut memory.back {
                back.of = of;
            }
            let bars = memory.bars_of(step);
            self.lookups = seeds(&bars, &memory, step, &self.blank);
            self.drifts.clear();
            self.drifts.extend(drifts(&bars, &memory, step));
            memory.overlaps(step)
        };
        self.rows.clear();
        let dense = dense || overlaps || !self.lookups.is_empty();
        self.inner.begin(at, trace, dense, self.slopes)?;
        self.lookups.iter().try_for_each(|seed| Self::seed(&mut self.inner, at, seed))
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
        self.rows.push(Seed { theta, order: 0, bar: cotangent.clone() });
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
        let mut own: Vec<Bar<T>> = Vec::new();
        for round in 0..ROUNDS {
            if let Some((u_before, p_before, span_before)) = &before {
                let more = seeds(&own, &at.f.memory(), step, &self.blank);
                if round > 0 {
                    self.inner.begin(at, trace, true, self.slopes)?;
                    let known = self.rows.iter().chain(&self.lookups);
                    known.chain(&more).try_for_each(|seed| Self::seed(&mut self.inner, at, seed))?;
                }
                (*u, *p, *span) = (u_before.clone(), p_before.clone(), *span_before);
            }
            self.inner.finish(at, trace, motion, Bars { u: &mut *u, p: &mut *p, span: &mut *span }, work)?;
            let mut memory = at.f.memory();
            let settled = !overlaps || {
                let found = memory.peek(step);
                let size = found.iter().map(|bar| bar.bar.value().abs()).fold(0.0, f64::max);
                let is_near = |(a, b): (&Bar<T>, &Bar<T>)| {
                    (a.bar.value() - b.bar.value()).abs() <= 4.0 * T::EPSILON * size
                };
                found.len() == own.len() && found.iter().zip(&own).all(is_near)
            };
            own = memory.found(Some(step), settled);
            if !settled {
                continue;
            }
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
            drop(memory);
            at.f.rested(at.interval.t, u);
            return Ok(());
        }
        Err(Failure::Diverged { iterations: ROUNDS })
    }
}
