//! What there is to do at the end of a step, and where the next has to end.

use crate::error::Error;
use crate::integrate::integrator::Course;
use crate::integrate::integrator::Observe;
use crate::problem::System;
use crate::real::Real;
use crate::stepper::Stepper;

/// The first of some times that is ahead of `t`.
pub(super) fn nearest((t, direction): (f64, f64), times: &[Option<f64>]) -> Option<f64> {
    let ahead = times.iter().flatten().copied().filter(|time| (time - t) * direction > 0.0);
    ahead.reduce(|a, b| if (a - b) * direction < 0.0 { a } else { b })
}

impl<T: Real, F: System<T>> Course<'_, T, F> {
    /// Lets the events take place that are due where the step has ended.
    #[inline(never)]
    pub(super) fn look_at_end(
        &mut self,
        stepper: &mut dyn Stepper<T, F>,
        step: usize,
        observe: &mut Observe<'_, F::State, F::Params>,
    ) -> Result<(), Error> {
        let Self { watch, events, clock, u, p, .. } = self;
        let t = clock.t();
        let looked = watch.look(t, &mut |event| events.condition(event, u, p, T::lit(t)).value());
        looked.map_err(|point| self.condition_not_finite(point))?;
        self.events_take_place(stepper, Some(step), observe)
    }

    /// Stops that are known only now: where the system is not smooth, and the next times of events that say when.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn look_ahead(&mut self) {
        let Self { f, clock, .. } = self;
        let mut next = f.next_break(clock.t(), clock.direction());
        if F::SWITCHES > 0 {
            next = self.next_switch(next);
        }
        let Self { watch, .. } = self;
        if next.is_some() || self.attention.is_some() && watch.asks() {
            self.limit(next);
        }
    }

    #[cold]
    #[inline(never)]
    fn limit(&mut self, system: Option<f64>) {
        let events = self.attention.and_then(|attention| attention.ask(self));
        let now = (self.clock.t(), self.clock.direction());
        self.clock.limit(nearest(now, &[system, events]));
    }
}
