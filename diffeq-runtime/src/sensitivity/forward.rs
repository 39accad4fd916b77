//! Forward mode: a tangent carried along with the solve, step by step.

use std::sync::Arc;

use crate::error::Error;
use crate::integrate::Ceiling;
use crate::integrate::EventRecord;
use crate::integrate::Evidence;
use crate::integrate::Observer;
use crate::integrate::Options;
use crate::integrate::RowOrigin;
use crate::integrate::Solution;
use crate::integrate::Solver;
use crate::integrate::Taken;
use crate::integrate::combined;
use crate::problem::Jvp;
use crate::problem::OdeProblem;
use crate::problem::Rhs;
use crate::real::Real;
use crate::sensitivity::check_finite;
use crate::sensitivity::event::DifferentiableEvents;
use crate::sensitivity::event::push_jump;
use crate::sensitivity::motion::Motions;
use crate::sensitivity::motion::RowMotions;
use crate::sensitivity::motion::Stops;
use crate::sensitivity::rough::check_rough_direction;
use crate::sensitivity::rough::check_rough_events;
use crate::sensitivity::rough::rough_span;
use crate::sensitivity::step::Motion;
use crate::sensitivity::step::StepMotion;
use crate::sensitivity::step::StepTangent;
use crate::sensitivity::step::TangentMethod;
use crate::sensitivity::switch::Switch;
use crate::space::Vector;
use crate::space::all_finite;
use crate::space::assign;
use crate::stepper::At;
use crate::stepper::Failure;
use crate::stepper::Interval;

/// How that varies which a solution depends on: a direction to differentiate in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variation<V, P, T> {
    /// How the initial state moves.
    pub u0: V,
    /// How the parameters move.
    pub p: P,
    /// How the start of the span moves.
    pub t0: T,
    /// How the end of the span moves.
    pub t1: T,
}

/// How a solution moves along a variation.
#[derive(Debug, Clone, PartialEq)]
pub struct Tangents<V, T> {
    values: Vec<T>,
    width: usize,
    end: V,
    event_times: Vec<T>,
    error: Option<f64>,
}

impl<V: Vector<T>, T: Real> Tangents<V, T> {
    /// The tangents of all saved reals, laid out as `Solution::values`.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The tangents of the components saved at time number `i`.
    ///
    /// # Panics
    ///
    /// Where there is no such row, as a slice does.
    pub fn row(&self, i: usize) -> &[T] {
        &self.values[i * self.width..(i + 1) * self.width]
    }

    /// The tangent of the state at the end.
    pub fn end(&self) -> &V {
        &self.end
    }

    /// The largest error that a step added, relative to the largest tangent of that component: an estimate. `None` where
    /// nothing estimates it, see [`derivative_tolerance`](Solver::derivative_tolerance).
    pub fn error(&self) -> Option<f64> {
        self.error
    }

    /// The tangents of the times of the events.
    pub fn event_times(&self) -> &[T] {
        &self.event_times
    }
}

