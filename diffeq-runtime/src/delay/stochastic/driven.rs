//! A stochastic delayed model with its path, as a delayed equation.

use crate::noise::Driven;
use crate::noise::Path;
use crate::problem::Delayed;
use crate::problem::DelayedDiffusion;
use crate::problem::DelayedVjp;
use crate::problem::Earlier;
use crate::problem::Lag;
use crate::problem::Past;
use crate::problem::PastCotangent;
use crate::real::Real;
use crate::space::Vector;
use crate::space::Workspace;

impl<T: Real, M: DelayedDiffusion<T>, W: Path> Delayed<T> for Driven<M, W> {
    type State = M::State;
    type Params = M::Params;
    const LAGS: &'static [Lag] = <M::Drift as Delayed<T>>::LAGS;
    fn lags(&self, p: &M::Params, t: T, work: &mut Workspace<T>) {
        self.drift.lags(p, t, work);
    }
    fn lag_tangents(&self, p: &M::Params, p_dot: &M::Params, t: T, work: &mut Workspace<T>) {
        self.drift.lag_tangents(p, p_dot, t, work);
    }

    const SWITCHES: usize = <M::Drift as Delayed<T>>::SWITCHES;
    fn switching_times(&self, p: &M::Params, times: &mut [T]) {
        self.drift.switching_times(p, times);
    }
    fn switching_tangents(&self, p: &M::Params, p_dot: &M::Params, dots: &mut [T]) {
        self.drift.switching_tangents(p, p_dot, dots);
    }
    fn switching_gradient(&self, p: &M::Params, bars: &[T], p_bar: &mut M::Params, work: &mut Workspace<T>) {
        self.drift.switching_gradient(p, bars, p_bar, work);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn rhs<H: Past<T, M::State>>(&self, du: &mut M::State, u: &M::State, past: &H, p: &M::Params, t: T) {
        self.drift.rhs(du, u, past, p, t);
    }

    const ROUGH: bool = true;
    #[inline]
    fn stride(&self, t: f64, h: f64) -> f64 {
        self.path.stride(t, h)
    }

    const WRITTEN: bool = <M as DelayedDiffusion<T>>::WRITTEN;
    fn written(du: &mut [f64], u: &[f64], past: &Earlier<'_>, p: &[f64], t: f64) {
        <M as DelayedDiffusion<T>>::written(du, u, past, p, t);
    }
    fn written_len(state: usize) -> usize {
        <M as DelayedDiffusion<T>>::written_len(state)
    }
    fn outputs<H: Past<T, M::State>>(&self, u: &M::State, past: &H, p: &M::Params, t: T) -> Vec<T> {
        let (mut drift, mut noise) = (u.zeros_like(), self.model.blank_noise(u));
        self.model.drift_and_noise(&mut drift, &mut noise, u, past, p, t);
        [drift.as_slice(), noise.as_slice()].concat()
    }
}

impl<T: Real, M: DelayedDiffusion<T>, W: Path> DelayedVjp<T> for Driven<M, W>
where
    M::Drift: DelayedVjp<T>,
{
    fn vjp<H: Past<T, M::State>, B: PastCotangent<T, M::State>>(
        &self,
        du_bar: &mut M::State,
        u: &M::State,
        past: &H,
        past_bar: &mut B,
        p: &M::Params,
        t: T,
        u_bar: &mut M::State,
        p_bar: &mut M::Params,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    ) {
        self.drift.vjp(du_bar, u, past, past_bar, p, t, u_bar, p_bar, t_bar, work);
    }

    fn state_vjp<H: Past<T, M::State>>(
        &self,
        du_bar: &mut M::State,
        u: &M::State,
        past: &H,
        p: &M::Params,
        t: T,
        u_bar: &mut M::State,
        work: &mut Workspace<T>,
    ) {
        self.drift.state_vjp(du_bar, u, past, p, t, u_bar, work);
    }
}
