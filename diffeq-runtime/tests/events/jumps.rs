//! Right-hand sides that jump at a stop: each step has the slopes of its own side, whichever of `<` and `<=` was written,
//! and so do its derivatives.

use diffeq_runtime::control::Fixed;
use diffeq_runtime::integrate::*;
use diffeq_runtime::problem::Jvp;
use diffeq_runtime::problem::Model;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::problem::System;
use diffeq_runtime::problem::Vjp;
use diffeq_runtime::real::Dual;
use diffeq_runtime::real::Real;
use diffeq_runtime::sensitivity::Adjoint;
use diffeq_runtime::sensitivity::Backsolve;
use diffeq_runtime::sensitivity::Cotangents;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::sensitivity::GaussAdjoint;
use diffeq_runtime::sensitivity::Interpolating;
use diffeq_runtime::sensitivity::Quadrature;
use diffeq_runtime::sensitivity::Variation;
use diffeq_runtime::space::Tolerances;
use diffeq_runtime::space::Workspace;
use diffeq_runtime::stepper::*;
use std::sync::Arc;

/// `u' = p[0] u` up to a time, which belongs to that or not, and `u' = p[1] u` after it.
#[derive(Debug, Clone, Copy)]
struct Switch {
    at: f64,
    inclusive: bool,
}
impl Switch {
    fn rate<T: Real>(&self, t: T) -> usize {
        let at = T::lit(self.at);
        usize::from(!(if self.inclusive { t <= at } else { t < at }))
    }
    /// The solution at `t` from `u0` at `t0`.
    fn solution<T: Real>(&self, u0: T, p: [T; 2], (t0, t): (T, T)) -> T {
        let at = T::lit(self.at);
        let [first, second] = if t.value() >= t0.value() { p } else { [p[1], p[0]] };
        u0 * (first * (at - t0) + second * (t - at)).exp()
    }
}
impl Model for Switch {}
impl<T: Real> System<T> for Switch {
    type State = T;
    type Params = [T; 2];
}
impl<T: Real> Rhs<T> for Switch {
    fn rhs(&self, du: &mut T, u: &T, p: &[T; 2], t: T) {
        *du = p[self.rate(t)] * *u;
    }
}
impl<T: Real> Jvp<T> for Switch {
    fn jvp(&self, du: &mut T, du_dot: &mut T, u: &T, u_dot: &T, p: &[T; 2], p_dot: &[T; 2], t: T, _t_dot: T) {
        let i = self.rate(t);
        *du = p[i] * *u;
        *du_dot = p_dot[i] * *u + p[i] * *u_dot;
    }
}
impl<T: Real> Vjp<T> for Switch {
    fn vjp(
        &self,
        du_bar: &mut T,
        u: &T,
        p: &[T; 2],
        t: T,
        u_bar: &mut T,
        p_bar: &mut [T; 2],
        _t_bar: &mut T,
        _work: &mut Workspace<T>,
    ) {
        let i = self.rate(t);
        *u_bar += p[i] * *du_bar;
        p_bar[i] += *u * *du_bar;
    }
}

const RATES: [f64; 2] = [-0.8, 1.5];

/// Where the switch is, and a span around it, forwards and backwards in time, around zero and beside it.
const SPANS: [(f64, (f64, f64)); 6] = [
    (1.0, (0.0, 2.0)),
    (0.3, (0.0, 1.0)),
    (0.7, (2.0, 0.0)),
    (0.0, (-1.0, 0.5)),
    (0.0, (0.5, -1.0)),
    (-0.1, (-1.3, 0.9)),
];

fn within(tolerance: f64) -> Options {
    let tolerances = Tolerances { relative: tolerance.into(), absolute: tolerance.into() };
    Options { tolerances, ..Options::default() }
}

