//! A stochastic model with its path: a system like any other to the loop of the solvers.

use std::ops::RangeInclusive;

use crate::noise::increment::Path;
use crate::problem::Diffusion;
use crate::problem::Jvp;
use crate::problem::Model;
use crate::problem::Rhs;
use crate::problem::Stochastic;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Real;
use crate::space::Workspace;
use crate::space::outside::Outside;

/// A stochastic model that is driven by a path. As a right-hand side it is its drift: what moves the state beside the noise.
///
/// Methods for stochastic equations are methods for this; [`SdeProblem`](crate::noise::SdeProblem) makes it.
#[derive(Debug, Clone)]
pub struct Driven<M: Stochastic, W> {
    /// The model.
    pub model: M,
    /// Its drift.
    pub drift: M::Drift,
    /// The path.
    pub path: W,
    /// Those of all solves, where several go side by side.
    pub(crate) paths: Vec<W>,
}

impl<M: Stochastic, W> Driven<M, W> {
    /// A model and a path.
    pub fn new(model: M, path: W) -> Self {
        Self { drift: model.drift(), model, path, paths: Vec::new() }
    }
}

impl<M: Stochastic, W: Clone> Model for Driven<M, W> {
    const NAME: &'static str = M::NAME;
    const DOC: &'static str = M::DOC;
    const WRITTEN: bool = M::WRITTEN;
    fn state_names() -> Vec<String> {
        M::state_names()
    }
    fn param_names() -> Vec<String> {
        M::param_names()
    }
    fn state_len() -> RangeInclusive<usize> {
        M::state_len()
    }
    fn params_len() -> RangeInclusive<usize> {
        M::params_len()
    }
    fn outside(state: usize, params: usize) -> Option<Outside> {
        M::outside(state, params)
    }
    fn together(models: &[&Self]) -> Option<Self> {
        Some(Self {
            model: M::together(&models.iter().map(|driven| &driven.model).collect::<Vec<_>>())?,
            drift: M::Drift::together(&models.iter().map(|driven| &driven.drift).collect::<Vec<_>>())?,
            path: models.first()?.path.clone(),
            paths: models.iter().map(|driven| driven.path.clone()).collect(),
        })
    }
    fn written(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
        M::written(du, u, p, t);
    }
    fn written_len(state: usize) -> usize {
        M::written_len(state)
    }
    fn compiled(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
        M::compiled(du, u, p, t);
    }
}

impl<T: Real, M: Diffusion<T>, W: Path> System<T> for Driven<M, W> {
    type State = M::State;
    type Params = M::Params;
    const SWITCHES: usize = M::SWITCHES;
    const HIDES_SWITCHES: bool = M::HIDES_SWITCHES;
    const ROUGH: bool = true;

    fn switching_times(&self, p: &Self::Params, times: &mut [T]) {
        self.model.switching_times(p, times);
    }
    fn switching_tangents(&self, p: &Self::Params, p_dot: &Self::Params, dots: &mut [T]) {
        self.model.switching_tangents(p, p_dot, dots);
    }
    fn switching_gradient(
        &self,
        p: &Self::Params,
        bars: &[T],
        p_bar: &mut Self::Params,
        work: &mut Workspace<T>,
    ) {
        self.model.switching_gradient(p, bars, p_bar, work);
    }
    fn next_break(&self, t: f64, direction: f64) -> Option<f64> {
        self.model.next_break(t, direction)
    }
    #[inline]
    fn stride(&self, t: f64, h: f64) -> f64 {
        self.path.stride(t, h)
    }
}

impl<T: Real, M: Diffusion<T>, W: Path> Rhs<T> for Driven<M, W> {
    #[inline(always)]
    fn rhs(&self, du: &mut Self::State, u: &Self::State, p: &Self::Params, t: T) {
        self.drift.rhs(du, u, p, t);
    }
}

impl<T: Real, M: Diffusion<T>, W: Path> Jvp<T> for Driven<M, W>
where
    M::Drift: Jvp<T>,
{
    fn jvp(
        &self,
        du: &mut Self::State,
        du_dot: &mut Self::State,
        u: &Self::State,
        u_dot: &Self::State,
        p: &Self::Params,
        p_dot: &Self::Params,
        t: T,
        t_dot: T,
    ) {
        self.drift.jvp(du, du_dot, u, u_dot, p, p_dot, t, t_dot);
    }
}

impl<T: Real, M: Diffusion<T>, W: Path> Vjp<T> for Driven<M, W>
where
    M::Drift: Vjp<T>,
{
    fn vjp(
        &self,
        du_bar: &mut Self::State,
        u: &Self::State,
        p: &Self::Params,
        t: T,
        u_bar: &mut Self::State,
        p_bar: &mut Self::Params,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    ) {
        self.drift.vjp(du_bar, u, p, t, u_bar, p_bar, t_bar, work);
    }
}
