//! The backsolve adjoint: costate, parameters' cotangent and the solution itself are one system backwards in time.

use crate::error::Error;
use crate::integrate::Integrator;
use crate::integrate::Options;
use crate::problem::OdeProblem;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::RunningCost;
use crate::sensitivity::continuous::AdjointEquation;
use crate::sensitivity::continuous::AdjointVariant;
use crate::sensitivity::continuous::equation::CostateBuffers;
use crate::sensitivity::continuous::journal::Journal;
use crate::sensitivity::continuous::journal::Keep;
use crate::sensitivity::continuous::samples::Sample;
use crate::sensitivity::continuous::sweep::Sweep;
use crate::space::Vector;
use crate::space::weighted_norm;
use crate::stepper::Method;

/// See [`Backsolve`](super::Backsolve).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reversed {
    /// How far off the solution may be, in tolerances.
    pub(super) limit: f64,
}

impl Default for Reversed {
    fn default() -> Self {
        Self { limit: 1000.0 }
    }
}

impl<F: Vjp<T>, T: Real> AdjointVariant<F, T> for Reversed {
    type State = Vec<T>;
    const PARAMS: bool = true;
    const SOLUTION: bool = true;

    fn join(lambda: &F::State, p_bar: &F::Params, u: &F::State) -> Vec<T> {
        [lambda.as_slice(), p_bar.as_slice(), u.as_slice()].concat()
    }

    fn limit(&self) -> f64 {
        self.limit
    }
}

impl<F, T, K, B, C> Sweep<'_, F, T, K, B, C>
where
    F: Vjp<T>,
    T: Real,
    K: AdjointVariant<F, T>,
    B: for<'x> Method<T, AdjointEquation<'x, F, T, K, C>>,
    C: RunningCost<T, F>,
{
    /// The samples since the event before, or since the start; the latest first.
    pub(super) fn samples<'s>(
        &self,
        journal: &'s Journal<F::State, F::Params, T>,
    ) -> impl Iterator<Item = &'s Sample<F::State>> + use<'s, F, T, K, B, C> {
        let (samples, jumps) = match &journal.keep {
            Keep::Samples(samples) => (samples.kept(), self.jumps),
            Keep::Path(_) | Keep::States { .. } => (&[][..], 0),
        };
        samples.iter().rev().filter(move |sample| sample.jumps == jumps)
    }

    /// Compares the solution that was integrated backwards with the sample at hand, and goes on from the sample; whether there
    /// was one.
    #[inline]
    pub(super) fn compare<'x>(
        &mut self,
        journal: &Journal<F::State, F::Params, T>,
        integrator: &mut Integrator<'_, T, AdjointEquation<'x, F, T, K, C>, B>,
    ) -> Result<bool, Error> {
        let t = integrator.t();
        let Some(sample) = self.samples(journal).find(|sample| sample.t == t) else { return Ok(false) };
        let (error, limit) = (self.distance(integrator.u(), &sample.u), self.adjoint.variant.limit());
        if error.is_nan() || error > limit {
            return Err(Error::Reconstruction { model: F::NAME, t, error, limit, cause: String::new() });
        }
        integrator.change(|state| {
            let parts = state.as_mut_slice();
            let start = parts.len() - sample.u.as_slice().len();
            parts[start..].copy_from_slice(sample.u.as_slice());
        })?;
        Ok(true)
    }

    /// How far the solution in a state of the backward solve is from `u`: the root mean square, in tolerances.
    fn distance(&self, state: &K::State, u: &F::State) -> f64 {
        let parts = state.as_slice();
        let mut gap = u.zeros_like();
        let found = &parts[parts.len() - u.as_slice().len()..];
        for ((gap, found), u) in gap.as_mut_slice().iter_mut().zip(found).zip(u.as_slice()) {
            *gap = *found - *u;
        }
        weighted_norm(&gap, u, &self.forward.tolerances)
    }

    /// After how many steps without a sample the way back is looked at: some times as many as the solve took.
    pub(super) fn patience(journal: &Journal<F::State, F::Params, T>) -> usize {
        match &journal.keep {
            Keep::Samples(samples) => PATIENCE * (samples.every() + PATIENCE),
            Keep::Path(_) | Keep::States { .. } => usize::MAX,
        }
    }

    /// How far a state of the backward solve at `t` is from the solution, by a solve from the sample before; `None` where
    /// nothing is known.
    ///
    /// The adjoint equation with a costate of zero is the solution's own.
    #[cold]
    fn measure<'x>(
        &self,
        journal: &Journal<F::State, F::Params, T>,
        problem: &OdeProblem<AdjointEquation<'x, F, T, K, C>, T>,
        t: f64,
        state: &K::State,
    ) -> Option<f64> {
        let direction = problem.span.0 - problem.span.1;
        let sample = self.samples(journal).find(|sample| (t - sample.t) * direction > 0.0)?;
        let start = K::join(&sample.u.zeros_like(), &problem.p.zeros_like(), &sample.u);
        let span = (sample.t, t);
        let mut buffers = CostateBuffers::new(&sample.u, &problem.p);
        let AdjointEquation { model, cost, .. } = problem.model;
        let equation = Self::equation(model, cost, journal, 0..0, &mut buffers);
        let again = OdeProblem::new(equation, start, span, problem.p.clone());
        let solver = again.solver(self.adjoint.method.clone());
        let solver = solver.options(Options { dt: None, ..self.options.clone() }).save_every_step(false);
        let solved = solver.solve().ok()?;
        let mut u = sample.u.clone();
        let parts = solved.end().as_slice();
        u.as_mut_slice().copy_from_slice(&parts[parts.len() - sample.u.as_slice().len()..]);
        Some(self.distance(state, &u))
    }

    /// Refuses a state of the backward solve that is not one of the solution: what is lost takes ever shorter steps, and may
    /// never come to the sample before.
    #[cold]
    pub(super) fn check<'x>(
        &self,
        journal: &Journal<F::State, F::Params, T>,
        problem: &OdeProblem<AdjointEquation<'x, F, T, K, C>, T>,
        t: f64,
        state: &K::State,
    ) -> Result<(), Error> {
        let limit = self.adjoint.variant.limit();
        match self.measure(journal, problem, t, state) {
            Some(error) if error.is_nan() || error > limit => {
                Err(Error::Reconstruction { model: F::NAME, t, error, limit, cause: String::new() })
            }
            _ => Ok(()),
        }
    }

    /// The error of a backward solve that stopped at `t` in `state`: that the solution was lost, if it was.
    #[cold]
    pub(super) fn failed<'x>(
        &self,
        journal: &Journal<F::State, F::Params, T>,
        problem: &OdeProblem<AdjointEquation<'x, F, T, K, C>, T>,
        t: f64,
        state: &K::State,
        cause: Error,
    ) -> Error {
        let limit = self.adjoint.variant.limit();
        match self.measure(journal, problem, t, state) {
            Some(error) if error.is_nan() || error > limit => Error::Reconstruction {
                model: F::NAME,
                t,
                error,
                limit,
                cause: format!(" (where it stopped: {cause})"),
            },
            _ => cause,
        }
    }
}

/// How much the way back may differ from the way there in its number of steps before it is looked at.
const PATIENCE: usize = 8;
