//! What a solve knows of its past: the steps that were put down, where they meet, and what is asked of them.

use std::collections::VecDeque;

use crate::delay::breaks::Break;
use crate::delay::breaks::Breaks;
use crate::delay::breaks::Crossing;
use crate::delay::breaks::Fixed;
use crate::delay::complaint::Complaint;
use crate::delay::piece::Piece;
use crate::delay::piece::Side;
use crate::error::Error;
use crate::real::Real;
use crate::stepper::Interval;

/// Where two smooth stretches of the past meet, such that the method notices who passes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Barrier {
    pub time: f64,
    /// The first step after it.
    pub first: usize,
    pub order: usize,
}

/// The cotangent of a component at an earlier time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bar<T> {
    pub time: T,
    pub i: usize,
    pub order: usize,
    pub bar: T,
}

/// So near to a barrier a lookup stands on it: as well as a root is found on an interpolant, or a number is known.
fn near<T: Real>(at: f64) -> f64 {
    f64::max(1e-9, 64.0 * T::EPSILON) * f64::max(1.0, at.abs())
}

/// In the place of a lag: what moves a break is not known.
pub(super) const UNKNOWN: usize = usize::MAX;

/// What of one lookup was seen in an attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// The stretch that it reads, set by the first question.
    pub stretch: Option<isize>,
    pub lowest: f64,
    pub highest: f64,
    /// The last time that it asked for.
    pub last: f64,
}

impl Seen {
    pub const NOTHING: Self =
        Self { stretch: None, lowest: f64::INFINITY, highest: f64::NEG_INFINITY, last: f64::NAN };
}

/// All that a solve knows of its past.
#[derive(Debug)]
pub(super) struct Memory<T> {
    /// How many solves were begun: who goes on with another number is told so.
    pub solve: u64,
    /// How many components a state has.
    pub n: usize,
    /// When it began.
    pub t0: f64,
    /// The state at the start, where that is the history.
    pub start: Vec<T>,
    pub pieces: VecDeque<Piece<T>>,
    /// How many steps were forgotten, those before the first piece.
    pub forgotten: usize,
    /// Stretches go from one to the next; the first is the start. What comes before is the history.
    pub barriers: Vec<Barrier>,
    pub breaks: Breaks<T>,
    pub lags: Vec<Fixed<T>>,
    /// How long steps are kept after they were taken.
    pub keep: f64,
    /// The step last tried.
    pub trial: Piece<T>,
    pub is_offered: bool,
    /// The break on which the step last put down ended.
    pub landed: Option<Break<T>>,
    /// Where the derivative jumped, and the lags that carried the jump there.
    pub jumps: Vec<(f64, Vec<usize>)>,
    /// Whether nothing is forgotten.
    pub is_kept: bool,
    /// For each step the cotangents of lookups that fell into it, on the way back.
    pub bars: Vec<Vec<Bar<T>>>,
    /// Those of the step at hand, which may be taken back once more; without a step those of the history.
    pub found: Vec<(Option<usize>, Bar<T>)>,
    /// Those of a history that is made of numbers.
    pub history_bar: Vec<T>,

    /// The attempt at a step: where it is, the state at its start, and the solution inside as far as it is known.
    pub interval: Option<Interval>,
    pub current: Vec<T>,
    pub guess: Option<Piece<T>>,
    /// Whether a lookup fell into the step itself.
    pub inside: bool,
    /// Lookups in the order in which the right-hand side asks; how many have been asked.
    pub seen: Vec<Seen>,
    pub asked: usize,
    /// Whether stretches are chosen for each question, outside of steps.
    pub loose: bool,
    /// The lookup that stands on a barrier, and where it goes.
    pub forced: Option<(usize, Side)>,
    /// The step at hand on the way back.
    pub back: Option<usize>,
    pub now: f64,
    pub complaint: Option<Complaint>,
    /// The function and what was made of it are not one.
    pub translation: Option<Error>,
}

impl<T: Real> Memory<T> {
    pub fn new() -> Self {
        Self {
            solve: 0,
            n: 0,
            t0: f64::NAN,
            start: Vec::new(),
            pieces: VecDeque::new(),
            forgotten: 0,
            barriers: Vec::new(),
            breaks: Breaks::new(),
            lags: Vec::new(),
            keep: f64::INFINITY,
            trial: Piece::new(),
            is_offered: false,
            landed: None,
            jumps: Vec::new(),
            is_kept: false,
            bars: Vec::new(),
            found: Vec::new(),
            history_bar: Vec::new(),
            interval: None,
            current: Vec::new(),
            guess: None,
            inside: false,
            seen: Vec::new(),
            asked: 0,
            loose: false,
            forced: None,
            back: None,
            now: 0.0,
            complaint: None,
            translation: None,
        }
    }

