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

/// A condition is looked at so many times a step: passing through zero and back in between goes unseen.
const SAMPLES: usize = 8;

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

/// Looks for the first place in a step of length `h` at which a condition leaves its side in the direction of its event.
pub(super) fn search(
    direction: Direction,
    from: Stance,
    (h, rounding): (f64, f64),
    mut condition: impl FnMut(f64) -> f64,
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
            (before, is_clear) = ((theta, value), true);
        } else if !is_noise && leaves(direction, side) {
            if value == 0.0 {
                return Found::Crossing(theta, value, side);
            }
            let theta = itp(before, (theta, value), rounding, &mut condition);
            return Found::Crossing(theta, condition(theta), side);
        } else if !is_noise && value != 0.0 {
            (before, side, is_clear) = ((theta, value), -side, true);
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
    bend: impl FnOnce() -> Movement,
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
