//! The vector-Jacobian product of a delayed equation as an ordinary one: cotangents of lookups go to where these fell.

use crate::delay::Initial;
use crate::delay::WithPast;
use crate::delay::back::Bar;
use crate::delay::complaint::Complaint;
use crate::delay::past::Asking;
use crate::delay::place::Place;
use crate::problem::Delayed;
use crate::problem::DelayedVjp;
use crate::problem::Past;
use crate::problem::PastCotangent;
use crate::problem::RateBar;
use crate::problem::Rhs;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Real;
use crate::space::Vector;
use crate::space::Workspace;

/// Takes the cotangents of lookups to where these fell.
pub(super) struct Taking<'a, F: Delayed<T>, H, T: Real> {
    pub of: &'a WithPast<F, H, T>,
}

impl<F: Delayed<T>, H, T: Real> PastCotangent<T, F::State> for Taking<'_, F, H, T> {
    fn take(&mut self, time: T, i: usize, order: usize, bar: T) {
        self.of.memory().take(Bar { time, i, order, bar });
    }
}

/// A question for the gradient of a lookup's time: that lookup has a cotangent of its time, whatever the right-hand side makes
/// of it.
struct Probing<'a, F: Delayed<T>, H, T: Real> {
    asking: Asking<'a, F, H, T>,
    /// Where the lookup is.
    time: f64,
    factor: T,
    /// Whether it was there.
    met: std::cell::Cell<bool>,
}

impl<F: Delayed<T>, H: Initial<T, F::State, F::Params>, T: Real> Probing<'_, F, H, T> {
    /// Whether this is the lookup, which is met once.
    fn meets(&self, t: T, t_bar: &mut impl RateBar<T>) -> bool {
        // As well as times come out again.
        let is_it = !self.met.get() && (t.value() - self.time).abs() <= 1e-12 * self.time.abs().max(1e-3);
        if is_it {
            self.met.set(true);
            t_bar.take(self.factor);
        }
        is_it
    }

    /// What the cotangent of another lookup, on which its time depends, is taken to.
    fn pass(
        &self,
        (t, i, order): (T, usize, usize),
        bar: T,
        past_bar: &mut impl PastCotangent<T, F::State>,
        t_bar: &mut impl RateBar<T>,
    ) {
        if !bar.is_zero() {
            past_bar.take(t, i, order, bar);
            t_bar.take(self.read(&self.find(t), i, order + 1) * bar);
        }
    }

    /// Component `i` of an earlier state, or of its derivative of some order, has a cotangent.
    fn component(
        &self,
        (t, i, order): (T, usize, usize),
        bar: T,
        past_bar: &mut impl PastCotangent<T, F::State>,
        t_bar: &mut impl RateBar<T>,
    ) {
        if !self.meets(t, t_bar) {
            self.pass((t, i, order), bar, past_bar, t_bar);
        }
    }

    /// All components have.
    fn state(
        &self,
        (t, order): (T, usize),
        bar: &F::State,
        past_bar: &mut impl PastCotangent<T, F::State>,
        t_bar: &mut impl RateBar<T>,
    ) {
        if !self.meets(t, t_bar) {
            for (i, bar) in bar.as_slice().iter().enumerate() {
                self.pass((t, i, order), *bar, past_bar, t_bar);
            }
        }
    }
}

impl<F: Delayed<T>, H: Initial<T, F::State, F::Params>, T: Real> Past<T, F::State> for Probing<'_, F, H, T> {
    type Place = Place<T>;

    fn find(&self, t: T) -> Place<T> {
        self.asking.find(t)
    }

    fn read(&self, place: &Place<T>, i: usize, order: usize) -> T {
        self.asking.read(place, i, order)
    }

    fn blank(&self) -> F::State {
        self.asking.blank()
    }

    fn component_vjp<B: PastCotangent<T, F::State>, A: RateBar<T>>(
        &self,
        t: T,
        i: usize,
        bar: T,
        past_bar: &mut B,
        t_bar: &mut A,
        (): &mut (),
        _: &mut Workspace<T>,
    ) {
        self.component((t, i, 0), bar, past_bar, t_bar);
    }

    fn state_vjp<B: PastCotangent<T, F::State>, A: RateBar<T>>(
        &self,
        t: T,
        bar: &mut F::State,
        past_bar: &mut B,
        t_bar: &mut A,
        _: &mut Workspace<T>,
    ) {
        self.state((t, 0), bar, past_bar, t_bar);
    }

    fn component_slope_vjp<B: PastCotangent<T, F::State>, A: RateBar<T>>(
        &self,
        t: T,
        i: usize,
        bar: T,
        past_bar: &mut B,
        t_bar: &mut A,
        (): &mut (),
        _: &mut Workspace<T>,
    ) {
        self.component((t, i, 1), bar, past_bar, t_bar);
    }

    fn state_slope_vjp<B: PastCotangent<T, F::State>, A: RateBar<T>>(
        &self,
        t: T,
        bar: &mut F::State,
        past_bar: &mut B,
        t_bar: &mut A,
        _: &mut Workspace<T>,
    ) {
        self.state((t, 1), bar, past_bar, t_bar);
    }
}

