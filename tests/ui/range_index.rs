use diffeq::differentiable;
use diffeq::ode;

#[differentiable]
fn total(x: &[f64]) -> f64 {
    x.iter().sum()
}

#[ode]
fn model(du: &mut [f64], u: &[f64]) {
    for i in 0..u.len() {
        du[i] = total(&u[i..]);
    }
}

fn main() {}
