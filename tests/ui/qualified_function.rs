use diffeq::ode;

#[ode]
extern "C" fn called_from_c(du: &mut f64, u: &f64) {
    *du = -u;
}

#[ode]
const fn at_compile_time(du: &mut f64, u: &f64) {
    *du = -u;
}

fn main() {}
