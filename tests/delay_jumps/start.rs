//! Events and stops at the very start, against formulas.
//!
//! An event there parts the state from its history: a lag later the slope jumps, at a time that moves with the lag. And where the
//! history is the state at the start, what comes back from it is the state's before the event.

use diffeq::prelude::*;

/// `u' = -a u(t - τ)`; `p[2]` is what events are made of.
#[dde]
fn late(_u: f64, h: &impl History<f64>, p: &[f64; 3], t: f64) -> f64 {
    -p[0] * h(t - p[1])
}

#[differentiable]
fn dose(u: &mut f64, p: &[f64; 3]) {
    *u += p[2];
}

#[differentiable]
fn reset(u: &mut f64, p: &[f64; 3]) {
    *u = p[2];
}

/// The same in a world that varies, by a lag that is a number.
#[sde]
fn rough(u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> (f64, f64) {
    (-p[0] * h(t - 0.5), p[1] * u)
}

const END: f64 = 2.5;
const P: [f64; 3] = [0.9, 0.8, 0.7];
const START: f64 = 1.3;

/// The sum of `(-a)^k (t - (k - ahead) τ)^k / k!` as long as the parentheses are above zero, by the method of steps; and its derivatives by
/// `a` and by `τ`. What a history of one becomes is `ahead = 1`, what a dose of one at zero becomes is `ahead = 0`.
fn sum(ahead: f64) -> [f64; 3] {
    let [a, tau, _] = P;
    let (mut sums, mut factor) = ([1.0, 0.0, 0.0], 1.0);
    for k in 1.. {
        let k = f64::from(k);
        let s = END - (k - ahead) * tau;
        if s <= 0.0 {
            break;
        }
        // (-a)^(k - 1) / (k - 1)! becomes (-a)^k / k!.
        let before = factor;
        factor *= -a / k;
        sums[0] += factor * s.powf(k);
        sums[1] -= before * s.powf(k);
        sums[2] -= factor * k * s.powf(k - 1.0) * (k - ahead);
    }
    sums
}

/// Dual numbers, and the way back with all steps kept and with few, against the derivatives by `u0`, `a`, `τ` and `p[2]`.
fn right<E>(event: impl Fn() -> E, stops: &[f64], value: f64, expected: [f64; 4])
where
    E: Event<Dual<f64, 1>, diffeq::delay::WithPast<late, AtRest, Dual<f64, 1>>>
        + diffeq::sensitivity::DifferentiableEvent<f64, diffeq::delay::WithPast<late, AtRest, f64>>,
{
    // Polynomials of degree four between breaks, for which Tsit5 and its interpolant are exact but for rounding.
    let near = |found: f64, expected: f64, what: &str| {
        assert!((found - expected).abs() < 1e-12, "{what}: {found} and not {expected}, stops {stops:?}");
    };
    let problem = DdeProblem::new(late, START, AtRest, (0.0, END), P);
    for adjoint in [DiscreteAdjoint::default(), DiscreteAdjoint::checkpoints(2)] {
        let solver = problem.solver(Tsit5).tstops(stops).event(event());
        let (solution, mut pullback) = solver.vjp(adjoint).unwrap();
        near(*solution.end(), value, "value");
        let gradient = pullback.call(Cotangents::end(&1.0)).unwrap();
        near(gradient.u0, expected[0], "back, by u0");
        (0..3).for_each(|i| near(gradient.p[i], expected[1 + i], "back, by p"));
        // Nothing depends on the time itself.
        near(gradient.t0 + gradient.t1, 0.0, "by the time");
    }
    for (i, expected) in expected.into_iter().enumerate() {
        let one = |j: usize| f64::from(u8::from(i == j));
        let along = problem.along(&one(0), &[one(1), one(2), one(3)]).unwrap();
        let end = *along.solver(Tsit5).tstops(stops).event(event()).solve().unwrap().end();
        near(end.tangents[0], expected, "forwards");
    }
}

#[test]
fn of_a_stop_a_dose_and_a_reset_at_the_start() {
    let (history, jump, c) = (sum(1.0), sum(0.0), P[2]);
    for stops in [&[][..], &[0.0], &[0.0, 0.5, END]] {
        let both = |i: usize, height: f64| START * history[i] + height * jump[i];
        let none = || Preset::of::<dose>([]);
        right(none, stops, both(0, 0.0), [history[0], both(1, 0.0), both(2, 0.0), 0.0]);
        let dosed = || Preset::of::<dose>([0.0]);
        right(dosed, stops, both(0, c), [history[0], both(1, c), both(2, c), jump[0]]);
        let anew = || Preset::of::<reset>([0.0]);
        let height = c - START;
        let by_u0 = history[0] - jump[0];
        right(anew, stops, both(0, height), [by_u0, both(1, height), both(2, height), jump[0]]);
    }
}

#[test]
fn of_a_stop_at_the_start_where_noise_drives() {
    let problem = |u0: f64| SddeProblem::new(rough, u0, AtRest, (0.0, 2.0), [0.9, 0.3]).seed(4);
    let end = |u0: f64| *problem(u0).solver(EulerMaruyama).fixed(0.0625).tstops([0.0]).solve().unwrap().end();
    let one = problem(START);
    let solver = one.solver(EulerMaruyama).fixed(0.0625).tstops([0.0]);
    let gradient = solver.vjp(DiscreteAdjoint::default()).unwrap().1.call(Cotangents::end(&1.0)).unwrap();
    // Linear in `u0`, so that a difference is the derivative but for rounding.
    let expected = end(2.0) - end(1.0);
    assert!((gradient.u0 - expected).abs() < 1e-13, "{} {expected}", gradient.u0);
}
