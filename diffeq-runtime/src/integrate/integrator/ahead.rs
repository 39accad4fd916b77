//! What there is to do at the end of a step, and where the next has to end.

use crate::error::Error;
use crate::integrate::integrator::Course;
use crate::integrate::integrator::Observe;
use crate::problem::System;
use crate::real::Real;
use crate::stepper::Stepper;

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
        let looked = watch.look(t, |event| events.condition(event, u, p, T::lit(t)).value());
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
        if next.is_some() || self.has_events && watch.asks() {
            self.limit(next);
        }
    }

    #[cold]
    #[inline(never)]
    fn limit(&mut self, system: Option<f64>) {
        let Self { clock, watch, events, u, p, .. } = self;
        let (t, direction) = (clock.t(), clock.direction());
        let ahead = |next: &f64| (next - t) * direction > 0.0;
        let nearer = |a: f64, b: f64| if (a - b) * direction < 0.0 { a } else { b };
        let times = watch.ask(direction, |event| events.next(event, u, p, t).filter(ahead));
        clock.limit([system.filter(ahead), times].into_iter().flatten().reduce(nearer));
    }
}
