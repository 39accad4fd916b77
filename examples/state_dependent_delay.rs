//! A delay that the state decides on: steps end where a lookup passes a break of the past, and nobody has to say where.
//!
//! `u' = u u(ln u) / t`, `u = 1` up to `t = 1`. The solution is a line up to `e`, then an exponential function up to `e²`, then
//! a power of a logarithm: Neves, *Automatic integration of functional differential equations*, ACM Trans. Math. Softw. 1
//! (1975).

use std::f64::consts::E;

use diffeq::prelude::*;

#[dde]
fn neves(u: f64, h: &impl History<f64>, t: f64) -> f64 {
    u * h(u.ln()) / t
}

/// The solution by hand.
fn exact(t: f64) -> f64 {
    if t <= E {
        t
    } else if t <= E * E {
        (t / E).exp()
    } else {
        (E / (3.0 - t.ln())).powf(E)
    }
}

fn main() -> Result<(), diffeq::Error> {
    let problem = DdeProblem::new(neves, 1.0, Constant(1.0), (1.0, 9.0), [0.0; 0]);
    let mut summary = String::from("state_dependent_delay:");
    let (mut steps, mut errors) = (Vec::new(), Vec::new());
    for exponent in 3..=10 {
        let tolerance = 10.0_f64.powi(-exponent);
        let solution = problem.solver(Tsit5).tolerances(tolerance, tolerance).solve()?;
        let error = (solution.end() - exact(9.0)).abs() / exact(9.0);
        // How far the nearest step ends from the two breaks.
        let near = |time: f64| {
            let distances = solution.times().iter().map(|t| (t - time).abs());
            distances.fold(f64::INFINITY, f64::min)
        };
        steps.push(solution.stats().accepted as f64);
        errors.push(error);
        if matches!(exponent, 4 | 6 | 8 | 10) {
            summary +=
                &format!(" error_1e-{exponent}={error:.1e} from_breaks={:.0e}", near(E).max(near(E * E)));
        }
    }
    let plot = Plot::new().title("Neves' equation").labels("steps", "error").log_x().log_y();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/target/state_dependent_delay.svg");
    plot.line("Tsit5", steps.clone(), errors.clone()).points("Tsit5", steps, errors).save(path)?;
    println!("wrote {path}");
    println!("{summary}");
    Ok(())
}
