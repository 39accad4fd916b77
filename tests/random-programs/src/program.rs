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

impl Program {
    /// Whether the model's value must be that of plain Rust to the bit.
    ///
    /// `mul_add` is the exception that the guide states: it rounds twice, as `a * b + c` does, where `f64` rounds once.
    pub fn exact(&self) -> bool {
        !self.text.contains("mul_add")
    }
}
