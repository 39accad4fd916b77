//! The events of a solve as a set, and what the loop does about them. Nothing of that is compiled for a model that is solved without
//! any.

use std::ops::ControlFlow;

use crate::error::Error;
use crate::integrate::Event;
use crate::integrate::Trigger;
use crate::integrate::event::Watch;
use crate::integrate::integrator::Course;
use crate::integrate::integrator::Observe;
use crate::integrate::refuse::rough_crossing;
use crate::problem::System;
use crate::real::Real;
use crate::stepper::Stepper;

/// The events of a solver, in the order in which they were added: nested pairs, so that each keeps its type. The loop
/// sees a `dyn EventSet`.
pub trait EventSet<T: Real, F: System<T>> {
    /// How many.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// See [`Event::trigger`], for event `i`.
    fn trigger(&self, i: usize) -> Trigger<'_>;
    /// See [`Event::condition`], for event `i`.
    fn condition(&self, i: usize, u: &F::State, p: &F::Params, t: T) -> T;
    /// See [`Event::next`], for event `i`.
    fn next(&self, i: usize, u: &F::State, p: &F::Params, t: f64) -> Option<f64>;
    /// See [`Event::affect`], for event `i`.
    fn affect(&self, i: usize, u: &mut F::State, p: &mut F::Params, t: T) -> ControlFlow<()>;
    /// See [`Event::at_rest`], for event `i`.
    fn at_rest(&self, i: usize, u: &mut F::State, p: &mut F::Params, t: T) -> Option<ControlFlow<()>> {
        let _ = (i, u, p, t);
        None
    }
    /// What the loop does about them: all there is to do.
    #[doc(hidden)]
    fn attention(&self) -> Attention<'_, T, F> {
        Attention::PAID
    }
}

/// No events.
impl<T: Real, F: System<T>> EventSet<T, F> for () {
    fn len(&self) -> usize {
        0
    }
    fn trigger(&self, _: usize) -> Trigger<'_> {
        Trigger::Times(&[])
    }
    fn condition(&self, _: usize, _: &F::State, _: &F::Params, _: T) -> T {
        T::ZERO
    }
    fn next(&self, _: usize, _: &F::State, _: &F::Params, _: f64) -> Option<f64> {
        None
    }
    fn affect(&self, _: usize, _: &mut F::State, _: &mut F::Params, _: T) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
    fn attention(&self) -> Attention<'_, T, F> {
        Attention::NONE
    }
}

/// The same events, borrowed.
impl<T: Real, F: System<T>, E: EventSet<T, F> + ?Sized> EventSet<T, F> for &E {
    fn len(&self) -> usize {
        E::len(self)
    }
    fn trigger(&self, i: usize) -> Trigger<'_> {
        E::trigger(self, i)
    }
    fn condition(&self, i: usize, u: &F::State, p: &F::Params, t: T) -> T {
        E::condition(self, i, u, p, t)
    }
    fn next(&self, i: usize, u: &F::State, p: &F::Params, t: f64) -> Option<f64> {
        E::next(self, i, u, p, t)
    }
    fn affect(&self, i: usize, u: &mut F::State, p: &mut F::Params, t: T) -> ControlFlow<()> {
        E::affect(self, i, u, p, t)
    }
    fn at_rest(&self, i: usize, u: &mut F::State, p: &mut F::Params, t: T) -> Option<ControlFlow<()>> {
        E::at_rest(self, i, u, p, t)
    }
    fn attention(&self) -> Attention<'_, T, F> {
        E::attention(self)
    }
}

/// The events of `A`, and `B` as the last one.
impl<T: Real, F: System<T>, A: EventSet<T, F>, B: Event<T, F>> EventSet<T, F> for (A, B) {
    fn len(&self) -> usize {
        self.0.len() + 1
    }
    fn trigger(&self, i: usize) -> Trigger<'_> {
        if i == self.0.len() { self.1.trigger() } else { self.0.trigger(i) }
    }
    fn condition(&self, i: usize, u: &F::State, p: &F::Params, t: T) -> T {
        if i == self.0.len() { self.1.condition(u, p, t) } else { self.0.condition(i, u, p, t) }
    }
    fn next(&self, i: usize, u: &F::State, p: &F::Params, t: f64) -> Option<f64> {
        if i == self.0.len() { self.1.next(u, p, t) } else { self.0.next(i, u, p, t) }
    }
    fn affect(&self, i: usize, u: &mut F::State, p: &mut F::Params, t: T) -> ControlFlow<()> {
        if i == self.0.len() { self.1.affect(u, p, t) } else { self.0.affect(i, u, p, t) }
    }
    fn at_rest(&self, i: usize, u: &mut F::State, p: &mut F::Params, t: T) -> Option<ControlFlow<()>> {
        if i == self.0.len() { self.1.at_rest(u, p, t) } else { self.0.at_rest(i, u, p, t) }
    }
}

