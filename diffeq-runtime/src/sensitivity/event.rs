//! Derivatives of events.
//!
//! At a crossing the time of the event moves with everything that the state depends on. With the condition `g`, the
//! slopes `f⁻` before and `f⁺` after the event, and the effect `A`, the implicit function theorem and the chain rule
//! give, for a clock that does not move (Aizerman & Gantmacher, *On the stability of periodic motions*, J. Appl. Math.
//! Mech. 22 (1958); Galán, Feehery, Barton, *Parametric sensitivity functions for hybrid discrete/continuous systems*,
//! Appl. Numer. Math. 31 (1999)),
//!
//! ```text
//! lag = -(g_u u̇ + g_p ṗ + g_t ṫ) / (g_u f⁻ + g_t),    (u̇⁺, ṗ⁺) = A'(u̇ + f⁻ lag, ṗ, ṫ + lag) - (f⁺ lag, 0)
//! ```
//!
//! A terminal event leaves the state at its own time: nothing is subtracted there.
//!
//! Of several events at one time, the effect of one may move the condition of the next, which is then where its condition is not
//! zero: it has no time to be differentiated by these formulas, and there is no derivative. In the other order there is.
//!
//! Over dual numbers, for higher derivatives, the clock's time is that of the event in its value alone. All of the above
//! is then meant where the event is, a [`Flow::lag`] from the clock: tangents and cotangents are taken there before, and
//! back after.
//!
//! [`Flow::lag`]: crate::integrate::Flow::lag

use std::ops::ControlFlow;

use crate::integrate::Cause;
use crate::integrate::Event;
use crate::integrate::EventRecord;
use crate::integrate::EventSet;
use crate::integrate::Flow;
use crate::integrate::Trigger;
use crate::integrate::add_product;
use crate::integrate::differs;
use crate::integrate::landing;
use crate::problem::Jvp;
use crate::problem::Rhs;
use crate::problem::Vjp;
use crate::real::Dual;
use crate::real::Real;
use crate::sensitivity::lifted::LiftedRhs;
use crate::sensitivity::lifted::ParamsOf;
use crate::sensitivity::lifted::StateOf;
use crate::sensitivity::shift::shift_jvp;
use crate::sensitivity::shift::shift_vjp;
use crate::sensitivity::tape::Jump;
use crate::space::Lift;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::dot;

/// An event whose condition and effect have derivatives.
///
/// Events of functions with `#[differentiable]` have theirs ([`Crossing::of`](crate::integrate::Crossing::of) and its like).
/// An event of your own that is written for every `T: Real` gets them in [`Differentiable`].
#[diagnostic::on_unimplemented(
    message = "the event `{Self}` has no derivatives",
    note = "closures have none: write what it waits for and what it does as functions with `#[differentiable]`, and add them \
            by their names: `.event(Crossing::of::<condition, effect>())`"
)]
pub trait DifferentiableEvent<T: Real, F: Rhs<T>>: Event<T, F> {
    /// The derivative of the condition along `(u_dot, p_dot, t_dot)`.
    #[allow(clippy::too_many_arguments)]
    fn condition_jvp(
        &self,
        u: &F::State,
        u_dot: &F::State,
        p: &F::Params,
        p_dot: &F::Params,
        t: T,
        t_dot: T,
    ) -> T;

    /// Adds the gradient of the condition to `u_bar`, `p_bar` and `t_bar`.
    fn condition_gradient(
        &self,
        u: &F::State,
        p: &F::Params,
        t: T,
        bars: (&mut F::State, &mut F::Params, &mut T),
    );

    /// Takes the tangents `u_dot` and `p_dot` from before the effect to after it; `u` and `p` are those before.
    fn affect_jvp(&self, u: &F::State, p: &F::Params, t: T, dots: (&mut F::State, &mut F::Params, T));

    /// Takes the cotangents `u_bar` and `p_bar` from after the effect to before it, and adds to `t_bar`; `u` and `p`
    /// are those before.
    fn affect_vjp(&self, u: &F::State, p: &F::Params, t: T, bars: (&mut F::State, &mut F::Params, &mut T));
}

