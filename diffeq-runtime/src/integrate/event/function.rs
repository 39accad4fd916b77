//! What events wait for and what they do: closures, or functions by their names.

use std::fmt;
use std::marker::PhantomData;

use crate::problem::ConditionFn;
use crate::problem::EffectFn;
use crate::problem::PredicateFn;
use crate::real::Real;

/// What passes through zero: a closure `|u: &S, p: &P, t: T| -> T`, or a function [by its name](Of).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a condition for a state `{S}` with parameters `{P}`",
    note = "a condition is a closure `|u: &S, p: &P, t| -> real`, or by its name a function `#[differentiable] \
            fn level(u: &S, p: &P, t: f64) -> f64`, over the types of the model; the function may leave out `p` \
            and `t`"
)]
pub trait Condition<T, S, P> {
    /// Its value.
    fn value(&self, u: &S, p: &P, t: T) -> T;
}

/// What holds: a closure `|u: &S, p: &P, t: T| -> bool`, or a function [by its name](Of).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a predicate for a state `{S}` with parameters `{P}`",
    note = "a predicate is a closure `|u: &S, p: &P, t| -> bool`, or by its name a function `#[differentiable] \
            fn is_high(u: &S, p: &P, t: f64) -> bool`, over the types of the model; the function may leave out \
            `p` and `t`"
)]
pub trait Predicate<T, S, P> {
    /// Its value.
    fn holds(&self, u: &S, p: &P, t: T) -> bool;
}

/// What changes state and parameters: a closure `|u: &mut S, p: &mut P, t: T|`, or a function [by its name](Of).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an effect for a state `{S}` with parameters `{P}`",
    note = "an effect is a closure `|u: &mut S, p: &mut P, t|`, or by its name a function `#[differentiable] fn \
            kick(u: &mut S, p: &P, t: f64)`, over the types of the model; the function may leave out `p` and \
            `t`, and take `p: &mut P`"
)]
pub trait Effect<T, S, P> {
    /// Changes them.
    fn apply(&self, u: &mut S, p: &mut P, t: T);
}

/// A function with `#[differentiable]` by its name, as a value: that name is a type, too, which leads to its derivatives.
pub struct Of<F>(PhantomData<fn() -> F>);

impl<F> Of<F> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

// A derive would ask the function's type for it.
impl<F> Clone for Of<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Of<F> {}

impl<F> fmt::Debug for Of<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<F>())
    }
}

impl<T, S, P, C: Fn(&S, &P, T) -> T> Condition<T, S, P> for C {
    fn value(&self, u: &S, p: &P, t: T) -> T {
        self(u, p, t)
    }
}

impl<T: Real, S, P, C: ConditionFn<T, S, P>> Condition<T, S, P> for Of<C> {
    fn value(&self, u: &S, p: &P, t: T) -> T {
        C::value(u, p, t)
    }
}

impl<T, S, P, C: Fn(&S, &P, T) -> bool> Predicate<T, S, P> for C {
    fn holds(&self, u: &S, p: &P, t: T) -> bool {
        self(u, p, t)
    }
}

impl<T: Real, S, P, C: PredicateFn<T, S, P>> Predicate<T, S, P> for Of<C> {
    fn holds(&self, u: &S, p: &P, t: T) -> bool {
        C::holds(u, p, t)
    }
}

impl<T, S, P, A: Fn(&mut S, &mut P, T)> Effect<T, S, P> for A {
    fn apply(&self, u: &mut S, p: &mut P, t: T) {
        self(u, p, t)
    }
}

impl<T: Real, S, P, A: EffectFn<T, S, P>> Effect<T, S, P> for Of<A> {
    fn apply(&self, u: &mut S, p: &mut P, t: T) {
        A::apply(u, p, t)
    }
}
