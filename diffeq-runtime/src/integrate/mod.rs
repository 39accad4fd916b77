//! THE loop: attempt, judge, accept, observe.
//!
//! The parts meet here and nowhere else: a [stepper](crate::stepper) steps, a [controller](crate::control) judges, the
//! clock knows the time, the watch finds [events](Event), [save](Grid) and [dense output](Solution::at) keep
//! what was asked for. None of them knows another.

mod advise;
mod ceiling;
mod clock;
mod dense;
mod event;
mod evidence;
mod grid;
mod integrator;
mod named;
mod observe;
mod options;
mod refuse;
mod rhythm;
mod save;
mod solution;
mod solver;
mod stats;
mod steps;
mod stochastic;
mod together;

pub use advise::Aim;
pub use advise::MethodAdvice;
pub(crate) use dense::Dense;
pub use event::AtRest;
pub use event::Condition;
pub use event::Crossing;
pub use event::Direction;
pub use event::Discrete;
pub use event::Effect;
pub use event::Ends;
pub use event::Event;
pub(crate) use event::Flow;
pub use event::Of;
pub use event::Periodic;
pub use event::Predicate;
pub use event::Preset;
pub use event::Rests;
pub use event::Trigger;
pub(crate) use event::add_product;
pub(crate) use event::stages;
pub(crate) use evidence::Evidence;
pub(crate) use evidence::PASSES;
pub(crate) use evidence::STUBBORN;
pub(crate) use evidence::enough as derivative_enough;
pub(crate) use evidence::limit as derivative_limit;
pub use grid::Grid;
pub use integrator::EventSet;
pub use integrator::Integrator;
pub(crate) use integrator::combined;
pub(crate) use integrator::differs;
pub(crate) use integrator::landing;
pub use observe::Cause;
pub use observe::EventRecord;
pub use observe::Hook;
pub use observe::Inside;
pub use observe::Observer;
pub use observe::RowOrigin;
pub use observe::StepView;
pub use observe::Taken;
pub use observe::Wants;
pub use options::Options;
pub(crate) use refuse::rough_crossing;
pub(crate) use refuse::rough_switch;
pub use solution::Occurrence;
pub use solution::Rows;
pub use solution::Solution;
pub use solver::Solver;
pub use stats::Stats;
pub use steps::AcceptedStep;
pub use steps::Steps;
pub(crate) use stochastic::cautious;

pub(crate) use ceiling::Ceiling;
pub(crate) use ceiling::Stretch;

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::error::Error;
use crate::integrate::grid::room;
use crate::integrate::named::Named;
use crate::integrate::save::Saver;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;
use crate::stepper::Method;

