//! A delayed equation as an ordinary one: the states before the present one are kept here.

use std::cell::Cell;
use std::cell::RefCell;
use std::cell::RefMut;
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::delay::Initial;
use crate::delay::breaks::UNKNOWN;
use crate::delay::complaint::Complaint;
use crate::delay::memory::Memory;
use crate::delay::place::At;
use crate::delay::place::Place;
use crate::error::Error;
use crate::problem::Delayed;
use crate::problem::Earlier;
use crate::problem::LagKind;
use crate::problem::Memento;
use crate::problem::Model;
use crate::problem::Origin;
use crate::problem::Past;
use crate::problem::Rhs;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;
use crate::space::Workspace;

/// An ordinary equation made of a delayed one: it answers lookups from the history before the start and from the steps that
/// [`Lagging`](crate::delay::Lagging) has put down.
///
/// Each solve has a past of its own, which lives as long as the solve or its record does. The one at hand answers.
pub struct WithPast<F: Delayed<T>, H, T: Real> {
    /// The equation.
    pub model: F,
    /// The states before the start.
    pub history: H,
    memory: RefCell<Memory<T>>,
    /// The pasts of other solves.
    pub(super) shelf: RefCell<Vec<Memory<T>>>,
    /// How many solves were begun.
    pub(super) solves: Cell<u64>,
    /// What the next solve keeps for its way back, and from how many steps it will be done again.
    pub(super) plan: Cell<Option<Option<usize>>>,
    /// Steps are done again, on the way back.
    is_back: Cell<bool>,
}

impl<F: Delayed<T> + Clone, H: Clone, T: Real> Clone for WithPast<F, H, T> {
    /// Without what a solve has put down.
    fn clone(&self) -> Self {
        Self::with(self.model.clone(), self.history.clone())
    }
}

impl<F: Delayed<T>, H, T: Real> WithPast<F, H, T> {
    fn with(model: F, history: H) -> Self {
        Self {
            model,
            history,
            memory: RefCell::new(Memory::new()),
            shelf: RefCell::new(Vec::new()),
            solves: Cell::new(0),
            plan: Cell::new(None),
            is_back: Cell::new(false),
        }
    }

    pub(super) fn memory(&self) -> RefMut<'_, Memory<T>> {
        self.memory.borrow_mut()
    }

    /// From now on the past of this solve answers; whoever is not asked any more is forgotten.
    pub(super) fn turn_to(&self, solve: u64) {
        let mut memory = self.memory.borrow_mut();
        if memory.solve == solve {
            return;
        }
        let mut shelf = self.shelf.borrow_mut();
        if let Some(found) = shelf.iter_mut().find(|other| other.solve == solve) {
            std::mem::swap(found, &mut *memory);
        }
        shelf.retain(|other| Arc::strong_count(&other.alive) > 1);
    }
}

impl<F: Delayed<T>, H: Initial<T, F::State, F::Params>, T: Real> WithPast<F, H, T> {
    /// An equation and the states before its start.
    pub fn new(model: F, history: H) -> Self {
        Self::with(model, history)
    }

    /// Whether steps are done again.
    pub(super) fn is_back(&self) -> bool {
        self.is_back.get()
    }

    /// A method has no derivative of the slope inside its steps.
    pub(super) fn has_no_slopes_back(&self, t: f64) {
        self.memory().complaint = Some(Complaint::SlopeBar { asked: t });
    }

    /// The state at a time that the solve at hand has passed, or before its start; NaN at others.
    pub(super) fn state_at(&self, t: T, u: &F::State, p: &F::Params) -> F::State {
        let at = t.value();
        let mut state = u.zeros_like();
        let (place, n) = {
            let memory = self.memory();
            // The step that was taken last may not have been put down yet.
            if memory.is_offered && at >= memory.trial.t && at <= memory.trial.end {
                for (i, x) in state.as_mut_slice().iter_mut().enumerate() {
                    *x = memory.trial.read(memory.n, t, i, 0);
                }
                return state;
            }
            let is_known = memory.pieces.back().map_or(memory.now, |last| last.end) >= at;
            let stretch = memory.stretch_at(at);
            (if is_known { memory.place(stretch, at) } else { At::Nowhere }, memory.n)
        };
        let (place, asking) = (Place { time: t, at: place }, Asking { of: self, u, p });
        for (i, x) in state.as_mut_slice().iter_mut().enumerate().take(n.max(1)) {
            *x = asking.read(&place, i, 0);
        }
        state
    }

    /// After a gradient backwards: the derivative by the numbers that the history is made of.
    pub(super) fn history_gradient(&self, u0: &F::State) -> F::State {
        let mut gradient = u0.zeros_like();
        if let Some(back) = &self.memory().back {
            for (to, from) in gradient.as_mut_slice().iter_mut().zip(&back.history) {
                *to = *from;
            }
        }
        gradient
    }

