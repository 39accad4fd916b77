//! Finding the events of a step, and the end of the step that meets them.

use crate::error::Error;
use crate::integrate::event::Direction;
use crate::integrate::event::EventSet;
use crate::integrate::event::Trigger;
use crate::integrate::event::root::itp;
use crate::integrate::options::within;
use crate::integrate::rhythm::Rhythm;
use crate::problem::System;
use crate::real::Real;

/// A condition is looked at so many times a step: passing through zero and back in between goes unseen.
const SAMPLES: usize = 8;

/// How the watch keeps an eye on one event.
#[derive(Debug, Clone)]
enum Kind {
    Crossing {
        direction: Direction,
        left: Left,
        from: Start,
        /// Where in the step it crosses, by the interpolant; nowhere at infinity.
        root: f64,
    },
    Step,
    Period(Rhythm),
    /// Times still to come, the first last.
    Times(Vec<f64>),
    /// The event says when, after each step.
    Next(Option<f64>),
}

/// How a condition left zero when its event last took place.
#[derive(Debug, Clone, Copy)]
struct Left {
    /// When that was; NaN before there was a time.
    t: f64,
    /// The condition's size at the root, which is rounding; zero before there was one.
    residual: f64,
    /// How fast it changes behind the event, along the solve; zero where that is not known.
    slope: f64,
}

impl Left {
    /// Whether that was at `t`, as near as the clock can tell.
    fn was_at(&self, t: f64) -> bool {
        (t - self.t).abs() <= 16.0 * f64::EPSILON * t.abs()
    }
}

/// Where a condition starts in a step.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Start {
    theta: f64,
    /// Its sign is the side of zero that the condition starts on.
    value: f64,
    /// The condition's size up to which its sign is rounding.
    noise: f64,
}

/// What the loop knows of its events.
#[derive(Debug, Clone)]
pub(in crate::integrate) struct Watch {
    kinds: Vec<Kind>,
    /// The events that take place at the end of the step just taken.
    pub due: Vec<usize>,
}

/// A condition somewhere in a step: where it is zero, or not finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::integrate) struct Place {
    pub event: usize,
    pub theta: f64,
    pub value: f64,
}

impl Watch {
    /// A watch over the events of a solve; at most `most` given times, one per step.
    pub fn new<T: Real, F: System<T>>(
        events: &dyn EventSet<T, F>,
        (t0, t1): (f64, f64),
        most: usize,
    ) -> Result<Self, Error> {
        let direction = (t1 - t0).signum();
        let kind = |i| match events.trigger(i) {
            Trigger::Crossing(direction) => {
                let left = Left { t: f64::NAN, residual: 0.0, slope: 0.0 };
                let from = Start { theta: 0.0, value: 0.0, noise: 0.0 };
                Ok(Kind::Crossing { direction, left, from, root: f64::INFINITY })
            }
            Trigger::Step => Ok(Kind::Step),
            Trigger::Next => Ok(Kind::Next(None)),
            Trigger::Period(period) => Ok(Kind::Period(Rhythm::new(i, period, (t0, t1), most)?)),
            Trigger::Times(times) => {
                if let Some(&t) = times.iter().find(|t| !within(**t, (t0, t1))) {
                    return Err(Error::Time {
                        what: "the event at",
                        t,
                        t0,
                        t1,
                        hint: "give times inside the span",
                    });
                }
                let mut times = times.to_vec();
                times.sort_by(|a, b| (b * direction).total_cmp(&(a * direction)));
                times.dedup();
                Ok(Kind::Times(times))
            }
        };
        let kinds = (0..events.len()).map(kind).collect::<Result<_, _>>()?;
        Ok(Self { kinds, due: Vec::with_capacity(events.len()) })
    }

    /// The given times, which steps must end on.
    pub fn stops(&self) -> Vec<f64> {
        let times = self
            .kinds
            .iter()
            .filter_map(|kind| if let Kind::Times(times) = kind { Some(times) } else { None });
        times.flatten().copied().collect()
    }

