use dfdx::prelude::*;
use diffeq::prelude::*;

#[ode]
fn lotka_volterra(u: [f64; 2], p: [f64; 4]) -> [f64; 2] {
    [p[0] * u[0] - p[1] * u[0] * u[1], -p[2] * u[1] + p[3] * u[0] * u[1]]
}

fn main() -> Result<(), diffeq::Error> {
    let device = Cpu::default();
    let dense = device.build_module::<(Linear<784, 32>, ReLU), f64>();
    let image: Tensor<Rank1<784>, f64, _> = device.zeros();
    let p: Tensor<Rank1<4>, f64, _> = device.tensor([1.5, 1.0, 3.0, 1.0]);
    let problem = OdeProblem::new(lotka_volterra, [1.0, 1.0], (0.0, 1.0), p.array());
    // A layer of 32 neurons is no initial state of two populations.
    let u0 = dense.forward(image.leaky_trace());
    let solved = diffeq_rd((u0, p), &problem.solver(Tsit5))?;
    let _ = solved.series;
    Ok(())
}
