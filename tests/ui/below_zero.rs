use diffeq::ode;

#[ode]
fn diffusion(du: &mut [f64; 10], u: &[f64; 10]) {
    for i in 0..10 {
        du[i] = u[i - 1] - u[i];
    }
}

fn main() {}
