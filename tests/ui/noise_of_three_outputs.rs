use diffeq::sde;

#[sde]
fn three(du: &mut [f64; 2], noise: &mut [f64; 2], jumps: &mut [f64; 2], u: &[f64; 2]) {
    *du = [-u[0], -u[1]];
    *noise = [1.0, 1.0];
    *jumps = [0.0, 0.0];
}

#[sde]
fn late(du: &mut [f64; 2], u: &[f64; 2], noise: &mut [f64; 2]) {
    *du = [-u[0], -u[1]];
    *noise = [1.0, 1.0];
}

#[sde]
fn both_ways(du: &mut f64, noise: &mut f64, u: f64) -> f64 {
    *du = -u;
    *noise = u;
    u
}

#[sde]
fn one_value(u: f64, p: f64) -> (f64, f64) {
    p * u
}

#[sde]
fn of_three(u: f64, p: f64) -> (f64, f64) {
    (p * u, u, u)
}

#[sde]
fn without_a_value(u: f64, p: f64) -> (f64, f64) {
    if u > p {
        return;
    }
    (p * u, u)
}

#[sde]
fn no_arguments(du: &mut f64, noise: &mut f64) {
    *du = 1.0;
    *noise = 1.0;
}

#[sde]
fn of_integers(du: &mut [f64; 2], noise: &mut [i32; 2], u: &[f64; 2]) {
    *du = *u;
    *noise = [1, 2];
}

fn main() {
    let _ = (three, late, both_ways, one_value, of_three, without_a_value, no_arguments, of_integers);
}
