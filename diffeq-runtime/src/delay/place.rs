//! Where a time was found in the past.

/// Where a time was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<T> {
    pub time: T,
    pub at: At,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum At {
    /// Before the start.
    History,
    /// In a step that is kept.
    Step(usize),
    /// In the step itself.
    Guess,
    /// After all that is known, where nothing is known: the state at the start of the step.
    Current,
    /// There is no such time.
    Nowhere,
}

/// What a search for a time says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub at: At,
    /// Whether the time lies in the step at hand.
    pub is_inside: bool,
    /// The steps of the stretch come before this one, counted since the start of the solve.
    pub last: usize,
}

impl Found {
    /// Not in a step.
    pub fn beside(at: At) -> Self {
        Self { at, is_inside: false, last: 0 }
    }
}

/// Where a lookup was found last: stages of a step ask for times that are close together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hint {
    /// The attempt at a step in which it holds; after that only the step is a place to begin at.
    pub attempt: u64,
    /// By how much before the present time it asked.
    pub lag: f64,
    /// What the step covers, and its number since the start of the solve.
    pub from: f64,
    pub to: f64,
    pub step: usize,
    /// The steps of its stretch come before this one.
    pub last: usize,
    /// From here on it reads the step itself.
    pub inside: f64,
    /// From here on it reads what stands for the step itself as long as nothing is known of that; only of a lag that rests.
    pub beyond: f64,
    pub substitute: At,
    /// All that it asks for lies before the start; only of a lag that rests.
    pub before: bool,
}

impl Hint {
    pub const NOTHING: Self = Self {
        attempt: 0,
        lag: f64::NAN,
        from: f64::INFINITY,
        to: f64::NEG_INFINITY,
        step: usize::MAX,
        last: 0,
        inside: f64::INFINITY,
        beyond: f64::INFINITY,
        substitute: At::Nowhere,
        before: false,
    };
}
