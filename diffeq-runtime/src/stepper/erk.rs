//! Explicit Runge-Kutta methods, all of them: one stepper, generic over the tableau.

use std::marker::PhantomData;

use crate::problem::Rhs;
use crate::real::Real;
use crate::space::Row;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::assign_combination;
use crate::space::assign_from;
use crate::space::assign_scaled;
use crate::space::assign_weighted;
use crate::space::error_mean_square;
use crate::stepper::At;
use crate::stepper::Costs;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Quality;
use crate::stepper::Stepper;
use crate::stepper::Trace;
use crate::tableau::Tableau;

/// A method that is a tableau with `S` stages and an interpolant of degree `D`.
///
/// The tableau is a constant of the type, so that its zeros cost nothing and its loops unroll.
pub trait Erk<const S: usize, const D: usize>: 'static {
    /// The coefficients.
    const TABLEAU: Tableau<S, D>;
}

/// Element `i` of a table; the first one beyond the end. The compiler evaluates the constants of stages that a method
/// does not have as well, though it never runs them.
pub(crate) const fn or_first<T: Copy, const S: usize>(table: &[T; S], i: usize) -> T {
    if i < S { table[i] } else { table[0] }
}

/// Row `I` of the weights `a`.
pub(crate) struct Stage<M, const I: usize, const D: usize>(PhantomData<M>);
impl<M: Erk<S, D>, const I: usize, const S: usize, const D: usize> Row<S> for Stage<M, I, D> {
    const ROW: [f64; S] = or_first(&M::TABLEAU.a, I);
}

/// The weights `b` of the solution.
pub(crate) struct Weights<M, const D: usize>(PhantomData<M>);
impl<M: Erk<S, D>, const S: usize, const D: usize> Row<S> for Weights<M, D> {
    const ROW: [f64; S] = M::TABLEAU.b;
}

/// The stages that the interpolant reads: not zero.
struct Interpolant<M, const D: usize>(PhantomData<M>);
impl<M: Erk<S, D>, const S: usize, const D: usize> Row<S> for Interpolant<M, D> {
    const ROW: [f64; S] = {
        let (mut row, mut j) = ([0.0; S], 0);
        while j < S {
            let mut d = 0;
            while d < D {
                if M::TABLEAU.interpolant[j][d] != 0.0 {
                    row[j] = 1.0;
                }
                d += 1;
            }
            j += 1;
        }
        row
    };
}

/// The weights `e` of the error.
pub(crate) struct ErrorWeights<M, const D: usize>(PhantomData<M>);
impl<M: Erk<S, D>, const S: usize, const D: usize> Row<S> for ErrorWeights<M, D> {
    const ROW: [f64; S] = M::TABLEAU.e;
}

/// The weights `e2` of the second error estimate.
pub(crate) struct SecondErrorWeights<M, const D: usize>(PhantomData<M>);
impl<M: Erk<S, D>, const S: usize, const D: usize> Row<S> for SecondErrorWeights<M, D> {
    const ROW: [f64; S] = match M::TABLEAU.e2 {
        Some(e2) => e2,
        None => [0.0; S],
    };
}

/// Component `i` of `h Σ_j R_j k_j`; NaN where there is no such component.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn weighted<R: Row<S>, T: Real, V: Vector<T>, const S: usize>(h: f64, k: &[V; S], i: usize) -> T {
    let mut sum = T::ZERO;
    for (coefficient, k) in R::ROW.iter().zip(k) {
        if *coefficient != 0.0 {
            let Some(k) = k.as_slice().get(i) else { return T::lit(f64::NAN) };
            sum += k.scale(*coefficient);
        }
    }
    sum.scale(h)
}

/// The error of component `i` by these slopes, and the second estimate of a method that has two, or zero.
#[inline]
pub(crate) fn component_errors<M: Erk<S, D>, T: Real, V: Vector<T>, const S: usize, const D: usize>(
    interval: Interval,
    k: &[V; S],
    i: usize,
) -> Option<[T; 2]> {
    if const { !M::TABLEAU.has_error_estimate() } {
        return None;
    }
    let first = weighted::<ErrorWeights<M, D>, T, V, S>(interval.h, k, i);
    let second = if const { M::TABLEAU.e2.is_none() } {
        T::ZERO
    } else {
        weighted::<SecondErrorWeights<M, D>, T, V, S>(interval.h, k, i)
    };
    Some([first, second])
}

/// The stages of an explicit Runge-Kutta method.
#[derive(Debug, Clone)]
pub struct ErkStepper<M, V, T, const S: usize, const D: usize> {
    /// The slopes `k_i`.
    k: [V; S],
    /// Where a stage is evaluated.
    argument: V,
    /// `k[0]` is the slope at the start of the step to come.
    first_is_ready: bool,
    /// The extra stages of the step last taken are there.
    dense_is_ready: bool,
    evaluations: usize,
    /// So many stages of the step to come are known.
    known: usize,
    /// What stages kept for their derivatives, one after the other.
    kept: Vec<T>,
    /// How many reals each is asked to keep; none for the most part.
    keeps: usize,
    method: PhantomData<fn() -> M>,
}