/// The events of a solver, all of them with derivatives.
#[diagnostic::on_unimplemented(
    message = "the events `{Self}` have no derivatives",
    note = "closures have none: write what each waits for and what it does as functions with `#[differentiable]`, and add them \
            by their names: `.event(Crossing::of::<condition, effect>())`"
)]
pub trait DifferentiableEvents<T: Real, F: Rhs<T>>: EventSet<T, F> {
    /// Event `i`; `None` where there are fewer.
    fn differentiable(&self, i: usize) -> Option<&dyn DifferentiableEvent<T, F>>;
}

impl<T: Real, F: Rhs<T>> DifferentiableEvents<T, F> for () {
    fn differentiable(&self, _: usize) -> Option<&dyn DifferentiableEvent<T, F>> {
        None
    }
}

impl<T: Real, F: Rhs<T>, A: DifferentiableEvents<T, F>, B: DifferentiableEvent<T, F>>
    DifferentiableEvents<T, F> for (A, B)
{
    fn differentiable(&self, i: usize) -> Option<&dyn DifferentiableEvent<T, F>> {
        if i == self.0.len() { Some(&self.1) } else { self.0.differentiable(i) }
    }
}

impl<T: Real, F: Rhs<T>, E: DifferentiableEvents<T, F>> DifferentiableEvents<T, F> for &E {
    fn differentiable(&self, i: usize) -> Option<&dyn DifferentiableEvent<T, F>> {
        (**self).differentiable(i)
    }
}

/// The times at which a model is asked for its slopes before and after: on either side of a switch.
fn sides<T: Real>(cause: Cause, t: f64, behind: f64) -> [T; 2] {
    match cause {
        Cause::Event(_) => [t, behind],
        Cause::Switch { beside, .. } | Cause::Break { beside, .. } => beside,
    }
    .map(T::lit)
}

/// The reverse of the formulas above: takes `u_bar` and `p_bar` from after an event to before it.
///
/// Both are cotangents at the time on the clock; `time_bar` is that of the time of the event. Returns the cotangent of
/// the clock, which moves with a step's end. `slope` is memory.
pub(super) fn pull_jump<T: Real, F: Vjp<T>>(
    f: &F,
    event: &dyn DifferentiableEvent<T, F>,
    jump: &Jump<F::State, F::Params>,
    time_bar: T,
    slope: &mut F::State,
    bars: (&mut F::State, &mut F::Params),
) -> T {
    pull_jump_of(f, event, jump, time_bar, slope, bars, true).0
}

