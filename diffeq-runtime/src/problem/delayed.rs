//! What `#[dde]` implements: a right-hand side that looks at earlier states, and its derivatives.

use crate::problem::Mark;
use crate::problem::Model;
use crate::real::Real;
use crate::space::Own;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::read;

/// The states before the present one, as a function with `#[dde]` asks for them: `h(t - tau)`, `h(t - tau)[0]`,
/// `h.derivative(t - tau)`. `S` is the type of the state, as the function has it.
///
/// The argument is written `h: &impl History<S>`. Inside the attribute's function `h(x)` stands for `h.at(x)`.
pub trait History<S> {
    /// The state at an earlier time.
    fn at(&self, t: f64) -> S;
    /// How fast it moved then: what a neutral equation asks for.
    fn derivative(&self, t: f64) -> S;
}

/// A history that a kept function is called with: it writes the reals of the state at a time, or of its slope where the number
/// is one, in order.
#[doc(hidden)]
pub struct Earlier<'a>(pub &'a dyn Fn(f64, usize, &mut Vec<f64>));

impl Earlier<'_> {
    fn reals(&self, t: f64, order: usize) -> Vec<f64> {
        let mut reals = Vec::new();
        (self.0)(t, order, &mut reals);
        reals
    }
}

impl<S: Own> History<S> for Earlier<'_> {
    fn at(&self, t: f64) -> S {
        read(&self.reals(t, 0))
    }
    fn derivative(&self, t: f64) -> S {
        read(&self.reals(t, 1))
    }
}

impl History<Vec<f64>> for Earlier<'_> {
    fn at(&self, t: f64) -> Vec<f64> {
        self.reals(t, 0)
    }
    fn derivative(&self, t: f64) -> Vec<f64> {
        self.reals(t, 1)
    }
}

/// What decides on a lag, as `#[dde]` reads it off the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LagKind {
    /// Numbers of the source: `h(t - 0.1)`.
    Constant,
    /// Parameters: `h(t - p.tau)`.
    Parameter,
    /// The time, perhaps parameters: `h(0.5 * t)`.
    Time,
    /// The state, perhaps those before: `h(t - 1.0 - u.abs())`.
    State,
    /// Another delayed value, perhaps those before: `h(t - h(t - 1.0)[0])`.
    Delayed,
}

impl LagKind {
    /// Whether the lag stays what it is along a solve, so that break points are known before they come.
    pub const fn is_fixed(self) -> bool {
        matches!(self, LagKind::Constant | LagKind::Parameter)
    }
}

/// A lookup in the source of a delayed equation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// What decides on it.
    pub kind: LagKind,
    /// It asks for the slope, and not for the state: the equation is neutral.
    pub of_slope: bool,
}

/// A right-hand side `du/dt = f(u, h, p, t)` that may ask a history `h` for states before `t`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a delayed equation",
    note = "annotate the function with `#[dde]`, and give it a history: `h: &impl History<S>`"
)]
pub trait Delayed<T: Real>: Model {
    /// The state.
    type State: Vector<T>;
    /// The parameters.
    type Params: Vector<T>;
    /// The lookups in the order of the source; one in a loop is one.
    const LAGS: &'static [Lag];
    /// For each lookup whose lag [is fixed](LagKind::is_fixed), as often as loops run it, keeps the time that it asks for at
    /// `t`, then one where it asks for a slope and zero where it asks for a state.
    fn lags(&self, p: &Self::Params, t: T, work: &mut Workspace<T>);
    /// The same, and behind each how that time moves with the parameters.
    fn lag_tangents(&self, p: &Self::Params, p_dot: &Self::Params, t: T, work: &mut Workspace<T>);

    /// How many switching times the equation has: see [`System::SWITCHES`](crate::problem::System::SWITCHES).
    const SWITCHES: usize = 0;
    /// Writes the switching times, each in its place.
    fn switching_times(&self, p: &Self::Params, times: &mut [T]) {
        let _ = (p, times);
    }
    /// Writes how the switching times move with the parameters.
    fn switching_tangents(&self, p: &Self::Params, p_dot: &Self::Params, dots: &mut [T]) {
        let _ = (p, p_dot, dots);
    }
    /// Adds the gradient of `Σ_i bars[i] times[i]` to `p_bar`.
    fn switching_gradient(
        &self,
        p: &Self::Params,
        bars: &[T],
        p_bar: &mut Self::Params,
        work: &mut Workspace<T>,
    ) {
        let _ = (p, bars, p_bar, work);
    }

