//! The crate `russell_ode`: Hairer's codes on heap vectors, without BLAS.

use russell_lab::Vector;
use russell_ode::prelude::Method;
use russell_ode::prelude::OdeSolver;
use russell_ode::prelude::Params;
use russell_ode::prelude::System;

use super::Contender;
use super::End;
use super::MAX_STEPS;
use crate::problems::Problem;

/// Its explicit methods of order 5 and 8.
pub fn methods<P: Problem<N>, const N: usize>() -> Vec<Contender<P, N>> {
    vec![
        Contender::new("russell_ode", "DoPri5", |p, end, tol| solve(p, end, tol, Method::DoPri5)),
        Contender::new("russell_ode", "DoPri8", |p, end, tol| solve(p, end, tol, Method::DoPri8)),
    ]
}

fn solve<P: Problem<N>, const N: usize>(
    problem: &P,
    end: f64,
    tolerance: f64,
    method: Method,
) -> Option<End<N>> {
    // The closure has to be `Send + Sync`; a copy of the state's slices is not needed on either side.
    let system = System::new(N, move |du: &mut Vector, _, u: &Vector, problem: &mut &P| {
        match (du.as_mut_data().as_mut_slice().try_into(), u.as_data().as_slice().try_into()) {
            (Ok(du), Ok(u)) => problem.rhs(du, u),
            _ => return Err("a state of another length"),
        }
        Ok(())
    });
    let mut params = Params::new(method);
    params.set_tolerances(tolerance, tolerance, None).ok()?;
    params.step.n_step_max = MAX_STEPS;
    params.stiffness.enabled = false;
    let mut solver = OdeSolver::new(params, system).ok()?;
    let mut u = Vector::from(&problem.start());
    let mut problem = problem;
    solver.solve(&mut u, 0.0, end, None, &mut problem, None).ok()?;
    Some(End { u: u.as_data().as_slice().try_into().ok()?, evaluations: solver.stats().n_function })
}
