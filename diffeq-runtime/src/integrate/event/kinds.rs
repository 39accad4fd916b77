//! The kinds of events, from closures.

use std::ops::ControlFlow;

use crate::integrate::event::Direction;
use crate::integrate::event::Event;
use crate::integrate::event::Trigger;
use crate::problem::System;
use crate::real::Real;

/// What an event does to the course of the solve.
fn flow(terminal: bool) -> ControlFlow<()> {
    if terminal { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// A condition `|u, p, t|` passes through zero: `|u, p, t|` then changes state and parameters.
#[derive(Debug, Clone)]
pub struct Crossing<C, A> {
    condition: C,
    affect: A,
    direction: Direction,
    terminal: bool,
}

impl<C, A> Crossing<C, A> {
    /// An event where `condition(&u, &p, t)` passes through zero, either way; `affect(&mut u, &mut p, t)` follows.
    pub fn new(condition: C, affect: A) -> Self {
        Self { condition, affect, direction: Direction::Both, terminal: false }
    }
    /// Only where the condition rises.
    pub fn rising(self) -> Self {
        Self { direction: Direction::Rising, ..self }
    }
    /// Only where the condition falls.
    pub fn falling(self) -> Self {
        Self { direction: Direction::Falling, ..self }
    }
    /// The solve ends there.
    pub fn terminal(self) -> Self {
        Self { terminal: true, ..self }
    }
}

impl<T: Real, F: System<T>, C, A> Event<T, F> for Crossing<C, A>
where
    C: Fn(&F::State, &F::Params, T) -> T,
    A: Fn(&mut F::State, &mut F::Params, T),
{
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Crossing(self.direction)
    }
    fn condition(&self, u: &F::State, p: &F::Params, t: T) -> T {
        (self.condition)(u, p, t)
    }
    fn affect(&self, u: &mut F::State, p: &mut F::Params, t: T) -> ControlFlow<()> {
        (self.affect)(u, p, t);
        flow(self.terminal)
    }
}

/// After each step at whose end `|u, p, t| -> bool` holds, `|u, p, t|` changes state and parameters.
#[derive(Debug, Clone)]
pub struct Discrete<C, A> {
    condition: C,
    affect: A,
    terminal: bool,
}

impl<C, A> Discrete<C, A> {
    /// An event after each step at whose end `condition(&u, &p, t)` is true; `affect(&mut u, &mut p, t)` follows.
    pub fn new(condition: C, affect: A) -> Self {
        Self { condition, affect, terminal: false }
    }
    /// The solve ends there.
    pub fn terminal(self) -> Self {
        Self { terminal: true, ..self }
    }
}

impl<T: Real, F: System<T>, C, A> Event<T, F> for Discrete<C, A>
where
    C: Fn(&F::State, &F::Params, T) -> bool,
    A: Fn(&mut F::State, &mut F::Params, T),
{
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Step
    }
    fn condition(&self, u: &F::State, p: &F::Params, t: T) -> T {
        if (self.condition)(u, p, t) { T::ONE } else { -T::ONE }
    }
    fn affect(&self, u: &mut F::State, p: &mut F::Params, t: T) -> ControlFlow<()> {
        (self.affect)(u, p, t);
        flow(self.terminal)
    }
}

/// Every `period`, first one period after the start, `|u, p, t|` changes state and parameters; at the end of the span
/// as well, where that is a whole number of periods long.
#[derive(Debug, Clone)]
pub struct Periodic<A> {
    period: f64,
    affect: A,
}

impl<A> Periodic<A> {
    /// An event every `period`; `affect(&mut u, &mut p, t)` follows.
    pub fn new(period: f64, affect: A) -> Self {
        Self { period, affect }
    }
}

impl<T: Real, F: System<T>, A> Event<T, F> for Periodic<A>
where
    A: Fn(&mut F::State, &mut F::Params, T),
{
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Period(self.period)
    }
    fn affect(&self, u: &mut F::State, p: &mut F::Params, t: T) -> ControlFlow<()> {
        (self.affect)(u, p, t);
        ControlFlow::Continue(())
    }
}

/// At given times, `|u, p, t|` changes state and parameters.
#[derive(Debug, Clone)]
pub struct Preset<A> {
    times: Vec<f64>,
    affect: A,
    terminal: bool,
}

impl<A> Preset<A> {
    /// An event at each of `times`, in any order; `affect(&mut u, &mut p, t)` follows.
    pub fn new(times: impl Into<Vec<f64>>, affect: A) -> Self {
        Self { times: times.into(), affect, terminal: false }
    }
    /// The solve ends there.
    pub fn terminal(self) -> Self {
        Self { terminal: true, ..self }
    }
}

impl<T: Real, F: System<T>, A> Event<T, F> for Preset<A>
where
    A: Fn(&mut F::State, &mut F::Params, T),
{
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Times(&self.times)
    }
    fn affect(&self, u: &mut F::State, p: &mut F::Params, t: T) -> ControlFlow<()> {
        (self.affect)(u, p, t);
        flow(self.terminal)
    }
}
