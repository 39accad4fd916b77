//! A stochastic differential equation with its initial value, its span of time, its parameters and its path.

use crate::noise::along::changes_of_the_path;
use crate::noise::brownian::Brownian;
use crate::noise::driven::Driven;
use crate::noise::increment::Path;
use crate::problem::Diffusion;
use crate::problem::Model;
use crate::problem::OdeProblem;
use crate::real::Real;

/// The initial-value problem `du = f(u, p, t) dt + g(u, p, t) dW`, `u(t0) = u0`, for `t` from `t0` to `t1`, along one path of
/// the Wiener processes.
///
/// The path is that of a seed, 0 by default: two solves of a problem see the same noise, whatever their steps and methods.
/// [`trajectory`](SdeProblem::trajectory) gives others, [`path`](Self::path) one of your own. `t1 < t0` integrates backwards
/// along the same path, which only the Stratonovich integral allows.
///
/// Solves with steps of one size ask the path forty halvings deep for each step, unless that size is the span over a power of two,
/// or the path is drawn in [`cells`](SdeProblem::cells) of that size: the latter is some forty times as fast. Steps of adaptive
/// size end where the path is cheap to ask. See [`solver`](Self::solver) for an example.
pub struct SdeProblem<M: Diffusion<T>, W: Path = Brownian, T: Real = f64> {
    /// The problem as the solvers see it. Methods for ordinary equations do not compile with it: they would leave out the noise.
    pub driven: OdeProblem<Driven<M, W>, T>,
}

impl<M: Diffusion<T>, T: Real> SdeProblem<M, Brownian, T> {
    /// A problem from a model, the initial state, the span `(t0, t1)` and the parameters, along the path of seed 0.
    pub fn new(model: M, u0: M::State, span: (f64, f64), p: M::Params) -> Self {
        let path = Brownian::of_problem(span);
        Self { driven: OdeProblem::new(Driven::new(model, path), u0, span, p) }
    }

    fn change(mut self, change: impl FnOnce(Brownian) -> Brownian) -> Self {
        self.driven.model.path = change(self.driven.model.path);
        self
    }

    changes_of_the_path!();
}

impl<M: Diffusion<T>, W: Path, T: Real> SdeProblem<M, W, T> {
    /// The same problem along another path, which keeps its span whatever that of the problem.
    pub fn path<X: Path>(self, path: X) -> SdeProblem<M, X, T> {
        let OdeProblem { model, u0, span, p } = self.driven;
        let Driven { model, drift, .. } = model;
        SdeProblem { driven: OdeProblem::new(Driven { model, drift, path, paths: Vec::new() }, u0, span, p) }
    }

    /// A copy to change: `problem.remake().p([2.0, 1.0]).seed(3)`.
    pub fn remake(&self) -> Self {
        self.clone()
    }

    /// The same problem from another initial state.
    pub fn u0(self, u0: M::State) -> Self {
        Self { driven: self.driven.u0(u0) }
    }

    /// The same problem with other parameters.
    pub fn p(self, p: M::Params) -> Self {
        Self { driven: self.driven.p(p) }
    }

    /// The same problem over another span.
    pub fn span(mut self, span: (f64, f64)) -> Self {
        self.driven.model.path = self.driven.model.path.follow(span);
        Self { driven: self.driven.span(span) }
    }
}

impl<M: Diffusion<T>, W: Path, T: Real> Clone for SdeProblem<M, W, T> {
    fn clone(&self) -> Self {
        Self { driven: self.driven.clone() }
    }
}

impl<M: Diffusion<T>, W: Path, T: Real> std::fmt::Debug for SdeProblem<M, W, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SdeProblem")
            .field("model", &<M as Model>::NAME)
            .field("path", &self.driven.model.path)
            .field("problem", &self.driven)
            .finish()
    }
}
