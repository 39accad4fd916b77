//! The tamed Euler method.

use crate::noise::Asks;
use crate::noise::Increment;
use crate::problem::Diffusion;
use crate::problem::NoiseShape;
use crate::real::Real;
use crate::space::Vector;
use crate::space::assign;
use crate::space::dot;
use crate::stepper::stochastic::kernel::Kernel;
use crate::stepper::stochastic::kernel::Place;

/// The memory of [`TamedEuler`](crate::stepper::TamedEuler).
#[derive(Debug, Clone)]
pub struct TamedKernel<V, G> {
    f: V,
    g: G,
}

/// The Euclidean norm; without tangents where it is zero and has no derivative.
pub(crate) fn norm<T: Real, V: Vector<T>>(x: &V) -> T {
    let square = dot(x, x);
    if square.value() == 0.0 { T::ZERO } else { square.sqrt() }
}

impl<T: Real, M: Diffusion<T>> Kernel<T, M> for TamedKernel<M::State, M::Noise> {
    const ASKS: Asks = Asks::Values;

    fn new(model: &M, u: &M::State) -> Self {
        Self { f: u.zeros_like(), g: model.blank_noise(u) }
    }

    #[inline]
    fn step(&mut self, place: Place<'_, T, M>, noise: &Increment, next: &mut M::State) {
        let Self { f, g } = self;
        let Place { model, p, interval, u, .. } = place;
        model.drift_and_noise(f, g, u, p, T::lit(interval.from));
        let h = interval.h;
        let tame = (T::ONE + norm(f).scale(h.abs())).recip().scale(h);
        assign(next, u);
        for (next, f) in next.as_mut_slice().iter_mut().zip(f.as_slice()) {
            *next += *f * tame;
        }
        M::Shape::add_product(g, &noise.w, next);
    }

    fn evaluations(&self) -> usize {
        1
    }
}
