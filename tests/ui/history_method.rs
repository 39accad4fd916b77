use diffeq::prelude::*;

#[dde]
fn decay(u: f64, h: &impl History<f64>, p: f64, t: f64) -> f64 {
    -p * u * h.slope(t - 1.0)
}

fn main() {}
