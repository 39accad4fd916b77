//! Steps that look up themselves: they are taken again until they no longer change.

use crate::delay::Initial;
use crate::delay::WithPast;
use crate::delay::lagging::LaggingStepper;
use crate::problem::Delayed;
use crate::real::Real;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::stepper::At;
use crate::stepper::Failure;
use crate::stepper::Stepper;

/// A step is repeated as often before it is refused.
pub(super) const ROUNDS: u32 = 24;
/// A step has settled where what it read of itself is off by this part of what the tolerances allow; what came of that is nearer
/// by as much as rounds come nearer.
const SETTLED: f64 = 1e-2;
/// Rounds that come nearer by this factor say how near: slower ones may have been lucky.
const STEADY: f64 = 0.25;
/// Rounds that come nearer by this factor come fast.
const FAST: f64 = 0.05;
/// The same where repeating it changes it no less.
const RESTED: f64 = 0.1;

impl<S, V: Vector<T>, T: Real> LaggingStepper<S, V, T> {
    /// A step that is repeated as long as it looks up itself; leaves its interpolant in the trial.
    pub(super) fn settled<F, H>(
        &mut self,
        at: At<'_, T, WithPast<F, H, T>>,
        tolerances: &Tolerances,
        next: &mut V,
    ) -> Result<(), Failure>
    where
        F: Delayed<T, State = V>,
        H: Initial<T, V, F::Params>,
        S: Stepper<T, WithPast<F, H, T>>,
    {
        let Self { inner, trial, accelerated, .. } = self;
        accelerated.forget();
        if let Some(slope) = inner.slope(at.f, at.p, at.interval.from, at.u) {
            at.f.memory().heads(slope.as_slice());
        }
        inner.step(at, tolerances, next)?;
        Self::interpolant(inner, at, next, trial);
        let mut rounds = 1;
        let mut before = f64::INFINITY;
        while at.f.memory().looks_inside() {
            let mut memory = at.f.memory();
            let apart = memory.apart(trial, tolerances, WithPast::<F, H, T>::NEUTRAL);
            let rate = apart / before;
            let rest = if before.is_finite() && rate <= STEADY { apart * rate / (1.0 - rate) } else { apart };
            if rest <= SETTLED {
                return Ok(());
            }
            // What no longer comes nearer and is small is rounding.
            let rests = rounds > 3 && apart >= 0.9 * before;
            if rests && apart <= RESTED {
                return Ok(());
            }
            if rounds >= ROUNDS || (rests && (apart >= 4.0 * before || apart.is_infinite())) {
                return Err(Failure::Diverged { iterations: rounds });
            }
            // Rounds that come nearer fast by themselves need no help.
            if memory.is_guessed && apart > FAST * before && apart.is_finite() {
                accelerated.next(&memory.guess.coefficients, &mut trial.coefficients);
            }
            before = apart;
            // The slope at the start, and those stages that came before the first one that looked inside.
            let same = 1 + memory.calls_outside;
            memory.guess(trial);
            drop(memory);
            inner.reject(None);
            inner.keep_stages(same);
            inner.step(at, tolerances, next)?;
            Self::interpolant(inner, at, next, trial);
            rounds += 1;
        }
        Ok(())
    }

    /// A step once more, on the way back: over the same interval, with the lookups that it had.
    #[cold]
    pub(super) fn again<F, H>(
        &mut self,
        at: At<'_, T, WithPast<F, H, T>>,
        tolerances: &Tolerances,
        next: &mut V,
    ) -> Result<(), Failure>
    where
        F: Delayed<T, State = V>,
        H: Initial<T, V, F::Params>,
        S: Stepper<T, WithPast<F, H, T>>,
    {
        let step = {
            let mut memory = at.f.memory();
            let step = memory.goes_to(at.interval.t, true).ok_or(Failure::NotFinite)?;
            memory.attempt(at.interval, at.u.as_slice());
            step
        };
        let done = self.settled(at, tolerances, next);
        at.f.memory().put_again(step, &mut self.trial);
        done
    }
}
