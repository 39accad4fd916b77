use diffeq::ode;

#[ode]
fn read(du: &mut [f64; 2], u: &[f64; 2]) {
    du[0] = du[1] + u[0];
    du[1] = u[1];
}

#[ode]
fn accumulated(du: &mut [f64; 2], u: &[f64; 2]) {
    for i in 0..2 {
        du[i] += u[i];
    }
}

fn main() {}