impl<M: Erk<S, D>, V, T: Real, const S: usize, const D: usize> ErkStepper<M, V, T, S, D> {
    /// How many stages each step needs.
    const STAGES: usize = M::TABLEAU.stages();
    /// The power of `h` with which the error falls.
    const EXPONENT: f64 =
        if M::TABLEAU.has_error_estimate() { M::TABLEAU.control_exponent() as f64 } else { 1.0 };

    /// A stepper for states of the shape of `u`.
    pub fn new(u: &V) -> Self
    where
        V: Vector<T>,
    {
        let mut k: [V; S] = std::array::from_fn(|_| u.zeros_like());
        // what a model never writes shows when the solver looks at the first slope
        assign_scaled(&mut k[0], f64::NAN, u);
        Self {
            k,
            argument: u.zeros_like(),
            first_is_ready: false,
            dense_is_ready: false,
            evaluations: 0,
            known: 0,
            kept: Vec::new(),
            keeps: 0,
            method: PhantomData,
        }
    }

    /// `k = f(argument, p, t)`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn evaluate<F: Rhs<T, State = V>>(
        (k, kept): (&mut V, &mut [T]),
        (f, p): (&F, &F::Params),
        argument: &V,
        t: f64,
    ) where
        V: Vector<T>,
    {
        if F::KEEPS && !kept.is_empty() {
            f.rhs_keeping(k, argument, p, T::lit(t), kept);
        } else {
            f.rhs(k, argument, p, T::lit(t));
        }
    }

    /// `k_I = f(t + c_I h, argument)` with `argument = u + h Σ_j a_Ij k_j`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn stage<const I: usize, F: Rhs<T, State = V>>(
        (k, kept): (&mut [V; S], &mut [T]),
        argument: &mut V,
        (f, p): (&F, &F::Params),
        interval: Interval,
        u: &V,
    ) where
        V: Vector<T>,
    {
        assign_combination::<Stage<M, I, D>, T, V, S>(argument, u, interval.h, k);
        let t = interval.at(const { or_first(&M::TABLEAU.c, I) });
        Self::evaluate::<F>((&mut k[I], kept), (f, p), argument, t);
    }
}

/// Runs a statement for each stage that a method may have, the stage's number being a constant.
macro_rules! for_each_stage {
    ($callback:ident) => {
        $callback!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27)
    };
}

