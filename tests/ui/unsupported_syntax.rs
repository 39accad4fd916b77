use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64) {
    let x = loop {
        break [1.0, 2.0];
    };
    let y = const { 2.0 };
    *du = -u * x[0] * y;
}

fn main() {}