/// Solves with every method that controls its error, and returns the largest share of rejected steps.
fn values<T: Real>(tolerances: &[f64]) {
    for (at, span) in SPANS {
        for inclusive in [false, true] {
            let model = Switch { at, inclusive };
            let problem = OdeProblem::<_, T>::new(model, T::ONE, span, RATES.map(T::lit));
            let expected = model.solution(1.0, RATES, span);
            for method in AnyMethod::<T, Switch>::all() {
                let Facts { name, order, control_exponent, .. } = method.facts();
                if control_exponent.is_none() {
                    continue;
                }
                for &tolerance in tolerances {
                    if order < 4 && tolerance < 1e-6 {
                        continue;
                    }
                    let options = Options { tstops: vec![at], ..within(tolerance) };
                    let solution = problem.solver(method.clone()).options(options).solve().unwrap();
                    let what = format!("{name}, {tolerance:e}, {model:?} over {span:?}");
                    let (found, stats) = (solution.end().value(), solution.stats());
                    // Error per step: as many tolerances as there are steps, some hundred at most, and roundings.
                    let error = 100.0 * (tolerance + T::EPSILON) * expected;
                    assert!((found - expected).abs() < error, "{what}: {found} and not {expected}");
                    // The first step is a guess, and that after the jump as long as those before.
                    assert!(stats.rejected <= 3, "{what}: {stats:?}");
                }
            }
        }
    }
}

#[test]
fn values_are_as_good_as_without_the_jump() {
    values::<f64>(&[1e-3, 1e-6, 1e-9]);
    values::<f32>(&[1e-3, 1e-5]);
}

/// Constant slopes are integrated exactly by every method, so that a single slope of the wrong side shows.
#[test]
fn every_slope_is_that_of_its_side() {
    for (at, span) in SPANS {
        for inclusive in [false, true] {
            let rate = Switch { at, inclusive };
            let slope = move |du: &mut f64, _: &f64, p: &[f64; 2], t: f64| *du = p[rate.rate(t)];
            let problem = OdeProblem::from_fn(slope, 0.0, span, [1.0, 5.0]);
            let slope32 = move |du: &mut f32, _: &f32, p: &[f32; 2], t: f32| *du = p[rate.rate(t)];
            let problem32 = OdeProblem::<_, f32>::from_fn(slope32, 0.0, span, [1.0, 5.0]);
            let [before, behind] = if span.0 < span.1 { [1.0, 5.0] } else { [5.0, 1.0] };
            let expected = before * (at - span.0) + behind * (span.1 - at);
            let fixed =
                Options { dt: Some((span.1 - span.0) / 7.0), controller: Arc::new(Fixed), ..within(1e-6) };
            let what = |name| format!("{name}, {rate:?} over {span:?}");
            for method in AnyMethod::all() {
                let options = Options { tstops: vec![at], dense: true, ..fixed.clone() };
                let name = what(method.facts().name);
                let solution = problem.solver(method).options(options).solve().unwrap();
                // Rounding: weights of Vern6 up to 176, times slopes up to 5.
                assert!((solution.end() - expected).abs() < 1e-12, "{name}: {}", solution.end());
                let beside = at + 0.01 * (span.1 - span.0);
                let value = before * (at - span.0) + behind * (beside - at);
                assert!((solution.at(beside).unwrap() - value).abs() < 1e-12, "{name}: inside");
            }
            for method in AnyMethod::all() {
                let options = Options { tstops: vec![at], ..fixed.clone() };
                let name = what(method.facts().name);
                let solution = problem32.solver(method).options(options).solve().unwrap();
                assert!((f64::from(*solution.end()) - expected).abs() < 1e-3, "{name}: {}", solution.end());
            }
        }
    }
}

/// A rate that changes every tenth, by a formula that rounds: stops are as the user counts them, the end of the span
/// among them.
#[test]
fn steps_of_a_staircase() {
    let stairs = |du: &mut f64, _: &f64, _: &(), t: f64| *du = (t / 0.1).floor();
    let problem = OdeProblem::from_fn(stairs, 0.0, (0.0, 2.0), ());
    let counted: Vec<f64> = (1..=20).map(|n| f64::from(n) * 0.1).collect();
    let divided: Vec<f64> = (1..=20).map(|n| f64::from(n) / 10.0).collect();
    for stops in [counted, divided] {
        let solution = problem.solver(Tsit5).tstops(stops).solve().unwrap();
        // 0.1 (0 + 1 + … + 19), to rounding.
        assert!((solution.end() - 19.0).abs() < 1e-12, "{}", solution.end());
        assert_eq!(solution.stats().rejected, 0);
    }
}

