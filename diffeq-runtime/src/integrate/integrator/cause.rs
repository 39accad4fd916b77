//! Why a solve came to a halt, as far as the right-hand side around the place tells: its size, its jumps, its rates.

use crate::integrate::named::component;

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

/// The slope at a state moved along a direction by so much, and at a time moved by so much; empty where there is none.
type SlopeAlong<'c> = dyn FnMut(&[f64], f64, f64) -> Vec<f64> + 'c;

/// A solve that stands still, looked at: in plain numbers, so that it is compiled once and not for each system.
pub(super) struct Halt<'c> {
    pub slope_along: &'c mut SlopeAlong<'c>,
    /// The slope where the solve stands.
    pub slope: Vec<f64>,
    pub state: Vec<f64>,
    pub names: Vec<String>,
    pub span: (f64, f64),
    pub t: f64,
    pub direction: f64,
    /// The length of the step, without sign.
    pub h: f64,
    /// The component with the largest error.
    pub worst: usize,
    pub order: usize,
    /// The relative tolerance of that component; none where steps are of fixed size.
    pub tolerance: Option<f64>,
    pub is_rough: bool,
    /// Whether the method solves for its steps.
    pub is_implicit: bool,
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, x| f64::max(most, x.abs()))
}

/// The cause of steps too short, in words with what to do.
pub(super) fn stall(halt: &mut Halt<'_>) -> Option<String> {
    halt.cause()
}

/// The same, or where nothing is found how much is left to do.
pub(super) fn stall_or_outlook(halt: &mut Halt<'_>) -> Option<String> {
    halt.cause().or_else(|| Some(halt.outlook()))
}

/// That the worst component grows by itself the faster the larger it is.
pub(super) fn growth(halt: &mut Halt<'_>) -> Option<String> {
    halt.growth()
}

/// That any does.
pub(super) fn growth_of_any(halt: &mut Halt<'_>) -> Option<String> {
    halt.growth_of_any()
}

impl Halt<'_> {
    fn name(&self, what: &str, i: usize) -> String {
        component(what, &self.names, i)
    }

    fn length(&self) -> f64 {
        (self.span.1 - self.span.0).abs()
    }

    fn progress(&self) -> f64 {
        (self.t - self.span.0).abs() / self.length()
    }

    fn state(&self, i: usize) -> f64 {
        self.state.get(i).map_or(f64::NAN, |x| *x)
    }

    /// The cause of steps too short, in words with what to do.
    fn cause(&mut self) -> Option<String> {
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
        let size = largest(&self.state);
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
    fn growth(&self) -> Option<String> {
        let (u, du) = (self.state(self.worst), *self.slope.get(self.worst)?);
        let within = u.abs() / du.abs();
        let grows = u * du * self.direction > 0.0;
        (grows && within < STEPS_TO_GROW * self.h && within < 1e-3 * self.length()).then(|| {
            let named = self.name("u", self.worst);
            format!(
                "the solution grows without bound: {named} is {u:.3e} there and doubles within {within:.0e}; look for a \
                 division by something that goes to zero, a power that feeds itself, or a wrong sign; where the model is \
                 meant so, end the span before, or end the solve by an event (`Crossing::new(..).terminal()`)",
            )
        })
    }

    /// The [`growth`](Self::growth) of the first component that grows so.
    fn growth_of_any(&mut self) -> Option<String> {
        for i in 0..self.state.len() {
            self.worst = i;
            let growth = self.growth();
            if growth.is_some() {
                return growth;
            }
        }
        None
    }

    /// The first distance over which the slope changes and then no more: it jumps in between.
    fn jump_along(&mut self, direction: &[f64], in_time: bool) -> Option<(usize, f64)> {
        let steepest = largest(&self.slope);
        for sign in [1.0, -1.0] {
            let mut before: Vec<(usize, f64)> = Vec::new();
            for decade in DECADES {
                let by = sign * self.h * 10_f64.powi(decade);
                let slope = (self.slope_along)(direction, by, if in_time { by } else { 0.0 });
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
        let size = largest(&self.state);
        let distance = 1e-7 * f64::max(size, f64::MIN_POSITIVE / f64::EPSILON);
        let mut direction: Vec<f64> = (0..self.slope.len()).map(|i| 1.0 + 0.1 * (i % 7) as f64).collect();
        let mut rate = 0.0;
        for _ in 0..ROUNDS {
            let length = largest(&direction);
            if !(length > 0.0 && length.is_finite()) {
                break;
            }
            direction.iter_mut().for_each(|v| *v /= length);
            let slope = (self.slope_along)(&direction, distance, 0.0);
            direction = slope.iter().zip(&self.slope).map(|(a, b)| (a - b) / distance).collect();
            rate = largest(&direction);
        }
        rate
    }

    /// A change so fast that it, and not the solution, sets the step.
    fn stiff(&mut self) -> Option<String> {
        if self.is_implicit || self.slope.len() > 10_000 {
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
    fn outlook(&self) -> String {
        let left = (self.span.1 - self.t).abs() / self.h;
        let order = self.order;
        let steps = format!("at steps of this size the rest of the span takes {left:.0e} more");
        if let Some(relative) = self.tolerance
            && order <= 3
            && relative < 1e-6
            && !self.is_rough
        {
            return format!(
                "{steps}: a method of order {order} needs short ones for a tolerance of {relative:e}; take `Tsit5`, `Vern7` \
                 or `Vern9`, or loosen the tolerances"
            );
        }
        // The tolerances have no say in steps of fixed size.
        let instead = if self.tolerance.is_none() { "take a longer `dt`" } else { "loosen the tolerances" };
        format!("{steps}: raise `max_steps`, or {instead}")
    }
}
