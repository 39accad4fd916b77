use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64) {
    *du = root(*u)?;
}

fn root(x: f64) -> Option<f64> {
    Some(x)
}

fn main() {}
