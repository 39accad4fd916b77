//! Delayed equations: right-hand sides that look at earlier states, `du/dt = f(u(t), u(t - τ), p, t)`.
//!
//! The method of steps makes an ordinary equation of it: [`WithPast`] is a [`System`](crate::problem::System) that holds what
//! has been computed, and answers lookups from it. [`Lagging`] is a method over any method that extends that past by each
//! step, by the method's own interpolant. The loop is that of ordinary equations.
//!
//! Where the history does not fit the start, the solution has a jump in its derivative, which each lag carries on to later
//! times, smoothed by one order each time. Steps end on these break points as long as the method would notice. For lags that
//! stay what they are they are known before they come; others are looked for inside each step.
//!
//! Where noise drives the solution ([`SddeProblem`]) the same holds, with the methods for stochastic equations in the place of those
//! for ordinary ones: what has been computed is the path's, and lookups read the line between the ends of its steps.
//!
//! Sources: Bellen, Zennaro, *Numerical Methods for Delay Differential Equations* (2003), chapters 3 and 4; Hairer, Nørsett,
//! Wanner, *Solving Ordinary Differential Equations I*, 2nd ed. (1993), section II.17; Willé, Baker, Appl. Numer. Math. 9
//! (1992), on how break points travel.

mod accelerated;
mod adjoint;
mod back;
mod beginning;
mod breaks;
mod complaint;
mod data;
mod initial;
mod lagging;
mod lookup;
mod memory;
mod past;
mod piece;
mod place;
mod problem;
mod pull;
mod settle;
mod stochastic;
mod stretches;
#[cfg(test)]
mod tests;
mod way_back;

pub use adjoint::LaggingAdjoint;
pub use data::Data;
pub use initial::AtRest;
pub use initial::Before;
pub use initial::Constant;
pub use initial::Given;
pub use initial::GivenSlope;
pub use initial::Initial;
pub use initial::LiftedInitial;
pub use initial::Phi;
pub use lagging::Lagging;
pub use lagging::LaggingStepper;
pub use past::WithPast;
pub use problem::DdeProblem;
pub use stochastic::EulerHeunPastKernel;
pub use stochastic::EulerPastKernel;
pub use stochastic::PastAdjoint;
pub use stochastic::PastKernel;
pub use stochastic::PastPull;
pub use stochastic::PastStepper;
pub use stochastic::SddeProblem;
pub use stochastic::Seen;
pub use stochastic::SolvesPast;
