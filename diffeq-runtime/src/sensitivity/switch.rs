//! Switching times as events: where the system's own right-hand side jumps, at a time that its parameters move.

use std::ops::ControlFlow;

use crate::integrate::Cause;
use crate::integrate::Direction;
use crate::integrate::Event;
use crate::integrate::Trigger;
use crate::problem::Rhs;
use crate::problem::System;
use crate::real::Real;
use crate::sensitivity::event::DifferentiableEvent;
use crate::sensitivity::event::DifferentiableEvents;
use crate::space::Workspace;

/// The crossing of `t - τ(p)`, which does nothing: [`event`](super::event) does the rest, with the slopes on either side.
pub(super) struct Switch<'a, F> {
    model: &'a F,
    which: usize,
}

impl<'a, F> Switch<'a, F> {
    pub fn of(model: &'a F) -> Self {
        Self { model, which: 0 }
    }

    /// What took place: itself, or one of the events.
    pub fn or_event<'e, T, E>(
        &'e mut self,
        events: &'e E,
        cause: Cause,
    ) -> Option<&'e dyn DifferentiableEvent<T, F>>
    where
        T: Real,
        F: Rhs<T>,
        E: DifferentiableEvents<T, F>,
    {
        match cause {
            Cause::Event(event) => events.differentiable(event),
            Cause::Switch { which, .. } => {
                self.which = which;
                Some(self)
            }
        }
    }

    /// A list with a number for each switching time.
    fn zeros<T: Real>() -> Vec<T>
    where
        F: System<T>,
    {
        vec![T::ZERO; F::SWITCHES]
    }
}

impl<T: Real, F: Rhs<T>> Event<T, F> for Switch<'_, F> {
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Crossing(Direction::Both)
    }

    fn condition(&self, _: &F::State, p: &F::Params, t: T) -> T {
        let mut times = Self::zeros();
        self.model.switching_times(p, &mut times);
        t - times[self.which]
    }

    fn affect(&self, _: &mut F::State, _: &mut F::Params, _: T) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl<T: Real, F: Rhs<T>> DifferentiableEvent<T, F> for Switch<'_, F> {
    fn condition_jvp(
        &self,
        _: &F::State,
        _: &F::State,
        p: &F::Params,
        p_dot: &F::Params,
        _: T,
        t_dot: T,
    ) -> T {
        let mut dots = Self::zeros();
        self.model.switching_tangents(p, p_dot, &mut dots);
        t_dot - dots[self.which]
    }

    fn condition_gradient(
        &self,
        _: &F::State,
        p: &F::Params,
        _: T,
        (_, p_bar, t_bar): (&mut F::State, &mut F::Params, &mut T),
    ) {
        let mut bars = Self::zeros();
        bars[self.which] = -T::ONE;
        self.model.switching_gradient(p, &bars, p_bar, &mut Workspace::new());
        *t_bar += T::ONE;
    }

    fn affect_jvp(&self, _: &F::State, _: &F::Params, _: T, _: (&mut F::State, &mut F::Params, T)) {}

    fn affect_vjp(&self, _: &F::State, _: &F::Params, _: T, _: (&mut F::State, &mut F::Params, &mut T)) {}
}
