//! What differs from one stochastic method to another: the step itself.

use crate::noise::Asks;
use crate::noise::Driven;
use crate::noise::Increment;
use crate::noise::Path;
use crate::problem::Diffusion;
use crate::problem::Stochastic;
use crate::problem::System;
use crate::real::Real;
use crate::stepper::At;
use crate::stepper::Interval;

/// Where a step of a stochastic model starts, and how far it goes.
#[derive(Debug)]
pub struct Place<'a, T: Real, M: Stochastic + System<T>> {
    /// The model.
    pub model: &'a M,
    /// Its drift.
    pub drift: &'a M::Drift,
    /// The parameters during the step.
    pub p: &'a M::Params,
    /// The piece of time.
    pub interval: Interval,
    /// The state at its start.
    pub u: &'a M::State,
}

// Not derived: that would ask the same of `M`.
impl<T: Real, M: Stochastic + System<T>> Copy for Place<'_, T, M> {}
impl<T: Real, M: Stochastic + System<T>> Clone for Place<'_, T, M> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn clone(&self) -> Self {
        *self
    }
}

impl<'a, T: Real, M: Diffusion<T>> Place<'a, T, M> {
    /// That of a step of the driven model.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn of<W: Path>(at: At<'a, T, Driven<M, W>>) -> Self {
        Self { model: &at.f.model, drift: &at.f.drift, p: at.p, interval: at.interval, u: at.u }
    }
}

/// The step of a stochastic method, with its memory. All else the stepper does.
pub trait Kernel<T: Real, M: Diffusion<T>>: Sized + 'static {
    /// How much of the path it asks for.
    const ASKS: Asks;
    /// Memory for states of the shape of `u`.
    fn new(model: &M, u: &M::State) -> Self;
    /// Writes to `next` the solution after one step, where the path does `noise`.
    fn step(&mut self, place: Place<'_, T, M>, noise: &Increment, next: &mut M::State);
    /// How many reals [`step_keeping`](Self::step_keeping) keeps for states of the shape of `u`.
    fn kept_len(model: &M, u: &M::State) -> usize {
        let _ = (model, u);
        0
    }
    /// [`step`](Self::step), keeping in `kept`, where it is not empty, what spares the way back from doing the step again.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn step_keeping(
        &mut self,
        place: Place<'_, T, M>,
        noise: &Increment,
        next: &mut M::State,
        kept: &mut [T],
    ) {
        let _ = kept;
        self.step(place, noise, next);
    }
    /// The error of component `i` of the step last taken, from drift and from noise; `None` without an estimate.
    fn error(&self, h: f64, i: usize) -> Option<[T; 2]> {
        let _ = (h, i);
        None
    }
    /// How often the drift is evaluated in a step.
    fn evaluations(&self) -> usize;
}
