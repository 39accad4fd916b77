use diffeq::ode;

#[ode]
fn counts(du: &mut [f64; 2], u: &[f64; 2]) {
    for i in u.len() {
        du[i] = u[i];
    }
}

#[ode]
fn exponents(du: &mut [f64; 2], u: &[f64; 2]) {
    du[0] = u[0].powi(0.5) + u[1].powi(2.0);
    du[1] = u[u[0]];
}

#[ode]
fn calls(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 1], t: f64) {
    du[0] = p(0) * u[0];
    du[1] = p[0](t);
}

#[ode]
fn returns_a_reference(u: &[f64; 2]) -> &[f64; 2] {
    u
}

#[ode]
fn scales_a_vector(u: &[f64; 2], p: &[f64; 1]) -> [f64; 2] {
    let r = [u[1], -u[0]];
    r * p[0]
}

#[ode]
fn generic<T: Copy>(du: &mut [T; 1], u: &[T; 1]) {
    du[0] = u[0] * u[0];
}

fn main() {}
