use diffeq::differentiable;
use diffeq::ode;

#[ode]
fn model(du: &mut f64, u: &f64) {
    let y = const { 2.0 };
    *du = -u * y;
}

#[ode]
fn switched(du: &mut f64, u: &f64) {
    *du = -u;
    #[cfg(feature = "plot")]
    {
        *du *= 2.0;
    }
    *du *= match u.is_nan() {
        #[cfg(feature = "plot")]
        true => 3.0,
        _ => 1.0,
    };
}

#[differentiable]
fn shaken(#[cfg(feature = "plot")] by: f64, u: f64) -> f64 {
    u
}

fn main() {}
