//! What a solve knows of its past: the steps that were put down, where they meet, and what is asked of them.

use std::cell::Cell;
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
use crate::delay::place::Hint;
use crate::delay::place::Place;
use crate::error::Error;
use crate::problem::Origin;
use crate::real::Real;
use crate::space::Workspace;
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
    /// The lags that carried it here, where the derivative itself jumps, and how fast they move together.
    pub lags: Vec<usize>,
    pub rate: f64,
    /// From where they carried it.
    pub origin: Origin,
}

/// A break at which the derivative itself jumped.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Jump {
    pub t: f64,
    /// The lags that carried the jump there; where a lookup crossed a barrier, those that carried that one there.
    pub lags: Vec<usize>,
    /// The lookup that crossed a barrier.
    pub lookup: Option<usize>,
    /// From where it was carried, there or to where the lookup is.
    pub origin: Origin,
}

/// So near to a barrier a lookup stands on it: as well as a root is found on an interpolant, or a number is known.
fn near<T: Real>(at: f64) -> f64 {
    f64::max(1e-9, 64.0 * T::EPSILON) * f64::max(1.0, at.abs())
}

/// Roundings of a time that is a sum of few others.
pub(super) const ROUNDINGS: f64 = 16.0;

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

    /// It asked for a time.
    #[inline]
    pub fn take(&mut self, time: T) {
        self.lowest = self.lowest.min(time.value());
        self.highest = self.highest.max(time.value());
        self.last = time;
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
    /// The state at the start, where that is the history.
    pub start: Vec<T>,
    /// Whether lags may move, so that a lookup's stretch is what a step chose and not what times say.
    pub moves: bool,
    /// Whether noise drives the solution: it is smooth nowhere, and methods ask for the start of a step alone.
    pub rough: bool,
    pub pieces: VecDeque<Piece<T>>,
    /// How many steps were forgotten, those before the first piece.
    pub forgotten: usize,
    /// Stretches go from one to the next; the first is the start. What comes before is the history.
    pub barriers: Vec<Barrier<T>>,
    pub breaks: Breaks<T>,
    pub lags: Vec<Fixed<T>>,
    /// Memory for these.
    pub work: Workspace<T>,
    /// How long steps are kept after they were taken.
    pub keep: f64,
    /// The step last tried.
    pub trial: Piece<T>,
    pub is_offered: bool,
    /// The break on which the step last put down ended.
    pub landed: Option<Break<T>>,
    /// When the solve began anew last, and whether it does so to pass a break.
    pub resumed: f64,
    pub passes: bool,
    /// The event for which the solve begins anew: when, and whether it crosses.
    pub change: Option<(T, bool)>,
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
    pub guess: Piece<T>,
    pub is_guessed: bool,
    /// The lookups that fell into the step itself.
    pub inside: Vec<Place<T>>,
    /// Which components they read, one bit for each; the last bit is that of all from there on.
    pub components: Cell<u64>,
    /// How often the right-hand side was asked since the attempt, or the round, began; how often before it looked inside.
    pub calls: usize,
    pub calls_outside: usize,
    /// The slope at the start of the step.
    pub heading: Vec<T>,
    /// How many attempts there were.
    pub attempt: u64,
    /// Lookups in the order in which the right-hand side asks; how many have been asked.
    pub seen: Vec<Seen<T>>,
    pub hints: Vec<Hint>,
    pub asked: usize,
    /// Whether stretches are chosen for each question, outside of steps.
    pub loose: bool,
    /// The lookups that stand on a barrier, and the stretch that each goes to.
    pub forced: Vec<(usize, isize)>,
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
            start: Vec::new(),
            moves: false,
            rough: false,
            pieces: VecDeque::new(),
            forgotten: 0,
            barriers: Vec::new(),
            breaks: Breaks::new(),
            lags: Vec::new(),
            work: Workspace::new(),
            keep: f64::INFINITY,
            trial: Piece::new(),
            is_offered: false,
            landed: None,
            resumed: f64::NAN,
            passes: false,
            change: None,
            jumps: Vec::new(),
            plan: None,
            whole: 0,
            limit: 0,
            spare: Vec::new(),
            back: None,
            interval: None,
            current: Vec::new(),
            guess: Piece::new(),
            is_guessed: false,
            inside: Vec::new(),
            components: Cell::new(0),
            calls: 0,
            calls_outside: 0,
            heading: Vec::new(),
            attempt: 1,
            seen: Vec::new(),
            hints: Vec::new(),
            asked: 0,
            loose: false,
            forced: Vec::new(),
            now: 0.0,
            complaint: None,
            translation: None,
        }
    }

    /// The step last tried, to be put down where it is kept.
    pub fn offer(&mut self, trial: &mut Piece<T>) {
        std::mem::swap(&mut self.trial, trial);
        self.trial.overlaps = self.looks_inside();
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
        self.ends();
        self.forced.clear();
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
            let Break { exact, order, rate, origin, .. } = landed;
            self.barriers.push(Barrier { time: now, exact, first, order, lags, rate, origin });
        }
        self.breaks.carry_on(&landed, &self.lags, now);
        let lookup = landed.crossing.map(|crossing| crossing.lookup);
        if landed.order <= 1 && !(landed.lags.is_empty() && lookup.is_none()) {
            let barrier = landed.crossing.and_then(|crossing| self.barrier(crossing.at));
            let (lags, origin) = match barrier {
                Some(barrier) => (barrier.lags.clone(), barrier.origin),
                None => (landed.lags.clone(), landed.origin),
            };
            self.jumps.push(Jump { t: now, lags, lookup, origin });
        }
        if let Some(Crossing { lookup, to, at }) = landed.crossing
            && let Some(stretch) = self.seen.get(lookup).map(|seen| seen.stretch)
        {
            // Those that ask for the same time cross with it: on which side rounding has each does not matter.
            let stands =
                |seen: &Seen<T>| seen.stretch == stretch && (seen.last.value() - at).abs() <= near::<T>(at);
            self.forced.extend((0..self.seen.len()).filter(|n| stands(&self.seen[*n])).map(|n| (n, to)));
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
        self.forced.retain(|(which, _)| *which != lookup);
        self.forced.push((lookup, to));
        self.attempt += 1;
    }

    /// An attempt at a step begins.
    pub fn attempt(&mut self, interval: Interval, u: &[T]) {
        self.heading.clear();
        self.interval = Some(interval);
        self.current.clear();
        self.current.extend_from_slice(u);
        self.is_guessed = false;
        self.inside.clear();
        self.attempt += 1;
        if interval.h < 0.0 {
            self.complaint = Some(Complaint::Backwards { t: interval.t });
        }
        for seen in &mut self.seen {
            (seen.lowest, seen.highest) = (f64::INFINITY, f64::NEG_INFINITY);
        }
    }

    /// Nobody attempts a step any more.
    pub fn ends(&mut self) {
        (self.interval, self.is_guessed) = (None, false);
        self.heading.clear();
        self.inside.clear();
        self.attempt += 1;
    }

    /// The solution inside the step, as far as it is known, for an attempt over the same interval.
    pub fn guess(&mut self, guess: &mut Piece<T>) {
        std::mem::swap(&mut self.guess, guess);
        self.is_guessed = true;
        self.inside.clear();
        self.calls = 0;
    }

    /// The stages begin, with a slope at the start of the step.
    pub fn heads(&mut self, slope: &[T]) {
        self.heading.clear();
        self.heading.extend_from_slice(slope);
        self.calls = 0;
    }

    /// Nothing that was chosen before holds on.
    pub fn choose_anew(&mut self) {
        self.seen.iter_mut().for_each(|seen| *seen = Seen::nothing());
        self.attempt += 1;
    }

    /// The end of the last step.
    pub fn end(&self, i: usize) -> Option<T> {
        Some(self.pieces.back()?.at_end(self.n, i))
    }

    /// Whether an event that changes something meets a break of a derivative, or another event, that moves otherwise: which of them
    /// comes first then makes a difference. Where it does the derivative there is refused.
    fn parts_from(&mut self, (at, crosses): (T, bool), end: f64) -> bool {
        let Some(landed) = self.landed.as_ref().filter(|landed| landed.time == end) else { return false };
        let apart = |i: usize| landed.exact.derivative(i) != at.derivative(i);
        if landed.is_stop {
            let has_crossed = matches!(landed.origin, Origin::Crossing(_));
            return landed.lags.contains(&UNKNOWN) || has_crossed || crosses && landed.order == 0;
        }
        let comes_and_goes = landed.rate != 0.0 || landed.crossing.is_some() || crosses;
        let moves = match self.plan {
            Some(_) => comes_and_goes || !matches!(landed.origin, Origin::Given | Origin::Anew(_)),
            None => (0..T::DERIVATIVES).any(apart),
        };
        let parts = landed.order <= T::NESTING.max(1) && moves;
        if parts && T::DERIVATIVES > 0 {
            self.complaint = Some(Complaint::Unmoved { t: end });
        }
        if parts {
            self.jumps.iter_mut().filter(|jump| jump.t == end).for_each(|jump| jump.lags = vec![UNKNOWN]);
        }
        parts
    }

    /// An event at the very start has changed the state: what came before does not fit any more, and a lag later the slope jumps.
    fn jump_at_start(&mut self) {
        let Self { barriers, breaks, lags, now, .. } = self;
        let Some(start) = barriers.first_mut().filter(|barrier| barrier.origin == Origin::Start) else {
            return;
        };
        start.order = 0;
        breaks.carry_on(&Break::new(start.time, start.exact, 0, Origin::Start), lags, *now);
    }

    /// The solve goes on from a state, which an event may have changed.
    pub fn resume(&mut self, t: f64, u: &[T]) {
        let stays = self.current.len() == u.len()
            && self.current.iter().zip(u).all(|(before, now)| before.value() == now.value());
        self.current.clear();
        self.current.extend_from_slice(u);
        self.now = t;
        let change = self.change.take();
        let Some(end) = self.pieces.back().map(|piece| piece.end) else {
            if !stays {
                self.jump_at_start();
            }
            return;
        };
        // Another event at one time that changes nothing.
        let is_told = |landed: &Break<T>| landed.time == end && landed.is_stop && landed.order == 0;
        if change.is_none() && stays && self.landed.as_ref().is_some_and(is_told) {
            return;
        }
        // By more than rounding of what went into the step, which is more than the state where that passes zero.
        let size = || {
            let coefficients = self.pieces.back().map_or(&[][..], |piece| &piece.coefficients);
            coefficients.iter().map(|x| x.value().abs()).fold(0.0, f64::max)
        };
        let moved = |i: usize, x: &T| self.end(i).map_or(f64::NAN, |end| (end.value() - x.value()).abs());
        let changed = u.iter().enumerate().any(|(i, x)| {
            let moved = moved(i, x);
            moved != 0.0 && (moved.is_nan() || moved > 512.0 * T::EPSILON * size())
        });
        // Who begins anew there has a reason: an event, a stop. The derivative may jump where the state does not. A break is a reason
        // to begin once, and once more where the state is taken past it.
        let passes = std::mem::take(&mut self.passes);
        let is_again = std::mem::replace(&mut self.resumed, end) == end && !passes;
        let order = usize::from(!changed);
        let is_known = |landed: &Break<T>| {
            let says_all = landed.order <= order && !(landed.is_stop && landed.lags.is_empty());
            landed.time == end && (says_all || !changed && !is_again)
        };
        let is_known = self.landed.as_ref().is_some_and(is_known);
        let parts = change.is_some_and(|change| self.parts_from(change, end));
        if !is_known || parts {
            self.barriers.retain(|barrier| barrier.time < end);
            let order = self
                .landed
                .as_ref()
                .map_or(order, |l| if l.time == end { order.min(l.order) } else { order });
            // An event has said how its time moves; nobody has for others, a switch of a neutral equation among them. Where that
            // matters, where the derivative itself jumps, there is no derivative rather than a wrong one.
            let (exact, lags) = match change {
                Some((at, _)) if !parts => (at, Vec::new()),
                None if !changed && !is_again => (T::lit(end), Vec::new()),
                _ => (T::lit(f64::NAN), vec![UNKNOWN]),
            };
            let origin = match change {
                Some((_, true)) => Origin::Crossing(end),
                _ => Origin::Anew(end),
            };
            let landed = Break { lags, is_stop: true, ..Break::new(end, exact, order, origin) };
            self.landed = Some(landed.clone());
            self.land(landed);
        }
    }
}
