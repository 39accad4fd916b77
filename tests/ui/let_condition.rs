use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64) {
    *du = -u;
    if *u > 0.0 && let 1 = 2 {
        *du = 0.0;
    }
    let 3 = 4 else {
        return;
    };
}

fn main() {}
