use diffeq::sde;

#[sde]
fn only_a_drift(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 2]) {
    du[0] = -p[0] * u[0];
    du[1] = -p[1] * u[1];
}

#[sde]
fn returns_only_a_drift(u: [f64; 2], p: &[f64; 2]) -> [f64; 2] {
    [-p[0] * u[0], -p[1] * u[1]]
}

#[sde]
fn returns_three(u: f64) -> (f64, f64, f64) {
    (-u, u, u)
}

#[sde]
fn returns_nothing(u: &[f64; 2]) {
    let _ = u;
}

fn main() {
    let _ = (only_a_drift, returns_only_a_drift, returns_three, returns_nothing);
}
