//! Functions of state, parameters and time beside the right-hand side: what `#[differentiable]` makes of those that fit.

use crate::real::Real;
use crate::space::Vector;
use crate::space::Workspace;

/// A `#[differentiable]` function that reads a state and returns a real: `fn(u: &S, p: &P, t: f64) -> f64`, where `p` and `t`
/// may be left out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no condition for a state `{S}` with parameters `{P}`",
    note = "a condition is a function `#[differentiable] fn {Self}(u: &S, p: &P, t: f64) -> f64` over the types of the model, \
            of which `p` and `t` may be left out; one that returns `bool` is for `Discrete`"
)]
pub trait ConditionFn<T: Real, S, P> {
    /// Its value.
    fn value(u: &S, p: &P, t: T) -> T;
    /// Its derivative along `(u_dot, p_dot, t_dot)`.
    fn tangent(u: (&S, &S), p: (&P, &P), t: (T, T)) -> T;
    /// Adds its gradient to the cotangents of state, parameters and time.
    fn gradient(u: &S, p: &P, t: T, bars: (&mut S, &mut P, &mut T), work: &mut Workspace<T>);
}

/// A `#[differentiable]` function that reads a state and says yes or no: `fn(u: &S, p: &P, t: f64) -> bool`, where `p` and
/// `t` may be left out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say yes or no of a state `{S}` with parameters `{P}`",
    note = "it is a function `#[differentiable] fn {Self}(u: &S, p: &P, t: f64) -> bool` over the types of the model, of which \
            `p` and `t` may be left out; one that returns `f64` is for `Crossing`"
)]
pub trait PredicateFn<T: Real, S, P> {
    /// Its value.
    fn holds(u: &S, p: &P, t: T) -> bool;
}

/// A `#[differentiable]` function that changes a state: `fn(u: &mut S, p: &P, t: f64)`, or with `p: &mut P`, where `p` and `t`
/// may be left out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no effect on a state `{S}` with parameters `{P}`",
    note = "an effect is a function `#[differentiable] fn {Self}(u: &mut S, p: &P, t: f64)` over the types of the model, of \
            which `p` and `t` may be left out; `p: &mut P` changes the parameters, too"
)]
pub trait EffectFn<T: Real, S, P> {
    /// Whether it changes the parameters.
    const CHANGES_PARAMS: bool;
    /// Changes state and parameters.
    fn apply(u: &mut S, p: &mut P, t: T);
    /// Takes tangents from before it to after it; `u` and `p` are those before.
    fn tangent(u: (&S, &mut S), p: (&P, &mut P), t: (T, T));
    /// Takes the cotangents `after` of what it changes to before it: adds to those of state, parameters and time. Those of
    /// what it changes are zero when it is called.
    fn pull(u: &S, p: &P, t: T, after: (S, P), bars: (&mut S, &mut P, &mut T), work: &mut Workspace<T>);
}

/// A `#[differentiable]` function of the time that returns a state: `fn(p: &P, t: f64) -> S`, where `p` may be left out. It is
/// what was before the start of a delayed equation.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no history of states `{S}` with parameters `{P}`",
    note = "a history is a function `#[differentiable] fn {Self}(p: &P, t: f64) -> S` over the types of the model, of which \
            `p` may be left out"
)]
pub trait HistoryFn<T: Real, S, P> {
    /// Whether it may jump or bend at times that parameters move.
    const HIDES_SWITCHES: bool = false;
    /// The state at a time.
    fn value(p: &P, t: T) -> S;
    /// How fast it moved; `zeros` are parameters that do not move.
    fn slope(p: &P, zeros: &P, t: T) -> S;
    /// How fast its slope changes.
    fn curvature(p: &P, t: T) -> S;
    /// Adds what the cotangent of the state says of the parameters.
    fn pull(p: &P, t: T, bar: S, p_bar: &mut P, work: &mut Workspace<T>);
    /// The same of the cotangent of its slope.
    fn slope_pull(p: &P, t: T, bar: S, p_bar: &mut P);
}

/// Never zero, and without a derivative.
impl<T: Real, S, P> ConditionFn<T, S, P> for () {
    fn value(_: &S, _: &P, _: T) -> T {
        T::ONE
    }
    fn tangent(_: (&S, &S), _: (&P, &P), _: (T, T)) -> T {
        T::ZERO
    }
    fn gradient(_: &S, _: &P, _: T, _: (&mut S, &mut P, &mut T), _: &mut Workspace<T>) {}
}

/// Changes nothing.
impl<T: Real, S: Vector<T>, P> EffectFn<T, S, P> for () {
    const CHANGES_PARAMS: bool = false;
    fn apply(_: &mut S, _: &mut P, _: T) {}
    fn tangent(_: (&S, &mut S), _: (&P, &mut P), _: (T, T)) {}
    fn pull(_: &S, _: &P, _: T, after: (S, P), bars: (&mut S, &mut P, &mut T), _: &mut Workspace<T>) {
        *bars.0 = after.0;
    }
}
