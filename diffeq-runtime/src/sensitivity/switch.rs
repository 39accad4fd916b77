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
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::add_scaled;
use crate::space::dot;

/// The crossing of `t - τ(p)`, which does nothing: [`event`](super::event) does the rest, with the slopes on either side.
///
/// Where another switching time falls on the same place, but moves otherwise, the slopes on either side do not say which part
/// of the jump is whose. The derivative is then NaN, which every gradient refuses.
pub(super) struct Switch<'a, F> {
    model: &'a F,
    which: Option<usize>,
    /// The time, where it is a break of the past.
    at: Option<f64>,
    /// How far apart the times are at which the model is asked.
    width: f64,
}

impl<'a, F> Switch<'a, F> {
    pub fn of(model: &'a F) -> Self {
        Self { model, which: None, at: None, width: 0.0 }
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
            Cause::Switch { which, beside } => {
                (self.which, self.width, self.at) = (which, (beside[1] - beside[0]).abs(), None);
                Some(self)
            }
            Cause::Break { t, .. } => {
                self.at = Some(t);
                Some(self)
            }
        }
    }

    /// The other switching times that fall on the same place.
    fn others<T: Real>(&self, which: usize, p: &F::Params) -> Vec<usize>
    where
        F: System<T>,
    {
        let mut times = Self::zeros();
        self.model.switching_times(p, &mut times);
        let distance = |i: &usize| (times[*i] - times[which]).value().abs();
        (0..times.len()).filter(|i| *i != which && distance(i) <= 2.0 * self.width).collect()
    }

    /// A list with a number for each switching time.
    fn zeros<T: Real>() -> Vec<T>
    where
        F: System<T>,
    {
        vec![T::ZERO; F::SWITCHES]
    }
}

/// Whether two derivatives are one but for rounding.
fn same<T: Real>(a: T, b: T) -> bool {
    (a - b).value().abs() <= 8.0 * T::EPSILON * (a.value().abs() + b.value().abs())
}

impl<T: Real, F: Rhs<T>> Event<T, F> for Switch<'_, F> {
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Crossing(Direction::Both)
    }

    fn condition(&self, _: &F::State, p: &F::Params, t: T) -> T {
        if let Some(at) = self.at {
            return t - T::lit(at);
        }
        let Some(which) = self.which else { return T::ZERO };
        let mut times = Self::zeros();
        self.model.switching_times(p, &mut times);
        t - times[which]
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
        if let Some(at) = self.at {
            // how the break moves along a direction of the parameters
            let mut gradient = p.zeros_like();
            self.model.break_gradient(at, p, T::ONE, &mut gradient);
            return t_dot - dot(&gradient, p_dot);
        }
        let Some(which) = self.which else { return T::lit(f64::NAN) };
        let mut dots = Self::zeros();
        self.model.switching_tangents(p, p_dot, &mut dots);
        let agrees = |i: &usize| same(dots[*i], dots[which]);
        if self.others(which, p).iter().all(agrees) { t_dot - dots[which] } else { T::lit(f64::NAN) }
    }

    fn condition_gradient(
        &self,
        _: &F::State,
        p: &F::Params,
        _: T,
        (_, p_bar, t_bar): (&mut F::State, &mut F::Params, &mut T),
    ) {
        if let Some(at) = self.at {
            self.model.break_gradient(at, p, -T::ONE, p_bar);
            *t_bar += T::ONE;
            return;
        }
        let gradient = |which: usize| {
            let (mut bars, mut p_bar) = (Self::zeros(), p.zeros_like());
            bars[which] = -T::ONE;
            self.model.switching_gradient(p, &bars, &mut p_bar, &mut Workspace::new());
            p_bar
        };
        let Some(which) = self.which else {
            p_bar.as_mut_slice().fill(T::lit(f64::NAN));
            return;
        };
        let own = gradient(which);
        let agrees =
            |i: &usize| gradient(*i).as_slice().iter().zip(own.as_slice()).all(|(a, b)| same(*a, *b));
        let agree = self.others(which, p).iter().all(agrees);
        add_scaled(p_bar, if agree { 1.0 } else { f64::NAN }, &own);
        *t_bar += T::ONE;
    }

    fn affect_jvp(&self, _: &F::State, _: &F::Params, _: T, _: (&mut F::State, &mut F::Params, T)) {}

    fn affect_vjp(&self, _: &F::State, _: &F::Params, _: T, _: (&mut F::State, &mut F::Params, &mut T)) {}
}
