use diffeq::prelude::*;

#[dde]
fn decay(u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> f64 {
    -p[0] * u * h(t + p[1])
}

#[dde]
fn growth(u: f64, h: &impl History<f64>, p: f64, t: f64) -> f64 {
    p * u * h(t + 0.5)
}

fn main() {}
