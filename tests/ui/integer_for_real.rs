use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 3], u: &[f64; 3]) {
    du[0] = 2 * u[0];
    du[1] = u[1] / 3 + 1;
    for i in 0..3 {
        du[i] = i * u[i];
    }
}

fn main() {}
