//! The discrete adjoint of a tamed Euler step.
//!
//! With `s = h / (1 + h |f|)` and the cotangent `λ` of the end: `f̄ = s λ - s² (f · λ) f / |f|`.

use crate::noise::Asks;
use crate::noise::Increment;
use crate::problem::DiffusionVjp;
use crate::problem::NoiseShape;
use crate::real::Real;
use crate::sensitivity::stochastic::kernel::PullKernel;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::assign_zero;
use crate::space::dot;
use crate::stepper::Place;
use crate::stepper::norm;

/// Memory for the reverse derivative of a tamed Euler step.
#[derive(Debug, Clone)]
pub struct TamedPull<V, G> {
    f: V,
    f_bar: V,
    g: G,
}

impl<T: Real, M: DiffusionVjp<T>> PullKernel<T, M> for TamedPull<M::State, M::Noise> {
    const ASKS: Asks = Asks::Values;

    fn new(model: &M, u: &M::State) -> Self {
        Self { f: u.zeros_like(), f_bar: u.zeros_like(), g: model.blank_noise(u) }
    }

    fn begin(&mut self, place: Place<'_, T, M>, _: &Increment, _: &[T]) {
        let Place { model, p, interval, u, .. } = place;
        model.drift_and_noise(&mut self.f, &mut self.g, u, p, T::lit(interval.from));
    }

    fn pull(
        &mut self,
        place: Place<'_, T, M>,
        noise: &Increment,
        _: &[T],
        u_bar: &mut M::State,
        p_bar: &mut M::Params,
        work: &mut Workspace<T>,
    ) {
        let Self { f, f_bar, g: g_bar } = self;
        let Place { model, p, interval, u, .. } = place;
        let h = interval.h;
        let size = norm(f);
        let tame = (T::ONE + size.scale(h.abs())).recip();
        let along = dot(f, u_bar);
        let turn =
            if size.value() == 0.0 { T::ZERO } else { (tame * tame * along).scale(h * h.abs()) / size };
        for ((f_bar, f), bar) in f_bar.as_mut_slice().iter_mut().zip(f.as_slice()).zip(u_bar.as_slice()) {
            *f_bar = (*bar * tame).scale(h) - *f * turn;
        }
        assign_zero(g_bar);
        M::Shape::add_outer(g_bar, &noise.w, u_bar);
        let mut t_bar = T::ZERO;
        let t = T::lit(interval.from);
        model.drift_and_noise_vjp(f_bar, g_bar, u, p, t, u_bar, p_bar, &mut t_bar, work);
    }
}
