//! What is said of a solve that stops.

use crate::error::Error;
use crate::integrate::event::CrossingPoint;
use crate::integrate::integrator::Course;
use crate::integrate::integrator::cause;
use crate::integrate::integrator::cause::Halt;
use crate::integrate::named::Named;
use crate::integrate::named::component;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;
use crate::stepper::Interval;
use crate::stepper::Stepper;

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
        find: fn(&mut Halt<'_>) -> Option<String>,
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
        let cause = match self.halted(stepper, interval, worst, cause::stall) {
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
        let cause = self.halted(stepper, interval, worst, cause::stall_or_outlook);
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
        let mut slope = self.u.zeros_like();
        stepper.slope_at(self.f, &self.p, T::lit(interval.end), &self.next, &mut slope);
        let mut growth = |component: Option<usize>| {
            let find = if component.is_some() { cause::growth } else { cause::growth_of_any };
            self.halted(stepper, interval, component.unwrap_or(0), find)
        };
        let (step, len) = ((interval.t, interval.h), self.u.as_slice().len());
        Named::of::<F>().not_finite_step(step, len, (self.next.as_slice(), slope.as_slice()), &mut growth)
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
}
