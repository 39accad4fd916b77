//! On which side of zero a condition is, from step to step, and where it changes sides.
//!
//! A condition that has just been zero is so but for rounding, and its sign there says nothing. What tells its side is
//! how it moves: its slope along the solution, and where that is zero as well, its second derivative. The side is kept
//! from step to step; a crossing is where a condition is found on the other side.
//!
//! # Events that accumulate
//!
//! Let a condition come down to zero, and an effect turn it around with the slope `s`, while the solution bends it back by
//! the second derivative `a`: it is zero again `2 s / |a|` later, and rose to `s² / (2 |a|)` in between. Where that time is
//! less than the clock can tell, or that height less than the rounding of the condition, the next event can't be told
//! from this one: a ball that comes to rest. The same holds where the effect takes all of the slope. What happens from
//! there on a solver can't know: the effect says what an impact does, and not which force holds what rests. Going on means
//! falling through the floor, an event at every step means as many steps as the clock has times. So the event is asked
//! what happens at rest; if it does not say, the solve ends with an error, which names the event, the time and the ways
//! out. Nothing of it depends on how long the steps are on the way there: where a bounce begins, its height is known, and
//! that is where a step looks first.

use crate::integrate::event::Direction;
use crate::integrate::event::root::itp;

/// A condition is looked at so many times a step, and where a parabola through three of these comes down to zero in between.
const SAMPLES: usize = 8;

/// A parabola has to come down to this part of the lowest of its samples for a condition to be looked at there.
const LOW: f64 = 0.5;

/// What passes through zero by less than this part of the samples around touches it: that is rounding.
const TOUCH: f64 = 1e-10;

/// How often the lowest point is sought, the parabola being put through nearer points each time.
const DIVES: usize = 4;

/// A number that is not more than so many times its rounding error says nothing.
const CLEAR: f64 = 4.0;

/// A bounce of less than so many times the noise of its height, or the resolution of the clock, is none.
const SMALLEST: f64 = 4.0;

/// Where a condition stands at the start of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::integrate) struct Stance {
    /// 1 above zero, -1 below; 0 as long as that is not known.
    pub side: f64,
    pub value: f64,
    /// The size up to which the sign of the condition is rounding, until it has left zero; zero after that.
    pub noise: f64,
    /// How long after the start of the step the condition has left zero, where it starts there; zero where not known.
    pub clear: f64,
}

impl Stance {
    pub const UNKNOWN: Self = Self { side: 0.0, value: f64::NAN, noise: 0.0, clear: 0.0 };

    /// Clearly on one side.
    pub fn at(value: f64) -> Self {
        Self { side: side_of(value), value, noise: 0.0, clear: 0.0 }
    }

    /// At the end of a step in which no event took place.
    pub fn settle(&mut self, value: f64) {
        if value.abs() > self.noise {
            *self = Self::at(value);
        } else {
            *self = Self { value, clear: 0.0, ..*self };
        }
    }

    /// Whether the condition has left zero.
    fn is_clear(&self) -> bool {
        self.value.abs() > self.noise
    }
}

/// The sign of a number; zero has none.
fn side_of(value: f64) -> f64 {
    if value > 0.0 {
        1.0
    } else if value < 0.0 {
        -1.0
    } else {
        0.0
    }
}

/// Whether an event of this direction takes place where its condition leaves a side.
pub(super) fn leaves(direction: Direction, side: f64) -> bool {
    match direction {
        Direction::Both => side != 0.0,
        Direction::Rising => side < 0.0,
        Direction::Falling => side > 0.0,
    }
}

/// What was found of a condition in a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Found {
    /// It crosses at this part of the step, where it has this value, from this side.
    Crossing(f64, f64, f64),
    /// It is not finite there.
    NotFinite(f64, f64),
    /// It does not cross. Its value at the end; and if it goes on as it did last, it crosses so many steps later, at
    /// infinity if it does not.
    Nothing(f64, f64),
}

/// A time in a step, as a part of it, and a condition there.
type Point = (f64, f64);

/// Whether the parabola through three points, as far apart from one another, comes down to zero between them. No division: most do
/// not.
#[inline]
fn may_dip([a, b, c]: [Point; 3], side: f64) -> bool {
    let [low, middle, high] = [a.1 * side, b.1 * side, c.1 * side];
    let (rise, bend) = (high - low, low - 2.0 * middle + high);
    let least = low.min(middle).min(high);
    // The vertex is `rise / (2 bend)` of a spacing away from the middle, and `rise² / (8 bend)` below it.
    bend > 0.0 && rise.abs() < 2.0 * bend && 8.0 * bend * (middle - LOW * least) <= rise * rise
}