// The bounds stand at the methods, so that rustc says what a model lacks and not that there is no such method.
impl<F: Rhs<T>, T: Real, M, E> Solver<'_, F, T, M, E> {
    /// Solves the problem, and returns with the solution how it moves along `u0_dot` and `p_dot`.
    ///
    /// ```
    /// use diffeq_runtime::problem::{Jvp, Model, OdeProblem, Rhs, System};
    /// use diffeq_runtime::stepper::Tsit5;
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
    /// impl Jvp<f64> for Decay {
    ///     fn jvp(
    ///         &self, du: &mut f64, du_dot: &mut f64, u: &f64, u_dot: &f64, p: &f64, p_dot: &f64, _t: f64, _t_dot: f64,
    ///     ) {
    ///         *du = -p * u;
    ///         *du_dot = -p_dot * u - p * u_dot;
    ///     }
    /// }
    ///
    /// let problem = OdeProblem::new(Decay, 2.0, (0.0, 1.0), 0.5);
    /// let (solution, tangents) = problem.solver(Tsit5).tolerances(1e-10, 1e-10).jvp(&0.0, &1.0)?;
    /// assert!((tangents.end() + solution.end()).abs() < 1e-9);
    /// # Ok::<(), diffeq_runtime::error::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the solve fails, see [`solve`](Solver::solve), a tangent has another length than what it belongs to, or is
    /// not finite after the solve.
    #[allow(clippy::type_complexity)]
    pub fn jvp(
        &self,
        u0_dot: &F::State,
        p_dot: &F::Params,
    ) -> Result<(Solution<F::State, T>, Tangents<F::State, T>), Error>
    where
        F: Jvp<T>,
        M: TangentMethod<T, F>,
        E: DifferentiableEvents<T, F>,
    {
        self.jvp_along(&Variation { u0: u0_dot.clone(), p: p_dot.clone(), t0: T::ZERO, t1: T::ZERO })
    }

    /// The same along a direction in which the span may move as well.
    ///
    /// # Errors
    ///
    /// See [`jvp`](Self::jvp).
    #[allow(clippy::type_complexity)]
    pub fn jvp_along(
        &self,
        variation: &Variation<F::State, F::Params, T>,
    ) -> Result<(Solution<F::State, T>, Tangents<F::State, T>), Error>
    where
        F: Jvp<T>,
        M: TangentMethod<T, F>,
        E: DifferentiableEvents<T, F>,
    {
        let problem = self.problem;
        check_rough_events(&self.events)?;
        if F::ROUGH && !(variation.t0.is_zero() && variation.t1.is_zero()) {
            return Err(rough_span());
        }
        for (what, expected, found) in [
            ("components in the tangent of `u0`", problem.u0.as_slice().len(), variation.u0.as_slice().len()),
            ("components in the tangent of `p`", problem.p.as_slice().len(), variation.p.as_slice().len()),
        ] {
            if expected != found {
                return Err(Error::Shape { what, expected, found });
            }
        }
        check_rough_direction(&problem.model, &problem.p, &variation.p)?;
        let carry = |ceiling: Option<&Arc<Ceiling>>| self.carry(variation, ceiling);
        let (solution, tangents, _) = self.refined(carry, |(_, _, evidence)| evidence.as_ref())?;
        self.check_tangents(&solution, &tangents)?;
        Ok((solution, tangents))
    }

    /// One solve with its tangents, under a ceiling if there is one.
    #[allow(clippy::type_complexity)]
    fn carry(
        &self,
        variation: &Variation<F::State, F::Params, T>,
        ceiling: Option<&Arc<Ceiling>>,
    ) -> Result<(Solution<F::State, T>, Tangents<F::State, T>, Option<Evidence>), Error>
    where
        F: Jvp<T>,
        M: TangentMethod<T, F>,
        E: DifferentiableEvents<T, F>,
    {
        let problem = self.problem;
        let u = &problem.u0;
        let checks = self.options.derivative_tolerance.is_some()
            && self.options.controller.is_adaptive()
            && self.method.facts().control_exponent.is_some();
        let stops = Stops::new::<T, F, E>(problem.span, &self.options, &self.events);
        let mut carrier = Carrier::<'_, F, T, M, E> {
            problem,
            options: &self.options,
            events: &self.events,
            rows: RowMotions::new(problem.span, &self.options)?,
            step: self.method.tangent(u),
            motions: Motions::new(stops),
            motion: StepMotion { start: [1.0, 0.0], length: [0.0; 2] },
            span_dot: [variation.t0, variation.t1],
            interval: Interval::new(problem.span.0, 0.0),
            p: problem.p.clone(),
            p_dot: variation.p.clone(),
            u: u.clone(),
            u_dot: variation.u0.clone(),
            scratch: u.clone(),
            values: Vec::new(),
            event_times: Vec::new(),
            evidence: checks.then(|| Evidence::of_tangents::<T, F>(1, ceiling.is_some(), &self.options)),
            sharply: !F::BREAKS && !F::ROUGH && ceiling.is_some_and(|ceiling| ceiling.is_idle()),
            failed: None,
        };
        let solution = self.run::<dyn Observer<_, _, _>>(ceiling, &mut carrier)?;
        if let Some((Interval { t, h, .. }, why)) = carrier.failed {
            return Err(Error::NoStep { model: F::NAME, t, dt: h, why: why.to_string() });
        }
        let Carrier { values, u_dot, event_times, evidence, .. } = carrier;
        let error = evidence.as_ref().and_then(Evidence::estimate);
        let tangents = Tangents { values, width: solution.width(), end: u_dot, event_times, error };
        Ok((solution, tangents, evidence))
    }

    /// Refuses tangents that are not finite: the error control did not look at them.
    fn check_tangents(
        &self,
        solution: &Solution<F::State, T>,
        tangents: &Tangents<F::State, T>,
    ) -> Result<(), Error> {
        let idxs = self.options.save_idxs.as_deref();
        let named = |i: usize| format!("the tangent of u[{i}]");
        check_finite(F::NAME, &tangents.values, |i| {
            let (row, column) = (i / tangents.width, i % tangents.width);
            (solution.times()[row], named(idxs.map_or(column, |idxs| idxs[column])))
        })?;
        let end = solution.end_time();
        if !all_finite(&tangents.end) {
            check_finite(F::NAME, tangents.end.as_slice(), |i| (end, named(i)))?;
        }
        check_finite(F::NAME, &tangents.event_times, |i| {
            (end, format!("the tangent of the time of event {i}"))
        })
    }
}

