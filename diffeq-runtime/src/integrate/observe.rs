//! What others may see of a solve while it runs.
//!
//! # For sensitivity methods
//!
//! `Solver::solve_observed` runs a solve with an [`Observer`], which is told of everything that the solution depends
//! on, in this order:
//!
//! 1. [`begin`](Observer::begin): the start.
//! 2. For each step that was kept, [`step`](Observer::step): `(t, h, u_n)`, and the stepper's [`Snapshot`] before it if
//!    it has one, is all that it takes to do the step again by `Stepper::step`, with the same bits: a step that an event
//!    cuts short is reported as it was cut, and was itself a plain step of the method. The [`Trace`] holds the slopes of
//!    its stages, for who has room for them.
//! 3. [`save`](Observer::save): row `r` of the solution is the start, the end of step `n`, or its interpolant at
//!    `theta`: `u + h Σ_i b_i(theta) k_i`. The cotangent of the row enters the reverse sweep there.
//! 4. [`event`](Observer::event): state and parameters jump at the end of step `n`. For a crossing, the time of the
//!    event is the root of its condition over the length of the step, so that `dt = -dg / (dg/dt)` along the step.
//!
//! A discrete adjoint goes through the record backwards: `save` adds to the cotangent, `event` maps it from after the
//! jump to before it, `step` maps it from the step's end to its start.

use std::ops::ControlFlow;

use crate::stepper::Interval;
use crate::stepper::Snapshot;
use crate::stepper::Trace;

/// Where a row of the solution comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RowOrigin {
    /// The initial state.
    Start,
    /// The interpolant of a step, `theta` between 0 and 1.
    Inside {
        /// Which step, from zero.
        step: usize,
        /// How far into it.
        theta: f64,
    },
    /// The end of a step, before an event there.
    End {
        /// Which step, from zero.
        step: usize,
    },
    /// The end of a step, after the events there.
    AfterEvent {
        /// Which step, from zero.
        step: usize,
    },
}

/// What took place at the end of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cause {
    /// An event of the solver, from zero, in the order in which they were added.
    Event(usize),
    /// The system's own right-hand side switches: state and parameters stay.
    Switch {
        /// Which of its switching times it is; none where a break of the past falls on it and moves otherwise, so that nothing says
        /// which part of the jump is whose.
        which: Option<usize>,
        /// The times just before and just after, at which the model is asked for its slopes.
        beside: [f64; 2],
    },
    /// The system's own past breaks the solution, at a time that its parameters move: state and parameters stay.
    Break {
        /// When.
        t: f64,
        /// The times just before and just after, at which the model is asked for its slopes.
        beside: [f64; 2],
    },
}

impl Cause {
    /// Whether it is an event of the solver.
    pub fn is_event(&self) -> bool {
        matches!(self, Cause::Event(_))
    }
}

/// An event as it took place, or a switch of the system itself: `u` and `p` just before and just after.
#[derive(Debug)]
pub struct EventRecord<'a, V, P> {
    /// What it is.
    pub cause: Cause,
    /// The step at whose end it took place; for events at the start of the span, `None`.
    pub step: Option<usize>,
    /// When.
    pub t: f64,
    /// The time at which the model is asked for its slope behind it: when it took place, or just after.
    pub behind: f64,
    /// Whether it ends the solve.
    pub ends: bool,
    /// An event at the same time has moved its condition, or ended the solve: when it takes place has no derivative.
    pub displaced: bool,
    /// State and parameters before.
    pub before: (&'a V, &'a P),
    /// State and parameters after.
    pub after: (&'a V, &'a P),
}

impl<'a, V, P> EventRecord<'a, V, P> {
    /// A switch of the system itself, which leaves state and parameters as they are.
    pub(crate) fn of_switch(
        cause: Cause,
        step: Option<usize>,
        (t, behind): (f64, f64),
        place: (&'a V, &'a P),
    ) -> Self {
        Self { cause, step, t, behind, ends: false, displaced: false, before: place, after: place }
    }
}

/// A step that was taken.
#[derive(Debug)]
pub struct Taken<'a, V, T> {
    /// Which, from zero.
    pub step: usize,
    /// From when to when.
    pub interval: Interval,
    /// The state at its start.
    pub u: &'a V,
    /// The state at its end, before an event there.
    pub next: &'a V,
    /// What its derivative needs.
    pub trace: Trace<'a, V, T>,
    /// What it depended on beside `u`; empty unless [asked for](Wants::snapshots).
    pub before: &'a Snapshot<T>,
}

/// The step just taken, to look inside of.
pub trait Inside<T, V> {
    /// From when to when.
    fn interval(&self) -> Interval;
    /// The state at `t + theta h`, `theta` between 0 and 1, by the interpolant of the method.
    fn state(&mut self, theta: f64) -> &V;
    /// Appends the state at the start, then the coefficients of the interpolant in the basis of
    /// [`dense`](crate::tableau::dense).
    fn coefficients(&mut self, out: &mut Vec<T>);
    /// The error of component `i`, of a method that has an estimate.
    fn component_error(&self, i: usize) -> Option<f64>;
}

/// What an observer wants to be told beyond the steps, rows and events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wants {
    /// What stages keep for their derivatives.
    pub kept: bool,
    /// What a step depends on beside the state.
    pub snapshots: bool,
    /// To look inside each step.
    pub inside: bool,
}

impl Wants {
    /// No more than that.
    pub const NOTHING: Self = Self { kept: false, snapshots: false, inside: false };
}

/// Sees a solve as it goes. All methods may be left out.
///
/// The loop is compiled twice for a model and a method: without an observer, and for a `dyn Observer`.
pub trait Observer<T, V, P> {
    /// What it wants to be told; asked once, before the start.
    #[inline]
    fn wants(&self) -> Wants {
        Wants::NOTHING
    }
    /// Whether it wants to see steps and events at all.
    #[inline]
    fn sees(&self) -> bool {
        true
    }
    /// The solve starts at `t` from `u`.
    #[inline]
    fn begin(&mut self, t: f64, u: &V, p: &P) {
        let _ = (t, u, p);
    }
    /// A step was taken, and is kept.
    #[inline]
    fn step(&mut self, taken: &Taken<'_, V, T>) {
        let _ = taken;
    }
    /// The same step, for those who [look inside](Wants::inside).
    #[inline]
    fn inside(&mut self, step: &mut dyn Inside<T, V>) {
        let _ = step;
    }
    /// Row number `row` of the solution is saved.
    #[inline]
    fn save(&mut self, row: usize, origin: RowOrigin) {
        let _ = (row, origin);
    }
    /// An event takes place, or the system switches.
    #[inline]
    fn event(&mut self, record: EventRecord<'_, V, P>) {
        let _ = record;
    }
}

/// Sees nothing.
impl<T, V, P> Observer<T, V, P> for () {
    #[inline]
    fn sees(&self) -> bool {
        false
    }
}

/// A step, as the callbacks of a solver see it.
#[derive(Debug)]
pub struct StepView<'a, V> {
    /// Which step, from zero.
    pub step: usize,
    /// From when to when.
    pub interval: Interval,
    /// The state at the start of the step.
    pub before: &'a V,
    /// The state at the end of the step, before an event there.
    pub u: &'a V,
    /// Which part of the span is done, 0 to 1.
    pub progress: f64,
    /// Where the span ends.
    pub stop: f64,
}

/// A callback for each step; `ControlFlow::Break(())` ends the solve there.
pub type Hook<'a, V> = Box<dyn FnMut(&StepView<'_, V>) -> ControlFlow<()> + 'a>;
