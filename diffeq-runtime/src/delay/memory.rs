//! What a solve knows of its past: the steps that were put down, where they meet, and what is asked of them.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::checkpoint::Checkpoints;
use crate::delay::back::Back;
use crate::delay::breaks::Break;
use crate::delay::breaks::Breaks;
use crate::delay::breaks::Crossing;
use crate::delay::breaks::Fixed;
use crate::delay::breaks::UNKNOWN;
use crate::delay::complaint::Complaint;
use crate::delay::piece::Piece;
use crate::error::Error;
use crate::real::Real;
use crate::stepper::Interval;

/// Where two smooth stretches of the past meet, such that the method notices who passes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Barrier<T> {
    pub time: f64,
    /// The same with its derivatives.
    pub exact: T,
    /// The first step after it.
    pub first: usize,
    pub order: usize,
    /// The lags that carried it here, where the derivative itself jumps.
    pub lags: Vec<usize>,
    /// Whether it is the start that they carried.
    pub of_start: bool,
}

/// A break at which the derivative itself jumped.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Jump {
    pub t: f64,
    /// The lags that carried the jump there; where a lookup crossed a barrier, those that carried that one there.
    pub lags: Vec<usize>,
    /// The lookup that crossed a barrier.
    pub lookup: Option<usize>,
    /// Whether it is the start that was carried, there or to where the lookup is.
    pub of_start: bool,
}

/// So near to a barrier a lookup stands on it: as well as a root is found on an interpolant, or a number is known.
fn near<T: Real>(at: f64) -> f64 {
    f64::max(1e-9, 64.0 * T::EPSILON) * f64::max(1.0, at.abs())
}

/// Roundings of a time that is a sum of few others.
const ROUNDINGS: f64 = 16.0;

/// What of one lookup was seen in an attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<T> {
    /// The stretch that it reads, set by the first question.
    pub stretch: Option<isize>,
    pub lowest: f64,
    pub highest: f64,
    /// The last time that it asked for.
    pub last: T,
}

impl<T: Real> Seen<T> {
    pub fn nothing() -> Self {
        Self { stretch: None, lowest: f64::INFINITY, highest: f64::NEG_INFINITY, last: T::lit(f64::NAN) }
    }
}

/// All that a solve knows of its past.
#[derive(Debug)]
pub(super) struct Memory<T: 'static> {
    /// The number of the solve.
    pub solve: u64,
    /// Held by whoever may still ask.
    pub alive: Arc<()>,
    /// How many components a state has.
    pub n: usize,
    /// When it began.
    pub t0: f64,
    /// The state at the start, where that is the history.
    pub start: Vec<T>,
    /// Whether lags may move, so that a lookup's stretch is what a step chose and not what times say.
    pub moves: bool,
    pub pieces: VecDeque<Piece<T>>,
    /// How many steps were forgotten, those before the first piece.
    pub forgotten: usize,
    /// Stretches go from one to the next; the first is the start. What comes before is the history.
    pub barriers: Vec<Barrier<T>>,
    pub breaks: Breaks<T>,
    pub lags: Vec<Fixed<T>>,
    /// How long steps are kept after they were taken.
    pub keep: f64,
    /// The step last tried.
    pub trial: Piece<T>,
    pub is_offered: bool,
    /// The break on which the step last put down ended.
    pub landed: Option<Break<T>>,
    /// Where the derivative jumped.
    pub jumps: Vec<Jump>,
    /// From which steps the solve will be done again on the way back; none where there is no way back.
    pub plan: Option<Checkpoints<()>>,
    /// How many steps have coefficients, and with how many those are given up that nobody will ask for.
    pub whole: usize,
    pub limit: usize,
    /// Memory of what was given up.
    pub spare: Vec<Vec<T>>,
    /// The way back, once it has begun.
    pub back: Option<Back<T>>,

    /// The attempt at a step: where it is, the state at its start, and the solution inside as far as it is known.
    pub interval: Option<Interval>,
    pub current: Vec<T>,
    pub guess: Option<Piece<T>>,
    /// Whether a lookup fell into the step itself.
    pub inside: bool,
    /// Lookups in the order in which the right-hand side asks; how many have been asked.
    pub seen: Vec<Seen<T>>,
    pub asked: usize,
    /// Whether stretches are chosen for each question, outside of steps.
    pub loose: bool,
    /// The lookup that stands on a barrier, and the stretch that it goes to.
    pub forced: Option<(usize, isize)>,
    pub now: f64,
    pub complaint: Option<Complaint>,
    /// The function and what was made of it are not one.
    pub translation: Option<Error>,
}

impl<T: Real> Memory<T> {
    pub fn new() -> Self {
        Self {
            solve: 0,
            alive: Arc::new(()),
            n: 0,
            t0: f64::NAN,
            start: Vec::new(),
            moves: false,
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
            plan: None,
            whole: 0,
            limit: 0,
            spare: Vec::new(),
            back: None,
            interval: None,
            current: Vec::new(),
            guess: None,
            inside: false,
            seen: Vec::new(),
            asked: 0,
            loose: false,
            forced: None,
            now: 0.0,
            complaint: None,
            translation: None,
        }
    }

