use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2]) {
    du[0] = transform(|x: f64| x * 2.0, u[0]);
    du[1] = -u[0];
}

fn transform(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    f(x)
}

fn main() {}
