use diffeq::noise::SdeProblem;
use diffeq::sde;
use diffeq::stepper::Halved;
use diffeq::stepper::Milstein;
use diffeq::stepper::SOSRI;
use diffeq::stepper::SRA1;

#[sde]
fn clark_cameron(du: &mut [f64; 2], noise: &mut [[f64; 2]; 2], u: &[f64; 2]) {
    *du = [0.0, -u[1]];
    noise[0] = [1.0, 0.0];
    noise[1] = [0.0, u[0]];
}

#[sde]
fn swapped(u: [f64; 2], p: f64) -> ([f64; 2], [f64; 2]) {
    ([-u[0], -u[1]], [p * u[1], p * u[0]])
}

#[sde]
fn stock(u: f64, p: [f64; 2]) -> (f64, f64) {
    (p[0] * u, p[1] * u)
}

#[sde]
fn ring(du: &mut [f64], noise: &mut [f64], u: &[f64]) {
    let n = u.len();
    for i in 0..n {
        du[i] = -u[i];
        noise[i] = u[(i + 1) % n];
    }
}

fn main() {
    let _ = SdeProblem::new(clark_cameron, [1.0; 2], (0.0, 1.0), []).solver(SOSRI);
    let _ = SdeProblem::new(clark_cameron, [1.0; 2], (0.0, 1.0), []).solver(Halved(Milstein));
    let _ = SdeProblem::new(swapped, [1.0; 2], (0.0, 1.0), 0.3).solver(SOSRI);
    let _ = SdeProblem::new(stock, 1.0, (0.0, 1.0), [0.1, 0.2]).solver(SRA1);
    let _ = SdeProblem::new(ring, vec![1.0; 3], (0.0, 1.0), []).solver(SOSRI);
}
