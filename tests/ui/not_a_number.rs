use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 3], u: &[f64; 3]) {
    du[0] = *u * 2.0;
    du[1] = u[0] + (u[1] > 0.0);
    du[2] = (u[0], u[1]);
}

fn main() {}
