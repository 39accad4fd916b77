use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 4], u: &[f64; 4], _p: &[f64; 1], t: f64) {
    du[0] = u[0].pow(2) + u[0].square() + u[0].sign();
    du[1] = sin(t) + pi;
    du[2] = -2 * u[2] + u[2].len() + u[2].at(0);
    let mut values = Vec::new();
    values.push(1.0);
    du[3] = if t = 1.0 { 1.0 } else { 0.0 };
}

#[ode]
fn whole(du: &mut [f64; 2], u: &[f64; 2]) {
    du = [u[1], -u[0]];
}

fn main() {}