    /// Whether lookups may come to a barrier that nobody knows of beforehand, and that a method would notice.
    pub(super) const MOVES: bool = {
        let (mut moves, mut n) = (false, 0);
        while n < F::LAGS.len() {
            moves |= !F::LAGS[n].kind.is_fixed();
            n += 1;
        }
        moves && !F::ROUGH
    };

    /// Whether lookups ask for slopes.
    pub(super) const NEUTRAL: bool = {
        let (mut neutral, mut n) = (false, 0);
        while n < F::LAGS.len() {
            neutral |= F::LAGS[n].of_slope;
            n += 1;
        }
        neutral
    };

    /// The lookups of the equation, by what decides on their lags.
    pub fn kinds() -> impl Iterator<Item = LagKind> {
        F::LAGS.iter().map(|lag| lag.kind)
    }
}

impl<F: Delayed<T>, H: Initial<T, F::State, F::Params>, T: Real> WithPast<F, H, T> {
    /// The right-hand side asks.
    #[inline]
    pub(super) fn ask<'a>(&'a self, u: &'a F::State, p: &'a F::Params, t: T) -> Asking<'a, F, H, T> {
        let mut memory = self.memory.borrow_mut();
        (memory.asked, memory.now) = (0, t.value());
        memory.calls += 1;
        memory.asks(false);
        Asking { of: self, u, p }
    }

    /// Compares the derivative with that of the function as it was written, to the last bit; where they differ the solve has
    /// something to complain of. As for ordinary equations: see `integrate/integrator/written.rs`.
    #[cold]
    #[inline(never)]
    pub(super) fn compare(&self, u: &F::State, p: &F::Params, t: f64) -> bool {
        if !<F as Delayed<T>>::WRITTEN || T::EPSILON != f64::EPSILON {
            return true;
        }
        {
            let mut memory = self.memory();
            (memory.asked, memory.now, memory.loose) = (0, t, true);
        }
        let outputs = self.model.outputs(u, &Asking { of: self, u, p }, p, T::lit(t));
        if F::ROUGH && matches!(self.memory().complaint, Some(Complaint::RoughLag { .. })) {
            return false;
        }
        let values = |reals: &[T]| reals.iter().map(|x| x.value()).collect::<Vec<f64>>();
        let (state, params, compiled) = (values(u.as_slice()), values(p.as_slice()), values(&outputs));
        let earlier = |time: f64, order: usize, out: &mut Vec<f64>| {
            let asking = Asking { of: self, u, p };
            let place = asking.find(T::lit(time));
            out.extend((0..state.len()).map(|i| asking.read(&place, i, order).value()));
        };
        let mut written = vec![f64::NAN; <F as Delayed<T>>::written_len(state.len())];
        self.memory().asked = 0;
        <F as Delayed<T>>::written(&mut written, &state, &Earlier(&earlier), &params, t);
        let mut memory = self.memory();
        memory.loose = false;
        let differ = |(_, (compiled, written)): &(usize, (&f64, &f64))| {
            compiled != written && !(compiled.is_nan() && written.is_nan())
        };
        let Some((i, (compiled, written))) = compiled.iter().zip(&written).enumerate().find(differ) else {
            return true;
        };
        let names = F::state_names();
        let component = match i.checked_sub(state.len()) {
            Some(i) => format!("noise[{i}]"),
            None => names.get(i).map_or_else(|| format!("du[{i}]"), |name| format!("d{name}")),
        };
        memory.translation =
            Some(Error::Translation { model: F::NAME, t, component, written: *written, compiled: *compiled });
        false
    }
}

/// A question: the history and the memory, at a state that the right-hand side is asked for.
pub(super) struct Asking<'a, F: Delayed<T>, H, T: Real> {
    pub of: &'a WithPast<F, H, T>,
    pub u: &'a F::State,
    pub p: &'a F::Params,
}

impl<F: Delayed<T>, H: Initial<T, F::State, F::Params>, T: Real> Asking<'_, F, H, T> {
    fn at(&self, t: T) -> At {
        let mut memory = self.of.memory.borrow_mut();
        if F::ROUGH && T::DERIVATIVES > 0 && !(t - T::lit(t.value())).is_zero() {
            memory.complaint = Some(Complaint::RoughLag { t: memory.now });
            return At::Nowhere;
        }
        let place = memory.find(t);
        if let At::History = place {
            let (asked, begin) = (t.value(), self.of.history.begin());
            if asked < begin {
                memory.complaint = Some(Complaint::Before { t: memory.now, asked, begin });
                return At::Nowhere;
            }
            let end = self.of.history.end();
            if asked > end {
                memory.complaint = Some(Complaint::After { t: memory.now, asked, end });
                return At::Nowhere;
            }
        }
        place
    }
}

