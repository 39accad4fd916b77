//! The right-hand side of a continuous normalising flow: rows of numbers, and what is integrated beside them.

use std::marker::PhantomData;
use std::sync::Arc;

use dfdx::tensor::Cpu;
use dfdx::tensor::SampleTensor;
use dfdx::tensor::Tensor;
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::layers::twice::Along;
use crate::layers::twice::Inputs;
use crate::layers::twice::Twice;
use crate::layers::twice::add_tangents;
use crate::layers::twice::along;
use crate::layers::twice::split;
use crate::nn::Network;
use crate::problem::Jvp;
use crate::problem::Model;
use crate::problem::Rhs;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Dual;
use crate::real::Real;
use crate::space::Flat;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::from_flat;
use crate::space::from_flat_mut;

/// How the divergence of a field, which is the trace of its Jacobian, is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Divergence {
    /// As it is: one product with the Jacobian for each dimension; the default.
    #[default]
    Exact,
    /// By one product, `ε·Jε`, with signs drawn at random: right on average (Hutchinson, 1990). Each row has its own
    /// `ε`, which stays the same during a solve, so that what is solved is still an ordinary differential equation.
    Rademacher {
        /// Which signs: the same seed draws the same. In training, a new one for every iteration.
        seed: u64,
    },
    /// The same with normally distributed numbers; it varies more.
    Gaussian {
        /// Which numbers.
        seed: u64,
    },
}

/// What is integrated along a flow beside the rows themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[doc(hidden)]
pub enum Integrals {
    /// Nothing.
    None,
    /// The trace of the Jacobian.
    Divergence,
    /// The trace, the kinetic energy `|f|²`, the squared norm of the Jacobian `|J|²`.
    All,
}

impl Integrals {
    pub(super) const fn count(self) -> usize {
        match self {
            Self::None => 0,
            Self::Divergence => 1,
            Self::All => 3,
        }
    }
}

/// `x' = f(x, t)` for rows of `D` numbers, and integrals of `f` and its Jacobian along each row.
///
/// The network takes `[x, t]`. A row of the state is `[x, ∫tr J, ∫|f|², ∫|J|²]` or a shorter part of it. The products with
/// the Jacobian are the network's own; derivatives of them are dual numbers through its reverse mode.
pub struct FlowRhs<N, const D: usize> {
    integrals: Integrals,
    /// The directions of an estimated trace, row by row; none if the trace is exact.
    noise: Option<Arc<[f64]>>,
    net: PhantomData<fn() -> N>,
}

impl<N, const D: usize> FlowRhs<N, D> {
    /// For as many rows as there are in `rows`; that matters to the noise alone.
    pub(super) fn new(integrals: Integrals, divergence: Divergence, rows: usize) -> Self {
        let noise = match divergence {
            Divergence::Exact => None,
            Divergence::Rademacher { seed } => {
                let mut rng = StdRng::seed_from_u64(seed);
                Some((0..rows * D).map(|_| if rng.r#gen() { 1.0 } else { -1.0 }).collect())
            }
            Divergence::Gaussian { seed } => Some(normal(rows * D, seed).into()),
        };
        Self { integrals, noise, net: PhantomData }
    }

    /// How long a row is.
    pub(super) const fn width(&self) -> usize {
        D + self.integrals.count()
    }

    /// How many products with the Jacobian a row takes.
    pub(super) fn directions(&self) -> usize {
        match (self.integrals, &self.noise) {
            (Integrals::None, _) => 0,
            (_, None) => D,
            (_, Some(_)) => 1,
        }
    }

    /// The direction of a row's `i`-th product.
    #[inline(always)]
    pub(super) fn direction<T: Real>(&self, row: usize, i: usize) -> [T; D] {
        match &self.noise {
            None => std::array::from_fn(|j| if i == j { T::ONE } else { T::ZERO }),
            Some(noise) => std::array::from_fn(|j| T::lit(noise[row * D + j])),
        }
    }

    /// The parameters as a network, if there are as many as it has, and whole rows with a direction for each.
    fn network<'a, T: Real>(&self, u: &[T], p: &'a [T]) -> Option<&'a N>
    where
        N: Flat<T>,
    {
        let rows = u.len() / self.width();
        let directed = self.noise.as_ref().is_none_or(|noise| noise.len() >= rows * D);
        if directed && u.len().is_multiple_of(self.width()) { from_flat(p) } else { None }
    }

    /// The slope of the numbers of a row, and of its integrals, as many as there are.
    #[inline(always)]
    fn slope<T, X>(
        &self,
        net: &impl Network<T, X, Output = [T; D]>,
        zeros: X,
        (row, x): (usize, &[T; D]),
        t: T,
    ) -> ([T; D], [T; 3])
    where
        T: Real,
        X: Flat<T> + Vector<T> + Copy,
    {
        let input = with_time(zeros, x, t);
        if self.integrals == Integrals::None {
            return (net.forward(&input), [T::ZERO; 3]);
        }
        let (mut f, mut trace, mut square) = ([T::ZERO; D], T::ZERO, T::ZERO);
        for i in 0..self.directions() {
            let v = self.direction(row, i);
            let jv;
            (f, jv) = net.input_jvp(&input, &with_time(zeros, &v, T::ZERO));
            trace += dot(&v, &jv);
            square += dot(&jv, &jv);
        }
        (f, [trace, dot(&f, &f), square])
    }
}

impl<N, const D: usize> Clone for FlowRhs<N, D> {
    fn clone(&self) -> Self {
        Self { integrals: self.integrals, noise: self.noise.clone(), net: PhantomData }
    }
}

impl<N, const D: usize> std::fmt::Debug for FlowRhs<N, D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FlowRhs").field("integrals", &self.integrals).finish_non_exhaustive()
    }
}

