//! The crate `diffsol`: Tsit45 on `nalgebra` vectors.

pub mod gradients;

use ::diffsol::NalgebraMat;
use ::diffsol::OdeBuilder;
use ::diffsol::OdeSolverMethod;
use ::diffsol::OdeSolverStopReason;
use ::diffsol::Vector;

use super::Contender;
use super::End;
use crate::problems::Problem;

/// Its one explicit method.
pub fn methods<P: Problem<N>, const N: usize>() -> Vec<Contender<P, N>> {
    vec![Contender::new("diffsol", "tsit45", tsit45)]
}

fn tsit45<P: Problem<N>, const N: usize>(problem: &P, end: f64, tolerance: f64) -> Option<End<N>> {
    let start = problem.start();
    let built = OdeBuilder::<NalgebraMat<f64>>::new()
        .rtol(tolerance)
        .atol([tolerance])
        .rhs(|u: &[f64], _: &[f64], _: f64, du: &mut [f64]| {
            if let (Ok(u), Ok(du)) = (u.try_into(), du.try_into()) {
                problem.rhs(du, u);
            }
        })
        .init(move |_: &[f64], _: f64, u: &mut [f64]| u.copy_from_slice(&start), N)
        .build()
        .ok()?;
    let mut solver = built.tsit45().ok()?;
    solver.set_stop_time(end).ok()?;
    while !matches!(solver.step().ok()?, OdeSolverStopReason::TstopReached) {}
    let statistics = solver.get_statistics();
    // Six stages a step, first same as last; two for the first step size.
    let steps = statistics.number_of_steps + statistics.number_of_error_test_failures;
    Some(End { u: solver.state().y.clone_as_vec().try_into().ok()?, evaluations: 6 * steps + 2 })
}
