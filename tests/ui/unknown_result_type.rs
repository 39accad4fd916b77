use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2]) {
    let weights = std::array::from_fn(|i| i as f64);
    du[0] = u[0];
    du[1] = weights[1];
}

fn main() {}
