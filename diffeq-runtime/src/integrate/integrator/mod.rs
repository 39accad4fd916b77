//! A solve in progress: one step at a time.

mod crossing;
mod failure;
mod written;

use crate::control::Attempt;
use crate::control::Memory;
use crate::control::Verdict;
use crate::control::initial_step;
use crate::error::Error;
use crate::integrate::EventSet;
use crate::integrate::Inside;
use crate::integrate::Observer;
use crate::integrate::Occurrence;
use crate::integrate::Options;
use crate::integrate::Solution;
use crate::integrate::Solver;
use crate::integrate::Stats;
use crate::integrate::clock::Clock;
use crate::integrate::event::Watch;
use crate::integrate::options::component;
use crate::integrate::options::refuse;
use crate::problem::Rhs;
use crate::real::Real;
use crate::space::Vector;
use crate::space::all_finite;
use crate::space::assign_from;
use crate::stepper::Interval;
use crate::stepper::Method;
use crate::stepper::Stepper;

/// Why an attempt was refused.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Refusal {
    Error,
    NotFinite,
    Domain,
}

/// A solve in progress.
///
/// [`advance`](Self::advance) takes a step, and leaves both its ends to look at; [`commit`](Self::commit) moves on to
/// its end and lets events take place there.
pub struct Integrator<'a, T: Real, F: Rhs<T>, M: Method<T, F>, E> {
    f: &'a F,
    options: &'a Options,
    domain: Option<&'a super::solver::Domain<'a, F::State, F::Params>>,
    events: &'a E,
    watch: Watch,
    stepper: M::Stepper,
    clock: Clock,
    memory: Memory,
    /// The size of the next attempt, without sign.
    h: f64,
    /// The power of `h` with which the error falls; `None` for steps of fixed size.
    exponent: Option<usize>,
    interval: Interval,
    u: F::State,
    next: F::State,
    /// The state inside a step.
    inside: F::State,
    p: F::Params,
    /// The parameters before an event.
    p_before: F::Params,
    /// Room for floats, where the solve's own reals are others and the model is compared with its function.
    reals: Vec<f64>,
    stats: Stats,
    occurrences: Vec<Occurrence>,
    events_took_place: bool,
}

impl<'a, T: Real, F: Rhs<T>, M: Method<T, F>, E: EventSet<T, F>> Integrator<'a, T, F, M, E> {
    pub(crate) fn new(solver: &'a Solver<'_, F, T, M, E>) -> Result<Self, Error> {
        let Solver { problem, method, options, events, .. } = solver;
        options.check(problem)?;
        let (span, u) = (problem.span, &problem.u0);
        let watch = Watch::new::<T, F, E>(events, span, options.max_steps)?;
        let (mut stops, rhythms) = (watch.stops(), watch.rhythms());
        stops.extend(&options.tstops);
        let exponent = if options.controller.is_adaptive() { M::CONTROL_EXPONENT } else { None };
        let mut integrator = Self {
            f: &problem.model,
            options,
            domain: solver.domain.as_ref(),
            events,
            watch,
            stepper: method.stepper(u),
            clock: Clock::new(span, stops, rhythms),
            memory: Memory::EMPTY,
            h: 0.0,
            exponent,
            interval: Interval { t: span.0, h: 0.0, end: span.0 },
            u: u.clone(),
            next: u.clone(),
            inside: u.clone(),
            p: problem.p.clone(),
            p_before: problem.p.clone(),
            reals: Vec::new(),
            stats: Stats::default(),
            occurrences: Vec::new(),
            events_took_place: false,
        };
        integrator.check_slope()?;
        if F::WRITTEN {
            written::compare_at_start(problem, u)?;
        }
        integrator.h = integrator.first_h(span)?;
        Ok(integrator)
    }

    /// Refuses a derivative at the start that is not finite, or not as long as the state.
    fn check_slope(&mut self) -> Result<(), Error> {
        let t = self.clock.t();
        let slope = self.stepper.first_slope(self.f, &self.p, t, &self.u);
        let (expected, found) = (self.u.as_slice().len(), slope.as_slice().len());
        if found != expected {
            return Err(Error::Length { model: F::NAME, t, expected, found });
        }
        match slope.as_slice().iter().position(|x| !x.value().is_finite()) {
            None => Ok(()),
            Some(i) => {
                let (component, value) = (component("du", &F::state_names(), i), slope.as_slice()[i].value());
                Err(Error::NotFinite { model: F::NAME, t, dt: 0.0, component, value })
            }
        }
    }

