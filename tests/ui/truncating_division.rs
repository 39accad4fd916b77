use diffeq::ode;

#[ode]
fn drag(u: &[f64; 2], p: &[f64; 2]) -> [f64; 2] {
    let half = 1 / 2;
    [u[1], -p[0] - half as f64 * p[1] * u[1].powi(2)]
}

#[ode]
fn in_place(du: &mut [f64; 3], u: &[f64; 3]) {
    du[0] = (1 / 2) as f64 * u[0];
    du[1] = 1 / 3 * u[1];
    // these are meant
    du[2] = u[5 / 2] + (6 / 2) as f64 + f64::from(7 % 4) + (7_i32 / 2) as f64;
}

fn main() {}
