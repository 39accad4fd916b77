use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 2]) {
    let [alpha, beta] = *p;
    du[0] = alpah * u[0];
    du[1] = beta * u[1];
}

fn main() {}
