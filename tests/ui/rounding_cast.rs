use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2]) {
    du[0] = u[0] as f32 as f64;
    du[1] = u[1] * (16777217 as f32 as f64);
}

fn main() {}
