use diffeq::prelude::*;

#[sde]
fn before_the_state(
    du: &mut [f64; 2],
    noise: &mut [f64; 2],
    h: &impl History<[f64; 2]>,
    u: &[f64; 2],
    p: &f64,
    t: f64,
) {
    *du = h(t - 1.0);
    *noise = [p * u[0], 0.0];
}

#[sde]
fn between_the_outputs(du: &mut f64, h: &impl History<f64>, noise: &mut f64, u: &f64, t: f64) {
    *du = h(t - 1.0);
    *noise = *u;
}

#[sde]
fn without_noise(du: &mut f64, u: &f64, h: &impl History<f64>, t: f64) {
    *du = -u * h(t - 1.0);
}

#[sde]
fn to_come(u: f64, h: &impl History<f64>, p: f64, t: f64) -> (f64, f64) {
    (-u * h(t + 0.5), p * h(t))
}

#[sde]
fn no_time(u: f64, h: &impl History<f64>, p: f64, _t: f64) -> (f64, f64) {
    (-u, h(p))
}

#[sde]
fn all_of_it(u: f64, h: &impl History<f64>, t: f64) -> (f64, f64) {
    let past = h;
    (-u * past.at(t - 1.0), 0.1)
}

#[sde]
fn another_width(du: &mut [f64; 2], noise: &mut [f64; 3], u: &[f64; 2], h: &impl History<[f64; 2]>, t: f64) {
    *du = h(t - 1.0);
    *noise = [u[0], u[1], 0.0];
}

fn main() {
    // A mistake is said once, and nothing of what is done with the equation.
    let problem = SddeProblem::new(to_come, 1.0, AtRest, (0.0, 1.0), 0.3);
    let _ = problem.solver(EulerMaruyama).fixed(0.1).solve();
    let _ = problem.solver(Milstein).vjp(DiscreteAdjoint::default());
}
