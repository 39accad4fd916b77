//! Finding the events of a step, and the end of the step that meets them.

use crate::error::Error;
use crate::integrate::event::Direction;
use crate::integrate::event::Trigger;
use crate::integrate::event::stance::Arrival;
use crate::integrate::event::stance::Found;
use crate::integrate::event::stance::Movement;
use crate::integrate::event::stance::Stance;
use crate::integrate::event::stance::leaves;
use crate::integrate::event::stance::search;
use crate::integrate::options::within;
use crate::integrate::rhythm::Rhythm;

/// How the watch keeps an eye on one event.
#[derive(Debug, Clone)]
enum TriggerState {
    Crossing(Crossing),
    Step,
    Period(Rhythm),
    /// Times still to come, the first last.
    Times(Vec<f64>),
    /// The event says when, after each step.
    Next(Option<f64>),
}

/// What is known of a condition that crosses.
#[derive(Debug, Clone, Copy)]
struct Crossing {
    direction: Direction,
    /// Where it stands at the start of the step.
    stance: Stance,
    /// When its event last took place; NaN before there was a time.
    last: f64,
    /// Where in the step it crosses, by the interpolant; nowhere at infinity.
    root: f64,
    /// Its value at the end of the step.
    end: f64,
    /// If it goes on as it does at the end of the step, it crosses so many steps later.
    ahead: f64,
    /// How it arrived at zero, for the event that is due.
    arrival: Option<Arrival>,
}

/// What the loop knows of its events.
#[derive(Debug, Clone)]
pub(in crate::integrate) struct Watch {
    states: Vec<TriggerState>,
    /// The events that take place at the end of the step just taken.
    pub due: Vec<usize>,
}

/// A condition somewhere in a step: where it is zero, or not finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::integrate) struct CrossingPoint {
    pub event: usize,
    pub theta: f64,
    pub value: f64,
    /// The side of zero that it leaves there: 1 above, -1 below, 0 where it is not finite.
    pub side: f64,
}

impl TriggerState {
    /// Of event `i`: compiled once, and not for each kind of event.
    fn new(i: usize, trigger: Trigger<'_>, (t0, t1): (f64, f64), most: usize) -> Result<Self, Error> {
        let direction = (t1 - t0).signum();
        match trigger {
            Trigger::Crossing(direction) => Ok(Self::Crossing(Crossing {
                direction,
                stance: Stance::UNKNOWN,
                last: f64::NAN,
                root: f64::INFINITY,
                end: f64::NAN,
                ahead: f64::INFINITY,
                arrival: None,
            })),
            Trigger::Step => Ok(Self::Step),
            Trigger::Next => Ok(Self::Next(None)),
            Trigger::Period(period) => Ok(Self::Period(Rhythm::new(i, period, (t0, t1), most)?)),
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
                Ok(Self::Times(times))
            }
        }
    }
}

impl Watch {
    /// Over no events.
    pub const NONE: Self = Self { states: Vec::new(), due: Vec::new() };