impl<F: System<T>, T: Real, M: Method<T, F>, E: EventSet<T, F>> Solver<'_, F, T, M, E> {
    /// Solves the problem.
    ///
    /// # Errors
    ///
    /// Options that make no sense; a step size that underflows, a derivative that is not finite, a budget of steps
    /// that is spent: each says where, and what to try. Over dual numbers also derivatives that the method does not find:
    /// see [`derivative_tolerance`](Self::derivative_tolerance).
    pub fn solve(&self) -> Result<Solution<F::State, T>, Error> {
        if T::DERIVATIVES == 0 {
            return self.run(None, &mut ());
        }
        self.refined(|ceiling| self.run(ceiling, &mut ()), |solution| solution.evidence.as_ref())
    }

    /// Solves, and again with shorter steps as long as a derivative asks for them.
    pub(crate) fn refined<S>(
        &self,
        mut solve: impl FnMut(Option<&Arc<Ceiling>>) -> Result<S, Error>,
        evidence: fn(&S) -> Option<&Evidence>,
    ) -> Result<S, Error> {
        let exponent = self.method.facts().control_exponent.unwrap_or(1.0);
        refined((&self.options, exponent, F::NAME), &mut solve, evidence)
    }

    /// Solves the problem, and tells an observer of every step, row and event as it comes.
    ///
    /// # Errors
    ///
    /// See [`solve`](Self::solve).
    pub fn solve_observed(
        &self,
        observer: &mut dyn Observer<T, F::State, F::Params>,
    ) -> Result<Solution<F::State, T>, Error> {
        self.run(None, observer)
    }

    /// The loop, under a ceiling if there is one.
    pub(crate) fn run<O>(
        &self,
        ceiling: Option<&Arc<Ceiling>>,
        observer: &mut O,
    ) -> Result<Solution<F::State, T>, Error>
    where
        O: Observer<T, F::State, F::Params> + ?Sized,
    {
        self.looped(ceiling, observer).map_err(|error| self.problem.model.complaint().unwrap_or(error))
    }

    fn looped<O>(
        &self,
        ceiling: Option<&Arc<Ceiling>>,
        observer: &mut O,
    ) -> Result<Solution<F::State, T>, Error>
    where
        O: Observer<T, F::State, F::Params> + ?Sized,
    {
        self.check()?;
        let mut saver = Saver::new(&self.options, self.problem.span)?;
        let Self { problem, options, .. } = self;
        let called = (Named::of::<F>(), self.method.facts().name);
        let mut solution = empty_solution((&saver, options), (&problem.u0, problem.span.0), called)?;
        let mut integrator = self.integrator()?;
        if let Some(ceiling) = ceiling {
            integrator.hold_down(ceiling);
            if T::DERIVATIVES > 0 && ceiling.is_idle() {
                integrator.look_sharply(&self.method);
            }
        }
        let mut evidence = self
            .gathers_evidence(&integrator)
            .then(|| Evidence::of_tangents::<T, F>(T::DERIVATIVES, ceiling.is_some(), &self.options));
        let (wants, hooked) = (observer.wants(), self.has_hooks());
        integrator.show(wants);

        observer.begin(integrator.t(), integrator.u(), integrator.p());
        saver.begin(integrator.t(), integrator.u(), &mut solution, observer);
        integrator.begin(observer)?;
        let watched = observer.sees() || hooked || self.options.dense || saver.saves_all();
        let unseen = |integrator: &Integrator<'_, T, F, M>, due: f64| {
            if watched { 0 } else { integrator.unseen(due) }
        };
        while integrator.advance_beyond(unseen(&integrator, saver.due()))? {
            observer.step(&integrator.taken());
            if T::DERIVATIVES > 0
                && let Some(evidence) = &mut evidence
                && evidence.wants(integrator.interval().h)
            {
                integrator.testify(evidence);
            }
            if wants.inside {
                observer.inside(&mut integrator);
            }
            saver.step(&mut integrator, &mut solution, observer);
            if let Some(dense) = &mut solution.dense {
                dense.step(&mut integrator);
            }
            let flow = if hooked { self.call_hooks(&integrator) } else { ControlFlow::Continue(()) };
            integrator.commit(observer)?;
            if integrator.events_took_place() {
                let (t, step) = (integrator.t(), integrator.step_index() - 1);
                saver.event(t, step, integrator.u(), &mut solution, observer);
                if let Some(evidence) = &mut evidence {
                    evidence.moves();
                }
            }
            if flow == ControlFlow::Break(()) {
                break;
            }
        }
        solution.evidence = evidence;
        Ok(integrator.finish(solution))
    }

    /// Whether the numbers carry derivatives, and steps say how good they are.
    fn gathers_evidence(&self, integrator: &Integrator<'_, T, F, M>) -> bool {
        T::DERIVATIVES > 0 && self.options.derivative_tolerance.is_some() && integrator.is_adaptive()
    }
}

/// A solve, under a ceiling if there is one.
type SolveUnder<'s, S> = dyn FnMut(Option<&Arc<Ceiling>>) -> Result<S, Error> + 's;

/// [`Solver::refined`] of a model called so, by a method whose errors fall with this power of the step.
fn refined<S>(
    (options, exponent, model): (&Options, f64, &'static str),
    solve: &mut SolveUnder<'_, S>,
    evidence: fn(&S) -> Option<&Evidence>,
) -> Result<S, Error> {
    let limit = derivative_limit(options);
    let (mut ceiling, mut wanted, mut failure, mut before) = (None, limit, None, f64::INFINITY);
    for pass in 0..=PASSES {
        let solution = match (solve(ceiling.as_ref()), failure.take()) {
            // The steps that the derivative asks for are too many.
            (Err(Error::StepBudget { .. }), Some(failure)) => return Err(failure),
            (solved, _) => solved?,
        };
        let (Some(evidence), Some(limit), Some(enough)) = (evidence(&solution), limit, wanted) else {
            return Ok(solution);
        };
        let error = evidence.error();
        // Shorter steps that do not help once will not help twice.
        let is_last = pass == PASSES || (pass > STUBBORN && error > 0.5 * before);
        if error <= enough || (is_last && error <= limit) {
            return Ok(solution);
        }
        before = error;
        let failed = evidence.failure(model, error, limit);
        if is_last {
            return Err(failed);
        }
        if ceiling.is_some() {
            failure = Some(failed);
            wanted = Some(derivative_enough(options, limit));
        }
        // Behind the first solve nothing is known but that something is wrong: no steps are, no ceiling.
        ceiling = Some(Arc::new(evidence.ceiling(options, exponent)));
    }
    unreachable!("the last pass returns")
}

/// A solution without rows, with room for those that are sure to come.
///
/// # Errors
///
/// Where there is not the memory for them.
fn empty_solution<T: Real, V: Vector<T>>(
    (saver, options): (&Saver, &Options),
    (u0, t): (&V, f64),
    (model, method): (Named, &'static str),
) -> Result<Solution<V, T>, Error> {
    let (rows, width) = (saver.rows(), saver.width(u0.as_slice().len()));
    Ok(Solution {
        times: room(rows, 1)?,
        values: room(rows, width)?,
        width,
        idxs: options.save_idxs.clone(),
        end: u0.clone(),
        end_time: t,
        dense: options.dense.then(Dense::new),
        occurrences: Vec::new(),
        stats: Stats::default(),
        evidence: None,
        model: model.model,
        method,
        names: (model.states)(),
    })
}
