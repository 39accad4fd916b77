//! Linear systems with a matrix of plain numbers, and right-hand sides over any real.
//!
//! What implicit methods ask for: Newton's method looks at values alone, and the tangents of its result come from the
//! same matrix. A kind of matrix is a file: [`DenseLu`] is the first.

mod dense;

pub use dense::DenseLu;

/// A matrix has no inverse, or one that is not finite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Singular;
