use diffeq::Components;
use diffeq::nn::Mlp;
use diffeq::nn::Tanh;
use diffeq::ode;

#[derive(Components)]
struct Rates {
    one: Mlp<1, 5, 1, Tanh>,
    two: Mlp<2, 5, 1, Tanh>,
}

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2], p: &Rates) {
    let [x, y] = *u;
    du[0] = p.one.forward(x)[0] + p.two.forward(x, y)[0];
    du[1] = p.two.forward((x, y))[0] + p.two.forward()[0];
}

fn main() {}
