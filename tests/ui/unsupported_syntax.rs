use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64) {
    let x = 'block: {
        1.0
    };
    let y = const { 2.0 };
    *du = -u * x * y;
}

fn main() {}
