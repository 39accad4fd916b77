use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2]) {
    du[0] = u[0] as f32 as f64;
    du[1] = u[1] * (16777217 as f32 as f64);
}

#[ode]
fn in_single(du: &mut [f64; 2], u: &[f64; 2]) {
    let rate: f32 = 0.1;
    du[0] = -u[0] * f64::from(rate) + std::f32::consts::PI as f64;
    du[1] = -u[1] * (0.1f32 * 3.0) as f64 + f64::from(-0.1f32) + 0.1f32 as f64;
}

fn main() {}