    /// What comes every so often, which steps must end on as well.
    pub fn rhythms(&self) -> Vec<Rhythm> {
        let kinds = self.kinds.iter();
        kinds.filter_map(|kind| if let Kind::Period(rhythm) = kind { Some(*rhythm) } else { None }).collect()
    }

    /// Whether there are events that say when they take place.
    pub fn asks(&self) -> bool {
        self.kinds.iter().any(|kind| matches!(kind, Kind::Next(_)))
    }

    /// Asks them, and returns the first of their times; event `i` takes place next at `next(i)`.
    pub fn ask(&mut self, direction: f64, mut next: impl FnMut(usize) -> Option<f64>) -> Option<f64> {
        let mut first: Option<f64> = None;
        for (event, kind) in self.kinds.iter_mut().enumerate() {
            if let Kind::Next(time) = kind {
                *time = next(event);
                first =
                    first.into_iter().chain(*time).min_by(|a, b| (a * direction).total_cmp(&(b * direction)));
            }
        }
        first
    }

    /// Whether the watch must look inside steps.
    pub fn has_crossings(&self) -> bool {
        self.kinds.iter().any(|kind| matches!(kind, Kind::Crossing { .. }))
    }

    /// The first place in a step of length `h` where a condition crosses zero, or where one is found not to be finite;
    /// condition `i` at `theta` is `condition(i, theta)`.
    pub fn first_crossing(&mut self, h: f64, mut condition: impl FnMut(usize, f64) -> f64) -> Option<Place> {
        let mut earliest: Option<Place> = None;
        for (event, kind) in self.kinds.iter_mut().enumerate() {
            if let Kind::Crossing { direction, left, from, root } = kind {
                let mut condition = |theta| condition(event, theta);
                *from = start(*left, h.abs(), &mut condition);
                let found = crossing(*direction, *from, condition);
                let finite = found.filter(|(_, value)| value.is_finite());
                *root = finite.map_or(f64::INFINITY, |(theta, _)| theta);
                if let Some((theta, value)) = found
                    && earliest.is_none_or(|earliest| theta < earliest.theta)
                {
                    earliest = Some(Place { event, theta, value });
                }
            }
        }
        earliest
    }

    /// Makes due the crossings of a step that was cut at `theta`, in the order of the events: the `first` one, those
    /// whose conditions have passed through zero by then, since behind the cut they would not be found, and those no
    /// farther than the `resolution` from the first. Condition `i` at the end is `condition(i)`.
    ///
    /// # Errors
    ///
    /// The condition that is not finite at the end.
    pub fn gather(
        &mut self,
        first: Place,
        (theta, resolution): (f64, f64),
        mut condition: impl FnMut(usize) -> f64,
    ) -> Result<(), Place> {
        self.due.clear();
        for (event, kind) in self.kinds.iter().enumerate() {
            if let Kind::Crossing { direction, from, root, .. } = kind {
                let value = condition(event);
                if !value.is_finite() {
                    return Err(Place { event, theta: 1.0, value });
                }
                // From within rounding of zero, the sign tells something only beyond rounding.
                let clear = from.value.abs() > from.noise || value.abs() > from.noise;
                let passed = clear && from.theta < theta && passes(*direction, from.value, value);
                if event == first.event || passed || root - first.theta <= resolution {
                    self.due.push(event);
                }
            }
        }
        Ok(())
    }

    /// Remembers that an event is due at the end of the step, at `t`; `residual` is its condition there.
    ///
    /// False where the same event took place just before, nearer than the clock can tell.
    pub fn crossed(&mut self, event: usize, t: f64, residual: f64) -> bool {
        let Kind::Crossing { left, .. } = &mut self.kinds[event] else {
            return true;
        };
        let repeats = left.was_at(t);
        *left = Left { t, residual: residual.abs(), slope: 0.0 };
        !repeats
    }

