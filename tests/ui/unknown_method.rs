use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 3], u: &[f64; 3]) {
    du[0] = u[0].sinn();
    du[1] = u[1].gamma();
    du[2] = u.iter().summ();
}

fn main() {}
