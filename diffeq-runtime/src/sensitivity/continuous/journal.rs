//! What a continuous adjoint keeps of a solve.

use crate::error::Error;
use crate::integrate::Dense;
use crate::integrate::EventRecord;
use crate::integrate::Inside;
use crate::integrate::Observer;
use crate::integrate::RowOrigin;
use crate::integrate::Solver;
use crate::integrate::Taken;
use crate::integrate::Wants;
use crate::problem::Rhs;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::DifferentiableEvents;
use crate::sensitivity::RunningCost;
use crate::sensitivity::continuous::Sums;
use crate::sensitivity::continuous::gauss;
use crate::sensitivity::continuous::samples::Samples;
use crate::sensitivity::motion::Motions;
use crate::sensitivity::motion::RowMotions;
use crate::sensitivity::motion::Stops;
use crate::sensitivity::step::Motion;
use crate::sensitivity::step::StepMotion;
use crate::sensitivity::tape::Tape;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::stepper::At;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Method;
use crate::stepper::Stepper;

/// Where the costate jumps, in the order in which the solve came there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stop {
    /// A row of the solution, and how its time moves with the span.
    Row { t: f64, motion: Motion },
    /// An event, and how it moves with the span, apart from a crossing.
    Jump { t: f64, motion: Motion },
}

/// What is kept of the solution itself.
#[derive(Debug, Clone)]
pub(super) enum Keep<V, T> {
    /// The interpolant of every step.
    Path(Dense<T>),
    /// States on the tape, of which the path is made again, so many steps at a time.
    States {
        path: Dense<T>,
        /// How many.
        window: usize,
    },
    /// A few states to compare with.
    Samples(Samples<V>),
}

/// The record of a solve.
#[derive(Debug, Clone)]
pub(super) struct Journal<V: 'static, P: 'static, T: 'static> {
    pub stops: Vec<Stop>,
    /// When each event took place, and how many steps of the path lie before.
    pub events: Vec<(f64, usize)>,
    pub tape: Tape<V, P, T>,
    pub keep: Keep<V, T>,
    pub end: V,
    pub end_time: f64,
    /// How the time of the end moves with the span.
    pub end_motion: Motion,
    /// Where a running cost had to be looked at in parts of a step: when each begins, and how long it is.
    pub parts: Vec<(f64, f64)>,
    rows: RowMotions,
    /// The step at hand.
    interval: Interval,
    motion: StepMotion,
}

/// How the states within a budget are divided: slots for checkpoints, and steps of which the path is kept at a time.
fn divide(budget: usize, degree: usize) -> (usize, usize) {
    // A step of the path is its start and the coefficients of its interpolant.
    let per_step = degree + 1;
    let window = (budget / (2 * per_step)).max(1);
    (budget.saturating_sub(window * per_step).max(1), window)
}

impl<V: Vector<T>, P: Vector<T>, T: Real> Journal<V, P, T> {
    /// An empty record, for a solve of which `states` states may be kept, or everything; or a few samples.
    pub fn new<F, M, E>(
        solver: &Solver<'_, F, T, M, E>,
        stepper: &dyn Stepper<T, F>,
        states: Option<usize>,
        samples: bool,
    ) -> Result<Self, Error>
    where
        F: Vjp<T, State = V, Params = P>,
        M: Method<T, F>,
        E: DifferentiableEvents<T, F>,
    {
        let problem = solver.problem;
        let stops = Stops::new::<T, F, E>(problem.span, &solver.options, &solver.events);
        let (slots, keep) = match states {
            _ if samples => (1, Keep::Samples(Samples::new())),
            None => (1, Keep::Path(Dense::new())),
            Some(budget) => {
                let (slots, window) = divide(budget, stepper.degree());
                (slots, Keep::States { path: Dense::new(), window })
            }
        };
        Ok(Self {
            stops: Vec::new(),
            events: Vec::new(),
            tape: Tape::new(
                Some(slots),
                Motions::new(stops),
                &problem.p,
                problem.u0.as_slice().len(),
                stepper.remembers(),
            ),
            keep,
            end: problem.u0.clone(),
            end_time: problem.span.0,
            end_motion: [1.0, 0.0],
            parts: Vec::new(),
            rows: RowMotions::new(problem.span, &solver.options)?,
            interval: Interval::new(problem.span.0, 0.0),
            motion: StepMotion { start: [1.0, 0.0], length: [0.0; 2] },
        })
    }

    /// How many steps of the path there are.
    pub fn steps(&self) -> usize {
        match &self.keep {
            Keep::Path(path) => path.len(),
            Keep::States { .. } => self.tape.steps.len(),
            Keep::Samples(_) => 0,
        }
    }

    /// Where each step of the path begins and ends, from the last on.
    pub fn ends_back(&self) -> Vec<(f64, f64)> {
        match &self.keep {
            Keep::Path(path) => path.ends().rev().collect(),
            Keep::States { .. } => self.tape.steps.iter().rev().map(|step| (step.t, step.end)).collect(),
            Keep::Samples(_) => Vec::new(),
        }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.stops.len() - self.events.len()
    }

