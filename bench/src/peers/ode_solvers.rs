//! The crate `ode_solvers`: Hairer's codes on `nalgebra` vectors of fixed size.

use ::ode_solvers::Dop853;
use ::ode_solvers::Dopri5;
use ::ode_solvers::OutputType;
use ::ode_solvers::SVector;
use ::ode_solvers::System as OdeSolversSystem;

use super::Contender;
use super::End;
use super::MAX_STEPS;
use crate::problems::Problem;

/// Its methods with error control.
pub fn methods<P: Problem<N>, const N: usize>() -> Vec<Contender<P, N>> {
    vec![Contender::new("ode_solvers", "Dopri5", dopri5), Contender::new("ode_solvers", "Dop853", dop853)]
}

struct System<'a, P, const N: usize>(&'a P);

impl<P: Problem<N>, const N: usize> OdeSolversSystem<f64, SVector<f64, N>> for System<'_, P, N> {
    #[inline]
    fn system(&self, _: f64, u: &SVector<f64, N>, du: &mut SVector<f64, N>) {
        self.0.rhs(&mut du.data.0[0], &u.data.0[0]);
    }
}

/// Never tested for stiffness: the accepted steps are counted to `u32::MAX`.
const N_STIFF: u32 = u32::MAX;

fn dopri5<P: Problem<N>, const N: usize>(problem: &P, end: f64, tolerance: f64) -> Option<End<N>> {
    let mut solver = Dopri5::from_param(
        System(problem),
        0.0,
        end,
        end,
        SVector::from(problem.start()),
        tolerance,
        tolerance,
        0.9,
        0.04,
        0.2,
        10.0,
        end,
        0.0,
        MAX_STEPS as u32,
        N_STIFF,
        OutputType::Sparse,
    );
    let stats = solver.integrate().ok()?;
    Some(End { u: solver.y_out().last()?.data.0[0], evaluations: stats.num_eval as usize })
}

fn dop853<P: Problem<N>, const N: usize>(problem: &P, end: f64, tolerance: f64) -> Option<End<N>> {
    let mut solver = Dop853::from_param(
        System(problem),
        0.0,
        end,
        end,
        SVector::from(problem.start()),
        tolerance,
        tolerance,
        0.9,
        0.0,
        0.333,
        6.0,
        end,
        0.0,
        MAX_STEPS as u32,
        N_STIFF,
        OutputType::Sparse,
    );
    let stats = solver.integrate().ok()?;
    Some(End { u: solver.y_out().last()?.data.0[0], evaluations: stats.num_eval as usize })
}
