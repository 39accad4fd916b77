use diffeq::Components;
use diffeq::nn::Dense;
use diffeq::nn::Mlp;
use diffeq::nn::Tanh;
use diffeq::ode;

#[derive(Components)]
struct Rates {
    net: Mlp<2, 5, 2, Tanh>,
    layer: Dense<2, 2, Tanh>,
    growth: f64,
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

#[ode]
fn whole(u: [f64; 3], p: &Rates) -> [f64; 3] {
    p.layer.forward([u[0], u[1]])
}

#[ode]
fn no_network(u: [f64; 2], p: &Rates) -> [f64; 2] {
    p.growth.forward(u)
}

fn main() {}
