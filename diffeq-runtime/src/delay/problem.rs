//! A delayed equation with its start, its history, its span and its parameters.

use crate::delay::Initial;
use crate::delay::Lagging;
use crate::delay::LiftedInitial;
use crate::delay::WithPast;
use crate::error::Error;
use crate::integrate::Solver;
use crate::problem::Delayed;
use crate::problem::OdeProblem;
use crate::real::Dual;
use crate::real::Real;
use crate::space::Lift;
use crate::space::Vector;
use crate::stepper::Method;

/// The initial-value problem `du/dt = f(u, h, p, t)`, `u(t0) = u0`, where `h` is the solution itself after `t0` and the given
/// history before.
///
/// The history need not meet `u0`: then the solution jumps at `t0`, and derivatives by the lags see that. Solves go forwards.
///
/// ```
/// # use diffeq_runtime::problem::*;
/// # #[derive(Debug, Clone, Copy)]
/// # struct Late;
/// # impl Model for Late {}
/// # impl<T: diffeq_runtime::real::Real> Delayed<T> for Late {
/// #     type State = T;
/// #     type Params = [T; 2];
/// #     const LAGS: &'static [Lag] = &[Lag { kind: LagKind::Parameter, of_slope: false }];
/// #     fn lags(&self, p: &[T; 2], t: T, work: &mut diffeq_runtime::space::Workspace<T>) {
/// #         work.push(t - p[1]);
/// #         work.push(T::ZERO);
/// #     }
/// #     fn lag_tangents(&self, p: &[T; 2], p_dot: &[T; 2], t: T, work: &mut diffeq_runtime::space::Workspace<T>) {
/// #         self.lags(p, t, work);
/// #         work.push(-p_dot[1]);
/// #     }
/// #     fn rhs<H: Past<T, T>>(&self, du: &mut T, _: &T, past: &H, p: &[T; 2], t: T) {
/// #         *du = -p[0] * past.component_value(t - p[1], 0);
/// #     }
/// # }
/// use diffeq_runtime::delay::{Constant, DdeProblem};
/// use diffeq_runtime::stepper::Tsit5;
///
/// // du/dt = -p0 u(t - p1): `Late` is what `#[dde]` makes of it.
/// let problem = DdeProblem::new(Late, 1.0, Constant(1.0), (0.0, 1.5), [0.5, 1.0]);
/// let end: f64 = *problem.solver(Tsit5).tolerances(1e-8, 1e-8).solve()?.end();
/// // A line as long as it looks at the history, then a parabola: 1 - 1.5 p0 + (1.5 - p1)² p0² / 2.
/// assert!((end - (1.0 - 0.75 + 0.03125)).abs() < 1e-7);
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
pub struct DdeProblem<F: Delayed<T>, H: Initial<T, F::State, F::Params>, T: Real = f64> {
    /// The ordinary equation that it is solved as.
    pub(crate) problem: OdeProblem<WithPast<F, H, T>, T>,
}

/// Start and parameters with their tangents.
#[allow(clippy::type_complexity)]
pub(super) fn moving<T: Real, V, P>(
    (u0, u0_dot): (&V, &V),
    (p, p_dot): (&P, &P),
) -> Result<(V::Lifted, P::Lifted), Error>
where
    V: Vector<T> + Lift<T, Dual<T, 1>>,
    P: Vector<T> + Lift<T, Dual<T, 1>>,
{
    for (what, expected, found) in [
        ("components in the tangent of `u0`", u0.as_slice().len(), u0_dot.as_slice().len()),
        ("components in the tangent of `p`", p.as_slice().len(), p_dot.as_slice().len()),
    ] {
        if expected != found {
            return Err(Error::Shape { what, expected, found });
        }
    }
    let mut dots = u0_dot.as_slice().iter().chain(p_dot.as_slice()).copied();
    let mut moving = |x: T| Dual::new(x, [dots.next().unwrap_or(T::ZERO)]);
    Ok((u0.lift(&mut moving), p.lift(&mut moving)))
}

impl<F: Delayed<T>, H: Initial<T, F::State, F::Params>, T: Real> DdeProblem<F, H, T> {
    /// A problem from a model, the state at the start, the history before, the span `(t0, t1)` and the parameters.
    pub fn new(model: F, u0: F::State, history: H, span: (f64, f64), p: F::Params) -> Self {
        Self { problem: OdeProblem::new(WithPast::new(model, history), u0, span, p) }
    }

    /// Solves this problem with a method: `problem.solver(Tsit5).tolerances(1e-8, 1e-8).solve()?`. The method is one of those
    /// for ordinary equations.
    ///
    /// Earlier states are read off the interpolants of the steps. Those of `Tsit5` and `DP5` have an order less than the
    /// solution at the ends of steps, which makes errors of the past larger than those of the ends: an error of a step counts four
    /// times there, so that steps are a quarter shorter than for an ordinary equation. `Vern6` and `Vern7` have interpolants of
    /// their own order.
    pub fn solver<M>(&self, method: M) -> Solver<'_, WithPast<F, H, T>, T, Lagging<M>>
    where
        M: Method<T, WithPast<F, H, T>>,
    {
        self.problem.solver(Lagging(method))
    }

