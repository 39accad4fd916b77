use diffeq::prelude::*;

#[dde]
fn decay(u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> f64 {
    -p[0] * u * h(p[1]) * t
}

fn main() {}
