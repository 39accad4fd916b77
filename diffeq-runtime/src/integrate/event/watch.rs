//! Finding the events of a step, and the end of the step that meets them.

use crate::error::Error;
use crate::integrate::event::Direction;
use crate::integrate::event::EventSet;
use crate::integrate::event::Trigger;
use crate::integrate::event::root::itp;
use crate::integrate::options::within;
use crate::integrate::rhythm::Rhythm;
use crate::problem::Rhs;
use crate::real::Real;

/// A condition is looked at so many times a step: passing through zero and back in between goes unseen.
const SAMPLES: usize = 8;

/// How the watch keeps an eye on one event.
#[derive(Debug, Clone)]
enum Kind {
    Crossing {
        direction: Direction,
        left: Left,
    },
    Step,
    Period(Rhythm),
    /// Times still to come, the first last.
    Times(Vec<f64>),
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

/// What the loop knows of its events.
#[derive(Debug, Clone)]
pub(in crate::integrate) struct Watch {
    kinds: Vec<Kind>,
    /// The events that take place at the end of the step just taken.
    pub due: Vec<usize>,
}

/// A crossing inside a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::integrate) struct Crossed {
    pub event: usize,
    pub theta: f64,
}

impl Watch {
    /// A watch over the events of a solve; at most `most` given times, one per step.
    pub fn new<T: Real, F: Rhs<T>, E: EventSet<T, F>>(
        events: &E,
        (t0, t1): (f64, f64),
        most: usize,
    ) -> Result<Self, Error> {
        let direction = (t1 - t0).signum();
        let kind = |i| match events.trigger(i) {
            Trigger::Crossing(direction) => {
                Ok(Kind::Crossing { direction, left: Left { t: f64::NAN, residual: 0.0, slope: 0.0 } })
            }
            Trigger::Step => Ok(Kind::Step),
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
        let kinds = (0..E::LEN).map(kind).collect::<Result<_, _>>()?;
        Ok(Self { kinds, due: Vec::with_capacity(E::LEN) })
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

    /// Whether the watch must look inside steps.
    pub fn has_crossings(&self) -> bool {
        self.kinds.iter().any(|kind| matches!(kind, Kind::Crossing { .. }))
    }

    /// The first crossing of a step of length `h` whose condition `i` at `theta` is `condition(i, theta)`.
    pub fn first_crossing(&self, h: f64, mut condition: impl FnMut(usize, f64) -> f64) -> Option<Crossed> {
        let mut earliest: Option<Crossed> = None;
        for (event, kind) in self.kinds.iter().enumerate() {
            if let Kind::Crossing { direction, left } = kind {
                let found = crossing(*direction, *left, h.abs(), |theta| condition(event, theta));
                if let Some(theta) = found
                    && earliest.is_none_or(|earliest| theta < earliest.theta)
                {
                    earliest = Some(Crossed { event, theta });
                }
            }
        }
        earliest
    }

    /// Makes an event due at the end of the step, at `t`; `residual` is its condition there.
    ///
    /// False where the same event took place just before, nearer than the clock can tell.
    pub fn crossed(&mut self, event: usize, t: f64, residual: f64) -> bool {
        self.due.push(event);
        let Kind::Crossing { left, .. } = &mut self.kinds[event] else {
            return true;
        };
        let repeats = (t - left.t).abs() <= 16.0 * f64::EPSILON * t.abs();
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
    pub fn look(&mut self, t: f64, mut condition: impl FnMut(usize) -> f64) {
        for (event, kind) in self.kinds.iter_mut().enumerate() {
            match kind {
                Kind::Times(times) if times.last() == Some(&t) => {
                    times.pop();
                    self.due.push(event);
                }
                Kind::Period(rhythm) if rhythm.pass(t) => self.due.push(event),
                Kind::Step if condition(event) > 0.0 => self.due.push(event),
                _ => {}
            }
        }
    }

    /// Whether an event is a crossing.
    pub fn is_crossing(&self, event: usize) -> bool {
        matches!(self.kinds[event], Kind::Crossing { .. })
    }
}

/// The first `theta` at which a condition passes through zero the right way.
fn crossing(direction: Direction, left: Left, h: f64, mut condition: impl FnMut(f64) -> f64) -> Option<f64> {
    let mut before = start(left, h, &mut condition);
    for sample in 1..=SAMPLES {
        let theta = sample as f64 / SAMPLES as f64;
        if theta <= before.0 {
            continue;
        }
        let after = (theta, condition(theta));
        let rises = before.1 < 0.0 && after.1 >= 0.0;
        let falls = before.1 > 0.0 && after.1 <= 0.0;
        let wanted = match direction {
            Direction::Both => rises || falls,
            Direction::Rising => rises,
            Direction::Falling => falls,
        };
        if wanted {
            return Some(if after.1 == 0.0 { theta } else { itp(before, after, &mut condition) });
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
fn start(left: Left, h: f64, condition: &mut impl FnMut(f64) -> f64) -> (f64, f64) {
    let at_zero = condition(0.0);
    let noise = 8.0 * left.residual;
    if at_zero.abs() > noise {
        return (0.0, at_zero);
    }
    if left.slope.abs() > 0.0 {
        let theta = 2.0 * noise / (left.slope.abs() * h);
        if theta < 0.5 / SAMPLES as f64 {
            let value = condition(theta);
            if value * left.slope > 0.0 {
                return (theta, value);
            }
        }
        return (0.0, f64::MIN_POSITIVE.copysign(left.slope));
    }
    let mut theta = 1e-9;
    while theta < 0.5 / SAMPLES as f64 {
        let value = condition(theta);
        if value.abs() > noise {
            return (theta, value);
        }
        theta *= 10.0;
    }
    (theta, condition(theta))
}
