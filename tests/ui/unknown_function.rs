use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 3], u: &[f64; 3]) {
    du[0] = sin(u[0]);
    du[1] = max(u[0] + u[1], 0.0);
    du[2] = std::mem::take(u[2]);
}

#[ode]
fn with_an_error(du: &mut f64, u: &f64) {
    let root = |x: f64| if x < 0.0 { Err(()) } else { Ok(x.sqrt()) };
    *du = root(*u).unwrap_or(0.0);
}

struct Pair(f64, f64);

#[ode]
fn of_a_tuple_struct(du: &mut [f64; 2], u: &[f64; 2]) {
    let Pair(a, b) = Pair(u[0], u[1]);
    *du = [b, -a];
}

fn main() {}
