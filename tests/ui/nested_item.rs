use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64) {
    fn helper(x: f64) -> f64 {
        x * x
    }
    static RATE: f64 = 1.0;
    *du = -u;
}

fn main() {}
