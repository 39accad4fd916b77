use diffeq::noise::SdeProblem;
use diffeq::sde;
use diffeq::sensitivity::StochasticBacksolve;
use diffeq::stepper::SOSRI;

#[sde]
fn stock(u: f64, p: [f64; 2]) -> (f64, f64) {
    (p[0] * u, p[1] * u)
}

fn main() {
    let problem = SdeProblem::new(stock, 1.0, (0.0, 1.0), [0.1, 0.2]);
    let solver = problem.solver(SOSRI).save_every_step(false);
    let _ = solver.vjp(StochasticBacksolve::default());
}
