use diffeq::ode;
use diffeq::sde;

#[sde(diagonal)]
fn class_as_an_option(u: f64) -> (f64, f64) {
    (-u, u)
}

#[sde(Stratonovich)]
fn capital(u: f64) -> (f64, f64) {
    (-u, u)
}

#[ode(stratonovich)]
fn ordinary(u: f64) -> f64 {
    -u
}

fn main() {
    let _ = (class_as_an_option, capital, ordinary);
}
