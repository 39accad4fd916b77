//! Solvers of stochastic problems: the same as all others, with defaults of their own.

use std::sync::Arc;

use crate::control::Pid;
use crate::integrate::Options;
use crate::integrate::Solver;
use crate::noise::Driven;
use crate::noise::Path;
use crate::noise::SdeProblem;
use crate::problem::Diffusion;
use crate::problem::Fits;
use crate::real::Real;
use crate::space::Tolerances;
use crate::stepper::Method;

/// How steps of stochastic methods are controlled: they grow slowly, since a small error may be luck.
///
/// Source: the factors are those of Rackauckas, Nie, DCDS-B 22 (2017) 2731-2761, as StochasticDiffEq.jl has them.
const CAUTIOUS: Pid = Pid { beta: [0.7, -0.4, 0.0], safety: 0.9, min_factor: 0.2, max_factor: 1.125 };

/// What solves of stochastic equations begin with.
pub(crate) fn cautious() -> Options {
    Options {
        tolerances: Tolerances { relative: 1e-2.into(), absolute: 1e-2.into() },
        controller: Arc::new(CAUTIOUS),
        derivative_tolerance: None,
        ..Options::default()
    }
}

impl<M: Diffusion<T>, W: Path, T: Real> SdeProblem<M, W, T> {
    /// Solves this problem with a stochastic method: `problem.solver(SOSRI).tolerances(1e-3, 1e-3).solve()?`.
    ///
    /// By default tolerances are `1e-2`, both of them, and steps grow by an eighth at most, since a small error may be luck.
    /// Steps end on the times to save at. Derivatives are those of the steps that were taken, and nothing estimates their error.
    ///
    /// ```
    /// # use diffeq_runtime::problem::*;
    /// # #[derive(Debug, Clone, Copy)]
    /// # struct Gbm;
    /// # #[derive(Debug, Clone, Copy)]
    /// # struct GbmDrift;
    /// # impl Model for Gbm {}
    /// # impl Model for GbmDrift {}
    /// # impl System<f64> for Gbm { type State = f64; type Params = [f64; 2]; }
    /// # impl System<f64> for GbmDrift { type State = f64; type Params = [f64; 2]; }
    /// # impl Rhs<f64> for GbmDrift {
    /// #     fn rhs(&self, du: &mut f64, u: &f64, p: &[f64; 2], _t: f64) { *du = p[0] * u; }
    /// # }
    /// # impl Stochastic for Gbm {
    /// #     type Interpretation = Ito;
    /// #     type Class = Diagonal;
    /// #     type Drift = GbmDrift;
    /// #     fn drift(&self) -> GbmDrift { GbmDrift }
    /// # }
    /// # impl Diffusion<f64> for Gbm {
    /// #     type Noise = f64;
    /// #     type Shape = OneForEach;
    /// #     fn blank_noise(&self, _: &f64) -> f64 { 0.0 }
    /// #     fn noise(&self, noise: &mut f64, u: &f64, p: &[f64; 2], _t: f64) { *noise = p[1] * u; }
    /// #     fn drift_and_noise(&self, du: &mut f64, noise: &mut f64, u: &f64, p: &[f64; 2], t: f64) {
    /// #         self.drift().rhs(du, u, p, t);
    /// #         self.noise(noise, u, p, t);
    /// #     }
    /// # }
    /// use diffeq_runtime::noise::{Path, SdeProblem};
    /// use diffeq_runtime::stepper::{EulerMaruyama, SOSRI};
    ///
    /// // du = 0.6 u dt + 0.7 u dW: `Gbm` is what `#[sde]` makes of it.
    /// let problem = SdeProblem::new(Gbm, 1.0, (0.0, 1.0), [0.6, 0.7]).seed(42);
    /// let end = *problem.solver(SOSRI).tolerances(1e-4, 1e-4).solve()?.end();
    /// // Along the path of seed 42 the solution is known.
    /// let w = problem.driven.model.path.values(1, &[0.0, 1.0])?[1][0];
    /// let exact = f64::exp(0.6 - 0.5 * 0.7 * 0.7 + 0.7 * w);
    /// assert!((end - exact).abs() < 1e-3 * exact);
    ///
    /// // Steps of one size are fastest along a path that is drawn in cells of that size.
    /// let problem = problem.remake().cells(0.01);
    /// assert_eq!(problem.solver(EulerMaruyama).fixed(0.01).solve()?.times().len(), 101);
    /// # Ok::<(), diffeq_runtime::error::Error>(())
    /// ```
    ///
    /// A method for ordinary equations would leave out the noise, and is none for this:
    ///
    /// ```compile_fail,E0277
    /// # use diffeq_runtime::problem::*;
    /// # #[derive(Debug, Clone, Copy)]
    /// # struct Gbm;
    /// # #[derive(Debug, Clone, Copy)]
    /// # struct GbmDrift;
    /// # impl Model for Gbm {}
    /// # impl Model for GbmDrift {}
    /// # impl System<f64> for Gbm { type State = f64; type Params = [f64; 2]; }
    /// # impl System<f64> for GbmDrift { type State = f64; type Params = [f64; 2]; }
    /// # impl Rhs<f64> for GbmDrift {
    /// #     fn rhs(&self, du: &mut f64, u: &f64, p: &[f64; 2], _t: f64) { *du = p[0] * u; }
    /// # }
    /// # impl Stochastic for Gbm {
    /// #     type Interpretation = Ito;
    /// #     type Class = Diagonal;
    /// #     type Drift = GbmDrift;
    /// #     fn drift(&self) -> GbmDrift { GbmDrift }
    /// # }
    /// # impl Diffusion<f64> for Gbm {
    /// #     type Noise = f64;
    /// #     type Shape = OneForEach;
    /// #     fn blank_noise(&self, _: &f64) -> f64 { 0.0 }
    /// #     fn noise(&self, noise: &mut f64, u: &f64, p: &[f64; 2], _t: f64) { *noise = p[1] * u; }
    /// #     fn drift_and_noise(&self, du: &mut f64, noise: &mut f64, u: &f64, p: &[f64; 2], t: f64) {
    /// #         self.drift().rhs(du, u, p, t);
    /// #         self.noise(noise, u, p, t);
    /// #     }
    /// # }
    /// # let problem = diffeq_runtime::noise::SdeProblem::new(Gbm, 1.0, (0.0, 1.0), [0.6, 0.7]);
    /// problem.solver(diffeq_runtime::stepper::Tsit5);
    /// ```
    ///
    /// # Errors
    ///
    /// A solve is refused where the path ends before the span, where it does not have the areas that the method asks for, and where an
    /// Ito integral would run backwards in time.
    pub fn solver<X>(&self, method: X) -> Solver<'_, Driven<M, W>, T, X>
    where
        X: Fits<M::Interpretation, M::Class> + Method<T, Driven<M, W>>,
    {
        self.driven.solver(method).options(cautious())
    }
}
