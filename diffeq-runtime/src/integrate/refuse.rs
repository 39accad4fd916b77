//! How an option is refused.

use crate::error::Error;

/// The error for an option.
pub(super) fn refuse(option: &'static str, problem: impl Into<String>, hint: &'static str) -> Error {
    Error::Option { option, problem: problem.into(), hint }
}

/// The error for the derivative of a crossing of a path that has no slope.
pub(crate) fn rough_crossing() -> Error {
    refuse(
        "event",
        "is a crossing of a solution that noise drives: when it comes has no derivative",
        "let events take place at given times, or differentiate the expected value by another estimator",
    )
}

/// The error for a switching time that moves.
pub(crate) fn rough_switch() -> Error {
    refuse(
        "p",
        "moves the time at which the model switches, where noise drives it: that has no derivative",
        "switch at a time that no parameter moves, or smoothly",
    )
}