    /// A watch over so many events of a solve, of which event `i` is looked for at `trigger(i)`; at most `most` given times, one per
    /// step.
    pub fn new<'e>(
        len: usize,
        trigger: &dyn Fn(usize) -> Trigger<'e>,
        (t0, t1): (f64, f64),
        most: usize,
    ) -> Result<Self, Error> {
        let mut states = Vec::with_capacity(len);
        for i in 0..len {
            states.push(TriggerState::new(i, trigger(i), (t0, t1), most)?);
        }
        Ok(Self { states, due: Vec::with_capacity(len) })
    }

    /// The given times, which steps must end on.
    pub fn stops(&self) -> Vec<f64> {
        let times = self
            .states
            .iter()
            .filter_map(|state| if let TriggerState::Times(times) = state { Some(times) } else { None });
        times.flatten().copied().collect()
    }

    /// What comes every so often, which steps must end on as well.
    pub fn rhythms(&self) -> Vec<Rhythm> {
        let states = self.states.iter();
        states
            .filter_map(|state| if let TriggerState::Period(rhythm) = state { Some(*rhythm) } else { None })
            .collect()
    }

    /// Whether there are events that say when they take place.
    pub fn asks(&self) -> bool {
        self.states.iter().any(|state| matches!(state, TriggerState::Next(_)))
    }

    /// Asks them at `t`, and returns the first of their times ahead of that; event `i` takes place next at `next(i)`.
    pub fn ask(
        &mut self,
        (t, direction): (f64, f64),
        next: &mut dyn FnMut(usize) -> Option<f64>,
    ) -> Option<f64> {
        let mut first: Option<f64> = None;
        for (event, state) in self.states.iter_mut().enumerate() {
            if let TriggerState::Next(time) = state {
                *time = next(event).filter(|next| (next - t) * direction > 0.0);
                first =
                    first.into_iter().chain(*time).min_by(|a, b| (a * direction).total_cmp(&(b * direction)));
            }
        }
        first
    }

    /// Whether the watch must look inside steps.
    pub fn has_crossings(&self) -> bool {
        self.states.iter().any(|state| matches!(state, TriggerState::Crossing(_)))
    }

    /// The first place in a step of length `h` where a condition crosses zero, or where one is found not to be finite;
    /// condition `i` at `theta` is `condition(i, theta)`. Roots are sought to `rounding`.
    pub fn first_crossing(
        &mut self,
        (h, rounding): (f64, f64),
        condition: &mut dyn FnMut(usize, f64) -> f64,
    ) -> Option<CrossingPoint> {
        let mut earliest: Option<CrossingPoint> = None;
        for (event, crossing) in self.crossings_mut() {
            let found = search(crossing.direction, crossing.stance, (h, rounding), &mut |theta| {
                condition(event, theta)
            });
            (crossing.root, crossing.ahead) = (f64::INFINITY, f64::INFINITY);
            let (theta, value, side) = match found {
                Found::Nothing(end, ahead) => {
                    (crossing.end, crossing.ahead) = (end, ahead);
                    continue;
                }
                Found::Crossing(theta, value, side) => {
                    crossing.root = theta;
                    (theta, value, side)
                }
                Found::NotFinite(theta, value) => (theta, value, 0.0),
            };
            if earliest.is_none_or(|earliest| theta < earliest.theta) {
                earliest = Some(CrossingPoint { event, theta, value, side });
            }
        }
        earliest
    }

    /// Makes due the crossings of a step that was cut, in the order of the events: the `first` one, those whose conditions
    /// have passed through zero by then, since after the cut they would not be found, and those no farther than the
    /// `resolution` from the first. Condition `i` at the end is `condition(i)`.
    ///
    /// # Errors
    ///
    /// The condition that is not finite at the end.
    pub fn gather(
        &mut self,
        first: CrossingPoint,
        resolution: f64,
        condition: &mut dyn FnMut(usize) -> f64,
    ) -> Result<(), CrossingPoint> {
        self.due.clear();
        let Self { states, due } = self;
        for (event, state) in states.iter_mut().enumerate() {
            let TriggerState::Crossing(crossing) = state else { continue };
            let value = condition(event);
            if !value.is_finite() {
                return Err(CrossingPoint { event, theta: 1.0, value, side: 0.0 });
            }
            crossing.end = value;
            let Stance { side, value: start, noise, .. } = crossing.stance;
            // From within rounding of zero, the sign tells something only beyond rounding.
            let is_clear = start.abs() > noise || value.abs() > noise;
            let passed = is_clear && value * side <= 0.0 && leaves(crossing.direction, side);
            if event == first.event || passed || crossing.root - first.theta <= resolution {
                due.push(event);
            }
        }
        Ok(())
    }

    /// Makes due the crossings that are no more than this part of the step after its end: none was found inside.
    pub fn gather_ahead(&mut self, part: f64) {
        let Self { states, due } = self;
        for (event, state) in states.iter().enumerate() {
            if let TriggerState::Crossing(crossing) = state
                && crossing.ahead <= part
            {
                due.push(event);
            }
        }
    }

    /// How many steps after the end of the step a condition crosses, if it goes on as it does there, and its value there.
    pub fn ahead(&self, event: usize) -> Option<(f64, f64)> {
        if let TriggerState::Crossing(crossing) = &self.states[event] {
            Some((crossing.ahead, crossing.end))
        } else {
            None
        }
    }

    /// How the condition of an event that is due came to zero, before any effect: from which side, and with which value.
    pub fn arrives(&mut self, event: usize, movement: Movement) {
        // Told by `changes`.
        let changed = false;
        if let Some(crossing) = self.crossing_mut(event) {
            // In a step that it began on the other side it has passed through zero twice.
            let side = match crossing.direction {
                Direction::Falling => 1.0,
                Direction::Rising => -1.0,
                Direction::Both if crossing.stance.side == 0.0 => -movement.slope.signum(),
                Direction::Both => crossing.stance.side,
            };
            crossing.arrival = Some(Arrival { side, value: crossing.end, movement, changed });
        }
    }

    /// The effect of an event has changed state or parameters, after which the conditions of all that are due go on.
    pub fn changes(&mut self) {
        for (_, crossing) in self.crossings_mut() {
            if let Some(arrival) = &mut crossing.arrival {
                arrival.changed = true;
            }
        }
    }

    /// How the condition of an event that has just taken place had come to zero, and the side it was on before.
    pub fn arrival(&mut self, event: usize) -> (Option<Arrival>, f64) {
        let Some(&mut Crossing { arrival, stance, .. }) = self.crossing_mut(event) else {
            return (None, 0.0);
        };
        (arrival, arrival.map_or(stance.side, |arrival| arrival.side))
    }

    /// All events of this time have taken place.
    pub fn forget_arrivals(&mut self) {
        self.crossings_mut().for_each(|(_, crossing)| crossing.arrival = None);
    }

    /// Where a condition stands at the start of the next step.
    pub fn stands(&mut self, event: usize, stance: Stance) {
        if let Some(crossing) = self.crossing_mut(event) {
            crossing.stance = stance;
        }
    }

    /// The step has ended without events.
    pub fn settle(&mut self) {
        for (_, crossing) in self.crossings_mut() {
            crossing.stance.settle(crossing.end);
        }
    }

    /// Remembers that an event takes place at `t`; false where the same took place just before, nearer than the
    /// `resolution` of the clock.
    pub fn takes_place(&mut self, event: usize, t: f64, resolution: f64) -> bool {
        let Some(crossing) = self.crossing_mut(event) else { return true };
        let repeats = (t - crossing.last).abs() <= resolution;
        crossing.last = t;
        !repeats
    }

    fn crossing_mut(&mut self, event: usize) -> Option<&mut Crossing> {
        if let TriggerState::Crossing(crossing) = &mut self.states[event] { Some(crossing) } else { None }
    }

    fn crossings_mut(&mut self) -> impl Iterator<Item = (usize, &mut Crossing)> {
        let states = self.states.iter_mut().enumerate();
        states.filter_map(|(i, state)| {
            if let TriggerState::Crossing(crossing) = state { Some((i, crossing)) } else { None }
        })
    }

    /// Makes the events of given times due that take place at `t`, and those whose condition holds there.
    ///
    /// # Errors
    ///
    /// The condition that is not finite.
    pub fn look(&mut self, t: f64, condition: &mut dyn FnMut(usize) -> f64) -> Result<(), CrossingPoint> {
        for (event, state) in self.states.iter_mut().enumerate() {
            let is_due = match state {
                TriggerState::Next(next) => next.take_if(|time| *time == t).is_some(),
                TriggerState::Times(times) => times.pop_if(|time| *time == t).is_some(),
                TriggerState::Period(rhythm) => rhythm.pass(t),
                TriggerState::Step => {
                    let value = condition(event);
                    if !value.is_finite() {
                        return Err(CrossingPoint { event, theta: 1.0, value, side: 0.0 });
                    }
                    value > 0.0
                }
                TriggerState::Crossing(_) => false,
            };
            if is_due {
                self.due.push(event);
            }
        }
        Ok(())
    }

    /// Whether an event is a crossing.
    pub fn is_crossing(&self, event: usize) -> bool {
        matches!(self.states[event], TriggerState::Crossing(_))
    }
}
