//! The discrete adjoint of an explicit Runge-Kutta step.
//!
//! With the stages `y_i = u + h Σ_j a_ij k_j`, `k_i = f(y_i, p, t + c_i h)`, the solution `u + h Σ_i b_i k_i` and its
//! cotangent `λ`, the reverse derivative is, for the last stage first,
//!
//! ```text
//! k̄_i = h (b_i λ + Σ_j a_ji ȳ_j),    ȳ_i = (∂f/∂u)ᵀ k̄_i,    p̄ += (∂f/∂p)ᵀ k̄_i,    ū = λ + Σ_i ȳ_i
//! ```
//!
//! (Hager, *Runge-Kutta methods in optimal control and the transformed adjoint system*, Numer. Math. 87 (2000), eq. 10;
//! Sandu, *On the properties of Runge-Kutta discrete adjoints*, LNCS 3994 (2006), eq. 3). A row of the interpolant at
//! `theta` with cotangent `w` adds `h b_i(theta) w` to `k̄_i` and `w` to `ū`. As `k_j` enters the step only in the
//! product `h k_j`, the cotangent of the length is `h̄ = Σ_j k_j · k̄_j / h`, and what the stage times give.

use std::marker::PhantomData;

use crate::integrate::combined;
use crate::problem::Rhs;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::step::Bars;
use crate::sensitivity::step::StepAdjoint;
use crate::sensitivity::step::StepMotion;
use crate::space::Row;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::add_scaled;
use crate::space::assign;
use crate::space::assign_combination;
use crate::space::assign_scaled;
use crate::space::assign_zero;
use crate::space::dot;
use crate::stepper::At;
use crate::stepper::Erk;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Stage;
use crate::stepper::Trace;
use crate::stepper::halves;
use crate::stepper::or_first;

/// Column `I` of the weights `a`, over the stages that a step needs with or without rows inside.
struct Column<M, const I: usize, const D: usize, const DENSE: bool>(PhantomData<M>);
impl<M: Erk<S, D>, const I: usize, const S: usize, const D: usize, const DENSE: bool> Row<S>
    for Column<M, I, D, DENSE>
{
    const ROW: [f64; S] = {
        let mut column = [0.0; S];
        let mut j = 0;
        while j < ErkAdjoint::<M, (), S, D>::stages(DENSE) {
            column[j] = or_first(&M::TABLEAU.a[j], I);
            j += 1;
        }
        column
    };
}

/// One for each stage that a step needs with or without rows inside.
struct Ones<M, const D: usize, const DENSE: bool>(PhantomData<M>);
impl<M: Erk<S, D>, const S: usize, const D: usize, const DENSE: bool> Row<S> for Ones<M, D, DENSE> {
    const ROW: [f64; S] = {
        let mut ones = [0.0; S];
        let mut j = 0;
        while j < ErkAdjoint::<M, (), S, D>::stages(DENSE) {
            ones[j] = 1.0;
            j += 1;
        }
        ones
    };
}

/// Memory for the reverse derivative of a step.
#[derive(Debug, Clone)]
pub struct ErkAdjoint<M, V, const S: usize, const D: usize> {
    /// The slopes `k_i`, once a step did not know them all.
    again: Option<[V; S]>,
    /// The argument `y_i` of the stage at hand.
    y: V,
    /// The cotangents `ȳ_i`.
    y_bar: [V; S],
    /// What rows inside the step add, once there were some.
    seeds: Option<Seeds<V, S>>,
    /// `h b_i λ` and the seeds.
    base: V,
    /// The cotangent `k̄_i`, which a VJP consumes.
    k_bar: V,
    dense: bool,
    /// Memory for the error of a step, once one was asked for.
    probe: Option<Box<Probe<V, S>>>,
    method: PhantomData<fn() -> M>,
}

/// Memory for the error of a step.
#[derive(Debug, Clone)]
struct Probe<V, const S: usize> {
    /// The slopes, once a step did not know them all.
    k: Option<[V; S]>,
    /// The argument of the stage at hand.
    y: V,
    y_bar: [V; S],
    k_bar: V,
    /// The cotangent at the end of the step, with what the rows inside add.
    end_bar: V,
}

