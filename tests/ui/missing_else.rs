use diffeq::ode;

#[ode]
fn model(u: f64, t: f64) -> f64 {
    let k = if t > 1.0 { 2.0 };
    -k * u
}

fn main() {}
