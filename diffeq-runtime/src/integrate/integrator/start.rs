//! The start of a solve: the first slope, the first step size, the events there.

use crate::control::ErrorHistory;
use crate::control::initial_step;
use crate::error::Error;
use crate::integrate::EventSet;
use crate::integrate::Options;
use crate::integrate::Stats;
use crate::integrate::Wants;
use crate::integrate::clock::Clock;
use crate::integrate::event::Watch;
use crate::integrate::integrator::Course;
use crate::integrate::integrator::Observe;
use crate::integrate::integrator::current::Current;
use crate::integrate::integrator::written;
use crate::integrate::named::Named;
use crate::integrate::refuse::refuse;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;
use crate::space::assign;
use crate::stepper::Facts;
use crate::stepper::Interval;
use crate::stepper::Snapshot;
use crate::stepper::Stepper;

/// The clock of a solve: it stops at what events say, at what the user says, and where an equation asks for it.
fn clock(
    span: (f64, f64),
    options: &Options,
    watch: &Watch,
    (is_rough, switching): (bool, Vec<f64>),
    rounding: f64,
) -> Result<Clock, Error> {
    let (mut stops, rhythms) = (watch.stops(), watch.rhythms());
    stops.extend(&options.tstops);
    if is_rough && let Some(grid) = &options.save_at {
        // Between the ends of a step a method knows nothing of what the noise did there.
        stops.extend(grid.times(span)?);
    }
    // At the ends of the span nothing switches, but a model is asked for its slope beside them.
    stops.extend(switching.into_iter().filter(|time| *time == span.0 || *time == span.1));
    Ok(Clock::new(span, stops, rhythms, rounding))
}

impl<'a, T: Real, F: System<T>> Course<'a, T, F> {
    /// At the start of a span, with nothing done.
    pub(super) fn new(
        (f, p): (&'a F, &'a F::Params),
        u: &F::State,
        span: (f64, f64),
        options: &'a Options,
        events: &'a dyn EventSet<T, F>,
        facts: Facts,
    ) -> Result<Self, Error> {
        options.check(Named::of::<F>(), (u.as_slice(), p.as_slice()), span)?;
        if F::WRITTEN {
            written::compare_at_start::<T, F>(u, p, span.0)?;
        }
        let attention = if events.is_empty() { None } else { events.attention().0 };
        let watch = match attention {
            Some(attention) => attention.watch(events, span, options.max_steps)?,
            None => Watch::NONE,
        };
        let mut switches = vec![T::ZERO; F::SWITCHES];
        f.switching_times(p, &mut switches);
        let switching = switches.iter().map(|time| time.value()).collect();
        let clock = clock(span, options, &watch, (F::ROUGH, switching), T::EPSILON)?;
        let exponent = if options.controller.is_adaptive() { facts.control_exponent } else { None };
        Ok(Self {
            f,
            options,
            domain: None,
            rows: Vec::new(),
            rows_behind: 0,
            left_domain_from: f64::NAN,
            events,
            attention,
            watch,
            longest_time: f64::max(span.0.abs(), span.1.abs()),
            span,
            order: facts.order,
            clock,
            history: ErrorHistory::EMPTY,
            h: 0.0,
            exponent,
            interval: Interval::new(span.0, 0.0),
            u: u.clone(),
            next: u.clone(),
            inside: u.clone(),
            p: Current::of(p),
            p_before: Current::of(p),
            reals: Vec::new(),
            stats: Stats::default(),
            occurrences: Vec::new(),
            events_took_place: false,
            switches,
            wants: Wants::NOTHING,
            snapshot: Snapshot::EMPTY,
        })
    }

    /// The first slope, and the first step size.
    pub(super) fn start(
        &mut self,
        stepper: &mut dyn Stepper<T, F>,
        span: (f64, f64),
        facts: Facts,
    ) -> Result<(), Error> {
        self.begin_stepper(stepper)?;
        self.check_slope(stepper)?;
        self.h = self.first_h(stepper, span, facts)?;
        self.look_ahead();
        Ok(())
    }

    /// Starts the stepper where the solve is.
    pub(super) fn begin_stepper(&mut self, stepper: &mut dyn Stepper<T, F>) -> Result<(), Error> {
        let t = self.clock.from();
        let begun = stepper.begin(self.f, &self.p, t, &mut self.u, &self.options.tolerances);
        begun.map_err(|why| Error::NoStep { model: F::NAME, t, dt: 0.0, why: why.to_string() })
    }

    /// Refuses a derivative at the start that is not finite, or not as long as the state.
    fn check_slope(&self, stepper: &mut dyn Stepper<T, F>) -> Result<(), Error> {
        let t = self.clock.from();
        let Some(slope) = stepper.slope(self.f, &self.p, t, &self.u) else { return Ok(()) };
        Named::of::<F>().check_slope(slope.as_slice(), self.u.as_slice().len(), t)
    }

    fn first_h(
        &mut self,
        stepper: &mut dyn Stepper<T, F>,
        (t0, t1): (f64, f64),
        facts: Facts,
    ) -> Result<f64, Error> {
        let longest = self.options.dt_max.min((t1 - t0).abs());
        match (self.options.dt, self.exponent) {
            (Some(dt), None) if dt.abs() > self.options.dt_max => {
                let problem = format!("is {dt}, longer than dt_max = {}", self.options.dt_max);
                Err(refuse("dt", problem, "give steps of fixed size at most `dt_max`, or raise that"))
            }
            (Some(dt), _) => Ok(dt.abs().min(longest)),
            (None, None) => {
                let hint = "steps of fixed size need one: `.dt(0.01)`";
                Err(refuse("dt", format!("is missing for {} without error control", facts.name), hint))
            }
            (None, Some(exponent)) => {
                let Self { f, p, u, inside, .. } = self;
                let Some(slope) = stepper.slope(f, p, self.clock.from(), u) else {
                    // Where noise drives, steps grow slowly, and one that is too long is soon found to be.
                    let part = if F::ROUGH { 1e-2 } else { 1e-3 };
                    return Ok((part * longest).max(self.options.dt_min));
                };
                assign(inside, slope);
                let slope_at = &mut |u: &F::State, t, out: &mut F::State| {
                    stepper.slope_at(f, p, t, u, out);
                };
                let (tolerances, direction) = (&self.options.tolerances, self.clock.direction());
                let h = initial_step((u, t0), inside, slope_at, direction, exponent, tolerances, longest);
                Ok(h.max(self.options.dt_min))
            }
        }
    }

    pub(super) fn begin(
        &mut self,
        stepper: &mut dyn Stepper<T, F>,
        observe: &mut Observe<'_, F::State, F::Params>,
    ) -> Result<(), Error> {
        match self.attention {
            Some(attention) => attention.begin(self, stepper, observe),
            None => {
                self.look_ahead();
                Ok(())
            }
        }
    }
}
