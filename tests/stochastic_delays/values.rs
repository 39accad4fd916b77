//! Steps, and what becomes of them without noise and without a past.

use diffeq::delay::DdeProblem;
use diffeq::noise::Path;
use diffeq::noise::SdeProblem;
use diffeq::prelude::*;
use diffeq::problem::Stochastic;
use diffeq::stepper::Euler;

use crate::by_hand::Line;
use crate::models::clark_cameron;
use crate::models::feedback;
use crate::models::feedback_in_the_middle;
use crate::models::linear_of_one;
use crate::models::logistic;
use crate::models::swaying;

/// A loop that adds the same numbers in another order: roundings of some hundred steps, of which the equations double none.
const ROUNDING: f64 = 1e-13;

fn assert_close<const N: usize>(found: [f64; N], expected: [f64; N], what: &str) {
    for (found, expected) in found.iter().zip(&expected) {
        let size = expected.abs().max(1.0);
        assert!((found - expected).abs() <= ROUNDING * size, "{what}: {found} and not {expected}");
    }
}

/// Without noise it is the drift's delayed equation by Euler's method. Steps divide the lag, so that both have the same ones.
#[test]
fn without_noise_it_is_the_delayed_equation_to_the_bit() {
    let (span, p) = ((0.0, 3.0), [1.4, 0.0]);
    let noisy = SddeProblem::new(logistic, 0.6, Constant(0.6), span, p).seed(3);
    let plain = DdeProblem::new(logistic.drift(), 0.6, Constant(0.6), span, p);
    let plain = plain.solver(Euler).fixed(0.03).solve().expect("a solution");
    let by_euler = noisy.solver(EulerMaruyama).fixed(0.03).solve().expect("a solution");
    let by_milstein = noisy.solver(Milstein).fixed(0.03).solve().expect("a solution");
    assert_eq!(by_euler.times(), plain.times());
    assert_eq!(by_euler.values(), plain.values());
    assert_eq!(by_milstein.values(), plain.values());
}

