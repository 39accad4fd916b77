use dfdx::prelude::*;
use diffeq::prelude::*;

#[ode]
fn lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4], _t: f64) {
    du[0] = p[0] * u[0] - p[1] * u[0] * u[1];
    du[1] = -p[2] * u[1] + p[3] * u[0] * u[1];
}

fn main() {
    let problem = OdeProblem::new(lotka_volterra, [1.0, 1.0], (0.0, 10.0), [1.5, 1.0, 3.0, 1.0]);
    let solver = problem.solver(Tsit5).save_at(Grid::step(0.1));
    let u0: Tensor<Rank1<32>, f64, Cpu> = Cpu::default().zeros();
    let p: Tensor<Rank1<4>, f64, Cpu> = Cpu::default().tensor(problem.p);
    let _ = diffeq_rd((u0, p), &solver);
}
