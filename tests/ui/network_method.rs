use diffeq::Components;
use diffeq::nn::Mlp;
use diffeq::nn::Tanh;
use diffeq::ode;

#[derive(Components)]
struct Rates {
    growth: f64,
    net: Mlp<2, 5, 2, Tanh>,
}

#[ode]
fn a_field(du: &mut [f64; 2], u: &[f64; 2], p: &Rates) {
    *du = p.net.predict([u[0], p.growth]);
}

#[ode]
fn the_parameters(u: [f64; 2], p: &Mlp<2, 5, 2, Tanh>) -> [f64; 2] {
    p.call(u)
}

fn main() {}
