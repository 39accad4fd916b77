//! A loss without solves: how well a right-hand side matches derivatives estimated from data.

use dfdx::shapes::Rank0;
use dfdx::tensor::Cpu;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor::TensorFromVec;

use super::inputs::SolveInputs;
use super::shape::TensorShape;
use super::tape::Scalar;
use crate::error::Error;
use crate::fit::Estimates;
use crate::problem::OdeProblem;
use crate::problem::Vjp;
use crate::problem::check_lengths;
use crate::space::Workspace;

impl<U> Estimates<U> {
    /// The states and the derivatives as tensors, time first, for losses of dfdx's own modules.
    ///
    /// # Errors
    /// What the device says.
    #[allow(clippy::type_complexity)]
    pub fn to_tensors<E: Scalar>(
        &self,
    ) -> Result<(Tensor<U::Series, E, Cpu>, Tensor<U::Series, E, Cpu>), Error>
    where
        U: TensorShape<E>,
    {
        let tensor = |states: &[U]| {
            let first = states.first().ok_or(Error::Shape { what: "estimates", expected: 1, found: 0 })?;
            let values = states.iter().flat_map(|u| u.as_slice().iter().copied()).collect();
            Ok::<_, Error>(Cpu::default().try_tensor_from_vec(values, first.series_shape(states.len()))?)
        };
        Ok((tensor(&self.states)?, tensor(&self.derivatives)?))
    }
}

/// The mean square of `f(u, p, t) - du/dt` over all estimates and components, on the tape, with its exact gradient.
///
/// For the first iterations of a fit: no solve, so that nothing diverges, and fewer local minima. Its parameters are
/// as good as the estimates; go on with a loss of the solution.
///
/// # Errors
/// If state or parameters have a length that the model is not written for, there are no estimates, their states have
/// another length than the problem's, or the tensor's size does not fit.
pub fn collocation_loss<E, F, U, P, T>(
    p: Tensor<P::Shape, E, Cpu, T>,
    problem: &OdeProblem<F, E>,
    estimates: &Estimates<U>,
) -> Result<Tensor<Rank0, E, Cpu, T>, Error>
where
    E: Scalar,
    U: TensorShape<E>,
    P: TensorShape<E>,
    F: Vjp<E, State = U, Params = P>,
    T: Tape<E, Cpu>,
    Tensor<P::Shape, E, Cpu, T>: SolveInputs<E, U, P, Tape = T>,
{
    let start = p.operands(&problem.u0, &problem.p)?;
    let width = problem.u0.as_slice().len();
    check_lengths::<F>(("u0", width), start.p.as_slice().len())?;
    let found = estimates.derivatives.len();
    if estimates.states.is_empty() || found != estimates.states.len() || found != estimates.times.len() {
        return Err(Error::Shape { what: "derivatives", expected: estimates.states.len().max(1), found });
    }
    if let Some(u) =
        estimates.states.iter().chain(&estimates.derivatives).find(|u| u.as_slice().len() != width)
    {
        return Err(Error::Shape {
            what: "components of a state",
            expected: width,
            found: u.as_slice().len(),
        });
    }
    let count = E::lit((estimates.states.len() * width) as f64);
    let mut du = problem.u0.zeros_like();
    let mut u_bar = problem.u0.zeros_like();
    let mut p_bar = start.p.zeros_like();
    let mut t_bar = E::ZERO;
    let mut work = Workspace::new();
    let mut loss = E::ZERO;
    for ((t, u), slope) in estimates.times.iter().zip(&estimates.states).zip(&estimates.derivatives) {
        let t = E::lit(*t);
        problem.model.rhs(&mut du, u, &start.p, t);
        // The gap takes the place of the derivative, then its cotangent that of the gap.
        for (gap, slope) in du.as_mut_slice().iter_mut().zip(slope.as_slice()) {
            *gap -= *slope;
            loss += *gap * *gap;
            *gap *= E::lit(2.0);
        }
        if T::OWNS_TAPE {
            problem.model.vjp(&mut du, u, &start.p, t, &mut u_bar, &mut p_bar, &mut t_bar, &mut work);
        }
    }
    let p_bar: Vec<E> = p_bar.as_slice().iter().map(|p| *p / count).collect();
    Ok(start.operands.record(vec![loss / count], (), move |y_bar| {
        Ok((vec![E::ZERO; width], p_bar.iter().map(|p| *p * y_bar[0]).collect()))
    })?)
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use dfdx::tensor::AsArray;

    use super::*;
    use crate::problem::Model;
    use crate::problem::Rhs;
    use crate::problem::System;

    /// `du/dt = p[0] u + p[1]`.
    struct Affine;

    impl Model for Affine {
        fn params_len() -> RangeInclusive<usize> {
            2..=2
        }
    }

    impl System<f64> for Affine {
        type State = [f64; 1];
        type Params = Vec<f64>;
    }
    impl Rhs<f64> for Affine {
        fn rhs(&self, du: &mut [f64; 1], u: &[f64; 1], p: &Vec<f64>, _: f64) {
            du[0] = p[0] * u[0] + p[1];
        }
    }

    impl Vjp<f64> for Affine {
        fn vjp(
            &self,
            du_bar: &mut [f64; 1],
            u: &[f64; 1],
            p: &Vec<f64>,
            _: f64,
            u_bar: &mut [f64; 1],
            p_bar: &mut Vec<f64>,
            _: &mut f64,
            _: &mut Workspace<f64>,
        ) {
            u_bar[0] += p[0] * du_bar[0];
            p_bar[0] += u[0] * du_bar[0];
            p_bar[1] += du_bar[0];
        }
    }

    #[test]
    fn parameters_that_the_model_is_not_written_for_are_refused() {
        let estimates = Estimates { times: vec![0.0], states: vec![[1.0]], derivatives: vec![[2.0]] };
        let loss = |p: Vec<f64>| {
            let problem = OdeProblem::new(Affine, [1.0], (0.0, 1.0), p.clone());
            let count = p.len();
            let p: Tensor<(usize,), f64, Cpu> = Cpu::default().try_tensor_from_vec(p, (count,))?;
            collocation_loss(p, &problem, &estimates).map(|loss| loss.array())
        };
        assert_eq!(loss(vec![2.0, 3.0]).unwrap(), 9.0);
        assert!(matches!(loss(vec![2.0]), Err(Error::Misfit { what: "p", found: 1, .. })));
    }
}
