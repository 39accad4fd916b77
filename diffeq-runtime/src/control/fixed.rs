//! Steps of one size.

use crate::control::Attempt;
use crate::control::Controller;
use crate::control::ErrorHistory;
use crate::control::Verdict;

/// Every step is as long as the user says, whatever its error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fixed;

impl Controller for Fixed {
    fn judge(&self, _: &mut ErrorHistory, _: Attempt) -> Verdict {
        Verdict::Accept { factor: 1.0 }
    }

    fn is_adaptive(&self) -> bool {
        false
    }
}
