use diffeq::differentiable;
use diffeq::ode;

const N: usize = 10;

#[ode]
fn heat(du: &mut [f64; N], u: &[f64; N], k: &f64) {
    for i in 0..N {
        du[i] = k * (u[i - 1] - 2.0 * u[i]);
    }
}

#[ode]
fn advection(du: &mut [f64; N], u: &[f64; N], k: &f64) {
    for i in 0..N {
        du[i] = k * (u[i + 1] - u[i]);
    }
}

#[differentiable]
fn total(u: &[f64; N]) -> f64 {
    let mut sum = 0.0;
    for i in 0..=N {
        sum += u[i];
    }
    sum
}

#[ode]
fn in_order(du: &mut [f64; N], u: &[f64; N]) {
    for i in 0..N {
        let left = if i == 0 { N - 1 } else { i - 1 };
        du[i] = u[left] - u[(i + 1) % N] + total(u);
    }
}

fn main() {}
