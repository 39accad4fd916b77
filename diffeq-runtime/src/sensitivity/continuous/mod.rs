//! Continuous adjoints: an equation for the gradient, solved backwards in time with its own error control.
//!
//! For a loss `L = Σ_r l_r(u(t_r)) + ∫ g(u, p, t) dt` of a solution of `du/dt = f(u, p, t)` the costate
//! `λ(t) = ∂L/∂u(t)` satisfies
//!
//! ```text
//! dλ/dt = -f_uᵀ λ - g_u,    λ(t_r⁻) = λ(t_r⁺) + ∂l_r/∂u,    dL/dp = ∫ (f_pᵀ λ + g_p) dt,    dL/du0 = λ(t0)
//! ```
//!
//! (Pontryagin et al. 1962; for neural networks Chen, Rubanova, Bettencourt, Duvenaud, *Neural ordinary differential
//! equations*, NeurIPS 2018, arXiv 1806.07366). The four adjoints differ in where `u(t)` comes from and in how the
//! integral is taken:
//!
//! | | `u(t)` | integral | memory |
//! | --- | --- | --- | --- |
//! | [`GaussAdjoint`] | interpolants of the steps, or checkpoints | Gauss-Legendre in each backward step, checked | the path, or a budget |
//! | [`Quadrature`] | the same | Gauss-Kronrod, refined until its error is small | the path, or a budget |
//! | [`Interpolating`] | the same | with the costate, one system | the path, or a budget |
//! | [`Backsolve`] | integrated backwards | with the costate, one system | constant |
//!
//! The result is the gradient of the exact solution up to the tolerances, not that of the numbers that the solve
//! returned; [`DiscreteAdjoint`](crate::sensitivity::DiscreteAdjoint) gives the latter. Rows, events and the ends of the
//! span move as they do there, see [`sensitivity`](crate::sensitivity): the two agree as the tolerances go to zero. What
//! differs: the steps are no part of the derivative, so that there is no error control to hold constant; and rows without
//! a cotangent cost nothing, while each of the others restarts the backward solve.
//!
//! A comparison of the methods: Ma, Dixit, Innes, Guo, Rackauckas, *A comparison of automatic differentiation and
//! continuous sensitivity analysis for derivatives of differential equation solutions*, arXiv 1812.01892 (2018); on
//! stiff equations Kim, Ji, Deng, Ma, Rackauckas, *Stiff neural ordinary differential equations*, Chaos 31 (2021), arXiv
//! 2103.15341.

mod backsolve;
mod equation;
mod estimate;
mod gauss;
mod interpolating;
mod journal;
mod quadrature;
mod samples;
mod sweep;
mod variant;

pub use backsolve::Reversed;
pub use equation::AdjointEquation;
pub use gauss::Gauss;
pub(super) use gauss::integrate;
pub(super) use gauss::nodes;
pub use interpolating::Augmented;
pub use quadrature::GaussKronrod;
pub(super) use samples::Sample;
pub(super) use samples::Samples;
pub use variant::AdjointVariant;
pub use variant::Sums;

use std::sync::Arc;

use crate::control::Controller;
use crate::control::Pid;
use crate::error::Error;
use crate::integrate::Options;
use crate::integrate::Solution;
use crate::integrate::Solver;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::Adjoint;
use crate::sensitivity::Cotangents;
use crate::sensitivity::Gradient;
use crate::sensitivity::Pullback;
use crate::sensitivity::RunningCost;
use crate::sensitivity::continuous::estimate::Stricter;
use crate::sensitivity::continuous::estimate::Verdict;
use crate::sensitivity::continuous::journal::Journal;
use crate::sensitivity::continuous::journal::WithCost;
use crate::sensitivity::continuous::sweep::Sweep;
use crate::sensitivity::event::DifferentiableEvents;
use crate::sensitivity::rough::refuse_past;
use crate::sensitivity::rough::refuse_rough;
use crate::space::Tolerance;
use crate::space::Tolerances;
use crate::stepper::Method;
use crate::stepper::Tsit5;