impl<N, const D: usize> Model for FlowRhs<N, D> {
    const NAME: &'static str = "flow";
}

/// Standard normal numbers: the same seed draws the same.
pub(super) fn normal(count: usize, seed: u64) -> Vec<f64> {
    if count == 0 {
        // An empty tensor has no numbers that dfdx could read.
        return Vec::new();
    }
    let numbers: Tensor<(usize,), f64, Cpu> = Cpu::seed_from_u64(seed).sample_normal_like(&(count,));
    numbers.as_vec()
}

/// `[x, t]`.
#[inline(always)]
fn with_time<T: Real, X: Flat<T> + Vector<T>, const D: usize>(zeros: X, x: &[T; D], t: T) -> X {
    const {
        assert!(
            size_of::<X>() == (D + 1) * size_of::<T>(),
            "the network of a flow of D numbers takes D + 1: the last of them is the time"
        );
    }
    let mut input = zeros;
    let numbers = input.as_mut_slice();
    numbers[..D].copy_from_slice(x);
    numbers[D] = t;
    input
}

#[inline(always)]
fn dot<T: Real, const D: usize>(a: &[T; D], b: &[T; D]) -> T {
    a.iter().zip(b).fold(T::ZERO, |sum, (a, b)| sum + *a * *b)
}

impl<T, N, const D: usize> System<T> for FlowRhs<N, D>
where
    T: Real,
    N: Inputs + Network<T, N::Input<T>, Output = [T; D]> + Flat<T>,
{
    type State = Vec<T>;
    type Params = Vec<T>;
    const ONE_UNIT: bool = true;
}

impl<T, N, const D: usize> Rhs<T> for FlowRhs<N, D>
where
    T: Real,
    N: Inputs + Network<T, N::Input<T>, Output = [T; D]> + Flat<T>,
{
    fn rhs(&self, du: &mut Vec<T>, u: &Vec<T>, p: &Vec<T>, t: T) {
        let Some(net) = self.network(u, p) else { return not_a_number(du) };
        let rows = u.chunks_exact(self.width()).zip(du.chunks_exact_mut(self.width()));
        for (row, (u, du)) in rows.enumerate() {
            let (Some((x, _)), Some((dx, integrals))) = (u.split_first_chunk(), du.split_first_chunk_mut())
            else {
                break;
            };
            let slopes;
            (*dx, slopes) = self.slope::<T, N::Input<T>>(net, N::zeros(), (row, x), t);
            integrals.copy_from_slice(&slopes[..integrals.len()]);
        }
    }
}

