use diffeq::sde;

fn plain(x: f64) -> f64 {
    x.sin()
}

#[sde]
fn calls(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2]) {
    *du = [-u[0], -u[1]];
    noise[0] = plain(u[0]);
    noise[1] = u[2];
}

#[sde]
fn calls_alone(u: f64) -> (f64, f64) {
    (-u, plain(u))
}

fn main() {
    let _ = (calls, calls_alone);
}
