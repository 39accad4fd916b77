use diffeq::sde;

#[sde]
fn forgets(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2], p: &[f64; 2]) {
    du[0] = -u[0];
    du[1] = -u[1];
    noise[0] = p[0];
}

#[sde]
fn forgets_of_rows(du: &mut [f64; 2], noise: &mut [[f64; 2]; 2], u: &[f64; 2], p: &[f64; 2]) {
    *du = [-u[0], -u[1]];
    noise[0] = [p[0], 0.0];
    noise[1][1] = p[1];
}

#[sde]
fn sometimes(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2]) {
    *du = [-u[0], -u[1]];
    noise[0] = 1.0;
    if u[0] > 0.0 {
        noise[1] = u[0];
    }
}

#[sde]
fn leaves_early(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2]) {
    *du = [-u[0], -u[1]];
    if u[0] < 0.0 {
        return;
    }
    *noise = [1.0, 2.0];
}

fn main() {
    let _ = (forgets, forgets_of_rows, sometimes, leaves_early);
}
