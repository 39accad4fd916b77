use diffeq::delay::SddeProblem;
use diffeq::prelude::*;

#[sde]
fn feedback(u: f64, h: &impl History<f64>, p: f64, t: f64) -> (f64, f64) {
    (-u, p * h(t - 1.0))
}

#[sde(stratonovich)]
fn in_the_middle(u: f64, h: &impl History<f64>, p: f64, t: f64) -> (f64, f64) {
    (-u, p * u * h(t - 1.0))
}

fn main() {
    let _ = SddeProblem::new(feedback, 1.0, AtRest, (0.0, 1.0), 0.3).solver(Milstein);
    let _ = SddeProblem::new(feedback, 1.0, AtRest, (0.0, 1.0), 0.3).solver(SOSRA);
    let _ = SddeProblem::new(in_the_middle, 1.0, AtRest, (0.0, 1.0), 0.3).solver(EulerMaruyama);
}
