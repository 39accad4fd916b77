//! What a solve knows of its past, on the way back: whose lookups are asked, and where their cotangents go.

use crate::delay::back::Back;
use crate::delay::back::Bar;
use crate::delay::back::Of;
use crate::delay::complaint::Complaint;
use crate::delay::memory::Memory;
use crate::delay::piece::Piece;
use crate::delay::place::At;
use crate::real::Real;

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
            overlaps: false,
            bars: [empty(), empty()],
            found: Vec::new(),
            history: vec![T::ZERO; self.n],
        });
        self.ends();
        // What the way back says of a break is of its clock, which has no derivatives: those of a gradient would lack what a jump of
        // the integrand adds.
        let moves = |time: &T| (0..T::DERIVATIVES).any(|i| time.derivative(i) != 0.0);
        let moved =
            self.barriers.iter().find(|barrier| barrier.order <= T::NESTING + 1 && moves(&barrier.exact));
        if let Some(barrier) = moved {
            self.complaint = Some(Complaint::Twofold { t: barrier.time });
        }
    }

    /// The step that covers a time is at hand; false where there is none.
    pub fn goes_to(&mut self, t: f64, again: bool) -> Option<usize> {
        let step = self.pieces.partition_point(|piece| piece.end <= t);
        self.pieces.get(step).filter(|piece| piece.t <= t)?;
        let back = self.back.as_mut()?;
        (back.step, back.again, back.matches) = (step, again, false);
        back.asked.clear();
        self.attempt += 1;
        Some(step)
    }

    /// The interpolant of a step that was done again.
    pub fn put_again(&mut self, step: usize, trial: &mut Piece<T>) {
        self.ends();
        let piece = &mut self.pieces[step];
        if piece.coefficients.is_empty() {
            if let Some(spare) = self.spare.pop() {
                piece.coefficients = spare;
            }
            piece.coefficients.clear();
            piece.coefficients.extend_from_slice(&trial.coefficients);
            self.whole += 1;
            // Not of the next one: this may be the step that is taken back.
            self.thin(step);
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
        if bar.bar.is_zero() && !self.back.as_ref().is_some_and(|back| back.overlaps) {
            return;
        }
        let at = bar.time.value();
        let place = match self.recalled(at) {
            Some(place) => place,
            None => {
                let stretch = self.stretch_of(at);
                self.place(stretch, at)
            }
        };
        let place = match place {
            At::Step(step) => Some(step),
            At::History => None,
            _ => {
                self.complaint = Some(Complaint::Ahead { t: self.now, asked: at });
                return;
            }
        };
        if let Some(back) = &mut self.back
            && (!bar.bar.is_zero() || place == Some(back.step))
        {
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
        let mut found = std::mem::take(&mut back.found);
        for (at, bar) in found.drain(..) {
            match at {
                Some(_) if at == step => own.push(bar),
                Some(at) if done => back.bars()[at].push(bar),
                None if done && bar.order == 0 && back.of == Of::Loss => back.history[bar.i] += bar.bar,
                _ => {}
            }
        }
        // Its memory stays.
        back.found = found;
        own
    }

    /// Writes the cotangents that the step at hand has for itself.
    pub fn peek(&self, step: usize, out: &mut Vec<Bar<T>>) {
        out.clear();
        if let Some(back) = &self.back {
            out.extend(back.found.iter().filter(|(at, _)| *at == Some(step)).map(|(_, bar)| *bar));
        }
    }
}