    /// How many steps are known, and how many barriers between them: on the way back, those before the step at hand.
    fn known(&self) -> (usize, usize) {
        match &self.back {
            Some(back) if back.again => {
                let steps = self.forgotten + back.step;
                (steps, self.barriers.partition_point(|barrier| barrier.first <= steps))
            }
            _ => (self.forgotten + self.pieces.len(), self.barriers.len()),
        }
    }

    /// The stretch that a time lies in: -1 is the history.
    pub fn stretch_at(&self, time: f64) -> isize {
        self.barriers.partition_point(|barrier| barrier.time <= time) as isize - 1
    }

    /// The step that a model is asked in at the present time, once it was taken.
    fn step_of_now(&self) -> Option<&Piece<T>> {
        match &self.back {
            Some(back) => {
                let is_before = self.pieces.get(back.step).is_some_and(|piece| self.now < piece.t);
                self.pieces.get(back.step - usize::from(is_before && back.step > 0))
            }
            None if self.interval.is_none() || self.loose => {
                self.pieces.back().filter(|piece| self.now < piece.end)
            }
            None => None,
        }
    }

    /// The stretch that a time is on which lags that rest ask for: for all of a step the one on which they stand in its middle.
    pub fn resting_stretch(&self, at: f64) -> isize {
        let middle = match (self.interval, self.step_of_now()) {
            (_, Some(piece)) => Some(piece.t + 0.5 * (piece.end - piece.t)),
            (Some(interval), None) if !self.loose => Some(interval.t + 0.5 * interval.h),
            _ => None,
        };
        let rounding = ROUNDINGS * T::EPSILON * f64::max(self.now.abs(), at.abs());
        self.stretch_at(at + middle.map_or(rounding, |middle| middle - self.now))
    }

