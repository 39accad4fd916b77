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

fn main() -> Result<(), diffeq::Error> {
    let mut p = START;
    let (before, gradient) = loss(p)?;
    println!("loss {before:.4}, gradient {gradient:.4?}");

    // Adam, on the logarithms of the parameters: all of them are positive.
    let (mut first, mut second) = ([0.0; 5], [0.0; 5]);
    for n in 1..=300 {
        let (loss, gradient) = loss(p)?;
        if n % 50 == 0 {
            println!("{n:4}: {loss:.3e} at {p:.4?}");
        }
        for i in 0..5 {
            let slope = gradient[i] * p[i];
            first[i] = 0.9 * first[i] + 0.1 * slope;
            second[i] = 0.999 * second[i] + 0.001 * slope * slope;
            let (m, v) = (first[i] / (1.0 - 0.9_f64.powi(n)), second[i] / (1.0 - 0.999_f64.powi(n)));
            p[i] *= (-0.02 * m / (v.sqrt() + 1e-8)).exp();
        }
    }
    let (after, _) = loss(p)?;
    println!("loss {before:.4} before, {after:.3e} after, with {p:.4?}");
    assert!(after < 0.05 * before);
    Ok(())
}
