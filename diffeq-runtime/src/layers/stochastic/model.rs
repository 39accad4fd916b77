//! A stochastic equation whose drift is a network, on rows of `D` reals.

use std::fmt;
use std::marker::PhantomData;

use crate::layers::stochastic::kind::NoiseKind;
use crate::layers::stochastic::kind::NoiseOf;
use crate::layers::stochastic::kind::spoil;
use crate::nn::Batch;
use crate::nn::Layer;
use crate::problem::Diffusion;
use crate::problem::DiffusionJvp;
use crate::problem::DiffusionVjp;
use crate::problem::Ito;
use crate::problem::Jvp;
use crate::problem::Model;
use crate::problem::Rhs;
use crate::problem::Stochastic;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Real;
use crate::space::Components;
use crate::space::Workspace;
use crate::space::from_flat;
use crate::space::from_flat_mut;

/// `du = net(u) dt + g(u) dW` for rows of `D` reals, each with noise of its own; `g` is of kind `K`.
///
/// The parameters are the network's, and behind them those of the noise, as one vector. Where there are not as many as
/// both have, everything is NaN, which a solver reports.
pub struct NetworkSde<Net, K, const D: usize> {
    kind: K,
    drift: NetworkDrift<Net, D>,
}

/// The drift of a [`NetworkSde`].
pub struct NetworkDrift<Net, const D: usize>(PhantomData<fn() -> Net>);

impl<Net, K, const D: usize> NetworkSde<Net, K, D> {
    pub(super) fn new(kind: K) -> Self {
        Self { kind, drift: NetworkDrift(PhantomData) }
    }
}

impl<Net, const D: usize> Clone for NetworkDrift<Net, D> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<Net, K: Clone, const D: usize> Clone for NetworkSde<Net, K, D> {
    fn clone(&self) -> Self {
        Self { kind: self.kind.clone(), drift: self.drift.clone() }
    }
}

impl<Net, K, const D: usize> fmt::Debug for NetworkSde<Net, K, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NetworkSde")
    }
}

impl<Net, K, const D: usize> Model for NetworkSde<Net, K, D> {
    const NAME: &'static str = "neural stochastic equation";
}

impl<Net, const D: usize> Model for NetworkDrift<Net, D> {
    const NAME: &'static str = "drift of a neural stochastic equation";
}

impl<T, Net, const D: usize> System<T> for NetworkDrift<Net, D>
where
    T: Real,
    Net: Components,
    Net::Of<T>: Layer<T, [T; D], Output = [T; D]>,
{
    type State = Vec<T>;
    type Params = Vec<T>;
}

impl<T, Net, const D: usize> Rhs<T> for NetworkDrift<Net, D>
where
    T: Real,
    Net: Components,
    Net::Of<T>: Layer<T, [T; D], Output = [T; D]>,
{
    fn rhs(&self, du: &mut Vec<T>, u: &Vec<T>, p: &Vec<T>, _t: T) {
        let net = p.get(..Net::LEN).and_then(from_flat::<T, Net::Of<T>>);
        if net.and_then(|net| net.forward_batch(u, du).ok()).is_none() {
            spoil(du);
        }
    }
}

impl<T, Net, const D: usize> Jvp<T> for NetworkDrift<Net, D>
where
    T: Real,
    Net: Components,
    Net::Of<T>: Layer<T, [T; D], Output = [T; D]>,
{
    fn jvp(
        &self,
        du: &mut Vec<T>,
        du_dot: &mut Vec<T>,
        u: &Vec<T>,
        u_dot: &Vec<T>,
        p: &Vec<T>,
        p_dot: &Vec<T>,
        _t: T,
        _t_dot: T,
    ) {
        let [net, net_dot] = [p, p_dot].map(|p| p.get(..Net::LEN).and_then(from_flat::<T, Net::Of<T>>));
        let done = net.zip(net_dot).map(|(net, net_dot)| net.jvp_batch(Some(net_dot), u, u_dot, du, du_dot));
        if !matches!(done, Some(Ok(()))) {
            spoil(du);
            spoil(du_dot);
        }
    }
}

impl<T, Net, const D: usize> Vjp<T> for NetworkDrift<Net, D>
where
    T: Real,
    Net: Components,
    Net::Of<T>: Layer<T, [T; D], Output = [T; D]>,
{
    fn vjp(
        &self,
        du_bar: &mut Vec<T>,
        u: &Vec<T>,
        p: &Vec<T>,
        _t: T,
        u_bar: &mut Vec<T>,
        p_bar: &mut Vec<T>,
        _t_bar: &mut T,
        _work: &mut Workspace<T>,
    ) {
        let net = p.get(..Net::LEN).and_then(from_flat::<T, Net::Of<T>>);
        let net_bar = p_bar.get_mut(..Net::LEN).and_then(from_flat_mut::<T, Net::Of<T>>);
        let done = net.zip(net_bar).map(|(net, net_bar)| net.vjp_batch(u, du_bar, net_bar, u_bar));
        if !matches!(done, Some(Ok(()))) {
            spoil(u_bar);
        }
    }
}

