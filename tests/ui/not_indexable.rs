use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64) {
    du[0] = u[0];
}

fn main() {}
