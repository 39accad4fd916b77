use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 3], u: &[f64; 3]) {
    let tail = &u[1..];
    du[0] = tail[0];
    du[1] = tail[1];
    du[2] = 0.0;
}

fn main() {}
