use diffeq::prelude::*;

#[sde]
fn neutral(u: f64, h: &impl History<f64>, p: f64, t: f64) -> (f64, f64) {
    (-u - 0.5 * h.derivative(t - 1.0), p)
}

fn main() {}