/// What the rows inside a step add.
#[derive(Debug, Clone)]
struct Seeds<V, const S: usize> {
    /// To `k̄_i / h`.
    slopes: [V; S],
    /// To `ū`.
    direct: V,
}

/// Zeros of the shape of `u`.
#[cfg_attr(not(debug_assertions), inline(always))]
fn zeros<T: Real, V: Vector<T>, const S: usize>(u: &V) -> [V; S] {
    std::array::from_fn(|_| u.zeros_like())
}

/// The slopes of a step: those that are known, if they are all, or else those that were computed again.
#[cfg_attr(not(debug_assertions), inline(always))]
fn slopes<'a, T: Real, V: Vector<T>, const S: usize>(
    known: &'a [V],
    again: &'a mut Option<[V; S]>,
    u: &V,
) -> &'a [V; S] {
    match known.try_into() {
        Ok(known) => known,
        Err(_) => again.get_or_insert_with(|| zeros(u)),
    }
}

impl<M: Erk<S, D>, V, const S: usize, const D: usize> ErkAdjoint<M, V, S, D> {
    /// How many stages matter: up to the last one in the solution, or all of them for the interpolant.
    const fn stages(dense: bool) -> usize {
        let mut stages = S;
        while !dense && stages > 1 && M::TABLEAU.b[stages - 1] == 0.0 {
            stages -= 1;
        }
        stages
    }

    /// Memory for states of the shape of `u`.
    pub fn new<T: Real>(u: &V) -> Self
    where
        V: Vector<T>,
    {
        Self {
            again: None,
            y: u.zeros_like(),
            y_bar: zeros(u),
            seeds: None,
            base: u.zeros_like(),
            k_bar: u.zeros_like(),
            dense: false,
            probe: None,
            method: PhantomData,
        }
    }
}

impl<M: Erk<S, D>, V, const S: usize, const D: usize> ErkAdjoint<M, V, S, D> {
    /// How many stages the error depends on, by weights that are not all zero.
    fn weighty(weights: &[f64; S]) -> usize {
        weights.iter().rposition(|e| *e != 0.0).map_or(0, |last| last + 1)
    }

    /// The argument of stage `i`, by the slopes before it: rounded as the stepper rounds it, so that slopes which are computed once
    /// more are those that were known.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn argument<T: Real, F: System<T, State = V>>(at: At<'_, T, F>, i: usize, k: &[V], y: &mut V)
    where
        V: Vector<T>,
    {
        let row = const { &M::TABLEAU.a }[i][..i].iter().zip(k);
        let mut terms = row.filter(|(a, _)| **a != 0.0);
        let Some((a, k)) = terms.next() else { return assign(y, at.u) };
        assign_scaled(y, *a, k);
        for (a, k) in terms {
            add_scaled(y, *a, k);
        }
        let h = T::lit(at.interval.h);
        for (y, u) in y.as_mut_slice().iter_mut().zip(at.u.as_slice()) {
            *y = *u + h * *y;
        }
    }

