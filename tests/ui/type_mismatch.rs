use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2]) {
    *du = u[0];
}

#[ode]
fn returning(u: [f64; 2]) -> [f64; 2] {
    -u[0]
}

fn main() {}
