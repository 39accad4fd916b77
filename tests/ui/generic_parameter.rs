use diffeq::ode;

#[ode]
fn model<F: Fn(f64) -> f64>(du: &mut f64, u: &f64) {
    *du = -u;
}

#[ode]
fn bounded<const N: usize>(du: &mut [f64; N], u: &[f64; N])
where
    [(); N]: Sized,
{
    *du = *u;
}

fn main() {}
