//! The tangent of an explicit Runge-Kutta step: the method applied to the equation and its linearisation at once.
//!
//! With `t` and `h` moving as well, the stages move by
//!
//! ```text
//! ẏ_i = u̇ + h Σ_j a_ij k̇_j + ḣ Σ_j a_ij k_j,    k̇_i = ∂f/∂u ẏ_i + ∂f/∂p ṗ + ∂f/∂t (ṫ + c_i ḣ)
//! ```

use std::marker::PhantomData;

use crate::problem::Jvp;
use crate::real::Real;
use crate::sensitivity::step::StepTangent;
use crate::space::Vector;
use crate::space::assign;
use crate::space::assign_combination;
use crate::stepper::At;
use crate::stepper::Erk;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Stage;
use crate::stepper::Weights;
use crate::stepper::component_errors;
use crate::stepper::halves;
use crate::stepper::or_first;

/// Memory for the forward derivative of a step.
#[derive(Debug, Clone)]
pub struct ErkTangent<M, V, T, const S: usize, const D: usize> {
    /// The slopes `k_i`.
    k: [V; S],
    /// Their tangents.
    k_dot: [V; S],
    /// The argument of a stage.
    y: V,
    /// Its tangent.
    y_dot: V,
    /// The tangent at the start of the step.
    u_dot: V,
    t_dot: T,
    h_dot: T,
    /// Where the step taken last ended, if its last stage is the first of a step from there.
    end: Option<f64>,
    /// The stages that only the interpolant needs are there.
    dense_is_ready: bool,
    method: PhantomData<fn() -> M>,
}

impl<M: Erk<S, D>, V: Vector<T>, T: Real, const S: usize, const D: usize> ErkTangent<M, V, T, S, D> {
    /// How many stages the solution and its error need.
    const STAGES: usize = {
        let mut stages = S;
        while stages > 1 && M::TABLEAU.b[stages - 1] == 0.0 && !Self::errs(stages - 1) {
            stages -= 1;
        }
        stages
    };
    /// The last of them, if it is where the next step starts.
    const END: Option<usize> = match M::TABLEAU.end_stage() {
        Some(end) if end < Self::STAGES => Some(end),
        _ => None,
    };

    /// Whether the error depends on a stage.
    const fn errs(stage: usize) -> bool {
        let second = match M::TABLEAU.e2 {
            Some(e2) => e2[stage] != 0.0,
            None => false,
        };
        M::TABLEAU.e[stage] != 0.0 || second
    }

    /// Memory for states of the shape of `u`.
    pub fn new(u: &V) -> Self {
        let zeros = || std::array::from_fn(|_| u.zeros_like());
        Self {
            k: zeros(),
            k_dot: zeros(),
            y: u.zeros_like(),
            y_dot: u.zeros_like(),
            u_dot: u.zeros_like(),
            t_dot: T::ZERO,
            h_dot: T::ZERO,
            end: None,
            dense_is_ready: false,
            method: PhantomData,
        }
    }

    /// Stage `I` with its tangent.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn stage<const I: usize, F: Jvp<T, State = V>>(&mut self, at: At<'_, T, F>, p_dot: &F::Params) {
        let Self { k, k_dot, y, y_dot, u_dot, t_dot, h_dot, .. } = self;
        let At { f, p, interval, u } = at;
        let c = const { or_first(&M::TABLEAU.c, I) };
        assign_combination::<Stage<M, I, D>, T, V, S>(y, u, interval.h, k);
        assign_combination::<Stage<M, I, D>, T, V, S>(y_dot, u_dot, interval.h, k_dot);
        if !h_dot.is_zero() {
            add_weighted(y_dot, *h_dot, const { &or_first(&M::TABLEAU.a, I) }, k);
        }
        let t = T::lit(interval.at(c));
        f.jvp(&mut k[I], &mut k_dot[I], y, y_dot, p, p_dot, t, *t_dot + h_dot.scale(c));
    }
}

