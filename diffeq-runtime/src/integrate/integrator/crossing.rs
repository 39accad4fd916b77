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
use crate::space::assign;
use crate::stepper::Method;
use crate::stepper::Stepper;

/// So many events without progress in time are too many.
const MOST_STALLED: usize = 64;

impl<T: Real, F: Rhs<T>, M: Method<T, F>, E: EventSet<T, F>> Integrator<'_, T, F, M, E> {
    /// Looks for a crossing inside the step just taken; the step is then taken again so that it ends there.
    pub(super) fn meet_crossing(&mut self) {
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
        let Some(crossed) = watch.first_crossing(&mut condition) else {
            return;
        };
        let event = crossed.event;
        if crossed.theta == 1.0 {
            let residual = condition(event, 1.0);
            watch.crossed(event, residual);
            return;
        }
        // The slope of the condition over the step, for Newton's method.
        let (left, right) = ((crossed.theta - 1e-4).max(0.0), (crossed.theta + 1e-4).min(1.0));
        let slope = (condition(event, right) - condition(event, left)) / ((right - left) * whole.h);
        // The step that ends on the root of the interpolant misses that of the method by the interpolant's error.
        let mut h = crossed.theta * whole.h;
        let mut residual;
        let mut corrections = 0;
        loop {
            *interval = clock.part(h);
            stepper.step(f, p, *interval, u, next);
            residual = events.condition(event, next, p, T::lit(interval.end)).value();
            let correction = residual / slope;
            let resolution = 2.0 * f64::EPSILON * interval.end.abs().max(h.abs());
            let settled = !correction.is_finite() || correction.abs() <= resolution;
            if settled || corrections == 4 || (h - correction) * (whole.h - (h - correction)) <= 0.0 {
                break;
            }
            h -= correction;
            corrections += 1;
        }
        watch.crossed(event, residual);
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
        let progress = self.interval.h.abs() > 16.0 * f64::EPSILON * t.abs();
        self.stalled = if progress { 0 } else { self.stalled + 1 };
        if self.stalled > MOST_STALLED {
            return Err(Error::Events { model: F::NAME, t, count: self.stalled });
        }
        for due in 0..self.watch.due.len() {
            let event = self.watch.due[due];
            // `next` is free between steps.
            assign(&mut self.next, &self.u);
            assign(&mut self.p_before, &self.p);
            let lag = self.watch.is_crossing(event).then(|| self.lag(event));
            if let Some(lag) = lag {
                self.shift(lag);
            }
            let flow = self.events.affect(event, &mut self.u, &mut self.p, T::lit(t));
            self.stepper.restart();
            // The state that a terminal event leaves is the one at the time of the event, wherever that moves.
            if let (Some(lag), false) = (lag, flow.is_break()) {
                self.shift(-lag);
            }
            let (before, after) = ((&self.next, &self.p_before), (&self.u, &self.p));
            observer.event(EventRecord { event, step, t, before, after });
            self.occurrences.push(Occurrence { event, t });
            self.stats.events += 1;
            if flow.is_break() {
                self.clock.stop();
            }
        }
        self.watch.due.clear();
        Ok(())
    }

    /// How much later than the clock says a crossing takes place: zero, but for its tangents.
    ///
    /// The clock is a plain number, yet the time at which a condition is zero depends on all that the state depends
    /// on: `dt = -dg / (dg/dt)`. Moving the state by that, letting the event take place, and moving it back gives
    /// state and parameters behind the event their first derivatives.
    fn lag(&mut self, event: usize) -> T {
        let t = self.clock.t();
        let condition = self.events.condition(event, &self.u, &self.p, T::lit(t));
        let tangents = condition - T::lit(condition.value());
        // dg/dt along the slope, by the central difference of order 4: to rounding for a polynomial condition of
        // degree 4 in the state, and to 1e-12 for others.
        let reach = 1e-3 * self.interval.h.abs().max(f64::MIN_POSITIVE);
        self.f.rhs(&mut self.inside, &self.u, &self.p, T::lit(t));
        self.stats.nfev += 1;
        let mut moved = self.u.clone();
        let mut along = |s: f64| {
            assign(&mut moved, &self.u);
            for (moved, slope) in moved.as_mut_slice().iter_mut().zip(self.inside.as_slice()) {
                *moved += slope.scale(s);
            }
            self.events.condition(event, &moved, &self.p, T::lit(t + s)).value()
        };
        let slope = (8.0 * (along(reach) - along(-reach)) - (along(2.0 * reach) - along(-2.0 * reach)))
            / (12.0 * reach);
        -tangents.scale(1.0 / slope)
    }

    /// Moves the state along its slope for a time that is zero but for its tangents.
    fn shift(&mut self, lag: T) {
        self.f.rhs(&mut self.inside, &self.u, &self.p, T::lit(self.clock.t()));
        self.stats.nfev += 1;
        for (u, slope) in self.u.as_mut_slice().iter_mut().zip(self.inside.as_slice()) {
            *u += lag * *slope;
        }
    }
}
