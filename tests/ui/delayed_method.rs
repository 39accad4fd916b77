use diffeq::prelude::*;

fn shift(x: f64) -> f64 {
    x - 1.0
}

#[dde]
fn decay(u: f64, h: &impl History<f64>, p: f64, t: f64) -> f64 {
    -p * u * h(shift(t))
}

fn main() {}
