use diffeq::ode;

#[ode(stiff)]
fn model(du: &mut [f64; 2], u: &[f64; 2]) {
    du[0] = u[1];
    du[1] = -u[0];
}

fn main() {}
