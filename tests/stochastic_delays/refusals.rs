//! What is refused, with an error that says why.

use diffeq::noise::Correlated;
use diffeq::prelude::*;

use crate::models::clark_cameron;
use crate::models::linear;
use crate::models::linear_of_one;
use crate::models::swaying;

fn assert_says<S>(result: Result<S, diffeq::Error>, words: &[&str]) {
    let Err(error) = result else { panic!("nothing is refused where {words:?} should be") };
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "`{word}` does not stand in: {text}");
    }
}

/// A path has no slope: neither way is there a derivative by a lag, whatever decides on it.
#[test]
fn derivatives_by_a_lag() {
    let problem = SddeProblem::new(linear, 1.0, AtRest, (0.0, 3.0), [-0.8, 1.0, 0.3]);
    let along = problem.along(&0.0, &[0.0, 1.0, 0.0]).expect("a direction");
    assert_says(along.solver(EulerMaruyama).fixed(0.125).solve(), &["derivative by a lag"]);
    let solver = problem.solver(EulerMaruyama).fixed(0.125);
    let backwards = solver.vjp(DiscreteAdjoint::default());
    assert_says(backwards.map(|_| ()), &["derivative by a lag"]);

    let problem = SddeProblem::new(swaying, 1.0, AtRest, (0.0, 3.0), [0.8, 0.3, 0.2]);
    let along = problem.along(&0.0, &[0.0, 0.0, 1.0]).expect("a direction");
    assert_says(along.solver(EulerMaruyama).fixed(0.125).solve(), &["derivative by a lag"]);
    let along = problem.along(&0.0, &[1.0, 0.0, 0.0]).expect("a direction");
    assert!(along.solver(EulerMaruyama).fixed(0.125).solve().is_ok());
    let solver = problem.solver(EulerMaruyama).fixed(0.125);
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a solution");
    assert_says(pullback.call(Cotangents::end(&1.0)), &["derivative by a lag"]);
}

#[test]
fn lags_that_are_not_positive() {
    let solve = |lag: f64| {
        let problem = SddeProblem::new(linear, 1.0, AtRest, (0.0, 1.0), [-0.8, lag, 0.3]);
        problem.solver(EulerMaruyama).fixed(0.125).solve()
    };
    assert_says(solve(0.0), &["a lag is 0"]);
    assert_says(solve(-0.5), &["a lag is -5"]);
    // At first it is 0.4, and later below zero.
    let problem = SddeProblem::new(swaying, 1.0, AtRest, (0.0, 6.0), [0.8, 0.3, 0.6]);
    assert_says(problem.solver(EulerMaruyama).fixed(0.125).solve(), &["yet to come"]);
}

#[test]
fn spans_paths_and_histories_that_do_not_fit() {
    let problem = |span| SddeProblem::new(linear_of_one, 1.0, AtRest, span, [-0.8, 0.3]);
    assert_says(problem((1.0, 0.0)).solver(EulerMaruyama).fixed(-0.125).solve(), &["backwards"]);
    let short = diffeq::noise::Brownian::new(1, (0.0, 0.5));
    assert_says(problem((0.0, 1.0)).path(short).solver(EulerMaruyama).fixed(0.125).solve(), &["path"]);
    // Steps of adaptive size ask for an estimate of errors, which these methods do not have.
    assert_says(problem((0.0, 1.0)).solver(EulerMaruyama).solve(), &["fixed"]);
    let times = [-0.5, -0.25, 0.0];
    let data = Data::new(&times, &[1.0, 1.5, 1.0]).expect("data");
    let problem = SddeProblem::new(linear_of_one, 1.0, data, (0.0, 1.0), [-0.8, 0.3]);
    assert_says(problem.solver(EulerMaruyama).fixed(0.125).solve(), &["history begins"]);
    let tangents = problem_of_two().along(&vec![0.0], &[0.0, 0.0]);
    assert_says(tangents.map(|_| ()), &["tangent"]);
}

/// Twofold integrals of processes that move together are others than Milstein's method takes.
#[test]
fn processes_that_move_together() {
    let path = Correlated::new(Brownian::new(1, (0.0, 1.0)), &[[1.0, 0.5], [0.5, 1.0]]).expect("a path");
    let problem = SddeProblem::new(clark_cameron, [1.0; 2], AtRest, (0.0, 1.0), []).path(path);
    assert_says(problem.solver(Milstein).fixed(0.125).solve(), &["move together"]);
    assert!(problem.solver(EulerMaruyama).fixed(0.125).solve().is_ok());
}

#[sde]
fn any_width(du: &mut [f64], noise: &mut [f64], u: &[f64], h: &impl History<Vec<f64>>, p: &[f64; 2], t: f64) {
    for i in 0..u.len() {
        du[i] = p[0] * h(t - 0.5)[i];
        noise[i] = p[1];
    }
}

fn problem_of_two() -> SddeProblem<any_width, AtRest> {
    SddeProblem::new(any_width, vec![1.0, 2.0], AtRest, (0.0, 1.0), [-0.8, 0.3])
}
