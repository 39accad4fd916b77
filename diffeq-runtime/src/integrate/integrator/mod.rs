//! A solve in progress: one step at a time.

mod ahead;
mod cause;
mod crossing;
mod current;
mod domain;
mod events;
mod failure;
mod occurrence;
mod start;
mod switching;
mod testify;
mod unseen;
mod verdict;
mod written;

pub use events::EventSet;
pub(crate) use switching::differs;
pub(crate) use switching::landing;

use std::sync::Arc;

use crate::control::ErrorHistory;
use crate::control::Verdict;
use crate::error::Error;
use crate::integrate::Ceiling;
use crate::integrate::Evidence;
use crate::integrate::Inside;
use crate::integrate::Observer;
use crate::integrate::Occurrence;
use crate::integrate::Options;
use crate::integrate::Solution;
use crate::integrate::Stats;
use crate::integrate::Taken;
use crate::integrate::Wants;
use crate::integrate::clock::Clock;
use crate::integrate::event::Watch;

use crate::integrate::integrator::current::Current;
use crate::integrate::integrator::events::Attend;
use crate::integrate::integrator::verdict::Refusal;
use crate::problem::Memento;
use crate::problem::OdeProblem;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;
use crate::space::assign_from;
use crate::stepper::At;
use crate::stepper::Interval;
use crate::stepper::Method;
use crate::stepper::Snapshot;
use crate::stepper::Stepper;

pub(crate) use testify::combined;

/// Whether a state `(u, p, t)` is outside the domain of the model.
pub(super) type Domain<'a, V, P> = Box<dyn Fn(&V, &P, f64) -> bool + 'a>;

/// A solve in progress.
///
/// [`advance`](Self::advance) takes a step, and leaves both its ends to look at; [`commit`](Self::commit) moves on to
/// its end and lets events take place there.
pub struct Integrator<'a, T: Real, F: System<T>, M: Method<T, F>> {
    stepper: M::Stepper,
    course: Course<'a, T, F>,
    /// Takes steps of half the length, where the errors of derivatives are looked at sharply.
    probe: Option<M::Stepper>,
    /// The past of this solve, where the system keeps one.
    past: Option<Memento>,
}

/// All of a solve in progress but its stepper: what is seldom done is compiled once for a model, and not once for each
/// method, since it sees a `dyn Stepper`.
struct Course<'a, T: Real, F: System<T>> {
    f: &'a F,
    options: &'a Options,
    domain: Option<&'a Domain<'a, F::State, F::Params>>,
    /// The times to save at, where there is a domain for these rows to lie in; and how many are behind.
    rows: Vec<f64>,
    rows_behind: usize,
    /// Where a step began that left the domain, the last time that one did.
    left_domain_from: f64,
    events: &'a dyn EventSet<T, F>,
    /// What there is to do about them; nothing without any.
    attention: Option<&'a dyn Attend<T, F>>,
    watch: Watch,
    clock: Clock,
    span: (f64, f64),
    /// The order of the method.
    order: usize,
    /// The largest of the times of the span, without sign: what the clock is rounded by.
    longest_time: f64,
    history: ErrorHistory,
    /// The size of the next attempt, without sign.
    h: f64,
    /// The power of `h` with which the error falls; `None` for steps of fixed size.
    exponent: Option<f64>,
    /// The step last attempted, and taken where that succeeded.
    interval: Interval,
    u: F::State,
    next: F::State,
    /// The state inside a step.
    inside: F::State,
    p: Current<'a, F::Params>,
    /// The parameters before an event.
    p_before: Current<'a, F::Params>,
    /// Room for floats, where the solve's own reals are others and the model is compared with its function.
    reals: Vec<f64>,
    stats: Stats,
    occurrences: Vec<Occurrence>,
    events_took_place: bool,
    /// The switching times of the system, as the parameters have them.
    switches: Vec<T>,
    wants: Wants,
    /// What the step to come depends on beside `u`.
    snapshot: Snapshot<T>,
}

impl<T: Real, F: System<T>> Course<'_, T, F> {
    /// The step from here over an interval.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn over(&self, interval: Interval) -> At<'_, T, F> {
        At { f: self.f, p: &self.p, interval, u: &self.u }
    }
}

impl<'a, T: Real, F: System<T>, M: Method<T, F>> Integrator<'a, T, F, M> {
    /// A solve from its start, with what it consists of.
    pub(super) fn new(
        problem: &'a OdeProblem<F, T>,
        method: &M,
        options: &'a Options,
        events: &'a dyn EventSet<T, F>,
        domain: Option<&'a Domain<'a, F::State, F::Params>>,
    ) -> Result<Self, Error> {
        let (stepper, facts) = (method.stepper(&problem.u0), method.facts());
        let course =
            Course::new((&problem.model, &problem.p), &problem.u0, problem.span, options, events, facts)?;
        method.check(&problem.model, (&problem.u0, &problem.p), problem.span)?;
        let mut integrator = Self { stepper, course, probe: None, past: None };
        integrator.course.domain = domain;
        if let (Some(_), Some(grid)) = (domain, &options.save_at) {
            integrator.course.rows = grid.times(problem.span)?;
        }
        integrator.course.start(&mut integrator.stepper, problem.span, facts)?;
        if F::BREAKS {
            integrator.past = problem.model.memento();
        }
        Ok(integrator)
    }

