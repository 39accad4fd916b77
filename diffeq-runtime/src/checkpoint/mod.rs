//! Which states to keep while integrating forwards, so that all of them can be visited backwards.
//!
//! A reverse sweep needs the state before every step, last step first. Keeping them all is fastest; with a budget,
//! some are kept and the others recomputed from the nearest one kept before them. How many steps there will be is not
//! known beforehand, since the error control chooses them, so that there are two parts:
//!
//! * **forwards**, online: the rule of Wang, Moin, Iaccarino, *Minimal repetition dynamic checkpointing algorithm for
//!   unsteady adjoint calculation*, SIAM J. Sci. Comput. 31 (2009), algorithm 1. Every checkpoint has a level; one that
//!   a later checkpoint of a higher level follows is dispensable and makes room for the newest state;
//! * **backwards**: the gaps between the checkpoints have known lengths, so that each is reversed with the fewest
//!   recomputed steps possible: the binomial schedule of Griewank, Walther, *Algorithm 799: revolve*, ACM Trans. Math.
//!   Softw. 26 (2000), with the slots that the sweep has already freed.
//!
//! With `s` slots and `n <= C(s - 1 + r, r)` steps no step is recomputed more than `r` times. This module knows nothing
//! of differential equations: a state is anything that can be cloned and advanced.

use crate::spare::Spare;
use crate::spare::Stack;

/// The states kept so far, at most as many as the budget allows.
#[derive(Debug, Clone)]
pub struct Checkpoints<S: 'static> {
    budget: usize,
    /// In the order of their steps; empty where all are kept, each in the slot of its step.
    kept: Vec<Kept>,
    /// Memory for states, never more than the budget; an index of one with a budget is in `kept` or in `free`.
    slots: Spare<Stack<S>>,
    free: Vec<usize>,
    /// The state that is being recomputed; not a checkpoint, as the integrator's own state is none.
    current: Option<S>,
}

#[derive(Debug, Clone, Copy)]
struct Kept {
    step: usize,
    level: u32,
    slot: usize,
}