    /// The stretch that a time lies in: -1 is the history.
    pub fn stretch_at(&self, time: f64) -> isize {
        self.barriers.partition_point(|barrier| barrier.time <= time) as isize - 1
    }

    /// The same, of a lookup of the step at hand on the way back.
    pub fn stretch_of(&self, time: f64) -> isize {
        let sides = self.back.and_then(|step| self.pieces.get(step)).map_or([None; 2], |piece| piece.sides);
        let is_near = |side: &Side| (side.at - time).abs() <= f64::max(near::<T>(side.at), side.reach);
        sides.into_iter().flatten().find(is_near).map_or_else(|| self.stretch_at(time), |side| side.stretch)
    }

    /// How far a lookup went beyond its stretch.
    pub fn excess(&self, seen: &Seen) -> f64 {
        let Some(stretch) = seen.stretch else { return 0.0 };
        let (from, to) = self.bounds(stretch);
        f64::max(f64::max(seen.highest - to, from - seen.lowest), 0.0)
    }

    /// Where a stretch begins and ends; the last one is open.
    pub fn bounds(&self, stretch: isize) -> (f64, f64) {
        let from = usize::try_from(stretch).map_or(f64::NEG_INFINITY, |s| self.barriers[s].time);
        let to = self.barriers.get((stretch + 1) as usize).map_or(f64::INFINITY, |barrier| barrier.time);
        (from, to)
    }

    /// Finds a time of lookup number `asked`.
    pub fn find(&mut self, time: T) -> Place<T> {
        let lookup = self.asked;
        self.asked += 1;
        if self.seen.len() <= lookup {
            self.seen.push(Seen::NOTHING);
        }
        let at = time.value();
        let rounding = 64.0 * T::EPSILON * f64::max(self.now.abs(), at.abs());
        if at - self.now > rounding {
            self.complaint = Some(Complaint::Ahead { t: self.now, asked: at });
            return Place { time, at: At::Nowhere };
        }
        let forced = self.forced.filter(|(which, _)| *which == lookup).map(|(_, side)| side.stretch);
        let seen = self.seen[lookup];
        let stretch = match (self.loose, seen.stretch) {
            (false, Some(stretch)) => stretch,
            _ => forced.unwrap_or_else(|| self.stretch_of(at)),
        };
        if !self.loose {
            let seen = &mut self.seen[lookup];
            seen.stretch = Some(stretch);
            seen.lowest = seen.lowest.min(at);
            seen.highest = seen.highest.max(at);
            seen.last = at;
        }
        Place { time, at: self.place(stretch, at) }
    }

    pub fn place(&mut self, stretch: isize, at: f64) -> At {
        if at.is_nan() {
            return At::Nowhere;
        }
        let Ok(number) = usize::try_from(stretch) else { return At::History };
        let first = self.barriers[number].first;
        let (last, is_open) = match self.barriers.get(number + 1) {
            Some(next) => (next.first, false),
            None => (self.forgotten + self.pieces.len(), true),
        };
        let known_to = match last.checked_sub(self.forgotten + 1) {
            Some(n) if last > first => self.pieces.get(n).map(|piece| piece.end),
            _ => None,
        };
        // past what is known, in the step itself
        if is_open && known_to.unwrap_or(self.barriers[number].time) < at {
            self.inside |= self.interval.is_some() && !self.loose;
            if self.guess.is_some() {
                return At::Guess;
            }
        }
        if last == first {
            return At::Current;
        }
        let steps = first.max(self.forgotten) - self.forgotten..last - self.forgotten;
        if steps.is_empty() {
            return At::Nowhere;
        }
        // Steps are in order of time: the first that ends at or after it.
        let (mut low, mut high) = (steps.start, steps.end - 1);
        while low < high {
            let middle = (low + high) / 2;
            if self.pieces[middle].end < at { low = middle + 1 } else { high = middle }
        }
        At::Step(low)
    }

    pub fn read(&self, place: &Place<T>, i: usize, order: usize) -> T {
        match place.at {
            At::Step(step) => self.pieces[step].read(self.n, place.time, i, order),
            At::Guess => {
                self.guess.as_ref().map_or(T::ZERO, |guess| guess.read(self.n, place.time, i, order))
            }
            At::Current if order == 0 => self.current.get(i).copied().unwrap_or(T::ZERO),
            At::Current => T::ZERO,
            At::History | At::Nowhere => T::lit(f64::NAN),
        }
    }

