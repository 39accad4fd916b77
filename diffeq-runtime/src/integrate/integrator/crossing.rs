//! Events at the end of steps, and steps that end on events.

use crate::error::Error;
use crate::integrate::EventRecord;
use crate::integrate::EventSet;
use crate::integrate::Flow;
use crate::integrate::Integrator;
use crate::integrate::Observer;
use crate::integrate::Occurrence;
use crate::problem::Rhs;
use crate::real::Real;
use crate::space::add_scaled;
use crate::space::assign;
use crate::stepper::Method;
use crate::stepper::Stepper;

/// Newton's method for the end of a step on an event starts so near that two corrections are the rule.
const MOST_CORRECTIONS: usize = 5;

impl<T: Real, F: Rhs<T>, M: Method<T, F>, E: EventSet<T, F>> Integrator<'_, T, F, M, E> {
    /// Looks for a crossing inside the step just taken; the step is then taken again so that it ends there.
    pub(super) fn meet_crossing(&mut self) -> Result<(), Error> {
        let Self { watch, stepper, events, f, p, u, next, inside, interval, clock, .. } = self;
        let whole = *interval;
        stepper.prepare_dense(f, p, whole, u, next);
        let mut condition = |event: usize, theta: f64| {
            let t = T::lit(if theta == 1.0 { whole.end } else { whole.t + theta * whole.h });
            if theta == 0.0 {
                return events.condition(event, u, p, t).value();
            }
            if theta == 1.0 {
                return events.condition(event, next, p, t).value();
            }
            stepper.interpolate(whole, u, next, theta, inside);
            events.condition(event, inside, p, t).value()
        };
        let Some(crossed) = watch.first_crossing(whole.h, &mut condition) else {
            return Ok(());
        };
        let event = crossed.event;
        let mut residual = 0.0;
        if crossed.theta == 1.0 {
            residual = condition(event, 1.0);
        } else {
            // The slope of the condition over the step, for Newton's method.
            let reach = 1e-2 * crossed.theta.min(1.0 - crossed.theta);
            let rise = condition(event, crossed.theta + reach) - condition(event, crossed.theta - reach);
            let slope = rise / (2.0 * reach * whole.h);
            // The step that ends on the root of the interpolant misses that of the method by the interpolant's error.
            let mut h = crossed.theta * whole.h;
            for _ in 0..=MOST_CORRECTIONS {
                *interval = clock.part(h);
                stepper.step(f, p, *interval, u, next);
                residual = events.condition(event, next, p, T::lit(interval.end)).value();
                let correction = residual / slope;
                let corrected = h - correction;
                let resolution = 2.0 * f64::EPSILON * interval.end.abs().max(h.abs());
                let settled = !correction.is_finite() || correction.abs() <= resolution;
                if settled || corrected * (whole.h - corrected) <= 0.0 {
                    break;
                }
                h = corrected;
            }
        }
        if !watch.crossed(event, interval.end, residual) {
            return Err(Error::Events { model: F::NAME, t: interval.end });
        }
        Ok(())
    }

    /// Lets the events that are due take place.
    pub(super) fn events_take_place(
        &mut self,
        step: Option<usize>,
        observer: &mut impl Observer<T, F::State, F::Params>,
    ) {
        self.events_took_place = !self.watch.due.is_empty();
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
            self.stepper.restart();
            // The state that a terminal event leaves is the one at the time of the event, wherever that moves.
            if crosses && !flow.is_break() {
                self.shift(at, -lag);
                let slope = self.departure(event) * self.clock.direction();
                self.watch.leaves(event, slope);
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
