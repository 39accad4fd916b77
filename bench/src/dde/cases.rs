//! The equations, with the ends that are right: from an integration in many digits, but for Mackey and Glass's after 500 units of
//! time, which our own method of order nine gives (a test holds it to the digits at 100).

use diffeq::prelude::*;
use diffeq::space::Vector;

use super::Case;
use super::Contender;
use super::OURS;
use super::peer;

/// Prey grow by what they were a delay before.
#[dde]
pub fn lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], h: &impl History<[f64; 2]>, p: &[f64; 5], t: f64) {
    let [alpha, beta, delta, gamma, tau] = *p;
    let [x, y] = *u;
    du[0] = (alpha - beta * y) * h(t - tau)[0];
    du[1] = (delta * x - gamma) * y;
}

/// Its parameters, the delay the last.
pub const LOTKA_VOLTERRA: [f64; 5] = [2.2, 1.0, 2.0, 0.4, 0.1];

#[dde]
fn mackey_glass(u: &[f64; 1], h: &impl History<[f64; 1]>, p: &[f64; 3], t: f64) -> [f64; 1] {
    let [z] = h(t - p[2]);
    [p[0] * z / (1.0 + z.powi(10)) - p[1] * u[0]]
}

/// Willé and Baker's third equation: two lags.
#[dde]
fn two_lags(du: &mut [f64; 3], u: &[f64; 3], h: &impl History<[f64; 3]>, p: &[f64; 2], t: f64) {
    let z = h(t - p[0])[0];
    du[0] = z;
    du[1] = z + h(t - p[1])[1];
    du[2] = u[1];
}

/// Enright and Hayashi's C4: production of red blood cells, a lag that the state moves.
#[dde]
fn moving_lag(du: &mut [f64; 3], u: &[f64; 3], h: &impl History<[f64; 3]>, p: &[f64; 6], t: f64) {
    let [s0, tau, g, q, k, a] = *p;
    du[0] = s0 * h(t - tau)[1] - g * u[0] - q;
    du[1] = a / (1.0 + 0.0382 * u[0].powf(6.96)) - k * u[1];
    du[2] = 1.0 - q * (g * u[2]).exp() / (s0 * h(t - tau - u[2])[1]);
}

const BLOOD: [f64; 6] = [0.00372, 3.0, 0.1, 0.00178, 6.65, 15600.0];
const GLASS: [f64; 3] = [0.2, 0.1, 17.0];

/// Our methods on a problem that rested before.
macro_rules! ours {
    ($model:ident, $start:expr, $end:expr, $p:expr; $($method:ident)*) => {
        vec![$( Contender {
            library: OURS,
            method: stringify!($method),
            solve: Box::new(|tolerance| {
                let start = $start;
                let problem = DdeProblem::new($model, start, Constant(start), (0.0, $end), $p);
                let solver = problem.solver($method).tolerances(tolerance, tolerance).max_steps(1_000_000);
                let solution = solver.save_every_step(false).solve().ok()?;
                Some((Vector::<f64>::as_slice(solution.end()).to_vec(), solution.stats().nfev))
            }),
        } ),*]
    };
}

/// All cases.
pub fn all() -> Vec<Case> {
    let [alpha, beta, delta, gamma, tau] = LOTKA_VOLTERRA;
    let prey = Case {
        name: "lotka_volterra",
        title: "Delayed Lotka-Volterra, t = 0..10",
        end: vec![1.213370119142255, 3.4159429441973246],
        contenders: [
            ours!(lotka_volterra, [1.0; 2], 10.0, LOTKA_VOLTERRA; Tsit5 DP5 Vern6 Vern7 Vern9),
            peer::methods::<1, 2>(
                [1.0; 2],
                10.0,
                1.0,
                move |_, u, z, du| {
                    du[0] = (alpha - beta * u[1]) * z[0][0];
                    du[1] = (delta * u[0] - gamma) * u[1];
                },
                move |_, _| [tau],
            ),
        ]
        .into_iter()
        .flatten()
        .collect(),
    };
    let glass = Case {
        name: "mackey_glass",
        title: "Mackey-Glass, t = 0..500",
        end: glass_at(500.0),
        contenders: [
            ours!(mackey_glass, [0.5], 500.0, GLASS; Tsit5 DP5 Vern6 Vern7 Vern9),
            peer::methods::<1, 1>(
                [0.5],
                500.0,
                20.0,
                |_, u, z, du| {
                    let z = z[0][0];
                    du[0] = GLASS[0] * z / (1.0 + z.powi(10)) - GLASS[1] * u[0];
                },
                |_, _| [GLASS[2]],
            ),
        ]
        .into_iter()
        .flatten()
        .collect(),
    };
    let two = Case {
        name: "two_lags",
        title: "Two lags (Willé, Baker), t = 0..5",
        end: vec![19.175, 176.42257844738032, 190.34420193607042],
        contenders: [
            ours!(two_lags, [1.0; 3], 5.0, [1.0, 0.2]; Tsit5 DP5 Vern6 Vern7 Vern9),
            peer::methods::<2, 3>(
                [1.0; 3],
                5.0,
                2.0,
                |_, u, z, du| {
                    du[0] = z[0][0];
                    du[1] = z[0][0] + z[1][1];
                    du[2] = u[1];
                },
                |_, _| [1.0, 0.2],
            ),
        ]
        .into_iter()
        .flatten()
        .collect(),
    };
    let [s0, tau, g, q, k, a] = BLOOD;
    let moving = Case {
        name: "moving_lag",
        title: "A lag that the state moves (Enright, Hayashi C4), t = 0..100",
        end: vec![2.4001857055610523, 122.54177861858591, 52.75098831754081],
        contenders: [
            ours!(moving_lag, [3.5, 10.0, 50.0], 100.0, BLOOD; Tsit5 DP5 Vern6 Vern7 Vern9),
            peer::methods::<2, 3>(
                [3.5, 10.0, 50.0],
                100.0,
                100.0,
                move |_, u, z, du| {
                    du[0] = s0 * z[0][1] - g * u[0] - q;
                    du[1] = a / (1.0 + 0.0382 * u[0].powf(6.96)) - k * u[1];
                    du[2] = 1.0 - q * (g * u[2]).exp() / (s0 * z[1][1]);
                },
                move |_, u| [tau, tau + u[2]],
            ),
        ]
        .into_iter()
        .flatten()
        .collect(),
    };
    vec![prey, glass, two, moving]
}

fn glass_at(end: f64) -> Vec<f64> {
    let problem = DdeProblem::new(mackey_glass, [0.5], Constant([0.5]), (0.0, end), GLASS);
    let solver = problem.solver(Vern9).tolerances(1e-13, 1e-13).max_steps(1_000_000);
    match solver.save_every_step(false).solve() {
        Ok(solution) => solution.end().to_vec(),
        Err(error) => {
            eprintln!("{error}");
            vec![f64::NAN]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_right_is() {
        assert!((glass_at(100.0)[0] - 1.0500205070525106).abs() < 1e-11);
    }

    #[test]
    fn everyone_solves_every_case() {
        for case in all() {
            for contender in &case.contenders {
                let Some((end, _)) = (contender.solve)(1e-8) else {
                    panic!("{} {} gives up on {}", contender.library, contender.method, case.name);
                };
                let error = super::super::error(&end, &case.end);
                // What a chaotic solution makes of the tolerance, and a peer of what is not smooth.
                assert!(error < 1e-2, "{} {} {}: {error:e}", case.name, contender.library, contender.method);
            }
        }
    }
}
