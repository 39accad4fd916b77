use diffeq::prelude::*;

#[dde]
fn decay(u: f64, h: &impl History<f64>, p: f64, t: f64) -> f64 {
    let h = 0.5;
    -p * u * h * t
}

fn main() {}
