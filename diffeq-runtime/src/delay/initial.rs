//! What was before the start.

use std::marker::PhantomData;

use crate::problem::HistoryFn;
use crate::real::Real;
use crate::space::Lift;
use crate::space::Vector;
use crate::space::Workspace;

/// The states before the start of a solve: `φ(t, p)` for `t` before `t0`. `φ(t0)` need not be `u0`.
///
/// Derivatives by the history pass through the numbers that it is made of, where these carry some, and through `p`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a history for states `{V}` and parameters `{P}`",
    note = "give `Constant(u)`, a closure by `Given(|t| ..)` or `Phi::new(|p, t| ..)`, or a function with `#[differentiable]` by \
            `Before::of::<history>()`"
)]
pub trait Initial<T: Real, V, P> {
    /// Component `i` at a time, or its derivative by the time of order one or two; NaN where it has none.
    fn component(&self, t: T, p: &P, i: usize, order: usize) -> T;
    /// Adds to `p_bar` what the cotangent of a component, or of its derivative by the time, says of the parameters; false where
    /// that is not known.
    ///
    /// Unless it is overridden the history does not depend on them. A cotangent of the numbers that it is made of is kept
    /// beside: see [`DdeProblem::history_gradient`](crate::delay::DdeProblem::history_gradient).
    fn pull(&self, at: (T, usize, usize), p: &P, bar: T, p_bar: &mut P) -> bool {
        let _ = (at, p, bar, p_bar);
        true
    }
    /// Whether it is the state at the start, which rested there: what [`component`](Initial::component) says does not matter
    /// then.
    const RESTS: bool = false;
    /// Whether it may jump or bend at times that parameters move: of what comes of it no derivative knows its error.
    const HIDES_SWITCHES: bool = false;
    /// Whether it is a history of states of so many components.
    fn fits(&self, width: usize) -> bool {
        let _ = width;
        true
    }
    /// The earliest time that it knows.
    fn begin(&self) -> f64 {
        f64::NEG_INFINITY
    }
    /// The latest time that it knows.
    fn end(&self) -> f64 {
        f64::INFINITY
    }
    /// Times before `t0` at which it is not smooth, each with the lowest order of a derivative that jumps: 0 for a jump of the
    /// history itself.
    fn breaks(&self) -> Vec<(f64, usize)> {
        Vec::new()
    }
}

/// A history that rests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Constant<V>(
    /// The state before the start.
    pub V,
);

impl<T: Real, V: Vector<T>, P> Initial<T, V, P> for Constant<V> {
    fn fits(&self, width: usize) -> bool {
        self.0.as_slice().len() == width
    }
    #[inline]
    fn component(&self, _: T, _: &P, i: usize, order: usize) -> T {
        if order == 0 { self.0.as_slice().get(i).copied().unwrap_or(T::lit(f64::NAN)) } else { T::ZERO }
    }
}

/// The history of what rested at the state that it starts from, whatever that is: derivatives by the start see both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AtRest;

impl<T: Real, V: Vector<T>, P> Initial<T, V, P> for AtRest {
    const RESTS: bool = true;
    fn component(&self, _: T, _: &P, _: usize, _: usize) -> T {
        T::lit(f64::NAN)
    }
}

/// A history that exists over other numbers as well, such as dual ones: what forward mode on dfdx's tape asks for.
#[diagnostic::on_unimplemented(
    message = "the history `{Self}` is not one over dual numbers",
    note = "closures are written for one kind of numbers: give `Constant`, `AtRest`, `Data`, or a function with \
            `#[differentiable]` by `Before::of::<history>()`"
)]
pub trait LiftedInitial<T: Real, U: Real> {
    /// The history over `U`.
    type Lifted;
    /// The same history; `constant` gives a number that does not vary.
    fn lifted(&self, constant: &mut impl FnMut(T) -> U) -> Self::Lifted;
}

impl<T: Real, U: Real, V: Lift<T, U>> LiftedInitial<T, U> for Constant<V> {
    type Lifted = Constant<V::Lifted>;
    fn lifted(&self, constant: &mut impl FnMut(T) -> U) -> Self::Lifted {
        Constant(self.0.lift(constant))
    }
}

impl<T: Real, U: Real> LiftedInitial<T, U> for AtRest {
    type Lifted = AtRest;
    fn lifted(&self, _: &mut impl FnMut(T) -> U) -> AtRest {
        AtRest
    }
}

impl<T: Real, U: Real, C> LiftedInitial<T, U> for Before<C> {
    type Lifted = Before<C>;
    fn lifted(&self, _: &mut impl FnMut(T) -> U) -> Before<C> {
        *self
    }
}

/// A history by a function `φ(p, t)`, and for neutral equations its slope.
#[derive(Debug, Clone, Copy)]
pub struct Phi<G, D = ()> {
    value: G,
    slope: D,
}

