//! A delayed equation that is a network of the state and of earlier ones.

use std::fmt;
use std::marker::PhantomData;

use crate::delay::Initial;
use crate::layers::twice::Inputs;
use crate::nn::Array;
use crate::nn::Batch;
use crate::nn::Layer;
use crate::problem::Delayed;
use crate::problem::DelayedVjp;
use crate::problem::Lag;
use crate::problem::LagKind;
use crate::problem::Model;
use crate::problem::Past;
use crate::problem::PastCotangent;
use crate::real::Real;
use crate::space::Components;
use crate::space::Workspace;
use crate::space::from_flat;
use crate::space::from_flat_mut;

/// Where the lags of a [`NetworkDde`] come from.
pub trait LagSource: Clone + 'static {
    /// How many there are.
    const COUNT: usize;
    /// How many of them are parameters, behind those of the network: all or none.
    const TRAINED: usize;
    /// What decides on them.
    const LAGS: &'static [Lag];
    /// Lag number `k`; `p` are the parameters behind those of the network.
    fn lag<T: Real>(&self, p: &[T], k: usize) -> T;
}

/// `K` lags that are parameters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TrainedLags<const K: usize>;

/// `K` lags that stay as they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixedLags<const K: usize>(
    /// The lags.
    pub [f64; K],
);

impl<const K: usize> LagSource for TrainedLags<K> {
    const COUNT: usize = K;
    const TRAINED: usize = K;
    const LAGS: &'static [Lag] = &[Lag { kind: LagKind::Parameter, of_slope: false }];
    #[inline]
    fn lag<T: Real>(&self, p: &[T], k: usize) -> T {
        p.get(k).copied().unwrap_or(T::lit(f64::NAN))
    }
}

impl<const K: usize> LagSource for FixedLags<K> {
    const COUNT: usize = K;
    const TRAINED: usize = 0;
    const LAGS: &'static [Lag] = &[Lag { kind: LagKind::Constant, of_slope: false }];
    #[inline]
    fn lag<T: Real>(&self, _: &[T], k: usize) -> T {
        T::lit(self.0[k])
    }
}

/// `du/dt = net([u, u(t - lag 1), …, u(t - lag K)])` for rows of `D` reals, which share the lags.
///
/// The parameters are the network's, and behind them the lags where these are trained, as one vector. Where there are not as
/// many as both have, everything is NaN, which a solver reports.
pub struct NetworkDde<Net, L, const D: usize> {
    lags: L,
    net: PhantomData<fn() -> Net>,
}

impl<Net, L, const D: usize> NetworkDde<Net, L, D> {
    /// The equation with these lags.
    pub fn new(lags: L) -> Self {
        Self { lags, net: PhantomData }
    }
}

impl<Net, L: Clone, const D: usize> Clone for NetworkDde<Net, L, D> {
    fn clone(&self) -> Self {
        Self::new(self.lags.clone())
    }
}

impl<Net, L, const D: usize> fmt::Debug for NetworkDde<Net, L, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NetworkDde")
    }
}

impl<Net, L, const D: usize> Model for NetworkDde<Net, L, D> {
    const NAME: &'static str = "neural delayed equation";
}

/// A history of rows of `N` reals, which all rows share.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct EachRow<H, const N: usize>(
    /// The history of a row.
    pub H,
);

impl<T: Real, P, H: Initial<T, [T; N], P>, const N: usize> Initial<T, Vec<T>, P> for EachRow<H, N> {
    const RESTS: bool = H::RESTS;
    fn component(&self, t: T, p: &P, i: usize, order: usize) -> T {
        self.0.component(t, p, i % N, order)
    }
    fn pull(&self, (t, i, order): (T, usize, usize), p: &P, bar: T, p_bar: &mut P) -> bool {
        self.0.pull((t, i % N, order), p, bar, p_bar)
    }
    fn fits(&self, _: usize) -> bool {
        self.0.fits(N)
    }
    fn begin(&self) -> f64 {
        self.0.begin()
    }
    fn end(&self) -> f64 {
        self.0.end()
    }
    fn breaks(&self) -> Vec<(f64, usize)> {
        self.0.breaks()
    }
}

/// Not a number, for whatever does not fit.
fn spoil<T: Real>(reals: &mut [T]) {
    reals.fill(T::lit(f64::NAN));
}

impl<Net: Components, L: LagSource, const D: usize> NetworkDde<Net, L, D> {
    fn lag<T: Real>(&self, p: &[T], k: usize) -> T {
        self.lags.lag(p.get(Net::LEN..).unwrap_or_default(), k)
    }

    /// What the network sees of each row: the state, then the earlier ones.
    fn input<T: Real, H: Past<T, Vec<T>>>(&self, u: &[T], past: &H, p: &[T], t: T) -> Vec<T> {
        let width = D * (1 + L::COUNT);
        let mut input = vec![T::ZERO; u.len() / D * width];
        for (row, u) in input.chunks_exact_mut(width).zip(u.chunks_exact(D)) {
            row[..D].copy_from_slice(u);
        }
        for k in 0..L::COUNT {
            let place = past.find(t - self.lag(p, k));
            for (r, row) in input.chunks_exact_mut(width).enumerate() {
                for (i, z) in row[D * (1 + k)..D * (2 + k)].iter_mut().enumerate() {
                    *z = past.read(&place, r * D + i, 0);
                }
            }
        }
        input
    }
}

