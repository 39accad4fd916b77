//! The way back: a solve of the adjoint equation from each event to the one before it, with jumps at the rows.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use crate::error::Error;
use crate::integrate::Ceiling;
use crate::integrate::Inside;
use crate::integrate::Integrator;
use crate::integrate::Options;
use crate::integrate::Solver;
use crate::integrate::Stretch;
use crate::integrate::Trigger;
use crate::problem::OdeProblem;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::Cotangents;
use crate::sensitivity::Gradient;
use crate::sensitivity::RunningCost;
use crate::sensitivity::check_finite;
use crate::sensitivity::continuous::AdjointEquation;
use crate::sensitivity::continuous::AdjointVariant;
use crate::sensitivity::continuous::Continuous;
use crate::sensitivity::continuous::Sums;
use crate::sensitivity::continuous::equation::CostateBuffers;
use crate::sensitivity::continuous::estimate::Findings;
use crate::sensitivity::continuous::estimate::Lookout;
use crate::sensitivity::continuous::estimate::Stricter;
use crate::sensitivity::continuous::journal::Journal;
use crate::sensitivity::continuous::journal::Keep;
use crate::sensitivity::continuous::journal::Stop;
use crate::sensitivity::event::DifferentiableEvents;
use crate::sensitivity::event::pull_jump;
use crate::sensitivity::step::Motion;
use crate::sensitivity::switch::Switch;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::add_scaled;
use crate::space::assign;
use crate::space::dot;
use crate::stepper::Method;

/// How many steps of the solve a backward step may go over.
const STEPS_AT_ONCE: usize = 8;

/// Nor does it go from a step to one that is shorter by more than this factor.
const UNLIKE: f64 = 4.0;

/// A sweep on its way back.
pub(super) struct Sweep<'a, F: Vjp<T>, T: Real, K, B, C> {
    problem: &'a OdeProblem<F, T>,
    pub(super) adjoint: &'a Continuous<K, B, C>,
    /// Those of the solve.
    pub(super) forward: &'a Options,
    /// Those of the backward solves.
    pub(super) options: Options,
    cotangents: &'a Cotangents<'a, F::State, T>,
    /// Lent to the equation of a leg.
    buffers: Option<CostateBuffers<F, T>>,
    /// Where the sweep is.
    t: f64,
    lambda: F::State,
    p_bar: F::Params,
    span_bar: [T; 2],
    /// The solution where a leg begins.
    u: F::State,
    /// The cotangent of the row at hand.
    row: F::State,
    scratch: F::State,
    sums: Sums<F::Params>,
    /// How good the steps are, where that is asked for.
    lookout: Option<Lookout>,
    /// Stops, rows and jumps that are still to come.
    stops: usize,
    rows: usize,
    pub(super) jumps: usize,
    /// The steps of the path that are still to come.
    steps: usize,
    /// The event that ended the solve is still to come: nothing that lies there moves.
    ended: bool,
}

/// A part of the way back without events.
pub(super) struct Leg {
    /// Where it begins, and where it ends: against the direction of the solve.
    from: f64,
    to: f64,
    /// The steps of the path that it lies in.
    steps: Range<usize>,
}

