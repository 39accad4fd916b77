//! Fits the parameters of a stochastic Lotka-Volterra model so that both populations stay near 1.
//!
//! The noise is a tenth of each population, and new in every iteration: what is fitted is the mean over paths, one path at a
//! time. Derivatives go forward through the solve, as dual numbers, along the same path as the values. This is the example of a
//! stochastic equation of DiffEqFlux (2019), with its numbers: SOSRI, 101 saved times, a learning rate of 0.1, 100 iterations.

use std::cell::Cell;

use dfdx::prelude::*;
use diffeq::prelude::*;

/// Lotka-Volterra predator-prey dynamics in a random environment.
#[sde]
fn lotka_volterra(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4]) {
    let [x, y] = *u;
    let [alpha, beta, delta, gamma] = *p;
    du[0] = alpha * x - beta * x * y;
    du[1] = -delta * y + gamma * x * y;
    noise[0] = 0.1 * x;
    noise[1] = 0.1 * y;
}

/// Where the fit starts.
const START: [f64; 4] = [2.2, 1.0, 2.0, 0.4];
const ITERATIONS: usize = 100;
/// How many paths the fit is judged by; none of them is one that it was made with.
const JUDGES: usize = 200;

type Params = Tensor<Rank1<4>, f64, Cpu>;

fn main() -> Result<(), diffeq::Error> {
    let problem = SdeProblem::new(lotka_volterra, [1.0, 1.0], (0.0, 10.0), START).seed(7);
    let path = Cell::new(0);
    // The squared distance of both populations from 1 at all saved times, along the next path.
    let loss = |p: &Params, gradients| {
        let problem = problem.remake().trajectory(path.replace(path.get() + 1));
        let distance = diffeq_fd(p.trace(gradients), &problem, |problem| {
            let solution = problem.solver(SOSRI).save_at(Grid::step(0.1)).solve()?;
            Ok(solution.values().iter().fold(Dual::constant(0.0), |sum, u| sum + (*u - Dual::ONE).powi(2)))
        })?;
        Ok(distance)
    };

    let mut p: Params = Cpu::default().tensor(START);
    let trained = Training::adam(0.1).iterations(ITERATIONS).progress("fit").run(&mut p, loss)?;

    // Losses of single paths are noisy: before and after are means over many others.
    let judged = |p: [f64; 4]| -> Result<_, diffeq::Error> {
        let ensemble = Ensemble::new(JUDGES, |i| problem.remake().p(p).trajectory(1_000_000 + i as u32));
        let solve =
            |problem: &SdeProblem<lotka_volterra>| problem.solver(SOSRI).save_at(Grid::step(0.1)).solve();
        let (all, bands) = ensemble.run(solve, (Collect, Quantiles::of([0.05, 0.5, 0.95])))?.complete()?;
        let losses = all
            .iter()
            .map(|(_, solution)| solution.values().iter().map(|u| (u - 1.0) * (u - 1.0)).sum::<f64>());
        Ok((losses.sum::<f64>() / JUDGES as f64, bands))
    };
    let (before, bands_before) = judged(START)?;
    let (after, bands_after) = judged(p.array())?;

    let panel = |bands: &diffeq::ensemble::QuantilesOf, title: &str| {
        let plot = Plot::new().title(title).labels("t", "population");
        let plot = bands.plot_onto(bands.plot_onto(plot, 0, "prey"), 1, "predators");
        plot.dashed("target", [0.0, 10.0], [1.0, 1.0])
    };
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/target/sde_lotka_volterra_fit.svg");
    Figure::new()
        .panel(panel(&bands_before, "before: 90 % of the paths"))
        .panel(panel(&bands_after, "after"))
        .save(file)?;
    println!("wrote {file}");

    let p = p.array().map(|p| format!("{p:.4}")).join(",");
    println!(
        "sde_lotka_volterra_fit: loss_before={before:.3} loss_after={after:.3} p=[{p}] iterations={} \
         first_path={:.3} last_path={:.3}",
        trained.iterations(),
        trained.losses[0],
        trained.losses[ITERATIONS - 1],
    );
    Ok(())
}
