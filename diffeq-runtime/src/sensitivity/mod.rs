//! Derivatives through a solve, with respect to `u0`, `p`, `t0` and `t1`.
//!
//! | | what | cost, in solves | when |
//! | --- | --- | --- | --- |
//! | [`Solver::jvp`](crate::integrate::Solver::jvp) | one direction, forwards | about 3 | directional derivatives; any state |
//! | [`Solver::parameter_jacobian`](crate::integrate::Solver::parameter_jacobian) | all columns, by dual numbers | one for every few columns | few parameters |
//! | [`Solver::sensitivities`](crate::integrate::Solver::sensitivities) | all columns, as an equation with error control | one for each column | sensitivities as accurate as the solution |
//! | [`Solver::vjp`](crate::integrate::Solver::vjp) | a gradient, backwards, by one of: | | |
//! | [`DiscreteAdjoint`] | through the steps; exact to rounding | about 4 | the default: any number of parameters, events |
//! | [`ReversibleAdjoint`] | through the steps of `ReversibleHeun`, undone; exact to rounding | about 3 | noise, and no memory |
//! | [`StochasticBacksolve`] | state and costate backwards along the path | about 4 | Stratonovich noise, and no memory |
//! | [`GaussAdjoint`] | costate backwards, Gauss sums | a few | very many parameters |
//! | [`Quadrature`] | costate backwards, adaptive sums | a few | few parameters, high accuracy |
//! | [`Interpolating`] | costate and parameters backwards | a few | error control over the parameters' part too |
//! | [`Backsolve`] | the solution backwards as well | a few | no memory at all, and an equation that allows it |
//!
//! [`advise`] picks one and says why. Every adjoint takes every vector-Jacobian product: the one that `#[ode]` generates,
//! one over the dense Jacobian ([`DenseVjp`](crate::problem::DenseVjp)), or differences, if so asked
//! ([`NumericalVjp`](crate::problem::NumericalVjp)).
//!
//! The first two and the discrete adjoint differentiate the numbers that the solver computed, not the equation: they agree
//! to rounding. The others solve the equation of the derivative, and agree with them as the tolerances go to zero. What is
//! held constant, and what moves:
//!
//! * the error control looks at values alone, and the step sizes that it chose count as constants; where they are too long
//!   for the derivative, which is estimated, the solve is done again with others: see
//!   [`derivative_tolerance`](crate::integrate::Solver::derivative_tolerance);
//! * the solve starts at `t0` and moves with it, up to the first step that ends on a stop (`tstops`, the given time of
//!   an event); the last step ends on `t1`;
//! * rows of [`Grid::step`](crate::integrate::Grid::step) move with `t0`, those of
//!   [`Grid::count`](crate::integrate::Grid::count) with both ends, those of
//!   [`Grid::points`](crate::integrate::Grid::points) with neither (the derivative by the time of a single row is its
//!   cotangent times the slope there, `model.eval(&row, &p, t)`: it takes no sweep); the end of the
//!   span, and ends of steps that are saved as such, move with the step;
//! * the time of a crossing moves with all that its condition depends on; a row there is the state at a fixed time, but
//!   the state that a terminal event leaves moves with the event.

mod adjoint;
mod adjoint_step;
mod advise;
mod auto_adjoint;
mod continuous;
mod cost;
mod cotangents;
mod discrete;
mod event;
mod event_function;
mod explicit;
mod forward;
mod halved_adjoint;
#[cfg(feature = "implicit")]
mod implicit_adjoint;
mod jacobian;
mod lifted;
mod motion;
mod rough;
mod scrutiny;
mod shift;
mod step;
mod stochastic;
mod switch;
mod tangent_step;
mod tape;
mod trail;
mod variational;

