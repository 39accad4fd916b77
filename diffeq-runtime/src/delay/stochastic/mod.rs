//! Stochastic delayed equations: a path of the noise drives an equation that remembers.
//!
//! [`Driven`](crate::noise::Driven) is then a delayed equation, its drift, with a path beside it; all that
//! [`Lagging`](crate::delay::Lagging) and [`WithPast`](crate::delay::WithPast) do they do for it as well. What is different is the step
//! ([`PastKernel`]), which is told the past.

mod adjoint;
mod driven;
mod kernel;
mod methods;
mod problem;
mod stepper;

pub use adjoint::PastAdjoint;
pub use adjoint::PastPull;
pub use kernel::EulerHeunPastKernel;
pub use kernel::EulerPastKernel;
pub use kernel::PastKernel;
pub use kernel::Seen;
pub use methods::SolvesPast;
pub use problem::SddeProblem;
pub use stepper::PastStepper;
