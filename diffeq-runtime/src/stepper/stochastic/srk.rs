//! Stochastic Runge-Kutta methods, all of them: one kernel, generic over the tableau.

use std::marker::PhantomData;

use crate::noise::Asks;
use crate::noise::Increment;
use crate::problem::Diffusion;
use crate::problem::NoiseShape;
use crate::problem::Rhs;
use crate::real::Real;
use crate::space::Row;
use crate::space::Vector;
use crate::space::assign_combination;
use crate::stepper::erk::or_first;
use crate::stepper::erk::weighted;
use crate::stepper::stochastic::kernel::Kernel;
use crate::stepper::stochastic::kernel::Place;
use crate::tableau::stochastic::Srk;
use crate::tableau::stochastic::Weight;

/// A method that is a tableau with `S` stages of the drift and `R` of the noise.
pub trait SrkMethod<const S: usize, const R: usize>: 'static {
    /// The coefficients.
    const TABLEAU: Srk<S, R>;
}

/// Runs a macro for each number of a stage that a method may have.
macro_rules! for_each_srk_stage {
    ($stage:ident) => {
        $stage!(0 1 2 3 4)
    };
}

/// The same from the last to the first.
macro_rules! for_each_srk_stage_back {
    ($stage:ident) => {
        $stage!(4 3 2 1 0)
    };
}
pub(crate) use for_each_srk_stage_back;

/// Rows of a tableau as types, so that their zeros are not compiled.
pub(crate) struct DriftRow<X, const I: usize, const R: usize>(PhantomData<X>);
impl<X: SrkMethod<S, R>, const I: usize, const S: usize, const R: usize> Row<S> for DriftRow<X, I, R> {
    const ROW: [f64; S] = or_first(&X::TABLEAU.a, I);
}
pub(crate) struct NoiseRow<X, const I: usize, const R: usize>(PhantomData<X>);
impl<X: SrkMethod<S, R>, const I: usize, const S: usize, const R: usize> Row<S> for NoiseRow<X, I, R> {
    const ROW: [f64; S] = or_first(&X::TABLEAU.noise_a, I);
}
pub(crate) struct StepRow<X, const R: usize>(PhantomData<X>);
impl<X: SrkMethod<S, R>, const S: usize, const R: usize> Row<S> for StepRow<X, R> {
    const ROW: [f64; S] = X::TABLEAU.alpha;
}

/// The same of the weights of the noise.
pub(crate) trait Weights<const R: usize> {
    /// The weights.
    const ROW: [Weight; R];
}
pub(crate) struct DriftWeights<X, const I: usize, const S: usize>(PhantomData<X>);
impl<X: SrkMethod<S, R>, const I: usize, const S: usize, const R: usize> Weights<R>
    for DriftWeights<X, I, S>
{
    const ROW: [Weight; R] = or_first(&X::TABLEAU.b, I);
}
pub(crate) struct NoiseWeights<X, const I: usize, const S: usize>(PhantomData<X>);
impl<X: SrkMethod<S, R>, const I: usize, const S: usize, const R: usize> Weights<R>
    for NoiseWeights<X, I, S>
{
    const ROW: [Weight; R] = or_first(&X::TABLEAU.noise_b, I);
}
pub(crate) struct StepWeights<X, const S: usize>(PhantomData<X>);
impl<X: SrkMethod<S, R>, const S: usize, const R: usize> Weights<R> for StepWeights<X, S> {
    const ROW: [Weight; R] = X::TABLEAU.beta;
}
pub(crate) struct ErrorWeights<X, const S: usize>(PhantomData<X>);
impl<X: SrkMethod<S, R>, const S: usize, const R: usize> Weights<R> for ErrorWeights<X, S> {
    const ROW: [Weight; R] = X::TABLEAU.noise_error;
}

struct DriftErrorRow<X, const R: usize>(PhantomData<X>);
impl<X: SrkMethod<S, R>, const S: usize, const R: usize> Row<S> for DriftErrorRow<X, R> {
    const ROW: [f64; S] = X::TABLEAU.drift_error;
}