/// The costate alone is solved for; the parameters' part is a Gauss-Legendre sum over each backward step's interpolant,
/// with as many nodes as the order of the method deserves, and refined where the nodes say that it is not good enough. The
/// one to choose where there are many parameters.
///
/// The error control sees the costate alone, so that the number of steps does not depend on the number of parameters, and
/// nothing of the costate is kept. No backward step goes over more than eight of the solve, or into much shorter ones: what is
/// fast in the solution may be so in the integral, however slow the costate.
///
/// Source: Norcliffe, Deisenroth, *Faster training of neural ODEs using Gauss-Legendre quadrature*, TMLR (2023), arXiv
/// 2308.10644.
///
/// ```
/// use diffeq_runtime::integrate::Grid;
/// use diffeq_runtime::problem::{Model, OdeProblem, Rhs, System, Vjp};
/// use diffeq_runtime::sensitivity::GaussAdjoint;
/// use diffeq_runtime::space::Workspace;
/// use diffeq_runtime::stepper::{Tsit5, Vern7};
///
/// /// du/dt = -p u; `#[ode]` writes this.
/// struct Decay;
/// impl Model for Decay {}
/// impl System<f64> for Decay {
///     type State = f64;
///     type Params = f64;
/// }
/// impl Rhs<f64> for Decay {
///     fn rhs(&self, du: &mut f64, u: &f64, p: &f64, _t: f64) {
///         *du = -p * u;
///     }
/// }
/// impl Vjp<f64> for Decay {
///     fn vjp(
///         &self, du_bar: &mut f64, u: &f64, p: &f64, _t: f64,
///         u_bar: &mut f64, p_bar: &mut f64, _t_bar: &mut f64, _work: &mut Workspace<f64>,
///     ) {
///         *u_bar -= p * *du_bar;
///         *p_bar -= u * *du_bar;
///     }
/// }
///
/// let problem = OdeProblem::new(Decay, 2.0, (0.0, 1.0), 0.5);
/// let solver = problem.solver(Tsit5).tolerances(1e-10, 1e-10).save_at(Grid::points([1.0]));
/// // As it comes, or with a method and tolerances of its own, and few states kept.
/// for (solution, gradient) in [
///     {
///         let (solution, mut pullback) = solver.vjp(GaussAdjoint::default())?;
///         (solution, pullback.call(&[1.0])?)
///     },
///     {
///         let adjoint = GaussAdjoint::default().method(Vern7).tolerances(1e-9, 1e-9).checkpoints(20);
///         let (solution, mut pullback) = solver.vjp(adjoint)?;
///         (solution, pullback.call(&[1.0])?)
///     },
/// ] {
///     assert!((gradient.u0 - (-0.5_f64).exp()).abs() < 1e-8);
///     assert!((gradient.p + 2.0 * (-0.5_f64).exp()).abs() < 1e-8);
///     assert!((gradient.t1 + 0.5 * solution.end()).abs() < 1e-8);
/// }
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
pub type GaussAdjoint<B = Tsit5, C = ()> = Continuous<Gauss, B, C>;

/// As [`GaussAdjoint`], but the integral over each step is halved until two rules agree to the tolerances: for few
/// parameters and high accuracy.
///
/// The costate's dense output is used step by step, and not kept.
pub type Quadrature<B = Tsit5, C = ()> = Continuous<GaussKronrod, B, C>;

/// Costate and parameters' cotangent as one system over the interpolated solution: the error control sees both.
///
/// With [`checkpoints`](Continuous::checkpoints) the solution is made again piece by piece, as in CVODES: Serban,
/// Hindmarsh, *CVODES: the sensitivity-enabled ODE solver in SUNDIALS*, ASME IDETC (2005), section 3.
pub type Interpolating<B = Tsit5, C = ()> = Continuous<Augmented, B, C>;

/// Costate, parameters' cotangent and the solution itself backwards in time, in constant memory; for equations that can be
/// integrated either way, and an error for the others.
///
/// What decays forwards in time grows backwards, errors with it: on stiff equations the way back is not the way there
/// (Gholami, Keutzer, Biros, *ANODE: unconditionally accurate memory-efficient gradients for neural ODEs*, IJCAI 2019,
/// arXiv 1902.10298). The solve keeps up to 16 of its states, however many steps it takes, compares on the way back, and
/// goes on from them; where the two are further apart than [`limit`](Continuous::limit), or the way back ends early for
/// that reason, the pullback is an [`Error::Reconstruction`] with the distance, and not a gradient.
pub type Backsolve<B = Tsit5, C = ()> = Continuous<Reversed, B, C>;

