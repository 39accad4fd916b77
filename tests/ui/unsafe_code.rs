use diffeq::ode;

#[ode]
unsafe fn whole(du: &mut f64, u: &f64) {
    *du = -u;
}

#[ode]
fn part(du: &mut [f64; 2], u: &[f64; 2]) {
    du[0] = unsafe { *u.get_unchecked(1) };
    du[1] = u[0];
}

fn main() {}
