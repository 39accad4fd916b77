//! Orders on each path, against loops by hand with steps that are much shorter.

use diffeq::noise::Brownian;
use diffeq::prelude::*;

use crate::by_hand::Line;
use crate::models::echo_in_the_middle;
use crate::models::feedback;
use crate::models::linear;
use crate::models::logistic;
use crate::models::logistic_in_the_middle;

const LEVELS: std::ops::Range<i32> = 3..8;
const FINEST: i32 = 12;
const GROUPS: usize = 10;
/// As many that the interval of each order is below 0.1.
const TRAJECTORIES: u32 = 160;

fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
    let (xy, xx) = points
        .iter()
        .fold((0.0, 0.0), |(xy, xx), p| (xy + (p.0 - x) * (p.1 - y), xx + (p.0 - x) * (p.0 - x)));
    xy / xx
}

/// The order with which the mean error at the end falls, and twice the deviation of that estimate, from groups of paths.
///
/// `errors` gives for a path the errors at all levels. The step of the reference is a thirty-second of the shortest: what it is off by
/// changes an order of one half by 0.02, and one of one by 0.01.
fn order(errors: impl Fn(Brownian) -> Vec<f64>) -> (f64, f64) {
    let mut sums = vec![[0.0; GROUPS]; LEVELS.len()];
    for trajectory in 0..TRAJECTORIES {
        let path = Brownian::new(21, (0.0, 1.0)).trajectory(trajectory);
        for (sums, error) in sums.iter_mut().zip(errors(path)) {
            sums[trajectory as usize % GROUPS] += error;
        }
    }
    let order = |error: &dyn Fn(&[f64; GROUPS]) -> f64| {
        let points: Vec<_> =
            LEVELS.zip(&sums).map(|(level, groups)| (-f64::from(level), error(groups).log2())).collect();
        slope(&points)
    };
    let all = order(&|groups| groups.iter().sum());
    let each = (0..GROUPS).map(|group| order(&|groups| groups[group]));
    let spread = each.map(|one| (one - all) * (one - all)).sum::<f64>() / (GROUPS - 1) as f64;
    (all, 2.0 * (spread / GROUPS as f64).sqrt())
}

fn assert_order((order, width): (f64, f64), expected: f64, what: &str) {
    println!("{what}: order {order:.3} ± {width:.3}");
    assert!(
        width < 0.1 && (order - expected).abs() < 0.1,
        "{what}: order {order} ± {width} and not {expected}"
    );
}

fn times() -> Vec<f64> {
    (0..=1 << FINEST).map(|n| f64::from(n) * 0.5_f64.powi(FINEST)).collect()
}

/// Noise that looks back: one half, with lags that steps divide and one that they do not.
#[test]
fn euler_maruyama_is_of_order_one_half() {
    let (times, p) = (times(), [0.8, 0.5, 0.7]);
    let found = order(|path| {
        let start = ([1.0, 0.5], [1.0, 0.5]);
        let exact = Line::run(start, &times, (&path, 2), |past, u, t, h, w| {
            let (near, far) = (past.at(t - 0.25), past.at(t - 0.4));
            [
                u[0] + h * (-p[0] * u[0] + p[1] * near[1])
                    + (p[2] * (1.0 + near[0]).sin() + 0.1 * u[0]) * w[0],
                u[1] + h * p[1] * (far[0] - u[1]) + p[2] * u[1] * w[1],
            ]
        });
        let problem = SddeProblem::new(feedback, [1.0, 0.5], AtRest, (0.0, 1.0), p).path(path);
        let error = |level: i32| {
            let solver = problem.solver(EulerMaruyama).fixed(0.5_f64.powi(level)).save_every_step(false);
            let solution = solver.solve().expect("a solution");
            let off = |i: usize| solution.end()[i] - exact.end()[i];
            off(0).hypot(off(1))
        };
        LEVELS.map(error).collect()
    });
    assert_order(found, 0.5, "Euler-Maruyama, noise that looks back");
}

