//! Histories by data.
//!
//! Oracle: `du/dt = -h(t - tau)` until `t = tau` is an integral of the history, which is known in closed form, or from scipy's
//! splines.

use dfdx::prelude::*;
use diffeq::prelude::*;

#[dde]
fn echo(_u: f64, h: &impl History<f64>, tau: f64, t: f64) -> f64 {
    -h(t - tau)
}

#[dde]
fn two(u: &[f64; 2], h: &impl History<[f64; 2]>, t: f64) -> [f64; 2] {
    let z = h(t - 1.0);
    [u[1] - z[0], z[1]]
}

const TIMES: [f64; 5] = [-2.0, -1.4, -1.1, -0.3, 0.0];
const VALUES: [f64; 5] = [0.5, 1.2, 0.3, 0.9, 1.0];

/// scipy 1: integrals from -1.5 to -0.5 and to 0, and the difference of the values at -0.5 and -1.5.
const SCIPY: [f64; 2] = [0.5078293558057738, 0.9595814811059391];
const BY_DELAY: f64 = -0.9046772161813587;

#[test]
fn the_solution_is_the_integral_of_the_spline() {
    let history = Data::new(&TIMES, &VALUES).unwrap();
    let problem = DdeProblem::new(echo, 1.0, history, (0.0, 1.5), 1.5);
    let solution =
        problem.solver(Tsit5).tolerances(1e-6, 1e-6).save_at(Grid::points([1.0, 1.5])).solve().unwrap();
    // Steps end on the knots, and a method of
    // order five is exact on the cubics between: only roundings are left.
    for (found, integral) in solution.values().iter().zip(SCIPY) {
        assert!((found - (1.0 - integral)).abs() < 1e-13, "{found} {integral}");
    }
}

/// By the delay it is the difference of the history at both ends, scipy's again.
#[test]
fn the_derivative_by_the_delay_is_that_of_the_spline() {
    let tau: Tensor<Rank0, f64, Cpu> = Cpu::default().tensor(1.5);
    let history = Data::new(&TIMES, &VALUES).unwrap();
    let problem = DdeProblem::new(echo, 1.0, history, (0.0, 1.0), 1.5);
    let solver = problem.solver(Tsit5).tolerances(1e-6, 1e-6).save_at(Grid::points([1.0]));
    let backwards = diffeq_rd(tau.leaky_trace(), &solver).unwrap().series.sum().backward().get(&tau).array();
    assert!((backwards - BY_DELAY).abs() < 1e-13, "{backwards}");
    let end: Tensor<Rank0, f64, Cpu, _> = diffeq_fd(tau.leaky_trace(), &problem, |problem| {
        Ok(*problem.solver(Tsit5).tolerances(1e-6, 1e-6).solve()?.end())
    })
    .unwrap();
    let forwards = end.backward().get(&tau).array();
    assert!((forwards - BY_DELAY).abs() < 1e-13, "{forwards}");
}

#[test]
fn steps_end_where_pieces_meet() {
    let history = Data::with_slopes(&TIMES, &VALUES, &[0.0; 5]).unwrap();
    let problem = DdeProblem::new(echo, 1.0, history, (0.0, 1.5), 1.5);
    let solution = problem.solver(Tsit5).solve().unwrap();
    for knot in &TIMES[1..4] {
        let met = solution.times().iter().any(|t| (t - (knot + 1.5)).abs() < 1e-14);
        assert_eq!(met, *knot > -1.5, "{knot}: {:?}", solution.times());
    }
}

#[test]
fn what_is_not_known_is_told() {
    let end = |history: Data, tau: f64| {
        let problem = DdeProblem::new(echo, 1.0, history, (0.0, 1.0), tau);
        problem.solver(Tsit5).solve().unwrap_err().to_string()
    };
    let error = end(Data::new(&TIMES, &VALUES).unwrap(), 2.5);
    assert_eq!(
        error,
        "`echo` at t = 0e0: the state at t = -2.5e0 is asked for, and the history begins at -2e0; give a history that goes \
         back as far as the largest lag"
    );
    let error = end(Data::new(&[-2.0, -1.0], &[1.0, 2.0]).unwrap(), 0.75);
    assert_eq!(
        error,
        "`echo` at t = 0e0: the state at t = -7.5e-1 is asked for, and the history ends at -1e0; give a history that goes on \
         to the start of the span"
    );
    // Nothing is put in for data that are not there, on no way.
    assert!(end(Data::default(), 0.5).contains("the history begins at inf"));
    let history = Data::new(&[-2.0, 0.0], &[1.0, 2.0]).unwrap();
    let error = DdeProblem::new(two, [1.0; 2], history, (0.0, 1.0), []).solver(Tsit5).solve().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`two` at t = 0e0: the history is not one of states of 2 components; give it as many components as `u0` has"
    );
}
