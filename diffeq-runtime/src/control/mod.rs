//! Step-size control: from the error of an attempt to a verdict on it and the size of the next.
//!
//! A controller is chosen independently of the method, and knows nothing of it but the power of `h` with which the
//! error falls. It keeps no state of its own: what it remembers is an [`ErrorHistory`] that the loop hands it.

mod fixed;
mod initial;
mod pid;

pub use fixed::Fixed;
pub use initial::initial_step;
pub use pid::Pid;

use crate::stepper::Failure;

/// What the loop tells a controller about a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attempt {
    /// The error, one being what the tolerances allow; NaN where it is not finite.
    pub error: f64,
    /// The step size, without sign.
    pub h: f64,
    /// The error falls like `h` to this power.
    pub exponent: f64,
    /// How many iterations the step took; none for an explicit method.
    pub iterations: u32,
    /// The factor by which the method itself would change the step size.
    pub wish: Option<f64>,
}

impl Attempt {
    /// An attempt of which an error is known, and no more.
    pub fn new(error: f64, h: f64, exponent: f64) -> Self {
        Self { error, h, exponent, iterations: 0, wish: None }
    }
}

/// What is to become of an attempt, and by which factor the step size changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// The step is good; the next one is `factor` times as long.
    Accept {
        /// The next step size over this one.
        factor: f64,
    },
    /// The step is taken again, `factor` times as long.
    Retry {
        /// The next step size over this one.
        factor: f64,
    },
}

/// What a controller remembers: the accepted steps before this one, the last first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErrorHistory {
    /// Logarithms of the errors of the two accepted steps before; zero, the logarithm of an error of one, at first.
    pub log_errors: [f64; 2],
    /// The sizes of the two accepted steps before; zero at first.
    pub steps: [f64; 2],
    /// The attempt before this one was rejected.
    pub rejected: bool,
}

impl ErrorHistory {
    /// Nothing to remember.
    pub const EMPTY: Self = Self { log_errors: [0.0; 2], steps: [0.0; 2], rejected: false };
}

/// A rule for step sizes.
pub trait Controller: std::fmt::Debug + Send + Sync {
    /// Judges an attempt.
    fn judge(&self, history: &mut ErrorHistory, attempt: Attempt) -> Verdict;

    /// By which factor the step size changes where a step failed, and has no error to be judged by.
    fn failed(&self, history: &mut ErrorHistory, why: Failure) -> f64 {
        history.rejected = true;
        match why {
            Failure::Refused { factor } => factor,
            _ => 0.25,
        }
    }

    /// Whether the error decides; if not, methods without an estimate will do, and the user gives the step size.
    fn is_adaptive(&self) -> bool {
        true
    }

    /// What is wrong with the settings, if anything.
    fn problem(&self) -> Option<String> {
        None
    }
}
