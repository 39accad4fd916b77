//! Where the way back of a solve is, and the cotangents that wait for the steps that their lookups fell into.

use crate::real::Real;

/// The cotangent of a component at an earlier time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bar<T> {
    pub time: T,
    pub i: usize,
    /// 0 for the state, 1 for its slope.
    pub order: usize,
    pub bar: T,
}

/// Whose cotangents they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// Those of the loss.
    Loss,
    /// Those of its error.
    Error,
}

/// The way back.
#[derive(Debug)]
pub(super) struct Back<T> {
    /// The step at hand.
    pub step: usize,
    /// Steps are done again, up to the one at hand.
    pub again: bool,
    /// Which lookups a model asked for last, in its order, and the stretch that each read.
    pub asked: Vec<(T, isize)>,
    /// Lookups come in another order, and are told by their times.
    pub matches: bool,
    pub of: Of,
    /// The step at hand looked itself up: its cotangents of zero count as well, so that rounds have the same.
    pub overlaps: bool,
    /// For each step the cotangents of lookups that fell into it.
    pub bars: [Vec<Vec<Bar<T>>>; 2],
    /// Those of the step at hand, which may be taken back once more; without a step those of the history.
    pub found: Vec<(Option<usize>, Bar<T>)>,
    /// Those of a history that is made of numbers.
    pub history: Vec<T>,
}

impl<T: Real> Back<T> {
    /// The stretch of the lookup whose time is nearest: times come out the same but for rounding.
    pub fn nearest(&self, at: f64) -> Option<isize> {
        let distance = |(time, _): &&(T, isize)| (time.value() - at).abs();
        self.asked.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).map(|(_, stretch)| *stretch)
    }

    pub fn bars(&mut self) -> &mut Vec<Vec<Bar<T>>> {
        &mut self.bars[usize::from(self.of == Of::Error)]
    }
}
