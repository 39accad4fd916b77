use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64) {
    *du = match *u {
        0.0 => 1.0,
        _ => 2.0,
    };
}

fn main() {}
