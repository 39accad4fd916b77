//! Milstein's method: the noise and how it changes along itself.

use crate::noise::Asks;
use crate::noise::Increment;
use crate::problem::DiffusionJvp;
use crate::problem::Interpretation;
use crate::problem::NoiseClass;
use crate::problem::NoiseShape;
use crate::problem::Stochastic;
use crate::real::Real;
use crate::space::Vector;
use crate::space::add_scaled;
use crate::space::assign;
use crate::space::assign_zero;
use crate::stepper::stochastic::kernel::Kernel;
use crate::stepper::stochastic::kernel::Place;

/// The memory of [`Milstein`](crate::stepper::Milstein).
#[derive(Debug, Clone)]
pub struct MilsteinKernel<V, G> {
    f: V,
    g: G,
    /// How the noise changes along one of its columns.
    change: G,
    column: V,
    /// Twofold integrals of the path.
    pub(crate) integrals: Vec<f64>,
    ones: Vec<f64>,
}

/// Writes the integrals `∫∫ dW_j dW_k` of one process by all others, the one being the inner: half the product of the
/// increments, less half the step for itself in Ito's sense, and their area.
#[inline]
pub(crate) fn twofold<I: Interpretation>(noise: &Increment, h: f64, j: usize, out: &mut [f64]) {
    let n = noise.w.len();
    for (k, out) in out.iter_mut().enumerate() {
        let mut integral = noise.w[j] * noise.w[k];
        if I::IS_ITO && j == k {
            integral -= h;
        }
        *out = 0.5 * integral;
        if !noise.areas.is_empty() {
            *out += noise.areas[j * n + k];
        }
    }
}

/// The same of each process by itself.
#[inline]
pub(crate) fn twofold_diagonal<I: Interpretation>(noise: &Increment, h: f64, out: &mut [f64]) {
    for (out, w) in out.iter_mut().zip(&noise.w) {
        *out = 0.5 * (w * w - if I::IS_ITO { h } else { 0.0 });
    }
}

impl<V, G> MilsteinKernel<V, G> {
    /// Memory for states of the shape of `u` and noise of that of `g`.
    pub(crate) fn of<T: Real>(u: &V, g: G, processes: impl Fn(&G) -> usize) -> Self
    where
        V: Vector<T>,
        G: Vector<T>,
    {
        let n = processes(&g);
        Self {
            f: u.zeros_like(),
            change: g.clone(),
            g,
            column: u.zeros_like(),
            integrals: vec![0.0; n],
            ones: vec![1.0; n],
        }
    }

    /// The step of a model whose drift and noise the one function writes, and the derivative of the noise by the state along a
    /// direction the other.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn advance<T: Real, M: Stochastic, S: NoiseShape<T, V, G>>(
        &mut self,
        (h, noise): (f64, &Increment),
        (u, next): (&V, &mut V),
        drift_and_noise: impl FnOnce(&mut V, &mut G),
        noise_along: impl Fn(&mut G, &V),
    ) where
        V: Vector<T>,
        G: Vector<T>,
    {
        let Self { f, g, change, column, integrals, ones } = self;
        drift_and_noise(f, g);
        assign(next, u);
        add_scaled(next, h, f);
        S::add_product(g, &noise.w, next);
        if <M::Class as NoiseClass>::IS_ADDITIVE {
        } else if <M::Class as NoiseClass>::IS_DIAGONAL {
            assign_zero(column);
            S::add_product(g, ones, column);
            noise_along(change, column);
            twofold_diagonal::<M::Interpretation>(noise, h, integrals);
            S::add_product(change, integrals, next);
        } else {
            for j in 0..noise.w.len() {
                assign_zero(column);
                S::add_column(g, j, 1.0, column);
                noise_along(change, column);
                twofold::<M::Interpretation>(noise, h, j, integrals);
                S::add_product(change, integrals, next);
            }
        }
    }
}

impl<T: Real, M: DiffusionJvp<T>> Kernel<T, M> for MilsteinKernel<M::State, M::Noise> {
    const ASKS: Asks = if <M::Class as NoiseClass>::COMMUTES { Asks::Values } else { Asks::Areas };

    fn new(model: &M, u: &M::State) -> Self {
        Self::of(u, model.blank_noise(u), |g| M::Shape::processes(g))
    }

    #[inline]
    fn step(&mut self, place: Place<'_, T, M>, noise: &Increment, next: &mut M::State) {
        let Place { model, p, interval, u, .. } = place;
        let t = T::lit(interval.from);
        self.advance::<T, M, M::Shape>(
            (interval.h, noise),
            (u, next),
            |f, g| model.drift_and_noise(f, g, u, p, t),
            |change, along| model.noise_state_jvp(change, u, along, p, t),
        );
    }

    fn evaluations(&self) -> usize {
        1
    }
}
