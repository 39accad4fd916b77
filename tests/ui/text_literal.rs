use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64) {
    let name = "decay";
    *du = -u * 'c';
}

fn main() {}