/// A continuous adjoint: [`GaussAdjoint`], [`Quadrature`], [`Interpolating`], [`Backsolve`].
///
/// `B` is the method of the backward solve, `C` the [`RunningCost`].
#[derive(Debug, Clone)]
pub struct Continuous<K, B = Tsit5, C = ()> {
    variant: K,
    method: B,
    cost: C,
    tolerances: Option<Tolerances>,
    controller: Arc<dyn Controller>,
    dt_max: f64,
    max_steps: Option<usize>,
    checkpoints: Option<usize>,
}

impl<K: Default> Default for Continuous<K, Tsit5, ()> {
    /// By Tsit5, to the tolerances of the solve.
    fn default() -> Self {
        Self {
            variant: K::default(),
            method: Tsit5,
            cost: (),
            tolerances: None,
            controller: Arc::new(Pid::default()),
            dt_max: f64::INFINITY,
            max_steps: None,
            checkpoints: None,
        }
    }
}

impl<K, B, C> Continuous<K, B, C> {
    /// The method of the backward solve; `Tsit5` by default.
    pub fn method<N>(self, method: N) -> Continuous<K, N, C> {
        let Self { variant, cost, tolerances, controller, dt_max, max_steps, checkpoints, .. } = self;
        Continuous { variant, method, cost, tolerances, controller, dt_max, max_steps, checkpoints }
    }

    /// How large the error of a backward step may be, relative to the costate and absolute; one number, or one for each
    /// component of the state. By default those of the solve.
    pub fn tolerances(self, rtol: impl Into<Tolerance>, atol: impl Into<Tolerance>) -> Self {
        Self { tolerances: Some(Tolerances { relative: rtol.into(), absolute: atol.into() }), ..self }
    }

    /// How the error steers the size of backward steps; [`Pid::pi`] by default.
    pub fn controller(self, controller: impl Controller + 'static) -> Self {
        Self { controller: Arc::new(controller), ..self }
    }

    /// No backward step is longer; by default infinite, which leaves it to the errors and the forward steps.
    pub fn dt_max(self, dt_max: f64) -> Self {
        Self { dt_max, ..self }
    }

    /// No more backward steps are tried between two events; by default as many as in the solve.
    pub fn max_steps(self, max_steps: usize) -> Self {
        Self { max_steps: Some(max_steps), ..self }
    }

    /// Adds `∫ g dt` over the span to the loss; [`Pullback::running_cost`] is its value. By default there is none.
    pub fn running_cost<D>(self, cost: D) -> Continuous<K, B, D> {
        let Self { variant, method, tolerances, controller, dt_max, max_steps, checkpoints, .. } = self;
        Continuous { variant, method, cost, tolerances, controller, dt_max, max_steps, checkpoints }
    }

    /// The options of the backward solves.
    fn options<F: Vjp<T>, T: Real>(&self, forward: &Options, params: usize, states: usize) -> Options
    where
        K: AdjointVariant<F, T>,
    {
        let tolerances = self.tolerances.as_ref().unwrap_or(&forward.tolerances);
        let joined = |tolerance: &Tolerance| match tolerance {
            Tolerance::Components(each) if K::PARAMS => {
                let least = each.iter().fold(f64::INFINITY, |least, each| least.min(*each));
                let solution = if K::SOLUTION { &each[..states.min(each.len())] } else { &[] };
                Tolerance::Components([each, &vec![least; params][..], solution].concat())
            }
            tolerance => tolerance.clone(),
        };
        Options {
            tolerances: Tolerances {
                relative: joined(&tolerances.relative),
                absolute: joined(&tolerances.absolute),
            },
            controller: Arc::clone(&self.controller),
            dt_max: self.dt_max,
            max_steps: self.max_steps.unwrap_or(forward.max_steps),
            derivative_tolerance: forward.derivative_tolerance,
            ..Options::default()
        }
    }
}

/// An adjoint that keeps the solution.
pub trait KeepsSolution {}
impl KeepsSolution for Gauss {}
impl KeepsSolution for GaussKronrod {}
impl KeepsSolution for Augmented {}

impl<K: KeepsSolution, B, C> Continuous<K, B, C> {
    /// Keeps at most so many states, and makes the solution again piece by piece on the way back; by default all are kept.
    ///
    /// Half of the budget are checkpoints (see [`checkpoint`](crate::checkpoint)), half a piece of the path; a step of it
    /// takes as many states as its interpolant has degrees, and one. Times, and states and parameters around events, are
    /// always kept, and at least one checkpoint and one step of the path.
    pub fn checkpoints(self, states: usize) -> Self {
        Self { checkpoints: Some(states), ..self }
    }
}

