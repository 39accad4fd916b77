use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 3], u: &[f64; 2]) {
    du[0] = u[1];
    du[1] = u[0];
    du[2] = 0.0;
}

#[ode]
fn returning(u: [f64; 2]) -> [f64; 3] {
    [u[0], u[1], 0.0]
}

fn main() {}
