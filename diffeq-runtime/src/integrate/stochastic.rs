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

impl<M: Diffusion<T>, W: Path, T: Real> SdeProblem<M, W, T> {
    /// Solves this problem with a stochastic method: `problem.solver(SOSRI).tolerances(1e-3, 1e-3).solve()?`.
    ///
    /// By default tolerances are `1e-2`, both of them, and steps grow by an eighth at most, since a small error may be luck.
    /// Steps end on the times to save at. Derivatives are those of the steps that were taken, and nothing estimates their error.
    ///
    /// ```compile_fail
    /// // A method for ordinary equations would leave out the noise, and is none for this.
    /// # fn solve<M: diffeq_runtime::problem::Diffusion<f64>>(problem: diffeq_runtime::noise::SdeProblem<M>) {
    /// problem.solver(diffeq_runtime::stepper::Tsit5);
    /// # }
    /// ```
    pub fn solver<X>(&self, method: X) -> Solver<'_, Driven<M, W>, T, X>
    where
        X: Fits<M::Interpretation, M::Class> + Method<T, Driven<M, W>>,
    {
        let solver = self.driven.solver(method);
        let options = Options {
            tolerances: Tolerances { relative: 1e-2.into(), absolute: 1e-2.into() },
            controller: Arc::new(CAUTIOUS),
            derivative_tolerance: None,
            ..Options::default()
        };
        solver.options(options)
    }
}