/// The weights of the processes, as a tableau has them for one value of the noise.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn weigh<'a>(weight: &Weight, noise: &'a Increment, h: f64, out: &'a mut [f64]) -> &'a [f64] {
    if weight.is_increment() {
        return &noise.w;
    }
    let Weight { w: of_w, h: of_h, root, square, cube } = *weight;
    let step_root = h.abs().sqrt();
    // Of the step, not of the processes: nothing is divided for each of these.
    let (of_square, of_cube) = (square * (0.5 / step_root), cube * (1.0 / (6.0 * h)));
    let areas = if of_h != 0.0 { &noise.h } else { &noise.w };
    for ((out, &w), &area) in out.iter_mut().zip(&noise.w).zip(areas) {
        let mut sum = of_w * w;
        if of_h != 0.0 {
            sum += of_h * area;
        }
        if root != 0.0 {
            sum += root * step_root;
        }
        if square != 0.0 {
            sum += of_square * (w * w - h);
        }
        if cube != 0.0 {
            sum += of_cube * (w * (w * w - 3.0 * h));
        }
        *out = sum;
    }
    out
}

/// `out += Σ_j weights_j g_j`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn add_noise<W: Weights<R>, T: Real, M: Diffusion<T>, const R: usize>(
    out: &mut M::State,
    g: &[M::Noise; R],
    noise: &Increment,
    h: f64,
    scratch: &mut [f64],
) {
    macro_rules! terms {
        ($($j:literal)*) => { $(
            if const { $j < R && !W::ROW[if $j < R { $j } else { 0 }].is_zero() } {
                let weight = const { &W::ROW[if $j < R { $j } else { 0 }] };
                M::Shape::add_product(&g[$j], weigh(weight, noise, h, scratch), out);
            }
        )* };
    }
    for_each_srk_stage!(terms);
}

/// Takes the first `len` reals of those that are left.
#[cfg_attr(not(debug_assertions), inline(always))]
fn first<'a, T>(left: &mut &'a mut [T], len: usize) -> &'a mut [T] {
    let (first, rest) = std::mem::take(left).split_at_mut_checked(len).unwrap_or_default();
    *left = rest;
    first
}

/// Keeps a state, if anything is kept.
#[cfg_attr(not(debug_assertions), inline(always))]
fn keep<T: Real, V: Vector<T>>(kept: &mut &mut [T], state: &V) {
    if !kept.is_empty() {
        first(kept, state.as_slice().len()).copy_from_slice(state.as_slice());
    }
}

/// The stages of a stochastic Runge-Kutta method.
#[derive(Debug, Clone)]
pub struct SrkKernel<X, V, G, const S: usize, const R: usize> {
    /// The slopes of the drift.
    pub(crate) f: [V; S],
    /// The values of the noise.
    pub(crate) g: [G; R],
    /// Where stages of the drift are taken, but for those at the start of the step.
    pub(crate) y: [V; S],
    /// The same of the noise.
    pub(crate) z: [V; R],
    /// What the noise says of the error.
    noise_error: V,
    /// Weights of the processes.
    scratch: Vec<f64>,
    method: PhantomData<fn() -> X>,
}

