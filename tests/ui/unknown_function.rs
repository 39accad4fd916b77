use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 3], u: &[f64; 3]) {
    du[0] = sin(u[0]);
    du[1] = max(u[0] + u[1], 0.0);
    du[2] = std::mem::take(u[2]);
}

fn main() {}
