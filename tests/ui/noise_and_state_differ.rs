use diffeq::sde;

#[sde]
fn too_long(du: &mut [f64; 2], noise: &mut [f64; 3], u: &[f64; 2]) {
    du[0] = -u[0];
    du[1] = -u[1];
    noise[0] = 1.0;
    noise[1] = 1.0;
    noise[2] = 1.0;
}

#[sde]
fn rows_the_other_way(du: &mut [f64; 2], noise: &mut [[f64; 2]; 3], u: &[f64; 2]) {
    du[0] = -u[0];
    du[1] = -u[1];
    noise[0] = [1.0, 0.0];
    noise[1] = [1.0, 0.0];
    noise[2] = [1.0, 0.0];
}

#[sde]
fn number(u: [f64; 2], p: f64) -> ([f64; 2], f64) {
    ([-u[0], -u[1]], p)
}

#[sde]
fn any_length(du: &mut [f64], noise: &mut [f64; 3], u: &[f64]) {
    for i in 0..u.len() {
        du[i] = -u[i];
    }
    *noise = [1.0, 2.0, 3.0];
}

#[sde]
fn drift(du: &mut [f64; 3], noise: &mut [f64; 2], u: &[f64; 2]) {
    du[0] = -u[0];
    du[1] = -u[1];
    du[2] = 0.0;
    noise[0] = 1.0;
    noise[1] = 1.0;
}

fn main() {
    let _ = (too_long, rows_the_other_way, number, any_length, drift);
}
