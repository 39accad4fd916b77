//! A stochastic delayed equation with its start, its history, its span, its parameters and its path.

use crate::delay::Initial;
use crate::delay::Lagging;
use crate::delay::LiftedInitial;
use crate::delay::WithPast;
use crate::delay::problem::moving;
use crate::delay::stochastic::methods::SolvesPast;
use crate::error::Error;
use crate::integrate::Solver;
use crate::integrate::cautious;
use crate::noise::Brownian;
use crate::noise::Driven;
use crate::noise::Path;
use crate::noise::changes_of_the_path;
use crate::problem::DelayedDiffusion;
use crate::problem::Fits;
use crate::problem::OdeProblem;
use crate::real::Dual;
use crate::real::Real;
use crate::space::Lift;

/// The initial-value problem `du = f(u, h, p, t) dt + g(u, h, p, t) dW`, `u(t0) = u0`, along one path of the Wiener processes, where
/// `h` is the solution itself after `t0` and the given history before.
///
/// The path is that of a seed, as in [`SdeProblem`](crate::noise::SdeProblem), and the history as in
/// [`DdeProblem`](crate::delay::DdeProblem). Solves go forwards.
///
/// ```
/// # use diffeq_runtime::problem::*;
/// # #[derive(Debug, Clone, Copy)]
/// # struct Population;
/// # #[derive(Debug, Clone, Copy)]
/// # struct Growth;
/// # impl Model for Population {}
/// # impl Model for Growth {}
/// # impl Delayed<f64> for Growth {
/// #     type State = f64;
/// #     type Params = [f64; 2];
/// #     const LAGS: &'static [Lag] = &[Lag { kind: LagKind::Constant, of_slope: false }];
/// #     fn lags(&self, _: &[f64; 2], t: f64, work: &mut diffeq_runtime::space::Workspace<f64>) {
/// #         work.push(t - 1.0);
/// #         work.push(0.0);
/// #     }
/// #     fn lag_tangents(&self, p: &[f64; 2], _: &[f64; 2], t: f64, work: &mut diffeq_runtime::space::Workspace<f64>) {
/// #         self.lags(p, t, work);
/// #         work.push(0.0);
/// #     }
/// #     fn rhs<H: Past<f64, f64>>(&self, du: &mut f64, u: &f64, past: &H, p: &[f64; 2], t: f64) {
/// #         *du = p[0] * u * (1.0 - past.component_value(t - 1.0, 0));
/// #     }
/// # }
/// # impl Stochastic for Population {
/// #     type Interpretation = Ito;
/// #     type Class = Diagonal;
/// #     type Drift = Growth;
/// #     fn drift(&self) -> Growth { Growth }
/// # }
/// # impl DelayedDiffusion<f64> for Population {
/// #     type State = f64;
/// #     type Params = [f64; 2];
/// #     type Noise = f64;
/// #     type Shape = OneForEach;
/// #     fn blank_noise(&self, _: &f64) -> f64 { 0.0 }
/// #     fn noise<H: Past<f64, f64>>(&self, noise: &mut f64, u: &f64, _: &H, p: &[f64; 2], _t: f64) {
/// #         *noise = p[1] * u;
/// #     }
/// #     fn drift_and_noise<H: Past<f64, f64>>(
/// #         &self, du: &mut f64, noise: &mut f64, u: &f64, past: &H, p: &[f64; 2], t: f64,
/// #     ) {
/// #         self.drift().rhs(du, u, past, p, t);
/// #         self.noise(noise, u, past, p, t);
/// #     }
/// # }
/// use diffeq_runtime::delay::{AtRest, SddeProblem};
/// use diffeq_runtime::noise::Path;
/// use diffeq_runtime::stepper::EulerMaruyama;
///
/// // du = 1.4 u (1 - u(t - 1)) dt + 0.2 u dW: `Population` is what `#[sde]` makes of it.
/// let problem = SddeProblem::new(Population, 0.5, AtRest, (0.0, 1.0), [1.4, 0.2]).seed(42).cells(1e-3);
/// let end = *problem.solver(EulerMaruyama).fixed(1e-3).solve()?.end();
/// // As long as it looks at the history it grows by half of 1.4.
/// let w = problem.noise_path().values(1, &[0.0, 1.0])?[1][0];
/// let exact = 0.5 * f64::exp(0.7 - 0.5 * 0.2 * 0.2 + 0.2 * w);
/// assert!((end - exact).abs() < 5e-3 * exact);
/// # Ok::<(), diffeq_runtime::error::Error>(())
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

    changes_of_the_path!();
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
        let (u0, p) = moving((u0, u0_dot), (p, p_dot))?;
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
