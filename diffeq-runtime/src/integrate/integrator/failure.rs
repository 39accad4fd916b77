//! What is said of a solve that stops.

use crate::error::Error;
use crate::integrate::event::CrossingPoint;
use crate::integrate::integrator::Course;
use crate::integrate::integrator::cause::Halt;
use crate::integrate::options::component;
use crate::problem::System;
use crate::real::Real;
use crate::real::first_not_finite;
use crate::space::Vector;
use crate::stepper::Interval;
use crate::stepper::Stepper;

/// What makes a derivative infinite or NaN.
pub(super) const LOOK_FOR: &str = "look for a division by zero, a root or logarithm of a negative number, or a component of `du` \
     that is never assigned; `is_out_of_domain` keeps steps away from states in which there is no derivative";

/// The values of numbers, without their derivatives.
fn values<T: Real>(reals: &[T]) -> Vec<f64> {
    reals.iter().map(|x| x.value()).collect()
}

impl<T: Real, F: System<T>> Course<'_, T, F> {
    /// The component with the largest error in the step last tried.
    fn worst(&self, stepper: &dyn Stepper<T, F>, interval: Interval) -> usize {
        let (mut worst, mut most) = (0, 0.0);
        for (i, u) in self.u.as_slice().iter().enumerate() {
            let error = match stepper.component_error(interval, i) {
                Some([error, _]) => error.value().abs(),
                None => 0.0,
            };
            let ratio = error / self.options.tolerances.scale(i, u.value().abs());
            let ratio = if ratio.is_nan() { f64::INFINITY } else { ratio };
            if ratio >= most {
                (worst, most) = (i, ratio);
            }
        }
        worst
    }

    /// What is found out about a solve that stands still before a step.
    fn halted(
        &self,
        stepper: &mut dyn Stepper<T, F>,
        interval: Interval,
        worst: usize,
        find: &mut dyn FnMut(&mut Halt<'_>) -> Option<String>,
    ) -> Option<String> {
        let Self { f, p, u, clock, options, .. } = self;
        let is_implicit = stepper.costs().jacobians > 0;
        let mut slope_along = |direction: &[f64], by: f64, later: f64| {
            let (mut moved, mut slope) = (u.clone(), u.zeros_like());
            for (x, v) in moved.as_mut_slice().iter_mut().zip(direction) {
                *x += T::lit(by * v);
            }
            let t = clock.t() + later * clock.direction();
            if !stepper.slope_at(f, p, T::lit(t), &moved, &mut slope) {
                return Vec::new();
            }
            values(slope.as_slice())
        };
        let slope = slope_along(&[], 0.0, 0.0);
        find(&mut Halt {
            slope_along: &mut slope_along,
            slope,
            state: values(u.as_slice()),
            names: F::state_names(),
            span: self.span,
            t: clock.t(),
            direction: clock.direction(),
            h: interval.h.abs(),
            worst,
            order: self.order,
            tolerance: self.exponent.map(|_| options.tolerances.relative.get(worst)),
            is_rough: F::ROUGH,
            is_implicit,
        })
    }

    /// The error for a step that would have to be shorter than steps may be.
    #[cold]
    #[inline(never)]
    pub(super) fn underflow(&self, stepper: &mut dyn Stepper<T, F>, interval: Interval) -> Error {
        let (worst, dt_min) = (self.worst(stepper, interval), self.options.dt_min);
        let cause = match self.halted(stepper, interval, worst, &mut |halt| halt.cause()) {
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
        let cause =
            self.halted(stepper, interval, worst, &mut |halt| halt.cause().or_else(|| Some(halt.outlook())));
        Error::StepBudget {
            model: F::NAME,
            t: self.clock.t(),
            dt: self.h * self.clock.direction(),
            max_steps: self.options.max_steps,
            rejected: self.stats.rejected,
            component: component("u", &F::state_names(), worst),
            cause: cause.unwrap_or_default(),
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
            if let Some(i) = first_not_finite(vector.as_slice()) {
                let value = vector.as_slice()[i].value();
                let component = component(what, &names, i);
                let growth = self.halted(stepper, interval, i, &mut |halt| halt.growth());
                let cause = growth.unwrap_or_else(|| LOOK_FOR.to_string());
                return Error::NotFinite { model, t: interval.t, dt: interval.h, component, value, cause };
            }
        }
        let component = "du inside the step".to_string();
        let growth = self.halted(stepper, interval, 0, &mut |halt| halt.growth_of_any());
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
        for (expected, found) in lengths {
            if expected != found {
                return Err(Error::Length { model, t, expected, found });
            }
        }
        let (states, params): (fn() -> _, fn() -> _) = (F::state_names, F::param_names);
        for (what, names, values) in [("u", states, self.u.as_slice()), ("p", params, self.p.as_slice())] {
            if let Some(i) = first_not_finite(values) {
                let component = format!("{} after event {event}", component(what, &names(), i));
                let value = values[i].value();
                let cause = "look for what the event's effect computes".to_string();
                return Err(Error::NotFinite { model, t, dt: self.interval.h, component, value, cause });
            }
        }
        Ok(())
    }
}
