//! What kinds of noise a neural stochastic equation has.

use std::fmt;
use std::marker::PhantomData;

use crate::nn::Batch;
use crate::nn::Layer;
use crate::problem::Diagonal;
use crate::problem::General;
use crate::problem::NoiseClass;
use crate::problem::NoiseShape;
use crate::problem::OneForEach;
use crate::real::Real;
use crate::space::Components;
use crate::space::from_flat;
use crate::space::from_flat_mut;

/// Not a number, for whatever does not fit; the solver says so.
pub(super) fn spoil<T: Real>(reals: &mut [T]) {
    reals.fill(T::lit(f64::NAN));
}

/// A kind of noise, whatever the scalar.
pub trait NoiseKind: Clone + Send + Sync + 'static {
    /// Its class.
    type Class: NoiseClass;
    /// How many Wiener processes a component of the state sees.
    const PROCESSES: usize;
}

/// A kind of noise on rows of reals, with parameters `p` of its own.
pub trait NoiseOf<T: Real>: NoiseKind {
    /// How it moves the state.
    type Shape: NoiseShape<T, Vec<T>, Vec<T>>;
    /// Writes the noise at `u`.
    fn value(&self, noise: &mut [T], u: &[T], p: &[T]);
    /// Writes the noise and its derivative along `u_dot`, and along `p_dot` where there is one.
    fn jvp(&self, noise: (&mut [T], &mut [T]), u: (&[T], &[T]), p: (&[T], Option<&[T]>));
    /// Adds the products of `noise_bar` and the derivatives to the cotangents of the state and of the parameters.
    fn pull(&self, noise_bar: &[T], at: (&[T], &[T]), bars: (&mut [T], &mut [T]));
}

/// `g_i(u) = mp_i u_i`, for rows of as many reals as there are factors: multiplicative noise.
#[derive(Debug, Clone)]
pub struct Multiplicative<const D: usize> {
    /// The factors, where they are not parameters.
    pub(super) fixed: Option<[f64; D]>,
}

impl<const D: usize> NoiseKind for Multiplicative<D> {
    type Class = Diagonal;
    const PROCESSES: usize = 1;
}

impl<const D: usize> Multiplicative<D> {
    /// The factor of each component of a row; NaN where there is none.
    fn factors<T: Real>(&self, p: &[T]) -> [T; D] {
        match &self.fixed {
            Some(fixed) => fixed.map(T::lit),
            None => std::array::from_fn(|i| p.get(i).copied().unwrap_or(T::lit(f64::NAN))),
        }
    }
}

impl<T: Real, const D: usize> NoiseOf<T> for Multiplicative<D> {
    type Shape = OneForEach;

    fn value(&self, noise: &mut [T], u: &[T], p: &[T]) {
        let factors = self.factors(p);
        for ((noise, u), factor) in noise.iter_mut().zip(u).zip(factors.iter().cycle()) {
            *noise = *factor * *u;
        }
    }

    fn jvp(
        &self,
        (noise, noise_dot): (&mut [T], &mut [T]),
        (u, u_dot): (&[T], &[T]),
        (p, p_dot): (&[T], Option<&[T]>),
    ) {
        let factors = self.factors(p);
        let moved = p_dot.filter(|_| self.fixed.is_none());
        for i in 0..u.len() {
            noise[i] = factors[i % D] * u[i];
            noise_dot[i] = factors[i % D] * u_dot[i];
            if let Some(factor_dot) = moved.and_then(|moved| moved.get(i % D)) {
                noise_dot[i] += *factor_dot * u[i];
            }
        }
    }

    fn pull(&self, noise_bar: &[T], (u, p): (&[T], &[T]), (u_bar, p_bar): (&mut [T], &mut [T])) {
        let factors = self.factors(p);
        for (i, bar) in noise_bar.iter().enumerate() {
            u_bar[i] += factors[i % D] * *bar;
            if self.fixed.is_none()
                && let Some(factor_bar) = p_bar.get_mut(i % D)
            {
                *factor_bar += u[i] * *bar;
            }
        }
    }
}

/// `g(u) = net(u)`, one process for each component, whose noise may depend on all of them.
pub struct NetworkNoise<Net, S, const D: usize>(PhantomData<fn() -> (Net, S)>);

/// A process for each component.
#[derive(Debug, Clone, Copy, Default)]
pub struct EachItsOwn;

/// `M` processes for each row, all of which every component of the row sees: the network gives `D M` numbers, those of the
/// first component first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Blocks<const D: usize, const M: usize>;

impl<Net, S, const D: usize> NetworkNoise<Net, S, D> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<Net, S, const D: usize> Clone for NetworkNoise<Net, S, D> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<Net, S, const D: usize> fmt::Debug for NetworkNoise<Net, S, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NetworkNoise")
    }
}

