use diffeq::ode;

#[ode]
fn chosen(du: &mut [f64; 2], u: &[f64; 2]) {
    let (mut x, mut y) = (u[0], u[1]);
    let larger = if u[0] > u[1] { &mut x } else { &mut y };
    *larger *= 2.0;
    du[0] = x;
    du[1] = y;
}

fn main() {}
