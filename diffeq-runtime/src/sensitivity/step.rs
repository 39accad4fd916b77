//! The derivative of one step of a method: what the sweeps are made of.

use crate::problem::Jvp;
use crate::problem::Rhs;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::adjoint_step::ErkAdjoint;
use crate::sensitivity::tangent_step::ErkTangent;
use crate::space::Workspace;
use crate::stepper;
use crate::stepper::Interval;
use crate::stepper::Method;
use crate::stepper::shape;
use crate::tableau;

/// A step: from where, when, and how far.
#[derive(Debug)]
pub struct At<'a, T: Real, F: Rhs<T>> {
    /// The right-hand side.
    pub f: &'a F,
    /// The parameters during the step.
    pub p: &'a F::Params,
    /// The piece of time.
    pub interval: Interval,
    /// The state at its start.
    pub u: &'a F::State,
    /// The slopes of its first stages, as far as they are known.
    pub known: &'a [F::State],
    /// What these stages [kept](Rhs::rhs_keeping) for their derivatives, if they did.
    pub kept: &'a [T],
}

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

/// The reverse derivative of a step: [`begin`](Self::begin), then [`seed`](Self::seed) for each row inside the step,
/// then [`finish`](Self::finish).
pub trait StepAdjoint<T: Real, F: Vjp<T>> {
    /// Computes the slopes that are not known: those of the interpolant where `dense`, and all where `slopes` are asked
    /// for.
    fn begin(&mut self, at: &At<'_, T, F>, dense: bool, slopes: bool);

    /// Adds the cotangent of the state at `theta`; the step must have begun dense.
    fn seed(&mut self, theta: f64, cotangent: &F::State);

    /// `cotangent · du/dt` at `theta`; the step must have begun dense and with slopes.
    fn seed_slope(&mut self, at: &At<'_, T, F>, theta: f64, cotangent: &F::State) -> T;

    /// Takes `u_bar` from the step's end to its start; adds to `p_bar`, and to `span_bar` (by `t0` and `t1`).
    fn finish(
        &mut self,
        at: &At<'_, T, F>,
        motion: StepMotion,
        u_bar: &mut F::State,
        p_bar: &mut F::Params,
        span_bar: &mut [T; 2],
        work: &mut Workspace<T>,
    );
}

/// The forward derivative of a step: [`step`](Self::step), then [`row`](Self::row) for each row inside the step.
pub trait StepTangent<T: Real, F: Jvp<T>> {
    /// Takes `u_dot` from the step's start to its end; the start moves by `t_dot`, the length by `h_dot`.
    fn step(&mut self, at: &At<'_, T, F>, p_dot: &F::Params, t_dot: T, h_dot: T, u_dot: &mut F::State);

    /// Writes to `out` the tangent at `theta`, a time that moves by `row_dot`, of the step taken last.
    fn row(&mut self, at: &At<'_, T, F>, p_dot: &F::Params, theta: f64, row_dot: T, out: &mut F::State);
}

/// A method whose steps have a discrete adjoint.
#[diagnostic::on_unimplemented(
    message = "the steps of `{Self}` have no discrete adjoint for problems with the right-hand side `{F}`",
    note = "the right-hand side needs a VJP: annotate the function with `#[ode]`"
)]
pub trait AdjointMethod<T: Real, F: Vjp<T>>: Method<T, F> {
    /// The reverse derivative of its step.
    type Adjoint: StepAdjoint<T, F>;
    /// A reverse derivative for states of the shape of `u`.
    fn adjoint(&self, u: &F::State) -> Self::Adjoint;
}

/// A method whose steps carry tangents.
#[diagnostic::on_unimplemented(
    message = "the steps of `{Self}` carry no tangents for problems with the right-hand side `{F}`",
    note = "the right-hand side needs a JVP: annotate the function with `#[ode]`"
)]
pub trait TangentMethod<T: Real, F: Jvp<T>>: Method<T, F> {
    /// The forward derivative of its step.
    type Tangent: StepTangent<T, F>;
    /// A forward derivative for states of the shape of `u`.
    fn tangent(&self, u: &F::State) -> Self::Tangent;
}

/// Every method of the list is differentiated by its tableau, whatever form its stepper computes it in.
macro_rules! methods {
    ($($method:ident $tableau:ident,)*) => { $(
        impl<T: Real, F: Vjp<T>> AdjointMethod<T, F> for stepper::$method {
            type Adjoint = ErkAdjoint<
                stepper::$method,
                F::State,
                { shape(&tableau::$tableau)[0] },
                { shape(&tableau::$tableau)[1] },
            >;
            fn adjoint(&self, u: &F::State) -> Self::Adjoint {
                ErkAdjoint::new::<T>(u)
            }
        }

        impl<T: Real, F: Jvp<T>> TangentMethod<T, F> for stepper::$method {
            type Tangent = ErkTangent<
                stepper::$method,
                F::State,
                T,
                { shape(&tableau::$tableau)[0] },
                { shape(&tableau::$tableau)[1] },
            >;
            fn tangent(&self, u: &F::State) -> Self::Tangent {
                ErkTangent::new(u)
            }
        }
    )* };
}

crate::all_tableaus!(methods);
