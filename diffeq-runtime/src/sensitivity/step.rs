//! The derivative of one step of a method: what the sweeps are made of.

use crate::problem::System;
use crate::real::Real;
use crate::space::Tolerances;
use crate::space::Workspace;
use crate::stepper::At;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Method;
use crate::stepper::Trace;

/// How a time moves with the span: its derivatives by `t0` and by `t1`.
pub type Motion = [f64; 2];

/// How the two ends of a step move with the span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepMotion {
    /// The start.
    pub start: Motion,
    /// The length: zero but for steps that end on a stop.
    pub length: Motion,
}

impl StepMotion {
    /// Whether the step's length moves.
    pub fn stretches(&self) -> bool {
        self.length != [0.0; 2]
    }

    /// How the time at `theta` moves.
    pub fn at(&self, theta: f64) -> Motion {
        [0, 1].map(|i| self.start[i] + theta * self.length[i])
    }
}

/// The cotangents that a step is taken back by.
#[derive(Debug)]
pub struct Bars<'a, T: Real, F: System<T>> {
    /// That of the state: at the step's end before, at its start after.
    pub u: &'a mut F::State,
    /// That of the parameters, which is added to.
    pub p: &'a mut F::Params,
    /// Those of the ends of the span, which are added to.
    pub span: &'a mut [T; 2],
}

/// The reverse derivative of a step: [`begin`](Self::begin), then [`seed`](Self::seed) for each row inside the step,
/// then [`finish`](Self::finish).
///
/// What a method asks of a right-hand side, its implementation says: an explicit one a VJP, an implicit one a Jacobian
/// as well. What is carried from step to step beside the cotangent of the state, such as those of a multistep history,
/// lives in here.
pub trait StepAdjoint<T: Real, F: System<T>> {
    /// Computes what is not known of the step and will be needed: the slopes of the interpolant where `dense`, and all
    /// where `slopes` are asked for.
    ///
    /// # Errors
    ///
    /// Where the step can't be done again.
    fn begin(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, F::State, T>,
        dense: bool,
        slopes: bool,
    ) -> Result<(), Failure>;

    /// The same for a step that was gone back through already, whose errors are taken along now.
    ///
    /// # Errors
    ///
    /// Where the step can't be done again.
    fn begin_error(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, F::State, T>,
        slopes: bool,
    ) -> Result<(), Failure> {
        self.begin(at, trace, false, slopes)
    }

    /// Adds the cotangent of the state at `theta`; the step must have begun dense.
    fn seed(&mut self, theta: f64, cotangent: &F::State);

    /// Adds the cotangent of `du/dt` at `theta`, as the interpolant has it; false for a method that can't. The step must have
    /// begun dense.
    fn seed_rate(&mut self, interval: Interval, theta: f64, cotangent: &F::State) -> bool {
        let _ = (interval, theta, cotangent);
        false
    }

    /// `cotangent · du/dt` at `theta`; the step must have begun dense and with slopes.
    fn seed_slope(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, F::State, T>,
        theta: f64,
        cotangent: &F::State,
    ) -> T;

    /// Writes what the error of the step contributes to the derivatives by its start and by the parameters, where `u_bar` is
    /// the cotangent at its end, before the rows inside are added; false for a method that has no estimate. The step must
    /// have begun.
    ///
    /// The derivative of `u_bar · h Σ_i e_i k_i`, with the weights `e` of the error: what the gradient would differ by, were it
    /// taken through the embedded solution.
    fn error(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, F::State, T>,
        u_bar: &F::State,
        errors: (&mut F::State, &mut F::Params),
        work: &mut Workspace<T>,
    ) -> bool {
        let _ = (at, trace, u_bar, errors, work);
        false
    }