impl<F: DelayedVjp<T>, H: Initial<T, F::State, F::Params>, T: Real> WithPast<F, H, T> {
    /// A model is asked for a derivative: its lookups are those of the model itself, in another order and perhaps fewer.
    pub(super) fn asks_back(&self, u: &F::State, p: &F::Params, t: T) {
        if Self::MOVES {
            let mut slope = u.zeros_like();
            self.rhs(&mut slope, u, p, t);
        }
        let mut memory = self.memory();
        (memory.asked, memory.now) = (0, t.value());
        memory.asks(Self::MOVES);
    }

    /// What the history makes of its cotangents it makes at once: it may be a function of the parameters.
    pub(super) fn pull_history(&self, before: usize, p: &F::Params, p_bar: &mut F::Params) {
        let found = |n: usize| self.memory().back.as_ref().and_then(|back| back.found.get(n).copied());
        for n in before.. {
            let Some((at, Bar { time, i, order, bar })) = found(n) else { break };
            if at.is_none() && !self.history.pull((time, i, order), p, bar, p_bar) {
                self.memory().complaint = Some(Complaint::Hidden { asked: time.value(), order });
            }
        }
        self.memory().asks(false);
    }

    pub(super) fn found(&self) -> usize {
        self.memory().back.as_ref().map_or(0, |back| back.found.len())
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
        self.asks_back(u, p, t);
        let before = self.found();
        let asking = Asking { of: self, u, p };
        self.model.vjp(du_bar, u, &asking, &mut Taking { of: self }, p, t, u_bar, p_bar, t_bar, work);
        self.pull_history(before, p, p_bar);
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
        self.asks_back(u, p, t);
        self.model.state_vjp(du_bar, u, &Asking { of: self, u, p }, p, t, u_bar, work);
        self.memory().asks(false);
    }

    fn pull_break(
        &self,
        ((at, t), (u, p)): ((f64, T), (&F::State, &F::Params)),
        factor: T,
        takes: bool,
        (u_bar, p_bar, t_bar): (&mut F::State, &mut F::Params, &mut T),
    ) -> bool {
        let lookup = self.memory().jumps.iter().find(|jump| jump.t == at).and_then(|jump| jump.lookup);
        let Some(lookup) = lookup else { return false };
        // Of the time that it asks for, less that of the barrier.
        self.asks_back(u, p, t);
        let time =
            self.memory().back.as_ref().and_then(|back| back.asked.get(lookup).map(|(time, _)| time.value()));
        let Some(time) = time else {
            self.memory().complaint = Some(Complaint::Unmoved { t: at });
            return true;
        };
        let (before, mut work) = (self.found(), Workspace::new());
        let asking = Asking { of: self, u, p };
        let probing = Probing { asking, time, factor, met: std::cell::Cell::new(false) };
        let mut nothing = u.zeros_like();
        if takes {
            let (mut u_bar, mut known_bar, mut t_bar) = (u.zeros_like(), p.zeros_like(), T::ZERO);
            let (taking, bars) = (&mut Taking { of: self }, (&mut u_bar, &mut known_bar, &mut t_bar));
            self.model.vjp(&mut nothing, u, &probing, taking, p, t, bars.0, bars.1, bars.2, &mut work);
            self.pull_history(before, p, p_bar);
            self.memory().found(None, true);
        } else {
            self.model.vjp(&mut nothing, u, &probing, &mut (), p, t, u_bar, p_bar, t_bar, &mut work);
            self.memory().asks(false);
            self.break_gradient(at, p, -factor, p_bar);
        }
        if !probing.met.get() {
            self.memory().complaint = Some(Complaint::Unmoved { t: at });
        }
        true
    }
}
