use diffeq::prelude::*;

#[dde]
fn decay(u: f64, p: f64, t: f64) -> f64 {
    -p * u * t
}

fn main() {}