/// The lag is no multiple of any step: the line between the ends of steps does not lose the order.
#[test]
fn milstein_is_of_order_one() {
    let (times, p) = (times(), [1.4, 0.5]);
    let found = order(|path| {
        let exact = Line::run(([0.6], [0.6]), &times, (&path, 1), |past, [u], t, h, w| {
            let drift = p[0] * u * (1.0 - past.at(t - 0.3)[0]);
            [u + h * drift + p[1] * u * w[0] + 0.5 * p[1] * p[1] * u * (w[0] * w[0] - h)]
        });
        let problem = SddeProblem::new(logistic, 0.6, AtRest, (0.0, 1.0), p).path(path);
        let error = |level: i32| {
            let solver = problem.solver(Milstein).fixed(0.5_f64.powi(level)).save_every_step(false);
            (solver.solve().expect("a solution").end() - exact.end()[0]).abs()
        };
        LEVELS.map(error).collect()
    });
    assert_order(found, 1.0, "Milstein, a drift that looks back");
}

/// Noise that depends on nothing but the time.
#[test]
fn euler_maruyama_is_of_order_one_where_the_noise_is_additive() {
    let (times, p) = (times(), [-1.2, 0.3, 0.8]);
    let found = order(|path| {
        let exact = Line::run(([0.6], [0.6]), &times, (&path, 1), |past, [u], t, h, w| {
            [u + h * p[0] * past.at(t - p[1])[0] + p[2] * w[0]]
        });
        let problem = SddeProblem::new(linear, 0.6, AtRest, (0.0, 1.0), p).path(path);
        let error = |level: i32| {
            let solver = problem.solver(EulerMaruyama).fixed(0.5_f64.powi(level)).save_every_step(false);
            (solver.solve().expect("a solution").end() - exact.end()[0]).abs()
        };
        LEVELS.map(error).collect()
    });
    assert_order(found, 1.0, "Euler-Maruyama, additive noise");
}

/// The reference is Euler and Maruyama's method for the Ito equation, whose drift has half of how the noise varies with the present
/// state in addition: it knows nothing of means between the ends of a step, and nothing of the past adds to it.
#[test]
fn euler_heun_is_of_order_one_half_where_the_noise_looks_back() {
    let (times, p) = (times(), [0.5, 0.3, 1.2]);
    let found = order(|path| {
        let exact = Line::run(([1.0], [1.0]), &times, (&path, 1), |past, [u], t, h, w| {
            let noise = p[1] * u + p[2] * past.at(t - 0.25)[0].sin();
            [u + h * (-p[0] * u + 0.5 * p[1] * noise) + noise * w[0]]
        });
        let problem = SddeProblem::new(echo_in_the_middle, 1.0, AtRest, (0.0, 1.0), p).path(path);
        let error = |level: i32| {
            let solver = problem.solver(EulerHeun).fixed(0.5_f64.powi(level)).save_every_step(false);
            (solver.solve().expect("a solution").end() - exact.end()[0]).abs()
        };
        LEVELS.map(error).collect()
    });
    assert_order(found, 0.5, "Euler-Heun, noise that looks back");
}

/// The reference is Milstein's method for the Ito equation.
#[test]
fn euler_heun_is_of_order_one_where_the_noise_does_not() {
    let (times, p) = (times(), [1.4, 0.5]);
    let found = order(|path| {
        let exact = Line::run(([0.6], [0.6]), &times, (&path, 1), |past, [u], t, h, w| {
            let drift = p[0] * u * (1.0 - past.at(t - 0.3)[0]) + 0.5 * p[1] * p[1] * u;
            [u + h * drift + p[1] * u * w[0] + 0.5 * p[1] * p[1] * u * (w[0] * w[0] - h)]
        });
        let problem = SddeProblem::new(logistic_in_the_middle, 0.6, AtRest, (0.0, 1.0), p).path(path);
        let error = |level: i32| {
            let solver = problem.solver(EulerHeun).fixed(0.5_f64.powi(level)).save_every_step(false);
            (solver.solve().expect("a solution").end() - exact.end()[0]).abs()
        };
        LEVELS.map(error).collect()
    });
    assert_order(found, 1.0, "Euler-Heun, a drift that looks back");
}
