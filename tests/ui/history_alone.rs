use diffeq::prelude::*;

#[differentiable]
fn sum(x: &[f64; 2]) -> f64 {
    x[0] + x[1]
}

#[dde]
fn decay(u: &[f64; 2], h: &impl History<[f64; 2]>, p: f64) -> [f64; 2] {
    let earlier = h;
    [-p * u[0] * sum(h), u[1]]
}

fn main() {}
