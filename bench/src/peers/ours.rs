//! `diffeq` itself, on the same right-hand sides as everyone else.

use diffeq::problem::OdeProblem;
use diffeq::stepper::BS5;
use diffeq::stepper::DOP853;
use diffeq::stepper::DP5;
use diffeq::stepper::Method;
use diffeq::stepper::OwrenZen5;
use diffeq::stepper::Tsit5;
use diffeq::stepper::Vern6;
use diffeq::stepper::Vern7;
use diffeq::stepper::Vern8;
use diffeq::stepper::Vern9;

use super::Contender;
use super::End;
use super::MAX_STEPS;
use super::OURS;
use crate::problems::Problem;

/// Our methods from order 5; Tsit5 first, which the others' methods of order 5 are compared with.
pub fn methods<P: Problem<N>, const N: usize>() -> Vec<Contender<P, N>> {
    macro_rules! list {
        ($($method:ident)*) => {
            vec![$( Contender::new(OURS, stringify!($method), |p, end, tol| solve!(p, end, tol, $method)) ),*]
        };
    }
    // The closure's type has to be known to the solver: a macro, not a function over methods.
    macro_rules! solve {
        ($problem:ident, $end:ident, $tolerance:ident, $method:ident) => {{
            let rhs = |du: &mut [f64; N], u: &[f64; N], _: &f64, _: f64| $problem.rhs(du, u);
            run(&OdeProblem::from_fn(rhs, $problem.start(), (0.0, $end), 0.0), $method, $tolerance)
        }};
    }
    list!(Tsit5 DP5 BS5 OwrenZen5 Vern6 Vern7 Vern8 Vern9 DOP853)
}

fn run<F, M, const N: usize>(problem: &OdeProblem<F>, method: M, tolerance: f64) -> Option<End<N>>
where
    F: diffeq::problem::Rhs<f64, State = [f64; N]>,
    M: Method<f64, F>,
{
    let solver = problem.solver(method).tolerances(tolerance, tolerance).max_steps(MAX_STEPS);
    let solution = solver.save_every_step(false).solve().ok()?;
    Some(End { u: *solution.end(), evaluations: solution.stats().nfev })
}
