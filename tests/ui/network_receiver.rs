use diffeq::differentiable;
use diffeq::nn::Dense;
use diffeq::ode;

const NET: Dense<1, 1> = Dense::new([[0.5]], [0.0]);

#[differentiable]
fn pair(x: f64) -> [f64; 2] {
    [x, x]
}

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 3]) {
    let [x, y] = *u;
    du[0] = NET.forward([x])[0] + p.forward([x, y])[0];
    du[1] = y.forward([x]) + pair(x).forward([y])[0];
}

fn main() {}
