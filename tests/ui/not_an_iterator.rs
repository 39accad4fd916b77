use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64) {
    let mut total = 0.0;
    for x in *u {
        total += x;
    }
    *du = total;
}

fn main() {}
