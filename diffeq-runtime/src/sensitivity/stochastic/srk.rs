//! The discrete adjoint of a stochastic Runge-Kutta step: its stages, the last one first.
//!
//! With the cotangent `λ` of the end: `f̄_j = h α_j λ`, `ḡ_j = λ β_jᵀ`; then for each stage its argument's cotangent
//! `ȳ = (∂f/∂u)ᵀ f̄ + (∂g/∂u)ᵀ ḡ`, which goes to the start and to what the argument was made of.

use crate::noise::Asks;
use crate::noise::Increment;
use crate::problem::DiffusionVjp;
use crate::problem::NoiseShape;
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
use crate::tableau::stochastic::Srk;
use crate::tableau::stochastic::Weight;

/// Memory for the reverse derivative of a stochastic Runge-Kutta step.
#[derive(Debug, Clone)]
pub struct SrkPull<X, V, G, const S: usize, const R: usize> {
    stages: SrkKernel<X, V, G, S, R>,
    end: V,
    f_bar: [V; S],
    g_bar: [G; R],
    argument_bar: V,
    scratch: Vec<f64>,
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

/// Whether all stages are taken at the start of the step: then there is nothing to know of them.
const fn starts<const S: usize, const R: usize>(tableau: &Srk<S, R>) -> bool {
    let mut i = 0;
    while i < S || i < R {
        let drift = i < S && tableau.uses_drift(i) && !tableau.drift_starts(i);
        if drift || i < R && tableau.uses_noise(i) && !tableau.noise_starts(i) {
            return false;
        }
        i += 1;
    }
    true
}

impl<T, M, X, const S: usize, const R: usize> PullKernel<T, M> for SrkPull<X, M::State, M::Noise, S, R>
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
        }
    }

    fn begin(&mut self, place: Place<'_, T, M>, noise: &Increment) {
        if const { !starts(&X::TABLEAU) } {
            self.stages.step(place, noise, &mut self.end);
        }
    }

    #[inline]
    fn pull(
        &mut self,
        place: Place<'_, T, M>,
        noise: &Increment,
        u_bar: &mut M::State,
        p_bar: &mut M::Params,
        work: &mut Workspace<T>,
    ) {
        let Self { stages, f_bar, g_bar, argument_bar, scratch, .. } = self;
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
                    let at = if const { X::TABLEAU.noise_starts($i) } { u } else { &stages.z[$i] };
                    assign_zero(argument_bar);
                    model.noise_vjp(&mut g_bar[$i], at, p, t, argument_bar, p_bar, &mut t_bar, work);
                    add_scaled(u_bar, 1.0, argument_bar);
                    let weights = const { (&row(&X::TABLEAU.noise_a, $i), &row(&X::TABLEAU.noise_b, $i)) };
                    spread::<T, M, S, R>(argument_bar, weights, (noise, h), (f_bar, g_bar), scratch);
                }
                if const { $i < S && X::TABLEAU.uses_drift(if $i < S { $i } else { 0 }) } {
                    let t = T::lit(interval.at(const { row(&X::TABLEAU.c, $i) }));
                    let at = if const { X::TABLEAU.drift_starts($i) } { u } else { &stages.y[$i] };
                    assign_zero(argument_bar);
                    let k_bar = &mut f_bar[$i];
                    if const { X::TABLEAU.is_joint($i) } {
                        let bars = (k_bar, &mut g_bar[$i]);
                        model.drift_and_noise_vjp(bars.0, bars.1, at, p, t, argument_bar, p_bar, &mut t_bar, work);
                    } else {
                        drift.vjp(k_bar, at, p, t, argument_bar, p_bar, &mut t_bar, work);
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
