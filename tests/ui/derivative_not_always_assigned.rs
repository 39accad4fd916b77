use diffeq::ode;

#[ode]
fn without_else(du: &mut [f64; 2], u: &[f64; 2]) {
    du[0] = u[1];
    if u[0] > 0.0 {
        du[1] = -u[0];
    }
}

#[ode]
fn early_return(du: &mut [f64; 2], u: &[f64; 2]) {
    du[0] = u[1];
    if u[0] < 0.0 {
        return;
    }
    du[1] = -u[0];
}

fn main() {}
