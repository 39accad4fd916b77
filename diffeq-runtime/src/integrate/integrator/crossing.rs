//! Events at the end of steps, and steps that end on events.

use crate::error::Error;
use crate::integrate::EventRecord;
use crate::integrate::Flow;
use crate::integrate::Occurrence;
use crate::integrate::event::Place;
use crate::integrate::integrator::Course;
use crate::integrate::integrator::Observe;
use crate::problem::System;
use crate::real::Real;
use crate::space::add_scaled;
use crate::space::assign;
use crate::stepper::At;
use crate::stepper::Stepper;

/// Newton's method for the end of a step on an event starts so near that two corrections are the rule.
const MOST_CORRECTIONS: usize = 5;

/// Behind so many it goes on with the secant.
const FEW_CORRECTIONS: usize = 2;

impl<T: Real, F: System<T>> Course<'_, T, F> {
    /// Looks for crossings inside the step just taken; the step is then taken again so that it ends on the first.
    pub(super) fn meet_crossing(&mut self, stepper: &mut dyn Stepper<T, F>) -> Result<(), Error> {
        let mut is_cut = false;
        // Where another condition has passed through zero at the cut as well, the interpolant of the shorter step tells
        // better than that of the whole one which was first. Each event can be found to come before the others once.
        for _ in 0..self.events.len() {
            let Some(place) = self.first_crossing(stepper) else { break };
            if !place.value.is_finite() {
                return Err(self.condition_not_finite(place));
            }
            let (h, end) = (self.interval.h.abs(), self.interval.end.abs());
            let resolution = 16.0 * f64::EPSILON * f64::max(end / h, 1.0);
            if is_cut && 1.0 - place.theta <= resolution {
                break;
            }
            let theta = if place.theta == 1.0 { 1.0 } else { self.cut(stepper, place)? };
            is_cut = true;
            let Self { watch, events, p, next, interval, .. } = self;
            let t = T::lit(interval.end);
            let condition = |event| events.condition(event, next, p, t).value();
            let gathered = watch.gather(place, (theta, resolution), condition);
            gathered.map_err(|place| self.condition_not_finite(place))?;
            if self.watch.due.len() == 1 {
                break;
            }
        }
        let t = self.interval.end;
        for due in 0..self.watch.due.len() {
            let event = self.watch.due[due];
            let residual = self.events.condition(event, &self.next, &self.p, T::lit(t)).value();
            if !self.watch.crossed(event, t, residual) {
                return Err(Error::Events { model: F::NAME, t });
            }
        }
        Ok(())
    }

    /// The first place in the step just taken where a condition crosses zero, or is not finite.
    fn first_crossing(&mut self, stepper: &mut dyn Stepper<T, F>) -> Option<Place> {
        let Self { watch, events, f, p, u, next, inside, interval, .. } = self;
        let whole = *interval;
        let at = At { f: *f, p, interval: whole, u };
        stepper.prepare_dense(at, next);
        watch.first_crossing(whole.h, |event, theta| {
            let t = T::lit(if theta == 1.0 { whole.end } else { whole.t + theta * whole.h });
            if theta == 0.0 {
                return events.condition(event, u, p, t).value();
            }
            if theta == 1.0 {
                return events.condition(event, next, p, t).value();
            }
            stepper.interpolate(at, next, theta, inside);
            events.condition(event, inside, p, t).value()
        })
    }

    /// Takes the step again so that it ends where a condition is zero; returns which part of it that is.
    fn cut(&mut self, stepper: &mut dyn Stepper<T, F>, place: Place) -> Result<f64, Error> {
        let Self { events, f, p, u, next, inside, interval, clock, options, .. } = self;
        let (whole, event, theta) = (*interval, place.event, place.theta);
        let at = At { f: *f, p, interval: whole, u };
        // The slope of the condition over the step, for Newton's method.
        let reach = 1e-2 * theta.min(1.0 - theta);
        let mut condition = |theta: f64| {
            stepper.interpolate(at, next, theta, inside);
            events.condition(event, inside, p, T::lit(whole.t + theta * whole.h)).value()
        };
        let slope = (condition(theta + reach) - condition(theta - reach)) / (2.0 * reach * whole.h);
        // The step that ends on the root of the interpolant misses that of the method by the interpolant's error.
        let mut h = theta * whole.h;
        let mut before = (h, f64::NAN);
        for corrections in 0..=MOST_CORRECTIONS {
            *interval = clock.part(h);
            let step = stepper.step(At { interval: *interval, ..at }, &options.tolerances, next);
            step.map_err(|why| Error::NoStep {
                model: F::NAME,
                t: interval.t,
                dt: interval.h,
                why: why.to_string(),
            })?;
            let residual = events.condition(event, next, p, T::lit(interval.end)).value();
            let mut correction = residual / slope;
            let resolution = 2.0 * f64::EPSILON * interval.end.abs().max(h.abs());
            let settled = !correction.is_finite() || correction.abs() <= resolution;
            if settled {
                break;
            }
            if corrections >= FEW_CORRECTIONS {
                // The interpolant of a method of low order has another slope than its steps have ends: the secant's.
                let secant = (residual - before.1) / (h - before.0);
                if (0.1..10.0).contains(&(secant / slope)) {
                    correction = residual / secant;
                }
            }
            before = (h, residual);
            let corrected = h - correction;
            if corrected * (whole.h - corrected) <= 0.0 {
                break;
            }
            h = corrected;
        }
        Ok(interval.h / whole.h)
    }

    /// Lets the events that are due take place.
    pub(super) fn events_take_place(
        &mut self,
        stepper: &mut dyn Stepper<T, F>,
        step: Option<usize>,
        observe: &mut Observe<'_, F::State, F::Params>,
    ) -> Result<(), Error> {
        self.events_took_place = !self.watch.due.is_empty();
        if !self.events_took_place {
            return Ok(());
        }
        let t = self.clock.t();
        for due in 0..self.watch.due.len() {
            let event = self.watch.due[due];
            // `next` is free between steps.
            assign(&mut self.next, &self.u);
            assign(&mut self.p_before, &self.p);
            let crosses = self.watch.is_crossing(event);
            let lag = if crosses { self.shift_to_crossing(stepper, event) } else { T::ZERO };
            let at = T::lit(t) + lag;
            let flow = self.events.affect(event, &mut self.u, &mut self.p, at);
            self.check_affect(event)?;
            self.begin_stepper(stepper)?;
            // The state that a terminal event leaves is the one at the time of the event, wherever that moves.
            if crosses && !flow.is_break() {
                self.shift(stepper, at, -lag);
            }
            let (before, after) = ((&self.next, &self.p_before), (&self.u, &self.p));
            observe(EventRecord { event, step, t, ends: flow.is_break(), before, after });
            self.occurrences.push(Occurrence { event, t });
            self.stats.events += 1;
            if flow.is_break() {
                self.clock.stop();
            }
        }
        self.watch.due.clear();
        // Behind all of them, since the effect of one may turn the condition of another around.
        for event in 0..self.events.len() {
            if self.clock.remains() && self.watch.departs(event, t) {
                let slope = self.departure(stepper, event) * self.clock.direction();
                self.watch.leaves(event, slope);
            }
        }
        Ok(())
    }

    /// Moves the state from the clock's time to that of a crossing: by a lag that is zero but for its tangents.
    fn shift_to_crossing(&mut self, stepper: &mut dyn Stepper<T, F>, event: usize) -> T {
        let t = self.clock.t();
        let Self { f, p, events, u, .. } = self;
        let mut slope = |u: &F::State, t, out: &mut F::State| {
            stepper.slope_at(f, p, t, u, out);
        };
        let condition = |u: &F::State, p: &F::Params, t| events.condition(event, u, p, t);
        let lag = Flow { slope: &mut slope, p: &*p }.lag(condition, u, t);
        self.shift(stepper, T::lit(t), lag);
        lag
    }

    /// Moves the state along its solution.
    fn shift(&mut self, stepper: &mut dyn Stepper<T, F>, t: T, lag: T) {
        let Self { f, p, u, .. } = self;
        let mut slope = |u: &F::State, t, out: &mut F::State| {
            stepper.slope_at(f, p, t, u, out);
        };
        Flow { slope: &mut slope, p: &*p }.shift(u, t, lag);
    }

    /// Which way, and about how fast, a condition leaves zero behind its event: by a central difference along the slope
    /// of the state, since no derivative depends on it. Zero where there is no slope.
    fn departure(&mut self, stepper: &mut dyn Stepper<T, F>, event: usize) -> f64 {
        let t = self.clock.t();
        if !stepper.slope_at(self.f, &self.p, T::lit(t), &self.u, &mut self.inside) {
            return 0.0;
        }
        let reach = 1e-3 * self.h;
        let mut moved = self.u.clone();
        let mut along = |s: f64| {
            assign(&mut moved, &self.u);
            add_scaled(&mut moved, s, &self.inside);
            self.events.condition(event, &moved, &self.p, T::lit(t + s)).value()
        };
        (along(reach) - along(-reach)) / (2.0 * reach)
    }
}
