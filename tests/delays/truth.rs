//! Reverse mode against dual numbers over the same steps: methods, kinds of lags, kinds of histories, and rows inside steps.

use diffeq::delay::Initial;
use diffeq::delay::Lagging;
use diffeq::delay::WithPast;
use diffeq::prelude::*;
use diffeq::problem::DelayedVjp;
use diffeq::sensitivity::AdjointMethod;
use diffeq::stepper::Method;

type D = Dual<f64, 2>;

#[dde]
fn of_constants(u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> f64 {
    p[0] * h(t - 0.3) - p[1] * u * h(t - 0.7)
}

#[dde]
fn of_parameters(u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> f64 {
    let mut sum = -0.3 * u;
    for i in 0..2 {
        sum -= p[i] * h(t - p[i]);
    }
    sum
}

#[dde]
fn of_time(u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> f64 {
    -p[0] * h(t - 0.5 - 0.3 * (p[1] * t).sin()) - 0.1 * u
}

#[dde]
fn of_state(u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> f64 {
    -p[0] * h(t - p[1] - u * u)
}

#[dde]
fn of_delayed_values(u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> f64 {
    let before = h(t - p[1]);
    -p[0] * u * h(t - 0.5 - before * before)
}

/// What was before.
#[differentiable]
fn before(p: &[f64; 2], t: f64) -> f64 {
    1.0 + 0.3 * (p[0] * t).sin()
}

/// Both gradients of the sum of all rows, over steps that are the same: neither looks at the error of the derivative.
///
/// They agree to 1e-9; where the state moves the lag to 1e-7: on the way back stages that stray beyond the end of a smooth
/// stretch are told by their times.
fn agree<F, H, HD, M>(model: F, u0: f64, history: H, dual: HD, method: M)
where
    F: DelayedVjp<f64, State = f64, Params = [f64; 2]>
        + diffeq::problem::Delayed<D, State = D, Params = [D; 2]>
        + Copy,
    H: Initial<f64, f64, [f64; 2]>,
    HD: Initial<D, D, [D; 2]>,
    M: Method<f64, WithPast<F, H, f64>> + Method<D, WithPast<F, HD, D>>,
    Lagging<M>: AdjointMethod<f64, WithPast<F, H, f64>>,
{
    let (p, span) = ([0.9, 0.6], (0.0, 3.0));
    let rows = || Grid::step(0.25);
    let problem = DdeProblem::new(model, u0, history, span, p);
    let solver = problem.solver(method.clone()).tolerances(1e-9, 1e-9).derivative_tolerance(None);
    let solver = solver.save_at(rows());
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a solve");
    let gradient = pullback.call(vec![1.0; solution.len()].as_slice());
    let gradient = gradient.unwrap_or_else(|error| panic!("{method:?}: {error}"));
    let forward = DdeProblem::new(model, D::new(u0, [0.0; 2]), dual, span, D::variables(p));
    let solver = forward.solver(method.clone()).tolerances(1e-9, 1e-9).derivative_tolerance(None);
    let values = solver.save_at(rows()).solve().expect("a solve");
    for i in 0..2 {
        let expected: f64 = values.values().iter().map(|u| u.tangents[i]).sum();
        let error = (gradient.p[i] - expected).abs() / f64::max(1.0, expected.abs());
        let bound = if u0 == 1.0 { 1e-7 } else { 1e-9 };
        assert!(error <= bound, "{} {method:?} {i}: {} {expected} {error:e}", F::NAME, gradient.p[i]);
    }
}

macro_rules! matrix {
    ($($name:ident: $method:expr;)+) => { $(
        #[test]
        fn $name() {
            let (rests, dual) = (|| Constant(1.0), || Constant(D::new(1.0, [0.0; 2])));
            agree(of_constants, 1.2, rests(), dual(), $method);
            agree(of_parameters, 1.2, rests(), dual(), $method);
            agree(of_time, 1.0, rests(), dual(), $method);
            agree(of_state, 1.0, rests(), dual(), $method);
            agree(of_delayed_values, 1.0, rests(), dual(), $method);
            let moves = || Before::of::<before>();
            agree(of_constants, 1.2, moves(), moves(), $method);
            agree(of_parameters, 1.2, moves(), moves(), $method);
            agree(of_time, 1.0, moves(), moves(), $method);
            agree(of_state, 1.0, moves(), moves(), $method);
            agree(of_delayed_values, 1.0, moves(), moves(), $method);
        }
    )+ };
}

matrix! {
    bogacki_shampine: BS3;
    tsitouras: Tsit5;
    dormand_prince: DP5;
    verner: Vern7;
}

/// Where a lag that moves passes a start that does not fit, the derivative jumps at a time that moves with the state. How is
/// not known, so that there is no derivative.
#[test]
fn a_jump_that_the_state_moves_has_no_derivative() {
    let problem = DdeProblem::new(of_state, 1.2, Constant(1.0), (0.0, 3.0), [0.9, 0.6]);
    let solver = problem.solver(Tsit5).save_at(Grid::points([3.0]));
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a solve");
    assert!(pullback.call(&[1.0]).is_err());
    let rests = Constant(D::new(1.0, [0.0; 2]));
    let forward =
        DdeProblem::new(of_state, D::new(1.2, [0.0; 2]), rests, (0.0, 3.0), D::variables([0.9, 0.6]));
    assert!(forward.solver(Tsit5).solve().is_err());
}
