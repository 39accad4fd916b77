//! The discrete adjoint of a stochastic Runge-Kutta step: its stages, the last one first.
//!
//! With the cotangent `λ` of the end: `f̄_j = h α_j λ`, `ḡ_j = λ β_jᵀ`; then for each stage its argument's cotangent
//! `ȳ = (∂f/∂u)ᵀ f̄ + (∂g/∂u)ᵀ ḡ`, which goes to the start and to what the argument was made of.

use crate::noise::Asks;
use crate::noise::Increment;
use crate::problem::DiffusionVjp;
use crate::problem::NoiseShape;
use crate::problem::Rhs;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::stochastic::kernel::PullKernel;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::add_scaled;
use crate::space::assign_scaled;
use crate::space::assign_zero;
use crate::stepper::Kernel;
use crate::stepper::Place;
use crate::stepper::SrkKernel;
use crate::stepper::SrkMethod;
use crate::stepper::for_each_srk_stage_back;
use crate::stepper::weigh;
use crate::tableau::stochastic::Weight;

/// Memory for the reverse derivative of a stochastic Runge-Kutta step.
#[derive(Debug, Clone)]
pub struct SrkPull<X, V, G, T, const S: usize, const R: usize> {
    stages: SrkKernel<X, V, G, S, R>,
    end: V,
    f_bar: [V; S],
    g_bar: [G; R],
    argument_bar: V,
    scratch: Vec<f64>,
    /// What a step keeps that is done again.
    again: Vec<T>,
}

/// Sends the cotangent of an argument, or of the end, to what it was made of.
#[cfg_attr(not(debug_assertions), inline(always))]
#[allow(clippy::too_many_arguments)]
fn spread<T: Real, M: DiffusionVjp<T>, const S: usize, const R: usize>(
    bar: &M::State,
    (drift, noise_weights): (&[f64; S], &[Weight; R]),
    (noise, h): (&Increment, f64),
    (f_bar, g_bar): (&mut [M::State; S], &mut [M::Noise; R]),
    scratch: &mut [f64],
) {
    for (weight, f_bar) in drift.iter().zip(f_bar) {
        if *weight != 0.0 {
            add_scaled(f_bar, h * weight, bar);
        }
    }
    for (weight, g_bar) in noise_weights.iter().zip(g_bar) {
        if !weight.is_zero() {
            M::Shape::add_outer(g_bar, weigh(weight, noise, h, scratch), bar);
        }
    }
}

/// Row `i` of a table; the first beyond its end.
const fn row<A: Copy, const N: usize>(table: &[A; N], i: usize) -> A {
    if i < N { table[i] } else { table[0] }
}

/// Takes the last `len` reals of those that are left.
#[cfg_attr(not(debug_assertions), inline(always))]
fn last<'a, T>(left: &mut &'a [T], len: usize) -> &'a [T] {
    let (rest, last) = left.split_at_checked(left.len().wrapping_sub(len)).unwrap_or_default();
    *left = rest;
    last
}

/// Where a stage was taken that did not begin at the start of the step.
#[cfg_attr(not(debug_assertions), inline(always))]
fn recalled<'a, T: Real, V: Vector<T>>(kept: &mut &[T], state: &'a mut V) -> &'a V {
    let reals = state.as_mut_slice();
    reals.copy_from_slice(last(kept, reals.len()));
    state
}

