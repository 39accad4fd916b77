//! The way back of a solve: whose lookups are asked, and the cotangents that wait for the steps that they fell into.

use crate::delay::complaint::Complaint;
use crate::delay::memory::At;
use crate::delay::memory::Memory;
use crate::delay::piece::Piece;
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
    /// For each step the cotangents of lookups that fell into it.
    bars: [Vec<Vec<Bar<T>>>; 2],
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

    fn bars(&mut self) -> &mut Vec<Vec<Bar<T>>> {
        &mut self.bars[usize::from(self.of == Of::Error)]
    }
}

impl<T: Real> Memory<T> {
    /// The way back begins at the end; whatever another one found is forgotten.
    pub fn turn_back(&mut self) {
        // Nobody asked after the last step.
        if self.is_offered {
            self.put_down();
        }
        let empty = || (0..self.pieces.len()).map(|_| Vec::new()).collect::<Vec<_>>();
        self.back = Some(Back {
            step: self.pieces.len().saturating_sub(1),
            again: false,
            asked: Vec::new(),
            matches: false,
            of: Of::Loss,
            bars: [empty(), empty()],
            found: Vec::new(),
            history: vec![T::ZERO; self.n],
        });
        (self.interval, self.guess, self.inside) = (None, None, false);
    }

    /// The step that covers a time is at hand; false where there is none.
    pub fn goes_to(&mut self, t: f64, again: bool) -> Option<usize> {
        let step = self.pieces.partition_point(|piece| piece.end <= t);
        self.pieces.get(step).filter(|piece| piece.t <= t)?;
        let back = self.back.as_mut()?;
        (back.step, back.again, back.matches) = (step, again, false);
        back.asked.clear();
        Some(step)
    }

    /// The interpolant of a step that was done again.
    pub fn put_again(&mut self, step: usize, trial: &mut Piece<T>) {
        (self.interval, self.guess, self.inside) = (None, None, false);
        let piece = &mut self.pieces[step];
        if piece.coefficients.is_empty() {
            if let Some(spare) = self.spare.pop() {
                piece.coefficients = spare;
            }
            piece.coefficients.clear();
            piece.coefficients.extend_from_slice(&trial.coefficients);
            self.whole += 1;
            self.thin(step + 1);
        }
    }

    /// A model is asked in its own order, or in that of its derivative.
    pub fn asks(&mut self, matches: bool) {
        if let Some(back) = &mut self.back {
            back.matches = matches;
            if !matches {
                back.asked.clear();
            }
        }
    }

    pub fn overlaps(&self, step: usize) -> bool {
        self.pieces.get(step).is_some_and(|piece| piece.overlaps)
    }

    /// The cotangents of later lookups that fell into a step.
    pub fn bars_of(&mut self, step: usize) -> Vec<Bar<T>> {
        let Some(back) = &mut self.back else { return Vec::new() };
        back.bars().get_mut(step).map(std::mem::take).unwrap_or_default()
    }

    /// Takes note of a cotangent.
    pub fn take(&mut self, bar: Bar<T>) {
        let at = bar.time.value();
        let stretch = self.stretch_of(at);
        let place = match self.place(stretch, at) {
            At::Step(step) => Some(step),
            At::History => None,
            _ => {
                self.complaint = Some(Complaint::Ahead { t: self.now, asked: at });
                return;
            }
        };
        if let Some(back) = &mut self.back {
            back.found.push((place, bar));
        }
    }

    /// The stretch of a lookup that is told by its time.
    fn stretch_of(&mut self, at: f64) -> isize {
        let matched = self.back.as_ref().filter(|_| self.moves).and_then(|back| back.nearest(at));
        match matched {
            Some(stretch) => stretch,
            None => self.resting_stretch(at),
        }
    }

    /// The cotangents that the step at hand has for itself; the others are kept if it is done.
    pub fn found(&mut self, step: Option<usize>, done: bool) -> Vec<Bar<T>> {
        let Some(back) = &mut self.back else { return Vec::new() };
        let mut own = Vec::new();
        for (at, bar) in std::mem::take(&mut back.found) {
            match at {
                Some(_) if at == step => own.push(bar),
                Some(at) if done => back.bars()[at].push(bar),
                None if done && bar.order == 0 && back.of == Of::Loss => back.history[bar.i] += bar.bar,
                _ => {}
            }
        }
        own
    }

    /// The cotangents that the step at hand has for itself.
    pub fn peek(&self, step: usize) -> Vec<Bar<T>> {
        let Some(back) = &self.back else { return Vec::new() };
        back.found.iter().filter(|(at, _)| *at == Some(step)).map(|(_, bar)| *bar).collect()
    }
}
