use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2]) {
    du[0] = u[0].powi(2.0);
    du[1] = u[u[0]];
}

fn main() {}
