use diffeq::prelude::*;

#[dde]
fn decay(du: &mut [f64; 2], u: &[f64; 2], h: &impl History<[f64; 2]>, p: f64, t: f64) {
    du[0] = -p * h(t - 1.0)[2];
    du[1] = u[1];
}

fn main() {}
