use diffeq::prelude::*;
use diffeq::sensitivity::DiscreteAdjoint;

#[ode]
fn decay(u: [f64; 1], p: [f64; 1]) -> [f64; 1] {
    [-p[0] * u[0]]
}

fn main() {
    let closure = OdeProblem::from_fn(|du: &mut f64, u: &f64, p: &f64, _t| *du = -p * u, 1.0, (0.0, 1.0), 2.0);
    let _ = closure.solver(Tsit5).jvp(&1.0, &0.0);
    let _ = closure.solver(Tsit5).vjp(DiscreteAdjoint::default());

    let problem = OdeProblem::new(decay, [1.0], (0.0, 1.0), [2.0]);
    let crossing = Crossing::new(|u: &[f64; 1], _: &[f64; 1], _| u[0] - 0.5, |u: &mut [f64; 1], _: &mut [f64; 1], _| u[0] += 1.0);
    let _ = problem.solver(Tsit5).event(crossing).vjp(DiscreteAdjoint::default());
}
