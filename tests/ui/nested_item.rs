use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64) {
    fn helper<const N: usize>(x: [f64; N]) -> f64 {
        x[0]
    }
    static mut RATE: f64 = 1.0;
    mod rates {}
    *du = -u;
}

fn main() {}
