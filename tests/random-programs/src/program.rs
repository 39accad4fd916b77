//! A program under test.

use crate::generate::construct::Counts;

/// Items of which at least one is an `#[ode]` function.
#[derive(Debug, Clone)]
pub struct Program {
    /// The name of its module.
    pub name: String,
    /// The source, without `use`.
    pub text: String,
    /// How long state and parameters are where the source leaves it open.
    pub open: [usize; 2],
    /// The constructs in it, where they were counted.
    pub counts: Counts,
}
