//! Events at the end of steps, and steps that end on events.

use crate::error::Error;
use crate::integrate::EventRecord;
use crate::integrate::EventSet;
use crate::integrate::Flow;
use crate::integrate::Integrator;
use crate::integrate::Observer;
use crate::integrate::Occurrence;
use crate::integrate::event::Place;
use crate::problem::Rhs;
use crate::real::Real;
use crate::space::add_scaled;
use crate::space::assign;
use crate::stepper::Method;
use crate::stepper::Stepper;

/// Newton's method for the end of a step on an event starts so near that two corrections are the rule.
const MOST_CORRECTIONS: usize = 5;

impl<T: Real, F: Rhs<T>, M: Method<T, F>, E: EventSet<T, F>> Integrator<'_, T, F, M, E> {
    /// Looks for crossings inside the step just taken; the step is then taken again so that it ends on the first.
    pub(super) fn meet_crossing(&mut self) -> Result<(), Error> {
        let mut is_cut = false;
        // Where another condition has passed through zero at the cut as well, the interpolant of the shorter step tells
        // better than that of the whole one which was first. Each event can be found to come before the others once.
        for _ in 0..E::LEN {
            let Some(place) = self.first_crossing() else { break };
            if !place.value.is_finite() {
                return Err(self.condition_not_finite(place));
            }
            let (h, end) = (self.interval.h.abs(), self.interval.end.abs());
            let resolution = 16.0 * f64::EPSILON * f64::max(end / h, 1.0);
            if is_cut && 1.0 - place.theta <= resolution {
                break;
            }
            let theta = if place.theta == 1.0 { 1.0 } else { self.cut(place) };
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
    fn first_crossing(&mut self) -> Option<Place> {
        let Self { watch, stepper, events, f, p, u, next, inside, interval, .. } = self;
        let whole = *interval;
        stepper.prepare_dense(f, p, whole, u, next);
        watch.first_crossing(whole.h, |event, theta| {
            let t = T::lit(if theta == 1.0 { whole.end } else { whole.t + theta * whole.h });
            if theta == 0.0 {
                return events.condition(event, u, p, t).value();
            }
            if theta == 1.0 {
                return events.condition(event, next, p, t).value();
            }
            stepper.interpolate(whole, u, next, theta, inside);
            events.condition(event, inside, p, t).value()
        })
    }

    /// Takes the step again so that it ends where a condition is zero; returns which part of it that is.
    fn cut(&mut self, place: Place) -> f64 {
        let Self { stepper, events, f, p, u, next, inside, interval, clock, .. } = self;
        let (whole, event, theta) = (*interval, place.event, place.theta);
        // The slope of the condition over the step, for Newton's method.
        let reach = 1e-2 * theta.min(1.0 - theta);
        let mut condition = |theta: f64| {
            stepper.interpolate(whole, u, next, theta, inside);
            events.condition(event, inside, p, T::lit(whole.t + theta * whole.h)).value()
        };
        let slope = (condition(theta + reach) - condition(theta - reach)) / (2.0 * reach * whole.h);
        // The step that ends on the root of the interpolant misses that of the method by the interpolant's error.
        let mut h = theta * whole.h;
        for _ in 0..=MOST_CORRECTIONS {
            *interval = clock.part(h);
            stepper.step(f, p, *interval, u, next);
            let residual = events.condition(event, next, p, T::lit(interval.end)).value();
            let correction = residual / slope;
            let corrected = h - correction;
            let resolution = 2.0 * f64::EPSILON * interval.end.abs().max(h.abs());
            let settled = !correction.is_finite() || correction.abs() <= resolution;
            if settled || corrected * (whole.h - corrected) <= 0.0 {
                break;
            }
            h = corrected;
        }
        interval.h / whole.h
    }

    /// Lets the events that are due take place.
    pub(super) fn events_take_place(
        &mut self,
        step: Option<usize>,
        observer: &mut impl Observer<T, F::State, F::Params>,
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
            let lag = if crosses { self.shift_to_crossing(event) } else { T::ZERO };
            let at = T::lit(t) + lag;
            let flow = self.events.affect(event, &mut self.u, &mut self.p, at);
            self.check_affect(event)?;
            self.stepper.restart();
            // The state that a terminal event leaves is the one at the time of the event, wherever that moves.
            if crosses && !flow.is_break() {
                self.shift(at, -lag);
            }
            let (before, after) = ((&self.next, &self.p_before), (&self.u, &self.p));
            observer.event(EventRecord { event, step, t, ends: flow.is_break(), before, after });
            self.occurrences.push(Occurrence { event, t });
            self.stats.events += 1;
            if flow.is_break() {
                self.clock.stop();
            }
        }
        self.watch.due.clear();
        // Behind all of them, since the effect of one may turn the condition of another around.
        for event in 0..E::LEN {
            if self.clock.remains() && self.watch.departs(event, t) {
                let slope = self.departure(event) * self.clock.direction();
                self.watch.leaves(event, slope);
            }
        }
        Ok(())
    }

    /// Moves the state from the clock's time to that of a crossing: by a lag that is zero but for its tangents.
    fn shift_to_crossing(&mut self, event: usize) -> T {
        let t = self.clock.t();
        let mut flow = Flow::new(self.f, &self.p);
        let condition = |u: &F::State, p: &F::Params, t| self.events.condition(event, u, p, t);
        let lag = flow.lag(condition, &self.u, t);
        self.stats.nfev += flow.evaluations;
        self.shift(T::lit(t), lag);
        lag
    }

    /// Moves the state along its solution.
    fn shift(&mut self, t: T, lag: T) {
        let mut flow = Flow::new(self.f, &self.p);
        flow.shift(&mut self.u, t, lag);
        self.stats.nfev += flow.evaluations;
    }

    /// Which way, and about how fast, a condition leaves zero behind its event: by a central difference along the slope
    /// of the state, since no derivative depends on it.
    fn departure(&mut self, event: usize) -> f64 {
        let t = self.clock.t();
        self.f.rhs(&mut self.inside, &self.u, &self.p, T::lit(t));
        self.stats.nfev += 1;
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