    /// Adds the same, as the step differs from two steps of half its length: what the solution itself is off by, and not one of
    /// a lower order beside it, at three times the cost; false for a method that can't say. The step must have been asked for
    /// its [`error`](Self::error).
    fn error_by_halves(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, F::State, T>,
        errors: (&mut F::State, &mut F::Params),
        work: &mut Workspace<T>,
    ) -> bool {
        let _ = (at, trace, errors, work);
        false
    }

    /// Takes the cotangents from the step's end to its start.
    ///
    /// # Errors
    ///
    /// Where a matrix of the step has no inverse.
    fn finish(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, F::State, T>,
        motion: StepMotion,
        bars: Bars<'_, T, F>,
        work: &mut Workspace<T>,
    ) -> Result<(), Failure>;

    /// The same for the errors that are taken along, out of the way of the gradient itself; the step must have begun by
    /// [`begin_error`](Self::begin_error).
    ///
    /// # Errors
    ///
    /// Where a matrix of the step has no inverse.
    fn finish_error(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, F::State, T>,
        motion: StepMotion,
        bars: Bars<'_, T, F>,
        work: &mut Workspace<T>,
    ) -> Result<(), Failure> {
        self.finish(at, trace, motion, bars, work)
    }
}

/// The forward derivative of a step: [`step`](Self::step), then [`row`](Self::row) for each row inside the step.
pub trait StepTangent<T: Real, F: System<T>> {
    /// Takes `u_dot` from the step's start to its end; the start moves by `t_dot`, the length by `h_dot`.
    ///
    /// # Errors
    ///
    /// Where the step can't be done again.
    fn step(
        &mut self,
        at: At<'_, T, F>,
        p_dot: &F::Params,
        t_dot: T,
        h_dot: T,
        u_dot: &mut F::State,
    ) -> Result<(), Failure>;

    /// An event changed what the next step starts from.
    fn restart(&mut self) {}

    /// The error of component `i` of the tangent after a step over this interval, and the second estimate of a method that
    /// has two: as [`Stepper::component_error`](crate::stepper::Stepper::component_error).
    fn component_error(&self, interval: Interval, i: usize) -> Option<[T; 2]> {
        let _ = (interval, i);
        None
    }

    /// Writes to `u_dot` the tangent at the end of the step last taken, by two steps of half its length; false for a method that
    /// can't. The step must have had a length that does not move.
    fn by_halves(&self, at: At<'_, T, F>, p_dot: &F::Params, u_dot: &mut F::State) -> bool {
        let _ = (at, p_dot, u_dot);
        false
    }

    /// Writes to `out` the tangent at `theta`, a time that moves by `row_dot`, of the step taken last.
    fn row(&mut self, at: At<'_, T, F>, p_dot: &F::Params, theta: f64, row_dot: T, out: &mut F::State);
}

/// A method whose steps have a discrete adjoint.
#[diagnostic::on_unimplemented(
    message = "the steps of `{Self}` have no discrete adjoint for problems with the right-hand side `{F}`",
    note = "the right-hand side needs a VJP: annotate the function with `#[ode]`"
)]
pub trait AdjointMethod<T: Real, F: System<T>>: Method<T, F> {
    /// The reverse derivative of its step.
    type Adjoint: StepAdjoint<T, F>;
    /// A reverse derivative for states of the shape of `u`, and for steps that were taken with these tolerances.
    fn adjoint(&self, u: &F::State, tolerances: &Tolerances) -> Self::Adjoint;
}

/// A method whose steps carry tangents.
#[diagnostic::on_unimplemented(
    message = "the steps of `{Self}` carry no tangents for problems with the right-hand side `{F}`",
    note = "the right-hand side needs a JVP: annotate the function with `#[ode]`"
)]
pub trait TangentMethod<T: Real, F: System<T>>: Method<T, F> {
    /// The forward derivative of its step.
    type Tangent: StepTangent<T, F>;
    /// A forward derivative for states of the shape of `u`.
    fn tangent(&self, u: &F::State) -> Self::Tangent;
}
