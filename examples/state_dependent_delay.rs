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
    for tolerance in [1e-4, 1e-6, 1e-8, 1e-10] {
        let solution = problem.solver(Tsit5).tolerances(tolerance, tolerance).solve()?;
        let error = (solution.end() - exact(9.0)).abs() / exact(9.0);
        let near = |time: f64| {
            let distances = solution.times().iter().map(|t| (t - time).abs());
            distances.fold(f64::INFINITY, f64::min)
        };
        println!(
            "tolerance {tolerance:.0e}: {} steps, error {error:.1e}; nearest steps {:.0e} from e and {:.0e} from e²",
            solution.stats().accepted,
            near(E),
            near(E * E),
        );
        assert!(error < 10.0 * tolerance);
    }
    Ok(())
}
