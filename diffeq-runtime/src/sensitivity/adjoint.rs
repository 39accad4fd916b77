//! What all reverse modes have in common: a solve that keeps a record, and a sweep back over the record.

use crate::error::Error;
use crate::integrate::Solution;
use crate::integrate::Solver;
use crate::problem::Rhs;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::Cotangents;
use crate::sensitivity::DifferentiableEvents;
use crate::sensitivity::Gradient;
use crate::space::Vector;
use crate::stepper::Method;

/// A way to take cotangents of a solution back to what the solution depends on.
///
/// Give one to [`Solver::vjp`]; the table in [`sensitivity`](crate::sensitivity) compares them. A new one is a file
/// that implements this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot take gradients back through the steps of `{M}`",
    note = "give one of `DiscreteAdjoint`, `GaussAdjoint`, `Quadrature`, `Interpolating`, `Backsolve`; the right-hand side \
            needs a VJP: annotate the function with `#[ode]`"
)]
pub trait Adjoint<F: Vjp<T>, T: Real, M: Method<T, F>> {
    /// What it keeps of a solve until cotangents come.
    type Record;

    /// Solves the problem and keeps a record.
    ///
    /// # Errors
    ///
    /// Where the solve fails.
    #[allow(clippy::type_complexity)]
    fn solve<E: DifferentiableEvents<T, F>>(
        self,
        solver: &Solver<'_, F, T, M, E>,
    ) -> Result<(Solution<F::State, T>, Self::Record), Error>;

    /// The gradient, from the record of a solve by this solver or one with the same problem, options and events.
    ///
    /// # Errors
    ///
    /// Where the cotangents do not fit, or the way back fails.
    fn pull<E: DifferentiableEvents<T, F>>(
        record: &mut Self::Record,
        solver: &Solver<'_, F, T, M, E>,
        cotangents: &Cotangents<'_, F::State, T>,
    ) -> Result<Gradient<F::State, F::Params, T>, Error>;
}

// The bounds stand at the method, so that rustc says what a model lacks and not that there is no such method.
impl<'b, F: Rhs<T>, T: Real, M, E> Solver<'b, F, T, M, E> {
    /// Solves the problem, and returns with the solution what takes cotangents of it back to `u0`, `p`, `t0` and `t1`.
    ///
    /// ```
    /// use diffeq_runtime::integrate::Grid;
    /// use diffeq_runtime::problem::{Model, OdeProblem, Rhs, System, Vjp};
    /// use diffeq_runtime::sensitivity::DiscreteAdjoint;
    /// use diffeq_runtime::space::Workspace;
    /// use diffeq_runtime::stepper::Tsit5;
    ///
    /// /// du/dt = -p u; `#[ode]` writes this.
    /// struct Decay;
    /// impl Model for Decay {}
    /// impl System<f64> for Decay {
    ///     type State = f64;
    ///     type Params = f64;
    /// }
    /// impl Rhs<f64> for Decay {
    ///     fn rhs(&self, du: &mut f64, u: &f64, p: &f64, _t: f64) {
    ///         *du = -p * u;
    ///     }
    /// }
    /// impl Vjp<f64> for Decay {
    ///     fn vjp(
    ///         &self, du_bar: &mut f64, u: &f64, p: &f64, _t: f64,
    ///         u_bar: &mut f64, p_bar: &mut f64, _t_bar: &mut f64, _work: &mut Workspace<f64>,
    ///     ) {
    ///         *u_bar -= p * *du_bar;
    ///         *p_bar -= u * *du_bar;
    ///     }
    /// }
    ///
    /// let problem = OdeProblem::new(Decay, 2.0, (0.0, 1.0), 0.5);
    /// let solver = problem.solver(Tsit5).tolerances(1e-10, 1e-10).save_at(Grid::points([1.0]));
    /// let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default())?;
    /// // The loss is u(1) = u0 exp(-p (t1 - t0)): its cotangent is one.
    /// let gradient = pullback.call(&[1.0])?;
    /// assert!((gradient.u0 - (-0.5_f64).exp()).abs() < 1e-9);
    /// assert!((gradient.p + 2.0 * (-0.5_f64).exp()).abs() < 1e-9);
    /// assert!((gradient.t1 + 0.5 * solution.end()).abs() < 1e-9);
    /// # Ok::<(), diffeq_runtime::error::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the solve fails: see [`solve`](Solver::solve).
    #[allow(clippy::type_complexity)]
    pub fn vjp<A: Adjoint<F, T, M>>(
        &self,
        adjoint: A,
    ) -> Result<(Solution<F::State, T>, Pullback<'_, 'b, F, T, M, E, A>), Error>
    where
        F: Vjp<T>,
        M: Method<T, F>,
        E: DifferentiableEvents<T, F>,
    {
        let (solution, record) = adjoint.solve(self)?;
        Ok((solution, Pullback { solver: self, record }))
    }
}

/// Takes cotangents of a solution back to what the solution depends on.
pub struct Pullback<'a, 'b, F, T, M, E, A>
where
    F: Vjp<T>,
    T: Real,
    M: Method<T, F>,
    A: Adjoint<F, T, M>,
{
    solver: &'a Solver<'b, F, T, M, E>,
    record: A::Record,
}

impl<'a, 'b, F, T, M, E, A> Pullback<'a, 'b, F, T, M, E, A>
where
    F: Vjp<T>,
    T: Real,
    M: Method<T, F>,
    E: DifferentiableEvents<T, F>,
    A: Adjoint<F, T, M>,
{
    /// The gradient of the loss whose derivatives by the saved states are the cotangents: one state for each saved
    /// time, or [`Cotangents`] for losses of the end and of the times of events.
    ///
    /// May be called again with other cotangents. Allocates nothing per step if states have a fixed size.
    ///
    /// # Errors
    ///
    /// Where there are more or fewer cotangents than saved states, or they have another length; where a continuous
    /// adjoint's own solve fails, or the gradient is not finite.
    pub fn call<'c>(
        &mut self,
        cotangents: impl Into<Cotangents<'c, F::State, T>>,
    ) -> Result<Gradient<F::State, F::Params, T>, Error> {
        A::pull(&mut self.record, self.solver, &cotangents.into())
    }

    /// What is kept of the solve.
    pub(super) fn record(&self) -> &A::Record {
        &self.record
    }

    /// Lets go of the solver: what is left is for a sweep that happens elsewhere, later.
    pub fn detach(self) -> A::Record {
        self.record
    }

    /// The pullback again. The solver must have the problem, the options and the events of the one that it came from.
    pub fn attach(record: A::Record, solver: &'a Solver<'b, F, T, M, E>) -> Self {
        Self { solver, record }
    }
}

impl<'a, V: Vector<T>, T: Real> Cotangents<'a, V, T> {
    /// Refuses cotangents that do not fit what a solver's solve of `rows` rows and `events` events returned.
    pub(super) fn fit<F: Vjp<T, State = V>, M, E>(
        &self,
        solver: &Solver<'_, F, T, M, E>,
        rows: usize,
        events: usize,
    ) -> Result<(), Error> {
        let n = solver.problem.u0.as_slice().len();
        let width = solver.options.save_idxs.as_ref().map_or(n, Vec::len);
        self.check(rows, width, n, events)
    }
}
