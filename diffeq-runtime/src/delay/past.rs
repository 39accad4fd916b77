//! A delayed equation as an ordinary one: the states before the present one are kept here.

use std::cell::RefCell;
use std::cell::RefMut;
use std::collections::VecDeque;
use std::ops::RangeInclusive;

use crate::delay::Initial;
use crate::delay::breaks::Break;
use crate::delay::breaks::Breaks;
use crate::delay::breaks::Crossing;
use crate::delay::breaks::Fixed;
use crate::delay::piece::Piece;
use crate::delay::piece::Side;
use crate::error::Error;
use crate::problem::Delayed;
use crate::problem::DelayedVjp;
use crate::problem::Earlier;
use crate::problem::LagKind;
use crate::problem::Model;
use crate::problem::Past;
use crate::problem::PastCotangent;
use crate::problem::Rhs;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Real;
use crate::space::Vector;
use crate::space::Workspace;
use crate::stepper::Interval;

/// An ordinary equation made of a delayed one: it answers lookups from the history before the start and from the steps that
/// [`Lagging`](crate::delay::Lagging) has put down.
///
/// It remembers one solve at a time: the last that was begun.
pub struct WithPast<F: Delayed<T>, H, T: Real> {
    /// The equation.
    pub model: F,
    /// The states before the start.
    pub history: H,
    memory: RefCell<Memory<T>>,
}

impl<F: Delayed<T> + Clone, H: Clone, T: Real> Clone for WithPast<F, H, T> {
    /// Without what a solve has put down.
    fn clone(&self) -> Self {
        Self { model: self.model.clone(), history: self.history.clone(), memory: RefCell::new(Memory::new()) }
    }
}

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

/// So near to a barrier a lookup stands on it: as well as a root is found on an interpolant.
const NEAR: f64 = 1e-9;

/// In the place of a lag: what moves a break is not known.
pub(super) const UNKNOWN: usize = usize::MAX;

/// What went wrong with a lookup.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Complaint {
    /// It asked for a time that is yet to come.
    Ahead { t: f64, asked: f64 },
    /// It asked for a time before the history begins.
    Before { t: f64, asked: f64, begin: f64 },
    /// The history has no slope.
    NoSlope { asked: f64 },
    /// The span goes backwards.
    Backwards { t: f64 },
    /// Another solve of the same problem has begun meanwhile.
    Interrupted { t: f64 },
    /// A lag that is not positive.
    NoLag { t: f64, lag: f64 },
    /// The way back has no cotangents of slopes.
    SlopeBar { asked: f64 },
    /// The derivative jumps at a time of which nobody knows how it moves.
    Unmoved { t: f64 },
}

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
    const NOTHING: Self =
        Self { stretch: None, lowest: f64::INFINITY, highest: f64::NEG_INFINITY, last: f64::NAN };
}

/// All that a solve knows of its past.
#[derive(Debug)]
pub(super) struct Memory<T> {
    /// How many solves were begun: who goes on with another number is told so.
    solve: u64,
    /// How many components a state has.
    n: usize,
    pieces: VecDeque<Piece<T>>,
    /// How many steps were forgotten, those before the first piece.
    forgotten: usize,
    /// Stretches go from one to the next; the first is the start. What comes before is the history.
    pub barriers: Vec<Barrier>,
    pub breaks: Breaks<T>,
    pub lags: Vec<Fixed<T>>,
    /// How long steps are kept after they were taken.
    keep: f64,
    /// The step last tried.
    trial: Piece<T>,
    is_offered: bool,
    /// The break on which the step last put down ended.
    landed: Option<Break<T>>,
    /// Where the derivative jumped, and the lags that carried the jump there.
    jumps: Vec<(f64, Vec<usize>)>,
    /// Whether nothing is forgotten.
    is_kept: bool,
    /// For each step the cotangents of lookups that fell into it, on the way back.
    bars: Vec<Vec<Bar<T>>>,
    /// Those of the step at hand, which may be taken back once more; without a step those of the history.
    found: Vec<(Option<usize>, Bar<T>)>,
    /// Those of a history that is made of numbers.
    pub history_bar: Vec<T>,