impl<'a, F, T, K, B, C> Sweep<'a, F, T, K, B, C>
where
    F: Vjp<T>,
    T: Real,
    K: AdjointVariant<F, T>,
    B: for<'x> Method<T, AdjointEquation<'x, F, T, K, C>>,
    C: RunningCost<T, F>,
{
    /// A sweep at the end of a solve.
    pub fn new<M, E>(
        solver: &'a Solver<'_, F, T, M, E>,
        adjoint: &'a Continuous<K, B, C>,
        cotangents: &'a Cotangents<'a, F::State, T>,
        journal: &Journal<F::State, F::Params, T>,
        stricter: Stricter,
    ) -> Self {
        let problem = solver.problem;
        let zeros = || problem.u0.zeros_like();
        let lambda = cotangents.end.map_or_else(zeros, Clone::clone);
        let sizes = (problem.p.as_slice().len(), problem.u0.as_slice().len());
        let mut options = adjoint.options::<F, T>(&solver.options, sizes.0, sizes.1);
        let lookout = Lookout::new(&options);
        stricter.apply(&mut options.tolerances);
        Self {
            problem,
            adjoint,
            forward: &solver.options,
            lookout,
            options,
            cotangents,
            buffers: None,
            t: journal.end_time,
            lambda,
            p_bar: problem.p.zeros_like(),
            span_bar: [T::ZERO; 2],
            u: journal.end.clone(),
            row: zeros(),
            scratch: zeros(),
            sums: Sums::default(),
            stops: journal.stops.len(),
            rows: journal.rows(),
            jumps: journal.tape.jumps.len(),
            steps: journal.steps(),
            ended: journal.tape.jumps.last().is_some_and(|jump| jump.ends),
        }
    }

    /// From the end to the start: the gradient, with what it was solved by, and what is said of it.
    #[allow(clippy::type_complexity)]
    pub fn run<M, E>(
        mut self,
        solver: &Solver<'_, F, T, M, E>,
        journal: &mut Journal<F::State, F::Params, T>,
        stepper: &mut M::Stepper,
    ) -> Result<(Gradient<F::State, F::Params, T>, Tolerances, Option<Findings>), Error>
    where
        M: Method<T, F>,
        E: DifferentiableEvents<T, F>,
    {
        if !self.ended {
            self.span_moves(journal, journal.end_motion);
        }
        self.rows_here(journal);
        loop {
            while let Some(&Stop::Jump { t, motion }) = journal.stops[..self.stops].last()
                && t == self.t
            {
                self.jump(&solver.events, journal, motion);
                let cotangent = |i| (t, format!("the cotangent of u[{i}]"));
                check_finite(F::NAME, self.lambda.as_slice(), cotangent)?;
                self.rows_here(journal);
            }
            if self.t == self.problem.span.0 {
                break;
            }
            let leg = self.next_leg(journal);
            if leg.from != leg.to {
                if let Keep::States { .. } = journal.keep {
                    let p = journal.tape.p(self.jumps).clone();
                    let memory = [&mut self.scratch, &mut self.row];
                    let model = (&self.problem.model, &p, &self.forward.tolerances);
                    let first = journal.tape.steps[leg.steps.start];
                    journal.retrace(leg.steps.clone(), model, stepper, memory).map_err(|why| {
                        Error::NoStep { model: F::NAME, t: first.t, dt: first.h, why: why.to_string() }
                    })?;
                }
                self.travel(journal, &leg).map_err(|error| error.of_adjoint(F::NAME))?;
            }
            (self.t, self.steps) = (leg.to, leg.steps.start);
        }
        assign(&mut self.u, &self.problem.u0);
        self.span_moves(journal, [-1.0, 0.0]);
        let [t0, t1] = self.span_bar;
        let findings = self.lookout.and_then(|lookout| {
            Findings::new::<T>(&lookout, &self.sums.errors, &self.options.tolerances, K::PARAMS)
        });
        let error = findings.map(|findings| findings.error);
        let gradient = Gradient { u0: self.lambda, p: self.p_bar, t0, t1, error }.finite(F::NAME, self.t)?;
        Ok((gradient, self.options.tolerances, findings))
    }

    /// An end of the span moves: the solution and the running cost go on along it, or begin later.
    fn span_moves(&mut self, journal: &Journal<F::State, F::Params, T>, motion: Motion) {
        let (p, t) = (journal.tape.p(self.jumps), T::lit(self.t));
        self.problem.model.rhs(&mut self.scratch, &self.u, p, t);
        let along = dot(&self.lambda, &self.scratch) + self.adjoint.cost.value(&self.u, p, t);
        self.add_motion(along, motion);
    }

    fn add_motion(&mut self, along: T, motion: Motion) {
        for (span_bar, motion) in self.span_bar.iter_mut().zip(motion) {
            *span_bar += along.scale(motion);
        }
    }

    /// The next row back, if it lies at `t` or after; its cotangent is then in `self.row`.
    fn next_row(&mut self, journal: &Journal<F::State, F::Params, T>, t: f64) -> Option<Motion> {
        let Some(&Stop::Row { t: at, motion }) = journal.stops[..self.stops].last() else { return None };
        if (at - t) * self.direction() < 0.0 {
            return None;
        }
        (self.stops, self.rows) = (self.stops - 1, self.rows - 1);
        self.cotangents.row(self.rows, self.forward.save_idxs.as_deref(), &mut self.row);
        Some(motion)
    }

    /// 1 where the solve went forwards in time, -1 backwards.
    fn direction(&self) -> f64 {
        (self.problem.span.1 - self.problem.span.0).signum()
    }

    /// The rows where the sweep is, the solution there being `self.u`.
    fn rows_here(&mut self, journal: &Journal<F::State, F::Params, T>) {
        while let Some(motion) = self.next_row(journal, self.t) {
            add_scaled(&mut self.lambda, 1.0, &self.row);
            if !self.ended && motion != [0.0; 2] {
                let (p, t) = (journal.tape.p(self.jumps), T::lit(self.t));
                self.problem.model.rhs(&mut self.scratch, &self.u, p, t);
                self.add_motion(dot(&self.row, &self.scratch), motion);
            }
        }
    }

    /// From after an event to before it; see [`event`](crate::sensitivity::event).
    ///
    /// The sweep's cotangents are those of states at times that do not move. At a crossing the time of the event moves
    /// with all that its condition depends on, and that is all; an event at a given time, or at the end of a step, moves
    /// with the span by `motion`.
    #[cold]
    fn jump<E: DifferentiableEvents<T, F>>(
        &mut self,
        events: &E,
        journal: &Journal<F::State, F::Params, T>,
        motion: Motion,
    ) {
        (self.stops, self.jumps) = (self.stops - 1, self.jumps - 1);
        let jump = &journal.tape.jumps[self.jumps];
        let mut switch = Switch::of(&self.problem.model);
        let Some(event) = switch.or_event(events, jump.cause) else {
            return;
        };
        let (f, cost, t) = (&self.problem.model, &self.adjoint.cost, T::lit(jump.t));
        let (before, after) = (&jump.before, &jump.after);
        let mut time_bar = cost.value(&before.0, &before.1, t);
        if jump.cause.is_event() {
            time_bar += self.cotangents.event_time(journal.tape.events(self.jumps));
        }
        let mut along = T::ZERO;
        if !jump.ends {
            time_bar += -cost.value(&after.0, &after.1, t);
            f.rhs(&mut self.scratch, &after.0, &after.1, t);
            along += -dot(&self.lambda, &self.scratch);
        }
        let bars = (&mut self.lambda, &mut self.p_bar);
        let t_bar = pull_jump(f, event, jump, time_bar, &mut self.scratch, bars);
        if !matches!(event.trigger(), Trigger::Crossing(_)) {
            f.rhs(&mut self.scratch, &before.0, &before.1, t);
            along += dot(&self.lambda, &self.scratch);
            self.add_motion(along + t_bar, motion);
        }
        assign(&mut self.u, &before.0);
        self.ended = false;
    }

    /// To the event before, or to the start; or as far as the path is made again at once.
    fn next_leg(&self, journal: &Journal<F::State, F::Params, T>) -> Leg {
        let event = journal.events[..self.jumps].last();
        let (mut to, mut first) = event.copied().unwrap_or((self.problem.span.0, 0));
        if let Keep::States { window, .. } = journal.keep
            && self.steps - first > window
        {
            first = self.steps - window;
            to = journal.tape.steps[first].t;
        }
        Leg { from: self.t, to, steps: first..self.steps }
    }

    /// Where the steps of a leg have to end: where the costate jumps, where the right-hand side does, and where the
    /// solution is compared.
    fn stops_of(&mut self, journal: &Journal<F::State, F::Params, T>, leg: &Leg) -> Vec<f64> {
        let mut stops = Vec::new();
        let mut row = self.rows;
        for stop in journal.stops[..self.stops].iter().rev() {
            let &Stop::Row { t, .. } = stop else { break };
            if (t - leg.to) * self.direction() <= 0.0 {
                break;
            }
            row -= 1;
            self.cotangents.row(row, self.forward.save_idxs.as_deref(), &mut self.row);
            if self.row.as_slice().iter().any(|w| !w.is_zero()) {
                stops.push(t);
            }
        }
        let samples = self.samples(journal).map(|sample| sample.t);
        let inside = |t: &f64| (t - leg.to) * (t - leg.from) < 0.0;
        stops.retain(inside);
        stops.extend(self.forward.tstops.iter().copied().chain(samples).filter(inside));
        // A leg may begin or end on a stop as well, or on an event at a given time.
        let is_stop =
            |t: &f64| self.forward.tstops.contains(t) || journal.events.iter().any(|(at, _)| at == t);
        stops.extend([leg.from, leg.to].into_iter().filter(is_stop));
        stops
    }

    /// The adjoint equation over some steps of the path.
    pub(super) fn equation<'x>(
        model: &'x F,
        cost: &'x C,
        journal: &'x Journal<F::State, F::Params, T>,
        steps: Range<usize>,
        buffers: &'x mut CostateBuffers<F, T>,
    ) -> AdjointEquation<'x, F, T, K, C> {
        let path = match &journal.keep {
            // The path made again holds nothing but these steps.
            Keep::States { path, .. } => Some((path, 0..path.len())),
            Keep::Path(path) => Some((path, steps)),
            Keep::Samples(_) => None,
        };
        AdjointEquation { model, cost, path, buffers: RefCell::new(buffers), variant: PhantomData }
    }

    /// No backward step is longer than some of the solve: a front that the solve resolved is not stepped over, because the
    /// costate rests there.
    fn ceiling(&self, journal: &Journal<F::State, F::Params, T>, leg: &Leg) -> Ceiling {
        let back = leg.to - leg.from;
        let mut steps = journal.ends_back();
        steps.retain(|(start, end)| (start - leg.from) * back > 0.0 && (leg.to - end) * back > 0.0);
        let mut stretches = Vec::with_capacity(steps.len());
        let mut parts = journal.parts.iter().rev().peekable();
        for (n, &(start, end)) in steps.iter().enumerate() {
            let mut largest = (end - start).abs();
            let alike = |next: &&(f64, f64)| {
                let h = (next.1 - next.0).abs();
                largest = largest.max(h);
                h >= largest / UNLIKE
            };
            let reach = steps[n..].iter().take(STEPS_AT_ONCE).take_while(alike).last();
            let reach = reach.map_or(start, |last| last.0);
            // What a cost needs parts of a step for, its gradient does as well.
            while parts.next_if(|(t, _)| (end - t) * back >= 0.0).is_some() {}
            let first = stretches.len();
            while let Some(&(part, longest)) = parts.next_if(|(t, _)| (start - t) * back >= 0.0) {
                stretches.push(Stretch { end: part, longest, reach: part, ends_a_step: false });
            }
            if stretches.len() == first {
                stretches.push(Stretch { end: start, longest: f64::INFINITY, reach, ends_a_step: false });
            }
        }
        Ceiling { stretches }
    }

    /// Solves the adjoint equation over a leg.
    fn travel(&mut self, journal: &Journal<F::State, F::Params, T>, leg: &Leg) -> Result<(), Error> {
        let tstops = self.stops_of(journal, leg);
        let p = journal.tape.p(self.jumps);
        let mut buffers = self.buffers.take().unwrap_or_else(|| CostateBuffers::new(&self.u, p));
        let (model, cost) = (&self.problem.model, &self.adjoint.cost);
        let equation = Self::equation(model, cost, journal, leg.steps.clone(), &mut buffers);
        let state = K::join(&self.lambda, &self.p_bar, &self.u);
        let problem = OdeProblem::new(equation, state, (leg.from, leg.to), p.clone());
        let mut solver = problem.solver(self.adjoint.method.clone()).options(self.options.clone());
        solver.options.tstops = tstops;
        let order = self.adjoint.method.facts().order;
        let mut integrator = solver.integrator()?;
        integrator.hold_down(&Arc::new(self.ceiling(journal, leg)));
        let (n, m) = (self.lambda.as_slice().len(), self.p_bar.as_slice().len());
        let (mut since, mut patience) = (0, Self::patience(journal));
        loop {
            match integrator.advance() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    return Err(self.failed(journal, &problem, integrator.t(), integrator.u(), error));
                }
            }
            if let Some(lookout) = &mut self.lookout {
                let params = K::PARAMS.then_some((m, &mut self.sums.errors));
                lookout.look(&integrator, n, params);
            }
            let interval = integrator.interval();
            let mut integrand = |theta: f64, factor: f64, p_bar: &mut F::Params| {
                let state = integrator.state(theta).as_slice();
                problem.model.pull_params(state, -factor, p, interval.t + theta * interval.h, p_bar);
            };
            let (tolerances, sums) = (&self.options.tolerances, &mut self.sums);
            K::integrate(interval.h, order, &mut integrand, &mut self.p_bar, tolerances, sums);
            integrator.commit(&mut ())?;
            // Steps that are short because they have to be say nothing.
            since += usize::from(2.0 * interval.h.abs() < self.options.dt_max);
            if self.rows_of_leg(journal, &problem.model, &mut integrator)? {
                (since, patience) = (0, Self::patience(journal));
            } else if K::SOLUTION && since >= patience {
                self.check(journal, &problem, integrator.t(), integrator.u())?;
                patience *= 2;
            }
        }
        // The next leg goes on with steps of this size.
        self.options.dt = Some(integrator.next_size() * (leg.to - leg.from).signum());
        let parts = integrator.u().as_slice();
        self.lambda.as_mut_slice().copy_from_slice(&parts[..n]);
        if K::PARAMS {
            self.p_bar.as_mut_slice().copy_from_slice(&parts[n..n + m]);
        }
        drop(integrator);
        drop(solver);
        drop(problem);
        self.buffers = Some(buffers);
        Ok(())
    }

    /// The jumps of the costate where a solve of a leg is; whether the solution was compared there.
    #[inline]
    fn rows_of_leg<'x>(
        &mut self,
        journal: &Journal<F::State, F::Params, T>,
        equation: &AdjointEquation<'x, F, T, K, C>,
        integrator: &mut Integrator<'_, T, AdjointEquation<'x, F, T, K, C>, B>,
    ) -> Result<bool, Error> {
        let t = integrator.t();
        while let Some(motion) = self.next_row(journal, t) {
            if self.row.as_slice().iter().all(|w| w.is_zero()) {
                continue;
            }
            if motion != [0.0; 2] {
                let p = journal.tape.p(self.jumps);
                let along = equation.along(self.row.as_slice(), integrator.u().as_slice(), p, t);
                self.add_motion(along, motion);
            }
            integrator.change(|state| {
                for (lambda, row) in state.as_mut_slice().iter_mut().zip(self.row.as_slice()) {
                    *lambda += *row;
                }
            })?;
        }
        self.compare(journal, integrator)
    }
}
