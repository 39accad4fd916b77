use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2]) {
    let pair = (u[0], u[1]);
    du[0] = u.x;
    du[1] = pair.2;
}

fn main() {}
