//! The equations of `reference/dde.json`, in its names.

use diffeq::prelude::*;

#[dde]
pub fn linear_lag(_u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> f64 {
    -p[0] * h(t - p[1])
}

#[dde]
pub fn neutral_linear(u: f64, h: &impl History<f64>, p: &[f64; 4], t: f64) -> f64 {
    let [a, b, c, tau] = *p;
    a * u + b * h(t - tau) + c * h.derivative(t - tau)
}

#[dde]
pub fn neves_exponential(u: f64, h: &impl History<f64>, t: f64) -> f64 {
    u * h(u.ln()) / t
}

#[dde]
pub fn pantograph(_u: f64, h: &impl History<f64>, q: f64, t: f64) -> f64 {
    -h(q * t)
}

#[dde]
pub fn wille_baker(du: &mut [f64; 3], u: &[f64; 3], h: &impl History<[f64; 3]>, p: &[f64; 2], t: f64) {
    du[0] = h(t - p[0])[0];
    du[1] = h(t - p[0])[0] + h(t - p[1])[1];
    du[2] = u[1];
}

#[dde]
pub fn mackey_glass(u: f64, h: &impl History<f64>, p: &[f64; 3], t: f64) -> f64 {
    let [beta, gamma, tau] = *p;
    let z = h(t - tau);
    beta * z / (1.0 + z.powi(10)) - gamma * u
}

#[dde]
pub fn delay_lotka_volterra(
    du: &mut [f64; 2],
    u: &[f64; 2],
    h: &impl History<[f64; 2]>,
    p: &[f64; 5],
    t: f64,
) {
    let [alpha, beta, delta, gamma, tau] = *p;
    let [x, y] = *u;
    du[0] = (alpha - beta * y) * h(t - tau)[0];
    du[1] = (delta * x - gamma) * y;
}

#[dde]
pub fn enright_hayashi_a2(du: &mut [f64; 2], u: &[f64; 2], h: &impl History<[f64; 2]>, p: &[f64; 3], t: f64) {
    let [a, c, tau] = *p;
    let z = 10.0 * u[0] / (1.0 + 40.0 * u[1]);
    du[0] = a / (1.0 + 10.0_f64.sqrt() * h(t - tau)[0].powf(1.25)) - z;
    du[1] = 10.0 * z - c * u[1];
}

#[dde]
pub fn enright_hayashi_b1(_u: f64, h: &impl History<f64>, t: f64) -> f64 {
    1.0 - h((1.0 - 1.0 / t).exp())
}

#[dde]
pub fn enright_hayashi_e2(du: &mut [f64; 2], u: &[f64; 2], h: &impl History<[f64; 2]>, p: &[f64; 3], t: f64) {
    let [alpha, rho, tau] = *p;
    let v = u[0] * u[0];
    let z = u[1] * v / (v + 1.0);
    du[0] = u[0] * (1.0 - h(t - tau)[0] - rho * h.derivative(t - tau)[0]) - z;
    du[1] = z - alpha * u[1];
}

#[dde]
pub fn enright_hayashi_g1(u: f64, h: &impl History<f64>, t: f64) -> f64 {
    -h.derivative(t - u * u / 4.0)
}

#[dde]
pub fn paul_c1(u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> f64 {
    -p[0] * h(t - p[1] - u.abs()) * (1.0 - u * u)
}

#[dde]
pub fn enright_hayashi_c4(du: &mut [f64; 3], u: &[f64; 3], h: &impl History<[f64; 3]>, p: &[f64; 6], t: f64) {
    let [s0, tau, g, q, k, a] = *p;
    du[0] = s0 * h(t - tau)[1] - g * u[0] - q;
    du[1] = a / (1.0 + 0.0382 * u[0].powf(6.96)) - k * u[1];
    du[2] = 1.0 - q * (g * u[2]).exp() / (s0 * h(t - tau - u[2])[1]);
}

/// `paul_c1` with the sign of `u` as its third parameter, which an event turns: where a step begins on the kink of `|u|`, its
/// first stage would not know on which side it is.
#[dde]
pub fn paul_c1_by_sign(u: f64, h: &impl History<f64>, p: &[f64; 3], t: f64) -> f64 {
    -p[0] * h(t - p[1] - p[2] * u) * (1.0 - u * u)
}

#[differentiable]
pub fn zero(u: &f64) -> f64 {
    *u
}

#[differentiable]
pub fn turn(_u: &mut f64, p: &mut [f64; 3]) {
    p[2] = -p[2];
}

/// A spring that pulls late.
#[dde]
pub fn late_spring(u: &[f64; 2], h: &impl History<[f64; 2]>, lag: f64, t: f64) -> [f64; 2] {
    [u[1], -h(t - lag)[0]]
}

/// `mackey_glass`, with parameters for its history.
#[dde]
pub fn blood(u: f64, h: &impl History<f64>, p: &[f64; 5], t: f64) -> f64 {
    let z = h(t - p[2]);
    p[0] * z / (1.0 + z.powi(10)) - p[1] * u
}

/// What was before.
#[differentiable]
pub fn season(p: &[f64; 5], t: f64) -> f64 {
    p[3] * (1.0 + 0.2 * (p[4] * t).sin())
}

/// An infection: its microbes, plasma cells, antibodies, and the damage that is done. The last parameter is of the history alone.
#[dde]
pub fn marchuk(du: &mut [f64; 4], u: &[f64; 4], h: &impl History<[f64; 4]>, p: &[f64; 10], t: f64) {
    let [h1, h2, h3, h4, h5, h6, h7, h8, tau, _] = *p;
    let xi = if u[3] <= 0.1 { 1.0 } else { (1.0 - u[3]) * 10.0 / 9.0 };
    let before = h(t - tau);
    du[0] = (h1 - h2 * u[2]) * u[0];
    du[1] = xi * h3 * before[2] * before[0] - h5 * (u[1] - 1.0);
    du[2] = h4 * (u[1] - u[2]) - h8 * u[2] * u[0];
    du[3] = h6 * u[0] - h7 * u[3];
}

/// The history of `marchuk`: microbes come in a millionth before the start, which its last parameter says.
#[derive(Debug, Clone, Copy)]
pub struct Rising;

impl<T: diffeq::real::Real> diffeq::delay::Initial<T, [T; 4], [T; 10]> for Rising {
    fn component(&self, t: T, p: &[T; 10], i: usize, order: usize) -> T {
        let risen = t + p[9];
        match (i, order) {
            (0, 0) => risen.max(T::ZERO),
            (0, 1) if risen > T::ZERO => T::ONE,
            (1 | 2, 0) => T::ONE,
            _ => T::ZERO,
        }
    }

    fn breaks(&self) -> Vec<(f64, usize)> {
        vec![(-1e-6, 1)]
    }
}

/// `y' = -1 - y` or `1 - y`, by the sign of `y` at half the time. Near zero a parameter says which, that an event turns: where
/// the right-hand side jumped, a step would see of the jump as much as its pair of weights does, and that is a fortieth.
#[dde]
pub fn enright_hayashi_b2(u: f64, h: &impl History<f64>, p: &[f64; 1], t: f64) -> f64 {
    let before = h(t / 2.0);
    let sign = if before > 0.1 {
        1.0
    } else if before < -0.1 {
        -1.0
    } else {
        p[0]
    };
    -sign - u
}

/// What is given from a time on, `p[2]`, beside what a delay brings.
#[dde]
pub fn given_later(u: f64, h: &impl History<f64>, p: &[f64; 3], t: f64) -> f64 {
    let dose = if t < p[2] { 0.0 } else { 1.0 };
    dose - p[0] * h(t - p[1]) + 0.0 * u
}

/// A delay whose history stands in the source: it begins to ask for the past where that begins.
#[dde]
pub fn late_start(_u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> f64 {
    let before = if t < p[1] { 0.5 } else { h(t - p[1]) };
    -p[0] * before
}

/// What moves fast from a time on, and tells of that a lag later.
#[dde]
pub fn neutral_later(_u: f64, h: &impl History<f64>, p: &[f64; 3], t: f64) -> f64 {
    let push = if t < p[2] { 0.0 } else { 1.0 };
    push + p[0] * h.derivative(t - p[1])
}
