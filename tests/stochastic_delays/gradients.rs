//! Derivatives along a path: dual numbers against a loop by hand, and the way back against dual numbers.

use diffeq::noise::Path;
use diffeq::prelude::*;
use diffeq::space::Vector;

use crate::models::clark_cameron;
use crate::models::feedback;
use crate::models::feedback_in_the_middle;
use crate::models::linear;
use crate::models::linear_of_one;
use crate::models::logistic;

/// Both are sums of the same products in another order.
const ROUNDING: f64 = 1e-11;

fn assert_close(found: f64, expected: f64, what: &str) {
    assert!(
        (found - expected).abs() <= ROUNDING * expected.abs().max(1.0),
        "{what}: {found} and not {expected}"
    );
}

/// The derivatives of `u + h r u (1 - z) + s u W` by the rate `r`, the noise `s` and the start, which is the history as well.
#[test]
fn dual_numbers_are_the_derivatives_by_hand() {
    let (p, h, n) = ([1.4, 0.4], 0.1, 20_usize);
    let problem = SddeProblem::new(logistic, 0.6, AtRest, (0.0, 2.0), p).seed(31);
    // Three steps are a lag.
    let times: Vec<f64> = (0..=n).map(|n| n as f64 * h).collect();
    let w = problem.noise_path().values(1, &times).expect("a path over the span");
    let mut states = vec![(0.6, [0.0, 0.0, 1.0])];
    for n in 0..n {
        let (u, along) = states[n];
        let (z, z_along) = states[n.saturating_sub(3)];
        let w = w[n + 1][0] - w[n][0];
        let next = u + h * p[0] * u * (1.0 - z) + p[1] * u * w;
        let direct = [h * u * (1.0 - z), u * w, 0.0];
        let moved = |i: usize| {
            along[i] * (1.0 + h * p[0] * (1.0 - z) + p[1] * w) - h * p[0] * u * z_along[i] + direct[i]
        };
        states.push((next, [moved(0), moved(1), moved(2)]));
    }
    let expected = states[n].1;
    for (i, (u0_dot, p_dot)) in
        [(0.0, [1.0, 0.0]), (0.0, [0.0, 1.0]), (1.0, [0.0, 0.0])].into_iter().enumerate()
    {
        let along = problem.along(&u0_dot, &p_dot).expect("a direction");
        let solution = along.solver(EulerMaruyama).fixed(h).solve().expect("a solution");
        assert_close(solution.end().primal, states[n].0, "the value");
        assert_close(solution.end().tangents[0], expected[i], "a derivative");
    }
}

/// A loss of rows, its gradient backwards and its derivatives by dual numbers along every direction.
macro_rules! assert_both_ways {
    ($problem:expr, $method:ident, $h:expr) => {{
        let problem = $problem;
        let grid = || Grid::points([0.35, 0.7, 1.0]);
        let solver = problem.solver($method).fixed($h).save_at(grid());
        let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a solution");
        let weights: Vec<f64> = (0..solution.values().len()).map(|n| 1.0 - 0.37 * n as f64).collect();
        let gradient = pullback.call(Cotangents::values(&weights)).expect("a gradient");
        let found = [gradient.u0.as_slice(), gradient.p.as_slice()].concat();
        for (which, found) in found.into_iter().enumerate() {
            let (mut u0_dot, mut p_dot) = (problem.u0().zeros_like(), problem.p().zeros_like());
            let n = u0_dot.as_slice().len();
            match which.checked_sub(n) {
                None => u0_dot.as_mut_slice()[which] = 1.0,
                Some(j) => p_dot.as_mut_slice()[j] = 1.0,
            }
            let along = problem.along(&u0_dot, &p_dot).expect("a direction");
            let solution = along.solver($method).fixed($h).save_at(grid()).solve().expect("a solution");
            let expected =
                solution.values().iter().zip(&weights).map(|(x, weight)| weight * x.tangents[0]).sum();
            assert_close(found, expected, &format!("{} by {which}", stringify!($method)));
        }
    }};
}

