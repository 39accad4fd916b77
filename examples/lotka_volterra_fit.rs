//! Fits the parameters of the Lotka-Volterra equations so that both populations stay at 1.
//!
//! The solve is an operation on dfdx's tape, so that the loss is written as on any tensor, and dfdx's Adam moves the
//! parameters. This is the first example of DiffEqFlux (2019), with its numbers: 101 saved times, a learning rate of
//! 0.1, 100 iterations.

use std::time::Instant;

use dfdx::prelude::*;
use diffeq::prelude::*;

/// Lotka-Volterra predator-prey dynamics.
#[ode]
fn lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4], _t: f64) {
    let [x, y] = *u;
    let [alpha, beta, delta, gamma] = *p;
    du[0] = alpha * x - beta * x * y;
    du[1] = -delta * y + gamma * x * y;
}

/// Where the fit starts.
const START: [f64; 4] = [2.2, 1.0, 2.0, 0.4];

type Params = Tensor<Rank1<4>, f64, Cpu>;

fn main() -> Result<(), diffeq::Error> {
    let problem = OdeProblem::new(lotka_volterra, [1.0, 1.0], (0.0, 10.0), START);
    let solver = problem.solver(Tsit5).tolerances(1e-6, 1e-6).save_at(Grid::step(0.1));

    // The squared distance of both populations from 1 at all saved times.
    let loss = |p: &Params, gradients| {
        let predicted = diffeq_rd(p.trace(gradients), &solver)?;
        Ok((predicted.series - 1.0).square().sum())
    };

    let mut p: Params = Cpu::default().tensor(START);
    let trained = Training::adam(0.1).iterations(100).progress("fit").run(&mut p, loss)?;
    let (before, after) = (trained.losses[0], trained.losses[trained.iterations()]);

    let panel = |p: [f64; 4], title: &str| -> Result<Plot, diffeq::Error> {
        let solution = problem.remake().p(p).solver(Tsit5).tolerances(1e-6, 1e-6).dense(true).solve()?;
        Ok(solution.plot().title(title).labels("t", "population").dashed("target", [0.0, 10.0], [1.0, 1.0]))
    };
    // How far either population gets from 1, after the fit.
    let fitted = solver.on(&problem.remake().p(p.array())).solve()?;
    let off = fitted.values().iter().map(|u| (u - 1.0).abs()).fold(0.0, f64::max);
    // The second panel has a scale of its own: on that of the first one saw a line.
    let figure = Figure::new()
        .panel(panel(START, "before")?)
        .panel(panel(p.array(), &format!("after: off by {off:.3} at most"))?);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/target/lotka_volterra_fit.svg");
    figure.save(path)?;
    println!("{}", figure.to_text(72, 10)?);
    println!("wrote {path}");

    let start: Params = Cpu::default().tensor(START);
    let gradient = || -> Result<[f64; 4], diffeq::Error> {
        let loss = loss(&start, start.alloc_grads())?;
        Ok(loss.backward().get(&start).array())
    };
    let grad_error = relative_error(gradient()?, gradient_by_dual_numbers()?);
    const RUNS: u32 = 200;
    let clock = Instant::now();
    for _ in 0..RUNS {
        std::hint::black_box(gradient()?);
    }
    let us_per_gradient = clock.elapsed().as_secs_f64() * 1e6 / f64::from(RUNS);
    let p = p.array().map(|p| format!("{p:.6}")).join(",");
    let iterations = trained.iterations();
    println!(
        "lotka_volterra_fit: loss_before={before:.6} loss_after={after:.6} off={off:.4} p=[{p}] iterations={iterations} \
         us_per_gradient={us_per_gradient:.1} grad_error={grad_error:.1e}"
    );
    Ok(())
}

/// The gradient of the loss at the start, from dual numbers through the same solve.
fn gradient_by_dual_numbers() -> Result<[f64; 4], diffeq::Error> {
    let u0 = [Dual::constant(1.0); 2];
    let problem = OdeProblem::new(lotka_volterra, u0, (0.0, 10.0), Dual::variables(START));
    let solution = problem.solver(Tsit5).tolerances(1e-6, 1e-6).save_at(Grid::step(0.1)).solve()?;
    let loss = solution.values().iter().fold(Dual::constant(0.0), |sum, &u| sum + (u - Dual::ONE).powi(2));
    Ok(loss.tangents)
}

/// The distance of two vectors, relative to the length of the second.
fn relative_error(a: [f64; 4], b: [f64; 4]) -> f64 {
    let length = |v: [f64; 4]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    length(std::array::from_fn(|i| a[i] - b[i])) / length(b)
}