    /// The step last tried, to be put down where it is kept.
    pub fn offer(&mut self, trial: &mut Piece<T>) {
        std::mem::swap(&mut self.trial, trial);
        self.trial.overlaps = self.guess.is_some();
        // Who looked beyond its stretch goes on reading there; stages that the step does not end on may.
        let strayed = self.seen.iter().find(|seen| self.excess(seen) > 0.0).and_then(|seen| {
            let ((from, to), stretch) = (self.bounds(seen.stretch?), seen.stretch?);
            let at = if seen.highest > to { to } else { from };
            Some(Side { at, stretch, reach: self.excess(seen) })
        });
        let forced = self.forced.map(|(lookup, side)| {
            let reach = self.seen.get(lookup).map_or(0.0, |seen| self.excess(seen));
            Side { reach, ..side }
        });
        self.trial.sides = [forced.or(strayed), None];
        self.is_offered = true;
    }

    /// Puts the step down that was tried last.
    pub fn put_down(&mut self) {
        self.is_offered = false;
        let now = self.trial.end;
        let mut piece = match self.pieces.front() {
            Some(oldest) if oldest.end < now - self.keep => {
                self.forgotten += 1;
                self.pieces.pop_front()
            }
            _ => None,
        }
        .unwrap_or_else(Piece::new);
        std::mem::swap(&mut piece, &mut self.trial);
        if piece.h != 0.0 {
            self.pieces.push_back(piece);
        }
        self.complaint = None;
        (self.interval, self.guess, self.inside, self.forced) = (None, None, false, None);
        self.landed = self.breaks.take(now);
        if let Some(landed) = self.landed.clone() {
            self.land(landed);
        }
    }

    /// A break is passed: a stretch ends, and lags carry it on.
    pub fn land(&mut self, landed: Break<T>) {
        let now = landed.time;
        let first = self.forgotten + self.pieces.len();
        if landed.order < self.breaks.highest {
            self.barriers.push(Barrier { time: now, first, order: landed.order });
        }
        self.breaks.carry_on(&landed, &self.lags, now);
        if landed.order <= 1 && !landed.lags.is_empty() {
            self.jumps.push((now, landed.lags.clone()));
        }
        if let Some(crossing) = landed.crossing
            && let Some(&seen) = self.seen.get(crossing.lookup)
            && (seen.last - crossing.at).abs() <= near::<T>(crossing.at)
        {
            let reach = self.excess(&seen);
            if let (Some(stretch), Some(piece)) = (seen.stretch, self.pieces.back_mut()) {
                piece.sides[1] = Some(Side { at: crossing.at, stretch, reach });
            }
            let side = Side { at: crossing.at, stretch: crossing.to, reach: 0.0 };
            self.forced = Some((crossing.lookup, side));
        }
    }

    /// Whether the state itself has jumped here: how that moves the event has said.
    pub fn is_at_jump(&self, t: f64) -> bool {
        self.landed.as_ref().is_some_and(|landed| landed.time == t && landed.order == 0)
    }

    /// From now on nothing is forgotten.
    pub fn keep_all(&mut self) {
        (self.keep, self.is_kept) = (f64::INFINITY, true);
    }

    /// The way back begins, or goes on: stretches are told by the times alone. False where something was forgotten.
    pub fn goes_back(&mut self) -> bool {
        (self.loose, self.back) = (true, None);
        // Nobody asked after the last step.
        if self.is_offered {
            self.put_down();
        }
        self.bars.resize_with(self.pieces.len(), Vec::new);
        self.is_kept
    }

    /// The step that begins at a time: from now on lookups are its own.
    pub fn step_from(&mut self, t: f64) -> Option<usize> {
        let step = self.pieces.partition_point(|piece| piece.t < t);
        self.back = self.pieces.get(step).filter(|piece| piece.t == t).map(|_| step);
        self.back
    }

    pub fn overlaps(&self, step: usize) -> bool {
        self.pieces.get(step).is_some_and(|piece| piece.overlaps)
    }

    /// Which part of a step a time is.
    pub fn theta(&self, step: usize, time: T) -> f64 {
        let piece = &self.pieces[step];
        Interval::ending(piece.t, piece.h, piece.end).theta(time.value())
    }

    /// The cotangents of later lookups that fell into a step.
    pub fn bars_of(&mut self, step: usize) -> Vec<Bar<T>> {
        self.bars.get_mut(step).map(std::mem::take).unwrap_or_default()
    }

    /// Takes note of a cotangent.
    pub fn take(&mut self, bar: Bar<T>) {
        let at = bar.time.value();
        let stretch = self.stretch_of(at);
        match self.place(stretch, at) {
            At::Step(step) => self.found.push((Some(step), bar)),
            _ => self.found.push((None, bar)),
        }
    }