/// Whether a condition on one `side` at three points is on the other in between: a point there, with those next to it.
///
/// A minimum of the distance to zero is where the parabola through the points has its vertex, nearly; Shampine, Thompson,
/// *Event location for ordinary differential equations*, Comput. Math. Appl. 39 (2000), look there for a polynomial's.
/// Most parabolas stay far from zero, and cost no evaluation.
#[cold]
fn dip(
    points: [Point; 3],
    (side, rounding): (f64, f64),
    condition: &mut dyn FnMut(f64) -> f64,
) -> Option<[Point; 3]> {
    let [mut a, mut b, mut c] = points;
    let height = f64::max(a.1 * side, c.1 * side);
    for _ in 0..DIVES {
        let [left, right] = [(b.1 - a.1) / (b.0 - a.0), (c.1 - b.1) / (c.0 - b.0)].map(|slope| slope * side);
        let bend = (right - left) / (c.0 - a.0);
        // By Newton's form: a + left (x - a) + bend (x - a) (x - b).
        let x = 0.5 * (a.0 + b.0 - left / bend);
        let lowest = a.1 * side + left * (x - a.0) + bend * (x - a.0) * (x - b.0);
        let least = f64::min(b.1 * side, f64::min(a.1 * side, c.1 * side));
        let is_inside = bend > 0.0 && a.0 < x && x < c.0 && x != b.0;
        if !is_inside || lowest > LOW * least {
            return None;
        }
        let at = (x, condition(x));
        if at.1 * side < -height * f64::max(TOUCH, rounding) {
            return Some(if x < b.0 { [a, at, b] } else { [b, at, c] });
        }
        // The same minimum between nearer points.
        let lower_than_b = at.1 * side < b.1 * side;
        (a, b, c) = match (x < b.0, lower_than_b) {
            (true, true) => (a, at, b),
            (true, false) => (at, b, c),
            (false, true) => (b, at, c),
            (false, false) => (a, b, at),
        };
    }
    None
}

/// Looks for the first place in a step of length `h` at which a condition leaves its side in the direction of its event.
///
/// Compiled once, and not for each condition: beside the interpolation of a state a call is nothing.
pub(super) fn search(
    direction: Direction,
    from: Stance,
    (h, rounding): (f64, f64),
    condition: &mut dyn FnMut(f64) -> f64,
) -> Found {
    if from.value.is_nan() || from.value.is_infinite() {
        return Found::NotFinite(0.0, from.value);
    }
    let mut side = from.side;
    let mut is_clear = from.is_clear();
    let starts_there = is_clear && from.value * side >= 0.0;
    let mut before = (0.0, if starts_there { from.value } else { f64::MIN_POSITIVE.copysign(side) });
    if !is_clear && side != 0.0 && from.clear > 0.0 {
        // Where it should have left zero, or before, if the interpolant comes back sooner.
        let mut theta = from.clear / h;
        for _ in 0..SAMPLES {
            if theta < 0.5 / SAMPLES as f64 {
                let value = condition(theta);
                if value * side > 0.0 {
                    (before, is_clear) = ((theta, value), true);
                    break;
                }
            }
            theta *= 0.5;
        }
    }
    let (mut last, mut end) = (before, f64::NAN);
    // The last two points, if they are clearly on one side.
    let mut behind = [is_clear.then_some(before).filter(|_| starts_there), None];
    for sample in 1..=SAMPLES {
        let theta = sample as f64 / SAMPLES as f64;
        let value = condition(theta);
        if !value.is_finite() {
            return Found::NotFinite(theta, value);
        }
        if sample < SAMPLES {
            last = (theta, value);
        } else {
            end = value;
        }
        let is_noise = !is_clear && value.abs() <= from.noise;
        if side == 0.0 && !is_noise {
            side = side_of(value);
        }
        if value * side > 0.0 {
            if let [Some(b), Some(a)] = behind
                && may_dip([a, b, (theta, value)], side)
                && let Some([left, at, right]) = dip([a, b, (theta, value)], (side, rounding), condition)
            {
                // It leaves its side there, or where that is no event comes back.
                let (from, to, side) =
                    if leaves(direction, side) { (left, at, side) } else { (at, right, -side) };
                let theta = itp(from, to, rounding, condition);
                return Found::Crossing(theta, condition(theta), side);
            }
            (before, is_clear) = ((theta, value), true);
            behind = [Some(before), behind[0]];
        } else if !is_noise && leaves(direction, side) {
            if value == 0.0 {
                return Found::Crossing(theta, value, side);
            }
            let theta = itp(before, (theta, value), rounding, condition);
            return Found::Crossing(theta, condition(theta), side);
        } else if !is_noise && value != 0.0 {
            (before, side, is_clear) = ((theta, value), -side, true);
            behind = [Some(before), None];
        }
    }
    let rate = (last.1 - end) * side / (1.0 - last.0);
    let heads_for_zero = rate > 0.0 && is_clear && leaves(direction, side);
    Found::Nothing(end, if heads_for_zero { end.abs() / rate } else { f64::INFINITY })
}

