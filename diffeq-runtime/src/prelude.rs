//! What a program that solves equations imports.

pub use crate::control::Fixed;
pub use crate::control::Pid;
#[cfg(feature = "dfdx")]
pub use crate::dfdx::Fd;
#[cfg(feature = "dfdx")]
pub use crate::dfdx::Training;
#[cfg(feature = "dfdx")]
pub use crate::dfdx::diffeq_fd;
pub use crate::integrate::Crossing;
pub use crate::integrate::Direction;
pub use crate::integrate::Discrete;
pub use crate::integrate::Event;
pub use crate::integrate::Grid;
pub use crate::integrate::Periodic;
pub use crate::integrate::Preset;
pub use crate::integrate::Solution;
pub use crate::integrate::Solver;
pub use crate::integrate::Trigger;
#[cfg(feature = "plot")]
pub use crate::plot::Figure;
#[cfg(feature = "plot")]
pub use crate::plot::Plot;
pub use crate::problem::OdeProblem;
pub use crate::real::Dual;
pub use crate::real::Real;
pub use crate::stepper::methods::*;