/// The same, of the cotangents of the loss or of its error: of these a system with a past keeps nothing that it looked up.
/// Beside the cotangent of the clock it returns that of the condition.
pub(super) fn pull_jump_of<T: Real, F: Vjp<T>>(
    f: &F,
    event: &dyn DifferentiableEvent<T, F>,
    jump: &Jump<F::State, F::Params>,
    time_bar: T,
    slope: &mut F::State,
    (u_bar, p_bar): (&mut F::State, &mut F::Params),
    of_loss: bool,
) -> (T, T) {
    let (p, p_behind) = (&jump.before.1, &jump.after.1);
    let t = T::lit(jump.t);
    // A past is asked by the step that ended there.
    let is_late = F::BREAKS && jump.cause.is_event();
    let [just_before, just_after] = match sides(jump.cause, jump.t, jump.behind) {
        [_, after] if is_late => [T::lit(jump.t.next_down()), after],
        sides => sides,
    };
    let mut u = jump.before.0.clone();
    let crosses = matches!(event.trigger(), Trigger::Crossing(_));
    let mut slope_at = |u: &F::State, t, out: &mut F::State| f.rhs(out, u, p, t);
    let mut flow = Flow { slope: &mut slope_at, p };
    let condition = |u: &F::State, p: &F::Params, t| event.condition(u, p, t);
    let lag = if crosses { flow.lag(condition, &u, jump.t) } else { T::ZERO };
    flow.shift(&mut u, just_before, lag);
    let at = t + lag;
    let mut landed = if jump.ends { Vec::new() } else { landing(f, (p, p_behind), jump.t) };
    landed.retain(|which| moves_apart(f, event, *which, (&u, p, p_behind, at), (just_before + lag, slope)));
    let mut work = Workspace::new();
    let (mut lag_bar, mut t_bar) = (time_bar, time_bar);
    let mut condition_bar = T::ZERO;
    if crosses && !jump.ends {
        let mut behind = u.clone();
        // Whether the solve ends there is known.
        let _ = event.affect(&mut behind, &mut p.clone(), at);
        shift_vjp(f, (&behind, u_bar), (p_behind, p_bar), (just_after + lag, &mut t_bar), -lag, &mut work);
        f.rhs(slope, &behind, p_behind, just_after + lag);
        lag_bar += -dot(u_bar, slope);
    }
    let mut affect_t_bar = T::ZERO;
    event.affect_vjp(&u, p, at, (&mut *u_bar, &mut *p_bar, &mut affect_t_bar));
    t_bar += affect_t_bar;
    if crosses {
        f.rhs(slope, &u, p, just_before + lag);
        lag_bar += affect_t_bar + dot(u_bar, slope);
        let (mut u_g, mut p_g, mut t_g) = (u.zeros_like(), p.zeros_like(), T::ZERO);
        let breaks = F::BREAKS && matches!(jump.cause, Cause::Break { .. });
        let place = ((jump.t, just_before), (&u, p));
        let breaks = breaks && f.pull_break(place, T::ONE, false, (&mut u_g, &mut p_g, &mut t_g));
        if !breaks {
            event.condition_gradient(&u, p, at, (&mut u_g, &mut p_g, &mut t_g));
        }
        let factor = -lag_bar / (dot(&u_g, slope) + t_g);
        condition_bar = factor;
        if breaks && of_loss {
            let bars = (&mut u.zeros_like(), &mut *p_bar, &mut T::lit(0.0));
            f.pull_break(place, factor, true, bars);
        }
        add_product(u_bar, factor, &u_g);
        add_product(p_bar, factor, &p_g);
        t_bar += factor * t_g;
        shift_vjp(f, (&jump.before.0, u_bar), (p, p_bar), (just_before, &mut t_bar), lag, &mut work);
    }
    if !landed.is_empty() || jump.displaced {
        let bars = u_bar.as_mut_slice().iter_mut().chain(p_bar.as_mut_slice());
        bars.for_each(|bar| *bar = T::lit(f64::NAN));
    }
    (t_bar, condition_bar)
}

/// Whether a switching time that an event moves onto its own moves otherwise than the event does, with anything before it: then
/// it may come before or behind it. State, parameters before and after, and time are those of the event.
fn moves_apart<T: Real, F: Vjp<T>>(
    f: &F,
    event: &dyn DifferentiableEvent<T, F>,
    which: usize,
    (u, p, p_behind, at): (&F::State, &F::Params, &F::Params, T),
    (just_before, slope): (T, &mut F::State),
) -> bool {
    let (mut u_bar, mut p_bar, mut t_bar) = (u.zeros_like(), p.zeros_like(), T::ZERO);
    let mut bars = vec![T::ZERO; F::SWITCHES];
    bars[which] = T::ONE;
    f.switching_gradient(p_behind, &bars, &mut p_bar, &mut Workspace::new());
    event.affect_vjp(u, p, at, (&mut u_bar, &mut p_bar, &mut t_bar));
    let (mut u_g, mut p_g, mut t_g) = (u.zeros_like(), p.zeros_like(), T::ZERO);
    let mut factor = T::ZERO;
    if matches!(event.trigger(), Trigger::Crossing(_)) {
        event.condition_gradient(u, p, at, (&mut u_g, &mut p_g, &mut t_g));
        f.rhs(slope, u, p, just_before);
        factor = (dot(&u_bar, slope) + t_bar - T::ONE) / (dot(&u_g, slope) + t_g);
    }
    let apart = |(bar, of): (&T, &T)| differs::<T>(bar.value(), (factor * *of).value());
    u_bar.as_slice().iter().zip(u_g.as_slice()).any(apart)
        || p_bar.as_slice().iter().zip(p_g.as_slice()).any(apart)
}

