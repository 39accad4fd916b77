//! The kinds of events, from closures or from functions with `#[differentiable]`.

use std::ops::ControlFlow;

use crate::integrate::event::Condition;
use crate::integrate::event::Direction;
use crate::integrate::event::Effect;
use crate::integrate::event::Event;
use crate::integrate::event::Of;
use crate::integrate::event::Predicate;
use crate::integrate::event::Trigger;
use crate::problem::System;
use crate::real::Real;

/// What an event does to the course of the solve.
fn flow(terminal: bool) -> ControlFlow<()> {
    if terminal { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// A condition `|u, p, t|` passes through zero: `|u, p, t|` then changes state and parameters.
///
/// A crossing within rounding of the end of a step, such as a stop or the end of the span, is one at that time. A solve
/// that starts where the condition is zero does not find it there.
///
/// # Rest
///
/// What comes to rest by impacts has infinitely many of them before it does. An effect says what an impact does, and not
/// what holds what rests, so that such a solve ends with [`Error::Events`](crate::error::Error::Events), unless it is told
/// how it goes on: by [`at_rest`](Self::at_rest), or [`ends_at_rest`](Self::ends_at_rest).
///
/// ```
/// use diffeq_runtime::integrate::Crossing;
/// use diffeq_runtime::problem::OdeProblem;
/// use diffeq_runtime::stepper::Tsit5;
///
/// // A ball bounces, and lies on the floor from the time on at which the bounces accumulate.
/// let fall = |du: &mut [f64; 2], u: &[f64; 2], gravity: &f64, _t: f64| *du = [u[1], -gravity];
/// let problem = OdeProblem::from_fn(fall, [10.0, 0.0], (0.0, 50.0), 9.8);
/// let bounce = Crossing::new(|u: &[f64; 2], _: &f64, _t: f64| u[0], |u: &mut [f64; 2], _: &mut f64, _t: f64| u[1] *= -0.8);
/// let floor = bounce.falling().at_rest(|u: &mut [f64; 2], gravity: &mut f64, _t: f64| (*u, *gravity) = ([0.0; 2], 0.0));
/// let solution = problem.solver(Tsit5).event(floor).solve()?;
/// assert_eq!(*solution.end(), [0.0, 0.0]);
/// let last = solution.events().last().unwrap().t;
/// assert!((last - (20.0 / 9.8_f64).sqrt() * (1.0 + 0.8) / (1.0 - 0.8)).abs() < 1e-6);
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Crossing<C, A, R = ()> {
    condition: C,
    affect: A,
    direction: Direction,
    terminal: bool,
    rest: R,
}

impl<C, A> Crossing<C, A> {
    /// An event where `condition(&u, &p, t)` passes through zero, either way; `affect(&mut u, &mut p, t)` follows.
    ///
    /// A condition that is zero at the start comes from nowhere: what it does there is no event, so that a solve can go on from
    /// its own event. What begins at rest on its boundary, and is driven through it, is therefore to be held by the model.
    ///
    /// A condition is looked at eight times a step, and at the lowest point between three of these where a parabola through them
    /// comes down to zero: so a visit to the other side is seen however short it is, where the condition is smooth over an eighth of
    /// a step. What is not, a spike in between, goes unseen; `dt_max` makes it seen.
    pub fn new(condition: C, affect: A) -> Self {
        Self { condition, affect, direction: Direction::Both, terminal: false, rest: () }
    }
}

impl Crossing<(), ()> {
    /// An event of functions with `#[differentiable]`, which gradients pass through: `Crossing::of::<condition, effect>()`.
    ///
    /// The condition is a `fn(u: &S, p: &P, t: f64) -> f64`, the effect a `fn(u: &mut S, p: &P, t: f64)`, or `()`, or one with
    /// `p: &mut P`; `p` and `t` may be left out.
    pub fn of<C, A>() -> Crossing<Of<C>, Of<A>> {
        Crossing::new(Of::new(), Of::new())
    }
}

impl<C, A, R> Crossing<C, A, R> {
    /// Only where the condition rises; by default either way.
    pub fn rising(self) -> Self {
        Self { direction: Direction::Rising, ..self }
    }
    /// Only where the condition falls; by default either way.
    pub fn falling(self) -> Self {
        Self { direction: Direction::Falling, ..self }
    }
    /// The solve ends there; by default it goes on.
    pub fn terminal(self) -> Self {
        Self { terminal: true, ..self }
    }
    /// Where its occurrences accumulate, or the effect holds the condition at zero and the solution does not,
    /// `effect(&mut u, &mut p, t)` follows: it puts to rest what comes to rest, by a parameter that switches off what drives
    /// it.
    pub fn at_rest<E>(self, effect: E) -> Crossing<C, A, Rests<E>> {
        let Self { condition, affect, direction, terminal, .. } = self;
        Crossing { condition, affect, direction, terminal, rest: Rests(effect) }
    }
    /// The solve ends where its occurrences accumulate, or where the effect holds the condition at zero and the solution
    /// does not.
    pub fn ends_at_rest(self) -> Crossing<C, A, Ends> {
        let Self { condition, affect, direction, terminal, .. } = self;
        Crossing { condition, affect, direction, terminal, rest: Ends }
    }
}

/// What a [`Crossing`] has to say where it comes to rest: nothing, `()`, or [`Rests`], or [`Ends`].
pub trait AtRest<V, P, T> {
    /// See [`Event::at_rest`].
    fn at_rest(&self, u: &mut V, p: &mut P, t: T) -> Option<ControlFlow<()>>;
}

/// The effect of [`Crossing::at_rest`].
#[derive(Debug, Clone)]
pub struct Rests<E>(E);

/// See [`Crossing::ends_at_rest`].
#[derive(Debug, Clone, Copy)]
pub struct Ends;

impl<V, P, T> AtRest<V, P, T> for () {
    fn at_rest(&self, _: &mut V, _: &mut P, _: T) -> Option<ControlFlow<()>> {
        None
    }
}

impl<V, P, T> AtRest<V, P, T> for Ends {
    fn at_rest(&self, _: &mut V, _: &mut P, _: T) -> Option<ControlFlow<()>> {
        Some(ControlFlow::Break(()))
    }
}

impl<V, P, T, E: Fn(&mut V, &mut P, T)> AtRest<V, P, T> for Rests<E> {
    fn at_rest(&self, u: &mut V, p: &mut P, t: T) -> Option<ControlFlow<()>> {
        (self.0)(u, p, t);
        Some(ControlFlow::Continue(()))
    }
}

impl<T: Real, F: System<T>, C, A, R> Event<T, F> for Crossing<C, A, R>
where
    C: Condition<T, F::State, F::Params>,
    A: Effect<T, F::State, F::Params>,
    R: AtRest<F::State, F::Params, T>,
{
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Crossing(self.direction)
    }
    fn condition(&self, u: &F::State, p: &F::Params, t: T) -> T {
        self.condition.value(u, p, t)
    }
    fn affect(&self, u: &mut F::State, p: &mut F::Params, t: T) -> ControlFlow<()> {
        self.affect.apply(u, p, t);
        flow(self.terminal)
    }
    fn at_rest(&self, u: &mut F::State, p: &mut F::Params, t: T) -> Option<ControlFlow<()>> {
        self.rest.at_rest(u, p, t)
    }
}

/// After each step at whose end `|u, p, t| -> bool` holds, `|u, p, t|` changes state and parameters.
#[derive(Debug, Clone)]
pub struct Discrete<C, A> {
    condition: C,
    affect: A,
    terminal: bool,
}

impl Discrete<(), ()> {
    /// An event of functions with `#[differentiable]`: `Discrete::of::<predicate, effect>()`; the predicate is a
    /// `fn(u: &S, p: &P, t: f64) -> bool`, the effect that of [`Crossing::of`].
    pub fn of<C, A>() -> Discrete<Of<C>, Of<A>> {
        Discrete::new(Of::new(), Of::new())
    }
}

impl<C, A> Discrete<C, A> {
    /// An event after each step at whose end `condition(&u, &p, t)` is true; `affect(&mut u, &mut p, t)` follows.
    pub fn new(condition: C, affect: A) -> Self {
        Self { condition, affect, terminal: false }
    }
    /// The solve ends there; by default it goes on.
    pub fn terminal(self) -> Self {
        Self { terminal: true, ..self }
    }
}

impl<T: Real, F: System<T>, C, A> Event<T, F> for Discrete<C, A>
where
    C: Predicate<T, F::State, F::Params>,
    A: Effect<T, F::State, F::Params>,
{
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Step
    }
    fn condition(&self, u: &F::State, p: &F::Params, t: T) -> T {
        if self.condition.holds(u, p, t) { T::ONE } else { -T::ONE }
    }
    fn affect(&self, u: &mut F::State, p: &mut F::Params, t: T) -> ControlFlow<()> {
        self.affect.apply(u, p, t);
        flow(self.terminal)
    }
}

