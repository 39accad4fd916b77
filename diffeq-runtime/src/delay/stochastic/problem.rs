//! A stochastic delayed equation with its start, its history, its span, its parameters and its path.

use crate::delay::Initial;
use crate::delay::Lagging;
use crate::delay::LiftedInitial;
use crate::delay::WithPast;
use crate::delay::stochastic::methods::SolvesPast;
use crate::error::Error;
use crate::integrate::Solver;
use crate::integrate::cautious;
use crate::noise::Brownian;
use crate::noise::Driven;
use crate::noise::Path;
use crate::problem::DelayedDiffusion;
use crate::problem::Fits;
use crate::problem::OdeProblem;
use crate::real::Dual;
use crate::real::Real;
use crate::space::Lift;
use crate::space::Vector;

/// The initial-value problem `du = f(u, h, p, t) dt + g(u, h, p, t) dW`, `u(t0) = u0`, along one path of the Wiener processes, where
/// `h` is the solution itself after `t0` and the given history before.
///
/// The path is that of a seed, as in [`SdeProblem`](crate::noise::SdeProblem), and the history as in
/// [`DdeProblem`](crate::delay::DdeProblem). Solves go forwards.
///
/// ```ignore
/// let problem = SddeProblem::new(population, 1.0, Constant(1.0), (0.0, 10.0), [1.4, 0.2]).seed(42);
/// let solution = problem.solver(EulerMaruyama).fixed(0.01).solve()?;
/// ```
pub struct SddeProblem<M, H, W = Brownian, T = f64>
where
    T: Real,
    M: DelayedDiffusion<T>,
    W: Path,
    H: Initial<T, M::State, M::Params>,
{
    /// The ordinary equation that it is solved as.
    problem: OdeProblem<WithPast<Driven<M, W>, H, T>, T>,
}

impl<M, H, T> SddeProblem<M, H, Brownian, T>
where
    T: Real,
    M: DelayedDiffusion<T>,
    H: Initial<T, M::State, M::Params>,
{
    /// A problem from a model, the state at the start, the history before, the span `(t0, t1)` and the parameters, along the path of
    /// seed 0.
    pub fn new(model: M, u0: M::State, history: H, span: (f64, f64), p: M::Params) -> Self {
        Self::of(Driven::new(model, Brownian::of_problem(span)), u0, history, (span, p))
    }

    fn change(mut self, change: impl FnOnce(Brownian) -> Brownian) -> Self {
        let driven = &mut self.problem.model.model;
        driven.path = change(driven.path);
        self
    }

    /// The same problem along the path of this seed.
    pub fn seed(self, seed: u64) -> Self {
        self.change(|path| path.reseeded(seed))
    }

    /// The same problem along another path of the same seed, independent of those of all other trajectories; 0 by default.
    pub fn trajectory(self, trajectory: u32) -> Self {
        self.change(|path| path.trajectory(trajectory))
    }

    /// Along a path that is drawn in cells of this length: see [`Brownian::cells`]. The fastest for steps of that size.
    pub fn cells(self, length: f64) -> Self {
        self.change(|path| path.cells(length))
    }

    /// Along a path whose Lévy areas are made up of those over pieces of this length: see [`Brownian::areas`].
    pub fn areas(self, resolution: f64) -> Self {
        self.change(|path| path.areas(resolution))
    }
}

