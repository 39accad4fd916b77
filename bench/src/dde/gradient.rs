//! Loss and gradient of the delayed example of DiffEqFlux (2019), counted in solves.

use diffeq::prelude::*;

use super::cases::LOTKA_VOLTERRA;
use super::cases::lotka_volterra;
use crate::clock;
use crate::clock::Effort;
use crate::clock::Work;
use crate::table::Table;
use crate::table::micros;

const TOLERANCE: f64 = 1e-6;

/// Who goes backwards through many steps keeps them all.
type Gradient = Option<(f64, [f64; 5])>;

/// The squared distance of both populations from one, every tenth.
fn loss(tolerance: f64) -> Option<f64> {
    let p = LOTKA_VOLTERRA;
    let problem = DdeProblem::new(lotka_volterra, [1.0; 2], Constant([1.0; 2]), (0.0, 10.0), p);
    let solver = problem.solver(Tsit5).tolerances(tolerance, tolerance).save_at(Grid::step(0.1));
    Some(solver.solve().ok()?.values().iter().map(|u| (u - 1.0).powi(2)).sum())
}

fn reverse(tolerance: f64) -> Gradient {
    let p = LOTKA_VOLTERRA;
    let problem = DdeProblem::new(lotka_volterra, [1.0; 2], Constant([1.0; 2]), (0.0, 10.0), p);
    let solver = problem.solver(Tsit5).tolerances(tolerance, tolerance).save_at(Grid::step(0.1));
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).ok()?;
    let rows = solution.values().chunks_exact(2);
    let cotangents: Vec<[f64; 2]> = rows.map(|row| [2.0 * (row[0] - 1.0), 2.0 * (row[1] - 1.0)]).collect();
    let loss = solution.values().iter().map(|u| (u - 1.0).powi(2)).sum();
    Some((loss, pullback.call(cotangents.as_slice()).ok()?.p))
}

fn forward(tolerance: f64) -> Gradient {
    let one = [Dual::constant(1.0); 2];
    let p = Dual::<f64, 5>::variables(LOTKA_VOLTERRA);
    let problem = DdeProblem::new(lotka_volterra, one, Constant(one), (0.0, 10.0), p);
    let solver = problem.solver(Tsit5).tolerances(tolerance, tolerance).save_at(Grid::step(0.1));
    let solution = solver.solve().ok()?;
    let sum = solution.values().iter().fold(Dual::constant(0.0), |sum, u| sum + (*u - Dual::ONE).powi(2));
    Some((sum.primal, sum.tangents))
}

fn error(found: &[f64; 5], right: &[f64; 5]) -> f64 {
    let size = right.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
    found.iter().zip(right).fold(0.0_f64, |error, (a, b)| error.max((a - b).abs())) / size
}

/// Measures and prints.
pub fn run() {
    let Some((_, right)) = forward(1e-12) else { return eprintln!("the gradient is not found") };
    let ways: [(&str, fn(f64) -> Gradient); 2] = [("reverse", reverse), ("forward", forward)];
    let mut works: Vec<Work<'_>> = vec![clock::work(|| loss(TOLERANCE))];
    works.extend(ways.iter().map(|(_, way)| clock::work(move || way(TOLERANCE))));
    let seconds = clock::race(&mut works, Effort::PRECISE);
    println!(
        "Loss and gradient by five parameters, the delay among them, of the delayed Lotka-Volterra equation at {TOLERANCE:e}; the \
         loss alone: {} us",
        micros(seconds[0])
    );
    let mut table = Table::new(&["gradient", "us", "solves", "error"]);
    let mut lines = Vec::new();
    for ((name, way), own) in ways.iter().zip(&seconds[1..]) {
        let Some((_, gradient)) = way(TOLERANCE) else {
            println!("{name} gives up");
            continue;
        };
        let (solves, error) = (own / seconds[0], error(&gradient, &right));
        table.row([(*name).to_string(), micros(*own), format!("{solves:.2}"), format!("{error:.1e}")]);
        lines.push(format!(
            "bench: dde_gradient={name} us={} solves={solves:.3} error={error:.2e}",
            micros(*own)
        ));
    }
    table.print();
    lines.iter().for_each(|line| println!("{line}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_lead_to_one_gradient() {
        let (Some((loss, a)), Some((also, b))) = (reverse(1e-9), forward(1e-9)) else {
            panic!("no gradient")
        };
        assert!((loss / also - 1.0).abs() < 1e-7);
        assert!(error(&a, &b) < 1e-5);
    }
}
