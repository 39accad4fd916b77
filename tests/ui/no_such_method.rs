use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2]) {
    du[0] = 7i32.checked_add(1).unwrap_or(0) as f64 * u[0];
    du[1] = 7i32.rem_euclit(2) as f64 + 7i32.sqrt() as f64 + f64::from(u8::from((u[0] > 1.0).max(false)));
}

fn main() {}