/// How a condition moves along the solve, with the errors of these numbers by rounding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::integrate) struct Movement {
    pub slope: f64,
    pub noise: f64,
}

impl Movement {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { slope: 0.0, noise: f64::INFINITY };

    /// Whether it is more than rounding.
    pub fn is_clear(&self) -> bool {
        self.slope.abs() > CLEAR * self.noise
    }
}

/// How a condition came to zero, if its event has just taken place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::integrate) struct Arrival {
    pub side: f64,
    pub value: f64,
    pub movement: Movement,
    /// Whether the effects changed state or parameters.
    pub changed: bool,
}

/// A condition that can't leave zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::integrate) enum Stuck {
    /// The next event would follow within rounding.
    Accumulates,
    /// The effect leaves it at zero, and the solution drives it on.
    Rests,
    /// It was already on its way back when it was found to be zero.
    Turned,
}

impl Stuck {
    /// In words.
    pub fn why(self) -> &'static str {
        match self {
            Self::Accumulates => "its occurrences accumulate, and the next would follow within rounding",
            Self::Rests => "its effect holds the condition at zero, where the solution drives it on",
            Self::Turned => "its condition is zero and already on its way back, within rounding",
        }
    }
}

/// The stance of a condition that is zero but for its `noise`; `arrival` is how it came there, for the condition of an event
/// that has just taken place, and `side` where it was before that. `bend` is its second derivative, which is asked for only
/// where it decides. The clock tells times apart that differ by `resolution`.
pub(in crate::integrate) fn depart(
    arrival: Option<Arrival>,
    (side, value, noise): (f64, f64, f64),
    resolution: f64,
    movement: Movement,
    bend: &mut dyn FnMut() -> Movement,
) -> Result<Stance, Stuck> {
    let stance = |side: f64, clear: f64| {
        let clear = if clear.is_finite() { clear } else { 0.0 };
        Ok(Stance { side, value, noise: noise.max(f64::MIN_POSITIVE), clear })
    };
    let slope = movement.slope.abs();
    let leaves_to = side_of(movement.slope);
    if movement.is_clear() {
        let soon = CLEAR * noise / slope;
        let Some(arrival) = arrival else {
            // At the start it comes from nowhere. Later it is about to cross, and will be found to.
            let crosses = side != 0.0 && leaves_to != side;
            return if crosses {
                Ok(Stance { side, value, noise: 0.0, clear: 0.0 })
            } else {
                stance(leaves_to, soon)
            };
        };
        if leaves_to != arrival.side {
            // It passes through. But what was already on its way back has not come from where it is sent now.
            let was_turned = arrival.movement.is_clear() && arrival.movement.slope * arrival.side > 0.0;
            return if was_turned { Err(Stuck::Turned) } else { stance(leaves_to, soon) };
        }
        let bend = bend();
        if !bend.is_clear() || bend.slope * leaves_to > 0.0 {
            return stance(leaves_to, soon);
        }
        let height = 0.5 * slope * slope / bend.slope.abs();
        let time = 2.0 * slope / bend.slope.abs();
        if time <= SMALLEST * resolution || height <= SMALLEST * noise {
            return Err(Stuck::Accumulates);
        }
        return stance(leaves_to, 0.5 * time);
    }
    let bend = bend();
    let bends_to = side_of(bend.slope);
    if !bend.is_clear() || arrival.is_none() && side != 0.0 {
        return stance(side, 0.0);
    }
    match arrival {
        // It does not go on as it came: the effect holds it, and the solution does not.
        Some(Arrival { side, changed: true, .. }) if bends_to != side => Err(Stuck::Rests),
        _ => stance(bends_to, (CLEAR * noise / bend.slope.abs()).sqrt()),
    }
}
