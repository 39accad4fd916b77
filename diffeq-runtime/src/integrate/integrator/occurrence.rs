//! Events take place, and conditions leave zero after them.

use std::ops::ControlFlow;

use crate::error::Error;
use crate::integrate::Cause;
use crate::integrate::EventRecord;
use crate::integrate::Flow;
use crate::integrate::Occurrence;
use crate::integrate::event::Arrival;
use crate::integrate::event::Movement;
use crate::integrate::event::Stance;
use crate::integrate::event::Stuck;
use crate::integrate::event::depart;
use crate::integrate::integrator::Course;
use crate::integrate::integrator::Observe;
use crate::integrate::named::Named;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;
use crate::space::add_scaled;
use crate::space::assign;
use crate::stepper::Stepper;

/// A number that is computed from others is off by a few roundings.
const FEW_ROUNDINGS: f64 = 8.0;

/// What is left at most of what a condition bends over a reach, in parts of the difference that shows it.
const BENT: f64 = 1e-3;

impl<T: Real, F: System<T>> Course<'_, T, F> {
    /// Lets the events that are due take place.
    pub(super) fn events_take_place(
        &mut self,
        stepper: &mut dyn Stepper<T, F>,
        step: Option<usize>,
        observe: &mut Observe<'_, F::State, F::Params>,
    ) -> Result<(), Error> {
        self.events_took_place = !self.watch.due.is_empty();
        if !self.events_took_place {
            return Ok(());
        }
        self.note_arrivals(stepper)?;
        let t = self.clock.t();
        let mut arrived = self.conditions_due().into_iter();
        let mut has_ended = false;
        for due in 0..self.watch.due.len() {
            let event = self.watch.due[due];
            // `next` is free between steps.
            assign(&mut self.next, &self.u);
            assign(&mut *self.p_before, &*self.p);
            let crosses = self.watch.is_crossing(event);
            let moved = arrived.next().is_some_and(|arrived| {
                arrived != self.events.condition(event, &self.u, &self.p, T::lit(t)).value()
            });
            let displaced = crosses && (has_ended || moved);
            let lag = if crosses { self.shift_to_crossing(stepper, event) } else { T::ZERO };
            let at = T::lit(t) + lag;
            let flow = self.events.affect(event, &mut self.u, &mut self.p, at);
            self.check_affect(event)?;
            if differ(&self.next, &self.u) || differ(&*self.p_before, &*self.p) {
                self.watch.changes();
                self.f.event_changes(at, crosses);
            }
            let from = self.clock.from();
            self.switches_move(at);
            let behind = if self.clock.from() == from { t } else { self.clock.from() };
            self.begin_stepper(stepper)?;
            // The state that a terminal event leaves is the one at the time of the event, wherever that moves.
            if crosses && !flow.is_break() {
                self.shift(stepper, T::lit(behind) + lag, -lag);
            }
            if displaced {
                self.f.has_no_derivative(&mut self.u);
            }
            has_ended |= flow.is_break();
            self.took_place((event, behind), step, (flow, displaced), observe);
        }
        self.watch.due.clear();
        // Behind all of them, since the effect of one may turn the condition of another around.
        if self.watch.has_crossings() { self.leave_zero(stepper, step, observe) } else { Ok(()) }
    }

    /// Refuses what an event left of state and parameters, of which `next` and `p_before` hold those before.
    fn check_affect(&self, event: usize) -> Result<(), Error> {
        let at = (event, self.clock.t(), self.interval.h);
        let states = [self.next.as_slice(), self.u.as_slice()];
        Named::of::<F>().check_affect(at, states, [self.p_before.as_slice(), self.p.as_slice()])
    }

    /// The conditions of the events that are due, before any effect, if there are several.
    fn conditions_due(&self) -> Vec<f64> {
        if self.watch.due.len() < 2 {
            return Vec::new();
        }
        let t = T::lit(self.clock.t());
        let mut conditions = Vec::with_capacity(self.watch.due.len());
        for event in &self.watch.due {
            conditions.push(self.events.condition(*event, &self.u, &self.p, t).value());
        }
        conditions
    }

    /// Tells of an event, and when the model is asked behind it, with what `next` and `p_before` hold of the time before.
    fn took_place(
        &mut self,
        (event, behind): (usize, f64),
        step: Option<usize>,
        (flow, displaced): (ControlFlow<()>, bool),
        observe: &mut Observe<'_, F::State, F::Params>,
    ) {
        let t = self.clock.t();
        let (before, after) = ((&self.next, &*self.p_before), (&self.u, &*self.p));
        let cause = Cause::Event(event);
        observe(EventRecord { cause, step, t, behind, ends: flow.is_break(), displaced, before, after });
        self.occurrences.push(Occurrence { event, t });
        self.stats.events += 1;
        if flow.is_break() {
            self.clock.stop();
        }
    }

    /// Finds where conditions stand after events; what can't leave zero comes to rest, if its event says how.
    fn leave_zero(
        &mut self,
        stepper: &mut dyn Stepper<T, F>,
        step: Option<usize>,
        observe: &mut Observe<'_, F::State, F::Params>,
    ) -> Result<(), Error> {
        let t = self.clock.t();
        let mut at_rest = Vec::new();
        while self.clock.remains()
            && let Some((event, stuck)) = self.take_stances(stepper)
        {
            let error = Error::Events { model: F::NAME, event, t, why: stuck.why() };
            if at_rest.contains(&event) {
                return Err(error);
            }
            at_rest.push(event);
            assign(&mut self.next, &self.u);
            assign(&mut *self.p_before, &*self.p);
            let flow = self.events.at_rest(event, &mut self.u, &mut self.p, T::lit(t)).ok_or(error)?;
            self.check_affect(event)?;
            self.switches_move(T::lit(t));
            self.begin_stepper(stepper)?;
            self.took_place((event, t), step, (flow, false), observe);
        }
        self.watch.forget_arrivals();
        Ok(())
    }

    /// Moves the state from the clock's time to that of a crossing: by a lag that is zero but for its tangents.
    fn shift_to_crossing(&mut self, stepper: &mut dyn Stepper<T, F>, event: usize) -> T {
        let t = self.clock.t();
        let Self { f, p, events, u, .. } = self;
        let mut slope = |u: &F::State, t, out: &mut F::State| {
            stepper.slope_at(f, p, t, u, out);
        };
        let condition = |u: &F::State, p: &F::Params, t| events.condition(event, u, p, t);
        let lag = Flow { slope: &mut slope, p: &**p }.lag(condition, u, t);
        self.shift(stepper, T::lit(t), lag);
        lag
    }

    /// Moves the state along its solution.
    pub(super) fn shift(&mut self, stepper: &mut dyn Stepper<T, F>, t: T, lag: T) {
        let Self { f, p, u, .. } = self;
        let mut slope = |u: &F::State, t, out: &mut F::State| {
            stepper.slope_at(f, p, t, u, out);
        };
        Flow { slope: &mut slope, p: &**p }.shift(u, t, lag);
    }

    /// How the conditions of the events that are due have come to zero, before any effect.
    fn note_arrivals(&mut self, stepper: &mut dyn Stepper<T, F>) -> Result<(), Error> {
        let t = self.clock.t();
        for due in 0..self.watch.due.len() {
            let event = self.watch.due[due];
            if !self.watch.is_crossing(event) {
                continue;
            }
            if !self.watch.takes_place(event, t, self.resolution()) {
                let why = "it has just taken place, and its condition is zero again at once";
                return Err(Error::Events { model: F::NAME, event, t, why });
            }
            let slope = self.slope_of_state(stepper, self.interval.to);
            let (reach, noise) = (self.reach(), self.rounding_of(event, &self.u, t));
            let movement =
                slope.map_or(Movement::UNKNOWN, |slope| self.movement(event, (0.0, reach), &slope, noise));
            self.watch.arrives(event, movement);
        }
        Ok(())
    }

    /// Finds where all conditions that cross stand: at the start, and after events. Returns the first that can't leave
    /// zero.
    pub(super) fn take_stances(&mut self, stepper: &mut dyn Stepper<T, F>) -> Option<(usize, Stuck)> {
        let t = self.clock.t();
        let slope = self.slope_of_state(stepper, self.clock.from());
        for event in 0..self.events.len() {
            if !self.watch.is_crossing(event) {
                continue;
            }
            let value = self.events.condition(event, &self.u, &self.p, T::lit(t)).value();
            let (arrival, side) = self.watch.arrival(event);
            let rounding = self.rounding_of(event, &self.u, t);
            let movement = match &slope {
                Some(slope) => self.movement(event, (0.0, self.reach()), slope, rounding),
                None => Movement::UNKNOWN,
            };
            let mut noise = FEW_ROUNDINGS * rounding + movement.slope.abs() * self.resolution();
            if let Some(arrival) = &arrival
                && (value - arrival.value).abs() <= noise
            {
                // The effect does not change it: what is left of it is what is left of the root.
                noise = noise.max(FEW_ROUNDINGS * arrival.value.abs());
            }
            let stays = |arrival: Arrival| (value - arrival.value).abs() <= arrival.value.abs().max(noise);
            if F::ROUGH && !value.is_nan() && (value.abs() <= noise || arrival.is_some_and(stays)) {
                // A rough path is on both sides again at once, whatever its drift: the end of the next step tells its side.
                self.watch
                    .stands(event, Stance { side: 0.0, value: 0.0, noise: f64::MIN_POSITIVE, clear: 0.0 });
                continue;
            }
            if value.abs() > noise || value.is_nan() {
                self.watch.stands(event, Stance::at(value));
                continue;
            }
            let resolution = self.resolution();
            let mut bend = || match &slope {
                Some(slope) => self.bend(stepper, event, slope, rounding),
                None => Movement::UNKNOWN,
            };
            let stance = depart(arrival, (side, value, noise), resolution, movement, &mut bend);
            match stance {
                Ok(stance) => self.watch.stands(event, stance),
                Err(stuck) => return Some((event, stuck)),
            }
        }
        None
    }

    /// The slope of the state where the solve is, a model being asked for it at `t`.
    fn slope_of_state(&mut self, stepper: &mut dyn Stepper<T, F>, t: f64) -> Option<F::State> {
        let known = stepper.slope_at(self.f, &self.p, T::lit(t), &self.u, &mut self.inside);
        known.then(|| self.inside.clone())
    }

    /// A time over which the condition of an event is looked at, with the sign of the solve.
    fn reach(&self) -> f64 {
        // A step is as long as the solution is smooth. A thousandth of it is far above rounding, and short.
        self.clock.interval(self.h).h * T::EPSILON.powf(0.25).max(1e-3)
    }

    /// How the condition of an event moves along a slope of the state, as seen over a `reach`; `lead` later than the solve
    /// is, if the state in `inside` is meant, and now, with that of the solve, if it is zero.
    fn movement(&self, event: usize, (lead, reach): (f64, f64), slope: &F::State, rounding: f64) -> Movement {
        let start = if lead == 0.0 { &self.u } else { &self.inside };
        let mut moved = start.clone();
        let mut along = |s: f64| {
            assign(&mut moved, start);
            add_scaled(&mut moved, s, slope);
            let t = T::lit(self.clock.t() + lead + s);
            self.events.condition(event, &moved, &self.p, t).value()
        };
        let mut change = |reach: f64| (along(reach) - along(-reach)) / (2.0 * reach);
        // By Richardson: a condition that bends over a reach, as a table that moves by its own law, has a slope all the same.
        let (coarse, fine) = (change(reach), change(0.5 * reach));
        let change = fine + (fine - coarse) / 3.0;
        let noise = 3.0 * rounding / reach.abs() + BENT * (fine - coarse).abs();
        if !change.is_finite() {
            return Movement::UNKNOWN;
        }
        Movement { slope: change * self.clock.direction(), noise }
    }

    /// The second derivative of a condition along the solution, from its movement now and a little later: as little as
    /// shows it, and no later than a step.
    fn bend(
        &mut self,
        stepper: &mut dyn Stepper<T, F>,
        event: usize,
        slope: &F::State,
        rounding: f64,
    ) -> Movement {
        let (mut reach, step) = (self.reach(), self.clock.interval(self.h).h);
        let mut later = slope.clone();
        loop {
            let now = self.movement(event, (0.0, reach), slope, rounding);
            assign(&mut self.inside, &self.u);
            add_scaled(&mut self.inside, reach, slope);
            let t = T::lit(self.clock.t() + reach);
            stepper.slope_at(self.f, &self.p, t, &self.inside, &mut later);
            let then = self.movement(event, (reach, reach), &later, rounding);
            let noise = (now.noise + then.noise) / reach.abs();
            let bend = Movement { slope: (then.slope - now.slope) / reach.abs(), noise };
            if bend.is_clear() || reach == step {
                return bend;
            }
            reach = if 4.0 * reach.abs() < step.abs() { 4.0 * reach } else { step };
        }
    }

    /// What the condition of an event is rounded by at a state and a time: how it answers to changes of state and time that
    /// are large enough to be seen, scaled down to those of rounding. A few patterns of signs stand for all.
    pub(super) fn rounding_of(&self, event: usize, u: &F::State, t: f64) -> f64 {
        let change = T::EPSILON.sqrt();
        let here = self.events.condition(event, u, &self.p, T::lit(t)).value();
        let mut moved = u.clone();
        let mut most = 0.0;
        for pattern in 0..4_u32 {
            assign(&mut moved, u);
            for (i, u) in moved.as_mut_slice().iter_mut().enumerate() {
                // All signs alike; every other one; every other pair; and no order that a condition might follow.
                let bit = [0, i, i >> 1, i.wrapping_mul(0x9e37_79b9) >> 16][pattern as usize] & 1;
                *u += u.scale(if bit == 0 { change } else { -change });
            }
            let t = T::lit(t * (1.0 + if pattern == 0 { change } else { -change }));
            let answer = (self.events.condition(event, &moved, &self.p, t).value() - here).abs();
            if answer.is_finite() {
                most = f64::max(most, answer);
            }
        }
        most * T::EPSILON / change
    }
}

/// Whether the values of two vectors of one length differ.
fn differ<T: Real, V: Vector<T>>(a: &V, b: &V) -> bool {
    a.as_slice().iter().zip(b.as_slice()).any(|(a, b)| a.value() != b.value())
}