impl<M, T, F, V, const S: usize, const D: usize> Stepper<T, F> for ErkStepper<M, V, T, S, D>
where
    M: Erk<S, D>,
    T: Real,
    V: Vector<T>,
    F: Rhs<T, State = V>,
{
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn begin(&mut self, _: &F, _: &F::Params, _: f64, _: &mut V, _: &Tolerances) -> Result<(), Failure> {
        self.first_is_ready = false;
        self.dense_is_ready = false;
        self.known = 0;
        Ok(())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn slope(&mut self, f: &F, p: &F::Params, t: f64, u: &V) -> Option<&V> {
        if !self.first_is_ready {
            let kept = if F::KEEPS { &mut self.kept[..self.keeps] } else { &mut [] };
            Self::evaluate::<F>((&mut self.k[0], kept), (f, p), u, t);
            self.evaluations += 1;
            self.first_is_ready = true;
        }
        Some(&self.k[0])
    }

    fn slope_at(&mut self, f: &F, p: &F::Params, t: T, u: &V, out: &mut V) -> bool {
        f.rhs(out, u, p, t);
        self.evaluations += 1;
        true
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn step(&mut self, at: At<'_, T, F>, _: &Tolerances, next: &mut V) -> Result<(), Failure> {
        let At { f, p, interval, u } = at;
        Stepper::<T, F>::slope(self, f, p, interval.from, u);
        let Self { k, argument, kept, keeps, .. } = self;
        // A small state is put together in a place of the step's own, which registers are: the stepper's is memory.
        let is_small = const { size_of::<V>() <= 256 && !std::mem::needs_drop::<V>() };
        let mut own = if is_small { Some(argument.clone()) } else { None };
        let argument = own.as_mut().unwrap_or(argument);
        // Steps of ordinary equations are never taken again: nothing is asked there.
        let known = if F::BREAKS { std::mem::take(&mut self.known) } else { 0 };
        macro_rules! stages {
            ($($i:literal)*) => { $(
                if const { $i < Self::STAGES } && (!F::BREAKS || $i >= known) {
                    // The argument of the stage at the step's end is the solution itself.
                    let is_end = const { matches!(M::TABLEAU.end_stage(), Some($i)) };
                    let argument = if is_end { &mut *next } else { &mut *argument };
                    let kept = if F::KEEPS { &mut kept[$i * *keeps..($i + 1) * *keeps] } else { &mut [] };
                    Self::stage::<$i, F>((k, kept), argument, (f, p), interval, u);
                }
            )* };
        }
        for_each_stage!(stages);
        if const { !M::TABLEAU.fsal() } {
            assign_combination::<Weights<M, D>, T, V, S>(next, u, interval.h, k);
        }
        self.evaluations += const { Self::STAGES - 1 } - known.saturating_sub(1);
        self.dense_is_ready = false;
        Ok(())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn quality(&self, at: At<'_, T, F>, next: &V, tolerances: &Tolerances) -> Option<Quality> {
        if const { !M::TABLEAU.has_error_estimate() } {
            return None;
        }
        let (h, u) = (at.interval.h, at.u);
        let first = error_mean_square::<ErrorWeights<M, D>, T, V, S>(h, &self.k, u, next, tolerances);
        if const { M::TABLEAU.e2.is_none() } {
            return Some(Quality::new(first.sqrt(), Self::EXPONENT));
        }
        // Hairer, Nørsett, Wanner I, eq. II.10.17.
        let second = error_mean_square::<SecondErrorWeights<M, D>, T, V, S>(h, &self.k, u, next, tolerances);
        let error = if first == 0.0 { 0.0 } else { first / (first + 0.01 * second).sqrt() };
        Some(Quality::new(error, Self::EXPONENT))
    }

    fn component_error(&self, interval: Interval, i: usize) -> Option<[T; 2]> {
        component_errors::<M, T, V, S, D>(interval, &self.k, i)
    }

    fn degree(&self) -> usize {
        D
    }

    fn prepare_dense(&mut self, at: At<'_, T, F>, _: &V) {
        if self.dense_is_ready {
            return;
        }
        let At { f, p, interval, u } = at;
        let Self { k, argument, .. } = self;
        macro_rules! stages {
            ($($i:literal)*) => { $(
                if const { $i >= Self::STAGES && $i < S } {
                    Self::stage::<$i, F>((k, &mut []), argument, (f, p), interval, u);
                }
            )* };
        }
        for_each_stage!(stages);
        self.evaluations += const { S - Self::STAGES };
        self.dense_is_ready = true;
    }

    fn interpolate(&self, at: At<'_, T, F>, _: &V, theta: f64, out: &mut V) {
        let weights = const { &M::TABLEAU }.weights(theta).map(|weight| at.interval.h * weight);
        assign_weighted::<Interpolant<M, D>, T, V, S>(out, at.u, &weights, &self.k);
    }

    fn dense_coefficients(&self, at: At<'_, T, F>, _: &V, out: &mut Vec<T>) {
        let n = at.u.as_slice().len();
        let start = out.len();
        out.resize(start + D * n, T::ZERO);
        let out = &mut out[start..];
        for i in 0..n {
            let mut sums = [T::ZERO; D];
            for (row, k) in const { &M::TABLEAU.interpolant }.iter().zip(&self.k) {
                let k = k.as_slice().get(i).map_or(T::lit(f64::NAN), |k| k.scale(at.interval.h));
                for (sum, coefficient) in sums.iter_mut().zip(row) {
                    *sum += k.scale(*coefficient);
                }
            }
            for (d, sum) in sums.into_iter().enumerate() {
                out[d * n + i] = sum;
            }
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn trace(&self) -> Trace<'_, V, T> {
        Trace { stages: &self.k[..const { Self::STAGES }], kept: &self.kept, ..Trace::NONE }
    }

    fn keep(&mut self, f: &F, u: &V) {
        if F::KEEPS {
            self.keeps = f.kept_len(u);
            self.kept.resize(self.keeps * Self::STAGES, T::ZERO);
            self.first_is_ready = false;
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn accept(&mut self) {
        self.first_is_ready = match const { M::TABLEAU.end_stage() } {
            Some(end) if end < Self::STAGES || self.dense_is_ready => {
                let (first, rest) = self.k.split_at_mut(1);
                assign_from(&mut first[0], &mut rest[end - 1]);
                // A stage of the interpolant alone keeps nothing.
                if F::KEEPS && end < Self::STAGES {
                    self.kept.copy_within(end * self.keeps..(end + 1) * self.keeps, 0);
                }
                !F::KEEPS || end < Self::STAGES || self.keeps == 0
            }
            _ => false,
        };
        self.dense_is_ready = false;
    }

    fn keep_stages(&mut self, stages: usize) {
        // The last one is at the end, and writes that.
        self.known = stages.min(const { Self::STAGES - 1 });
    }

    fn costs(&self) -> Costs {
        Costs { rhs: self.evaluations, ..Costs::default() }
    }
}
