//! What decides which elements a function touches, apart from everything else: its integers, loops and branches, as far
//! as lengths and constants settle them. rustc runs it where lengths are constants, a solve where they are its own.

use proc_macro2::Span;
use proc_macro2::TokenStream;

use super::Carried;
use super::CmpOp;
use super::IntOp;
use super::Merge;
use super::Value;

/// A length that an index is held against.
#[derive(Debug, Clone)]
pub enum Extent {
    /// A number.
    Lit(usize),
    /// A constant expression, as the user wrote it.
    Named(TokenStream),
    /// That of the state, which is a slice.
    State,
    /// That of the parameters, which are a slice.
    Params,
}

/// An integer or a condition.
#[derive(Debug, Clone)]
pub enum ReachOp {
    /// A number.
    Int(i128),
    /// A constant by its path.
    Named(TokenStream),
    /// A length.
    Extent(Extent),
    /// An operator that is the same on all integers, as long as the result fits.
    Op(IntOp, Value, Value),
    /// `-n`
    Neg(Value),
    /// The same number in another type, from the smallest that this has to the largest.
    Cast(Value, Option<(i128, i128)>),
    /// `true` or `false`.
    Bool(bool),
    /// A comparison of two integers or of two conditions.
    Cmp(CmpOp, Value, Value),
    /// `a && b`
    And(Value, Value),
    /// `a || b`
    Or(Value, Value),
    /// `!a`
    Not(Value),
    /// `if c { a } else { b }`
    Select(Value, Value, Value),
}

/// A statement of it.
#[derive(Debug, Clone)]
pub enum ReachStmt {
    /// A number or a condition gets its value.
    Let(Value, ReachOp),
    /// An index must be within a length.
    Within(Value, Extent, usize),
    /// A number must not be below zero.
    NotBelowZero(Value, usize),
    /// A loop.
    For {
        /// The index.
        index: Value,
        /// First index.
        start: Value,
        /// One past the last index.
        end: Value,
        /// What is carried from one iteration to the next.
        carried: Vec<Carried>,
        /// The steps.
        body: Vec<ReachStmt>,
    },
    /// A branch.
    If {
        /// The condition.
        cond: Value,
        /// The steps if it holds.
        then: Vec<ReachStmt>,
        /// The steps otherwise.
        otherwise: Vec<ReachStmt>,
        /// What it defines.
        merges: Vec<Merge>,
    },
}

/// What a mistake concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The state or its derivative.
    State,
    /// The parameters.
    Params,
}

/// A place in the user's function where a mistake would be seen.
#[derive(Debug, Clone)]
pub struct Site {
    /// Where.
    pub span: Span,
    /// What is said while compiling; `{index}` and `{length}` stand for the numbers.
    pub message: String,
    /// The element as the user wrote it, `u[i + 1]`, or the number, `i - 1`.
    pub written: String,
    /// The array's name.
    pub array: String,
    /// Whose length is at fault, where a solve sees it.
    pub whose: Whose,
}

/// All of it.
#[derive(Debug, Clone)]
pub struct Reach {
    /// The steps.
    pub steps: Vec<ReachStmt>,
    /// The places, by their numbers in the steps.
    pub sites: Vec<Site>,
    /// A length that only a solve knows takes part.
    pub at_run_time: bool,
}