pub use adjoint::Adjoint;
pub use adjoint::Pullback;
pub use adjoint_step::ErkAdjoint;
pub use advise::Advice;
pub use advise::Way;
pub use advise::advise;
pub use auto_adjoint::AutoAdjoint;
pub use continuous::AdjointEquation;
pub use continuous::AdjointVariant;
pub use continuous::Augmented;
pub use continuous::Backsolve;
pub use continuous::Continuous;
pub use continuous::ContinuousRecord;
pub use continuous::Gauss;
pub use continuous::GaussAdjoint;
pub use continuous::GaussKronrod;
pub use continuous::Interpolating;
pub use continuous::KeepsSolution;
pub use continuous::Quadrature;
pub use continuous::Reversed;
pub use continuous::Sums;
pub use cost::Integrand;
pub use cost::RunningCost;
pub use cotangents::Cotangents;
pub use discrete::DiscreteAdjoint;
pub use discrete::DiscreteRecord;
pub use event::Differentiable;
pub use event::DifferentiableEvent;
pub use event::DifferentiableEvents;
pub use forward::Tangents;
pub use forward::Variation;
pub use halved_adjoint::HalvedAdjoint;
#[cfg(feature = "implicit")]
pub use implicit_adjoint::ImplicitEulerAdjoint;
pub use jacobian::SolutionJacobian;
pub use lifted::LiftedRhs;
pub use lifted::ParamsOf;
pub use lifted::StateOf;
pub use step::AdjointMethod;
pub use step::Bars;
pub use step::Motion;
pub use step::StepAdjoint;
pub use step::StepMotion;
pub use step::StepTangent;
pub use step::TangentMethod;
pub use stochastic::DualTangent;
pub use stochastic::MilsteinPull;
pub use stochastic::PullKernel;
pub use stochastic::ReplayRecord;
pub use stochastic::ReversibleAdjoint;
pub use stochastic::ReversibleHeunAdjoint;
pub use stochastic::ReversibleRecord;
pub use stochastic::RiPull;
pub use stochastic::SdeAdjoint;
pub use stochastic::SrkPull;
pub use stochastic::StochasticBacksolve;
pub use stochastic::TamedPull;
pub use tangent_step::ErkTangent;
pub use variational::ForwardSensitivity;
pub use variational::Sensitivities;
pub use variational::VariationalEquation;

use crate::error::Error;
use crate::real::Real;
use crate::real::first_not_finite;
use crate::space::Vector;
use crate::space::all_finite;

/// The derivatives of a loss by what the solution depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gradient<V, P, T> {
    /// By the initial state.
    pub u0: V,
    /// By the parameters at the start.
    pub p: P,
    /// By the start of the span; NaN where noise drives the solution, which then has no derivative by time.
    pub t0: T,
    /// By the end of the span; NaN as well.
    pub t1: T,
    /// How large the error of `u0` and `p` is, relative to the largest cotangent on the way and to what the steps added up
    /// to: an estimate, of networks for all of `u0` and for all of `p`. Where few steps were looked at it is that of the worst of them, and the errors
    /// of steps add up, as those of a value do. Of a delayed equation it is what the errors of all steps come to, by those of a few. Zero
    /// is an error that is rounding. At loose tolerances, where the solution itself is off in its third digit, it may be forty times too
    /// small (the delayed equation of Lotka and Volterra at 1e-4), and two hundred times where the error is that of few steps (the same by
    /// `Vern9` at 1e-7). Of a continuous adjoint the largest error that a step back added: it goes back along the solution as it was
    /// computed, and how far off that is its steps do not say. Where errors grow, or an absolute tolerance is large beside something
    /// small that everything comes of (1e-4 for a component that starts at 1e-8), the value is wrong, and a continuous gradient may be
    /// wrong by more, with a small error; that of the discrete adjoint is then exactly the derivative of the wrong value. A solve with
    /// other tolerances tells. `None` where nothing estimates it, see
    /// [`derivative_tolerance`](crate::integrate::Solver::derivative_tolerance).
    pub error: Option<f64>,
}

impl<V, P, T> Gradient<V, P, T> {
    /// The gradient of a model, if it is finite: no error control has looked at all of it. `t` is where the way back
    /// ended.
    fn finite(self, model: &'static str, t: f64) -> Result<Self, Error>
    where
        V: Vector<T>,
        P: Vector<T>,
        T: Real,
    {
        // First where the numbers are: not every state keeps them in memory that can be read without a copy.
        if !all_finite(&self.u0) {
            check_finite(model, self.u0.as_slice(), |i| (t, format!("the gradient by u0[{i}]")))?;
        }
        if !all_finite(&self.p) {
            check_finite(model, self.p.as_slice(), |i| (t, format!("the gradient by p[{i}]")))?;
        }
        check_finite(model, &[self.t0, self.t1], |i| (t, format!("the gradient by t{i}")))?;
        Ok(self)
    }
}

/// Refuses derivatives that are not finite; `place(i)` says where number `i` belongs, and what it is.
fn check_finite<T: Real>(
    model: &'static str,
    derivatives: &[T],
    place: impl FnOnce(usize) -> (f64, String),
) -> Result<(), Error> {
    let Some(i) = first_not_finite(derivatives) else { return Ok(()) };
    let (t, component) = place(i);
    Err(infinite(model, t, component, derivatives[i].value()))
}

/// The error for a derivative that is not finite.
fn infinite(model: &'static str, t: f64, component: String, value: f64) -> Error {
    let look_for = "a root, a power or a `hypot` at zero, two times at which the model switches and that fall together, an event \
                    that moves such a time onto its own, events at one time of which the effect of one moves the condition of the \
                    next or ends the solve (add that one last)";
    let cause = format!(
        "the solution is finite, its derivative is not: where the solution rests its steps may be too long for a derivative, which \
         then grows without bound (`dt_max`); else look for {look_for}"
    );
    Error::NotFinite { model, t, dt: 0.0, component, value, cause }
}
