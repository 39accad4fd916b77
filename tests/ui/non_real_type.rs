use diffeq::ode;

#[ode]
fn integers(du: &mut [f64; 2], u: &[i32; 2], p: &f64, t: f64) {
    du[0] = p;
    du[1] = p;
}

#[ode]
fn parameters(du: &mut f64, u: &f64, p: &(f64, usize)) {
    *du = -u;
}

#[ode]
fn text(du: &mut f64, u: &f64, p: &String) {
    *du = -u;
}

fn main() {}
