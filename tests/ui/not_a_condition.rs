use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64) {
    *du = if *u { 1.0 } else { 0.0 };
}

fn main() {}
