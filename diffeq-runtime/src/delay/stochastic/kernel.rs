//! The steps of stochastic methods that are told the past.
//!
//! All of them look at the past at the start of the step alone, so that no lookup falls into the step itself, however long it is.

use crate::noise::Asks;
use crate::noise::Increment;
use crate::problem::DelayedDiffusion;
use crate::problem::DelayedDiffusionJvp;
use crate::problem::NoiseClass;
use crate::problem::NoiseShape;
use crate::problem::Past;
use crate::real::Real;
use crate::space::Vector;
use crate::space::add_scaled;
use crate::space::assign;
use crate::stepper::Interval;
use crate::stepper::MilsteinKernel;

/// Where a step of a stochastic delayed model starts, how far it goes, and the past as it is known there.
#[derive(Debug)]
pub struct Seen<'a, T: Real, M: DelayedDiffusion<T>, A> {
    /// The model.
    pub model: &'a M,
    /// What answers lookups.
    pub past: &'a A,
    /// The parameters during the step.
    pub p: &'a M::Params,
    /// The piece of time.
    pub interval: Interval,
    /// The state at its start.
    pub u: &'a M::State,
}

// Not derived: that would ask the same of `M`.
impl<T: Real, M: DelayedDiffusion<T>, A> Copy for Seen<'_, T, M, A> {}
impl<T: Real, M: DelayedDiffusion<T>, A> Clone for Seen<'_, T, M, A> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn clone(&self) -> Self {
        *self
    }
}

/// The step of a stochastic method for delayed models, with its memory.
pub trait PastKernel<T: Real, M: DelayedDiffusion<T>>: Sized + 'static {
    /// How much of the path it asks for.
    const ASKS: Asks;
    /// Whether it takes twofold integrals, which are those of independent processes.
    const TWOFOLD: bool = false;
    /// Memory for states of the shape of `u`.
    fn new(model: &M, u: &M::State) -> Self;
    /// Writes to `next` the solution after one step, where the path does `noise`.
    fn step<A: Past<T, M::State>>(&mut self, seen: Seen<'_, T, M, A>, noise: &Increment, next: &mut M::State);
}

/// How many processes drive a model.
pub(super) fn processes<T: Real, M: DelayedDiffusion<T>>(model: &M, u: &M::State) -> usize {
    <M::Shape as NoiseShape<T, M::State, M::Noise>>::processes(&model.blank_noise(u))
}

/// The memory of [`EulerMaruyama`](crate::stepper::EulerMaruyama): `u + h f + g W`.
#[derive(Debug, Clone)]
pub struct EulerPastKernel<V, G> {
    f: V,
    g: G,
}

impl<T: Real, M: DelayedDiffusion<T>> PastKernel<T, M> for EulerPastKernel<M::State, M::Noise> {
    const ASKS: Asks = Asks::Values;

    fn new(model: &M, u: &M::State) -> Self {
        Self { f: u.zeros_like(), g: model.blank_noise(u) }
    }

    #[inline]
    fn step<A: Past<T, M::State>>(
        &mut self,
        seen: Seen<'_, T, M, A>,
        noise: &Increment,
        next: &mut M::State,
    ) {
        let Self { f, g } = self;
        let Seen { model, past, p, interval, u } = seen;
        model.drift_and_noise(f, g, u, past, p, T::lit(interval.from));
        assign(next, u);
        add_scaled(next, interval.h, f);
        M::Shape::add_product(g, &noise.w, next);
    }
}

/// The memory of [`EulerHeun`](crate::stepper::EulerHeun): `u + h f + (g(u) + g(u + g(u) W)) W / 2`, with the past and the time at
/// the start of the step in both.
///
/// The integral of Stratonovich differs from that of Ito by how the noise varies together with the present increments. What was a
/// lag ago does not: it need not be looked up at the end.
#[derive(Debug, Clone)]
pub struct EulerHeunPastKernel<V, G> {
    f: V,
    pub(super) g: G,
    g_ahead: G,
    pub(super) ahead: V,
    /// Half of each increment.
    half: Vec<f64>,
}

impl<T: Real, M: DelayedDiffusion<T>> PastKernel<T, M> for EulerHeunPastKernel<M::State, M::Noise> {
    const ASKS: Asks = Asks::Values;

    fn new(model: &M, u: &M::State) -> Self {
        let g = model.blank_noise(u);
        let half = vec![0.0; M::Shape::processes(&g)];
        Self { f: u.zeros_like(), g_ahead: g.clone(), g, ahead: u.zeros_like(), half }
    }

    #[inline]
    fn step<A: Past<T, M::State>>(
        &mut self,
        seen: Seen<'_, T, M, A>,
        noise: &Increment,
        next: &mut M::State,
    ) {
        let Self { f, g, g_ahead, ahead, half } = self;
        let Seen { model, past, p, interval, u } = seen;
        let t = T::lit(interval.from);
        model.drift_and_noise(f, g, u, past, p, t);
        assign(ahead, u);
        M::Shape::add_product(g, &noise.w, ahead);
        model.noise(g_ahead, ahead, past, p, t);
        half.iter_mut().zip(&noise.w).for_each(|(half, w)| *half = 0.5 * w);
        assign(next, u);
        add_scaled(next, interval.h, f);
        M::Shape::add_product(g, half, next);
        M::Shape::add_product(g_ahead, half, next);
    }
}

/// For noise that does not look back.
impl<T: Real, M: DelayedDiffusionJvp<T>> PastKernel<T, M> for MilsteinKernel<M::State, M::Noise> {
    const ASKS: Asks = if <M::Class as NoiseClass>::COMMUTES { Asks::Values } else { Asks::Areas };
    const TWOFOLD: bool = true;

    fn new(model: &M, u: &M::State) -> Self {
        Self::of(u, model.blank_noise(u), |g| M::Shape::processes(g))
    }

    #[inline]
    fn step<A: Past<T, M::State>>(
        &mut self,
        seen: Seen<'_, T, M, A>,
        noise: &Increment,
        next: &mut M::State,
    ) {
        let Seen { model, past, p, interval, u } = seen;
        let t = T::lit(interval.from);
        self.advance::<T, M, M::Shape>(
            (interval.h, noise),
            (u, next),
            |f, g| model.drift_and_noise(f, g, u, past, p, t),
            |change, along| model.noise_state_jvp(change, past, u, along, p, t),
        );
    }
}
