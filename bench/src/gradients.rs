//! `bench -- gradients`: loss and gradient of the four Lotka-Volterra parameters through a solve.
//!
//! The loss is that of the main job, `sum_i (x(t_i) - 1)^2` at `t_i = 0, 0.1, …, 10`, at tolerances of 1e-6. A
//! gradient's error is its distance to the one from the sensitivity equations in double-double arithmetic, relative to
//! the largest component.

use diffeq::prelude::*;

use crate::clock;
use crate::clock::Effort;
use crate::clock::Work;
use crate::models::lotka_volterra;
use crate::peers::OURS;
use crate::peers::diffsol::gradients as diffsol;
use crate::problems::WithSensitivities;
use crate::reference;
use crate::table::Table;
use crate::table::micros;

/// The fit.
pub struct Fit {
    /// The initial state.
    pub u0: [f64; 2],
    /// The parameters.
    pub p: [f64; 4],
    /// The times of the data.
    pub times: Vec<f64>,
    /// `rtol` and `atol`.
    pub tolerance: f64,
}

impl Fit {
    /// The fit at a tolerance.
    pub fn new(tolerance: f64) -> Self {
        let times = (0..=100).map(|i| f64::from(i) / 10.0).collect();
        Self { u0: [1.0, 1.0], p: [1.5, 1.0, 3.0, 1.0], times, tolerance }
    }

    /// What the loss is the sum of squares of.
    pub fn residual(&self, x: f64) -> f64 {
        x - 1.0
    }
}

/// A loss and its gradient with respect to the parameters.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gradient {
    /// The loss.
    pub loss: f64,
    /// Its gradient.
    pub p: [f64; 4],
}

/// The gradient to better than 1e-12.
fn exact(fit: &Fit) -> Gradient {
    let mut gradient = Gradient::default();
    for u in reference::states(&WithSensitivities::default(), &fit.times) {
        let residual = fit.residual(u[0]);
        gradient.loss += residual * residual;
        for (k, p) in gradient.p.iter_mut().enumerate() {
            *p += 2.0 * residual * u[2 + 2 * k];
        }
    }
    gradient
}

impl Gradient {
    /// The largest difference over the largest component of the reference.
    fn error(&self, reference: &Self) -> f64 {
        let size = reference.p.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let difference = self.p.iter().zip(&reference.p).map(|(a, b)| (a - b).abs());
        difference.fold(0.0, f64::max) / size
    }
}

/// Our solver of the fit, as a user sets it up.
fn solver(problem: &OdeProblem<lotka_volterra>, tolerance: f64) -> Solver<'_, lotka_volterra, f64, Tsit5> {
    problem.solver(Tsit5).tolerances(tolerance, tolerance).save_at(Grid::step(0.1))
}

/// The loss alone.
fn loss(problem: &OdeProblem<lotka_volterra>, fit: &Fit) -> Option<f64> {
    let solution = solver(problem, fit.tolerance).solve().ok()?;
    Some(solution.rows().map(|row| fit.residual(row[0]).powi(2)).sum())
}

/// How large the error of a derivative may be, in tolerances; `None`: nothing estimates it.
type Check = Option<f64>;

/// What is checked by default.
const CHECKED: Check = Some(100.0);

/// Forward mode: one solve over dual numbers with four tangents.
fn forward(problem: &OdeProblem<lotka_volterra>, fit: &Fit, check: Check) -> Option<Gradient> {
    let solver = solver(problem, fit.tolerance).derivative_tolerance(check);
    let (solution, jacobian) = solver.parameter_jacobian::<4>().ok()?;
    let mut loss = 0.0;
    let mut cotangents = Vec::with_capacity(solution.values().len());
    for row in solution.rows() {
        let residual = fit.residual(row[0]);
        loss += residual * residual;
        cotangents.extend([2.0 * residual, 0.0]);
    }
    Some(Gradient { loss, p: jacobian.gradient(&cotangents).ok()?.try_into().ok()? })
}

/// Reverse mode: the discrete adjoint.
fn reverse(problem: &OdeProblem<lotka_volterra>, fit: &Fit, check: Check) -> Option<Gradient> {
    let solver = solver(problem, fit.tolerance).derivative_tolerance(check);
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).ok()?;
    let mut loss = 0.0;
    let mut cotangents = Vec::with_capacity(solution.len());
    for row in solution.rows() {
        let residual = fit.residual(row[0]);
        loss += residual * residual;
        cotangents.push([2.0 * residual, 0.0]);
    }
    let gradient = pullback.call(&cotangents[..]).ok()?;
    Some(Gradient { loss, p: gradient.p })
}