impl<F: Delayed<T>, H: Initial<T, F::State, F::Params>, T: Real> Past<T, F::State> for Asking<'_, F, H, T> {
    type Place = Place<T>;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn find(&self, t: T) -> Place<T> {
        Place { time: t, at: self.at(t) }
    }

    fn read(&self, place: &Place<T>, i: usize, order: usize) -> T {
        match place.at {
            // Whatever becomes of it is no derivative.
            _ if F::ROUGH && order > 0 => T::lit(f64::NAN),
            At::History if H::RESTS => match order {
                0 => self.of.memory.borrow().start.get(i).copied().unwrap_or(T::lit(f64::NAN)),
                _ => T::ZERO,
            },
            At::History => {
                let value = self.of.history.component(place.time, self.p, i, order);
                if order > 0 && value.is_nan() {
                    self.of.memory.borrow_mut().complaint =
                        Some(Complaint::NoSlope { asked: place.time.value(), order });
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

    const SWITCHES: usize = F::SWITCHES;
    const HIDES_SWITCHES: bool = F::HIDES_SWITCHES || H::HIDES_SWITCHES;
    fn switching_times(&self, p: &F::Params, times: &mut [T]) {
        self.model.switching_times(p, times);
    }
    fn switching_tangents(&self, p: &F::Params, p_dot: &F::Params, dots: &mut [T]) {
        self.model.switching_tangents(p, p_dot, dots);
    }
    fn switching_gradient(&self, p: &F::Params, bars: &[T], p_bar: &mut F::Params, work: &mut Workspace<T>) {
        self.model.switching_gradient(p, bars, p_bar, work);
    }

    const ROUGH: bool = F::ROUGH;
    const BREAKS: bool = true;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn stride(&self, t: f64, h: f64) -> f64 {
        self.model.stride(t, h)
    }

    fn next_break(&self, t: f64, _: f64) -> Option<f64> {
        self.memory.borrow().breaks.next(t)
    }

    fn moving_break(&self, t: f64) -> Option<T> {
        let mut memory = self.memory.borrow_mut();
        let landed = memory.landed.as_ref().filter(|landed| landed.time == t && !landed.is_stop)?;
        // Where the derivative itself is continuous a break that moves moves nothing, to first order.
        if landed.order > T::NESTING.max(1) {
            return None;
        }
        let exact = landed.exact;
        memory.passes = true;
        drop(memory);
        if !exact.is_finite() && T::DERIVATIVES > 0 && !self.memory.borrow().is_at_jump(t) {
            self.memory().complaint = Some(Complaint::Unmoved { t });
        }
        Some(exact)
    }

    fn memento(&self) -> Option<Memento> {
        let memory = self.memory.borrow();
        Some(Memento { number: memory.solve, alive: memory.alive.clone() })
    }

    fn recall(&self, memento: &Memento) {
        self.turn_to(memento.number);
    }

    fn keep_past(&self, checkpoints: Option<usize>) {
        self.plan.set(Some(checkpoints));
    }

    fn turn_back(&self, memento: &Memento) {
        self.turn_to(memento.number);
        let mut memory = self.memory();
        memory.complaint = None;
        memory.turn_back();
        self.is_back.set(true);
    }

    fn turn_back_to(&self, step: usize) {
        let mut memory = self.memory();
        if let Some(plan) = &mut memory.plan {
            // Checkpoints move as those of the states do.
            plan.rewind(step, |_, ()| {});
        }
    }

    fn lacks(&self, step: usize) -> bool {
        self.memory.borrow().pieces.get(step).is_some_and(|piece| piece.coefficients.is_empty())
    }

    fn rested(&self, u_bar: &mut F::State) {
        if H::RESTS
            && let Some(back) = &self.memory().back
        {
            for (to, bar) in u_bar.as_mut_slice().iter_mut().zip(&back.history) {
                *to += *bar;
            }
        }
    }

    fn turn_forward(&self) {
        self.is_back.set(false);
    }

    fn break_origin(&self, t: f64) -> Origin {
        self.memory.borrow().jumps.iter().find(|jump| jump.t == t).map_or(Origin::Given, |jump| jump.origin)
    }

    fn event_changes(&self, at: T, crosses: bool) {
        self.memory().change = Some((at, crosses));
    }

    fn break_gradient(&self, t: f64, p: &F::Params, factor: T, p_bar: &mut F::Params) {
        let ways: Vec<usize> = {
            let memory = self.memory.borrow();
            let found = memory.jumps.iter().find(|jump| jump.t == t);
            found.map_or(Vec::new(), |jump| jump.lags.clone())
        };
        if ways.is_empty() {
            return;
        }
        if ways.contains(&UNKNOWN) {
            self.memory().complaint = Some(Complaint::Unmoved { t });
        }
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
        self.memory.borrow().complaint.map(|complaint| complaint.error(F::NAME))
    }
}

impl<F: Delayed<T>, H: Initial<T, F::State, F::Params>, T: Real> Rhs<T> for WithPast<F, H, T> {
    fn rhs(&self, du: &mut F::State, u: &F::State, p: &F::Params, t: T) {
        self.model.rhs(du, u, &self.ask(u, p, t), p, t);
    }
}