impl<B, C> Continuous<Reversed, B, C> {
    /// How far the solution may be off on its way back, as the root mean square over its components in tolerances of the
    /// solve; above zero, 1000 by default.
    pub fn limit(self, tolerances: f64) -> Self {
        Self { variant: Reversed { limit: tolerances }, ..self }
    }
}

/// What a continuous adjoint keeps of a solve.
pub struct ContinuousRecord<F: Vjp<T>, T: Real, M: Method<T, F>, K, B, C> {
    adjoint: Continuous<K, B, C>,
    journal: Journal<F::State, F::Params, T>,
    stepper: M::Stepper,
    running_cost: T,
}

impl<F, T, M, E, K, B, C> Pullback<'_, '_, F, T, M, E, Continuous<K, B, C>>
where
    F: Vjp<T>,
    T: Real,
    M: Method<T, F>,
    E: DifferentiableEvents<T, F>,
    K: AdjointVariant<F, T>,
    B: for<'x> Method<T, AdjointEquation<'x, F, T, K, C>>,
    C: RunningCost<T, F>,
{
    /// The value of `∫ g dt` over the solve, by sums over its steps that are refined to the tolerances; zero without a
    /// running cost.
    pub fn running_cost(&self) -> T {
        self.record().running_cost
    }
}

impl<F, T, M, K, B, C> Adjoint<F, T, M> for Continuous<K, B, C>
where
    F: Vjp<T>,
    T: Real,
    M: Method<T, F>,
    K: AdjointVariant<F, T>,
    B: for<'x> Method<T, AdjointEquation<'x, F, T, K, C>>,
    C: RunningCost<T, F>,
{
    type Record = ContinuousRecord<F, T, M, K, B, C>;

    fn solve<E: DifferentiableEvents<T, F>>(
        self,
        solver: &Solver<'_, F, T, M, E>,
    ) -> Result<(Solution<F::State, T>, Self::Record), Error> {
        refuse_rough::<F, T>()?;
        refuse_past(&solver.problem.model)?;
        let limit = self.variant.limit();
        // No distance compares with NaN: it would allow all.
        if limit.is_nan() || limit <= 0.0 {
            let (problem, hint) = (format!("is {limit}"), "give how many tolerances the way back may be off");
            return Err(Error::Option { option: "limit", problem, hint });
        }
        let stepper = solver.method.stepper(&solver.problem.u0);
        let mut journal = Journal::new(solver, &stepper, self.checkpoints, K::SOLUTION)?;
        let order = solver.method.facts().order;
        let tolerances = self.tolerances.as_ref().unwrap_or(&solver.options.tolerances);
        let mut observer = WithCost::<F, T, C> {
            journal: &mut journal,
            cost: &self.cost,
            total: T::ZERO,
            order,
            tolerances,
            sums: Sums::default(),
        };
        let solution = solver.solve_observed(&mut observer)?;
        let running_cost = observer.total;
        journal.end.clone_from(solution.end());
        journal.end_time = solution.end_time();
        Ok((solution, ContinuousRecord { adjoint: self, journal, stepper, running_cost }))
    }

    fn pull<E: DifferentiableEvents<T, F>>(
        record: &mut Self::Record,
        solver: &Solver<'_, F, T, M, E>,
        cotangents: &Cotangents<'_, F::State, T>,
    ) -> Result<Gradient<F::State, F::Params, T>, Error> {
        let ContinuousRecord { adjoint, journal, stepper, .. } = record;
        cotangents.fit(solver, journal.rows(), journal.tape.events(journal.tape.jumps.len()))?;
        let mut stricter = Stricter::default();
        for pass in 0.. {
            let sweep = Sweep::new(solver, adjoint, cotangents, journal, stricter);
            let (gradient, tolerances, findings) = sweep.run(solver, journal, stepper)?;
            match findings.map(|findings| findings.verdict::<T>(pass, &mut stricter, &tolerances)) {
                None | Some(Verdict::Good) => {
                    let error = gradient.error.filter(|_| !F::HIDES_SWITCHES);
                    return Ok(Gradient { error, ..gradient });
                }
                Some(Verdict::Again) => {}
                Some(Verdict::Poor { error, limit }) => {
                    let t = solver.problem.span.0;
                    return Err(Error::Derivative { model: F::NAME, t, error, limit });
                }
            }
        }
        unreachable!("a verdict ends it")
    }
}
