//! The equations of these tests.

use diffeq::prelude::*;

/// `du = a h(t - tau) dt + s dW`: linear, with additive noise.
#[sde]
pub fn linear(_u: f64, h: &impl History<f64>, p: &[f64; 3], t: f64) -> (f64, f64) {
    (p[0] * h(t - p[1]), p[2])
}

/// The same with the lag in the source.
#[sde]
pub fn linear_of_one(_u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> (f64, f64) {
    (p[0] * h(t - 1.0), p[1])
}

/// A delayed logistic equation whose noise grows with the state, and looks at no other.
#[sde]
pub fn logistic(u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> (f64, f64) {
    (p[0] * u * (1.0 - h(t - 0.3)), p[1] * u)
}

/// Noise that looks back, in two components of a process each.
#[sde]
pub fn feedback(
    du: &mut [f64; 2],
    noise: &mut [f64; 2],
    u: &[f64; 2],
    h: &impl History<[f64; 2]>,
    p: &[f64; 3],
    t: f64,
) {
    du[0] = -p[0] * u[0] + p[1] * h(t - 0.25)[1];
    du[1] = p[1] * (h(t - 0.4)[0] - u[1]);
    noise[0] = p[2] * (1.0 + h(t - 0.25)[0]).sin() + 0.1 * u[0];
    noise[1] = p[2] * u[1];
}

/// The same in the sense of Stratonovich, with two processes for both components.
#[sde(stratonovich)]
pub fn feedback_in_the_middle(
    du: &mut [f64; 2],
    noise: &mut [[f64; 2]; 2],
    u: &[f64; 2],
    h: &impl History<[f64; 2]>,
    p: &[f64; 3],
    t: f64,
) {
    let z = h(t - 0.25);
    du[0] = -p[0] * u[0] + p[1] * z[1];
    du[1] = p[1] * (z[0] - u[1]);
    noise[0] = [p[2] * u[1], 0.1 * z[0]];
    noise[1] = [p[2] * (0.3 * u[0]).cos(), 0.2];
}

/// Noise that looks back, in the sense of Stratonovich.
#[sde(stratonovich)]
pub fn echo_in_the_middle(u: f64, h: &impl History<f64>, p: &[f64; 3], t: f64) -> (f64, f64) {
    (-p[0] * u, p[1] * u + p[2] * h(t - 0.25).sin())
}

/// The delayed logistic equation in the sense of Stratonovich.
#[sde(stratonovich)]
pub fn logistic_in_the_middle(u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> (f64, f64) {
    (p[0] * u * (1.0 - h(t - 0.3)), p[1] * u)
}

/// A lag that varies with the time, and so with a parameter of it.
#[sde]
pub fn swaying(u: f64, h: &impl History<f64>, p: &[f64; 3], t: f64) -> (f64, f64) {
    let lag = 0.4 + p[2] * t.sin();
    (-p[0] * h(t - lag), p[1] * u)
}

/// Two processes that do not commute, and a drift that looks back.
#[sde]
pub fn clark_cameron(
    du: &mut [f64; 2],
    noise: &mut [[f64; 2]; 2],
    u: &[f64; 2],
    h: &impl History<[f64; 2]>,
    t: f64,
) {
    du[0] = -h(t - 0.5)[0];
    du[1] = -u[1];
    noise[0] = [1.0, 0.0];
    noise[1] = [0.0, u[0]];
}
