use diffeq::nn::Mlp;
use diffeq::nn::Tanh;
use diffeq::ode;

#[ode]
fn no_tuple(u: [f64; 2], p: &Mlp<2, 5, 2, Tanh>) -> [f64; 2] {
    let (a, b) = p.forward(u);
    [a, b]
}

#[ode]
fn no_number(u: [f64; 2], p: &Mlp<2, 5, 2, Tanh>) -> [f64; 2] {
    [2.0 * p.forward(u), 0.0]
}

#[ode]
fn no_struct(u: [f64; 2], p: &Mlp<2, 5, 2, Tanh>) -> [f64; 2] {
    [p.forward(u).x, 0.0]
}

fn main() {}
