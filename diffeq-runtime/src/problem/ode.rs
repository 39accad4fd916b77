//! An ordinary differential equation with its initial value, its span of time and its parameters.

use std::marker::PhantomData;

use crate::problem::Model;
use crate::problem::Rhs;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;

/// The initial-value problem `du/dt = f(u, p, t)`, `u(t0) = u0`, for `t` from `t0` to `t1`.
///
/// `t1 < t0` integrates backwards.
pub struct OdeProblem<F: System<T>, T: Real = f64> {
    /// The right-hand side.
    pub model: F,
    /// The state at the start.
    pub u0: F::State,
    /// Start and end: `(t0, t1)`.
    pub span: (f64, f64),
    /// The parameters.
    pub p: F::Params,
}

impl<F: System<T>, T: Real> OdeProblem<F, T> {
    /// A problem from a model, the initial state, the span `(t0, t1)` and the parameters.
    pub fn new(model: F, u0: F::State, span: (f64, f64), p: F::Params) -> Self {
        Self { model, u0, span, p }
    }

    /// A copy to change: `problem.remake().p([2.0, 1.0]).u0([1.0, 0.5])`.
    pub fn remake(&self) -> Self
    where
        F: Clone,
    {
        self.clone()
    }

    /// The same problem from another initial state.
    pub fn u0(self, u0: F::State) -> Self {
        Self { u0, ..self }
    }

    /// The same problem with other parameters.
    pub fn p(self, p: F::Params) -> Self {
        Self { p, ..self }
    }

    /// The same problem over another span.
    pub fn span(self, span: (f64, f64)) -> Self {
        Self { span, ..self }
    }
}

impl<G, V, P, T> OdeProblem<FromFn<G, V, P>, T>
where
    T: Real,
    V: Vector<T>,
    P: Vector<T>,
    G: Fn(&mut V, &V, &P, T),
{
    /// A problem from a closure `|du, u, p, t|`, which has no derivatives: for those, use `#[ode]`.
    pub fn from_fn(rhs: G, u0: V, span: (f64, f64), p: P) -> Self {
        Self { model: FromFn::new(rhs), u0, span, p }
    }
}

impl<F: System<T> + Clone, T: Real> Clone for OdeProblem<F, T> {
    fn clone(&self) -> Self {
        Self { model: self.model.clone(), u0: self.u0.clone(), span: self.span, p: self.p.clone() }
    }
}

impl<F: System<T>, T: Real> std::fmt::Debug for OdeProblem<F, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OdeProblem")
            .field("model", &F::NAME)
            .field("u0", &self.u0.as_slice())
            .field("span", &self.span)
            .field("p", &self.p.as_slice())
            .finish()
    }
}

/// A closure as a right-hand side.
pub struct FromFn<G, V, P> {
    rhs: G,
    shape: PhantomData<fn(V, P)>,
}

impl<G, V, P> FromFn<G, V, P> {
    /// The right-hand side that calls `rhs(du, u, p, t)`.
    pub fn new(rhs: G) -> Self {
        Self { rhs, shape: PhantomData }
    }
}

impl<G: Clone, V, P> Clone for FromFn<G, V, P> {
    fn clone(&self) -> Self {
        Self::new(self.rhs.clone())
    }
}

impl<G, V, P> Model for FromFn<G, V, P> {
    const NAME: &'static str = "closure";
}

impl<G, V, P, T> System<T> for FromFn<G, V, P>
where
    T: Real,
    V: Vector<T>,
    P: Vector<T>,
    G: Fn(&mut V, &V, &P, T),
{
    type State = V;
    type Params = P;
}

impl<G, V, P, T> Rhs<T> for FromFn<G, V, P>
where
    T: Real,
    V: Vector<T>,
    P: Vector<T>,
    G: Fn(&mut V, &V, &P, T),
{
    #[inline(always)]
    fn rhs(&self, du: &mut V, u: &V, p: &P, t: T) {
        (self.rhs)(du, u, p, t)
    }
}
