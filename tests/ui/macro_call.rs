use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2]) {
    println!("{}", u[0]);
    let v = vec![0.0; 2];
    du[0] = u[1];
    du[1] = -u[0];
}

fn main() {}
