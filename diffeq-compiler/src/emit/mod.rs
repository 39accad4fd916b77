//! Programs as Rust: the only place where tokens are written.
//!
//! * [`names`]: which Rust name each value and object gets;
//! * [`inline`]: which values stand inside the expression that uses them;
//! * [`body`]: statements and expressions of one function;
//! * [`forms`]: the trait implementations around the bodies;
//! * [`paths`]: every path into the runtime, once.

mod body;
mod forms;
mod inline;
mod names;
mod paths;

pub use forms::differentiable;
pub use forms::ode;