    fn first_h(&mut self, (t0, t1): (f64, f64)) -> Result<f64, Error> {
        let longest = self.options.dt_max.min((t1 - t0).abs());
        match (self.options.dt, self.exponent) {
            (Some(dt), None) if dt.abs() > self.options.dt_max => {
                let problem = format!("is {dt}, longer than dt_max = {}", self.options.dt_max);
                Err(refuse("dt", problem, "give steps of fixed size at most `dt_max`, or raise that"))
            }
            (Some(dt), _) => Ok(dt.abs().min(longest)),
            (None, None) => {
                let hint = "steps of fixed size need one: `.dt(0.01)`";
                Err(refuse("dt", format!("is missing for {} without error control", M::NAME), hint))
            }
            (None, Some(exponent)) => {
                let slope = self.stepper.first_slope(self.f, &self.p, t0, &self.u);
                self.stats.nfev += 1;
                let tolerances = &self.options.tolerances;
                let direction = self.clock.direction();
                let h = initial_step(
                    self.f, &self.p, t0, &self.u, slope, direction, exponent, tolerances, longest,
                );
                Ok(h.max(self.options.dt_min))
            }
        }
    }

    /// From now on the stages keep what their derivatives need.
    pub(super) fn keep(&mut self) {
        if F::KEEPS {
            self.stepper.keep(self.f.kept_len(&self.u));
        }
    }

    /// Lets events at the very start take place.
    pub(super) fn begin(
        &mut self,
        observer: &mut impl Observer<T, F::State, F::Params>,
    ) -> Result<(), Error> {
        let t = self.clock.t();
        let looked = self.watch.look(t, |_| 0.0);
        looked.map_err(|place| self.condition_not_finite(place))?;
        self.events_take_place(None, observer)
    }

    /// Takes one step, as long as its error allows; false at the end of the span.
    ///
    /// # Errors
    ///
    /// Where no step is possible: see [`Error`].
    pub fn advance(&mut self) -> Result<bool, Error> {
        if !self.clock.remains() {
            return Ok(false);
        }
        loop {
            if self.stats.accepted + self.stats.rejected >= self.options.max_steps {
                return Err(self.budget_spent());
            }
            let interval = self.clock.interval(self.h);
            let log_errors = self.memory.log_errors;
            self.stepper.step(self.f, &self.p, interval, &self.u, &mut self.next);
            match self.judge(interval)? {
                (Verdict::Accept { factor }, _) => {
                    self.interval = interval;
                    if interval.h.abs() >= self.h {
                        self.h = self.limited(interval.h.abs() * factor);
                    } else {
                        // A step cut short by a stop says little about how long the next may be, and its small error
                        // nothing about how errors go.
                        self.h = self.limited(f64::max(interval.h.abs() * factor, self.h));
                        self.memory.log_errors = log_errors;
                    }
                    break;
                }
                (Verdict::Retry { factor }, refusal) => {
                    self.stats.rejected += 1;
                    self.h = self.shorter(interval, factor, refusal)?;
                }
            }
        }
        if E::LEN > 0 && self.watch.has_crossings() {
            self.meet_crossing()?;
        }
        Ok(true)
    }

    /// The verdict on a step.
    #[inline]
    fn judge(&mut self, interval: Interval) -> Result<(Verdict, Refusal), Error> {
        let Some(exponent) = self.exponent else {
            return self.judge_fixed(interval);
        };
        let tolerances = &self.options.tolerances;
        let error = self.stepper.error(interval, &self.u, &self.next, tolerances).unwrap_or(0.0);
        let refusal = if error.is_finite() { Refusal::Error } else { Refusal::NotFinite };
        let attempt = Attempt { error, h: interval.h.abs(), exponent };
        // Asked before the controller, which remembers what it accepts.
        if error <= 1.0 && self.leaves_domain(interval) {
            return Ok((Verdict::Retry { factor: 0.5 }, Refusal::Domain));
        }
        Ok((self.options.controller.judge(&mut self.memory, attempt), refusal))
    }

    /// A step of fixed size is taken or is an error.
    fn judge_fixed(&self, interval: Interval) -> Result<(Verdict, Refusal), Error> {
        if !all_finite(&self.next) {
            return Err(self.not_finite(interval));
        }
        if self.leaves_domain(interval) {
            return Err(Error::OutOfDomain { model: F::NAME, t: interval.t, dt: interval.h });
        }
        Ok((Verdict::Accept { factor: 1.0 }, Refusal::Error))
    }

    #[inline]
    fn leaves_domain(&self, interval: Interval) -> bool {
        self.domain.is_some_and(|is_out| is_out(&self.next, &self.p, interval.end))
    }

    /// A step size within the limits that the user set.
    #[inline]
    fn limited(&self, h: f64) -> f64 {
        h.min(self.options.dt_max).max(self.options.dt_min)
    }

