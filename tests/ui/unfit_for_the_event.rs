use diffeq::prelude::*;
use diffeq::sensitivity::DiscreteAdjoint;

#[ode]
fn decay(u: [f64; 2], p: [f64; 1]) -> [f64; 2] {
    [-p[0] * u[0], 0.0]
}

#[differentiable]
fn of_another_state(u: &[f64; 3]) -> f64 {
    u[0]
}

#[differentiable]
fn is_low(u: &[f64; 2]) -> bool {
    u[0] < 0.5
}

#[differentiable]
fn level(u: &[f64; 2], p: &[f64; 1]) -> f64 {
    u[0] - p[0]
}

#[differentiable]
fn by_value(u: [f64; 2]) -> [f64; 2] {
    [u[0] + 1.0, u[1]]
}

fn without_attribute(u: &[f64; 2]) -> f64 {
    u[0]
}

fn main() {
    let problem = OdeProblem::new(decay, [1.0, 0.0], (0.0, 1.0), [2.0]);
    let _ = problem.solver(Tsit5).event(Crossing::of::<of_another_state, ()>());
    let _ = problem.solver(Tsit5).event(Crossing::of::<is_low, ()>());
    let _ = problem.solver(Tsit5).event(Discrete::of::<level, ()>());
    let _ = problem.solver(Tsit5).event(Crossing::of::<level, by_value>()).vjp(DiscreteAdjoint::default());
    let _ = problem.solver(Tsit5).event(Crossing::of::<without_attribute, ()>());
}
