use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2]) {
    let [x, y] = *u;
    let (a, b) = *u;
    du[0] = x;
    du[1] = y;
}

fn main() {}
