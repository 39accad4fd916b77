use diffeq::noise::SdeProblem;
use diffeq::sde;
use diffeq::stepper::EulerHeun;
use diffeq::stepper::EulerMaruyama;

#[sde(stratonovich)]
fn stock(u: f64, p: [f64; 2]) -> (f64, f64) {
    (p[0] * u, p[1] * u)
}

#[sde]
fn stock_of_ito(u: f64, p: [f64; 2]) -> (f64, f64) {
    (p[0] * u, p[1] * u)
}

fn main() {
    let _ = SdeProblem::new(stock, 1.0, (0.0, 1.0), [0.1, 0.2]).solver(EulerMaruyama);
    let _ = SdeProblem::new(stock_of_ito, 1.0, (0.0, 1.0), [0.1, 0.2]).solver(EulerHeun);
}