/// `out += factor Σ_j weights_j k_j`.
fn add_weighted<T: Real, V: Vector<T>, const S: usize>(
    out: &mut V,
    factor: T,
    weights: &[f64; S],
    k: &[V; S],
) {
    for (weight, k) in weights.iter().zip(k).filter(|(weight, _)| **weight != 0.0) {
        for (out, k) in out.as_mut_slice().iter_mut().zip(k.as_slice()) {
            *out += factor * k.scale(*weight);
        }
    }
}

/// Runs a statement for each stage that a method may have, the stage's number being a constant.
macro_rules! for_each_stage {
    ($stage:ident) => {
        $stage!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27)
    };
}

impl<M, T, F, V, const S: usize, const D: usize> StepTangent<T, F> for ErkTangent<M, V, T, S, D>
where
    M: Erk<S, D>,
    T: Real,
    V: Vector<T>,
    F: Jvp<T, State = V>,
{
    #[inline]
    fn step(
        &mut self,
        at: At<'_, T, F>,
        p_dot: &F::Params,
        t_dot: T,
        h_dot: T,
        u_dot: &mut V,
    ) -> Result<(), Failure> {
        // The last stage of the step before, if nothing happened between.
        let goes_on =
            self.end == Some(at.interval.t) && !at.interval.begins_anew() && t_dot == self.t_dot + self.h_dot;
        if goes_on && let Some(end) = Self::END {
            self.k.swap(0, end);
            self.k_dot.swap(0, end);
        }
        assign(&mut self.u_dot, u_dot);
        (self.t_dot, self.h_dot, self.dense_is_ready) = (t_dot, h_dot, false);
        macro_rules! stages {
            ($($i:literal)*) => { $(
                if const { $i < Self::STAGES } && !(const { $i == 0 } && goes_on) {
                    self.stage::<$i, F>(at, p_dot);
                }
            )* };
        }
        for_each_stage!(stages);
        assign_combination::<Weights<M, D>, T, V, S>(u_dot, &self.u_dot, at.interval.h, &self.k_dot);
        if !h_dot.is_zero() {
            add_weighted(u_dot, h_dot, const { &M::TABLEAU.b }, &self.k);
        }
        self.end = Self::END.map(|_| at.interval.end);
        Ok(())
    }

    fn restart(&mut self) {
        self.end = None;
    }

    fn component_error(&self, interval: Interval, i: usize) -> Option<[T; 2]> {
        component_errors::<M, T, V, S, D>(interval, &self.k_dot, i)
    }

    #[cold]
    fn by_halves(&self, at: At<'_, T, F>, p_dot: &F::Params, u_dot: &mut V) -> bool {
        let mut probe = Self::new(at.u);
        let [first, second] = halves(at.interval);
        assign(u_dot, &self.u_dot);
        let mut middle = at.u.clone();
        let first = At { interval: first, ..at };
        let done = probe.step(first, p_dot, self.t_dot, T::ZERO, u_dot);
        assign_combination::<Weights<M, D>, T, V, S>(&mut middle, at.u, first.interval.h, &probe.k);
        let second = At { interval: second, u: &middle, ..at };
        done.is_ok() && probe.step(second, p_dot, self.t_dot, T::ZERO, u_dot).is_ok()
    }

    fn row(&mut self, at: At<'_, T, F>, p_dot: &F::Params, theta: f64, row_dot: T, out: &mut V) {
        macro_rules! stages {
            ($($i:literal)*) => { $(
                if const { $i >= Self::STAGES && $i < S } {
                    self.stage::<$i, F>(at, p_dot);
                }
            )* };
        }
        if !self.dense_is_ready {
            for_each_stage!(stages);
            self.dense_is_ready = true;
        }
        let weights = const { &M::TABLEAU }.weights(theta);
        assign(out, &self.u_dot);
        add_weighted(out, T::lit(at.interval.h), &weights, &self.k_dot);
        if !self.h_dot.is_zero() {
            add_weighted(out, self.h_dot, &weights, &self.k);
        }
        // How the row moves against the point of the step that lies at `theta`.
        let drift = row_dot - self.t_dot - self.h_dot.scale(theta);
        if !drift.is_zero() {
            add_weighted(out, drift, &const { &M::TABLEAU }.slope_weights(theta), &self.k);
        }
    }
}
