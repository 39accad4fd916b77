//! Fits a delayed Lotka-Volterra equation, its delay among the parameters, so that both populations stay at 1.
//!
//! The gradient goes backwards through the history: one solve and one sweep, whatever the number of parameters. This is the
//! delayed example of DiffEqFlux (2019), of which the gradient by the delay is published as wrong elsewhere.

use diffeq::prelude::*;

/// Prey grow by what they were a delay before.
#[dde]
fn delay_lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], h: &impl History<[f64; 2]>, p: &[f64; 5], t: f64) {
    let [alpha, beta, delta, gamma, tau] = *p;
    let [x, y] = *u;
    du[0] = (alpha - beta * y) * h(t - tau)[0];
    du[1] = (delta * x - gamma) * y;
}

/// Where the fit starts.
const START: [f64; 5] = [2.2, 1.0, 2.0, 0.4, 0.1];

/// The mean squared distance of both populations from 1 at all saved times, and its gradient.
fn loss(p: [f64; 5]) -> Result<(f64, [f64; 5]), diffeq::Error> {
    let problem = DdeProblem::new(delay_lotka_volterra, [1.0; 2], Constant([1.0; 2]), (0.0, 10.0), p);
    let solver = problem.solver(Tsit5).tolerances(1e-6, 1e-6).save_at(Grid::step(0.1));
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default())?;
    let rows: Vec<[f64; 2]> = solution.values().chunks_exact(2).map(|row| [row[0], row[1]]).collect();
    let count = rows.len() as f64;
    let loss = rows.iter().flatten().map(|u| (u - 1.0) * (u - 1.0)).sum::<f64>() / count;
    let cotangents: Vec<[f64; 2]> = rows.iter().map(|row| row.map(|u| 2.0 * (u - 1.0) / count)).collect();
    Ok((loss, pullback.call(cotangents.as_slice())?.p))
}

const ITERATIONS: i32 = 300;

fn main() -> Result<(), diffeq::Error> {
    let mut p = START;
    let (before, gradient) = loss(p)?;

    // Adam, on the logarithms of the parameters: all of them are positive.
    let (mut first, mut second) = ([0.0; 5], [0.0; 5]);
    for n in 1..=ITERATIONS {
        let (_, gradient) = loss(p)?;
        for i in 0..5 {
            let slope = gradient[i] * p[i];
            first[i] = 0.9 * first[i] + 0.1 * slope;
            second[i] = 0.999 * second[i] + 0.001 * slope * slope;
            let (m, v) = (first[i] / (1.0 - 0.9_f64.powi(n)), second[i] / (1.0 - 0.999_f64.powi(n)));
            p[i] *= (-0.02 * m / (v.sqrt() + 1e-8)).exp();
        }
    }
    let (after, _) = loss(p)?;

    let panel = |p: [f64; 5], title: &str| -> Result<Plot, diffeq::Error> {
        let problem = DdeProblem::new(delay_lotka_volterra, [1.0; 2], Constant([1.0; 2]), (0.0, 10.0), p);
        let solution = problem.solver(Tsit5).tolerances(1e-6, 1e-6).dense(true).solve()?;
        Ok(solution.plot().title(title).labels("t", "population").dashed("target", [0.0, 10.0], [1.0, 1.0]))
    };
    // The second panel has a scale of its own: on that of the first one saw a line.
    let figure = Figure::new().panel(panel(START, "before")?).panel(panel(p, "after")?);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/target/delay_lotka_volterra.svg");
    println!("{}", figure.to_text(72, 10)?);
    figure.save(path)?;
    println!("wrote {path}");

    // The gradient at the start by dual numbers, forwards through the same equation.
    let by_duals = gradient_by_dual_numbers()?;
    let size = by_duals.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
    let error = gradient.iter().zip(by_duals).fold(0.0_f64, |error, (a, b)| error.max((a - b).abs())) / size;
    let p = p.map(|p| format!("{p:.4}")).join(",");
    println!(
        "delay_lotka_volterra: loss_before={before:.4} loss_after={after:.3e} p=[{p}] iterations={ITERATIONS} \
         by_delay={:.6} grad_error={error:.1e}",
        gradient[4],
    );
    Ok(())
}

/// The gradient of the loss at the start, from dual numbers through the same solve.
fn gradient_by_dual_numbers() -> Result<[f64; 5], diffeq::Error> {
    let one = [Dual::constant(1.0); 2];
    let p = Dual::<f64, 5>::variables(START);
    let problem = DdeProblem::new(delay_lotka_volterra, one, Constant(one), (0.0, 10.0), p);
    let solution = problem.solver(Tsit5).tolerances(1e-6, 1e-6).save_at(Grid::step(0.1)).solve()?;
    let sum = solution.values().iter().fold(Dual::constant(0.0), |sum, u| sum + (*u - Dual::ONE).powi(2));
    Ok(sum.tangents.map(|slope| slope / solution.len() as f64))
}
