//! Verner's "most efficient" pairs, each with an interpolant of the order of its solution.
//!
//! Coefficients that are quotients of integers below 2^53 are written as such; of the others, which Verner publishes
//! to 40 digits or as longer quotients, 36 digits are kept, more than binary128 holds.

mod vern6;
mod vern7;
mod vern8;
mod vern9;

pub use vern6::VERN6;
pub use vern7::VERN7;
pub use vern8::VERN8;
pub use vern9::VERN9;