    /// Whether it switches at other times that move: see [`System::HIDES_SWITCHES`](crate::problem::System::HIDES_SWITCHES).
    const HIDES_SWITCHES: bool = false;

    /// Writes the derivative of `u` to `du`.
    fn rhs<H: Past<T, Self::State>>(
        &self,
        du: &mut Self::State,
        u: &Self::State,
        past: &H,
        p: &Self::Params,
        t: T,
    );

    /// Noise drives the solution, which has no slope, and nothing of it is differentiated by time: see [`System::ROUGH`](crate::problem::System::ROUGH).
    const ROUGH: bool = false;
    /// A step size near `h`, not above it, after which the equation is cheaper to ask than elsewhere: see [`System::stride`](crate::problem::System::stride).
    #[inline(always)]
    fn stride(&self, t: f64, h: f64) -> f64 {
        let _ = t;
        h
    }

    /// Whether [`written`](Delayed::written) is there.
    const WRITTEN: bool = false;
    /// The derivative of the function that the model was made of, as rustc compiles it: see [`Model::written`].
    #[doc(hidden)]
    fn written(du: &mut [f64], u: &[f64], past: &Earlier<'_>, p: &[f64], t: f64) {
        let _ = (du, u, past, p, t);
    }
    /// How many reals that are for a state of so many: where noise drives the solution those of the noise stand behind.
    #[doc(hidden)]
    fn written_len(state: usize) -> usize {
        state
    }
    /// The same of the model itself.
    #[doc(hidden)]
    fn outputs<H: Past<T, Self::State>>(&self, u: &Self::State, past: &H, p: &Self::Params, t: T) -> Vec<T> {
        let mut slope = u.zeros_like();
        self.rhs(&mut slope, u, past, p, t);
        slope.as_slice().to_vec()
    }
}

/// Jacobian-vector products of a delayed equation.
pub trait DelayedJvp<T: Real>: Delayed<T> {
    /// Writes the derivative to `du`, and to `du_dot` its derivative along a direction of everything, the past included.
    #[allow(clippy::too_many_arguments)]
    fn jvp<H: Past<T, Self::State>, D: PastTangent<T, Self::State>>(
        &self,
        du: &mut Self::State,
        du_dot: &mut Self::State,
        u: &Self::State,
        u_dot: &Self::State,
        past: &H,
        past_dot: &D,
        p: &Self::Params,
        p_dot: &Self::Params,
        t: T,
        t_dot: T,
    );
    /// Writes `df/dt` where the past rests: lookups move with the time.
    fn time_gradient<H: Past<T, Self::State>>(
        &self,
        df_dt: &mut Self::State,
        past: &H,
        u: &Self::State,
        p: &Self::Params,
        t: T,
    );
    /// Writes `df/du` times `u_dot` where the past rests.
    fn state_jvp<H: Past<T, Self::State>>(
        &self,
        du_dot: &mut Self::State,
        past: &H,
        u: &Self::State,
        u_dot: &Self::State,
        p: &Self::Params,
        t: T,
    );
}

/// Vector-Jacobian products of a delayed equation.
pub trait DelayedVjp<T: Real>: Delayed<T> {
    /// Adds `du_bar^T df/d(u, past, p, t)` to the cotangents; `du_bar` is used as scratch.
    #[allow(clippy::too_many_arguments)]
    fn vjp<H: Past<T, Self::State>, B: PastCotangent<T, Self::State>>(
        &self,
        du_bar: &mut Self::State,
        u: &Self::State,
        past: &H,
        past_bar: &mut B,
        p: &Self::Params,
        t: T,
        u_bar: &mut Self::State,
        p_bar: &mut Self::Params,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    );
    /// Adds `du_bar^T df/du` to `u_bar` where the past rests.
    #[allow(clippy::too_many_arguments)]
    fn state_vjp<H: Past<T, Self::State>>(
        &self,
        du_bar: &mut Self::State,
        u: &Self::State,
        past: &H,
        p: &Self::Params,
        t: T,
        u_bar: &mut Self::State,
        work: &mut Workspace<T>,
    );
}