/// How the numbers of a network are noise.
pub trait Arrangement: Copy + Send + Sync + 'static {
    /// How many processes a component sees.
    const PROCESSES: usize;
}

impl Arrangement for EachItsOwn {
    const PROCESSES: usize = 1;
}

impl<const D: usize, const M: usize> Arrangement for Blocks<D, M> {
    const PROCESSES: usize = M;
}

impl<Net: 'static, S: Arrangement, const D: usize> NoiseKind for NetworkNoise<Net, S, D> {
    type Class = General;
    const PROCESSES: usize = S::PROCESSES;
}

/// Which shape an arrangement is.
pub trait ShapeOf<T: Real>: Arrangement {
    /// The shape.
    type Shape: NoiseShape<T, Vec<T>, Vec<T>>;
}

impl<T: Real> ShapeOf<T> for EachItsOwn {
    type Shape = OneForEach;
}

impl<T: Real, const D: usize, const M: usize> ShapeOf<T> for Blocks<D, M> {
    type Shape = Self;
}

impl<T, Net, S, const D: usize, const O: usize> NoiseOf<T> for NetworkNoise<Net, S, D>
where
    T: Real,
    Net: Components + 'static,
    Net::Of<T>: Layer<T, [T; D], Output = [T; O]>,
    S: ShapeOf<T>,
{
    type Shape = S::Shape;

    fn value(&self, noise: &mut [T], u: &[T], p: &[T]) {
        const { assert!(O == D * S::PROCESSES, "a noise network gives a number for each component and process") };
        let net = from_flat::<T, Net::Of<T>>(p);
        if net.and_then(|net| net.forward_batch(u, noise).ok()).is_none() {
            spoil(noise);
        }
    }

    fn jvp(
        &self,
        (noise, noise_dot): (&mut [T], &mut [T]),
        (u, u_dot): (&[T], &[T]),
        (p, p_dot): (&[T], Option<&[T]>),
    ) {
        let net_dot = p_dot.map(from_flat::<T, Net::Of<T>>);
        let done = match (from_flat::<T, Net::Of<T>>(p), net_dot) {
            (Some(net), None) => net.jvp_batch(None, u, u_dot, noise, noise_dot).is_ok(),
            (Some(net), Some(Some(net_dot))) => {
                net.jvp_batch(Some(net_dot), u, u_dot, noise, noise_dot).is_ok()
            }
            _ => false,
        };
        if !done {
            spoil(noise);
            spoil(noise_dot);
        }
    }

    fn pull(&self, noise_bar: &[T], (u, p): (&[T], &[T]), (u_bar, p_bar): (&mut [T], &mut [T])) {
        let nets = from_flat::<T, Net::Of<T>>(p).zip(from_flat_mut::<T, Net::Of<T>>(p_bar));
        let done = nets.map(|(net, net_bar)| net.vjp_batch(u, noise_bar, net_bar, u_bar));
        if !matches!(done, Some(Ok(()))) {
            spoil(u_bar);
        }
    }
}

impl<T: Real, const D: usize, const M: usize> NoiseShape<T, Vec<T>, Vec<T>> for Blocks<D, M> {
    fn processes(noise: &Vec<T>) -> usize {
        noise.len() / D.max(1)
    }

    fn add_product(noise: &Vec<T>, w: &[f64], out: &mut Vec<T>) {
        let rows = out.chunks_exact_mut(D.max(1)).zip(w.chunks_exact(M.max(1)));
        for ((out, w), noise) in rows.zip(noise.chunks_exact((D * M).max(1))) {
            for (out, noise) in out.iter_mut().zip(noise.chunks_exact(M)) {
                for (g, w) in noise.iter().zip(w) {
                    *out += g.scale(*w);
                }
            }
        }
    }

    fn add_outer(noise_bar: &mut Vec<T>, w: &[f64], out_bar: &Vec<T>) {
        let rows = out_bar.chunks_exact(D.max(1)).zip(w.chunks_exact(M.max(1)));
        for ((bar, w), noise_bar) in rows.zip(noise_bar.chunks_exact_mut((D * M).max(1))) {
            for (bar, noise_bar) in bar.iter().zip(noise_bar.chunks_exact_mut(M)) {
                for (g_bar, w) in noise_bar.iter_mut().zip(w) {
                    *g_bar += bar.scale(*w);
                }
            }
        }
    }

    fn add_column(noise: &Vec<T>, process: usize, factor: f64, out: &mut Vec<T>) {
        let (row, column) = (process / M, process % M);
        for i in row * D..(row + 1) * D {
            out[i] += noise[i * M + column].scale(factor);
        }
    }

    fn add_to_column(noise_bar: &mut Vec<T>, process: usize, factor: f64, out_bar: &Vec<T>) {
        let (row, column) = (process / M, process % M);
        for i in row * D..(row + 1) * D {
            noise_bar[i * M + column] += out_bar[i].scale(factor);
        }
    }
}