    /// The derivatives of `end_bar · h Σ_i weights_i k_i`, added to `u_error` and `p_error`. Plain loops: few steps are
    /// asked.
    fn pull_error<T: Real, F: Vjp<T, State = V>>(
        probe: &mut Probe<V, S>,
        (at, trace): (At<'_, T, F>, Trace<'_, V, T>),
        weights: &[f64; S],
        (u_error, p_error): (&mut V, &mut F::Params),
        work: &mut Workspace<T>,
    ) where
        V: Vector<T>,
    {
        let Probe { k, y, y_bar, k_bar, end_bar } = probe;
        let At { f, p, interval, .. } = at;
        let tableau = const { &M::TABLEAU };
        let stages = Self::weighty(weights);
        let h = interval.h;
        // All slopes, or those that are not known, once more: they are the same. No stage needs that of the last one.
        let Trace { stages: known, kept, .. } = trace;
        let each = kept.len() / known.len().max(1);
        let is_known = known.len() >= stages;
        let k = if is_known {
            known
        } else {
            let k = k.get_or_insert_with(|| zeros(at.u));
            for i in 0..stages.saturating_sub(1) {
                Self::argument(at, i, k, y);
                f.rhs(&mut k[i], y, p, T::lit(interval.at(tableau.c[i])));
            }
            &*k
        };
        for i in (0..stages).rev() {
            assign_scaled(k_bar, h * weights[i], end_bar);
            for (row, y_bar) in tableau.a.iter().zip(&*y_bar).take(stages).skip(i + 1) {
                if row[i] != 0.0 {
                    add_scaled(k_bar, h * row[i], y_bar);
                }
            }
            assign_zero(&mut y_bar[i]);
            Self::argument(at, i, k, y);
            let (y, y_bar, t_bar) = (&*y, &mut y_bar[i], &mut T::lit(0.0));
            let t = T::lit(interval.at(tableau.c[i]));
            if F::KEEPS && each > 0 && is_known {
                f.vjp_of_kept(&kept[i * each..(i + 1) * each], k_bar, y, p, t, y_bar, p_error, t_bar, work);
            } else {
                f.vjp(k_bar, y, p, t, y_bar, p_error, t_bar, work);
            }
            add_scaled(u_error, 1.0, y_bar);
        }
    }
}

impl<M: Erk<S, D>, V, const S: usize, const D: usize> ErkAdjoint<M, V, S, D> {
    /// The state at the end of a step, for whoever looks at few.
    fn end<T: Real, F: Rhs<T, State = V>>(probe: &mut Probe<V, S>, at: At<'_, T, F>) -> V
    where
        V: Vector<T>,
    {
        let tableau = const { &M::TABLEAU };
        let At { f, p, interval, u } = at;
        let Probe { k, y, .. } = probe;
        let k = k.get_or_insert_with(|| zeros(u));
        let mut end = u.clone();
        for i in 0..Self::weighty(&tableau.b) {
            Self::argument(at, i, k, y);
            f.rhs(&mut k[i], y, p, T::lit(interval.at(tableau.c[i])));
            add_scaled(&mut end, interval.h * tableau.b[i], &k[i]);
        }
        end
    }
}

/// Runs a statement for each stage that a method may have, first one first, the stage's number being a constant.
macro_rules! forwards {
    ($stage:ident) => {
        $stage!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27)
    };
}

/// The same, last one first.
macro_rules! backwards {
    ($stage:ident) => {
        $stage!(27 26 25 24 23 22 21 20 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0)
    };
}