impl<G> Phi<G> {
    /// A history by its values `|p, t| ..`. It has no slope, which neutral equations ask for.
    pub fn new(value: G) -> Self {
        Self { value, slope: () }
    }

    /// The same with its slope, `|p, t| ..` as well.
    pub fn slope<D>(self, slope: D) -> Phi<G, D> {
        Phi { value: self.value, slope }
    }
}

/// What a history may say of its slope.
pub trait PhiSlope<T, V, P> {
    /// The slope at a time.
    fn slope(&self, p: &P, t: T) -> Option<V>;
}

impl<T, V, P> PhiSlope<T, V, P> for () {
    fn slope(&self, _: &P, _: T) -> Option<V> {
        None
    }
}

impl<T, V, P, D: Fn(&P, T) -> V> PhiSlope<T, V, P> for D {
    fn slope(&self, p: &P, t: T) -> Option<V> {
        Some(self(p, t))
    }
}

impl<T: Real, V: Vector<T>, P: Vector<T>, G: Fn(&P, T) -> V, D: PhiSlope<T, V, P>> Initial<T, V, P>
    for Phi<G, D>
{
    /// What a closure makes of the parameters nobody sees.
    fn pull(&self, _: (T, usize, usize), _: &P, _: T, p_bar: &mut P) -> bool {
        p_bar.as_slice().is_empty()
    }

    fn component(&self, t: T, p: &P, i: usize, order: usize) -> T {
        let state = match order {
            0 => Some((self.value)(p, t)),
            1 => self.slope.slope(p, t),
            _ => None,
        };
        let nan = T::lit(f64::NAN);
        state.map_or(nan, |state| state.as_slice().get(i).copied().unwrap_or(nan))
    }
}

/// A history that is given: a function of the time alone. No derivative is taken by it.
#[derive(Debug, Clone, Copy)]
pub struct Given<G>(
    /// `|t| ..`
    pub G,
);

impl<G> Given<G> {
    /// The same with its slope, `|t| ..` as well, which neutral equations ask for.
    pub fn slope<D>(self, slope: D) -> GivenSlope<G, D> {
        GivenSlope { value: self.0, slope }
    }
}

/// A [`Given`] history with its slope.
#[derive(Debug, Clone, Copy)]
pub struct GivenSlope<G, D> {
    value: G,
    slope: D,
}

impl<T: Real, V: Vector<T>, P, G: Fn(T) -> V, D: Fn(T) -> V> Initial<T, V, P> for GivenSlope<G, D> {
    fn component(&self, t: T, _: &P, i: usize, order: usize) -> T {
        let nan = T::lit(f64::NAN);
        let state = match order {
            0 => (self.value)(t),
            1 => (self.slope)(t),
            _ => return nan,
        };
        state.as_slice().get(i).copied().unwrap_or(nan)
    }
}

impl<T: Real, V: Vector<T>, P, G: Fn(T) -> V> Initial<T, V, P> for Given<G> {
    fn component(&self, t: T, _: &P, i: usize, order: usize) -> T {
        let nan = T::lit(f64::NAN);
        if order > 0 {
            return nan;
        }
        (self.0)(t).as_slice().get(i).copied().unwrap_or(nan)
    }
}

/// A history by a function with `#[differentiable]`, `fn(p: &P, t: f64) -> S` or `fn(t: f64) -> S`: every derivative passes
/// through it.
///
/// The function is taken by its name, which is a type: `Before::of::<season>()`.
pub struct Before<C = ()> {
    function: PhantomData<fn() -> C>,
}

impl Before {
    /// The history that a function gives.
    pub fn of<C>() -> Before<C> {
        Before { function: PhantomData }
    }
}

impl<C> Default for Before<C> {
    fn default() -> Self {
        Self { function: PhantomData }
    }
}

impl<C> Clone for Before<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Before<C> {}

impl<T: Real, V: Vector<T>, P: Vector<T>, C: HistoryFn<T, V, P>> Initial<T, V, P> for Before<C> {
    const HIDES_SWITCHES: bool = C::HIDES_SWITCHES;

    fn component(&self, t: T, p: &P, i: usize, order: usize) -> T {
        let nan = T::lit(f64::NAN);
        let state = match order {
            0 => C::value(p, t),
            1 => C::slope(p, &p.zeros_like(), t),
            2 => C::curvature(p, t),
            _ => return nan,
        };
        state.as_slice().get(i).copied().unwrap_or(nan)
    }

    fn pull(&self, (t, i, order): (T, usize, usize), p: &P, bar: T, p_bar: &mut P) -> bool {
        let mut seed = C::value(p, t).zeros_like();
        let Some(of_component) = seed.as_mut_slice().get_mut(i) else { return false };
        *of_component = bar;
        match order {
            0 => C::pull(p, t, seed, p_bar, &mut Workspace::new()),
            _ => C::slope_pull(p, t, seed, p_bar),
        }
        true
    }
}