    /// Remembers how fast the condition of an event changes behind it, along the solve.
    pub fn leaves(&mut self, event: usize, slope: f64) {
        if let Kind::Crossing { left, .. } = &mut self.kinds[event] {
            left.slope = slope;
        }
    }

    /// Makes the events of given times due that take place at `t`, and those whose condition holds there.
    ///
    /// # Errors
    ///
    /// The condition that is not finite.
    pub fn look(&mut self, t: f64, mut condition: impl FnMut(usize) -> f64) -> Result<(), Place> {
        for (event, kind) in self.kinds.iter_mut().enumerate() {
            let is_due = match kind {
                Kind::Next(next) => next.take_if(|time| *time == t).is_some(),
                Kind::Times(times) => times.pop_if(|time| *time == t).is_some(),
                Kind::Period(rhythm) => rhythm.pass(t),
                Kind::Step => {
                    let value = condition(event);
                    if !value.is_finite() {
                        return Err(Place { event, theta: 1.0, value });
                    }
                    value > 0.0
                }
                Kind::Crossing { .. } => false,
            };
            if is_due {
                self.due.push(event);
            }
        }
        Ok(())
    }

    /// Whether a condition has just been zero, and leaves it at `t`.
    pub fn departs(&self, event: usize, t: f64) -> bool {
        matches!(self.kinds[event], Kind::Crossing { left, .. } if left.was_at(t))
    }

    /// Whether an event is a crossing.
    pub fn is_crossing(&self, event: usize) -> bool {
        matches!(self.kinds[event], Kind::Crossing { .. })
    }
}

/// Whether a condition that goes from `before` to `after` passes through zero the right way.
fn passes(direction: Direction, before: f64, after: f64) -> bool {
    let rises = before < 0.0 && after >= 0.0;
    let falls = before > 0.0 && after <= 0.0;
    match direction {
        Direction::Both => rises || falls,
        Direction::Rising => rises,
        Direction::Falling => falls,
    }
}

/// The first `theta` at which a condition passes through zero the right way, or is not finite; and the condition there.
fn crossing(direction: Direction, from: Start, mut condition: impl FnMut(f64) -> f64) -> Option<(f64, f64)> {
    let mut before = (from.theta, from.value);
    if !before.1.is_finite() {
        return Some(before);
    }
    for sample in 1..=SAMPLES {
        let theta = sample as f64 / SAMPLES as f64;
        if theta <= before.0 {
            continue;
        }
        let after = (theta, condition(theta));
        if after.1 == 0.0 && passes(direction, before.1, after.1) || !after.1.is_finite() {
            return Some(after);
        }
        if passes(direction, before.1, after.1) {
            let theta = itp(before, after, &mut condition);
            return Some((theta, condition(theta)));
        }
        before = after;
    }
    None
}

/// The side of zero on which a condition starts: a place early in the step, and the condition there.
///
/// Just behind an event the condition is zero but for rounding, and its sign there says nothing; the slope with which
/// it left zero does, unless the effect of the event moved it away from zero at once. Without either, the first place
/// where it has clearly left zero tells the side.
fn start(left: Left, h: f64, condition: &mut impl FnMut(f64) -> f64) -> Start {
    let noise = 8.0 * left.residual;
    let at = |theta, value| Start { theta, value, noise: noise.max(f64::MIN_POSITIVE) };
    let at_zero = condition(0.0);
    if at_zero.abs() > noise || at_zero.is_nan() {
        return at(0.0, at_zero);
    }
    if left.slope.abs() > 0.0 {
        let theta = 2.0 * noise / (left.slope.abs() * h);
        if theta < 0.5 / SAMPLES as f64 {
            let value = condition(theta);
            if value * left.slope > 0.0 {
                return at(theta, value);
            }
        }
        return at(0.0, f64::MIN_POSITIVE.copysign(left.slope));
    }
    let mut theta = 1e-9;
    while theta < 0.5 / SAMPLES as f64 {
        let value = condition(theta);
        if value.abs() > noise {
            return at(theta, value);
        }
        theta *= 10.0;
    }
    at(theta, condition(theta))
}