    /// The size of the next attempt after a refused one, if there is a shorter one.
    fn shorter(&self, interval: Interval, factor: f64, refusal: Refusal) -> Result<f64, Error> {
        let h = interval.h.abs() * factor;
        let shortest = self.options.dt_min.max(4.0 * f64::EPSILON * interval.t.abs()).max(f64::MIN_POSITIVE);
        if h > shortest {
            return Ok(h);
        }
        let (model, t, dt) = (F::NAME, interval.t, interval.h);
        Err(match refusal {
            Refusal::NotFinite => self.not_finite(interval),
            Refusal::Domain => Error::OutOfDomain { model, t, dt },
            Refusal::Error => Error::StepSizeUnderflow { model, t, dt, component: self.worst(interval) },
        })
    }

    /// Moves to the end of the step just taken, and lets the events there take place.
    ///
    /// # Errors
    ///
    /// A condition that is not finite; an event that leaves a state or parameters that are not, or of another length.
    #[inline(always)]
    pub fn commit(&mut self, observer: &mut impl Observer<T, F::State, F::Params>) -> Result<(), Error> {
        self.clock.advance(self.interval);
        assign_from(&mut self.u, &mut self.next);
        self.stepper.accept();
        let step = self.stats.accepted;
        self.stats.accepted += 1;
        self.events_took_place = false;
        if E::LEN > 0 {
            self.look_at_end(step, observer)?;
        }
        if F::WRITTEN && cfg!(debug_assertions) { self.compare_here() } else { Ok(()) }
    }

    /// Lets the events take place that are due where the step has ended.
    fn look_at_end(
        &mut self,
        step: usize,
        observer: &mut impl Observer<T, F::State, F::Params>,
    ) -> Result<(), Error> {
        let Self { watch, events, clock, u, p, .. } = self;
        let t = clock.t();
        let looked = watch.look(t, |event| events.condition(event, u, p, T::lit(t)).value());
        looked.map_err(|place| self.condition_not_finite(place))?;
        self.events_take_place(Some(step), observer)
    }

    pub(super) fn step_index(&self) -> usize {
        self.stats.accepted
    }

    /// Where the solve is.
    pub fn t(&self) -> f64 {
        self.clock.t()
    }

    /// The state at the start of the step just taken, or after [`commit`](Self::commit) at its end.
    pub fn u(&self) -> &F::State {
        &self.u
    }

    /// The parameters, as events left them.
    pub fn p(&self) -> &F::Params {
        &self.p
    }

    pub(super) fn next(&self) -> &F::State {
        &self.next
    }

    /// See [`Stepper::slopes`].
    #[inline]
    pub(super) fn slopes(&self) -> &[F::State] {
        self.stepper.slopes()
    }

    /// See [`Stepper::kept`].
    #[inline]
    pub(super) fn kept(&self) -> &[T] {
        self.stepper.kept()
    }

    /// Whether events took place at the last [`commit`](Self::commit).
    pub(super) fn events_took_place(&self) -> bool {
        self.events_took_place
    }

    /// Changes the state between two steps.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut F::State)) {
        change(&mut self.u);
        self.stepper.restart();
    }

    /// The size of the next step, without sign, as far as the error decides.
    pub(crate) fn next_size(&self) -> f64 {
        self.h
    }

    /// What the solve cost so far.
    pub fn stats(&self) -> Stats {
        Stats { nfev: self.stats.nfev + self.stepper.evaluations(), ..self.stats }
    }

    /// Completes a solution by what is known at the end.
    pub(super) fn finish(self, solution: Solution<F::State, T>) -> Solution<F::State, T> {
        let (stats, end_time) = (self.stats(), self.clock.t());
        Solution { end: self.u, end_time, stats, occurrences: self.occurrences, ..solution }
    }
}

impl<T: Real, F: Rhs<T>, M: Method<T, F>, E: EventSet<T, F>> Inside<T, F::State>
    for Integrator<'_, T, F, M, E>
{
    fn interval(&self) -> Interval {
        self.interval
    }

    fn state(&mut self, theta: f64) -> &F::State {
        self.stepper.prepare_dense(self.f, &self.p, self.interval, &self.u, &self.next);
        self.stepper.interpolate(self.interval, &self.u, &self.next, theta, &mut self.inside);
        &self.inside
    }

    fn coefficients(&mut self, out: &mut Vec<T>) {
        self.stepper.prepare_dense(self.f, &self.p, self.interval, &self.u, &self.next);
        out.extend_from_slice(self.u.as_slice());
        self.stepper.dense_coefficients(self.interval, &self.u, &self.next, out);
    }
}
