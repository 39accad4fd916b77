use diffeq::ode;

#[ode]
fn one_component(du: &mut [f64; 3], u: &[f64; 3]) {
    du[0] = u[1];
    du[2] = u[0];
}

#[ode]
fn a_loop_too_short(du: &mut [f64; 8], u: &[f64; 8]) {
    for i in 1..7 {
        du[i] = u[i + 1] - u[i - 1];
    }
}

#[ode]
fn any_length<const N: usize>(du: &mut [f64; N], u: &[f64; N]) {
    for i in 0..N - 1 {
        du[i] = u[i + 1] - u[i];
    }
}

#[ode]
fn a_scalar(du: &mut f64, u: &f64) {
    let _rate = -u;
}

#[ode]
fn a_gap(du: &mut [f64], u: &[f64]) {
    du[0] = u[1];
    du[2] = u[0];
}

#[ode]
fn one_end(du: &mut [f64], u: &[f64]) {
    du[0] = 0.0;
    for i in 1..u.len() - 1 {
        du[i] = u[i + 1] - u[i];
    }
}

fn main() {}