impl<M: Erk<S, D>, V, const S: usize, const D: usize> ErkAdjoint<M, V, S, D> {
    /// The slopes that are not known, once more.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn stages_again<const DENSE: bool, T: Real, F: Vjp<T, State = V>>(
        &mut self,
        at: At<'_, T, F>,
        known: &[V],
        slopes: bool,
    ) where
        V: Vector<T>,
    {
        let At { f, p, interval, u } = at;
        if known.len() == S {
            return;
        }
        let (y, k) = (&mut self.y, self.again.get_or_insert_with(|| zeros(u)));
        for (k, known) in k.iter_mut().zip(known) {
            assign(k, known);
        }
        macro_rules! stages {
            ($($i:literal)*) => { $(
                // No stage needs the slope of the last one.
                if const { $i < Self::stages(DENSE) }
                    && $i >= known.len()
                    && (const { $i + 1 < Self::stages(DENSE) } || slopes)
                {
                    let t = T::lit(interval.at(const { or_first(&M::TABLEAU.c, $i) }));
                    if const { $i == 0 } {
                        f.rhs(&mut k[$i], u, p, t);
                    } else {
                        assign_combination::<Stage<M, $i, D>, T, V, S>(y, u, interval.h, k);
                        f.rhs(&mut k[$i], y, p, t);
                    }
                }
            )* };
        }
        forwards!(stages);
    }

    /// The cotangents of all stages, last one first.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn pull<const DENSE: bool, T: Real, F: Vjp<T, State = V>>(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, V, T>,
        motion: StepMotion,
        bars: Bars<'_, T, F>,
        work: &mut Workspace<T>,
    ) where
        V: Vector<T>,
    {
        let Self { again, y, y_bar, seeds, base, k_bar, .. } = self;
        let At { f, p, interval, u } = at;
        let Trace { stages: known, kept, .. } = trace;
        let Bars { u: u_bar, p: p_bar, span: span_bar } = bars;
        let each = kept.len() / known.len().max(1);
        let k = slopes(known, again, u);
        let h = interval.h;
        let stretches = motion.stretches();
        // Cotangents of the start and of the length of the step.
        let (mut start_bar, mut length_bar) = (T::ZERO, T::ZERO);
        macro_rules! stages {
            ($($i:literal)*) => { $(
                if const { $i < Self::stages(DENSE) } {
                    assign_scaled(base, h * const { or_first(&M::TABLEAU.b, $i) }, u_bar);
                    if DENSE && let Some(seeds) = seeds {
                        add_scaled(base, h, &seeds.slopes[$i]);
                    }
                    assign_combination::<Column<M, $i, D, DENSE>, T, V, S>(k_bar, base, h, y_bar);
                    if stretches {
                        length_bar += dot(&k[$i], k_bar).scale(1.0 / h);
                    }
                    assign_zero(&mut y_bar[$i]);
                    let y = if const { $i == 0 } {
                        u
                    } else {
                        assign_combination::<Stage<M, $i, D>, T, V, S>(y, u, h, k);
                        &*y
                    };
                    let mut t_bar = T::ZERO;
                    let t = T::lit(interval.at(const { or_first(&M::TABLEAU.c, $i) }));
                    if F::KEEPS && each > 0 && $i < known.len() {
                        let kept = &kept[$i * each..($i + 1) * each];
                        f.vjp_of_kept(kept, k_bar, y, p, t, &mut y_bar[$i], p_bar, &mut t_bar, work);
                    } else {
                        f.vjp(k_bar, y, p, t, &mut y_bar[$i], p_bar, &mut t_bar, work);
                    }
                    start_bar += t_bar;
                    length_bar += t_bar.scale(const { or_first(&M::TABLEAU.c, $i) });
                }
            )* };
        }
        backwards!(stages);
        assign_combination::<Ones<M, D, DENSE>, T, V, S>(k_bar, u_bar, 1.0, y_bar);
        std::mem::swap(u_bar, k_bar);
        if DENSE && let Some(seeds) = seeds {
            add_scaled(u_bar, 1.0, &seeds.direct);
        }
        for (i, span_bar) in span_bar.iter_mut().enumerate() {
            *span_bar += start_bar.scale(motion.start[i]) + length_bar.scale(motion.length[i]);
        }
    }
}

