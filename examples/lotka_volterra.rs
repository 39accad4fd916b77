//! Solves the Lotka-Volterra equations and plots the two populations.

use diffeq::prelude::*;

/// Lotka-Volterra predator-prey dynamics.
#[ode]
fn lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4], _t: f64) {
    let [x, y] = *u;
    let [alpha, beta, delta, gamma] = *p;
    du[0] = alpha * x - beta * x * y;
    du[1] = -delta * y + gamma * x * y;
}

fn main() -> Result<(), diffeq::Error> {
    let problem = OdeProblem::new(lotka_volterra, [1.0, 1.0], (0.0, 10.0), [1.5, 1.0, 3.0, 1.0]);
    let solution = problem.solver(Tsit5).tolerances(1e-8, 1e-8).dense(true).solve()?;

    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/target/lotka_volterra.svg");
    let plot = solution.plot().labels("t", "population");
    plot.clone().save(path)?;
    println!("{}", plot.to_text(72, 14)?);
    println!("wrote {path}");

    let [x, y] = *solution.end();
    // `V` is constant along every solution.
    let drift = invariant(solution.end(), &problem.p) - invariant(&problem.u0, &problem.p);
    let (steps, nfev) = (solution.stats().accepted, solution.stats().nfev);
    println!(
        "lotka_volterra: x={x:.9} y={y:.9} steps={steps} nfev={nfev} invariant_drift={:.1e}",
        drift.abs()
    );
    Ok(())
}

/// Volterra's constant of motion `V = gamma x - delta ln x + beta y - alpha ln y`.
fn invariant(&[x, y]: &[f64; 2], &[alpha, beta, delta, gamma]: &[f64; 4]) -> f64 {
    gamma * x - delta * x.ln() + beta * y - alpha * y.ln()
}