/// A way to the gradient.
struct Way<'a> {
    library: &'static str,
    name: &'static str,
    gradient: Box<dyn Fn() -> Option<Gradient> + 'a>,
}

impl<'a> Way<'a> {
    fn new(library: &'static str, name: &'static str, gradient: impl Fn() -> Option<Gradient> + 'a) -> Self {
        Self { library, name, gradient: Box::new(gradient) }
    }
}

/// Measures and prints.
pub fn run() {
    let fit = Fit::new(1e-6);
    let exact = exact(&fit);
    let problem = OdeProblem::new(lotka_volterra, fit.u0, (0.0, 10.0), fit.p);
    let (Some(sensitivities), Some(adjoints)) =
        (diffsol::with_sensitivities(&fit), diffsol::with_adjoints(&fit))
    else {
        return eprintln!("diffsol refuses the problem");
    };
    let ways = [
        Way::new(OURS, "forward", || forward(&problem, &fit, CHECKED)),
        Way::new(OURS, "reverse", || reverse(&problem, &fit, CHECKED)),
        Way::new(OURS, "forward_unchecked", || forward(&problem, &fit, None)),
        Way::new(OURS, "reverse_unchecked", || reverse(&problem, &fit, None)),
        Way::new("diffsol", "sensitivities", || diffsol::forward(&sensitivities, &fit)),
        Way::new("diffsol", "adjoint", || diffsol::adjoint(&adjoints, &fit)),
        Way::new("diffsol", "step_vjp", || diffsol::step_by_step(&adjoints, &fit)),
    ];
    let mut works: Vec<Work<'_>> =
        vec![clock::work(|| loss(&problem, &fit)), clock::work(|| diffsol::loss(&sensitivities, &fit))];
    works.extend(ways.iter().map(|way| clock::work(&way.gradient)));
    let seconds = clock::race(&mut works, Effort::PRECISE);
    let (solve, peer_solve, gradients) = (seconds[0], seconds[1], &seconds[2..]);

    println!(
        "Loss and gradient of a Lotka-Volterra fit at 1e-6; the loss alone: {} us, diffsol {} us",
        micros(solve),
        micros(peer_solve)
    );
    println!("Ours: forward at most 3, reverse at most 5 solves, both at least 5 times as fast as diffsol's");
    let mut table = Table::new(&["library", "gradient", "us", "solves", "error"]);
    let mut lines = Vec::new();
    for (way, &seconds) in ways.iter().zip(gradients) {
        let Some(gradient) = (way.gradient)() else {
            println!("{} {} gives up", way.library, way.name);
            continue;
        };
        let own_solve = if way.library == OURS { solve } else { peer_solve };
        let (solves, error) = (seconds / own_solve, gradient.error(&exact));
        table.row([
            way.library.to_string(),
            way.name.to_string(),
            micros(seconds),
            format!("{solves:.2}"),
            format!("{error:.1e}"),
        ]);
        let over_ours: Vec<String> = ways
            .iter()
            .zip(gradients)
            .filter(|(ours, _)| ours.library == OURS && way.library != OURS)
            .map(|(ours, &own)| format!(" ratio_to_our_{}={:.2}", ours.name, seconds / own))
            .collect();
        lines.push(format!(
            "bench: gradient={}_{} us={} solves={solves:.3} error={error:.2e}{}",
            way.library,
            way.name,
            micros(seconds),
            over_ours.concat()
        ));
    }
    table.print();
    for line in lines {
        println!("{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_leads_to_the_same_gradient() {
        let fit = Fit::new(1e-10);
        let exact = exact(&fit);
        let problem = OdeProblem::new(lotka_volterra, fit.u0, (0.0, 10.0), fit.p);
        let sensitivities = diffsol::with_sensitivities(&fit).expect("accepted");
        let adjoints = diffsol::with_adjoints(&fit).expect("accepted");
        // A thousand tolerances: what tolerances become over three periods. The adjoint of diffsol is not under error
        // control.
        for (name, gradient, bound) in [
            ("forward", forward(&problem, &fit, CHECKED), 1e-7),
            ("reverse", reverse(&problem, &fit, CHECKED), 1e-7),
            ("sensitivities", diffsol::forward(&sensitivities, &fit), 1e-7),
            ("adjoint", diffsol::adjoint(&adjoints, &fit), 1e-5),
            ("step_vjp", diffsol::step_by_step(&adjoints, &fit), 1e-7),
        ] {
            let error = gradient.expect("solvable").error(&exact);
            assert!(error < bound, "{name}: {error:e}");
        }
    }
}