impl<Net: 'static, K: NoiseKind, const D: usize> Stochastic for NetworkSde<Net, K, D> {
    type Interpretation = Ito;
    type Class = K::Class;
    type Drift = NetworkDrift<Net, D>;
    fn drift(&self) -> Self::Drift {
        self.drift.clone()
    }
}

impl<T, Net, K, const D: usize> System<T> for NetworkSde<Net, K, D>
where
    T: Real,
    Net: Components,
    Net::Of<T>: Layer<T, [T; D], Output = [T; D]>,
    K: NoiseOf<T>,
{
    type State = Vec<T>;
    type Params = Vec<T>;
}

impl<T, Net, K, const D: usize> Diffusion<T> for NetworkSde<Net, K, D>
where
    T: Real,
    Net: Components + 'static,
    Net::Of<T>: Layer<T, [T; D], Output = [T; D]>,
    K: NoiseOf<T>,
{
    type Noise = Vec<T>;
    type Shape = K::Shape;

    fn blank_noise(&self, u: &Vec<T>) -> Vec<T> {
        vec![T::ZERO; u.len() * K::PROCESSES]
    }

    fn noise(&self, noise: &mut Vec<T>, u: &Vec<T>, p: &Vec<T>, _t: T) {
        match p.get(Net::LEN..) {
            Some(p) => self.kind.value(noise, u, p),
            None => spoil(noise),
        }
    }

    fn drift_and_noise(&self, du: &mut Vec<T>, noise: &mut Vec<T>, u: &Vec<T>, p: &Vec<T>, t: T) {
        self.drift.rhs(du, u, p, t);
        self.noise(noise, u, p, t);
    }
}

impl<T, Net, K, const D: usize> DiffusionJvp<T> for NetworkSde<Net, K, D>
where
    T: Real,
    Net: Components + 'static,
    Net::Of<T>: Layer<T, [T; D], Output = [T; D]>,
    K: NoiseOf<T>,
{
    fn noise_jvp(
        &self,
        noise: &mut Vec<T>,
        noise_dot: &mut Vec<T>,
        u: &Vec<T>,
        u_dot: &Vec<T>,
        p: &Vec<T>,
        p_dot: &Vec<T>,
        _t: T,
        _t_dot: T,
    ) {
        match (p.get(Net::LEN..), p_dot.get(Net::LEN..)) {
            (Some(p), Some(p_dot)) => self.kind.jvp((noise, noise_dot), (u, u_dot), (p, Some(p_dot))),
            _ => {
                spoil(noise);
                spoil(noise_dot);
            }
        }
    }

    fn noise_state_jvp(&self, noise_dot: &mut Vec<T>, u: &Vec<T>, u_dot: &Vec<T>, p: &Vec<T>, _t: T) {
        match p.get(Net::LEN..) {
            Some(p) => self.kind.jvp((&mut noise_dot.clone(), noise_dot), (u, u_dot), (p, None)),
            None => spoil(noise_dot),
        }
    }
}

impl<T, Net, K, const D: usize> DiffusionVjp<T> for NetworkSde<Net, K, D>
where
    T: Real,
    Net: Components + 'static,
    Net::Of<T>: Layer<T, [T; D], Output = [T; D]>,
    K: NoiseOf<T>,
{
    fn noise_vjp(
        &self,
        noise_bar: &mut Vec<T>,
        u: &Vec<T>,
        p: &Vec<T>,
        _t: T,
        u_bar: &mut Vec<T>,
        p_bar: &mut Vec<T>,
        _t_bar: &mut T,
        _work: &mut Workspace<T>,
    ) {
        match (p.get(Net::LEN..), p_bar.get_mut(Net::LEN..)) {
            (Some(p), Some(p_bar)) => self.kind.pull(noise_bar, (u, p), (u_bar, p_bar)),
            _ => spoil(u_bar),
        }
    }

    fn drift_and_noise_vjp(
        &self,
        du_bar: &mut Vec<T>,
        noise_bar: &mut Vec<T>,
        u: &Vec<T>,
        p: &Vec<T>,
        t: T,
        u_bar: &mut Vec<T>,
        p_bar: &mut Vec<T>,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    ) {
        self.drift.vjp(du_bar, u, p, t, u_bar, p_bar, t_bar, work);
        self.noise_vjp(noise_bar, u, p, t, u_bar, p_bar, t_bar, work);
    }
}