impl<S: Clone + 'static> Checkpoints<S> {
    /// Keeps at most `budget` states, the initial one among them, or all where it is `None`.
    ///
    /// A budget of zero is taken as one: without the initial state nothing can be recomputed.
    pub fn new(budget: Option<usize>) -> Self {
        let budget = budget.unwrap_or(usize::MAX).max(1);
        Self { budget, kept: Vec::new(), slots: Spare::new(), free: Vec::new(), current: None }
    }

    /// Keeps all states, in this memory.
    pub(crate) fn all_in(slots: Spare<Stack<S>>) -> Self {
        Self { slots, ..Self::new(None) }
    }

    /// The state before step `step`, if it is kept.
    pub fn get(&self, step: usize) -> Option<&S> {
        if !self.is_thin() {
            return self.slots.get(step);
        }
        let kept = self.kept.iter().rfind(|kept| kept.step == step)?;
        self.slots.get(kept.slot)
    }

    /// Whether there is a budget.
    pub(crate) fn is_thin(&self) -> bool {
        self.budget != usize::MAX
    }

    /// The steps before which a state is kept.
    pub(crate) fn steps(&self) -> impl Iterator<Item = usize> + '_ {
        let all = if self.is_thin() { 0 } else { self.slots.len() };
        (0..all).chain(self.kept.iter().map(|kept| kept.step))
    }

    /// How many states are kept.
    pub fn len(&self) -> usize {
        if self.is_thin() { self.kept.len() } else { self.slots.len() }
    }

    /// Whether no state is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Shows the state before step `step`; to be called for steps 0, 1, 2, … in order.
    #[inline]
    pub fn record(&mut self, step: usize, state: &S) {
        if self.is_thin() {
            self.choose(step, state);
        } else {
            self.slots.push(state);
        }
    }

    /// Keeps a state within the budget, or not.
    fn choose(&mut self, step: usize, state: &S) {
        let level = if self.kept.len() < self.budget {
            // The initial state is never dispensable and never raised.
            if self.kept.is_empty() { u32::MAX } else { 0 }
        } else if let Some(index) = self.dispensable() {
            self.drop_at(index);
            0
        } else if self.kept.len() > 1 {
            // The newest checkpoint moves on and rises: what lies before it has become dispensable.
            self.drop_at(self.kept.len() - 1).saturating_add(1)
        } else {
            return;
        };
        self.keep(step, level, state);
    }

    /// The state before step `step`, recomputed by `advance(step, state)` where it was not kept.
    ///
    /// To be called with steps that decrease, from the last one recorded on; checkpoints after `step` are given up,
    /// unless all are kept. Another sweep may follow: the initial state is never given up. `None` where nothing was
    /// recorded.
    pub fn rewind(&mut self, step: usize, mut advance: impl FnMut(usize, &mut S)) -> Option<&S> {
        if !self.is_thin() {
            return self.slots.get(step);
        }
        while self.kept.len() > 1 && self.kept.last()?.step > step {
            self.drop_at(self.kept.len() - 1);
        }
        let nearest = *self.kept.last()?;
        if nearest.step >= step {
            return self.slots.get(nearest.slot);
        }
        let mut state = match self.current.take() {
            Some(mut state) => {
                state.clone_from(&self.slots[nearest.slot]);
                state
            }
            None => self.slots[nearest.slot].clone(),
        };
        let mut at = nearest.step;
        while at < step {
            let stop = at + stride(step + 1 - at, self.budget - self.kept.len() + 1);
            // A checkpoint at `step` itself would be given up at once.
            let stop = stop.min(step);
            while at < stop {
                advance(at, &mut state);
                at += 1;
            }
            if at < step {
                self.keep(at, 0, &state);
            }
        }
        self.current = Some(state);
        self.current.as_ref()
    }

    /// The newest checkpoint of the lowest level that a later one of a higher level follows.
    fn dispensable(&self) -> Option<usize> {
        let mut highest = 0;
        let mut found: Option<(u32, usize)> = None;
        for (index, kept) in self.kept.iter().enumerate().skip(1).rev() {
            if kept.level < highest && found.is_none_or(|(level, _)| kept.level < level) {
                found = Some((kept.level, index));
            }
            highest = highest.max(kept.level);
        }
        found.map(|(_, index)| index)
    }

    fn keep(&mut self, step: usize, level: u32, state: &S) {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot].clone_from(state);
                slot
            }
            None => {
                self.slots.push(state);
                self.slots.len() - 1
            }
        };
        self.kept.push(Kept { step, level, slot });
    }

    /// Gives up a checkpoint; its level.
    fn drop_at(&mut self, index: usize) -> u32 {
        let kept = self.kept.remove(index);
        self.free.push(kept.slot);
        kept.level
    }
}

/// How far after the checkpoint at hand the next one lies, for the fewest recomputations: `steps >= 2` are to be
/// reversed with `slots` checkpoints, the one at hand among them.
///
/// With `β(s, r) = C(s + r, s)` and `β(s, r-1) < n <= β(s, r)`, the cost `d + cost(n - d, s - 1) + cost(d, s)` is least
/// where both parts keep their repetition numbers: `β(s, r-2) <= d <= β(s, r-1)` and `β(s-1, r-1) <= n - d <= β(s-1, r)`
/// (Griewank, Walther 2000, section 2).
fn stride(steps: usize, slots: usize) -> usize {
    if slots < 2 {
        return steps;
    }
    if slots >= steps {
        return 1;
    }
    let mut r = 1;
    while binomial(slots, r) < steps {
        r += 1;
    }
    binomial(slots, r - 1).min(steps.saturating_sub(binomial(slots - 1, r - 1))).max(1)
}

/// `β(s, r) = C(s + r, s)`, saturating.
fn binomial(s: usize, r: usize) -> usize {
    let mut value: usize = 1;
    for i in 1..=s.min(r) {
        // The product of i consecutive integers is divisible by i!: no remainder is lost.
        match value.checked_mul(s.max(r) + i) {
            Some(product) => value = product / i,
            None => return usize::MAX,
        }
    }
    value
}

#[cfg(test)]
mod tests;
