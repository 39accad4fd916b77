use diffeq::sde;

#[sde]
fn sums_up(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2]) {
    *du = [-u[0], -u[1]];
    noise[0] += u[0];
    noise[1] = noise[0];
}

#[sde]
fn drift_of_the_noise(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2]) {
    du[0] = -noise[0];
    du[1] = -u[1];
    *noise = [u[0], u[1]];
}

fn main() {
    let _ = (sums_up, drift_of_the_noise);
}
