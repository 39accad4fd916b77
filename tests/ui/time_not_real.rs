use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64, p: &f64, t: usize) {
    *du = -u * p;
}

fn main() {}
