use diffeq::noise::SdeProblem;
use diffeq::ode;
use diffeq::problem::OdeProblem;
use diffeq::sde;
use diffeq::stepper::Tsit5;

#[sde]
fn stock(u: f64, p: [f64; 2]) -> (f64, f64) {
    (p[0] * u, p[1] * u)
}

#[ode]
fn decay(u: f64, p: f64) -> f64 {
    -p * u
}

fn main() {
    let _ = OdeProblem::new(stock, 1.0, (0.0, 1.0), [0.1, 0.2]).solver(Tsit5).solve();
    let _ = SdeProblem::new(stock, 1.0, (0.0, 1.0), [0.1, 0.2]).solver(Tsit5);
    let _ = SdeProblem::new(decay, 1.0, (0.0, 1.0), 0.1);
}
