use diffeq::prelude::*;

#[dde]
fn decay(du: &mut [f64; 2], u: &[f64; 2], h: &impl History<[f64; 2]>, p: f64, t: f64) {
    h(t - 1.0)[0] = u[0];
    du[0] = -p * u[0];
    du[1] = -p * u[1];
}

#[dde]
fn growth(u: f64, h: &mut impl History<f64>, p: f64, t: f64) -> f64 {
    p * u * h(t - 1.0)
}

fn main() {}
