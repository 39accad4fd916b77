use diffeq::ode;

#[ode]
fn model<F: Fn(f64) -> f64>(du: &mut f64, u: &f64) {
    *du = -u;
}

fn main() {}
