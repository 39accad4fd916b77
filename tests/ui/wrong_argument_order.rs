use diffeq::ode;

#[ode]
fn state_first(u: &[f64; 2], du: &mut [f64; 2], p: &[f64; 2], t: f64) {
    du[0] = u[0] * p[0];
    du[1] = u[1] * p[1];
}

#[ode]
fn time_before_parameters(du: &mut [f64; 2], u: &[f64; 2], t: f64, p: &[f64; 2]) {
    du[0] = u[0] * p[0];
    du[1] = u[1] * p[1];
}

#[ode]
fn time_among_reals(u: f64, t: f64, p: f64) -> f64 {
    p * u * t
}

#[ode]
fn parameters_first(du: &mut [f64; 2], p: &[f64; 2], u: &[f64; 2]) {
    du[0] = u[0] * p[0];
    du[1] = u[1] * p[1];
}

fn main() {}
