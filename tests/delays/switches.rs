//! Equations that switch at a time of their parameters, against formulas: the method of steps by hand.

use diffeq::delay::Initial;
use diffeq::prelude::*;
use diffeq::problem::DelayedVjp;

use super::models::*;

type D<const N: usize> = Dual<f64, N>;

/// The derivative of the end by all parameters, over dual numbers and backwards, held to `1e-9`: a hundred tolerances, on
/// solutions of the size of one.
fn right<F, const N: usize>(model: F, end: f64, p: [f64; N], exactly: impl Fn([D<N>; N]) -> D<N>)
where
    F: DelayedVjp<f64, State = f64, Params = [f64; N]>
        + diffeq::problem::Delayed<D<N>, State = D<N>, Params = [D<N>; N]>
        + Copy,
    Constant<f64>: Initial<f64, f64, [f64; N]>,
{
    let expected = exactly(D::variables(p));
    let one = D::<N>::constant(1.0);
    let problem = DdeProblem::new(model, one, Constant(one), (0.0, end), D::variables(p));
    let found = *problem.solver(Vern7).tolerances(1e-11, 1e-11).solve().expect("a solve").end();
    let near = |found: f64, expected: f64, what: &str| {
        assert!((found - expected).abs() <= 1e-9, "{what}: {found} {expected}");
    };
    near(found.primal, expected.primal, "value");
    let problem = DdeProblem::new(model, 1.0, Constant(1.0), (0.0, end), p);
    let solver = problem.solver(Vern7).tolerances(1e-11, 1e-11).save_at(Grid::points([end]));
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a solve");
    let gradient = pullback.call(&[1.0]).unwrap_or_else(|error| panic!("{error}")).p;
    for (i, expected) in expected.tangents.into_iter().enumerate() {
        near(found.tangents[i], expected, &format!("dual numbers by {i}"));
        near(gradient[i], expected, &format!("backwards by {i}"));
    }
}

/// `u' = d(t) - a u(t - τ)` from where it rested at one. Up to `τ` the past is one: `u = 1 - a t + (t - s)₊`; up to `2τ` what is
/// integrated again is that, a lag earlier.
#[test]
fn a_dose_that_comes_later() {
    let exactly = |[a, tau, s]: [D<3>; 3]| {
        let t = D::constant(1.8);
        let since = t - tau;
        let after = |x: D<3>| if x.primal > 0.0 { x } else { D::constant(0.0) };
        let ramp = after(since - s);
        let past = since - a * since * since.scale(0.5) + ramp * ramp.scale(0.5);
        D::constant(1.0) - a * tau + (t - s) - a * past
    };
    // The switch comes before the first break, and after it.
    right(given_later, 1.8, [0.7, 1.0, 0.6], exactly);
    right(given_later, 1.8, [0.7, 1.0, 1.3], exactly);
}

/// `u = 1 - a t / 2` up to `τ`; from there the past is that.
#[test]
fn a_history_in_the_source() {
    right(late_start, 1.8, [0.7, 1.0], |[a, tau]| {
        let since = D::constant(1.8) - tau;
        D::constant(1.0) - (a * tau).scale(0.5) - a * (since - (a * since * since).scale(0.25))
    });
}

/// In a neutral equation the jump travels on, and moves with the switch: no derivative rather than a wrong one.
#[test]
fn a_switch_of_a_neutral_equation() {
    let p = [0.5, 1.0, 0.4];
    let problem = DdeProblem::new(neutral_later, 1.0, Constant(1.0), (0.0, 2.0), p);
    // It rises by one from 0.4 on, and half as much more from 1.4 on.
    let end = *problem.solver(Tsit5).solve().expect("a solve").end();
    assert!((end - (1.0 + 1.6 + 0.5 * 0.6)).abs() < 1e-12, "{end}");
    let solver = problem.solver(Tsit5).save_at(Grid::points([2.0]));
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a solve");
    assert!(pullback.call(&[1.0]).is_err());
    let along = problem.along(&0.0, &[0.0, 0.0, 1.0]).expect("a direction");
    assert!(along.solver(Tsit5).solve().is_err());
}