    /// What an observer wants to see: from now on it is kept.
    pub(super) fn show(&mut self, wants: Wants) {
        let Self { stepper, course, .. } = self;
        course.wants = Wants { snapshots: wants.snapshots && stepper.remembers(), ..wants };
        if wants.kept {
            stepper.keep(course.f, &course.u);
        }
    }

    /// From now on steps are no longer than this.
    pub(crate) fn hold_down(&mut self, ceiling: &Arc<Ceiling>) {
        self.course.clock.hold_down(ceiling.clone());
    }

    /// Whether the error of steps decides on their size.
    pub(super) fn is_adaptive(&self) -> bool {
        self.course.exponent.is_some()
    }

    /// Tells of the derivatives that the step just taken carries.
    #[inline(never)]
    pub(super) fn testify(&mut self, evidence: &mut Evidence) {
        let Self { stepper, course, probe, .. } = self;
        course.testify(stepper, evidence);
        if let Some(probe) = probe {
            course.testify_by_halves(probe, evidence);
        }
    }

    /// From now on derivatives are also compared with those of steps of half the length. Not of a method whose steps depend on
    /// those before, nor of a system that remembers steps.
    pub(super) fn look_sharply(&mut self, method: &M) {
        let halves = !self.stepper.remembers() && !F::BREAKS && !F::ROUGH;
        self.probe = halves.then(|| method.stepper(&self.course.u));
    }

    /// Lets events at the very start take place.
    pub(super) fn begin<O>(&mut self, observer: &mut O) -> Result<(), Error>
    where
        O: Observer<T, F::State, F::Params> + ?Sized,
    {
        self.course.begin(&mut self.stepper, &mut |record| observer.event(record))
    }

    /// Takes one step, as long as its error allows; false at the end of the span.
    ///
    /// # Errors
    ///
    /// Where no step is possible: see [`Error`].
    pub fn advance(&mut self) -> Result<bool, Error> {
        self.advance_beyond(0)
    }

    /// Takes a step behind so many [`unseen`](Self::unseen) ones, which are all that a loop over steps of one size does where
    /// nothing else is asked of it.
    pub(super) fn advance_beyond(&mut self, unseen: usize) -> Result<bool, Error> {
        let Self { stepper, course, past, .. } = self;
        if !course.clock.remains() {
            return Ok(false);
        }
        if let Some(past) = past {
            course.f.recall(past);
        }
        if course.wants.snapshots {
            stepper.save(&mut course.snapshot);
        }
        loop {
            if unseen > 0 {
                self.pass_unseen(unseen)?;
            }
            self.step()?;
            let Self { stepper, course, .. } = self;
            match course.attention {
                Some(attention) if course.watch.has_crossings() => {
                    if attention.ends_on_crossing(course, stepper)? {
                        return Ok(true);
                    }
                }
                _ => return Ok(true),
            }
        }
    }

