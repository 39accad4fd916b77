//! The Mackey-Glass equation: how many white blood cells there are depends on how many there were.
//!
//! At a delay of 17 the solution never repeats itself; drawn against its own past it fills an attractor. Source: Mackey, Glass,
//! *Oscillation and chaos in physiological control systems*, Science 197 (1977).

use diffeq::prelude::*;

/// Production falls where there were too many; `[production, decay, delay]`.
#[dde]
fn mackey_glass(u: f64, h: &impl History<f64>, p: &[f64; 3], t: f64) -> f64 {
    let [beta, gamma, tau] = *p;
    let earlier = h(t - tau);
    beta * earlier / (1.0 + earlier.powi(10)) - gamma * u
}

/// Those of the paper, with a delay at which the solution is chaotic.
const PARAMETERS: [f64; 3] = [0.2, 0.1, 17.0];

fn main() -> Result<(), diffeq::Error> {
    let problem = DdeProblem::new(mackey_glass, 0.5, Constant(0.5), (0.0, 1000.0), PARAMETERS);
    let solver = problem.solver(Tsit5).tolerances(1e-7, 1e-7).dense(true);
    let solution = solver.solve()?;

    // The state against that of a delay before, once it has come to the attractor.
    let times = (0..7000).map(|n| 300.0 + 0.1 * f64::from(n));
    let points: Result<Vec<(f64, f64)>, diffeq::Error> =
        times.map(|t| Ok((solution.at(t)?, solution.at(t - 17.0)?))).collect();
    let (x, y): (Vec<f64>, Vec<f64>) = points?.into_iter().unzip();
    let plot = Plot::new().title("Mackey-Glass").labels("u(t)", "u(t - 17)").line("attractor", x, y);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/target/mackey_glass.svg");
    println!("{}", plot.to_text(60, 20)?);
    plot.save(path)?;
    println!("wrote {path}");

    // Where it is predictable, at t = 100, its derivatives are, that by the delay among them.
    let p = Dual::<f64, 3>::variables(PARAMETERS);
    let half = Dual::new(0.5, [0.0; 3]);
    let problem = DdeProblem::new(mackey_glass, half, Constant(half), (0.0, 100.0), p);
    let end = *problem.solver(Vern7).tolerances(1e-10, 1e-10).solve()?.end();
    println!(
        "mackey_glass: steps={} u_100={:.9} by_production={:.6} by_decay={:.6} by_delay={:.6}",
        solution.stats().accepted,
        end.primal,
        end.tangents[0],
        end.tangents[1],
        end.tangents[2],
    );
    Ok(())
}
