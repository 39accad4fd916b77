use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2]) {
    du[0] = u[0].powi();
    du[1] = u[1].exp(2.0);
}

fn main() {}
