use diffeq::differentiable;
use diffeq::ode;

#[differentiable]
fn halve<const N: usize>(x: &mut [f64; N]) {
    x.iter_mut().for_each(|x| *x *= 0.5);
}

#[ode]
fn model(du: &mut [f64; 3], u: &[f64; 3]) {
    *du = *u;
    halve(&mut du[1..]);
}

fn main() {}
