use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64) {
    let y = const { 2.0 };
    *du = -u * y;
}

fn main() {}
