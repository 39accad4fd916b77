use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2]) {
    u[0] + u[1] = 1.0;
    du[0] = u[1];
    du[1] = -u[0];
}

fn main() {}
