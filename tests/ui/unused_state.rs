use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 2], t: f64) {
    du[0] = p[0] * t;
    du[1] = p[1];
}

fn main() {}