    /// The same problem, moving along a direction of the start and of the parameters, the delays among them: its solutions carry
    /// tangents, `solution.end()[0].tangents[0]`, with all that a solve offers, the breaks that move with a delay included. A
    /// history that rests at the start moves with it; the numbers of others stay, and their parameters move.
    ///
    /// This is the Jacobian-vector product of a solve, and costs as much as 1.4 of them for the delayed Lotka-Volterra equation; for
    /// many directions at once write the problem over [`Dual`] numbers with as many tangents. There is no `solver.jvp`: it would be the
    /// same search through a second past, which holds the tangents that dual numbers carry with the values.
    ///
    /// ```
    /// # use diffeq_runtime::problem::*;
    /// # #[derive(Debug, Clone, Copy)]
    /// # struct Late;
    /// # impl Model for Late {}
    /// # impl<T: diffeq_runtime::real::Real> Delayed<T> for Late {
    /// #     type State = T;
    /// #     type Params = [T; 2];
    /// #     const LAGS: &'static [Lag] = &[Lag { kind: LagKind::Parameter, of_slope: false }];
    /// #     fn lags(&self, p: &[T; 2], t: T, work: &mut diffeq_runtime::space::Workspace<T>) {
    /// #         work.push(t - p[1]);
    /// #         work.push(T::ZERO);
    /// #     }
    /// #     fn lag_tangents(&self, p: &[T; 2], p_dot: &[T; 2], t: T, work: &mut diffeq_runtime::space::Workspace<T>) {
    /// #         self.lags(p, t, work);
    /// #         work.push(-p_dot[1]);
    /// #     }
    /// #     fn rhs<H: Past<T, T>>(&self, du: &mut T, _: &T, past: &H, p: &[T; 2], t: T) {
    /// #         *du = -p[0] * past.component_value(t - p[1], 0);
    /// #     }
    /// # }
    /// # use diffeq_runtime::delay::{Constant, DdeProblem};
    /// # use diffeq_runtime::stepper::Tsit5;
    /// # let problem = DdeProblem::new(Late, 1.0, Constant(1.0), (0.0, 1.5), [0.5, 1.0]);
    /// let along = problem.along(&0.0, &[0.0, 1.0])?;
    /// let by_the_delay: f64 = along.solver(Tsit5).solve()?.end().tangents[0];
    /// // u(1.5) = 1 - 1.5 p0 + (1.5 - p1)² p0² / 2 where p0 = 0.5 and p1 = 1.
    /// assert!((by_the_delay + 0.125).abs() < 1e-6);
    /// # Ok::<(), diffeq_runtime::error::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A tangent of another length than what it belongs to.
    #[allow(clippy::type_complexity)]
    pub fn along(
        &self,
        u0_dot: &<F as Delayed<T>>::State,
        p_dot: &<F as Delayed<T>>::Params,
    ) -> Result<DdeProblem<F, H::Lifted, Dual<T, 1>>, Error>
    where
        F: Clone
            + Delayed<
                T,
                State: Lift<T, Dual<T, 1>, Lifted = <F as Delayed<Dual<T, 1>>>::State>,
                Params: Lift<T, Dual<T, 1>, Lifted = <F as Delayed<Dual<T, 1>>>::Params>,
            > + Delayed<Dual<T, 1>>,
        H: LiftedInitial<T, Dual<T, 1>>,
        H::Lifted: Initial<Dual<T, 1>, <F as Delayed<Dual<T, 1>>>::State, <F as Delayed<Dual<T, 1>>>::Params>,
    {
        let OdeProblem { model: past, u0, p, .. } = &self.problem;
        let (u0, p) = moving((u0, u0_dot), (p, p_dot))?;
        let history = past.history.lifted(&mut Dual::constant);
        Ok(DdeProblem::new(past.model.clone(), u0, history, self.span(), p))
    }

    /// After a gradient backwards: the derivative by the numbers that a [`Constant`](crate::delay::Constant) history is made
    /// of; zeros before.
    pub fn history_gradient(&self) -> F::State {
        self.problem.model.history_gradient(&self.problem.u0)
    }

    /// The state at an earlier time of the solve at hand, or before its start: what the condition of an event may ask for. NaN
    /// at times that it has not passed, and at those it has forgotten, which are those before all lags.
    ///
    /// ```ignore
    /// // What turns with the state of an hour ago.
    /// let event = Crossing::new(|_: &f64, _: &[f64; 2], t: f64| problem.past(t - 1.0), |_: &mut f64, p: &mut [f64; 2], _: f64| p[0] = -p[0]);
    /// ```
    pub fn past(&self, t: T) -> F::State {
        self.problem.model.state_at(t, &self.problem.u0, &self.problem.p)
    }

    /// The state at the start.
    pub fn u0(&self) -> &F::State {
        &self.problem.u0
    }

    /// The parameters.
    pub fn p(&self) -> &F::Params {
        &self.problem.p
    }

    /// Start and end.
    pub fn span(&self) -> (f64, f64) {
        self.problem.span
    }
}
