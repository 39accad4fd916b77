//! Events at the end of steps, and steps that end on events.

use crate::error::Error;
use crate::integrate::EventRecord;
use crate::integrate::EventSet;
use crate::integrate::Integrator;
use crate::integrate::Observer;
use crate::integrate::Occurrence;
use crate::problem::Rhs;
use crate::real::Real;
use crate::space::Vector;
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
            let lag = self.watch.is_crossing(event).then(|| self.lag(event));
            if let Some(lag) = lag {
                self.shift(lag);
            }
            let at = T::lit(t) + lag.unwrap_or(T::ZERO);
            let flow = self.events.affect(event, &mut self.u, &mut self.p, at);
            self.stepper.restart();
            // The state that a terminal event leaves is the one at the time of the event, wherever that moves.
            if let (Some(lag), false) = (lag, flow.is_break()) {
                self.shift(-lag);
                let slope = self.condition_slope(event) * self.clock.direction();
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

    /// How much later than the clock says a crossing takes place: zero, but for its tangents.
    ///
    /// The clock is a plain number, yet the time at which a condition is zero depends on all that the state depends
    /// on: `dt = -dg / (dg/dt)`. Moving the state by that, letting the event take place, and moving it back gives
    /// state and parameters behind the event their first derivatives.
    fn lag(&mut self, event: usize) -> T {
        let condition = self.events.condition(event, &self.u, &self.p, T::lit(self.clock.t()));
        let tangents = condition - T::lit(condition.value());
        -tangents.scale(1.0 / self.condition_slope(event))
    }

    /// Moves the state along its slope for a time that is zero but for its tangents.
    fn shift(&mut self, lag: T) {
        self.f.rhs(&mut self.inside, &self.u, &self.p, T::lit(self.clock.t()));
        self.stats.nfev += 1;
        for (u, slope) in self.u.as_mut_slice().iter_mut().zip(self.inside.as_slice()) {
            *u += lag * *slope;
        }
    }

    /// How fast a condition changes where the solve is.
    ///
    /// By the central difference of order 4 along the slope of the state: exact but for rounding where the condition is
    /// a polynomial of degree 4 in state and time, and to 1e-12 or so elsewhere.
    fn condition_slope(&mut self, event: usize) -> f64 {
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
        let (near, far) = (along(reach) - along(-reach), along(2.0 * reach) - along(-2.0 * reach));
        (8.0 * near - far) / (12.0 * reach)
    }
}