/// What a loop does about a set of events: all that there is to do, or nothing.
///
/// An event set that is known to be empty when it is compiled says so ([`EventSet::attention`]), and the loop reaches what is below
/// through the set alone.
pub struct Attention<'a, T: Real, F: System<T>>(pub(super) Option<&'a dyn Attend<T, F>>);

impl<T: Real, F: System<T>> Attention<'_, T, F> {
    /// For events.
    pub const PAID: Self = Self(Some(&Attentive));
    /// For none.
    pub const NONE: Self = Self(None);
}

/// The events of a solve as the loop meets them.
pub(super) trait Attend<T: Real, F: System<T>> {
    /// A watch over them: see [`Watch::new`].
    fn watch(&self, events: &dyn EventSet<T, F>, span: (f64, f64), most: usize) -> Result<Watch, Error>;

    /// Lets those at the start take place, and finds where conditions stand.
    fn begin(
        &self,
        course: &mut Course<'_, T, F>,
        stepper: &mut dyn Stepper<T, F>,
        observe: &mut Observe<'_, F::State, F::Params>,
    ) -> Result<(), Error>;

    /// See [`Course::ends_on_crossing`].
    fn ends_on_crossing(
        &self,
        course: &mut Course<'_, T, F>,
        stepper: &mut dyn Stepper<T, F>,
    ) -> Result<bool, Error>;

    /// See [`Course::look_at_end`].
    fn look_at_end(
        &self,
        course: &mut Course<'_, T, F>,
        stepper: &mut dyn Stepper<T, F>,
        step: usize,
        observe: &mut Observe<'_, F::State, F::Params>,
    ) -> Result<(), Error>;

    /// The next time of those that say when they take place.
    fn ask(&self, course: &mut Course<'_, T, F>) -> Option<f64>;
}

/// With all there is to do.
struct Attentive;

impl<T: Real, F: System<T>> Attend<T, F> for Attentive {
    fn watch(&self, events: &dyn EventSet<T, F>, span: (f64, f64), most: usize) -> Result<Watch, Error> {
        let watch = Watch::new(events.len(), &|i| events.trigger(i), span, most)?;
        if F::ROUGH && T::DERIVATIVES > 0 && watch.has_crossings() {
            return Err(rough_crossing());
        }
        Ok(watch)
    }

    fn begin(
        &self,
        course: &mut Course<'_, T, F>,
        stepper: &mut dyn Stepper<T, F>,
        observe: &mut Observe<'_, F::State, F::Params>,
    ) -> Result<(), Error> {
        let looked = course.watch.look(course.clock.t(), &mut |_| 0.0);
        looked.map_err(|point| course.condition_not_finite(point))?;
        course.events_take_place(stepper, None, observe)?;
        course.look_ahead();
        if course.watch.has_crossings() {
            // None is stuck, since none has arrived.
            let _ = course.take_stances(stepper);
        }
        Ok(())
    }

    fn ends_on_crossing(
        &self,
        course: &mut Course<'_, T, F>,
        stepper: &mut dyn Stepper<T, F>,
    ) -> Result<bool, Error> {
        course.ends_on_crossing(stepper)
    }

    fn look_at_end(
        &self,
        course: &mut Course<'_, T, F>,
        stepper: &mut dyn Stepper<T, F>,
        step: usize,
        observe: &mut Observe<'_, F::State, F::Params>,
    ) -> Result<(), Error> {
        course.look_at_end(stepper, step, observe)
    }

    fn ask(&self, course: &mut Course<'_, T, F>) -> Option<f64> {
        let Course { clock, watch, events, u, p, .. } = course;
        let t = clock.t();
        watch.ask((t, clock.direction()), &mut |event| events.next(event, u, p, t))
    }
}
