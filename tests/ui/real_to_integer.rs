use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2]) {
    let cell = u[0] as usize;
    du[0] = u[cell];
    du[1] = u[0].floor() as i32 as f64;
}

fn main() {}
