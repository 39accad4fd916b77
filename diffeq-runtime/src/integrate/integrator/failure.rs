//! What is said of a solve that stops.

use crate::error::Error;
use crate::integrate::event::Place;
use crate::integrate::integrator::Course;
use crate::integrate::options::component;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;
use crate::stepper::Interval;
use crate::stepper::Stepper;

impl<T: Real, F: System<T>> Course<'_, T, F> {
    /// The component with the largest error in the step last tried.
    pub(super) fn worst(&self, stepper: &dyn Stepper<T, F>, interval: Interval) -> String {
        let tolerances = &self.options.tolerances;
        let ratio = |i: usize| {
            let size = self.u.as_slice()[i].value().abs();
            let error = stepper.component_error(interval, i).map_or(0.0, |[error, _]| error.value().abs());
            let ratio = error / tolerances.scale(i, size);
            if ratio.is_nan() { f64::INFINITY } else { ratio }
        };
        let worst = (0..self.u.as_slice().len()).max_by(|i, j| ratio(*i).total_cmp(&ratio(*j)));
        component("u", &F::state_names(), worst.unwrap_or(0))
    }

    /// The error for a budget that is spent.
    pub(super) fn budget_spent(&self, stepper: &dyn Stepper<T, F>) -> Error {
        Error::StepBudget {
            model: F::NAME,
            t: self.clock.t(),
            dt: self.h * self.clock.direction(),
            max_steps: self.options.max_steps,
            rejected: self.stats.rejected,
            component: self.worst(stepper, Interval::new(self.clock.t(), self.h)),
        }
    }

    /// The error for a step whose end is not finite, or whose derivatives are not.
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
                return Error::NotFinite {
                    model,
                    t: interval.t,
                    dt: interval.h,
                    component: component(what, &names, i),
                    value,
                };
            }
        }
        let component = "du inside the step".to_string();
        Error::NotFinite { model, t: interval.t, dt: interval.h, component, value: f64::NAN }
    }

    /// The error for a condition in the step just taken that is not finite.
    pub(super) fn condition_not_finite(&self, place: Place) -> Error {
        let Interval { t, h, end } = self.interval;
        Error::NotFinite {
            model: F::NAME,
            t: if place.theta == 1.0 { end } else { t + place.theta * h },
            dt: h,
            component: format!("the condition of event {}", place.event),
            value: place.value,
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
                let component = format!("{} behind event {event}", component(what, &names(), i));
                let value = values[i].value();
                return Err(Error::NotFinite { model, t, dt: self.interval.h, component, value });
            }
        }
        Ok(())
    }
}