/// Stops the compilation where the network does not take what it is given.
const fn assert_inputs(reals: usize, one: usize, state: usize, lags: usize) {
    assert!(
        reals == one * state * (1 + lags),
        "the network of a delayed equation takes the state and one more for each lag"
    );
}

impl<T, Net, L, const D: usize> Delayed<T> for NetworkDde<Net, L, D>
where
    T: Real,
    Net: Components + Inputs,
    Net::Of<T>: Layer<T, Net::Input<T>, Output = [T; D]>,
    Net::Input<T>: Array<T>,
    L: LagSource,
{
    type State = Vec<T>;
    type Params = Vec<T>;
    const LAGS: &'static [Lag] = L::LAGS;

    fn lags(&self, p: &Vec<T>, t: T, work: &mut Workspace<T>) {
        for k in 0..L::COUNT {
            work.push(t - self.lag(p, k));
            work.push(T::ZERO);
        }
    }

    fn lag_tangents(&self, p: &Vec<T>, p_dot: &Vec<T>, t: T, work: &mut Workspace<T>) {
        for k in 0..L::COUNT {
            work.push(t - self.lag(p, k));
            work.push(T::ZERO);
            work.push(if L::TRAINED > 0 { -self.lag(p_dot, k) } else { T::ZERO });
        }
    }

    fn rhs<H: Past<T, Vec<T>>>(&self, du: &mut Vec<T>, u: &Vec<T>, past: &H, p: &Vec<T>, t: T) {
        const { assert_inputs(size_of::<Net::Input<T>>(), size_of::<T>(), D, L::COUNT) };
        let net = p.get(..Net::LEN).and_then(from_flat::<T, Net::Of<T>>);
        let input = self.input(u, past, p, t);
        let fits = p.len() == Net::LEN + L::TRAINED;
        if net.filter(|_| fits).and_then(|net| net.forward_batch(&input, du).ok()).is_none() {
            spoil(du);
        }
    }
}

impl<T, Net, L, const D: usize> DelayedVjp<T> for NetworkDde<Net, L, D>
where
    T: Real,
    Net: Components + Inputs,
    Net::Of<T>: Layer<T, Net::Input<T>, Output = [T; D]>,
    Net::Input<T>: Array<T>,
    L: LagSource,
{
    fn vjp<H: Past<T, Vec<T>>, B: PastCotangent<T, Vec<T>>>(
        &self,
        du_bar: &mut Vec<T>,
        u: &Vec<T>,
        past: &H,
        past_bar: &mut B,
        p: &Vec<T>,
        t: T,
        u_bar: &mut Vec<T>,
        p_bar: &mut Vec<T>,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    ) {
        let input = self.input(u, past, p, t);
        let mut input_bar = vec![T::ZERO; input.len()];
        let net = p.get(..Net::LEN).and_then(from_flat::<T, Net::Of<T>>);
        let net_bar = p_bar.get_mut(..Net::LEN).and_then(from_flat_mut::<T, Net::Of<T>>);
        let done =
            net.zip(net_bar).map(|(net, net_bar)| net.vjp_batch(&input, du_bar, net_bar, &mut input_bar));
        if !matches!(done, Some(Ok(()))) {
            return spoil(u_bar);
        }
        let width = D * (1 + L::COUNT);
        for (u_bar, row) in u_bar.chunks_exact_mut(D).zip(input_bar.chunks_exact(width)) {
            u_bar.iter_mut().zip(row).for_each(|(u_bar, bar)| *u_bar += *bar);
        }
        // What the lags ask for comes back in the order in which it was asked for: `du_bar` is free now.
        for k in 0..L::COUNT {
            for (to, row) in du_bar.chunks_exact_mut(D).zip(input_bar.chunks_exact(width)) {
                to.copy_from_slice(&row[D * (1 + k)..D * (2 + k)]);
            }
            let mut time_bar = T::ZERO;
            past.state_vjp(t - self.lag(p, k), du_bar, past_bar, &mut time_bar, work);
            *t_bar += time_bar;
            if L::TRAINED > 0 {
                p_bar[Net::LEN + k] -= time_bar;
            }
        }
    }

    fn state_vjp<H: Past<T, Vec<T>>>(
        &self,
        du_bar: &mut Vec<T>,
        u: &Vec<T>,
        past: &H,
        p: &Vec<T>,
        t: T,
        u_bar: &mut Vec<T>,
        work: &mut Workspace<T>,
    ) {
        let mut p_bar = vec![T::ZERO; p.len()];
        self.vjp(du_bar, u, past, &mut (), p, t, u_bar, &mut p_bar, &mut { T::ZERO }, work);
    }
}