/// Carries a tangent along with a solve.
struct Carrier<'a, F, T, M, E>
where
    F: Jvp<T>,
    T: Real,
    M: TangentMethod<T, F>,
{
    problem: &'a OdeProblem<F, T>,
    options: &'a Options,
    events: &'a E,
    rows: RowMotions,
    step: M::Tangent,
    motions: Motions,
    motion: StepMotion,
    /// How the ends of the span move.
    span_dot: [T; 2],
    interval: Interval,
    p: F::Params,
    p_dot: F::Params,
    /// The state before the step at hand.
    u: F::State,
    /// The tangent after it.
    u_dot: F::State,
    scratch: F::State,
    values: Vec<T>,
    event_times: Vec<T>,
    /// How good the tangents of the steps are, where that is asked for and known.
    evidence: Option<Evidence>,
    /// Steps are looked at sharply.
    sharply: bool,
    /// The first step that had no derivative.
    failed: Option<(Interval, Failure)>,
}

impl<F, T, M, E> Carrier<'_, F, T, M, E>
where
    F: Jvp<T>,
    T: Real,
    M: TangentMethod<T, F>,
    E: DifferentiableEvents<T, F>,
{
    /// How a time moves.
    fn time_dot(&self, motion: Motion) -> T {
        self.span_dot[0].scale(motion[0]) + self.span_dot[1].scale(motion[1])
    }

    /// The tangent of a row inside the step, or at its end, in `self.scratch`.
    fn inside(&mut self, theta: f64) {
        let row_dot = self.time_dot(self.rows.inside(self.interval.t + theta * self.interval.h));
        let at = At { f: &self.problem.model, p: &self.p, interval: self.interval, u: &self.u };
        self.step.row(at, &self.p_dot, theta, row_dot, &mut self.scratch);
    }

    /// Whether a row at the end of the step moves with it.
    fn follows(&self) -> bool {
        let end = self.motion.at(1.0);
        self.rows.end(self.interval.end, end) == end
    }

    /// See [`event`](crate::sensitivity::event).
    fn jump(&mut self, record: &EventRecord<'_, F::State, F::Params>) {
        self.step.restart();
        if let Some(evidence) = &mut self.evidence {
            evidence.moves();
        }
        let mut switch = Switch::of(&self.problem.model);
        let Some(event) = switch.or_event(self.events, record.cause) else {
            return;
        };
        let t_dot = self.time_dot(record.step.map_or([1.0, 0.0], |_| self.motion.at(1.0)));
        let dots = (&mut self.u_dot, &mut self.p_dot);
        let time = push_jump(&self.problem.model, event, record, t_dot, &mut self.scratch, dots);
        assign(&mut self.p, record.after.1);
        if record.cause.is_event() {
            self.event_times.push(time);
        }
    }
}

impl<F, T, M, E> Observer<T, F::State, F::Params> for Carrier<'_, F, T, M, E>
where
    F: Jvp<T>,
    T: Real,
    M: TangentMethod<T, F>,
    E: DifferentiableEvents<T, F>,
{
    #[inline]
    fn step(&mut self, taken: &Taken<'_, F::State, T>) {
        let Taken { step, interval, u, .. } = *taken;
        assign(&mut self.u, u);
        self.interval = interval;
        self.motion = self.motions.record(step, interval.end);
        let (t_dot, h_dot) = (self.time_dot(self.motion.start), self.time_dot(self.motion.length));
        let at = At { f: &self.problem.model, p: &self.p, interval, u };
        let done = self.step.step(at, &self.p_dot, t_dot, h_dot, &mut self.u_dot);
        self.failed = self.failed.or(done.err().map(|why| (interval, why)));
        let step = &self.step;
        if let Some(evidence) = &mut self.evidence
            && h_dot.is_zero()
            && evidence.wants(interval.h)
            && step.component_error(interval, 0).is_some()
        {
            let tangents = self.u_dot.as_slice();
            evidence.open(tangents.len());
            for (i, u_dot) in tangents.iter().enumerate() {
                let errors = step.component_error(interval, i).unwrap_or([T::ZERO; 2]);
                let error = combined(errors.map(T::value));
                evidence.put(i, 1, |_| (u_dot.value(), error));
            }
            evidence.close(interval, false);
            if self.sharply && step.by_halves(at, &self.p_dot, &mut self.scratch) {
                for (i, (whole, halves)) in
                    self.u_dot.as_slice().iter().zip(self.scratch.as_slice()).enumerate()
                {
                    evidence.sharpen(i, (*whole - *halves).value());
                }
            }
        }
    }

    fn save(&mut self, _: usize, origin: RowOrigin) {
        let theta = match origin {
            RowOrigin::Inside { theta, .. } => Some(theta),
            RowOrigin::End { .. } if !self.follows() => Some(1.0),
            RowOrigin::Start | RowOrigin::End { .. } | RowOrigin::AfterEvent { .. } => None,
        };
        let row = match theta {
            Some(theta) => {
                self.inside(theta);
                self.scratch.as_slice()
            }
            None => self.u_dot.as_slice(),
        };
        match &self.options.save_idxs {
            None => self.values.extend_from_slice(row),
            Some(idxs) => self.values.extend(idxs.iter().map(|&i| row[i])),
        }
    }

    fn event(&mut self, record: EventRecord<'_, F::State, F::Params>) {
        self.jump(&record);
    }
}
