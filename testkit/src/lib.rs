//! Shared by tests and benches: problems whose solution is known, a bouncing ball, order measurement, gradient checks, the laws of
//! derivatives, golden values, a counting allocator.

#![deny(unsafe_code)]

// A global allocator is an unsafe trait.
#[allow(unsafe_code)]
pub mod alloc;
pub mod ball;
pub mod golden;
pub mod gradcheck;
pub mod laws;
pub mod meaning;
pub mod noise;
pub mod order;
pub mod problems;
