use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64) -> f64 {
    *du = -u;
    0.0
}

fn main() {}
