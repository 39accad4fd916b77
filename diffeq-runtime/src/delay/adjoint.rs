//! Back through the history: a lookup is a row that appears on the way.
//!
//! A step's stages ask for states inside earlier steps. On the way back the cotangent of such a lookup waits with the step
//! that it fell into, and enters there as the cotangent of a row does: at `theta`, by the weights of the interpolant. What the
//! lookup's own time depends on, the lag above all, the model's vector-Jacobian product has seen to.
//!
//! Where lookups fell into the step itself the step was a fixed point; its derivative is that of the fixed point and not of the
//! rounds that led there: the cotangents that the step has for itself are found in rounds of their own.

use crate::delay::Initial;
use crate::delay::Lagging;
use crate::delay::WithPast;
use crate::delay::memory::Bar;
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
pub struct LaggingAdjoint<A, V> {
    inner: A,
    /// Which step it is.
    step: usize,
    /// What rows and later lookups add, each at its place.
    seeds: Vec<(f64, V)>,
    slopes: bool,
    blank: V,
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
    type Adjoint = LaggingAdjoint<M::Adjoint, F::State>;
    fn adjoint(&self, u: &F::State, tolerances: &Tolerances) -> Self::Adjoint {
        let (inner, blank) = (self.0.adjoint(u, tolerances), u.zeros_like());
        LaggingAdjoint { inner, step: 0, seeds: Vec::new(), slopes: false, blank }
    }
}

/// Cotangents of components as cotangents of states, those at one place together.
fn rows<T: Real, V: Vector<T>>(bars: &[Bar<T>], theta: impl Fn(T) -> f64, blank: &V) -> Vec<(f64, V)> {
    let mut rows: Vec<(f64, V)> = Vec::new();
    for bar in bars {
        let theta = theta(bar.time);
        match rows.last_mut() {
            Some((last, row)) if *last == theta => row.as_mut_slice()[bar.i] += bar.bar,
            _ => {
                let mut row = blank.clone();
                row.as_mut_slice()[bar.i] += bar.bar;
                rows.push((theta, row));
            }
        }
    }
    rows
}

impl<F, H, T, A> StepAdjoint<T, WithPast<F, H, T>> for LaggingAdjoint<A, F::State>
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
        let (bars, overlaps) = {
            let mut memory = at.f.memory();
            if !memory.goes_back() {
                return Err(Failure::NotFinite);
            }
            self.step = memory.step_from(at.interval.t).ok_or(Failure::NotFinite)?;
            (memory.bars_of(self.step), memory.overlaps(self.step))
        };
        self.slopes = slopes;
        self.inner.begin(at, trace, dense || overlaps || !bars.is_empty(), slopes)?;
        self.seeds = {
            let memory = at.f.memory();
            rows(&bars, |time| memory.theta(self.step, time), &self.blank)
        };
        for (theta, row) in &self.seeds {
            self.inner.seed(*theta, row);
        }
        Ok(())
    }

    fn seed(&mut self, theta: f64, cotangent: &F::State) {
        self.seeds.push((theta, cotangent.clone()));
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
        if !at.f.memory().overlaps(step) {
            self.inner.finish(at, trace, motion, Bars { u, p, span }, work)?;
            at.f.memory().found(step, true);
            at.f.rested(at.interval.t, u);
            return Ok(());
        }
        let (u_before, p_before, span_before) = (u.clone(), p.clone(), *span);
        let mut own: Vec<Bar<T>> = Vec::new();
        for _ in 0..ROUNDS {
            let more = {
                let memory = at.f.memory();
                rows(&own, |time| memory.theta(step, time), &self.blank)
            };
            self.inner.begin(at, trace, true, self.slopes)?;
            for (theta, row) in self.seeds.iter().chain(&more) {
                self.inner.seed(*theta, row);
            }
            (*u, *p, *span) = (u_before.clone(), p_before.clone(), span_before);
            self.inner.finish(at, trace, motion, Bars { u: &mut *u, p: &mut *p, span: &mut *span }, work)?;
            let settled = {
                let mut memory = at.f.memory();
                let found = memory.peek(step);
                let size = found.iter().map(|bar| bar.bar.value().abs()).fold(0.0, f64::max);
                let is_near = |(a, b): (&Bar<T>, &Bar<T>)| {
                    (a.bar.value() - b.bar.value()).abs() <= 4.0 * T::EPSILON * size
                };
                let settled = found.len() == own.len() && found.iter().zip(&own).all(is_near);
                own = memory.found(step, settled);
                settled
            };
            if settled {
                at.f.rested(at.interval.t, u);
                return Ok(());
            }
        }
        Err(Failure::Diverged { iterations: ROUNDS })
    }
}
