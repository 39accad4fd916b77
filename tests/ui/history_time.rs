use diffeq::prelude::*;

#[dde]
fn decay(u: f64, h: &impl History<f64>, p: f64, t: f64) -> f64 {
    -p * u * h()
}

#[dde]
fn growth(du: &mut [f64; 2], u: &[f64; 2], h: &impl History<[f64; 2]>, p: f64, t: f64) {
    du[0] = p * h(t - 1.0, 0);
    du[1] = p * u[1];
}

fn main() {}
