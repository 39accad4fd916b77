use diffeq::sde;

#[sde(scalar)]
fn matrix(du: &mut [f64; 2], noise: &mut [[f64; 2]; 2], u: &[f64; 2]) {
    du[0] = -u[0];
    du[1] = -u[1];
    noise[0] = [1.0, 0.0];
    noise[1] = [0.0, 1.0];
}

fn main() {
    let _ = matrix;
}