/// Which components of the derivative can depend on which of the present state.
pub trait DelayedSparsity: Delayed<Mark> {
    /// A state and parameters without dependencies, of the lengths given where the types leave them open.
    fn blank(&self, state_len: usize, params_len: usize) -> (Self::State, Self::Params);
    /// Writes to `du` what each component depends on, given what the inputs depend on.
    fn dependencies(&self, du: &mut Self::State, u: &Self::State, p: &Self::Params, t: Mark);
}

/// What generated code asks for earlier states: a time is found once, then components are read there.
pub trait Past<T: Real, V: Vector<T>> {
    /// Where a time was found.
    type Place;
    /// Finds a time.
    fn find(&self, t: T) -> Self::Place;
    /// Component `i` at a place, or its derivative of first or second order by the time.
    fn read(&self, place: &Self::Place, i: usize, order: usize) -> T;
    /// A state.
    fn blank(&self) -> V;

    /// One component.
    #[inline]
    fn component_value(&self, t: T, i: usize) -> T {
        self.read(&self.find(t), i, 0)
    }
    /// A whole state.
    #[inline]
    fn state_value(&self, t: T) -> V {
        whole(self, &self.find(t), 0)
    }
    /// One component of the slope.
    #[inline]
    fn component_slope_value(&self, t: T, i: usize) -> T {
        self.read(&self.find(t), i, 1)
    }
    /// A whole slope.
    #[inline]
    fn state_slope_value(&self, t: T) -> V {
        whole(self, &self.find(t), 1)
    }
    /// One component, and how it moves with the past and with the time.
    #[inline]
    fn component_jvp<D: PastTangent<T, V>, A: Rate<T>>(
        &self,
        dot: &D,
        t: T,
        t_dot: A,
        i: usize,
        (): (),
    ) -> (T, T) {
        let place = self.find(t);
        (self.read(&place, i, 0), moved(self, dot, (&place, t), t_dot, i, 0))
    }
    /// A whole state, and how it moves.
    #[inline]
    fn state_jvp<D: PastTangent<T, V>, A: Rate<T>>(&self, dot: &D, t: T, t_dot: A) -> (V, V) {
        whole_jvp(self, dot, t, t_dot, 0)
    }
    /// One component of the slope, and how it moves.
    #[inline]
    fn component_slope_jvp<D: PastTangent<T, V>, A: Rate<T>>(
        &self,
        dot: &D,
        t: T,
        t_dot: A,
        i: usize,
        (): (),
    ) -> (T, T) {
        let place = self.find(t);
        (self.read(&place, i, 1), moved(self, dot, (&place, t), t_dot, i, 1))
    }
    /// A whole slope, and how it moves.
    #[inline]
    fn state_slope_jvp<D: PastTangent<T, V>, A: Rate<T>>(&self, dot: &D, t: T, t_dot: A) -> (V, V) {
        whole_jvp(self, dot, t, t_dot, 1)
    }
    /// Hands the cotangent of a component to the past and to the time.
    #[allow(clippy::too_many_arguments)]
    #[inline]
    fn component_vjp<B: PastCotangent<T, V>, A: RateBar<T>>(
        &self,
        t: T,
        i: usize,
        bar: T,
        past_bar: &mut B,
        t_bar: &mut A,
        (): &mut (),
        _: &mut Workspace<T>,
    ) {
        past_bar.take(t, i, 0, bar);
        if A::MOVES {
            t_bar.take(self.read(&self.find(t), i, 1) * bar);
        }
    }
    /// Hands the cotangent of a whole state on.
    #[inline]
    fn state_vjp<B: PastCotangent<T, V>, A: RateBar<T>>(
        &self,
        t: T,
        bar: &mut V,
        past_bar: &mut B,
        t_bar: &mut A,
        _: &mut Workspace<T>,
    ) {
        whole_vjp(self, t, bar, past_bar, t_bar, 0);
    }
    /// Hands the cotangent of a component of the slope on.
    #[allow(clippy::too_many_arguments)]
    #[inline]
    fn component_slope_vjp<B: PastCotangent<T, V>, A: RateBar<T>>(
        &self,
        t: T,
        i: usize,
        bar: T,
        past_bar: &mut B,
        t_bar: &mut A,
        (): &mut (),
        _: &mut Workspace<T>,
    ) {
        past_bar.take(t, i, 1, bar);
        if A::MOVES {
            t_bar.take(self.read(&self.find(t), i, 2) * bar);
        }
    }
    /// Hands the cotangent of a whole slope on.
    #[inline]
    fn state_slope_vjp<B: PastCotangent<T, V>, A: RateBar<T>>(
        &self,
        t: T,
        bar: &mut V,
        past_bar: &mut B,
        t_bar: &mut A,
        _: &mut Workspace<T>,
    ) {
        whole_vjp(self, t, bar, past_bar, t_bar, 1);
    }
}

