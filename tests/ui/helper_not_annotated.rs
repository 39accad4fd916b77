use diffeq::ode;

fn hill(x: f64, k: f64) -> f64 {
    x / (k + x)
}

#[ode]
fn gene(du: &mut [f64; 1], u: &[f64; 1], p: &[f64; 2]) {
    du[0] = p[0] * hill(u[0], p[1]) - u[0];
}

fn main() {}
