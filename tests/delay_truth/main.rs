//! Reverse mode, and forward mode along one direction, against dual numbers over the same steps: methods, kinds of lags, kinds of
//! histories, what is differentiated by, and how the way back is gone. That the dual numbers are right is the business of `gradients` and `jumps`.

use diffeq::delay::Initial;
use diffeq::delay::Lagging;
use diffeq::delay::LiftedInitial;
use diffeq::delay::WithPast;
use diffeq::prelude::*;
use diffeq::problem::DelayedVjp;
use diffeq::real::Real;
use diffeq::sensitivity::AdjointMethod;
use diffeq::stepper::Halved;
use diffeq::stepper::Method;

/// Numbers with derivatives by four parameters, the start, and the number of a history that rests.
type D = Dual<f64, 6>;

/// One direction.
type Along = Dual<f64, 1>;

/// A rate, a lag, two for the history, and which of the equations below it is.
const P: [f64; 5] = [0.9, 0.6, 1.0, 0.7, 0.0];

/// Equations whose lags rest: one of numbers, one of parameters.
#[dde]
fn resting(u: f64, h: &impl History<f64>, p: &[f64; 5], t: f64) -> f64 {
    if p[4] < 0.5 {
        p[0] * h(t - 0.3) - p[1] * u * h(t - 0.7)
    } else {
        let mut sum = -0.3 * u;
        for i in 0..2 {
            sum -= p[i] * h(t - p[i]);
        }
        sum
    }
}

/// Equations whose lags move: with the time, the state, a delayed value.
#[dde]
fn moving(u: f64, h: &impl History<f64>, p: &[f64; 5], t: f64) -> f64 {
    if p[4] < 0.5 {
        -p[0] * h(t - 0.5 - 0.3 * (p[1] * t).sin()) - 0.1 * u
    } else if p[4] < 1.5 {
        -p[0] * h(t - p[1] - u * u)
    } else {
        let before = h(t - p[1]);
        -p[0] * u * h(t - 0.5 - before * before)
    }
}

/// What was before, with parameters of the equation and of its own.
#[differentiable]
fn before(p: &[f64; 5], t: f64) -> f64 {
    p[2] + 0.3 * (p[0] * p[3] * t).sin()
}

/// Two numbers of the order of one, or of their size.
fn apart(found: f64, expected: f64) -> f64 {
    (found - expected).abs() / f64::max(1.0, expected.abs())
}

/// Both gradients of the sum of all rows, over steps that are the same: neither looks at the error of the derivative.
///
/// They agree to 1e-9, which is what sums of thousands of terms leave, and what steps that look themselves up settle to; with
/// checkpoints the gradient is the same to the bit, for all steps are.
fn agree<F, M>(model: F, which: usize, u0: f64, history: Kind, (method, tolerance): (M, f64))
where
    F: DelayedVjp<f64, State = f64, Params = [f64; 5]>
        + diffeq::problem::Delayed<D, State = D, Params = [D; 5]>
        + diffeq::problem::Delayed<Along, State = Along, Params = [Along; 5]>
        + Copy,
    M: Method<f64, WithPast<F, Any<f64>, f64>>
        + Method<D, WithPast<F, Any<D>, D>>
        + Method<Along, WithPast<F, Any<Along>, Along>>,
    Lagging<M>: AdjointMethod<f64, WithPast<F, Any<f64>, f64>>,
{
    let span = (0.0, 3.0);
    let rows = || Grid::step(0.25);
    let mut numbers = P;
    numbers[4] = which as f64;
    let case = format!("{} {which}, {history:?}, from {u0}, {method:?}", F::NAME);
    let backwards = |adjoint: DiscreteAdjoint| {
        let problem = DdeProblem::new(model, u0, Any { kind: history, number: 1.0 }, span, numbers);
        let solver =
            problem.solver(method.clone()).tolerances(tolerance, tolerance).derivative_tolerance(None);
        let solver = solver.save_at(rows());
        let (solution, mut pullback) = solver.vjp(adjoint).expect("a solve");
        let cotangents = vec![1.0; solution.len()];
        let mut all = || {
            let gradient = pullback.call(cotangents.as_slice());
            let gradient = gradient.unwrap_or_else(|error| panic!("{case}: {error}"));
            let [a, b, c, d, _] = gradient.p;
            [a, b, c, d, gradient.u0, problem.history_gradient()]
        };
        // A record can be gone back through as often as one wants.
        let (first, second) = (all(), all());
        assert_eq!(first.map(f64::to_bits), second.map(f64::to_bits), "{case}");
        first
    };
    let gradient = backwards(DiscreteAdjoint::default());
    let variable = |i: usize, x: f64| {
        let mut tangents = [0.0; 6];
        tangents[i] = 1.0;
        D::new(x, tangents)
    };
    let p = std::array::from_fn(|i| if i < 4 { variable(i, numbers[i]) } else { D::lit(numbers[i]) });
    let past = Any { kind: history, number: variable(5, 1.0) };
    let forward = DdeProblem::new(model, variable(4, u0), past, span, p);
    let solver = forward.solver(method.clone()).tolerances(tolerance, tolerance).derivative_tolerance(None);
    let values = solver.save_at(rows()).solve().unwrap_or_else(|error| panic!("{case}: {error}"));
    let mut worst = 0.0_f64;
    // The number of a history is that of one that rests.
    let variables = if history == Kind::Rests { 6 } else { 5 };
    for (i, &found) in gradient[..variables].iter().enumerate() {
        let expected: f64 = values.values().iter().map(|u| u.tangents[i]).sum();
        let error = apart(found, expected);
        worst = worst.max(error);
        assert!(error <= 1e-9, "{case}, by {i}: {found} {expected} {error:e}");
    }
    // No power of two, so that the parts of the sum are rounded, and no two alike.
    let direction = [0.3, -0.7, 0.45, 1.1, 0.6];
    let [a, b, c, d, start] = direction;
    let problem = DdeProblem::new(model, u0, Any { kind: history, number: 1.0 }, span, numbers);
    let along = problem.along(&start, &[a, b, c, d, 0.0]).expect("lengths that fit");
    let solver = along.solver(method.clone()).tolerances(tolerance, tolerance).derivative_tolerance(None);
    let moved = solver.save_at(rows()).solve().unwrap_or_else(|error| panic!("{case}: {error}"));
    for (found, all) in moved.values().iter().zip(values.values()) {
        let expected: f64 = all.tangents.iter().zip(direction).map(|(tangent, part)| tangent * part).sum();
        assert_eq!(found.primal.to_bits(), all.primal.to_bits(), "{case}");
        assert!(
            apart(found.tangents[0], expected) <= 1e-9,
            "{case}, along: {} {expected}",
            found.tangents[0]
        );
    }
    eprintln!("{worst:8.1e} {case}");
    for budget in [3, 17] {
        let found = backwards(DiscreteAdjoint::checkpoints(budget));
        let bits = |gradient: [f64; 6]| gradient.map(f64::to_bits);
        assert_eq!(bits(found), bits(gradient), "{case}, {budget} checkpoints: {found:?} {gradient:?}");
    }
}

