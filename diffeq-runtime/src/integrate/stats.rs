//! What a solve cost.

/// Counts of what a solve did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Evaluations of the right-hand side.
    pub nfev: usize,
    /// Steps taken.
    pub accepted: usize,
    /// Steps tried and refused, because of their error, a value that is not finite, the domain, or a failure.
    pub rejected: usize,
    /// Those among them that failed: the method found no step.
    pub failed: usize,
    /// Events that took place.
    pub events: usize,
}

impl std::fmt::Display for Stats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { nfev, accepted, rejected, events, .. } = self;
        write!(f, "{accepted} steps ({rejected} rejected), {nfev} evaluations, {events} events")
    }
}