    /// Attempts until the error of one allows it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn step(&mut self) -> Result<(), Error> {
        loop {
            let Self { stepper, course, .. } = self;
            if course.stats.accepted + course.stats.rejected >= course.options.max_steps {
                return Err(course.budget_spent(stepper));
            }
            if F::ROUGH && course.exponent.is_some() {
                let (t, direction) = (course.clock.t(), course.clock.direction());
                course.h = course.f.stride(t, course.h * direction).abs();
            }
            let interval = course.clock.interval(course.h);
            let Course { f, p, u, next, options, .. } = course;
            let at = At { f: *f, p, interval, u };
            let tolerances = &options.tolerances;
            let taken = stepper.step(at, tolerances, next);
            course.interval = interval;
            if course.exponent.is_none() && taken.is_ok() {
                if !course.stands(stepper) {
                    return Err(course.refused(stepper));
                }
                let h = course.interval.h.abs();
                if h > course.h {
                    course.h = course.limited(h);
                }
                return Ok(());
            }
            let log_errors = course.history.log_errors;
            let (verdict, refusal) = match taken {
                Ok(()) => {
                    let quality = stepper.quality(course.over(course.interval), &course.next, tolerances);
                    course.judge(quality, stepper)
                }
                Err(why) => course.failed(why),
            };
            match verdict {
                Verdict::Accept { factor } => {
                    let h = course.interval.h.abs();
                    if h >= course.h {
                        course.h = course.limited(h * factor);
                    } else {
                        // A step cut short by a stop says little about how long the next may be, and its small error
                        // nothing about how errors go.
                        course.h = course.limited(f64::max(h * factor, course.h));
                        course.history.log_errors = log_errors;
                    }
                    return Ok(());
                }
                Verdict::Retry { factor } => {
                    course.stats.rejected += 1;
                    course.h = course.shorter(stepper, factor, refusal)?;
                    stepper.reject(if let Refusal::Failed(why) = refusal { Some(why) } else { None });
                    if F::BREAKS {
                        course.look_ahead();
                    }
                }
            }
        }
    }

    /// Moves to the end of the step just taken, and lets the events there take place.
    ///
    /// # Errors
    ///
    /// A condition that is not finite; an event that leaves a state or parameters that are not, or of another length.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn commit<O>(&mut self, observer: &mut O) -> Result<(), Error>
    where
        O: Observer<T, F::State, F::Params> + ?Sized,
    {
        self.course.clock.advance(self.course.interval);
        self.arrive();
        let Self { stepper, course, .. } = self;
        if course.clock.from() != course.clock.t() {
            course.begin_stepper(stepper)?;
        }
        let step = course.stats.accepted - 1;
        course.events_took_place = false;
        if F::SWITCHES > 0 {
            course.switch(stepper, step, &mut |record| observer.event(record))?;
        }
        if F::BREAKS && course.clock.from() != course.clock.t() {
            course.pass_break(stepper, step, &mut |record| observer.event(record))?;
        }
        if let Some(attention) = course.attention {
            attention.look_at_end(course, stepper, step, &mut |record| observer.event(record))?;
        }
        course.look_ahead();
        course.compare_where_asked()
    }

    /// The end of the step just taken is the start of the next.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn arrive(&mut self) {
        let Self { stepper, course, .. } = self;
        assign_from(&mut course.u, &mut course.next);
        stepper.accept();
        course.stats.accepted += 1;
    }

    pub(super) fn step_index(&self) -> usize {
        self.course.stats.accepted
    }

    /// Where the solve is.
    pub fn t(&self) -> f64 {
        self.course.clock.t()
    }

    /// The state at the start of the step just taken, or after [`commit`](Self::commit) at its end.
    pub fn u(&self) -> &F::State {
        &self.course.u
    }

    /// The parameters, as events left them.
    pub fn p(&self) -> &F::Params {
        &self.course.p
    }

    pub(crate) fn next(&self) -> &F::State {
        &self.course.next
    }

    /// The step just taken, as observers see it.
    #[inline]
    pub(super) fn taken(&self) -> Taken<'_, F::State, T> {
        let Self { stepper, course, .. } = self;
        Taken {
            step: course.stats.accepted,
            interval: course.interval,
            u: &course.u,
            next: &course.next,
            trace: stepper.trace(),
            before: &course.snapshot,
        }
    }

    /// Whether events took place at the last [`commit`](Self::commit).
    pub(super) fn events_took_place(&self) -> bool {
        self.course.events_took_place
    }

    /// Changes the state between two steps.
    ///
    /// # Errors
    ///
    /// Where the solve can't go on from there.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut F::State)) -> Result<(), Error> {
        change(&mut self.course.u);
        self.course.begin_stepper(&mut self.stepper)
    }

    /// The size of the next step, without sign, as far as the error decides.
    pub(crate) fn next_size(&self) -> f64 {
        self.course.h
    }

    /// What the solve cost so far.
    pub fn stats(&self) -> Stats {
        Stats { nfev: self.stepper.costs().rhs, ..self.course.stats }
    }

    /// Completes a solution by what is known at the end.
    pub(super) fn finish(self, solution: Solution<F::State, T>) -> Solution<F::State, T> {
        let (stats, end_time) = (self.stats(), self.course.clock.t());
        Solution { end: self.course.u, end_time, stats, occurrences: self.course.occurrences, ..solution }
    }
}

/// Told of each event that takes place.
type Observe<'o, V, P> = dyn FnMut(crate::integrate::EventRecord<'_, V, P>) + 'o;

impl<T: Real, F: System<T>, M: Method<T, F>> Inside<T, F::State> for Integrator<'_, T, F, M> {
    fn interval(&self) -> Interval {
        self.course.interval
    }

    fn state(&mut self, theta: f64) -> &F::State {
        let Self { stepper, course, .. } = self;
        let Course { f, p, interval, u, next, inside, .. } = course;
        let at = At { f: *f, p, interval: *interval, u };
        stepper.prepare_dense(at, next);
        stepper.interpolate(at, next, theta, inside);
        &course.inside
    }

    fn coefficients(&mut self, out: &mut Vec<T>) {
        let Self { stepper, course, .. } = self;
        let at = course.over(course.interval);
        stepper.prepare_dense(at, &course.next);
        out.extend_from_slice(course.u.as_slice());
        stepper.dense_coefficients(at, &course.next, out);
    }
    fn component_error(&self, i: usize) -> Option<f64> {
        let errors = self.stepper.component_error(self.course.interval, i)?;
        Some(combined(errors.map(T::value)))
    }
}
