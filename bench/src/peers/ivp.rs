//! The crate `ivp`: Hairer's codes on slices.

use ::ivp::dense::StepInterpolant;
use ::ivp::methods::DOP853;
use ::ivp::methods::DOPRI5;
use ::ivp::methods::Tolerance;
use ::ivp::prelude::ControlFlag;
use ::ivp::prelude::FirstOrderSystem;
use ::ivp::solout::SolOut;

use super::Contender;
use super::End;
use super::MAX_STEPS;
use crate::problems::Problem;

/// Its explicit methods with error control, but the one of order 3.
pub fn methods<P: Problem<N>, const N: usize>() -> Vec<Contender<P, N>> {
    vec![Contender::new("ivp", "DOPRI5", dopri5), Contender::new("ivp", "DOP853", dop853)]
}

struct System<'a, P, const N: usize>(&'a P);

impl<P: Problem<N>, const N: usize> FirstOrderSystem for System<'_, P, N> {
    #[inline]
    fn derivative(&self, _: f64, u: &[f64], du: &mut [f64]) {
        if let (Ok(u), Ok(du)) = (u.try_into(), du.try_into()) {
            self.0.rhs(du, u);
        }
    }
}

/// Keeps the state of the last call: the solver hands it out in no other way.
struct Last<const N: usize>([f64; N]);

impl<const N: usize> SolOut for Last<N> {
    fn solout(&mut self, _: f64, _: &mut f64, u: &mut [f64], _: Option<&StepInterpolant<'_>>) -> ControlFlag {
        self.0.copy_from_slice(u);
        ControlFlag::Continue
    }
}

fn dopri5<P: Problem<N>, const N: usize>(problem: &P, end: f64, tolerance: f64) -> Option<End<N>> {
    let solver = DOPRI5 { dense_output: false, max_steps: MAX_STEPS, ..Default::default() };
    let mut last = Last([0.0; N]);
    let (rtol, atol) = (Tolerance::Scalar(tolerance), Tolerance::Scalar(tolerance));
    let result =
        solver.solve(&System(problem), 0.0, &problem.start(), end, rtol, atol, Some(&mut last)).ok()?;
    result.is_ok().then_some(End { u: last.0, evaluations: result.evals.ode })
}

fn dop853<P: Problem<N>, const N: usize>(problem: &P, end: f64, tolerance: f64) -> Option<End<N>> {
    let solver = DOP853 { dense_output: false, max_steps: MAX_STEPS, ..Default::default() };
    let mut last = Last([0.0; N]);
    let (rtol, atol) = (Tolerance::Scalar(tolerance), Tolerance::Scalar(tolerance));
    let result =
        solver.solve(&System(problem), 0.0, &problem.start(), end, rtol, atol, Some(&mut last)).ok()?;
    result.is_ok().then_some(End { u: last.0, evaluations: result.evals.ode })
}
