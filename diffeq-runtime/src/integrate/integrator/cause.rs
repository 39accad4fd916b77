//! Why a solve came to a halt, as far as the right-hand side around the place tells: its size, its jumps, its rates.

use crate::integrate::integrator::Course;
use crate::integrate::options::component;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;
use crate::stepper::Interval;
use crate::stepper::Stepper;

/// What implicit methods there are.
const IMPLICIT: &str = if cfg!(feature = "implicit") {
    "an implicit method (`ImplicitEuler`, or `Auto`, which switches) takes longer steps there"
} else {
    "an implicit method takes longer steps there: `ImplicitEuler`, with the feature `implicit`"
};

/// A change completes within less than this part of the span: no unit of time fits both.
const SUDDEN: f64 = 1e-12;

/// The part of the span that is after a solve that came nowhere.
const NOWHERE: f64 = 1e-6;

/// A state that grows by itself within this many steps is on its way to infinity.
const STEPS_TO_GROW: f64 = 1e4;

/// Times over which a jump is looked for, in steps, a decade apart.
const DECADES: std::ops::RangeInclusive<i32> = -6..=3;

/// How often the direction of the fastest change is sharpened.
const ROUNDS: usize = 12;

/// A solve that stands still, looked at.
pub(super) struct Halt<'c, 'a, T: Real, F: System<T>> {
    course: &'c Course<'a, T, F>,
    stepper: &'c mut dyn Stepper<T, F>,
    h: f64,
    /// The component with the largest error.
    worst: usize,
    /// The slope where the solve stands.
    slope: Vec<f64>,
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, x| f64::max(most, x.abs()))
}

impl<'c, 'a, T: Real, F: System<T>> Halt<'c, 'a, T, F> {
    pub(super) fn new(
        course: &'c Course<'a, T, F>,
        stepper: &'c mut dyn Stepper<T, F>,
        interval: Interval,
        worst: usize,
    ) -> Self {
        let mut halt = Self { course, stepper, h: interval.h.abs(), worst, slope: Vec::new() };
        halt.slope = halt.slope_along(&[], 0.0, 0.0);
        halt
    }

    /// The slope at the state moved along a direction, and at a time moved; empty where there is none.
    fn slope_along(&mut self, direction: &[f64], by: f64, later: f64) -> Vec<f64> {
        let Course { f, p, u, clock, .. } = self.course;
        let (mut moved, mut slope) = (u.clone(), u.zeros_like());
        for (x, v) in moved.as_mut_slice().iter_mut().zip(direction) {
            *x += T::lit(by * v);
        }
        let t = clock.t() + later * clock.direction();
        if !self.stepper.slope_at(f, p, T::lit(t), &moved, &mut slope) {
            return Vec::new();
        }
        slope.as_slice().iter().map(|x| x.value()).collect()
    }

    fn state(&self, i: usize) -> f64 {
        self.course.u.as_slice().get(i).map_or(f64::NAN, |x| x.value())
    }

    fn name(&self, what: &str, i: usize) -> String {
        component(what, &F::state_names(), i)
    }

    fn length(&self) -> f64 {
        (self.course.span.1 - self.course.span.0).abs()
    }

    fn progress(&self) -> f64 {
        (self.course.clock.t() - self.course.span.0).abs() / self.length()
    }

    /// The cause of steps too short, in words with what to do.
    pub(super) fn cause(&mut self) -> Option<String> {
        if self.slope.is_empty() || self.slope.iter().any(|x| !x.is_finite()) {
            return None;
        }
        self.sudden().or_else(|| self.growth()).or_else(|| self.jump()).or_else(|| self.stiff())
    }

    /// A derivative so large that the solution is over before a part of the span is.
    fn sudden(&self) -> Option<String> {
        let (i, du) = (0..self.slope.len())
            .map(|i| (i, self.slope[i]))
            .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
        // a state that starts at zero changes by any number of times itself
        let size = self.course.u.as_slice().iter().map(|x| x.value().abs()).fold(0.0, f64::max);
        let (u, within) = (self.state(i), size / du.abs());
        if size == 0.0 {
            return None;
        }
        (self.progress() < NOWHERE && within < SUDDEN * self.length()).then(|| {
            format!(
                "{} is {du:.3e} where {} is {u:.3e}, a change within {within:.0e} of a span of {}: look at the units of the \
                 parameters, and at the signs and units inside of `exp` and of powers",
                self.name("du", i),
                self.name("u", i),
                self.length(),
            )
        })
    }

