//! How an option is refused.

use crate::error::Error;

/// The error for an option.
pub(super) fn refuse(option: &'static str, problem: impl Into<String>, hint: &'static str) -> Error {
    Error::Option { option, problem: problem.into(), hint }
}
