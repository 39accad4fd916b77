use diffeq::ode;

#[ode]
fn constants(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 1]) {
    du[0] = p[1] * u[0];
    du[2] = u[1];
    du[1] = 0.0;
}

#[ode]
fn in_a_loop(du: &mut [f64; 4], u: &[f64; 4]) {
    for i in 0..4 {
        du[i] = u[i + 1] - u[i];
    }
}

fn main() {}
