//! The switching times of the system itself: steps end on them, and over dual numbers the state passes them when they come.

use std::cmp::Ordering;

use crate::error::Error;
use crate::integrate::Cause;
use crate::integrate::EventRecord;
use crate::integrate::integrator::Course;
use crate::integrate::integrator::Observe;
use crate::integrate::integrator::ahead::nearest;
use crate::integrate::refuse::rough_switch;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;
use crate::space::Workspace;
use crate::stepper::Stepper;

impl<T: Real, F: System<T>> Course<'_, T, F> {
    /// The next switching time, or another break of the system if that comes first.
    pub(super) fn next_switch(&self, other: Option<f64>) -> Option<f64> {
        let now = (self.clock.t(), self.clock.direction());
        let mut first = nearest(now, &[other]);
        for time in &self.switches {
            first = nearest(now, &[first, Some(time.value())]);
        }
        first
    }

    /// Tells of a break that moves, and over dual numbers takes the state past it: to where it is along the slope before, and
    /// back along the slope after.
    #[cold]
    pub(super) fn pass_break(
        &mut self,
        stepper: &mut dyn Stepper<T, F>,
        step: usize,
        observe: &mut Observe<'_, F::State, F::Params>,
    ) -> Result<(), Error> {
        let t = self.clock.t();
        let Some(exact) = self.f.moving_break(t).filter(|_| self.clock.remains()) else { return Ok(()) };
        if T::DERIVATIVES > 0
            && exact.is_nan()
            && let Some(error) = self.f.complaint()
        {
            return Err(error);
        }
        let beside = [self.interval.to, self.clock.from()];
        let lag = if exact.is_nan() { T::ZERO } else { exact - T::lit(t) };
        if T::DERIVATIVES > 0 && !lag.is_zero() {
            self.shift(stepper, T::lit(beside[0]), lag);
            self.shift(stepper, T::lit(beside[1]) + lag, -lag);
            self.begin_stepper(stepper)?;
        }
        let (place, cause) = ((&self.u, &*self.p), Cause::Break { t, beside });
        let behind = beside[1];
        observe(EventRecord::of_switch(cause, Some(step), (t, behind), place));
        Ok(())
    }

    /// Lets the system switch, if the solve has come to such a time.
    ///
    /// Where several come together it is one jump. If they move apart, nothing tells whose it is: over dual numbers the state
    /// then has derivatives that are not finite, which no gradient lets pass.
    #[cold]
    pub(super) fn switch(
        &mut self,
        stepper: &mut dyn Stepper<T, F>,
        step: usize,
        observe: &mut Observe<'_, F::State, F::Params>,
    ) -> Result<(), Error> {
        let t = self.clock.t();
        let Some(which) = self.switches.iter().position(|time| time.value() == t) else { return Ok(()) };
        if !self.clock.remains() {
            return Ok(());
        }
        let beside = [self.interval.to, self.clock.from()];
        let mut is_clear = true;
        if F::BREAKS
            && let Some(exact) = self.f.moving_break(t)
        {
            // `if t < p.tau { 1.0 } else { h(t - p.tau) }` switches on a break: what moves that moves both.
            if self.moves_with(which, exact) {
                return Ok(());
            }
            is_clear = false;
        }
        // Zero but for its tangents.
        let mut lag = self.switches[which] - T::lit(t);
        let width = 2.0 * (beside[1] - beside[0]).abs();
        let moves_apart = |other: &T| {
            let apart = *other - self.switches[which];
            apart.value().abs() <= width && !(apart - T::lit(apart.value())).is_zero()
        };
        if T::DERIVATIVES > 0 && (!is_clear || self.switches.iter().any(moves_apart)) {
            lag *= T::moving(1.0, f64::NAN);
        }
        if !lag.is_zero() {
            if F::ROUGH {
                return Err(rough_switch());
            }
            self.shift(stepper, T::lit(beside[0]), lag);
            self.shift(stepper, T::lit(beside[1]) + lag, -lag);
        }
        self.f.switched(which, t, beside, &mut self.u, &self.p);
        self.begin_stepper(stepper)?;
        let place = (&self.u, &*self.p);
        let cause = Cause::Switch { which: is_clear.then_some(which), beside };
        let behind = beside[1];
        observe(EventRecord::of_switch(cause, Some(step), (t, behind), place));
        Ok(())
    }

    /// Takes the switching times from the parameters that an event at `at` left; those before are in `p_before`.
    ///
    /// A time that the event moves onto its own is passed there and then: behind the event the system has switched. Where the two
    /// move apart it may come before the event or behind it, which are two derivatives: over dual numbers the state then has
    /// none that are finite.
    pub(super) fn switches_move(&mut self, at: T) {
        // Of a system without switches nothing behind this is compiled.
        if const { F::SWITCHES == 0 } {
            return;
        }
        self.f.switching_times(&self.p, &mut self.switches);
        let landed = landing(self.f, (&self.p_before, &self.p), self.clock.t());
        if landed.is_empty() {
            return;
        }
        self.clock.stand_on_stop();
        let moves_apart = |which: &usize| {
            (0..T::DERIVATIVES).any(|i| differs::<T>(self.switches[*which].derivative(i), at.derivative(i)))
        };
        if landed.iter().any(moves_apart) {
            self.f.has_no_derivative(&mut self.u);
        }
    }

    /// Whether what moves a switching time moves the break on which the solve stands as much.
    #[cold]
    fn moves_with(&self, which: usize, exact: T) -> bool {
        let Self { f, p, switches, clock, .. } = self;
        let (mut apart, mut bars) = (p.zeros_like(), vec![T::ZERO; F::SWITCHES]);
        bars[which] = -T::ONE;
        f.switching_gradient(p, &bars, &mut apart, &mut Workspace::new());
        let size = apart.as_slice().iter().map(|x| x.value().abs()).fold(0.0, f64::max);
        f.break_gradient(clock.t(), p, T::ONE, &mut apart);
        let rounding = 8.0 * T::EPSILON * size;
        let moved = exact - switches[which];
        apart.as_slice().iter().all(|x| x.value().abs() <= rounding)
            && (0..T::DERIVATIVES).all(|i| moved.derivative(i).abs() <= rounding.max(8.0 * T::EPSILON))
    }
}

/// The switching times that an event at `t` moves onto its own time, by the parameters before and after it.
pub(crate) fn landing<T: Real, F: System<T>>(
    f: &F,
    (before, after): (&F::Params, &F::Params),
    t: f64,
) -> Vec<usize> {
    if const { F::SWITCHES == 0 } {
        return Vec::new();
    }
    let [before, after] = [before, after].map(|p| {
        let mut times = vec![T::ZERO; F::SWITCHES];
        f.switching_times(p, &mut times);
        times
    });
    let is_here = |time: &T| (time.value() - t).abs() <= ROUNDINGS * T::EPSILON * t.abs();
    (0..F::SWITCHES).filter(|i| is_here(&after[*i]) && !is_here(&before[*i])).collect()
}

/// Whether two derivatives differ by more than their rounding; NaN does.
pub(crate) fn differs<T: Real>(a: f64, b: f64) -> bool {
    let rounding = 64.0 * T::EPSILON * (a.abs() + b.abs());
    !matches!((a - b).abs().partial_cmp(&rounding), Some(Ordering::Less | Ordering::Equal))
}

/// How many roundings of the time two times may be apart that are one.
const ROUNDINGS: f64 = 8.0;
