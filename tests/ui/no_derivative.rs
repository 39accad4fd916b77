use diffeq::ode;

#[ode]
fn model(du: &[f64; 2], u: &[f64; 2], p: &[f64; 2], t: f64) {
    du[0] = u[0];
    du[1] = u[1];
}

fn main() {}