impl<T, N, const D: usize> Jvp<T> for FlowRhs<N, D>
where
    T: Real,
    N: Inputs + Twice<T, N::Input<T>, [T; D]>,
{
    fn jvp(
        &self,
        du: &mut Vec<T>,
        du_dot: &mut Vec<T>,
        u: &Vec<T>,
        u_dot: &Vec<T>,
        p: &Vec<T>,
        p_dot: &Vec<T>,
        t: T,
        t_dot: T,
    ) {
        let Some(net) = self.network(u, p) else {
            not_a_number(du);
            return not_a_number(du_dot);
        };
        let (net, t) = (along(net, p_dot), Dual::new(t, [t_dot]));
        let width = self.width();
        let states = u.chunks_exact(width).zip(u_dot.chunks_exact(width));
        let slopes = du.chunks_exact_mut(width).zip(du_dot.chunks_exact_mut(width));
        for (row, ((u, u_dot), (du, du_dot))) in states.zip(slopes).enumerate() {
            let Some((x, _)) = u.split_first_chunk::<D>() else { break };
            let x = along(x, &u_dot[..D]);
            let (dx, integrals) = self.slope::<Along<T>, N::Input<Along<T>>>(&net, N::zeros(), (row, &x), t);
            split(&mut du[..D], &mut du_dot[..D], &dx);
            split(&mut du[D..], &mut du_dot[D..], &integrals);
        }
    }
}

impl<T, N, const D: usize> Vjp<T> for FlowRhs<N, D>
where
    T: Real,
    N: Inputs + Twice<T, N::Input<T>, [T; D]>,
{
    fn vjp(
        &self,
        du_bar: &mut Vec<T>,
        u: &Vec<T>,
        p: &Vec<T>,
        t: T,
        u_bar: &mut Vec<T>,
        p_bar: &mut Vec<T>,
        t_bar: &mut T,
        _work: &mut Workspace<T>,
    ) {
        let Some(net) = self.network(u, p) else {
            not_a_number(u_bar);
            return not_a_number(p_bar);
        };
        if self.integrals == Integrals::None {
            let Some(net_bar) = from_flat_mut::<T, N>(p_bar) else { return not_a_number(u_bar) };
            let states = u.as_chunks::<D>().0.iter().zip(u_bar.as_chunks_mut::<D>().0);
            for ((x, x_bar), dx_bar) in states.zip(du_bar.as_chunks::<D>().0) {
                let mut input_bar = N::zeros::<T>();
                net.vjp(&with_time(N::zeros(), x, t), dx_bar, net_bar, &mut input_bar);
                add(x_bar, input_bar.as_slice());
                *t_bar += input_bar.as_slice()[D];
            }
            return;
        }
        // The gradient of y_bar . J v is the tangent, along v, of the cotangents of y_bar . f; a tangent of y_bar itself
        // adds the cotangents of f by it.
        let over = along(net, &[]);
        let mut over_bar = over.zeros_like();
        let width = self.width();
        let cotangents = du_bar.chunks_exact(width).zip(u_bar.chunks_exact_mut(width));
        for (row, (u, (du_bar, u_bar))) in u.chunks_exact(width).zip(cotangents).enumerate() {
            let (Some((x, _)), Some((dx_bar, integrals_bar))) =
                (u.split_first_chunk::<D>(), du_bar.split_first_chunk::<D>())
            else {
                break;
            };
            let input: N::Input<T> = with_time(N::zeros(), x, t);
            for i in 0..self.directions() {
                let v = self.direction(row, i);
                let mut y_bar = v.map(|v| Dual::constant(integrals_bar[0] * v));
                let by_f = |j: usize| if i == 0 { dx_bar[j] } else { T::ZERO };
                match *integrals_bar {
                    [_, kinetic_bar, square_bar] => {
                        let (f, jv) = net.input_jvp(&input, &with_time(N::zeros(), &v, T::ZERO));
                        for j in 0..D {
                            y_bar[j].primal += (square_bar * jv[j]).scale(2.0);
                            y_bar[j].tangents =
                                [by_f(j) + if i == 0 { (kinetic_bar * f[j]).scale(2.0) } else { T::ZERO }];
                        }
                    }
                    _ => (0..D).for_each(|j| y_bar[j].tangents = [by_f(j)]),
                }
                let mut input_bar = N::zeros::<Along<T>>();
                over.vjp(&along(&input, &v), &y_bar, &mut over_bar, &mut input_bar);
                add_tangents(&mut u_bar[..D], input_bar.as_slice());
                *t_bar += input_bar.as_slice()[D].tangents[0];
            }
        }
        add_tangents(p_bar, over_bar.as_slice());
    }
}

/// What comes of parameters that do not fit; the solver says so.
fn not_a_number<T: Real>(out: &mut [T]) {
    out.fill(T::lit(f64::NAN));
}

fn add<T: Real>(sum: &mut [T], terms: &[T]) {
    sum.iter_mut().zip(terms).for_each(|(sum, term)| *sum += *term);
}

#[cfg(test)]
mod tests;
