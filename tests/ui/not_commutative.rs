use diffeq::sde;

#[sde(commutative)]
fn clark_cameron(du: &mut [f64; 2], noise: &mut [[f64; 2]; 2], u: &[f64; 2]) {
    *du = [0.0, -u[1]];
    noise[0] = [1.0, 0.0];
    noise[1] = [0.0, u[0]];
}

#[sde(commutative)]
fn swapped(u: [f64; 2], p: f64) -> ([f64; 2], [f64; 2]) {
    ([-u[0], -u[1]], [p * u[1], 0.3 * u[0]])
}

fn main() {
    let _ = (clark_cameron, swapped);
}
