//! What is said of a solve that stops.

use crate::error::Error;
use crate::integrate::event::CrossingPoint;
use crate::integrate::integrator::Course;
use crate::integrate::integrator::cause::Halt;
use crate::integrate::options::component;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;
use crate::stepper::Interval;
use crate::stepper::Stepper;

/// What makes a derivative infinite or NaN.
pub(super) const LOOK_FOR: &str = "look for a division by zero, a root or logarithm of a negative number, or a component of `du` \
     that is never assigned; `is_out_of_domain` keeps steps away from states in which there is no derivative";

impl<T: Real, F: System<T>> Course<'_, T, F> {
    /// The component with the largest error in the step last tried.
    fn worst(&self, stepper: &dyn Stepper<T, F>, interval: Interval) -> usize {
        let tolerances = &self.options.tolerances;
        let ratio = |i: usize| {
            let size = self.u.as_slice()[i].value().abs();
            let error = stepper.component_error(interval, i).map_or(0.0, |[error, _]| error.value().abs());
            let ratio = error / tolerances.scale(i, size);
            if ratio.is_nan() { f64::INFINITY } else { ratio }
        };
        let worst = (0..self.u.as_slice().len()).max_by(|i, j| ratio(*i).total_cmp(&ratio(*j)));
        worst.unwrap_or(0)
    }

    /// The error for a step that would have to be shorter than steps may be.
    #[cold]
    #[inline(never)]
    pub(super) fn underflow(&self, stepper: &mut dyn Stepper<T, F>, interval: Interval) -> Error {
        let (worst, dt_min) = (self.worst(stepper, interval), self.options.dt_min);
        let mut halt = Halt::new(self, stepper, interval, worst);
        let cause = match halt.cause() {
            Some(cause) => cause,
            None if dt_min >= 0.1 * interval.h.abs() => "its error asks for a shorter step".to_string(),
            None => "look for a place where the right-hand side has no derivative or is singular; a span that ends before, \
                     or looser tolerances, avoid it"
                .to_string(),
        };
        let cause = if dt_min >= 0.1 * interval.h.abs() {
            format!("`dt_min` = {dt_min:e} forbids shorter steps: lower it, or leave it out; {cause}")
        } else {
            cause
        };
        let component = component("u", &F::state_names(), worst);
        Error::StepSizeUnderflow { model: F::NAME, t: interval.t, dt: interval.h, component, cause }
    }

    /// The error for a budget that is spent.
    #[cold]
    #[inline(never)]
    pub(super) fn budget_spent(&self, stepper: &mut dyn Stepper<T, F>) -> Error {
        let interval = Interval::new(self.clock.t(), self.h);
        let worst = self.worst(stepper, interval);
        let mut halt = Halt::new(self, stepper, interval, worst);
        let cause = halt.cause().unwrap_or_else(|| halt.outlook());
        Error::StepBudget {
            model: F::NAME,
            t: self.clock.t(),
            dt: self.h * self.clock.direction(),
            max_steps: self.options.max_steps,
            rejected: self.stats.rejected,
            component: component("u", &F::state_names(), worst),
            cause,
        }
    }

    /// The error for a step whose end is not finite, or whose derivatives are not.
    #[cold]
    #[inline(never)]
    pub(super) fn not_finite(&self, stepper: &mut dyn Stepper<T, F>, interval: Interval) -> Error {
        let (model, names) = (F::NAME, F::state_names());
        let expected = self.u.as_slice().len();
        let mut slope = self.u.zeros_like();
        stepper.slope_at(self.f, &self.p, T::lit(interval.end), &self.next, &mut slope);
        for vector in [&slope, &self.next] {
            let found = vector.as_slice().len();
            if found != expected {
                return Error::Length { model, t: interval.t, expected, found };
            }
        }
        // The state before the derivative: a derivative of a state that is not finite says nothing.
        for (what, vector) in [("u", &self.next), ("du", &slope)] {
            if let Some(i) = vector.as_slice().iter().position(|x| !x.value().is_finite()) {
                let value = vector.as_slice()[i].value();
                let component = component(what, &names, i);
                let growth = Halt::new(self, stepper, interval, i).growth();
                let cause = growth.unwrap_or_else(|| LOOK_FOR.to_string());
                return Error::NotFinite { model, t: interval.t, dt: interval.h, component, value, cause };
            }
        }
        let component = "du inside the step".to_string();
        let growth = (0..expected).find_map(|i| Halt::new(self, stepper, interval, i).growth());
        let cause = growth.unwrap_or_else(|| LOOK_FOR.to_string());
        Error::NotFinite { model, t: interval.t, dt: interval.h, component, value: f64::NAN, cause }
    }

    /// The error for a condition in the step just taken that is not finite.
    pub(super) fn condition_not_finite(&self, point: CrossingPoint) -> Error {
        let Interval { t, h, end, .. } = self.interval;
        Error::NotFinite {
            model: F::NAME,
            t: if point.theta == 1.0 { end } else { t + point.theta * h },
            dt: h,
            component: format!("the condition of event {}", point.event),
            value: point.value,
            cause: "look for a division by zero, or a root or logarithm of a negative number, in the event's condition"
                .to_string(),
        }
    }

    /// Refuses what an event left of state and parameters if it is not finite, or not as long as before.
    pub(super) fn check_affect(&self, event: usize) -> Result<(), Error> {
        let (model, t) = (F::NAME, self.clock.t());
        let lengths = [
            (self.next.as_slice().len(), self.u.as_slice().len()),
            (self.p_before.as_slice().len(), self.p.as_slice().len()),
        ];
        if let Some(&(expected, found)) = lengths.iter().find(|(expected, found)| expected != found) {
            return Err(Error::Length { model, t, expected, found });
        }
        let (states, params): (fn() -> _, fn() -> _) = (F::state_names, F::param_names);
        for (what, names, values) in [("u", states, self.u.as_slice()), ("p", params, self.p.as_slice())] {
            if let Some(i) = values.iter().position(|x| !x.value().is_finite()) {
                let component = format!("{} after event {event}", component(what, &names(), i));
                let value = values[i].value();
                let cause = "look for what the event's effect computes".to_string();
                return Err(Error::NotFinite { model, t, dt: self.interval.h, component, value, cause });
            }
        }
        Ok(())
    }
}