/// The formulas above: takes `u_dot` and `p_dot` from before an event to after it; returns how its time moves.
///
/// The clock moves by `t_dot`. `slope` is memory.
pub(super) fn push_jump<T: Real, F: Jvp<T>>(
    f: &F,
    event: &dyn DifferentiableEvent<T, F>,
    record: &EventRecord<'_, F::State, F::Params>,
    t_dot: T,
    slope: &mut F::State,
    (u_dot, p_dot): (&mut F::State, &mut F::Params),
) -> T {
    let (p, p_behind) = (record.before.1, record.after.1);
    let mut u = record.before.0.clone();
    let mut t = T::lit(record.t);
    let [just_before, just_after] = sides(record.cause, record.t, record.behind);
    let mut lag_dot = T::ZERO;
    let crosses = matches!(event.trigger(), Trigger::Crossing(_));
    let condition = |u: &F::State, p: &F::Params, t| event.condition(u, p, t);
    let mut slope_at = |u: &F::State, t, out: &mut F::State| f.rhs(out, u, p, t);
    let mut flow = Flow { slope: &mut slope_at, p };
    let lag = if crosses { flow.lag(condition, &u, record.t) } else { T::ZERO };
    if crosses {
        shift_jvp(f, (&mut u, u_dot), (p, p_dot), (just_before, t_dot), lag);
        t += lag;
        f.rhs(slope, &u, p, just_before + lag);
        let (mut u_g, mut p_g, mut t_g) = (u.zeros_like(), p.zeros_like(), T::ZERO);
        event.condition_gradient(&u, p, t, (&mut u_g, &mut p_g, &mut t_g));
        let moved = event.condition_jvp(&u, u_dot, p, p_dot, t, t_dot);
        lag_dot = -moved / (dot(&u_g, slope) + t_g);
        add_product(u_dot, lag_dot, slope);
    }
    event.affect_jvp(&u, p, t, (&mut *u_dot, &mut *p_dot, t_dot + lag_dot));
    if crosses && !record.ends {
        // Whether the solve ends there is known.
        let _ = event.affect(&mut u, &mut p.clone(), t);
        f.rhs(slope, &u, p_behind, just_after + lag);
        add_product(u_dot, -lag_dot, slope);
        shift_jvp(f, (&mut u, u_dot), (p_behind, p_dot), (just_after + lag, t_dot), -lag);
    }
    let landed = if record.ends { Vec::new() } else { landing(f, (p, p_behind), record.t) };
    if !landed.is_empty() {
        let (mut dots, moved) = (vec![T::ZERO; F::SWITCHES], t_dot + lag_dot);
        f.switching_tangents(p_behind, p_dot, &mut dots);
        if landed.into_iter().any(|which| differs::<T>(dots[which].value(), moved.value())) {
            u_dot.as_mut_slice().fill(T::lit(f64::NAN));
        }
    }
    if record.displaced {
        u_dot.as_mut_slice().fill(T::lit(f64::NAN));
    }
    t_dot + lag_dot
}

/// An event that is written for every `T: Real`, with the derivatives that dual numbers give it.
///
/// A vector-Jacobian product takes one evaluation for each component of state and parameters.
#[derive(Debug, Clone, Copy)]
pub struct Differentiable<E>(
    /// The event.
    pub E,
);

impl<T: Real, F: Rhs<T>, E: Event<T, F>> Event<T, F> for Differentiable<E> {
    fn trigger(&self) -> Trigger<'_> {
        self.0.trigger()
    }
    fn condition(&self, u: &F::State, p: &F::Params, t: T) -> T {
        self.0.condition(u, p, t)
    }
    fn next(&self, u: &F::State, p: &F::Params, t: f64) -> Option<f64> {
        self.0.next(u, p, t)
    }
    fn affect(&self, u: &mut F::State, p: &mut F::Params, t: T) -> ControlFlow<()> {
        self.0.affect(u, p, t)
    }
}

/// A vector with tangents.
fn along<T: Real, V: Lift<T, Dual<T, 1>>>(x: &V, x_dot: &V) -> V::Lifted {
    let mut x_dot = x_dot.as_slice().iter();
    x.lift(&mut |x| Dual::new(x, [x_dot.next().copied().unwrap_or(T::ZERO)]))
}

