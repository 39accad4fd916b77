//! One step of a method. A stepper steps: it does not choose the step size, save, look for events, or know that time
//! ends.

mod erk;
mod low_storage;
pub mod methods;

pub use erk::Erk;
pub use erk::ErkStepper;
pub(crate) use erk::Stage;
pub(crate) use erk::Weights;
pub(crate) use erk::or_first;
pub use low_storage::LowStorageStepper;
pub(crate) use methods::shape;
pub use methods::*;

use crate::problem::Rhs;
use crate::real::Real;
use crate::space::Tolerances;

/// The piece of time that a step covers.
///
/// `end` is the clock's time after the step. It is `t + h` but for rounding: steps end exactly on the times that they
/// are meant to end on, and a model is never asked for a time behind its span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Where the step begins.
    pub t: f64,
    /// The step size; negative backwards in time.
    pub h: f64,
    /// Where the step ends.
    pub end: f64,
}

impl Interval {
    /// The interval from `t` of length `h`.
    #[inline]
    pub fn new(t: f64, h: f64) -> Self {
        Self { t, h, end: t + h }
    }

    /// The time of a node: `t + c h`, and exactly `end` where `c` is one.
    #[inline(always)]
    pub fn at(&self, c: f64) -> f64 {
        if c == 1.0 { self.end } else { self.t + c * self.h }
    }

    /// Which part of the step has passed at a time: 0 at its start, 1 at its end.
    #[inline]
    pub fn theta(&self, t: f64) -> f64 {
        if t == self.end { 1.0 } else { ((t - self.t) / (self.end - self.t)).clamp(0.0, 1.0) }
    }
}

/// What is known of a method whatever the problem.
pub trait Scheme: Clone + std::fmt::Debug + Send + Sync + 'static {
    /// The usual name.
    const NAME: &'static str;
    /// Author, year, journal.
    const REFERENCE: &'static str;
    /// The order of the solution.
    const ORDER: usize;
    /// The order of the dense output.
    const INTERPOLANT_ORDER: usize;
    /// The power of `h` with which the error falls that the controller sees; `None` without an error estimate.
    const CONTROL_EXPONENT: Option<usize>;
}

/// A method that can solve problems with the right-hand side `F`; it makes steppers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot solve problems with the right-hand side `{F}`",
    note = "an implicit method needs a model with a Jacobian: annotate the function with `#[ode]`"
)]
pub trait Method<T: Real, F: Rhs<T>>: Scheme {
    /// Its stepper.
    type Stepper: Stepper<T, F>;
    /// A stepper for states of the shape of `u`.
    fn stepper(&self, u: &F::State) -> Self::Stepper;
}

/// The state of a method between and inside steps.
///
/// The calls follow one another so: [`step`](Self::step) as often as the controller wants from the same `u`; then,
/// if somebody looks inside the step, [`prepare_dense`](Self::prepare_dense) and
/// [`interpolate`](Self::interpolate); then [`accept`](Self::accept), which makes `next` the start of the step to
/// come, and [`restart`](Self::restart) if `u` or `p` then changed.
pub trait Stepper<T: Real, F: Rhs<T>> {
    /// The slope `f(u, p, t)` at the start of the next step, computed at most once.
    fn first_slope(&mut self, f: &F, p: &F::Params, t: f64, u: &F::State) -> &F::State;

    /// Writes to `next` the solution after one step from `u`.
    fn step(&mut self, f: &F, p: &F::Params, interval: Interval, u: &F::State, next: &mut F::State);

    /// The error of the step last taken, one being what the tolerances allow; NaN where it is not finite, `None` for
    /// a method without an estimate.
    fn error(
        &self,
        interval: Interval,
        u: &F::State,
        next: &F::State,
        tolerances: &Tolerances,
    ) -> Option<f64>;

    /// The error of component `i` of the step last taken, in the units of the state.
    fn component_error(&self, interval: Interval, i: usize) -> Option<f64>;

    /// Computes what [`interpolate`](Self::interpolate) needs and the step did not; at most once a step.
    fn prepare_dense(&mut self, f: &F, p: &F::Params, interval: Interval, u: &F::State, next: &F::State);

    /// Writes to `out` the solution at `t + theta h`, `theta` between 0 and 1.
    fn interpolate(&self, interval: Interval, u: &F::State, next: &F::State, theta: f64, out: &mut F::State);

    /// Appends to `out`, for `d = 1, 2, … DEGREE` and each component, the coefficients of the interpolant:
    /// `u(t + theta h) = u + Σ_d φ_d(theta) out_d` in the basis of [`dense`](crate::tableau::dense).
    fn dense_coefficients(&self, interval: Interval, u: &F::State, next: &F::State, out: &mut Vec<T>);

    /// The degree of the interpolant.
    const DEGREE: usize;

    /// The slopes of the stages of the step last taken, in the order of the tableau; empty for a method that does not
    /// have them all at once.
    fn slopes(&self) -> &[F::State] {
        &[]
    }

    /// From now on each stage keeps `len` reals for its derivative, by [`Rhs::rhs_keeping`].
    fn keep(&mut self, len: usize) {
        let _ = len;
    }

    /// What the stages of the step last taken kept, in the order of the tableau, as many reals each; empty where they do
    /// not.
    fn kept(&self) -> &[T] {
        &[]
    }

    /// The step last taken is kept: its end is the start of the next.
    fn accept(&mut self);

    /// The state or the parameters are not those that the last step left: nothing of it may be reused.
    fn restart(&mut self);

    /// How often the right-hand side was evaluated.
    fn evaluations(&self) -> usize;
}
