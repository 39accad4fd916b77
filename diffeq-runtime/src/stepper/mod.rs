//! One step of a method. A stepper steps: it does not choose the step size, save, look for events, or know that time
//! ends.
//!
//! A [`Method`] is what a user names; it makes a [`Stepper`], which has all that the loop and the way back need: a step
//! that may [fail](Failure), its [`Quality`], its interpolant, what it leaves for derivatives ([`Trace`]), and what the
//! next step depends on beside the state ([`Snapshot`]). `docs/extending.md` says how a method of each kind fits.

mod any;
mod auto;
mod erk;
mod halved;
#[cfg(feature = "implicit")]
mod implicit_euler;
mod low_storage;
pub mod methods;
mod stochastic;

pub use any::AnyMethod;
pub use auto::Auto;
pub use auto::AutoStepper;
pub use erk::Erk;
pub use erk::ErkStepper;
pub(crate) use erk::Stage;
pub(crate) use erk::Weights;
pub(crate) use erk::component_errors;
pub(crate) use erk::or_first;
pub use halved::Halved;
pub use halved::HalvedStepper;
pub(crate) use halved::error_factor;
pub(crate) use halved::halves;
pub(crate) use halved::quintic;
#[cfg(feature = "implicit")]
pub use implicit_euler::ImplicitEuler;
#[cfg(feature = "implicit")]
pub use implicit_euler::ImplicitEulerStepper;
#[cfg(feature = "implicit")]
pub(crate) use implicit_euler::Iteration;
pub use low_storage::LowStorageStepper;
pub(crate) use methods::shape;
pub use methods::*;
pub use stochastic::*;

use crate::error::Error;
use crate::problem::System;
use crate::real::Real;
use crate::space::Tolerances;

/// The piece of time that a step covers.
///
/// `end` is the clock's time after the step. It is `t + h` but for rounding: steps end exactly on the times that they
/// are meant to end on, and a model is never asked for a time after its span.
///
/// A right-hand side may jump at a stop, and whether its value there is that before or that after depends on whether
/// it was written with `<` or with `<=`. So a model is never asked for its slope at a stop: a step that begins on one
/// asks just after it, at `from`, and a step that ends on one just before it, at `to`. The distance is of the size of
/// rounding. At all other times `from` is `t` and `to` is `end`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Where the step begins.
    pub t: f64,
    /// The step size; negative backwards in time.
    pub h: f64,
    /// Where the step ends.
    pub end: f64,
    /// The time that a model is asked for at the beginning.
    pub from: f64,
    /// The time that a model is asked for at the end.
    pub to: f64,
}

impl Interval {
    /// The interval from `t` of length `h`.
    #[inline]
    pub fn new(t: f64, h: f64) -> Self {
        Self::ending(t, h, t + h)
    }

    /// The interval from `t` of length `h`, for which the clock says `end` at its end.
    #[inline]
    pub fn ending(t: f64, h: f64, end: f64) -> Self {
        Self { t, h, end, from: t, to: end }
    }

    /// The time of a node, as a model is asked for it: `t + c h`, exactly `from` where `c` is zero and exactly `to`
    /// where it is one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn at(&self, c: f64) -> f64 {
        if c == 1.0 {
            self.to
        } else if c == 0.0 {
            self.from
        } else {
            self.t + c * self.h
        }
    }

    /// How far a time lies behind another one in the direction of the step, below zero where it comes before: no product with `h`,
    /// which is zero where both are tiny.
    #[inline(always)]
    pub fn behind(&self, t: f64, other: f64) -> f64 {
        (t - other) * self.h.signum()
    }

    /// Whether it begins on a stop, where a slope may jump: nothing of the step before may be reused.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn begins_anew(&self) -> bool {
        self.from != self.t
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
    const CONTROL_EXPONENT: Option<f64>;
}

/// What is known of a method by value: the constants of its [`Scheme`], where it has one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facts {
    /// See [`Scheme::NAME`].
    pub name: &'static str,
    /// See [`Scheme::ORDER`].
    pub order: usize,
    /// See [`Scheme::INTERPOLANT_ORDER`].
    pub interpolant_order: usize,
    /// See [`Scheme::CONTROL_EXPONENT`].
    pub control_exponent: Option<f64>,
}

impl Facts {
    /// Those of a scheme.
    pub const fn of<S: Scheme>() -> Self {
        Self {
            name: S::NAME,
            order: S::ORDER,
            interpolant_order: S::INTERPOLANT_ORDER,
            control_exponent: S::CONTROL_EXPONENT,
        }
    }
}

