//! Shared by tests and benches: problems whose solution is known, order measurement, gradient checks, the laws of
//! derivatives, golden values, a counting allocator.

pub mod alloc;
pub mod golden;
pub mod gradcheck;
pub mod laws;
pub mod meaning;
pub mod order;
pub mod problems;