impl<T, M, X, const S: usize, const R: usize> Kernel<T, M> for SrkKernel<X, M::State, M::Noise, S, R>
where
    T: Real,
    M: Diffusion<T>,
    X: SrkMethod<S, R>,
{
    const ASKS: Asks = if X::TABLEAU.asks_for_areas() { Asks::SpaceTime } else { Asks::Values };

    fn new(model: &M, u: &M::State) -> Self {
        const { assert!(S <= 5 && R <= 5) };
        let blank = model.blank_noise(u);
        Self {
            f: std::array::from_fn(|_| u.zeros_like()),
            scratch: vec![0.0; M::Shape::processes(&blank) * T::WIDTH],
            g: std::array::from_fn(|_| blank.clone()),
            y: std::array::from_fn(|_| u.zeros_like()),
            z: std::array::from_fn(|_| u.zeros_like()),
            noise_error: u.zeros_like(),
            method: PhantomData,
        }
    }

    // What is handed over in memory, written number by number and read in pairs, makes the processor wait.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn step(&mut self, place: Place<'_, T, M>, noise: &Increment, next: &mut M::State) {
        self.step_keeping(place, noise, next, &mut []);
    }

    /// For each stage where it is taken, unless that is the start of the step, and what the model keeps there.
    fn kept_len(model: &M, u: &M::State) -> usize {
        let (drift, n) = (model.drift(), u.as_slice().len());
        let of_drift = (0..S).filter(|i| X::TABLEAU.uses_drift(*i)).map(|i| {
            let of_model = if X::TABLEAU.is_joint(i) { model.both_kept_len(u) } else { drift.kept_len(u) };
            if X::TABLEAU.drift_starts(i) { of_model } else { n + of_model }
        });
        let of_noise = (0..R).filter(|i| X::TABLEAU.uses_noise(*i) && !X::TABLEAU.is_joint(*i)).map(|i| {
            let of_model = model.noise_kept_len(u);
            if X::TABLEAU.noise_starts(i) { of_model } else { n + of_model }
        });
        of_drift.sum::<usize>() + of_noise.sum::<usize>()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn step_keeping(
        &mut self,
        place: Place<'_, T, M>,
        noise: &Increment,
        next: &mut M::State,
        mut kept: &mut [T],
    ) {
        let Self { f, g, y, z, noise_error, scratch, .. } = self;
        let Place { model, drift, p, interval, u } = place;
        let h = interval.h;
        macro_rules! stages {
            ($($i:literal)*) => { $(
                if const { $i < S && X::TABLEAU.uses_drift(if $i < S { $i } else { 0 }) } {
                    let t = T::lit(interval.at(const { or_first(&X::TABLEAU.c, $i) }));
                    let at = if const { X::TABLEAU.drift_starts($i) } {
                        u
                    } else {
                        let y = &mut y[$i];
                        assign_combination::<DriftRow<X, $i, R>, T, _, S>(y, u, h, f);
                        add_noise::<DriftWeights<X, $i, S>, T, M, R>(y, g, noise, h, scratch);
                        keep(&mut kept, y);
                        &*y
                    };
                    if const { X::TABLEAU.is_joint($i) } {
                        if const { M::KEEPS } && !kept.is_empty() {
                            let kept = first(&mut kept, model.both_kept_len(u));
                            model.drift_and_noise_keeping(&mut f[$i], &mut g[$i], at, p, t, kept);
                        } else {
                            model.drift_and_noise(&mut f[$i], &mut g[$i], at, p, t);
                        }
                    } else if const { <M::Drift as Rhs<T>>::KEEPS } && !kept.is_empty() {
                        drift.rhs_keeping(&mut f[$i], at, p, t, first(&mut kept, drift.kept_len(u)));
                    } else {
                        drift.rhs(&mut f[$i], at, p, t);
                    }
                }
                if const { $i < R && X::TABLEAU.uses_noise(if $i < R { $i } else { 0 }) && !X::TABLEAU.is_joint($i) } {
                    let t = T::lit(interval.at(const { or_first(&X::TABLEAU.noise_c, $i) }));
                    let at = if const { X::TABLEAU.noise_starts($i) } {
                        u
                    } else {
                        let z = &mut z[$i];
                        assign_combination::<NoiseRow<X, $i, R>, T, _, S>(z, u, h, f);
                        add_noise::<NoiseWeights<X, $i, S>, T, M, R>(z, g, noise, h, scratch);
                        keep(&mut kept, z);
                        &*z
                    };
                    if const { M::KEEPS } && !kept.is_empty() {
                        model.noise_keeping(&mut g[$i], at, p, t, first(&mut kept, model.noise_kept_len(u)));
                    } else {
                        model.noise(&mut g[$i], at, p, t);
                    }
                }
            )* };
        }
        for_each_srk_stage!(stages);
        assign_combination::<StepRow<X, R>, T, _, S>(next, u, h, f);
        add_noise::<StepWeights<X, S>, T, M, R>(next, g, noise, h, scratch);
        if const { X::TABLEAU.has_error_estimate() } {
            noise_error.set_zero();
            add_noise::<ErrorWeights<X, S>, T, M, R>(noise_error, g, noise, h, scratch);
        }
    }

    fn error(&self, h: f64, i: usize) -> Option<[T; 2]> {
        if const { !X::TABLEAU.has_error_estimate() } {
            return None;
        }
        let noise = self.noise_error.as_slice().get(i).copied()?;
        Some([weighted::<DriftErrorRow<X, R>, T, _, S>(h, &self.f, i), noise])
    }

    fn evaluations(&self) -> usize {
        (0..S).filter(|j| X::TABLEAU.uses_drift(*j)).count()
    }
}