#[differentiable]
fn growing(p: &[f64; 3], t: f64) -> [f64; 2] {
    [1.0 + p[0] * t, 0.5 + p[1] * t.sin()]
}

/// Methods, steps that divide lags and that do not, and histories.
#[test]
fn the_way_back_is_that_of_dual_numbers() {
    let (start, p) = ([1.0, 0.5], [0.8, 0.5, 0.3]);
    for h in [0.05, 0.06, 0.3] {
        let problem = SddeProblem::new(feedback, start, AtRest, (0.0, 1.0), p).seed(32);
        assert_both_ways!(problem, EulerMaruyama, h);
        let problem = SddeProblem::new(feedback, start, Constant([0.9, 0.7]), (0.0, 1.0), p).seed(33);
        assert_both_ways!(problem, EulerMaruyama, h);
        let problem = SddeProblem::new(feedback, start, Before::of::<growing>(), (0.0, 1.0), p).seed(34);
        assert_both_ways!(problem, EulerMaruyama, h);
        let problem = SddeProblem::new(feedback_in_the_middle, start, AtRest, (0.0, 1.0), p).seed(35);
        assert_both_ways!(problem, EulerHeun, h);
        let problem = SddeProblem::new(logistic, 0.6, AtRest, (0.0, 1.0), [1.4, 0.4]).seed(36);
        assert_both_ways!(problem, Milstein, h);
        let problem = SddeProblem::new(clark_cameron, start, AtRest, (0.0, 1.0), []).seed(37).areas(h);
        assert_both_ways!(problem, Milstein, h);
    }
}

/// The gradient by the numbers of a history is what the solution changes by with them: it is linear in them here, so that a
/// difference is exact but for rounding.
#[test]
fn the_numbers_of_a_history_have_a_gradient() {
    let problem = |before: f64| {
        SddeProblem::new(linear_of_one, 1.0, Constant(before), (0.0, 1.0), [-0.8, 0.3]).seed(38)
    };
    let gradient = |before: f64| {
        let problem = problem(before);
        let solver = problem.solver(EulerMaruyama).fixed(0.0625);
        let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a solution");
        pullback.call(Cotangents::end(&1.0)).expect("a gradient");
        (*solution.end(), problem.history_gradient())
    };
    let ((low, by_history), (high, _)) = (gradient(0.5), gradient(1.5));
    assert_close(by_history, high - low, "by the history");
}

/// With checkpoints steps are done again, along the same path.
#[test]
fn checkpoints_give_the_same_gradient() {
    let problem = SddeProblem::new(feedback, [1.0, 0.5], AtRest, (0.0, 3.0), [0.8, 0.5, 0.3]).seed(39);
    let solver = problem.solver(EulerMaruyama).fixed(0.03);
    let by = |adjoint: DiscreteAdjoint| {
        let (_, mut pullback) = solver.vjp(adjoint).expect("a solution");
        pullback.call(Cotangents::end(&[1.0, -2.0])).expect("a gradient")
    };
    let (all, some) = (by(DiscreteAdjoint::default()), by(DiscreteAdjoint::checkpoints(4)));
    assert_eq!((all.u0, all.p), (some.u0, some.p));
}

/// A lag that stays what it is does not keep other parameters from having derivatives, forwards.
#[test]
fn a_parameter_that_is_a_lag_may_rest() {
    let with = SddeProblem::new(linear, 1.0, AtRest, (0.0, 3.0), [-0.8, 1.0, 0.3]).seed(40);
    let without = SddeProblem::new(linear_of_one, 1.0, AtRest, (0.0, 3.0), [-0.8, 0.3]).seed(40);
    let with = with.along(&0.0, &[1.0, 0.0, 0.0]).expect("a direction");
    let without = without.along(&0.0, &[1.0, 0.0]).expect("a direction");
    let with = with.solver(EulerMaruyama).fixed(0.0625).solve().expect("a solution");
    let without = without.solver(EulerMaruyama).fixed(0.0625).solve().expect("a solution");
    assert_eq!(with.end().tangents, without.end().tangents);
}