impl<T, M, X, const S: usize, const R: usize> PullKernel<T, M> for SrkPull<X, M::State, M::Noise, T, S, R>
where
    T: Real,
    M: DiffusionVjp<T>,
    M::Drift: Vjp<T>,
    X: SrkMethod<S, R>,
{
    const ASKS: Asks = <SrkKernel<X, M::State, M::Noise, S, R> as Kernel<T, M>>::ASKS;

    fn new(model: &M, u: &M::State) -> Self {
        let blank = model.blank_noise(u);
        Self {
            stages: SrkKernel::new(model, u),
            end: u.zeros_like(),
            f_bar: std::array::from_fn(|_| u.zeros_like()),
            scratch: vec![0.0; M::Shape::processes(&blank)],
            g_bar: std::array::from_fn(|_| blank.clone()),
            argument_bar: u.zeros_like(),
            again: vec![
                T::ZERO;
                <SrkKernel<X, M::State, M::Noise, S, R> as Kernel<T, M>>::kept_len(model, u)
            ],
        }
    }

    fn begin(&mut self, place: Place<'_, T, M>, noise: &Increment, kept: &[T]) {
        let Self { stages, end, again, .. } = self;
        if kept.len() != again.len() {
            stages.step_keeping(place, noise, end, again);
        }
    }

    #[inline]
    fn pull(
        &mut self,
        place: Place<'_, T, M>,
        noise: &Increment,
        kept: &[T],
        u_bar: &mut M::State,
        p_bar: &mut M::Params,
        work: &mut Workspace<T>,
    ) {
        let Self { stages, f_bar, g_bar, argument_bar, scratch, again, .. } = self;
        // The last stage first, as it is gone back through.
        let mut kept = if kept.len() == again.len() { kept } else { &**again };
        let Place { model, drift, p, interval, u } = place;
        let (h, mut t_bar) = (interval.h, T::ZERO);
        for (weight, bar) in X::TABLEAU.alpha.iter().zip(&mut *f_bar) {
            assign_scaled(bar, h * weight, u_bar);
        }
        g_bar.iter_mut().for_each(assign_zero);
        let end = const { (&[0.0; S], &X::TABLEAU.beta) };
        spread::<T, M, S, R>(u_bar, end, (noise, h), (f_bar, g_bar), scratch);
        macro_rules! stages {
            ($($i:literal)*) => { $(
                if const { $i < R && X::TABLEAU.uses_noise(if $i < R { $i } else { 0 }) && !X::TABLEAU.is_joint($i) } {
                    let t = T::lit(interval.at(const { row(&X::TABLEAU.noise_c, $i) }));
                    let of_model = last(&mut kept, if const { M::KEEPS } { model.noise_kept_len(u) } else { 0 });
                    let at = if const { X::TABLEAU.noise_starts($i) } {
                        u
                    } else {
                        recalled(&mut kept, &mut stages.z[$i])
                    };
                    assign_zero(argument_bar);
                    let (bar, to) = (&mut g_bar[$i], &mut *argument_bar);
                    if const { M::KEEPS } {
                        model.noise_vjp_of_kept(of_model, bar, at, p, t, to, p_bar, &mut t_bar, work);
                    } else {
                        model.noise_vjp(bar, at, p, t, to, p_bar, &mut t_bar, work);
                    }
                    add_scaled(u_bar, 1.0, argument_bar);
                    let weights = const { (&row(&X::TABLEAU.noise_a, $i), &row(&X::TABLEAU.noise_b, $i)) };
                    spread::<T, M, S, R>(argument_bar, weights, (noise, h), (f_bar, g_bar), scratch);
                }
                if const { $i < S && X::TABLEAU.uses_drift(if $i < S { $i } else { 0 }) } {
                    let t = T::lit(interval.at(const { row(&X::TABLEAU.c, $i) }));
                    let of_model = if const { X::TABLEAU.is_joint($i) } {
                        last(&mut kept, if const { M::KEEPS } { model.both_kept_len(u) } else { 0 })
                    } else {
                        last(&mut kept, if const { <M::Drift as Rhs<T>>::KEEPS } { drift.kept_len(u) } else { 0 })
                    };
                    let at = if const { X::TABLEAU.drift_starts($i) } {
                        u
                    } else {
                        recalled(&mut kept, &mut stages.y[$i])
                    };
                    assign_zero(argument_bar);
                    let (bar, to) = (&mut f_bar[$i], &mut *argument_bar);
                    match const { (X::TABLEAU.is_joint($i), M::KEEPS, <M::Drift as Rhs<T>>::KEEPS) } {
                        (true, true, _) => {
                            let bars = (bar, &mut g_bar[$i]);
                            model.drift_and_noise_vjp_of_kept(
                                of_model, bars.0, bars.1, at, p, t, to, p_bar, &mut t_bar, work,
                            );
                        }
                        (true, false, _) => {
                            model.drift_and_noise_vjp(bar, &mut g_bar[$i], at, p, t, to, p_bar, &mut t_bar, work);
                        }
                        (false, _, true) => drift.vjp_of_kept(of_model, bar, at, p, t, to, p_bar, &mut t_bar, work),
                        (false, _, false) => drift.vjp(bar, at, p, t, to, p_bar, &mut t_bar, work),
                    }
                    add_scaled(u_bar, 1.0, argument_bar);
                    let weights = const { (&row(&X::TABLEAU.a, $i), &row(&X::TABLEAU.b, $i)) };
                    spread::<T, M, S, R>(argument_bar, weights, (noise, h), (f_bar, g_bar), scratch);
                }
            )* };
        }
        for_each_srk_stage_back!(stages);
    }
}