    /// The cotangents that the step at hand has for itself; the others are kept if it is done.
    pub fn found(&mut self, step: usize, done: bool) -> Vec<Bar<T>> {
        let mut own = Vec::new();
        for (at, bar) in std::mem::take(&mut self.found) {
            match at {
                Some(at) if at == step => own.push(bar),
                Some(at) if done => {
                    if bar.order > 0 {
                        self.complaint = Some(Complaint::SlopeBar { asked: bar.time.value() });
                    }
                    self.bars[at].push(bar);
                }
                None if done => {
                    self.history_bar.resize(self.n, T::ZERO);
                    if bar.order == 0 {
                        self.history_bar[bar.i] += bar.bar;
                    }
                }
                _ => {}
            }
        }
        own
    }

    /// The cotangents that the step at hand has for itself.
    pub fn peek(&self, step: usize) -> Vec<Bar<T>> {
        self.found.iter().filter(|(at, _)| *at == Some(step)).map(|(_, bar)| *bar).collect()
    }

    /// The step at hand begins on a barrier, and its lookup is on the other side.
    pub fn goes_over(&mut self, Crossing { lookup, to, at }: Crossing) {
        self.seen[lookup].stretch = Some(to);
        self.forced = Some((lookup, Side { at, stretch: to, reach: 0.0 }));
    }

    /// An attempt at a step begins.
    pub fn attempt(&mut self, interval: Interval, u: &[T]) {
        self.interval = Some(interval);
        self.current.clear();
        self.current.extend_from_slice(u);
        (self.guess, self.inside) = (None, false);
        if interval.h < 0.0 {
            self.complaint = Some(Complaint::Backwards { t: interval.t });
        }
        for seen in &mut self.seen {
            (seen.lowest, seen.highest) = (f64::INFINITY, f64::NEG_INFINITY);
        }
    }

    /// The solution inside the step, as far as it is known; what was taken for it before comes back.
    pub fn guess(&mut self, guess: Piece<T>) -> Option<Piece<T>> {
        self.inside = false;
        self.guess.replace(guess)
    }

    pub fn guessed(&self) -> Option<&Piece<T>> {
        self.guess.as_ref()
    }

    /// Nothing that was chosen before holds on.
    pub fn choose_anew(&mut self) {
        self.seen.iter_mut().for_each(|seen| *seen = Seen::NOTHING);
    }

    /// The end of the last step.
    pub fn end(&self, i: usize) -> Option<T> {
        let piece = self.pieces.back()?;
        Some(piece.read(self.n, T::lit(piece.end), i, 0))
    }

    /// The solve goes on from a state, which an event may have changed.
    pub fn resume(&mut self, t: f64, u: &[T]) {
        self.current.clear();
        self.current.extend_from_slice(u);
        self.now = t;
        let Some(end) = self.pieces.back().map(|piece| piece.end) else { return };
        // By more than rounding of what went into the step, which is more than the state where that passes zero.
        let size = self
            .pieces
            .back()
            .map_or(0.0, |piece| piece.coefficients.iter().map(|x| x.value().abs()).fold(0.0, f64::max));
        let changed = u.iter().enumerate().any(|(i, x)| {
            self.end(i).is_none_or(|end| (end.value() - x.value()).abs() > 512.0 * T::EPSILON * size)
        });
        // Who begins anew there has a reason: an event, a stop. The derivative may jump where the state does not.
        let order = usize::from(!changed);
        let is_known = |landed: &Break<T>| landed.time == end && (!changed || landed.order == 0);
        if !self.landed.as_ref().is_some_and(is_known) {
            self.barriers.retain(|barrier| barrier.time < end);
            // How an event's time moves nobody has said here. Where that matters, at a jump of the state, there is no
            // derivative rather than a wrong one.
            let (exact, lags) = match changed {
                true => (T::lit(f64::NAN), vec![UNKNOWN]),
                false => (T::lit(end), Vec::new()),
            };
            let landed = Break { time: end, exact, order, lags, crossing: None };
            self.landed = Some(landed.clone());
            self.land(landed);
        }
    }

    pub fn is_of(&mut self, solve: u64, t: f64) -> bool {
        if self.solve != solve {
            self.complaint = Some(Complaint::Interrupted { t });
        }
        self.solve == solve
    }
}

/// Where a time was found.
pub struct Place<T> {
    pub time: T,
    pub at: At,
}

#[derive(Debug, Clone, Copy)]
pub enum At {
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