fn whole<T: Real, V: Vector<T>, H: Past<T, V> + ?Sized>(past: &H, place: &H::Place, order: usize) -> V {
    let mut state = past.blank();
    for (i, x) in state.as_mut_slice().iter_mut().enumerate() {
        *x = past.read(place, i, order);
    }
    state
}

fn moved<T: Real, V: Vector<T>, H: Past<T, V> + ?Sized, D: PastTangent<T, V>>(
    past: &H,
    dot: &D,
    (place, t): (&H::Place, T),
    t_dot: impl Rate<T>,
    i: usize,
    order: usize,
) -> T {
    let along = dot.dot(t, i, order);
    match t_dot.rate() {
        Some(rate) => along + past.read(place, i, order + 1) * rate,
        None => along,
    }
}

fn whole_jvp<T: Real, V: Vector<T>, H: Past<T, V> + ?Sized, D: PastTangent<T, V>>(
    past: &H,
    dot: &D,
    t: T,
    t_dot: impl Rate<T>,
    order: usize,
) -> (V, V) {
    let place = past.find(t);
    let value = whole(past, &place, order);
    let mut tangent = past.blank();
    for (i, x) in tangent.as_mut_slice().iter_mut().enumerate() {
        *x = moved(past, dot, (&place, t), t_dot, i, order);
    }
    (value, tangent)
}

fn whole_vjp<T: Real, V: Vector<T>, H: Past<T, V> + ?Sized, A: RateBar<T>>(
    past: &H,
    t: T,
    bar: &V,
    past_bar: &mut impl PastCotangent<T, V>,
    t_bar: &mut A,
    order: usize,
) {
    for (i, bar) in bar.as_slice().iter().enumerate() {
        past_bar.take(t, i, order, *bar);
    }
    if A::MOVES {
        let place = past.find(t);
        for (i, bar) in bar.as_slice().iter().enumerate() {
            t_bar.take(past.read(&place, i, order + 1) * *bar);
        }
    }
}

/// How a past moves; `()` rests.
pub trait PastTangent<T: Real, V> {
    /// How component `i` at a fixed time moves, or its derivative by the time.
    fn dot(&self, t: T, i: usize, order: usize) -> T;
}

impl<T: Real, V> PastTangent<T, V> for () {
    #[inline]
    fn dot(&self, _: T, _: usize, _: usize) -> T {
        T::ZERO
    }
}

/// What takes the cotangents of a past; `()` lets them go.
pub trait PastCotangent<T: Real, V> {
    /// Takes the cotangent of component `i` at a time, or of its derivative by the time.
    fn take(&mut self, t: T, i: usize, order: usize, bar: T);
}

impl<T: Real, V> PastCotangent<T, V> for () {
    #[inline]
    fn take(&mut self, _: T, _: usize, _: usize, _: T) {}
}

/// How the time of a lookup moves: a real, or `()` where it rests.
pub trait Rate<T: Real>: Copy {
    /// How fast.
    fn rate(self) -> Option<T>;
}

impl<T: Real> Rate<T> for T {
    #[inline]
    fn rate(self) -> Option<T> {
        Some(self)
    }
}

impl<T: Real> Rate<T> for () {
    #[inline]
    fn rate(self) -> Option<T> {
        None
    }
}

/// What takes the cotangent of the time of a lookup: a real, or `()` where nobody asks.
pub trait RateBar<T: Real> {
    /// Whether anybody asks.
    const MOVES: bool;
    /// Takes it.
    fn take(&mut self, bar: T);
}

impl<T: Real> RateBar<T> for T {
    const MOVES: bool = true;
    #[inline]
    fn take(&mut self, bar: T) {
        *self += bar;
    }
}

impl<T: Real> RateBar<T> for () {
    const MOVES: bool = false;
    #[inline]
    fn take(&mut self, _: T) {}
}
