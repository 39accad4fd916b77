use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64) {
    let hill = |x: f64, k: f64| x / (x + k);
    *du = hill(*u);
}

fn main() {}
