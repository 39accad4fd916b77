//! Second derivatives by a gradient that is taken backwards over dual numbers: exact, or refused.

use diffeq::prelude::*;

/// Rate, lag.
type D = Dual<f64, 4>;

#[dde]
fn late(_u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> f64 {
    -p[0] * h(t - p[1])
}

#[dde]
fn late_by_one(_u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> f64 {
    -p[0] * h(t - 1.0) + 0.0 * p[1]
}

const P: [f64; 2] = [0.8, 1.0];
const U0: f64 = 1.3;
const C: f64 = 0.6;

/// The gradient by rate, lag, start and history, whose tangents are the second derivatives.
fn twice<M>(model: M) -> Result<[D; 4], diffeq::Error>
where
    M: diffeq::problem::DelayedVjp<D, State = D, Params = [D; 2]>,
{
    let [k, tau, u0, c] = D::variables([P[0], P[1], U0, C]);
    let problem = DdeProblem::new(model, u0, Constant(c), (0.0, 2.0), [k, tau]);
    let solver = problem.solver(Vern7).tolerances(1e-12, 1e-12).save_at(Grid::points([2.0]));
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default())?;
    let gradient = pullback.call(&[D::lit(1.0)])?;
    Ok([gradient.p[0], gradient.p[1], gradient.u0, problem.history_gradient()])
}

/// By the method of steps `u(2) = u0 - k c - k u0 + k^2 c / 2` where the lag is one.
#[test]
fn by_a_lag_that_rests_they_are_exact() {
    let gradient = twice(late_by_one).unwrap();
    let (k, u0, c) = (P[0], U0, C);
    let first = [-c - u0 + k * c, 0.0, 1.0 - k, -k + k * k / 2.0];
    let second = [[c, 0.0, -1.0, k - 1.0], [0.0; 4], [-1.0, 0.0, 0.0, 0.0], [k - 1.0, 0.0, 0.0, 0.0]];
    for (got, (first, second)) in gradient.iter().zip(first.iter().zip(&second)) {
        // The solution is of degree two between breaks: what is left is rounding, of some ten steps.
        assert!((got.primal - first).abs() < 1e-12, "{} for {first}", got.primal);
        for (got, want) in got.tangents.iter().zip(second) {
            assert!((got - want).abs() < 1e-12, "{got} for {want}");
        }
    }
}

/// A break at the lag moves with it, and the gradient's integrand jumps there: what that adds the way back does not know. It was left out,
/// `d2u/dk dtau` off by its whole size.
#[test]
fn by_a_lag_that_moves_they_are_refused() {
    let error = twice(late).unwrap_err().to_string();
    assert!(error.contains("nested dual numbers") && error.contains("t = 1e0"), "{error}");
}
