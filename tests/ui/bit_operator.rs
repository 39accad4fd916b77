use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64) {
    *du = -u ^ 2;
}

fn main() {}