    /// A component that grows by itself the faster the larger it is.
    pub(super) fn growth(&self) -> Option<String> {
        let (u, du) = (self.state(self.worst), *self.slope.get(self.worst)?);
        let within = u.abs() / du.abs();
        let grows = u * du * self.course.clock.direction() > 0.0;
        (grows && within < STEPS_TO_GROW * self.h && within < 1e-3 * self.length()).then(|| {
            let named = self.name("u", self.worst);
            format!(
                "the solution grows without bound: {named} is {u:.3e} there and doubles within {within:.0e}; look for a \
                 division by something that goes to zero, a power that feeds itself, or a wrong sign; where the model is \
                 meant so, end the span before, or end the solve by an event (`Crossing::new(..).terminal()`)",
            )
        })
    }

    /// The first distance over which the slope changes and then no more: it jumps in between.
    fn jump_along(&mut self, direction: &[f64], in_time: bool) -> Option<(usize, f64)> {
        let steepest = largest(&self.slope);
        for sign in [1.0, -1.0] {
            let mut before: Vec<(usize, f64)> = Vec::new();
            for decade in DECADES {
                let by = sign * self.h * 10_f64.powi(decade);
                let slope = self.slope_along(direction, by, if in_time { by } else { 0.0 });
                if slope.len() != self.slope.len() {
                    return None;
                }
                let changes = slope.iter().zip(&self.slope).map(|(a, b)| a - b).enumerate();
                let (i, change) = changes.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
                before.push((i, change));
                if let [.., a, b, c] = before[..]
                    && a.1.abs() > 1e-3 * steepest
                    && a.0 == c.0
                    && (b.1 / a.1 - 1.0).abs() < 0.1
                    && (c.1 / a.1 - 1.0).abs() < 0.1
                {
                    return Some(a);
                }
            }
        }
        None
    }

    /// A right-hand side that is not continuous here.
    fn jump(&mut self) -> Option<String> {
        if let Some((i, change)) = self.jump_along(&[], true) {
            return Some(format!(
                "{} jumps by {change:.3e} at this time: give the times of jumps as `.tstops(..)`, so that steps end on them",
                self.name("du", i),
            ));
        }
        let direction = self.slope.clone();
        let (i, change) = self.jump_along(&direction, false)?;
        Some(format!(
            "{} jumps by {change:.3e} at this state (`signum`, `if`, `floor`, a table with steps): let steps end there by an \
             event (`Crossing`); a solution that can't leave the jump, such as dry friction that sticks, needs it smoothed: \
             `(v / width).tanh()` for `v.signum()`",
            self.name("du", i),
        ))
    }

    /// The rate of the fastest change around the solution, by the power method on differences of slopes.
    fn rate(&mut self) -> f64 {
        let size = self.course.u.as_slice().iter().map(|x| x.value().abs()).fold(0.0, f64::max);
        let distance = 1e-7 * f64::max(size, f64::MIN_POSITIVE / f64::EPSILON);
        let mut direction: Vec<f64> = (0..self.slope.len()).map(|i| 1.0 + 0.1 * (i % 7) as f64).collect();
        let mut rate = 0.0;
        for _ in 0..ROUNDS {
            let length = largest(&direction);
            if !(length > 0.0 && length.is_finite()) {
                break;
            }
            direction.iter_mut().for_each(|v| *v /= length);
            let slope = self.slope_along(&direction, distance, 0.0);
            direction = slope.iter().zip(&self.slope).map(|(a, b)| (a - b) / distance).collect();
            rate = largest(&direction);
        }
        rate
    }

    /// A change so fast that it, and not the solution, sets the step.
    fn stiff(&mut self) -> Option<String> {
        let implicit = self.stepper.costs().jacobians > 0;
        if implicit || self.slope.len() > 10_000 {
            return None;
        }
        let rate = self.rate();
        (rate.is_finite() && rate * self.h > 0.1 && rate * self.length() > 1e3).then(|| {
            format!(
                "the problem is stiff: something in it changes within {:.0e}, and explicit steps can't be longer than some of \
                 these; {IMPLICIT}",
                1.0 / rate,
            )
        })
    }

    /// How much is left to do.
    pub(super) fn outlook(&self) -> String {
        let left = (self.course.span.1 - self.course.clock.t()).abs() / self.h;
        let (order, relative) = (self.course.order, self.course.options.tolerances.relative.get(self.worst));
        let steps = format!("at steps of this size the rest of the span takes {left:.0e} more");
        if order <= 3 && relative < 1e-6 && !F::ROUGH {
            return format!(
                "{steps}: a method of order {order} needs short ones for a tolerance of {relative:e}; take `Tsit5`, `Vern7` \
                 or `Vern9`, or loosen the tolerances"
            );
        }
        // The tolerances have no say in steps of fixed size.
        let instead =
            if self.course.exponent.is_none() { "take a longer `dt`" } else { "loosen the tolerances" };
        format!("{steps}: raise `max_steps`, or {instead}")
    }
}
