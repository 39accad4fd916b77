use diffeq::prelude::*;

#[sde]
fn of_the_state(u: f64, h: &impl History<f64>, p: f64, t: f64) -> (f64, f64) {
    (-h(t - 1.0 - u.abs()), p)
}

#[sde]
fn of_another_lookup(u: f64, h: &impl History<f64>, p: f64, t: f64) -> (f64, f64) {
    let lag = 1.0 + 0.1 * h(t - 1.0).sin();
    (-u, p * h(t - lag))
}

fn main() {}
