//! The right-hand side of an equation of second order, on arrays.

use std::fmt;
use std::marker::PhantomData;

use crate::nn::Network;
use crate::problem::Jvp;
use crate::problem::Model;
use crate::problem::Rhs;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Real;
use crate::space::Components;
use crate::space::Flat;
use crate::space::Workspace;
use crate::space::flat_rows;
use crate::space::flat_rows_mut;
use crate::space::from_flat;
use crate::space::from_flat_mut;

/// Stops the compilation where a field of second order gives another number of reals than half of what it takes.
pub(super) const fn assert_half(taken: usize, given: usize) {
    assert!(taken == 2 * given, "a field of second order takes [u, u'] and gives as many numbers as u has");
}

/// The right-hand side `[u, v]' = [v, net(u, v)]` for a network from `N` reals to half as many.
///
/// The parameters are the network's as one vector. Where there are not as many as it has, everything is NaN, which a
/// solver reports.
pub struct Motion<Net, const N: usize>(PhantomData<fn() -> Net>);

impl<Net, const N: usize> Default for Motion<Net, N> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<Net, const N: usize> Clone for Motion<Net, N> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<Net, const N: usize> fmt::Debug for Motion<Net, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Motion")
    }
}

impl<Net, const N: usize> Model for Motion<Net, N> {
    const NAME: &'static str = "network of second order";
}

/// `[v, a]` from `[u, v]` and `a`.
#[inline(always)]
fn slope<T: Real, const N: usize, const H: usize>(x: &[T; N], a: [T; H]) -> [T; N] {
    std::array::from_fn(|i| if i < H { x[H + i] } else { a[i - H] })
}

/// Not a number, for whatever does not fit.
fn spoil<T: Real>(reals: &mut [T]) {
    reals.fill(T::lit(f64::NAN));
}

impl<T, Net, const N: usize, const H: usize> System<T> for Motion<Net, N>
where
    T: Real,
    Net: Components,
    Net::Of<T>: Network<T, [T; N], Output = [T; H]> + Flat<T>,
{
    type State = [T; N];
    type Params = Vec<T>;
    const ONE_UNIT: bool = true;
}

impl<T, Net, const N: usize, const H: usize> Rhs<T> for Motion<Net, N>
where
    T: Real,
    Net: Components,
    Net::Of<T>: Network<T, [T; N], Output = [T; H]> + Flat<T>,
{
    fn rhs(&self, du: &mut [T; N], u: &[T; N], p: &Vec<T>, _t: T) {
        const { assert_half(N, H) };
        match from_flat::<T, Net::Of<T>>(p) {
            Some(net) => *du = slope(u, net.forward(u)),
            None => spoil(du),
        }
    }
}

impl<T, Net, const N: usize, const H: usize> Jvp<T> for Motion<Net, N>
where
    T: Real,
    Net: Components,
    Net::Of<T>: Network<T, [T; N], Output = [T; H]> + Flat<T>,
{
    fn jvp(
        &self,
        du: &mut [T; N],
        du_dot: &mut [T; N],
        u: &[T; N],
        u_dot: &[T; N],
        p: &Vec<T>,
        p_dot: &Vec<T>,
        _t: T,
        _t_dot: T,
    ) {
        let nets = (from_flat::<T, Net::Of<T>>(p), from_flat(p_dot));
        let (Some(net), Some(net_dot)) = nets else {
            spoil(du);
            return spoil(du_dot);
        };
        let (a, a_dot) = net.jvp(net_dot, u, u_dot);
        (*du, *du_dot) = (slope(u, a), slope(u_dot, a_dot));
    }
}

impl<T, Net, const N: usize, const H: usize> Vjp<T> for Motion<Net, N>
where
    T: Real,
    Net: Components,
    Net::Of<T>: Network<T, [T; N], Output = [T; H]> + Flat<T>,
{
    fn vjp(
        &self,
        du_bar: &mut [T; N],
        u: &[T; N],
        p: &Vec<T>,
        _t: T,
        u_bar: &mut [T; N],
        p_bar: &mut Vec<T>,
        _t_bar: &mut T,
        _work: &mut Workspace<T>,
    ) {
        let nets = (from_flat::<T, Net::Of<T>>(p), from_flat_mut(p_bar));
        let (Some(net), Some(net_bar)) = nets else { return spoil(u_bar) };
        for i in 0..H {
            u_bar[H + i] += du_bar[i];
        }
        net.vjp(u, &std::array::from_fn(|i| du_bar[H + i]), net_bar, u_bar);
    }
}

/// A right-hand side on arrays of `N` reals, for each row of a batch by itself; the state is a `Vec` of all rows.
#[derive(Debug, Clone, Default)]
pub struct ByRows<F, const N: usize>(F);

impl<F: Model, const N: usize> Model for ByRows<F, N> {
    const NAME: &'static str = F::NAME;
}

impl<T: Real, F: Rhs<T, State = [T; N]>, const N: usize> System<T> for ByRows<F, N> {
    type State = Vec<T>;
    type Params = F::Params;
    const ONE_UNIT: bool = F::ONE_UNIT;
}

impl<T: Real, F: Rhs<T, State = [T; N]>, const N: usize> Rhs<T> for ByRows<F, N> {
    fn rhs(&self, du: &mut Vec<T>, u: &Vec<T>, p: &F::Params, t: T) {
        let (Some(u), Some(rows)) = (flat_rows(u), flat_rows_mut(du)) else { return spoil(du) };
        for (du, u) in rows.iter_mut().zip(u) {
            self.0.rhs(du, u, p, t);
        }
    }
}

impl<T: Real, F: Jvp<T> + Rhs<T, State = [T; N]>, const N: usize> Jvp<T> for ByRows<F, N> {
    fn jvp(
        &self,
        du: &mut Vec<T>,
        du_dot: &mut Vec<T>,
        u: &Vec<T>,
        u_dot: &Vec<T>,
        p: &F::Params,
        p_dot: &F::Params,
        t: T,
        t_dot: T,
    ) {
        let rows = (flat_rows_mut(du), flat_rows_mut(du_dot));
        let (Some(rows), Some(rows_dot)) = rows else { return spoil(du_dot) };
        let (Some(u), Some(u_dot)) = (flat_rows(u), flat_rows(u_dot)) else { return spoil(du_dot) };
        for ((du, du_dot), (u, u_dot)) in rows.iter_mut().zip(rows_dot).zip(u.iter().zip(u_dot)) {
            self.0.jvp(du, du_dot, u, u_dot, p, p_dot, t, t_dot);
        }
    }
}

impl<T: Real, F: Vjp<T> + Rhs<T, State = [T; N]>, const N: usize> Vjp<T> for ByRows<F, N> {
    fn vjp(
        &self,
        du_bar: &mut Vec<T>,
        u: &Vec<T>,
        p: &F::Params,
        t: T,
        u_bar: &mut Vec<T>,
        p_bar: &mut F::Params,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    ) {
        let rows = (flat_rows_mut(du_bar), flat_rows_mut(u_bar));
        let ((Some(du_bar), Some(rows)), Some(u)) = (rows, flat_rows(u)) else { return spoil(u_bar) };
        for ((du_bar, u_bar), u) in du_bar.iter_mut().zip(rows).zip(u) {
            self.0.vjp(du_bar, u, p, t, u_bar, p_bar, t_bar, work);
        }
    }
}
