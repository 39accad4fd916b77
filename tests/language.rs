//! Models through the macro, against the same arithmetic written by hand.

use diffeq::ode;
use diffeq::problem::Rhs;

/// Lotka-Volterra.
#[ode]
fn lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4], _t: f64) {
    let [x, y] = *u;
    let [alpha, beta, delta, gamma] = *p;
    du[0] = alpha * x - beta * x * y;
    du[1] = -delta * y + gamma * x * y;
}

#[ode]
fn chain<const N: usize>(du: &mut [f64; N], u: &[f64; N], k: f64) {
    du[0] = -k * u[0];
    for i in 1..N {
        let mut acc = 0.0;
        for j in 0..i {
            if j % 2 == 0 {
                acc += u[j].sin();
            } else {
                acc -= u[j] * k;
            }
        }
        du[i] = acc;
    }
}

#[test]
fn the_equation_of_lotka_and_volterra() {
    let du: [f64; 2] = lotka_volterra.eval(&[2.0, 3.0], &[1.5, 1.0, 3.0, 1.0], 0.0);
    assert_eq!(du, [1.5 * 2.0 - 2.0 * 3.0, -3.0 * 3.0 + 2.0 * 3.0]);
}

#[test]
fn loops_and_branches_in_place() {
    let u = [0.3, 0.5, -0.2, 0.9];
    let du: [f64; 4] = chain::<4>.eval(&u, &2.0, 0.0);
    let mut expected = [-2.0 * u[0], 0.0, 0.0, 0.0];
    for i in 1..4 {
        for j in 0..i {
            expected[i] += if j % 2 == 0 { u[j].sin() } else { -u[j] * 2.0 };
        }
    }
    assert_eq!(du, expected);
}
