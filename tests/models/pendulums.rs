//! A chain of pendulums as chunks of a slice, energy-dependent damping, a borrowed part.
use diffeq::prelude::*;

#[differentiable]
fn energy(state: &[f64], length: f64) -> f64 {
    let (angle, speed) = (state[0], state[1]);
    0.5 * (length * speed).powi(2) + 9.81 * length * (1.0 - angle.cos())
}

#[differentiable]
fn coupling(left: &[f64], right: &[f64], k: f64) -> f64 {
    k * (right[0] - left[0])
}

#[ode]
pub fn chain(du: &mut [f64], u: &[f64], p: &[f64]) {
    let (length, k, damping, limit) = (p[0], p[1], p[2], p[3]);
    let n = u.len() / 2;
    for i in 0..n {
        let here = &u[2 * i..2 * i + 2];
        let mut force = -9.81 / length * here[0].sin();
        if i > 0 {
            force -= coupling(&u[2 * (i - 1)..2 * i], here, k);
        }
        if i + 1 < n {
            force += coupling(here, &u[2 * i + 2..2 * i + 4], k);
        }
        let loss = if energy(here, length) > limit { 2.0 * damping } else { damping };
        du[2 * i] = here[1];
        du[2 * i + 1] = force - loss * here[1];
    }
}
