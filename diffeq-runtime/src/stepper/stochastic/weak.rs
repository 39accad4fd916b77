//! Methods of weak order 2 for any noise: each process has stages of its own.

use std::marker::PhantomData;

use crate::noise::Asks;
use crate::noise::Increment;
use crate::problem::Diffusion;
use crate::problem::NoiseClass;
use crate::problem::NoiseShape;
use crate::problem::Rhs;
use crate::real::Real;
use crate::space::Row;
use crate::space::Vector;
use crate::space::assign;
use crate::space::assign_combination;
use crate::space::assign_zero;
use crate::stepper::erk::or_first;
use crate::stepper::stochastic::kernel::Kernel;
use crate::stepper::stochastic::kernel::Place;
use crate::tableau::stochastic::Ri;

/// A method that is a tableau in Rößler's form for weak order 2.
pub trait RiMethod: 'static {
    /// The coefficients.
    const TABLEAU: Ri;
}

/// Rows of a tableau as types, so that their zeros are not compiled.
struct DriftRow<X, const I: usize>(PhantomData<X>);
impl<X: RiMethod, const I: usize> Row<3> for DriftRow<X, I> {
    const ROW: [f64; 3] = or_first(&X::TABLEAU.a0, I);
}
struct NoiseRow<X, const I: usize>(PhantomData<X>);
impl<X: RiMethod, const I: usize> Row<3> for NoiseRow<X, I> {
    const ROW: [f64; 3] = or_first(&X::TABLEAU.a1, I);
}
struct StepRow<X>(PhantomData<X>);
impl<X: RiMethod> Row<3> for StepRow<X> {
    const ROW: [f64; 3] = X::TABLEAU.alpha;
}

/// Whether all processes may share the stages of one: where each component sees one of them, and no other component.
pub(crate) const fn shares_stages<C: NoiseClass>() -> bool {
    C::IS_ADDITIVE || C::IS_DIAGONAL
}

/// The stages of a method of weak order 2.
#[derive(Debug, Clone)]
pub struct RiKernel<X, V, G> {
    /// The slopes of the drift.
    pub(crate) f: [V; 3],
    /// The values of the noise, each column at the stage of its process.
    pub(crate) g: [G; 3],
    /// Those of the stages in which the other processes move, but for the first, where the step starts.
    pub(crate) mixed: [G; 2],
    /// Where the drift is taken, but for the first.
    pub(crate) y: [V; 2],
    /// Where the noise is, for each process.
    pub(crate) z: [Vec<V>; 2],
    pub(crate) z_mixed: [Vec<V>; 2],
    /// Noise of which one column is needed.
    whole: G,
    column: V,
    /// Weights of the processes.
    pub(crate) weights: Vec<f64>,
    method: PhantomData<fn() -> X>,
}

/// The weights of the processes for stage `i` in the step.
#[inline]
pub(crate) fn weigh_step(ri: &Ri, i: usize, noise: &Increment, h: f64, out: &mut [f64]) {
    let root = h.abs().sqrt();
    for (out, w) in out.iter_mut().zip(&noise.w) {
        *out = ri.beta1[i] * w + ri.beta2[i] * (w * w - h) / (2.0 * root);
    }
}

/// The same for a stage in which the other processes move.
#[inline]
pub(crate) fn weigh_step_mixed(ri: &Ri, i: usize, noise: &Increment, h: f64, out: &mut [f64]) {
    let root = h.abs().sqrt();
    for (out, w) in out.iter_mut().zip(&noise.w) {
        *out = ri.beta3[i] * w + ri.beta4[i] * root;
    }
}

/// The weights of the other processes in the stage of process `k`: their integrals by it, `I_lk/√h`.
#[inline]
pub(crate) fn weigh_others(factor: f64, k: usize, noise: &Increment, h: f64, out: &mut [f64]) {
    let (root, n) = (h.abs().sqrt(), noise.w.len());
    for (l, (out, w)) in out.iter_mut().zip(&noise.w).enumerate() {
        let area = if noise.areas.is_empty() { 0.0 } else { noise.areas[l * n + k] };
        *out = if l == k { 0.0 } else { factor * (0.5 * w * noise.w[k] + area) / root };
    }
}

/// Adds to `out` what the noise does in an argument, once for all processes or for process `k`.
#[inline]
fn add_own<T: Real, M: Diffusion<T>>(g: &M::Noise, k: Option<usize>, factor: f64, ones: &mut [f64], out: &mut M::State) {
    match k {
        Some(k) => M::Shape::add_column(g, k, factor, out),
        None => {
            ones.fill(factor);
            M::Shape::add_product(g, ones, out);
        }
    }
}