impl<M, H, W, T> SddeProblem<M, H, W, T>
where
    T: Real,
    M: DelayedDiffusion<T>,
    W: Path,
    H: Initial<T, M::State, M::Params>,
{
    fn of(driven: Driven<M, W>, u0: M::State, history: H, (span, p): ((f64, f64), M::Params)) -> Self {
        Self { problem: OdeProblem::new(WithPast::new(driven, history), u0, span, p) }
    }

    /// The same problem along another path, which keeps its span whatever that of the problem.
    pub fn path<X: Path>(self, path: X) -> SddeProblem<M, H, X, T> {
        let OdeProblem { model: WithPast { model: driven, history, .. }, u0, span, p } = self.problem;
        let Driven { model, drift, .. } = driven;
        SddeProblem::of(Driven { model, drift, path, paths: Vec::new() }, u0, history, (span, p))
    }

    /// A copy to change: `problem.remake().trajectory(3)`.
    pub fn remake(&self) -> Self
    where
        H: Clone,
    {
        Self { problem: self.problem.clone() }
    }

    /// Solves this problem with a stochastic method and steps of one size: `problem.solver(EulerMaruyama).fixed(0.01).solve()?`.
    ///
    /// `EulerMaruyama` (Ito) and `EulerHeun` (Stratonovich) are for any noise, of strong order 1/2, and 1 where the noise depends on
    /// neither the state nor the past. `Milstein` is for noise that does not look back, of strong order 1; it does not compile with
    /// other noise, as the change of that is driven by the increments of a lag ago, and the order would be lost.
    ///
    /// Lookups read the straight lines between the ends of steps, so that steps need not divide a lag, and may be longer than it. These
    /// lines keep the orders as long as lookups move on with time; what is looked up again and again, as by `h(t.floor())`, should be
    /// an end of steps. Steps end where a jump of the history, or between it and the start, comes to be looked up.
    ///
    /// The same seed is the same path whatever the steps. Saving, events and ensembles are those of
    /// [`SdeProblem`](crate::noise::SdeProblem): [`Ensemble::run`](crate::ensemble::Ensemble::run) solves many.
    ///
    /// Derivatives by the start, by the parameters and by those of the history are those of the steps that were taken:
    /// [`along`](Self::along) forwards, `solver.vjp(DiscreteAdjoint::default())` backwards. By a lag there is none, for a path has no
    /// slope: that is an error.
    #[allow(clippy::type_complexity, reason = "it is what all solvers return")]
    pub fn solver<X>(&self, method: X) -> Solver<'_, WithPast<Driven<M, W>, H, T>, T, Lagging<X>>
    where
        X: Fits<M::Interpretation, M::Class> + SolvesPast<T, M, W, H>,
    {
        self.problem.solver(Lagging(method)).options(cautious())
    }

    /// The same problem along the same path, moving along a direction of the start and of the parameters: its solutions carry tangents,
    /// `solution.end()[0].tangents[0]`. A history that rests at the start moves with it; the numbers of others stay, and their
    /// parameters move.
    ///
    /// # Errors
    ///
    /// A tangent of another length than what it belongs to. Where a lag moves along the direction, the solve is an error.
    #[allow(clippy::type_complexity)]
    pub fn along(
        &self,
        u0_dot: &<M as DelayedDiffusion<T>>::State,
        p_dot: &<M as DelayedDiffusion<T>>::Params,
    ) -> Result<SddeProblem<M, H::Lifted, W, Dual<T, 1>>, Error>
    where
        M: DelayedDiffusion<
                T,
                State: Lift<T, Dual<T, 1>, Lifted = <M as DelayedDiffusion<Dual<T, 1>>>::State>,
                Params: Lift<T, Dual<T, 1>, Lifted = <M as DelayedDiffusion<Dual<T, 1>>>::Params>,
            > + DelayedDiffusion<Dual<T, 1>>,
        H: LiftedInitial<T, Dual<T, 1>>,
        H::Lifted: Initial<
                Dual<T, 1>,
                <M as DelayedDiffusion<Dual<T, 1>>>::State,
                <M as DelayedDiffusion<Dual<T, 1>>>::Params,
            >,
    {
        let OdeProblem { model: past, u0, p, span } = &self.problem;
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
        let (u0, p) = (u0.lift(&mut moving), p.lift(&mut moving));
        let history = past.history.lifted(&mut Dual::constant);
        let Driven { model, path, .. } = &past.model;
        Ok(SddeProblem::of(Driven::new(model.clone(), path.clone()), u0, history, (*span, p)))
    }

    /// The gradient by the numbers that the history is made of: see
    /// [`DdeProblem::history_gradient`](crate::delay::DdeProblem::history_gradient).
    pub fn history_gradient(&self) -> M::State {
        self.problem.model.history_gradient(&self.problem.u0)
    }

    /// The state at an earlier time of the solve at hand: see [`DdeProblem::past`](crate::delay::DdeProblem::past).
    pub fn past(&self, t: T) -> M::State {
        self.problem.model.state_at(t, &self.problem.u0, &self.problem.p)
    }

    /// The path.
    pub fn noise_path(&self) -> &W {
        &self.problem.model.model.path
    }

    /// The state at the start.
    pub fn u0(&self) -> &M::State {
        &self.problem.u0
    }

    /// The parameters.
    pub fn p(&self) -> &M::Params {
        &self.problem.p
    }

    /// Start and end.
    pub fn span(&self) -> (f64, f64) {
        self.problem.span
    }
}
