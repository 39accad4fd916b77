//! Events: when they take place, and what they do to state and parameters.
//!
//! The four kinds are [`Crossing`] (a condition passes through zero), [`Discrete`] (a condition holds after a step),
//! [`Periodic`] and [`Preset`] (given times). What they wait for and what they do are functions with `#[differentiable]`,
//! which gradients pass through (`Crossing::of::<floor, bounce>()`), or closures, which have no derivatives
//! (`Crossing::new(|u, p, t| ..., |u, p, t| ...)`). An event of another kind implements [`Event`].

mod flow;
mod function;
mod kinds;
mod root;
mod stance;
mod watch;

pub(crate) use flow::Flow;
pub(crate) use flow::add_product;
pub(crate) use flow::stages;
pub use function::Condition;
pub use function::Effect;
pub use function::Of;
pub use function::Predicate;
pub use kinds::AtRest;
pub use kinds::Crossing;
pub use kinds::Discrete;
pub use kinds::Ends;
pub use kinds::Periodic;
pub use kinds::Preset;
pub use kinds::Rests;
pub(super) use stance::Arrival;
pub(super) use stance::Movement;
pub(super) use stance::Stance;
pub(super) use stance::Stuck;
pub(super) use stance::depart;
pub(super) use watch::CrossingPoint;
pub(super) use watch::Watch;

use std::ops::ControlFlow;

use crate::problem::System;
use crate::real::Real;

/// Which way a condition passes through zero, looking along the solve (backwards in time if it runs so).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// Either way.
    #[default]
    Both,
    /// From below zero to above.
    Rising,
    /// From above zero to below.
    Falling,
}

/// When an event is looked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger<'a> {
    /// Where the condition passes through zero; the solve steps exactly there.
    Crossing(Direction),
    /// After each step at whose end the condition is above zero.
    Step,
    /// Every so often, first one period after the start.
    Period(f64),
    /// At these times; the solve steps exactly there.
    Times(&'a [f64]),
    /// When the event says so, which it is asked after each step; the solve steps exactly there. Such a time is a constant
    /// for derivatives.
    Next,
}

/// An event of problems with the right-hand side `F`.
///
/// Written for every `T: Real` it can be differentiated:
///
/// ```
/// use diffeq_runtime::integrate::{Direction, Event, Trigger};
/// use diffeq_runtime::problem::Rhs;
/// use diffeq_runtime::real::Real;
/// use std::ops::ControlFlow;
///
/// /// The ball meets the floor, and keeps `p[1]` of its speed.
/// struct Bounce;
///
/// impl<T: Real, F: Rhs<T, State = [T; 2], Params = [T; 2]>> Event<T, F> for Bounce {
///     fn trigger(&self) -> Trigger<'_> {
///         Trigger::Crossing(Direction::Falling)
///     }
///     fn condition(&self, u: &[T; 2], _p: &[T; 2], _t: T) -> T {
///         u[0]
///     }
///     fn affect(&self, u: &mut [T; 2], p: &mut [T; 2], _t: T) -> ControlFlow<()> {
///         u[1] = -p[1] * u[1];
///         ControlFlow::Continue(())
///     }
/// }
/// ```
pub trait Event<T: Real, F: System<T>> {
    /// When it is looked for.
    fn trigger(&self) -> Trigger<'_>;

    /// What passes through zero, or is above zero, when the event takes place; not asked for given times.
    fn condition(&self, u: &F::State, p: &F::Params, t: T) -> T {
        let _ = (u, p, t);
        T::ZERO
    }

    /// When it takes place next, seen from a step's end; asked again after every step. For [`Trigger::Next`] alone.
    fn next(&self, u: &F::State, p: &F::Params, t: f64) -> Option<f64> {
        let _ = (u, p, t);
        None
    }

    /// Changes state and parameters; `ControlFlow::Break(())` ends the solve there.
    fn affect(&self, u: &mut F::State, p: &mut F::Params, t: T) -> ControlFlow<()>;

    /// For a crossing, changes state and parameters after [`affect`](Self::affect) where it comes to rest: where it would
    /// take place again within rounding, without end, or where the effect holds the condition at zero and the solution does
    /// not. `ControlFlow::Break(())` ends the solve there.
    ///
    /// `None`, as by default, where it has nothing to say to that: then such a solve ends with
    /// [`Error::Events`](crate::error::Error::Events). Derivatives are those of [`affect`](Self::affect) alone, so that
    /// [`Differentiable`](crate::sensitivity::Differentiable) leaves it out.
    fn at_rest(&self, u: &mut F::State, p: &mut F::Params, t: T) -> Option<ControlFlow<()>> {
        let _ = (u, p, t);
        None
    }
}