    /// Makes the path of some steps again, from the states that are kept.
    ///
    /// # Errors
    ///
    /// Where a step can't be done again.
    pub fn retrace<F>(
        &mut self,
        steps: std::ops::Range<usize>,
        (f, p, tolerances): (&F, &P, &Tolerances),
        stepper: &mut dyn Stepper<T, F>,
        memory: [&mut V; 2],
    ) -> Result<(), Failure>
    where
        F: System<T, State = V, Params = P>,
    {
        let Self { tape, keep, .. } = self;
        let Keep::States { path, .. } = keep else { return Ok(()) };
        let [u, next] = memory;
        path.clear();
        tape.state(steps.start, (f, tolerances), stepper, next, u)?;
        tape.ready(steps.start, (f, p, tolerances), stepper, u)?;
        let first = steps.start;
        for step in steps {
            let interval = tape.steps[step];
            if step > first && interval.begins_anew() {
                stepper.begin(f, p, interval.from, u, tolerances)?;
            }
            let at = At { f, p, interval, u };
            stepper.step(at, tolerances, next)?;
            stepper.prepare_dense(at, next);
            path.push(at.interval, |out| {
                out.extend_from_slice(at.u.as_slice());
                stepper.dense_coefficients(at, next, out);
            });
            stepper.accept();
            std::mem::swap(u, next);
        }
        Ok(())
    }
}

impl<T: Real, V: Vector<T>, P: Vector<T>> Observer<T, V, P> for Journal<V, P, T> {
    #[inline]
    fn wants(&self) -> Wants {
        let states = matches!(self.keep, Keep::States { .. });
        Wants { kept: false, snapshots: states, inside: matches!(self.keep, Keep::Path(_)) }
    }

    #[inline]
    fn step(&mut self, taken: &Taken<'_, V, T>) {
        let Taken { step, interval, u, .. } = *taken;
        self.interval = interval;
        self.motion = self.tape.motions.record(step, interval.end);
        self.end_motion = self.motion.at(1.0);
        match &mut self.keep {
            Keep::Path(_) => {}
            Keep::States { .. } => {
                self.tape.start(taken);
            }
            Keep::Samples(samples) => samples.record(step, interval.t, u, self.tape.jumps.len()),
        }
    }

    #[inline]
    fn inside(&mut self, step: &mut dyn Inside<T, V>) {
        if let Keep::Path(path) = &mut self.keep {
            path.step(step);
        }
    }

    fn save(&mut self, _: usize, origin: RowOrigin) {
        let Interval { t, h, end, .. } = self.interval;
        let at_end = self.motion.at(1.0);
        let (t, motion) = match origin {
            RowOrigin::Start => (t, [1.0, 0.0]),
            RowOrigin::Inside { theta, .. } => (t + theta * h, self.rows.inside(t + theta * h)),
            RowOrigin::End { .. } => (end, self.rows.end(end, at_end)),
            RowOrigin::AfterEvent { .. } => (end, at_end),
        };
        self.stops.push(Stop::Row { t, motion });
    }

    fn event(&mut self, record: EventRecord<'_, V, P>) {
        let motion = record.step.map_or([1.0, 0.0], |_| self.motion.at(1.0));
        self.stops.push(Stop::Jump { t: record.t, motion });
        self.events.push((record.t, self.steps()));
        <Tape<V, P, T> as Observer<T, V, P>>::event(&mut self.tape, record);
    }
}

/// Gathers a running cost while the journal is written.
pub(super) struct WithCost<'a, F: Rhs<T>, T: Real, C> {
    pub journal: &'a mut Journal<F::State, F::Params, T>,
    pub cost: &'a C,
    /// What the cost sums up to so far.
    pub total: T,
    /// The order of the method that solves, and its tolerances.
    pub order: usize,
    pub tolerances: &'a Tolerances,
    /// Memory for sums.
    pub sums: Sums<T>,
}

impl<F, T, C> Observer<T, F::State, F::Params> for WithCost<'_, F, T, C>
where
    F: Rhs<T>,
    T: Real,
    C: RunningCost<T, F>,
{
    #[inline]
    fn wants(&self) -> Wants {
        let wants = Observer::<T, F::State, F::Params>::wants(self.journal);
        Wants { inside: wants.inside || !C::IS_NONE, ..wants }
    }

    #[inline]
    fn step(&mut self, taken: &Taken<'_, F::State, T>) {
        self.journal.step(taken);
    }

    #[inline]
    fn inside(&mut self, step: &mut dyn Inside<T, F::State>) {
        if !C::IS_NONE {
            let (interval, tape) = (step.interval(), &self.journal.tape);
            let p = tape.p(tape.jumps.len());
            let mut integrand = |theta: f64, factor: f64, sum: &mut T| {
                let t = T::lit(interval.t + theta * interval.h);
                *sum += self.cost.value(step.state(theta), p, t).scale(factor);
            };
            gauss::integrate(
                interval.h,
                self.order,
                &mut integrand,
                &mut self.total,
                self.tolerances,
                &mut self.sums,
            );
            if let parts @ [_, _, ..] = &*self.sums.parts {
                let place =
                    |(start, width): &(f64, f64)| (interval.t + start * interval.h, width * interval.h.abs());
                self.journal.parts.extend(parts.iter().map(place));
            }
        }
        self.journal.inside(step);
    }

    fn save(&mut self, row: usize, origin: RowOrigin) {
        Observer::<T, F::State, F::Params>::save(self.journal, row, origin);
    }

    fn event(&mut self, record: EventRecord<'_, F::State, F::Params>) {
        self.journal.event(record);
    }
}