/// How the end moves with `u0`, `p`, `t0` and `t1`, by the formula.
fn closed_form(model: Switch, (t0, t1): (f64, f64)) -> [f64; 5] {
    let [u0, first, second, t0, t1] = Dual::<f64, 5>::variables([1.0, RATES[0], RATES[1], t0, t1]);
    model.solution(u0, [first, second], (t0, t1)).tangents
}

fn gradient<A: Adjoint<Switch, f64, Tsit5>>(
    name: &str,
    adjoint: A,
    problem: &OdeProblem<Switch>,
    options: &Options,
    tolerance: f64,
) {
    let solver = problem.solver(Tsit5).options(options.clone());
    let (_, mut pullback) = solver.vjp(adjoint).unwrap();
    let gradient = pullback.call(Cotangents::end(&1.0)).unwrap();
    let found = [gradient.u0, gradient.p[0], gradient.p[1], gradient.t0, gradient.t1];
    let expected = closed_form(problem.model, problem.span);
    let size = expected.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
    for (found, expected) in found.iter().zip(&expected) {
        let what = format!("{name}: {:?} over {:?}", problem.model, problem.span);
        assert!((found - expected).abs() < tolerance * size, "{what}: {found} and not {expected}");
    }
}

#[test]
fn gradients_are_as_good_as_without_the_jump() {
    for (at, span) in SPANS {
        for inclusive in [false, true] {
            let model = Switch { at, inclusive };
            let problem = OdeProblem::new(model, 1.0, span, RATES);
            let options = Options { tstops: vec![at], ..within(1e-9) };
            // Some tens of steps with an error of one tolerance each.
            let near = 1e-7;
            gradient("discrete", DiscreteAdjoint::default(), &problem, &options, near);
            gradient("few checkpoints", DiscreteAdjoint::checkpoints(2), &problem, &options, near);
            gradient("gauss", GaussAdjoint::default(), &problem, &options, near);
            gradient("interpolating", Interpolating::default(), &problem, &options, near);
            gradient("quadrature", Quadrature::default(), &problem, &options, near);
            gradient("backsolve", Backsolve::default(), &problem, &options, near);
            let expected = closed_form(model, span);
            let size = expected.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
            for (i, expected) in expected.iter().enumerate() {
                let one = |j| f64::from(u8::from(i == j));
                let along = Variation { u0: one(0), p: [one(1), one(2)], t0: one(3), t1: one(4) };
                let (_, tangents) = problem.solver(Tsit5).options(options.clone()).jvp_along(&along).unwrap();
                assert!((tangents.end() - expected).abs() < near * size, "{i}: {}", tangents.end());
            }
            let [u0, p0, p1] = Dual::<f64, 3>::variables([1.0, RATES[0], RATES[1]]);
            let dual = OdeProblem::<_, Dual<f64, 3>>::new(model, u0, span, [p0, p1]);
            let solution = dual.solver(Tsit5).options(options).solve().unwrap();
            for (found, expected) in solution.end().tangents.iter().zip(&expected) {
                assert!((found - expected).abs() < near * size, "{found} and not {expected}");
            }
        }
    }
}

/// The steps that the discrete adjoint does again are those that were taken, to the bit.
#[test]
fn checkpoints_change_no_bit_of_a_gradient() {
    let problem = OdeProblem::new(Switch { at: 0.3, inclusive: true }, 1.0, (0.0, 1.0), RATES);
    let solver = problem.solver(Tsit5).tolerances(1e-10, 1e-10).tstops([0.3, 0.5, 0.9]);
    let gradient = |adjoint| {
        let (_, mut pullback) = solver.vjp(adjoint).unwrap();
        pullback.call(Cotangents::end(&1.0)).unwrap()
    };
    let all = gradient(DiscreteAdjoint::default());
    for count in 1..6 {
        assert_eq!(gradient(DiscreteAdjoint::checkpoints(count)), all, "{count}");
    }
}
