//! Brownian paths, and the stochastic problems that they drive.
//!
//! A path is a value: a function of time that is the same whoever asks for it, in which order, at which times. [`Brownian`] makes
//! it of a seed, [`Recorded`] replays data, [`Correlated`] mixes the processes of another. A solve asks a path for what happens
//! over each step ([`Increment`]); a step that is rejected and taken again, shorter, asks again, and leaves no trace.
//!
//! [`Driven`] is a model with a path, a [`System`](crate::problem::System) like any other to the loop of the solvers;
//! [`SdeProblem`] is the initial value problem of one.

mod along;
mod brownian;
mod cells;
mod correlated;
mod driven;
mod increment;
mod normal;
mod philox;
mod piece;
mod problem;
mod recorded;
mod row;
mod stream;

pub(crate) use along::changes_of_the_path;
pub use brownian::Brownian;
pub use brownian::BrownianCursor;
pub use correlated::Correlated;
pub use correlated::CorrelatedCursor;
pub use driven::Driven;
pub use increment::Asks;
pub use increment::Increment;
pub use increment::Law;
pub use increment::Path;
pub use increment::Unresolved;
pub use problem::SdeProblem;
pub use recorded::Recorded;