/// Writes the noise at `z` to `out`: all of it, or the column of process `k`.
#[inline]
fn take_noise<T: Real, M: Diffusion<T>>(
    (model, p, t): (&M, &M::Params, T),
    z: &M::State,
    k: Option<usize>,
    (whole, column): (&mut M::Noise, &mut M::State),
    out: &mut M::Noise,
) {
    let Some(k) = k else { return model.noise(out, z, p, t) };
    model.noise(whole, z, p, t);
    assign_zero(column);
    M::Shape::add_column(whole, k, 1.0, column);
    M::Shape::add_to_column(out, k, 1.0, column);
}

impl<T: Real, M: Diffusion<T>, X: RiMethod> Kernel<T, M> for RiKernel<X, M::State, M::Noise> {
    const ASKS: Asks = if <M::Class as NoiseClass>::COMMUTES { Asks::Values } else { Asks::Areas };

    fn new(model: &M, u: &M::State) -> Self {
        let blank = model.blank_noise(u);
        let processes = M::Shape::processes(&blank);
        let each = || std::array::from_fn(|_| vec![u.zeros_like(); if shares_stages::<M::Class>() { 1 } else { processes }]);
        Self {
            f: std::array::from_fn(|_| u.zeros_like()),
            g: std::array::from_fn(|_| blank.clone()),
            mixed: std::array::from_fn(|_| blank.clone()),
            y: std::array::from_fn(|_| u.zeros_like()),
            z: each(),
            z_mixed: each(),
            column: u.zeros_like(),
            weights: vec![0.0; processes],
            whole: blank,
            method: PhantomData,
        }
    }

    fn step(&mut self, place: Place<'_, T, M>, noise: &Increment, next: &mut M::State) {
        let Self { f, g, mixed, y, z, z_mixed, whole, column, weights, .. } = self;
        let Place { model, drift, p, interval, u } = place;
        let (h, ri) = (interval.h, const { &X::TABLEAU });
        let (root, shares) = (h.abs().sqrt(), const { shares_stages::<M::Class>() });
        model.drift_and_noise(&mut f[0], &mut g[0], u, p, T::lit(interval.from));
        macro_rules! stages {
            ($($i:literal)*) => { $(
                let (before, after) = g.split_at_mut($i);
                if const { X::TABLEAU.uses_drift($i) } {
                    let y = &mut y[$i - 1];
                    assign_combination::<DriftRow<X, $i>, T, _, 3>(y, u, h, f);
                    for (factor, g) in ri.b0[$i].iter().zip(&*before) {
                        if *factor != 0.0 {
                            weights.iter_mut().zip(&noise.w).for_each(|(weight, w)| *weight = factor * w);
                            M::Shape::add_product(g, weights, y);
                        }
                    }
                    drift.rhs(&mut f[$i], y, p, T::lit(interval.at(const { X::TABLEAU.c0($i) })));
                }
                let t = T::lit(interval.at(const { X::TABLEAU.c1($i) }));
                assign_zero(&mut after[0]);
                for (k, z) in z[$i - 1].iter_mut().enumerate() {
                    let k = if shares { None } else { Some(k) };
                    assign_combination::<NoiseRow<X, $i>, T, _, 3>(z, u, h, f);
                    for (factor, g) in ri.b1[$i].iter().zip(&*before) {
                        if *factor != 0.0 {
                            add_own::<T, M>(g, k, root * factor, weights, z);
                        }
                    }
                    take_noise::<T, M>((model, p, t), z, k, (whole, column), &mut after[0]);
                }
            )* };
        }
        stages!(1 2);
        assign_combination::<StepRow<X>, T, _, 3>(next, u, h, f);
        for (i, g) in g.iter().enumerate() {
            weigh_step(ri, i, noise, h, weights);
            M::Shape::add_product(g, weights, next);
        }
        if shares || noise.w.len() < 2 {
            // No process moves in the stages of another: these stages are all at the start, and their weights are zero together.
            return;
        }
        let t = T::lit(interval.from);
        for (i, (mixed, z)) in mixed.iter_mut().zip(z_mixed).enumerate() {
            assign_zero(mixed);
            for (k, z) in z.iter_mut().enumerate() {
                assign(z, u);
                for (factor, g) in ri.b2[i + 1].iter().zip(&*g) {
                    if *factor != 0.0 {
                        weigh_others(*factor, k, noise, h, weights);
                        M::Shape::add_product(g, weights, z);
                    }
                }
                take_noise::<T, M>((model, p, t), z, Some(k), (whole, column), mixed);
            }
        }
        for (i, mixed) in [&g[0], &mixed[0], &mixed[1]].into_iter().enumerate() {
            weigh_step_mixed(ri, i, noise, h, weights);
            M::Shape::add_product(mixed, weights, next);
        }
    }

    fn evaluations(&self) -> usize {
        (0..3).filter(|j| X::TABLEAU.uses_drift(*j)).count()
    }
}
