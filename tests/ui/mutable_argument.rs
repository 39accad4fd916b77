use diffeq::ode;
use diffeq::differentiable;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2], p: &mut [f64; 2], t: f64) {
    p[0] = 1.0;
    du[0] = u[0] * p[0];
    du[1] = u[1] * p[1];
}

#[differentiable]
fn helper(out: &mut [f64], x: f64) -> f64 {
    out[0] = x;
    x
}

fn main() {}