/// A method that can solve problems with the right-hand side `F`; it makes steppers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot solve problems with the right-hand side `{F}`",
    note = "an implicit method needs a model with a Jacobian: annotate the function with `#[ode]`"
)]
pub trait Method<T: Real, F: System<T>>: Clone + std::fmt::Debug + Send + Sync + 'static {
    /// Its stepper.
    type Stepper: Stepper<T, F>;
    /// A stepper for states of the shape of `u`.
    fn stepper(&self, u: &F::State) -> Self::Stepper;
    /// What is known of it.
    fn facts(&self) -> Facts;
    /// Whether it can solve a problem from this state, with these parameters, over this span.
    ///
    /// # Errors
    ///
    /// Where it can't: a path of noise that ends before the span does, a direction of time that it does not know.
    fn check(&self, f: &F, place: (&F::State, &F::Params), span: (f64, f64)) -> Result<(), Error> {
        let _ = (f, place, span);
        Ok(())
    }
    /// Whether tolerances have a meaning for it: a method that solves for its step uses them without an error estimate.
    fn uses_tolerances(&self) -> bool {
        self.facts().control_exponent.is_some()
    }
}

/// Where a step starts, and how far it goes.
#[derive(Debug)]
pub struct At<'a, T: Real, F: System<T>> {
    /// The system.
    pub f: &'a F,
    /// The parameters during the step.
    pub p: &'a F::Params,
    /// The piece of time.
    pub interval: Interval,
    /// The state at its start.
    pub u: &'a F::State,
}

// Not derived: that would ask the same of `F`.
impl<T: Real, F: System<T>> Copy for At<'_, T, F> {}
impl<T: Real, F: System<T>> Clone for At<'_, T, F> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn clone(&self) -> Self {
        *self
    }
}

/// Why there is no step.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Failure {
    /// An iteration did not converge.
    Diverged {
        /// How many iterations were tried.
        iterations: u32,
    },
    /// A matrix has no inverse.
    Singular,
    /// A number on the way is infinite or NaN.
    NotFinite,
    /// The path of the noise is not known over a piece of time so short, or that ends there.
    Unresolved,
    /// The method itself wants another step size.
    Refused {
        /// That size over this one.
        factor: f64,
    },
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Diverged { iterations } => {
                write!(f, "its iteration did not converge in {iterations} rounds")
            }
            Self::Singular => write!(f, "a matrix of it has no inverse"),
            Self::NotFinite => write!(f, "a number in it is not finite"),
            Self::Unresolved => write!(
                f,
                "the path of its noise does not know what happens there: steps end on the times of its data, if it has some \
                 and is not `bridged`, and are longer than it tells times apart"
            ),
            Self::Refused { .. } => write!(f, "the method refuses its size"),
        }
    }
}

/// What is known of a step that was taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// The error, one being what the tolerances allow; NaN where it is not finite.
    pub error: f64,
    /// The error falls like `h` to this power, at the order of this step.
    pub exponent: f64,
    /// The factor by which the method itself would change the step size, from the errors at several orders.
    pub wish: Option<f64>,
    /// How many iterations the step took; none for an explicit method.
    pub iterations: u32,
}

impl Quality {
    /// An error alone.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn new(error: f64, exponent: f64) -> Self {
        Self { error, exponent, wish: None, iterations: 0 }
    }
}

/// What the way back needs of a step.
#[derive(Debug)]
pub struct Trace<'a, V, T> {
    /// The slopes of its stages, in the order of the tableau; empty for a method that does not have them all at once.
    pub stages: &'a [V],
    /// What these stages [kept](crate::problem::Rhs::rhs_keeping), as many reals each; empty where they do not.
    pub kept: &'a [T],
    /// Which part of a method of several parts took the step, or its order.
    pub by: u8,
    /// What the stepper [remembered](Stepper::save) before the step, for a method that remembers and in a record that kept it.
    pub before: Option<&'a Snapshot<T>>,
}

impl<V, T> Copy for Trace<'_, V, T> {}
impl<V, T> Clone for Trace<'_, V, T> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn clone(&self) -> Self {
        *self
    }
}

impl<V, T> Trace<'_, V, T> {
    /// Nothing is known: all of it is computed again.
    pub const NONE: Self = Self { stages: &[], kept: &[], by: 0, before: None };
}

/// What a step depends on beside the state it starts from: the history of a multistep method, the point at which a
/// Jacobian was taken. Empty for one-step methods.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot<T> {
    /// Numbers that derivatives pass through.
    pub reals: Vec<T>,
    /// Numbers that they do not.
    pub numbers: Vec<f64>,
}

impl<T> Snapshot<T> {
    /// Nothing.
    pub const EMPTY: Self = Self { reals: Vec::new(), numbers: Vec::new() };
}

/// How often a stepper did what takes time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Costs {
    /// Evaluations of the right-hand side.
    pub rhs: usize,
    /// Jacobians.
    pub jacobians: usize,
    /// Factorisations of a matrix.
    pub factorizations: usize,
    /// Solutions of a linear system.
    pub solves: usize,
}