/// A vector of which component `i` moves, if there is one.
fn along_unit<T: Real, V: Lift<T, Dual<T, 1>>>(x: &V, i: Option<usize>) -> V::Lifted {
    let mut next = 0;
    x.lift(&mut |x| {
        let moves = i == Some(next);
        next += 1;
        Dual::new(x, [if moves { T::ONE } else { T::ZERO }])
    })
}

/// `Σ_i bar_i dot_i` with the tangents of a lifted vector.
fn dot_tangents<T: Real>(bar: &[T], lifted: &[Dual<T, 1>]) -> T {
    let mut sum = T::ZERO;
    for (bar, x) in bar.iter().zip(lifted) {
        sum += *bar * x.tangents[0];
    }
    sum
}

impl<T, F, E> DifferentiableEvent<T, F> for Differentiable<E>
where
    T: Real,
    F: LiftedRhs<T, Dual<T, 1>>,
    E: Event<T, F> + Event<Dual<T, 1>, F>,
{
    fn condition_jvp(
        &self,
        u: &StateOf<F, T>,
        u_dot: &StateOf<F, T>,
        p: &ParamsOf<F, T>,
        p_dot: &ParamsOf<F, T>,
        t: T,
        t_dot: T,
    ) -> T {
        let (u, p) = (along(u, u_dot), along(p, p_dot));
        <E as Event<Dual<T, 1>, F>>::condition(&self.0, &u, &p, Dual::new(t, [t_dot])).tangents[0]
    }

    fn condition_gradient(
        &self,
        u: &StateOf<F, T>,
        p: &ParamsOf<F, T>,
        t: T,
        (u_bar, p_bar, t_bar): (&mut StateOf<F, T>, &mut ParamsOf<F, T>, &mut T),
    ) {
        let bars = u_bar.as_mut_slice().iter_mut().chain(p_bar.as_mut_slice()).chain([t_bar]);
        let (n, count) = (u.as_slice().len(), u.as_slice().len() + p.as_slice().len());
        for (i, bar) in bars.enumerate() {
            let (u, p) = (along_unit(u, Some(i)), along_unit(p, i.checked_sub(n)));
            let t = Dual::new(t, [if i == count { T::ONE } else { T::ZERO }]);
            *bar += <E as Event<Dual<T, 1>, F>>::condition(&self.0, &u, &p, t).tangents[0];
        }
    }

    fn affect_jvp(
        &self,
        u: &StateOf<F, T>,
        p: &ParamsOf<F, T>,
        t: T,
        (u_dot, p_dot, t_dot): (&mut StateOf<F, T>, &mut ParamsOf<F, T>, T),
    ) {
        let (mut u, mut p) = (along(u, u_dot), along(p, p_dot));
        // Whether the solve ends here does not vary.
        let _ = <E as Event<Dual<T, 1>, F>>::affect(&self.0, &mut u, &mut p, Dual::new(t, [t_dot]));
        let dots = u_dot.as_mut_slice().iter_mut().chain(p_dot.as_mut_slice());
        for (dot, x) in dots.zip(u.as_slice().iter().chain(p.as_slice())) {
            *dot = x.tangents[0];
        }
    }

    fn affect_vjp(
        &self,
        u: &StateOf<F, T>,
        p: &ParamsOf<F, T>,
        t: T,
        (u_bar, p_bar, t_bar): (&mut StateOf<F, T>, &mut ParamsOf<F, T>, &mut T),
    ) {
        let (u_after, p_after) = (u_bar.clone(), p_bar.clone());
        let bars = u_bar.as_mut_slice().iter_mut().chain(p_bar.as_mut_slice());
        let n = u.as_slice().len();
        let pull = |i: Option<usize>, t: Dual<T, 1>| {
            let (mut u, mut p) = (along_unit(u, i), along_unit(p, i.and_then(|i| i.checked_sub(n))));
            let _ = <E as Event<Dual<T, 1>, F>>::affect(&self.0, &mut u, &mut p, t);
            dot_tangents(u_after.as_slice(), u.as_slice()) + dot_tangents(p_after.as_slice(), p.as_slice())
        };
        for (i, bar) in bars.enumerate() {
            *bar = pull(Some(i), Dual::constant(t));
        }
        *t_bar += pull(None, Dual::new(t, [T::ONE]));
    }
}