/// Which history.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Rests,
    OfParameters,
    Given,
}

/// A history of each kind, so that all of them are one type.
#[derive(Debug, Clone, Copy)]
struct Any<T> {
    kind: Kind,
    number: T,
}

impl<T: Real> Initial<T, T, [T; 5]> for Any<T> {
    fn component(&self, t: T, p: &[T; 5], i: usize, order: usize) -> T {
        match self.kind {
            Kind::Rests => Constant(self.number).component(t, p, i, order),
            Kind::OfParameters => Before::of::<before>().component(t, p, i, order),
            Kind::Given => {
                let value = |t: T| T::ONE + t.scale(0.5).sin().scale(0.3);
                let slope = |t: T| t.scale(0.5).cos().scale(0.15);
                Given(value).slope(slope).component(t, p, i, order)
            }
        }
    }

    fn pull(&self, at: (T, usize, usize), p: &[T; 5], bar: T, p_bar: &mut [T; 5]) -> bool {
        match self.kind {
            Kind::OfParameters => Before::of::<before>().pull(at, p, bar, p_bar),
            Kind::Rests | Kind::Given => true,
        }
    }
}

impl LiftedInitial<f64, Along> for Any<f64> {
    type Lifted = Any<Along>;
    fn lifted(&self, constant: &mut impl FnMut(f64) -> Along) -> Any<Along> {
        Any { kind: self.kind, number: constant(self.number) }
    }
}

/// All kinds of lags and histories, with a start that fits its history and with one that does not: then the derivative jumps
/// where a lookup comes to it.
fn all<M>(method: M, tolerance: f64)
where
    M: Method<f64, WithPast<resting, Any<f64>, f64>>
        + Method<D, WithPast<resting, Any<D>, D>>
        + Method<Along, WithPast<resting, Any<Along>, Along>>
        + Method<f64, WithPast<moving, Any<f64>, f64>>
        + Method<D, WithPast<moving, Any<D>, D>>
        + Method<Along, WithPast<moving, Any<Along>, Along>>,
    Lagging<M>: AdjointMethod<f64, WithPast<resting, Any<f64>, f64>>
        + AdjointMethod<f64, WithPast<moving, Any<f64>, f64>>,
{
    for history in [Kind::Rests, Kind::OfParameters, Kind::Given] {
        for u0 in [1.0, 1.2] {
            for which in 0..2 {
                agree(resting, which, u0, history, (method.clone(), tolerance));
            }
            for which in 0..3 {
                agree(moving, which, u0, history, (method.clone(), tolerance));
            }
        }
    }
}

/// The law is one of the steps, whatever their error: of order 3 they are not too many at this tolerance.
#[test]
fn bogacki_shampine() {
    all(BS3, 1e-7);
}

#[test]
fn tsitouras() {
    all(Tsit5, 1e-9);
}

#[test]
fn dormand_prince() {
    all(DP5, 1e-9);
}

#[test]
fn verner() {
    all(Vern7, 1e-9);
}

#[test]
fn kutta_in_halves() {
    all(Halved(RK4), 1e-9);
}
