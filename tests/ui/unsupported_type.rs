use diffeq::ode;

#[ode]
fn on_the_heap(du: &mut Vec<f64>, u: &Vec<f64>) {
    du[0] = u[0];
}

#[ode]
fn a_tuple(u: (f64, f64)) -> (f64, f64) {
    (u.1, -u.0)
}

fn main() {}
