use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 2], t: f64) {
    u[0] = 1.0;
    p[1] *= 2.0;
    t += 1.0;
    du[0] = u[1] * p[0];
    du[1] = -u[0] * t;
}

fn main() {}
