//! The past of a solve, by name, and from where its breaks came.

/// Names the past of a solve, and keeps it alive: see [`System::memento`](crate::problem::System::memento).
#[derive(Debug, Clone)]
pub struct Memento {
    pub(crate) number: u64,
    #[allow(dead_code, reason = "nobody reads it: the past lives as long as this does")]
    pub(crate) alive: std::sync::Arc<()>,
}

/// From where a break came, which lags carried on: it moves with that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Origin {
    /// From a time that is given.
    Given,
    /// From the start of the span.
    Start,
    /// From this time, at which the solve began anew: with a stop, or an event whose time is the clock's.
    Anew(f64),
    /// From an event at this time, whose condition crosses zero there.
    Crossing(f64),
}