#[sde]
fn forgetful(u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> (f64, f64) {
    (p[0] * u + 0.0 * h(t - 0.37), p[1] * u)
}

#[sde]
fn ordinary(u: f64, p: &[f64; 2]) -> (f64, f64) {
    (p[0] * u, p[1] * u)
}

#[sde(stratonovich)]
fn forgetful_in_the_middle(u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> (f64, f64) {
    (p[0] * u + 0.0 * h(t - 0.37), p[1] * u)
}

#[sde(stratonovich)]
fn ordinary_in_the_middle(u: f64, p: &[f64; 2]) -> (f64, f64) {
    (p[0] * u, p[1] * u)
}

/// An equation that makes nothing of its past is an ordinary one, to the bit, whatever the method.
#[test]
fn without_a_past_it_is_the_ordinary_equation_to_the_bit() {
    let (span, p) = ((0.0, 2.0), [0.3, 0.5]);
    macro_rules! same {
        ($delayed:ident $plain:ident $($method:ident)*) => { $(
            let with = SddeProblem::new($delayed, 1.5, AtRest, span, p).seed(5);
            let without = SdeProblem::new($plain, 1.5, span, p).seed(5);
            let with = with.solver($method).fixed(0.0625).solve().expect("a solution");
            let without = without.solver($method).fixed(0.0625).solve().expect("a solution");
            assert_eq!(with.times(), without.times());
            assert_eq!(with.values(), without.values(), "{}", stringify!($method));
        )* };
    }
    same!(forgetful ordinary EulerMaruyama Milstein);
    same!(forgetful_in_the_middle ordinary_in_the_middle EulerHeun Milstein);
}

/// Steps that divide the lags, that do not, and that are longer than a lag.
const SIZES: [f64; 3] = [0.05, 0.06, 0.3];

#[test]
fn euler_maruyama_steps_are_those_by_hand() {
    let p = [0.8, 0.5, 0.3];
    for h in SIZES {
        let problem = SddeProblem::new(feedback, [1.0, 0.5], Constant([1.0, 0.5]), (0.0, 2.0), p).seed(11);
        let solution = problem.solver(EulerMaruyama).fixed(h).solve().expect("a solution");
        assert_eq!(
            solution.times().len(),
            (2.0_f64 / h - 1e-9).ceil() as usize + 1,
            "steps do not divide lags"
        );
        let path = problem.noise_path();
        let line = Line::run(([1.0, 0.5], [1.0, 0.5]), solution.times(), (path, 2), |past, u, t, h, w| {
            let (near, far) = (past.at(t - 0.25), past.at(t - 0.4));
            [
                u[0] + h * (-p[0] * u[0] + p[1] * near[1])
                    + (p[2] * (1.0 + near[0]).sin() + 0.1 * u[0]) * w[0],
                u[1] + h * p[1] * (far[0] - u[1]) + p[2] * u[1] * w[1],
            ]
        });
        for (state, by_hand) in solution.states().zip(&line.states) {
            assert_close(state, *by_hand, "Euler-Maruyama");
        }
    }
}

#[test]
fn milstein_steps_are_those_by_hand() {
    let p = [1.4, 0.4];
    for h in SIZES {
        let problem = SddeProblem::new(logistic, 0.6, Constant(0.6), (0.0, 2.0), p).seed(12);
        let solution = problem.solver(Milstein).fixed(h).solve().expect("a solution");
        let path = problem.noise_path();
        let line = Line::run(([0.6], [0.6]), solution.times(), (path, 1), |past, [u], t, h, w| {
            let drift = p[0] * u * (1.0 - past.at(t - 0.3)[0]);
            [u + h * drift + p[1] * u * w[0] + 0.5 * p[1] * p[1] * u * (w[0] * w[0] - h)]
        });
        for (state, by_hand) in solution.states().zip(&line.states) {
            assert_close([state], *by_hand, "Milstein");
        }
    }
}

#[test]
fn euler_heun_steps_are_those_by_hand() {
    let p = [0.8, 0.5, 0.3];
    let noise = |u: [f64; 2], z: [f64; 2], w: &[f64]| {
        [p[2] * u[1] * w[0] + 0.1 * z[0] * w[1], p[2] * (0.3 * u[0]).cos() * w[0] + 0.2 * w[1]]
    };
    for h in SIZES {
        let problem =
            SddeProblem::new(feedback_in_the_middle, [1.0, 0.5], Constant([1.0, 0.5]), (0.0, 2.0), p)
                .seed(13);
        let solution = problem.solver(EulerHeun).fixed(h).solve().expect("a solution");
        let path = problem.noise_path();
        let line = Line::run(([1.0, 0.5], [1.0, 0.5]), solution.times(), (path, 2), |past, u, t, h, w| {
            let z = past.at(t - 0.25);
            let first = noise(u, z, w);
            let second = noise([u[0] + first[0], u[1] + first[1]], z, w);
            [
                u[0] + h * (-p[0] * u[0] + p[1] * z[1]) + 0.5 * (first[0] + second[0]),
                u[1] + h * p[1] * (z[0] - u[1]) + 0.5 * (first[1] + second[1]),
            ]
        });
        for (state, by_hand) in solution.states().zip(&line.states) {
            assert_close(state, *by_hand, "Euler-Heun");
        }
    }
}

/// A lag that varies with the time, longer and shorter; the history does not meet the start.
#[test]
fn lags_may_vary_with_the_time() {
    let p = [0.9, 0.3, 0.35];
    for h in SIZES {
        let problem = SddeProblem::new(swaying, 1.0, Constant(0.4), (0.0, 4.0), p).seed(14);
        let solution = problem.solver(EulerMaruyama).fixed(h).solve().expect("a solution");
        let path = problem.noise_path();
        let line = Line::run(([1.0], [0.4]), solution.times(), (path, 1), |past, [u], t, h, w| {
            let lag = 0.4 + p[2] * t.sin();
            [u - h * p[0] * past.at(t - lag)[0] + p[1] * u * w[0]]
        });
        for (state, by_hand) in solution.states().zip(&line.states) {
            assert_close([state], *by_hand, "a lag that varies");
        }
    }
}

/// Where the history does not meet the start a step ends where that jump comes to be looked up; where it does, none does. What is
/// saved does not change the rest of the steps but for their ends.
#[test]
fn steps_end_where_a_jump_is_looked_up() {
    let solve = |history: f64| {
        let problem = SddeProblem::new(logistic, 0.6, Constant(history), (0.0, 2.0), [1.4, 0.4]);
        problem.solver(EulerMaruyama).fixed(0.25).solve().expect("a solution").times().to_vec()
    };
    assert!(solve(0.5).contains(&0.3) && !solve(0.5).contains(&0.6));
    assert!(!solve(0.6).contains(&0.3));
}

/// An event that moves the state is seen again a lag later.
#[test]
fn events_are_part_of_the_past() {
    let problem = SddeProblem::new(linear_of_one, 1.0, Constant(1.0), (0.0, 2.0), [-0.5, 0.2]).seed(15);
    let event = Preset::new([0.5], |u: &mut f64, _: &mut [f64; 2], _: f64| *u += 1.0);
    let solution = problem.solver(EulerMaruyama).fixed(0.125).event(event).solve().expect("a solution");
    let times: Vec<f64> = (0..=16).map(|n| 0.125 * f64::from(n)).collect();
    let w = problem.noise_path().values(1, &times).expect("a path over the span");
    // What is looked up at the time of the event is the state that it left.
    let mut states = vec![1.0];
    for n in 0..16 {
        let past = if n < 8 { 1.0 } else { states[n - 8] };
        let next = states[n] - 0.125 * 0.5 * past + 0.2 * (w[n + 1][0] - w[n][0]);
        states.push(if n + 1 == 4 { next + 1.0 } else { next });
    }
    assert_close([*solution.end()], [states[16]], "an event");
}

/// The mean and the variance of `du = a u(t - 1) dt + s dW` from `u = 1`: `m(t) = Σ_k a^k (t - k + 1)^k / k!`, and with the
/// fundamental solution `X(t) = Σ_k a^k (t - k)^k / k!` the variance is `s² ∫ X²`.
///
/// Within four deviations of the estimates, and the first order of the step size: the derivatives of both by the time are below 1
/// here.
#[test]
fn moments_are_those_of_the_fundamental_solution() {
    let (a, s, end, h, count) = (-1.0_f64, 0.5, 2.5, 1.0 / 32.0, 2000_usize);
    let ensemble = Ensemble::new(count, |i| {
        let problem = SddeProblem::new(linear_of_one, 1.0, AtRest, (0.0, end), [a, s]);
        problem.seed(16).trajectory(i as u32).cells(h)
    });
    let solve = |problem: &SddeProblem<linear_of_one, AtRest>| {
        problem.solver(EulerMaruyama).fixed(h).save_at(Grid::points([end])).solve()
    };
    let outcome = ensemble.run(solve, Moments).expect("solutions").complete().expect("all of them");
    let power = |x: f64, k: i32| if x > 0.0 || k == 0 { x.powi(k) } else { 0.0 };
    let factorial = |k: i32| (1..=k).map(f64::from).product::<f64>();
    let mean: f64 = (0..5).map(|k| a.powi(k) * power(end - f64::from(k) + 1.0, k) / factorial(k)).sum();
    let fundamental =
        |t: f64| (0..4).map(|k| a.powi(k) * power(t - f64::from(k), k) / factorial(k)).sum::<f64>();
    // Simpson's rule, on pieces of which none has a kink inside.
    let pieces = 500;
    let width = end / f64::from(pieces);
    let square = |t: f64| fundamental(t) * fundamental(t);
    let integral: f64 = (0..pieces)
        .map(|n| {
            let t = f64::from(n) * width;
            width / 6.0 * (square(t) + 4.0 * square(t + 0.5 * width) + square(t + width))
        })
        .sum();
    let variance = s * s * integral;
    let (off, spread) = (outcome.mean(0)[0] - mean, (variance / count as f64).sqrt());
    assert!(off.abs() < 4.0 * spread + h, "mean off by {off}, of {spread}");
    let (off, spread) = (outcome.variance(0)[0] - variance, variance * (2.0 / count as f64).sqrt());
    assert!(off.abs() < 4.0 * spread + h * s * s, "variance off by {off}, of {spread}");
}

/// On any number of threads, to the bit; and a trajectory by itself is what it is in the ensemble.
#[test]
fn ensembles_are_the_same_on_any_number_of_threads() {
    let run = |threads: usize| {
        let ensemble = Ensemble::new(40, |i| {
            let problem = SddeProblem::new(feedback, [1.0, 0.5], AtRest, (0.0, 1.0), [0.8, 0.5, 0.3]);
            problem.seed(17).trajectory(i as u32)
        });
        let solve = |problem: &SddeProblem<feedback, AtRest>| {
            Ok(*problem.solver(EulerMaruyama).fixed(0.0625).solve()?.end())
        };
        let ends = ensemble.threads(threads).run(solve, Collect).expect("solutions").complete().expect("all");
        let alone = SddeProblem::new(feedback, [1.0, 0.5], AtRest, (0.0, 1.0), [0.8, 0.5, 0.3]).seed(17);
        let alone = alone.trajectory(7).solver(EulerMaruyama).fixed(0.0625).solve().expect("a solution");
        assert_eq!(ends[7], (7, *alone.end()));
        ends
    };
    assert_eq!(run(1), run(2));
}

/// Noise that does not commute takes its areas from the path, and the past does not change that.
#[test]
fn areas_are_those_of_the_path() {
    let problem = SddeProblem::new(clark_cameron, [0.0; 2], AtRest, (0.0, 1.0), []).seed(18).areas(0.125);
    let solution = problem.solver(Milstein).fixed(0.125).solve().expect("a solution");
    let by_euler = problem.solver(EulerMaruyama).fixed(0.125).solve().expect("a solution");
    // Of the first component the noise is constant: both methods agree. Of the second Milstein adds what the areas say.
    assert!(solution.rows().zip(by_euler.rows()).all(|(one, other)| one[0] == other[0]));
    assert!((solution.end()[1] - by_euler.end()[1]).abs() > 1e-3);
}
