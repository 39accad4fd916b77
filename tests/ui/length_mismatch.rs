use diffeq::ode;

#[ode]
fn in_place(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2]) {
    let [x, y] = *u;
    let [a, b, c] = *p;
    let v: [f64; 2] = [x, y, a];
    *du = [x, y];
}

#[ode]
fn returning(u: [f64; 2]) -> [f64; 2] {
    [u[1], -u[0], 0.0]
}

fn main() {}
