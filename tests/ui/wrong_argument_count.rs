use diffeq::ode;

#[ode]
fn none() -> f64 {
    1.0
}

#[ode]
fn many(du: &mut f64, u: &f64, p: &f64, t: f64, q: &f64) {
    *du = -u * p * q;
}

fn main() {}
