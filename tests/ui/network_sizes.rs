use diffeq::Components;
use diffeq::nn::Dense;
use diffeq::nn::Mlp;
use diffeq::nn::Tanh;
use diffeq::ode;

#[derive(Components)]
struct Rates {
    net: Mlp<2, 5, 2, Tanh>,
    layer: Dense<2, 2, Tanh>,
}

#[ode]
fn input(du: &mut [f64; 3], u: &[f64; 3], p: &Rates) {
    let [a, b] = p.net.forward(*u);
    *du = [a, b, u[0]];
}

#[ode]
fn output(du: &mut [f64; 2], u: &[f64; 2], p: &Rates) {
    let [a, b, c] = p.layer.forward(*u);
    *du = [a, b * c];
}

fn main() {}