    /// The attempt at a step: where it is, the state at its start, and the solution inside as far as it is known.
    interval: Option<Interval>,
    current: Vec<T>,
    guess: Option<Piece<T>>,
    /// Whether a lookup fell into the step itself.
    pub inside: bool,
    /// Lookups in the order in which the right-hand side asks; how many have been asked.
    pub seen: Vec<Seen>,
    asked: usize,
    /// Whether stretches are chosen for each question, outside of steps.
    pub loose: bool,
    /// The lookup that stands on a barrier, and where it goes.
    forced: Option<(usize, Side)>,
    /// The step at hand on the way back.
    back: Option<usize>,
    now: f64,
    complaint: Option<Complaint>,
    /// The function and what was made of it are not one.
    translation: Option<Error>,
}

impl<T: Real> Memory<T> {
    fn new() -> Self {
        Self {
            solve: 0,
            n: 0,
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
    fn stretch_at(&self, time: f64) -> isize {
        self.barriers.partition_point(|barrier| barrier.time <= time) as isize - 1
    }

    /// The same, of a lookup of the step at hand on the way back.
    fn stretch_of(&self, time: f64) -> isize {
        let sides = self.back.and_then(|step| self.pieces.get(step)).map_or([None; 2], |piece| piece.sides);
        let near =
            |side: &Side| (side.at - time).abs() <= f64::max(NEAR * f64::max(1.0, side.at.abs()), side.reach);
        sides.into_iter().flatten().find(near).map_or_else(|| self.stretch_at(time), |side| side.stretch)
    }

    /// How far a lookup went beyond its stretch.
    fn excess(&self, seen: &Seen) -> f64 {
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
    fn find(&mut self, time: T) -> Place<T> {
        let lookup = self.asked;
        self.asked += 1;
        if self.seen.len() <= lookup {
            self.seen.push(Seen::NOTHING);
        }
        let at = time.value();
        let rounding = 64.0 * f64::EPSILON * f64::max(self.now.abs(), at.abs());
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

    fn place(&mut self, stretch: isize, at: f64) -> At {
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

    fn read(&self, place: &Place<T>, i: usize, order: usize) -> T {
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
    fn land(&mut self, landed: Break<T>) {
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
            && (seen.last - crossing.at).abs() <= NEAR * f64::max(1.0, crossing.at.abs())
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
    fn is_at_jump(&self, t: f64) -> bool {
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
    fn take(&mut self, bar: Bar<T>) {
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
    fn end(&self, i: usize) -> Option<T> {
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
        let changed = u
            .iter()
            .enumerate()
            .any(|(i, x)| self.end(i).is_none_or(|end| (end.value() - x.value()).abs() > 1e-13 * size));
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
    time: T,
    at: At,
}

#[derive(Debug, Clone, Copy)]
enum At {
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

impl<F: Delayed<T>, H: Initial<T, F::State, F::Params>, T: Real> WithPast<F, H, T> {
    /// An equation and the states before its start.
    pub fn new(model: F, history: H) -> Self {
        Self { model, history, memory: RefCell::new(Memory::new()) }
    }

    pub(super) fn memory(&self) -> RefMut<'_, Memory<T>> {
        self.memory.borrow_mut()
    }

    /// A solve begins here: what was before is forgotten. Returns its number.
    pub(super) fn begin(&self, t: f64, u: &F::State, p: &F::Params, order: usize) -> u64 {
        let mut work = Workspace::new();
        self.model.lags(p, T::ZERO, &mut work);
        let mut lags = Vec::new();
        let pushed = work.into_reals();
        for pair in pushed.chunks_exact(2) {
            lags.push(Fixed { lag: -pair[0], of_slope: pair[1].value() != 0.0 });
        }
        let reals = u.as_slice();
        let fits = (0..reals.len()).all(|i| {
            let before = self.history.component(T::lit(t), p, i, 0).value();
            (before - reals[i].value()).abs() <= 4.0 * f64::EPSILON * before.abs()
        });
        let mut memory = self.memory();
        let solve = memory.solve + 1;
        let mut pieces = std::mem::take(&mut memory.pieces);
        pieces.clear();
        *memory = Memory { solve, n: reals.len(), pieces, ..Memory::new() };
        memory.current.extend_from_slice(reals);
        memory.now = t;
        memory.breaks.highest = order;
        let longest = lags.iter().map(|fixed| fixed.lag.value()).fold(0.0, f64::max);
        if F::LAGS.iter().all(|lag| lag.kind.is_fixed()) {
            memory.keep = longest * (1.0 + 1e-9);
        }
        if let Some(fixed) = lags.iter().find(|fixed| fixed.lag.value() <= 0.0 || fixed.lag.value().is_nan())
        {
            memory.complaint = Some(Complaint::NoLag { t, lag: fixed.lag.value() });
        }
        memory.lags = lags;
        // What is not smooth before the start comes with the lags, too.
        for (time, order) in self.history.breaks() {
            let from = Break { time, exact: T::lit(time), order, lags: Vec::new(), crossing: None };
            let Memory { breaks, lags, .. } = &mut *memory;
            breaks.carry_on(&from, lags, t);
        }
        let order = usize::from(fits);
        memory.land(Break { time: t, exact: T::lit(t), order, lags: Vec::new(), crossing: None });
        if memory.barriers.is_empty() {
            memory.barriers.push(Barrier { time: t, first: 0, order: 1 });
        }
        solve
    }

    /// Whether lookups may come to a barrier that nobody knows of beforehand.
    pub(super) const MOVES: bool = {
        let (mut moves, mut n) = (false, 0);
        while n < F::LAGS.len() {
            moves |= !F::LAGS[n].kind.is_fixed();
            n += 1;
        }
        moves
    };

    /// The lookups of the equation, by what decides on their lags.
    pub fn kinds() -> impl Iterator<Item = LagKind> {
        F::LAGS.iter().map(|lag| lag.kind)
    }
}

impl<F: Delayed<T>, H: Initial<T, F::State, F::Params>, T: Real> WithPast<F, H, T> {
    /// Compares the derivative with that of the function as it was written, to the last bit; where they differ the solve has
    /// something to complain of. As for ordinary equations: see `integrate/integrator/written.rs`.
    #[cold]
    #[inline(never)]
    pub(super) fn compare(&self, u: &F::State, p: &F::Params, t: f64) -> bool {
        if !<F as Delayed<T>>::WRITTEN || T::EPSILON != f64::EPSILON {
            return true;
        }
        let mut slope = u.zeros_like();
        {
            let mut memory = self.memory();
            (memory.asked, memory.now, memory.loose) = (0, t, true);
        }
        self.model.rhs(&mut slope, u, &Asking { of: self, u, p }, p, T::lit(t));
        let values = |reals: &[T]| reals.iter().map(|x| x.value()).collect::<Vec<f64>>();
        let (state, params, compiled) =
            (values(u.as_slice()), values(p.as_slice()), values(slope.as_slice()));
        let earlier = |time: f64, order: usize, out: &mut Vec<f64>| {
            let asking = Asking { of: self, u, p };
            let place = asking.find(T::lit(time));
            out.extend((0..state.len()).map(|i| asking.read(&place, i, order).value()));
        };
        let mut written = vec![f64::NAN; state.len()];
        self.memory().asked = 0;
        <F as Delayed<T>>::written(&mut written, &state, &Earlier(&earlier), &params, t);
        let mut memory = self.memory();
        (memory.loose, memory.inside) = (false, false);
        let differ = |(_, (compiled, written)): &(usize, (&f64, &f64))| {
            compiled != written && !(compiled.is_nan() && written.is_nan())
        };
        let Some((i, (compiled, written))) = compiled.iter().zip(&written).enumerate().find(differ) else {
            return true;
        };
        let names = F::state_names();
        let component = names.get(i).map_or_else(|| format!("du[{i}]"), |name| format!("d{name}"));
        memory.translation =
            Some(Error::Translation { model: F::NAME, t, component, written: *written, compiled: *compiled });
        false
    }
}

/// A question: the history and the memory, at a state that the right-hand side is asked for.
struct Asking<'a, F: Delayed<T>, H, T: Real> {
    of: &'a WithPast<F, H, T>,
    u: &'a F::State,
    p: &'a F::Params,
}

impl<F: Delayed<T>, H: Initial<T, F::State, F::Params>, T: Real> Past<T, F::State> for Asking<'_, F, H, T> {
    type Place = Place<T>;

    fn find(&self, t: T) -> Place<T> {
        let mut memory = self.of.memory.borrow_mut();
        let place = memory.find(t);
        if let At::History = place.at {
            let (asked, begin) = (t.value(), self.of.history.begin());
            if asked < begin {
                memory.complaint = Some(Complaint::Before { t: memory.now, asked, begin });
                return Place { at: At::Nowhere, ..place };
            }
        }
        place
    }

    fn read(&self, place: &Place<T>, i: usize, order: usize) -> T {
        match place.at {
            At::History => {
                let value = self.of.history.component(place.time, self.p, i, order);
                if order > 0 && value.is_nan() {
                    self.of.memory.borrow_mut().complaint =
                        Some(Complaint::NoSlope { asked: place.time.value() });
                }
                value
            }
            _ => self.of.memory.borrow().read(place, i, order),
        }
    }

    fn blank(&self) -> F::State {
        self.u.zeros_like()
    }
}

impl<F: Delayed<T>, H: Initial<T, F::State, F::Params>, T: Real> Model for WithPast<F, H, T> {
    const NAME: &'static str = F::NAME;
    const DOC: &'static str = F::DOC;
    fn state_names() -> Vec<String> {
        F::state_names()
    }
    fn param_names() -> Vec<String> {
        F::param_names()
    }
    fn state_len() -> RangeInclusive<usize> {
        F::state_len()
    }
    fn params_len() -> RangeInclusive<usize> {
        F::params_len()
    }
    fn outside(state: usize, params: usize) -> Option<crate::space::outside::Outside> {
        F::outside(state, params)
    }
}

impl<F: Delayed<T>, H: Initial<T, F::State, F::Params>, T: Real> System<T> for WithPast<F, H, T> {
    type State = F::State;
    type Params = F::Params;

    const BREAKS: bool = true;

    fn next_break(&self, t: f64, _: f64) -> Option<f64> {
        self.memory.borrow().breaks.next(t)
    }

    fn moving_break(&self, t: f64) -> Option<T> {
        let memory = self.memory.borrow();
        let landed = memory.landed.as_ref().filter(|landed| landed.time == t)?;
        // Where the derivative itself is continuous a break that moves moves nothing, to first order.
        if landed.order > T::NESTING.max(1) {
            return None;
        }
        let exact = landed.exact;
        drop(memory);
        if exact.is_nan() && T::DERIVATIVES > 0 && !self.memory.borrow().is_at_jump(t) {
            self.memory().complaint = Some(Complaint::Unmoved { t });
        }
        Some(exact)
    }

    fn break_gradient(&self, t: f64, p: &F::Params, factor: T, p_bar: &mut F::Params) {
        let ways: Vec<usize> = {
            let memory = self.memory.borrow();
            let found = memory.jumps.iter().find(|(time, _)| *time == t);
            found.map_or(Vec::new(), |(_, lags)| lags.clone())
        };
        let mut direction = p.zeros_like();
        for j in 0..p.as_slice().len() {
            direction.as_mut_slice()[j] = T::ONE;
            let mut work = Workspace::new();
            self.model.lag_tangents(p, &direction, T::ZERO, &mut work);
            let pushed = work.into_reals();
            for which in &ways {
                // of a time that is asked for, which is before the present by the lag
                let rate = match *which {
                    UNKNOWN => T::lit(f64::NAN),
                    which => pushed[3 * which + 2],
                };
                p_bar.as_mut_slice()[j] -= factor * rate;
            }
            direction.as_mut_slice()[j] = T::ZERO;
        }
    }

    fn complaint(&self) -> Option<Error> {
        if let Some(error) = &self.memory.borrow().translation {
            return Some(error.clone());
        }
        let model = F::NAME;
        let history = |t: f64, what: String, hint: &'static str| Error::History { model, t, what, hint };
        Some(match self.memory.borrow().complaint? {
            Complaint::Ahead { t, asked } => history(
                t,
                format!("the state at t = {asked:e} is asked for, which is yet to come"),
                "a lag became negative: look at what it depends on, and keep it above zero",
            ),
            Complaint::Before { t, asked, begin } => history(
                t,
                format!("the state at t = {asked:e} is asked for, and the history begins at {begin:e}"),
                "give a history that goes back as far as the largest lag",
            ),
            Complaint::NoSlope { asked } => history(
                asked,
                "the slope of the history is asked for, and it has none".into(),
                "a neutral equation needs one: `Phi::new(|p, t| ..).slope(|p, t| ..)`",
            ),
            Complaint::Backwards { t } => history(
                t,
                "the span goes backwards".into(),
                "the past of a delayed equation is given, and not its future: solve from `t0` to a later `t1`",
            ),
            Complaint::Interrupted { t } => history(
                t,
                "another solve of the same problem has begun meanwhile".into(),
                "a problem holds the past of one solve: clone the problem for a second one at the same time",
            ),
            Complaint::SlopeBar { asked } => history(
                asked,
                "the gradient of a neutral equation is asked for backwards".into(),
                "take it by dual numbers",
            ),
            Complaint::Unmoved { t } => history(
                t,
                "the derivative jumps at a time that moves with the state, or with an event".into(),
                "for a derivative of the solve let the start fit the history, and events leave the state",
            ),
            Complaint::NoLag { t, lag } => history(
                t,
                format!("a lag is {lag:e}"),
                "lags are positive: look at the parameters that it is made of",
            ),
        })
    }
}

impl<F: Delayed<T>, H: Initial<T, F::State, F::Params>, T: Real> Rhs<T> for WithPast<F, H, T> {
    fn rhs(&self, du: &mut F::State, u: &F::State, p: &F::Params, t: T) {
        {
            let mut memory = self.memory.borrow_mut();
            (memory.asked, memory.now) = (0, t.value());
        }
        self.model.rhs(du, u, &Asking { of: self, u, p }, p, t);
    }
}

/// Takes the cotangents of lookups to where these fell.
struct Taking<'a, F: Delayed<T>, H, T: Real> {
    of: &'a WithPast<F, H, T>,
}

impl<F: Delayed<T>, H, T: Real> PastCotangent<T, F::State> for Taking<'_, F, H, T> {
    fn take(&mut self, time: T, i: usize, order: usize, bar: T) {
        if !bar.is_zero() {
            self.of.memory.borrow_mut().take(Bar { time, i, order, bar });
        }
    }
}

impl<F: DelayedVjp<T>, H: Initial<T, F::State, F::Params>, T: Real> Vjp<T> for WithPast<F, H, T> {
    fn vjp(
        &self,
        du_bar: &mut F::State,
        u: &F::State,
        p: &F::Params,
        t: T,
        u_bar: &mut F::State,
        p_bar: &mut F::Params,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    ) {
        let before = {
            let mut memory = self.memory.borrow_mut();
            (memory.asked, memory.now) = (0, t.value());
            memory.found.len()
        };
        let asking = Asking { of: self, u, p };
        self.model.vjp(du_bar, u, &asking, &mut Taking { of: self }, p, t, u_bar, p_bar, t_bar, work);
        // What the history makes of its cotangents it makes at once: it may be a function of the parameters.
        let found = self.memory.borrow().found.len();
        for n in before..found {
            let (at, Bar { time, i, order, bar }) = self.memory.borrow().found[n];
            if at.is_none() {
                self.history.pull((time, i, order), p, bar, p_bar);
            }
        }
    }

    fn state_vjp(
        &self,
        du_bar: &mut F::State,
        u: &F::State,
        p: &F::Params,
        t: T,
        u_bar: &mut F::State,
        work: &mut Workspace<T>,
    ) {
        {
            let mut memory = self.memory.borrow_mut();
            (memory.asked, memory.now) = (0, t.value());
        }
        self.model.state_vjp(du_bar, u, &Asking { of: self, u, p }, p, t, u_bar, work);
    }
}
