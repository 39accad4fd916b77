use diffeq::nn::Mlp;
use diffeq::nn::Tanh;
use diffeq::ode;

const NET: Mlp<1, 5, 1, Tanh> = unreachable!();

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 3]) {
    let [x, y] = *u;
    du[0] = NET.forward([x])[0] + p.forward([x, y])[0];
    du[1] = y.forward([x]) + Mlp::<1, 5, 1, Tanh>::default().forward([y])[0];
}

fn main() {}