    /// The stretch that a lookup of the present time reads.
    fn choose(&mut self, lookup: usize, at: f64) -> isize {
        if let Some(back) = &self.back
            && back.matches
            && let Some(stretch) = back.nearest(at)
        {
            return stretch;
        }
        if !self.moves {
            return self.resting_stretch(at);
        }
        let recorded = self.step_of_now().and_then(|piece| piece.stretches.get(lookup).copied());
        if let Some(stretch) = recorded {
            return stretch;
        }
        if !self.loose
            && let Some(stretch) = self.seen[lookup].stretch
        {
            return stretch;
        }
        let forced = self.forced.filter(|(which, _)| *which == lookup).map(|(_, stretch)| stretch);
        let rounding = ROUNDINGS * T::EPSILON * f64::max(self.now.abs(), at.abs());
        forced.unwrap_or_else(|| self.stretch_at(at + rounding))
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
            self.seen.push(Seen::nothing());
        }
        let at = time.value();
        let rounding = 64.0 * T::EPSILON * f64::max(self.now.abs(), at.abs());
        if at - self.now > rounding {
            self.complaint = Some(Complaint::Ahead { t: self.now, asked: at });
            return Place { time, at: At::Nowhere };
        }
        let stretch = self.choose(lookup, at);
        if let Some(back) = &mut self.back {
            if self.moves && !back.matches {
                back.asked.push((time, stretch));
            }
        } else if !self.loose {
            let seen = &mut self.seen[lookup];
            seen.stretch = Some(stretch);
            seen.lowest = seen.lowest.min(at);
            seen.highest = seen.highest.max(at);
            seen.last = time;
        }
        Place { time, at: self.place(stretch, at) }
    }

    /// The place of a time on a stretch.
    pub fn place(&mut self, stretch: isize, at: f64) -> At {
        if at.is_nan() {
            return At::Nowhere;
        }
        let Ok(number) = usize::try_from(stretch) else { return At::History };
        let (steps, barriers) = self.known();
        if number >= barriers {
            return At::Nowhere;
        }
        let first = self.barriers[number].first;
        let (last, is_open) = match self.barriers[..barriers].get(number + 1) {
            Some(next) => (next.first, false),
            None => (steps, true),
        };
        let known_to = match last.checked_sub(self.forgotten + 1) {
            Some(n) if last > first => self.pieces.get(n).map(|piece| piece.end),
            _ => None,
        };
        // past what is known, in the step itself
        let begin = known_to.unwrap_or(self.barriers[number].time);
        if is_open && (begin < at || last == first && begin == at && self.guess.is_some()) {
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
        // A stage may stray beyond the stretch, and a step that ends on its edge may be as short as clocks tell: its polynomial
        // says nothing so far outside.
        let far = |n: usize| {
            let piece = &self.pieces[n];
            f64::max(at - piece.end, piece.t - at) / (piece.end - piece.t)
        };
        while low > steps.start && at > self.pieces[low].end && far(low - 1) < far(low) {
            low -= 1;
        }
        while low + 1 < steps.end && at < self.pieces[low].t && far(low + 1) < far(low) {
            low += 1;
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
        self.trial.stretches.clear();
        if self.moves {
            self.trial.stretches.extend(self.seen.iter().map(|seen| seen.stretch.unwrap_or(-1)));
        }
        self.is_offered = true;
    }

    /// Puts the step down that was tried last.
    pub fn put_down(&mut self) {
        self.is_offered = false;
        let now = self.trial.end;
        let mut piece = match self.pieces.front() {
            Some(oldest) if self.plan.is_none() && oldest.end < now - self.keep => {
                self.forgotten += 1;
                self.pieces.pop_front()
            }
            _ => None,
        }
        .unwrap_or_else(Piece::new);
        if piece.coefficients.capacity() == 0 {
            piece.coefficients = self.spare.pop().unwrap_or_default();
        }
        std::mem::swap(&mut piece, &mut self.trial);
        if piece.h != 0.0 {
            let step = self.pieces.len();
            if let Some(plan) = &mut self.plan {
                plan.record(step, &());
            }
            self.pieces.push_back(piece);
            self.whole += 1;
            self.thin(step + 1);
        }
        self.complaint = None;
        (self.interval, self.guess, self.inside, self.forced) = (None, None, false, None);
        self.landed = self.breaks.take(now);
        if let Some(landed) = self.landed.clone() {
            self.land(landed);
        }
    }

    /// Gives up what nobody will ask for: neither the step `at`, nor one that is done again from a checkpoint.
    pub fn thin(&mut self, at: usize) {
        let Some(plan) = self.plan.as_ref().filter(|plan| plan.is_thin()) else { return };
        if !self.keep.is_finite() || self.whole <= self.limit {
            return;
        }
        let starts: Vec<usize> = plan.steps().chain([at]).collect();
        let reaches = |piece: &Piece<T>, step: usize, start: usize| {
            let begin =
                self.pieces.get(start).map_or(self.pieces.back().map_or(0.0, |last| last.end), |p| p.t);
            step < start && piece.end >= begin - self.keep
        };
        let given_up: Vec<usize> = (0..self.pieces.len())
            .filter(|step| {
                let piece = &self.pieces[*step];
                !piece.coefficients.is_empty()
                    && !starts.iter().any(|start| reaches(piece, *step, *start))
                    && *step != at
            })
            .collect();
        self.whole -= given_up.len();
        for step in given_up {
            let mut coefficients = std::mem::take(&mut self.pieces[step].coefficients);
            coefficients.clear();
            self.spare.push(coefficients);
        }
        // Rare enough to cost little.
        self.limit = 2 * self.whole + 16;
        self.spare.truncate(self.limit);
    }

    /// A break is passed: a stretch ends, and lags carry it on.
    pub fn land(&mut self, landed: Break<T>) {
        let now = landed.time;
        let first = self.forgotten + self.pieces.len();
        if landed.order < self.breaks.highest {
            let lags = match landed.crossing {
                Some(_) if landed.order <= 1 => vec![UNKNOWN],
                _ => landed.lags.clone(),
            };
            let Break { exact, order, of_start, .. } = landed;
            self.barriers.push(Barrier { time: now, exact, first, order, lags, of_start });
        }
        self.breaks.carry_on(&landed, &self.lags, now);
        let lookup = landed.crossing.map(|crossing| crossing.lookup);
        if landed.order <= 1 && !(landed.lags.is_empty() && lookup.is_none()) {
            let barrier = landed.crossing.and_then(|crossing| self.barrier(crossing.at));
            let (lags, of_start) = match barrier {
                Some(barrier) => (barrier.lags.clone(), barrier.of_start),
                None => (landed.lags.clone(), landed.of_start),
            };
            self.jumps.push(Jump { t: now, lags, lookup, of_start });
        }
        if let Some(crossing) = landed.crossing
            && let Some(&seen) = self.seen.get(crossing.lookup)
            && (seen.last.value() - crossing.at).abs() <= near::<T>(crossing.at)
        {
            self.forced = Some((crossing.lookup, crossing.to));
        }
    }

    /// The barrier at a time.
    pub fn barrier(&self, time: f64) -> Option<&Barrier<T>> {
        self.barriers.iter().find(|barrier| barrier.time == time)
    }

    /// Whether the state itself has jumped here: how that moves the event has said.
    pub fn is_at_jump(&self, t: f64) -> bool {
        self.landed.as_ref().is_some_and(|landed| landed.time == t && landed.order == 0)
    }

    /// The step at hand begins on a barrier, and its lookup is on the other side.
    pub fn goes_over(&mut self, Crossing { lookup, to, .. }: Crossing) {
        self.seen[lookup].stretch = Some(to);
        self.forced = Some((lookup, to));
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
        self.seen.iter_mut().for_each(|seen| *seen = Seen::nothing());
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
            let landed =
                Break { time: end, exact, order, lags, of_start: false, crossing: None, is_found: false };
            self.landed = Some(landed.clone());
            self.land(landed);
        }
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