/// Every `period`, first one period after the start, `|u, p, t|` changes state and parameters; at the end of the span
/// as well, where that is a whole number of periods long.
#[derive(Debug, Clone)]
pub struct Periodic<A> {
    period: f64,
    affect: A,
}

impl Periodic<()> {
    /// An event every `period` of a function with `#[differentiable]`: `Periodic::of::<effect>(period)`; see
    /// [`Crossing::of`].
    pub fn of<A>(period: f64) -> Periodic<Of<A>> {
        Periodic::new(period, Of::new())
    }
}

impl<A> Periodic<A> {
    /// An event every `period`; `affect(&mut u, &mut p, t)` follows.
    pub fn new(period: f64, affect: A) -> Self {
        Self { period, affect }
    }
}

impl<T: Real, F: System<T>, A> Event<T, F> for Periodic<A>
where
    A: Effect<T, F::State, F::Params>,
{
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Period(self.period)
    }
    fn affect(&self, u: &mut F::State, p: &mut F::Params, t: T) -> ControlFlow<()> {
        self.affect.apply(u, p, t);
        ControlFlow::Continue(())
    }
}

/// At given times, `|u, p, t|` changes state and parameters.
#[derive(Debug, Clone)]
pub struct Preset<A> {
    times: Vec<f64>,
    affect: A,
    terminal: bool,
}

impl Preset<()> {
    /// An event at each of `times` of a function with `#[differentiable]`: `Preset::of::<effect>(times)`; see
    /// [`Crossing::of`].
    pub fn of<A>(times: impl Into<Vec<f64>>) -> Preset<Of<A>> {
        Preset::new(times, Of::new())
    }
}

impl<A> Preset<A> {
    /// An event at each of `times`, in any order, and one where a time is listed twice; `affect(&mut u, &mut p, t)` follows.
    pub fn new(times: impl Into<Vec<f64>>, affect: A) -> Self {
        Self { times: times.into(), affect, terminal: false }
    }
    /// The solve ends there; by default it goes on.
    pub fn terminal(self) -> Self {
        Self { terminal: true, ..self }
    }
}

impl<T: Real, F: System<T>, A> Event<T, F> for Preset<A>
where
    A: Effect<T, F::State, F::Params>,
{
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Times(&self.times)
    }
    fn affect(&self, u: &mut F::State, p: &mut F::Params, t: T) -> ControlFlow<()> {
        self.affect.apply(u, p, t);
        flow(self.terminal)
    }
}