impl<M, T, F, V, const S: usize, const D: usize> StepAdjoint<T, F> for ErkAdjoint<M, V, S, D>
where
    M: Erk<S, D>,
    T: Real,
    V: Vector<T>,
    F: Vjp<T, State = V>,
{
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn begin(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, V, T>,
        dense: bool,
        slopes: bool,
    ) -> Result<(), Failure> {
        self.dense = dense;
        if dense {
            self.stages_again::<true, T, F>(at, trace.stages, slopes);
            let Seeds { slopes, direct } =
                self.seeds.get_or_insert_with(|| Seeds { slopes: zeros(at.u), direct: at.u.zeros_like() });
            slopes.iter_mut().for_each(assign_zero);
            assign_zero(direct);
        } else {
            self.stages_again::<false, T, F>(at, trace.stages, slopes);
        }
        Ok(())
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn seed(&mut self, theta: f64, cotangent: &V) {
        let Some(Seeds { slopes, direct }) = &mut self.seeds else { return };
        let weights = const { &M::TABLEAU }.weights(theta);
        for (seed, weight) in slopes.iter_mut().zip(weights) {
            if weight != 0.0 {
                add_scaled(seed, weight, cotangent);
            }
        }
        add_scaled(direct, 1.0, cotangent);
    }

    fn seed_rate(&mut self, interval: Interval, theta: f64, cotangent: &V) -> bool {
        let Some(Seeds { slopes, .. }) = &mut self.seeds else { return false };
        let weights = const { &M::TABLEAU }.slope_weights(theta);
        for (seed, weight) in slopes.iter_mut().zip(weights) {
            if weight != 0.0 {
                add_scaled(seed, weight / interval.h, cotangent);
            }
        }
        true
    }

    fn seed_slope(&mut self, at: At<'_, T, F>, trace: Trace<'_, V, T>, theta: f64, cotangent: &V) -> T {
        let mut slope = T::ZERO;
        let k: &[V; S] = slopes(trace.stages, &mut self.again, at.u);
        for (k, weight) in k.iter().zip(const { &M::TABLEAU }.slope_weights(theta)) {
            if weight != 0.0 {
                slope += dot(k, cotangent).scale(weight);
            }
        }
        slope
    }

    // Seldom asked, but then at every step: not `cold`, which would be compiled for its size.
    #[inline(never)]
    fn error(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, V, T>,
        u_bar: &V,
        (u_error, p_error): (&mut V, &mut F::Params),
        work: &mut Workspace<T>,
    ) -> bool {
        let tableau = const { &M::TABLEAU };
        if !tableau.has_error_estimate() {
            return false;
        }
        let probe = self.probe.get_or_insert_with(|| {
            let u = at.u;
            let (k_bar, end_bar) = (u.zeros_like(), u.zeros_like());
            Box::new(Probe { k: None, y: u.zeros_like(), y_bar: zeros(u), k_bar, end_bar })
        });
        assign(&mut probe.end_bar, u_bar);
        if self.dense
            && let Some(seeds) = &self.seeds
        {
            add_scaled(&mut probe.end_bar, 1.0, &seeds.direct);
        }
        Self::pull_error(probe, (at, trace), &tableau.e, (&mut *u_error, &mut *p_error), work);
        if let Some(e2) = &tableau.e2 {
            let (mut u_second, mut p_second) = (u_error.zeros_like(), p_error.zeros_like());
            Self::pull_error(probe, (at, trace), e2, (&mut u_second, &mut p_second), work);
            let combine = |errors: &mut [T], seconds: &[T]| {
                for (error, second) in errors.iter_mut().zip(seconds) {
                    *error = T::lit(combined([error.value(), second.value()]));
                }
            };
            combine(u_error.as_mut_slice(), u_second.as_slice());
            combine(p_error.as_mut_slice(), p_second.as_slice());
        }
        true
    }

    #[inline(never)]
    fn error_by_halves(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, V, T>,
        (u_error, p_error): (&mut V, &mut F::Params),
        work: &mut Workspace<T>,
    ) -> bool {
        let Some(probe) = &mut self.probe else { return false };
        let weights = const { &M::TABLEAU.b };
        Self::pull_error(probe, (at, trace), weights, (&mut *u_error, &mut *p_error), work);
        let [first, second] = halves(at.interval);
        let first = At { interval: first, ..at };
        let middle = Self::end(probe, first);
        let (mut u_share, mut p_share) = (u_error.zeros_like(), p_error.zeros_like());
        for half in [At { interval: second, u: &middle, ..at }, first] {
            assign_zero(&mut u_share);
            Self::pull_error(probe, (half, Trace::NONE), weights, (&mut u_share, &mut p_share), work);
            add_scaled(&mut probe.end_bar, 1.0, &u_share);
            add_scaled(u_error, -1.0, &u_share);
        }
        add_scaled(p_error, -1.0, &p_share);
        true
    }

    // Once for a model and a method: whoever goes back through a step keeps its cotangents in registers.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn finish(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, V, T>,
        motion: StepMotion,
        bars: Bars<'_, T, F>,
        work: &mut Workspace<T>,
    ) -> Result<(), Failure> {
        if self.dense {
            self.pull::<true, T, F>(at, trace, motion, bars, work);
        } else {
            self.pull::<false, T, F>(at, trace, motion, bars, work);
        }
        Ok(())
    }

    #[inline(never)]
    fn finish_error(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, V, T>,
        motion: StepMotion,
        bars: Bars<'_, T, F>,
        work: &mut Workspace<T>,
    ) -> Result<(), Failure> {
        self.pull::<false, T, F>(at, trace, motion, bars, work);
        Ok(())
    }
}
