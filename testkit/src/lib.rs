//! Shared by tests and benches: problems whose solution is known, order measurement, gradient checks, golden values,
//! a counting allocator.

pub mod alloc;
pub mod golden;
pub mod gradcheck;
pub mod order;
pub mod problems;