impl std::ops::Add for Costs {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            rhs: self.rhs + other.rhs,
            jacobians: self.jacobians + other.jacobians,
            factorizations: self.factorizations + other.factorizations,
            solves: self.solves + other.solves,
        }
    }
}

/// The state of a method between and inside steps.
///
/// The calls follow one another so: [`begin`](Self::begin); [`step`](Self::step) as often as the controller wants from
/// the same `u`, with [`reject`](Self::reject) in between; then, if somebody looks inside the step,
/// [`prepare_dense`](Self::prepare_dense) and [`interpolate`](Self::interpolate); then [`accept`](Self::accept), which
/// makes `next` the start of the step to come, and [`begin`](Self::begin) again if `u` or `p` then changed.
///
/// The trait has neither constants nor generic methods: `Box<dyn Stepper<T, F>>` is a stepper.
pub trait Stepper<T: Real, F: System<T>> {
    /// A solve starts here, or goes on from what an event left: nothing of the steps before may be reused. Moves `u`
    /// onto the constraints of a system that has some.
    fn begin(
        &mut self,
        f: &F,
        p: &F::Params,
        t: f64,
        u: &mut F::State,
        tolerances: &Tolerances,
    ) -> Result<(), Failure>;

    /// The slope at the start of the next step, computed at most once; `None` where it takes a solve to find one.
    fn slope(&mut self, f: &F, p: &F::Params, t: f64, u: &F::State) -> Option<&F::State>;

    /// Writes the slope at any state and time to `out`, and does not remember it; false where there is none.
    fn slope_at(&mut self, f: &F, p: &F::Params, t: T, u: &F::State, out: &mut F::State) -> bool;

    /// Writes to `next` the solution after one step from `u`.
    ///
    /// # Errors
    ///
    /// Where there is no step of this size from here: the loop tries a shorter one.
    fn step(&mut self, at: At<'_, T, F>, tolerances: &Tolerances, next: &mut F::State)
    -> Result<(), Failure>;

    /// What is known of the step last taken; `None` for a method without an error estimate.
    fn quality(&self, at: At<'_, T, F>, next: &F::State, tolerances: &Tolerances) -> Option<Quality>;

    /// The error of component `i` of the step last taken, in the units of the state, with the errors of the derivatives that
    /// its numbers carry; beside it the second estimate of a method that has two, or zero.
    fn component_error(&self, interval: Interval, i: usize) -> Option<[T; 2]>;

    /// The degree of the interpolant.
    fn degree(&self) -> usize;

    /// Computes what [`interpolate`](Self::interpolate) needs and the step did not; at most once a step.
    fn prepare_dense(&mut self, at: At<'_, T, F>, next: &F::State);

    /// Writes to `out` the solution at `t + theta h`, `theta` between 0 and 1.
    fn interpolate(&self, at: At<'_, T, F>, next: &F::State, theta: f64, out: &mut F::State);

    /// Appends to `out`, for `d = 1, 2, … degree` and each component, the coefficients of the interpolant:
    /// `u(t + theta h) = u + Σ_d φ_d(theta) out_d` in the basis of [`dense`](crate::tableau::dense).
    fn dense_coefficients(&self, at: At<'_, T, F>, next: &F::State, out: &mut Vec<T>);

    /// What the step last taken leaves for its derivative.
    fn trace(&self) -> Trace<'_, F::State, T>;

    /// From now on stages keep what their derivatives need, if the model does, for states of the shape of `u`.
    fn keep(&mut self, f: &F, u: &F::State) {
        let _ = (f, u);
    }

    /// Whether steps depend on more than the state they start from, so that [`save`](Self::save) has something to say.
    fn remembers(&self) -> bool {
        false
    }

    /// Writes what the step to come depends on beside `u`.
    fn save(&self, out: &mut Snapshot<T>) {
        out.reals.clear();
        out.numbers.clear();
    }

    /// Takes back what [`save`](Self::save) wrote, after a [`begin`](Self::begin) at the same place: the step to come
    /// is the one that followed then, to the bit.
    fn load(&mut self, from: &Snapshot<T>) {
        let _ = from;
    }

    /// The step last taken is kept: its end is the start of the next.
    fn accept(&mut self);

    /// The step last tried is not: it failed, or its error is too large.
    fn reject(&mut self, why: Option<Failure>) {
        let _ = why;
    }

    /// The next step is the one last taken again, and of its stages so many are the same as they were. Who does not know of
    /// stages computes all.
    fn keep_stages(&mut self, stages: usize) {
        let _ = stages;
    }

    /// What it cost so far.
    fn costs(&self) -> Costs;
}
