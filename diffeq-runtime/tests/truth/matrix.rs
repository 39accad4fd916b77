//! The truth matrix: every way to a gradient, on every equation, through every kind of event, for every way of saving.
//!
//! Run with `--nocapture` to see the table. A cell of a discrete method is its distance from the reference over the same
//! steps; one of a continuous method its distance from the true gradient in units of the relative tolerance, at the
//! loosest and the tightest. What a cell cannot be is said in its place.

use std::ops::ControlFlow;

use crate::models::Ball;
use crate::models::LotkaVolterra;
use crate::models::Pendulum;
use crate::models::Ring;
use crate::models::Spring;
use diffeq_runtime::error::Error;
use diffeq_runtime::integrate::Direction;
use diffeq_runtime::integrate::Event;
use diffeq_runtime::integrate::EventSet;
use diffeq_runtime::integrate::Grid;
use diffeq_runtime::integrate::Solver;
use diffeq_runtime::integrate::Trigger;
use diffeq_runtime::problem::Jvp;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::problem::Vjp;
use diffeq_runtime::real::Dual;
use diffeq_runtime::real::Real;
use diffeq_runtime::sensitivity::Adjoint;
use diffeq_runtime::sensitivity::Backsolve;
use diffeq_runtime::sensitivity::Cotangents;
use diffeq_runtime::sensitivity::Differentiable;
use diffeq_runtime::sensitivity::DifferentiableEvents;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::sensitivity::ForwardSensitivity;
use diffeq_runtime::sensitivity::GaussAdjoint;
use diffeq_runtime::sensitivity::Interpolating;
use diffeq_runtime::sensitivity::LiftedRhs;
use diffeq_runtime::sensitivity::Quadrature;
use diffeq_runtime::sensitivity::SolutionJacobian;
use diffeq_runtime::sensitivity::TangentMethod;
use diffeq_runtime::sensitivity::Variation;
use diffeq_runtime::space::Vector;
use diffeq_runtime::stepper::Method;
use diffeq_runtime::stepper::Tsit5;
use diffeq_runtime::stepper::Vern7;

/// Directions that go through a dual solve together: events are differentiated by one at a time.
const K: usize = 1;

/// The relative tolerances at which the continuous methods are looked at; the absolute ones are the same.
const TOLERANCES: [f64; 2] = [1e-6, 1e-9];

/// The reference's tolerance: its error is nothing beside `100 * 1e-9`.
const TIGHT: f64 = 1e-12;

/// An event that fits every equation: at given times, or where the first component passes a level that moves.
#[derive(Debug, Clone, Copy)]
enum When {
    At([f64; 2]),
    Level { level: f64, terminal: bool },
}

/// It throws the last component back, or slows it down, by the sign of `factor`.
#[derive(Debug, Clone, Copy)]
struct Blow {
    when: When,
    factor: f64,
}

impl<T: Real, F: Rhs<T>> Event<T, F> for Blow {
    fn trigger(&self) -> Trigger<'_> {
        match &self.when {
            When::At(times) => Trigger::Times(times),
            When::Level { .. } => Trigger::Crossing(Direction::Both),
        }
    }
    fn condition(&self, u: &F::State, p: &F::Params, t: T) -> T {
        match &self.when {
            When::At(_) => T::ZERO,
            When::Level { level, .. } => {
                let (u, p) = (u.as_slice(), p.as_slice());
                u[0] - T::lit(*level) - T::lit(0.02) * t - T::lit(0.03) * p[1]
            }
        }
    }
    fn affect(&self, u: &mut F::State, p: &mut F::Params, t: T) -> ControlFlow<()> {
        let (u, p) = (u.as_mut_slice(), p.as_mut_slice());
        let last = u.len() - 1;
        u[last] = p[1] * T::lit(self.factor) * u[last] + T::lit(0.1) * t * u[0];
        p[0] = p[0] * T::lit(1.1) + T::lit(0.02) * u[0];
        match self.when {
            When::Level { terminal: true, .. } => ControlFlow::Break(()),
            When::At(_) | When::Level { .. } => ControlFlow::Continue(()),
        }
    }
}

/// The ways of saving.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Save {
    Grid,
    Points,
    EveryStep,
    Idxs,
    End,
}

const SAVES: [Save; 5] = [Save::Grid, Save::Points, Save::EveryStep, Save::Idxs, Save::End];

/// The gradient by `u0`, `p`, `t0` and `t1`, block by block.
type Blocks = [Vec<f64>; 4];

const BLOCKS: [&str; 4] = ["u0", "p", "t0", "t1"];

/// Weights without structure: the loss is the sum of saved numbers and of the end, each with its own.
fn weights(count: usize, shift: f64) -> Vec<f64> {
    (0..count).map(|i| (i as f64 + shift).sin()).collect()
}

/// The loss's derivatives by what is saved and by the end.
struct Loss<V> {
    rows: Vec<f64>,
    end: V,
}

impl<V: Vector<f64>> Loss<V> {
    /// For the end alone, the rows do not count; their weights do not depend on how many there are.
    fn new(save: Save, rows: usize, u0: &V) -> Self {
        let mut end = u0.clone();
        let only = save == Save::End;
        end.as_mut_slice().copy_from_slice(&weights(u0.as_slice().len(), if only { 0.7 } else { 0.2 }));
        if !only {
            end.as_mut_slice().fill(0.0);
        }
        Self { rows: if only { vec![0.0; rows] } else { weights(rows, 1.0) }, end }
    }

    fn cotangents(&self) -> Cotangents<'_, V, f64> {
        Cotangents::values(&self.rows).and_end(&self.end)
    }
}

/// A solver with a way of saving.
fn saving<'a, F: Rhs<f64>, M: Method<f64, F>, E: EventSet<f64, F>>(
    solver: Solver<'a, F, f64, M, E>,
    save: Save,
    tolerance: f64,
) -> Solver<'a, F, f64, M, E> {
    let (t0, t1) = solver.problem.span;
    let at = |part: f64| t0 + part * (t1 - t0);
    let solver = solver.tolerances(tolerance, tolerance);
    match save {
        Save::Grid => solver.save_at(Grid::step(0.13)),
        Save::Points => solver.save_at(Grid::points([at(0.11), at(0.12), at(0.5), at(0.93)])),
        Save::EveryStep => solver,
        Save::Idxs => solver.save_at(Grid::count(12)).save_idxs([1]),
        Save::End => solver.save_every_step(false),
    }
}

fn reverse<F, M, E, A>(solver: &Solver<'_, F, f64, M, E>, save: Save, adjoint: A) -> Result<Blocks, Error>
where
    F: Vjp<f64>,
    M: Method<f64, F>,
    E: DifferentiableEvents<f64, F>,
    A: Adjoint<F, f64, M>,
{
    let (solution, mut pullback) = solver.vjp(adjoint)?;
    let loss = Loss::new(save, solution.values().len(), &solver.problem.u0);
    let g = pullback.call(loss.cotangents())?;
    Ok([g.u0.as_slice().to_vec(), g.p.as_slice().to_vec(), vec![g.t0], vec![g.t1]])
}

/// Forward mode through the solver, a direction at a time.
fn forward<F, M, E>(solver: &Solver<'_, F, f64, M, E>, save: Save) -> Result<Blocks, Error>
where
    F: Jvp<f64>,
    M: TangentMethod<f64, F>,
    E: DifferentiableEvents<f64, F>,
{
    let problem = solver.problem;
    let along = |u: Option<usize>, p: Option<usize>, t0: f64, t1: f64| {
        let mut v = Variation { u0: problem.u0.zeros_like(), p: problem.p.zeros_like(), t0, t1 };
        if let Some(i) = u {
            v.u0.as_mut_slice()[i] = 1.0;
        }
        if let Some(i) = p {
            v.p.as_mut_slice()[i] = 1.0;
        }
        let (solution, tangents) = solver.jvp_along(&v)?;
        let loss = Loss::new(save, solution.values().len(), &problem.u0);
        let sum = |w: &[f64], x: &[f64]| w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
        Ok(sum(&loss.rows, tangents.values()) + sum(loss.end.as_slice(), tangents.end().as_slice()))
    };
    Ok([
        (0..problem.u0.as_slice().len())
            .map(|i| along(Some(i), None, 0.0, 0.0))
            .collect::<Result<_, Error>>()?,
        (0..problem.p.as_slice().len())
            .map(|i| along(None, Some(i), 0.0, 0.0))
            .collect::<Result<_, Error>>()?,
        vec![along(None, None, 1.0, 0.0)?],
        vec![along(None, None, 0.0, 1.0)?],
    ])
}

/// Dual numbers through the solver; of the rows, by `u0` and `p`.
fn dual<F, M, E>(solver: &Solver<'_, F, f64, M, E>, save: Save) -> Result<[Vec<f64>; 2], Error>
where
    F: LiftedRhs<f64, Dual<f64, K>> + Clone,
    M: Method<f64, F> + Method<Dual<f64, K>, F>,
    E: EventSet<f64, F> + EventSet<Dual<f64, K>, F>,
{
    let (solution, by_p) = solver.parameter_jacobian::<K>()?;
    let (_, by_u0) = solver.initial_jacobian::<K>()?;
    let rows = match save {
        // The end is the one row that is saved.
        Save::End => weights(solution.values().len(), 0.7),
        _ => weights(solution.values().len(), 1.0),
    };
    Ok([by_u0.gradient(&rows)?, by_p.gradient(&rows)?])
}

/// Forward sensitivities with error control of their own; by `u0` and `p`.
fn variational<F, E>(solver: &Solver<'_, F, f64, Tsit5, E>, save: Save) -> Result<Blocks, Error>
where
    F: Jvp<f64>,
    E: DifferentiableEvents<f64, F>,
{
    // Where the ends of steps are saved, the steps have to be those of the reference.
    let method =
        ForwardSensitivity { error_control: save != Save::EveryStep, ..ForwardSensitivity::default() };
    let (solution, sensitivities) = solver.sensitivities(method)?;
    let loss = Loss::new(save, solution.values().len(), &solver.problem.u0);
    let sum = |rows: &SolutionJacobian<f64>, end: &SolutionJacobian<f64>| -> Result<Vec<f64>, Error> {
        let (rows, end) = (rows.gradient(&loss.rows)?, end.gradient(loss.end.as_slice())?);
        Ok(rows.iter().zip(end).map(|(rows, end)| rows + end).collect())
    };
    let u0 = sum(&sensitivities.u0, &sensitivities.end_u0)?;
    let p = sum(&sensitivities.p, &sensitivities.end_p)?;
    Ok([u0, p, vec![], vec![]])
}

/// The distance of a block from the reference, relative to the block's largest entry.
///
/// That by `t0` is a difference of the flow of the loss at the start, `∂L/∂u0 · f(u0)`, and of what moves with the start:
/// errors of `t0` and `t1` are relative to the largest of the three.
fn distance(got: &Blocks, want: &Blocks, block: usize, f0: &[f64]) -> f64 {
    let largest = |block: &[f64]| block.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
    let size = match block {
        0 | 1 => largest(&want[block]),
        _ => {
            let flow: f64 = want[0].iter().zip(f0).map(|(u0, f0)| u0 * f0).sum();
            largest(&[want[2][0], want[3][0], flow])
        }
    };
    assert_eq!(got[block].len(), want[block].len());
    let gap = got[block].iter().zip(&want[block]).fold(0.0_f64, |gap, (a, b)| gap.max((a - b).abs()));
    if gap.is_nan() { f64::INFINITY } else { gap / size.max(f64::MIN_POSITIVE) }
}

/// Discrete methods differ by the order of their sums over some hundred steps.
const ROUNDING: f64 = 1e-10;

/// A continuous method's error in units of the relative tolerance.
const MOST: f64 = 100.0;

/// The table, and what does not hold.
#[derive(Default)]
struct Table {
    lines: Vec<String>,
    cells: usize,
    wrong: Vec<String>,
}

impl Table {
    fn check(&mut self, name: &str, cell: &str, error: f64, most: f64) {
        self.cells += 1;
        if error.is_nan() || error > most {
            self.wrong.push(format!("{name} {cell}: {error:.2e} > {most:.0e}"));
        }
    }
}

/// The columns of the table.
const COLUMNS: [&str; 11] = [
    "discrete",
    "checkpointed",
    "jvp",
    "dual",
    "backsolve",
    "interpolating",
    "interp. chk.",
    "quadrature",
    "gauss",
    "gauss chk.",
    "sensitivity",
];

/// All methods on one equation with one kind of event.
fn matrix<F, E>(table: &mut Table, problem: &OdeProblem<F, f64>, events: &E, event: &str)
where
    F: Vjp<f64> + Jvp<f64> + LiftedRhs<f64, Dual<f64, K>> + Clone,
    E: DifferentiableEvents<f64, F> + EventSet<Dual<f64, K>, F>,
{
    for save in SAVES {
        let name = format!("{:<14} {event:<8} {save:?}", F::NAME);
        let f0 = problem.model.eval(&problem.u0, &problem.p, problem.span.0);
        let distance = |got: &Blocks, want: &Blocks, block| distance(got, want, block, f0.as_slice());
        // A cell for each block and method.
        let mut cells: [Vec<String>; 4] = Default::default();
        let solver = |tolerance| saving(problem.solver(Tsit5).events(events), save, tolerance);

        // Discrete methods: one derivative of the numbers over the same steps.
        let loosest = solver(TOLERANCES[0]);
        assert_eq!(loosest.solve().unwrap().events().is_empty(), event == "none", "{name}");
        let along = forward(&loosest, save).unwrap();
        let discrete = reverse(&loosest, save, DiscreteAdjoint::default()).unwrap();
        let checkpointed = reverse(&loosest, save, DiscreteAdjoint::checkpoints(5)).unwrap();
        let dual = match (save, event) {
            (Save::End, "terminal") => Err("no row"),
            (Save::End, _) => {
                let end = problem.solver(Tsit5).events(events).tolerances(TOLERANCES[0], TOLERANCES[0]);
                Ok(dual(&end.save_at(Grid::points([problem.span.1])), save).unwrap())
            }
            _ => Ok(dual(&loosest, save).unwrap()),
        };
        for (b, block) in BLOCKS.iter().enumerate() {
            let reference = match (&dual, b) {
                (Ok([u0, p]), 0 | 1) => [u0.clone(), p.clone(), along[2].clone(), along[3].clone()],
                _ => along.clone(),
            };
            for (column, got) in [("discrete", &discrete), ("checkpointed", &checkpointed), ("jvp", &along)] {
                let error = distance(got, &reference, b);
                table.check(&name, &format!("{block} {column}"), error, ROUNDING);
                cells[b].push(format!("{error:.0e}"));
            }
            cells[b].push(match (&dual, b) {
                (Ok(_), 0 | 1) => "reference".into(),
                (Err(reason), 0 | 1) => (*reason).into(),
                _ => "no dual time".into(),
            });
        }

        // Continuous methods: the gradient of the solution.
        let truth = |tolerance| match save {
            // What is saved depends on the steps: those are the reference's as well.
            Save::EveryStep => forward(&solver(tolerance), save).unwrap(),
            _ => forward(&saving(problem.solver(Vern7).events(events), save, TIGHT), save).unwrap(),
        };
        let [loose, tight] = TOLERANCES.map(truth);
        macro_rules! continuous {
            ($($column:literal $solve:expr;)*) => { $(
                let runs = [(TOLERANCES[0], &loose), (TOLERANCES[1], &tight)]
                    .map(|(tolerance, truth)| (tolerance, truth, $solve(&solver(tolerance))));
                // The error of the ball's parabola is rounding, by which its steps differ from solve to solve.
                let noise = save == Save::EveryStep && F::NAME == "ball";
                for (b, block) in BLOCKS.iter().enumerate() {
                    if $column == "sensitivity" && (b > 1 || noise) {
                        cells[b].push(if noise { "other steps" } else { "u0, p only" }.into());
                        continue;
                    }
                    let mut cell = Vec::new();
                    for (tolerance, truth, got) in &runs {
                        match got {
                            Ok(got) => {
                                let error = distance(got, truth, b) / tolerance;
                                table.check(&name, &format!("{block} {} at {tolerance:.0e}", $column), error, MOST);
                                cell.push(format!("{error:.1}"));
                            }
                            Err(error) => {
                                table.wrong.push(format!("{name} {}: {error}", $column));
                                cell.push("error".into());
                            }
                        }
                    }
                    cells[b].push(cell.join(" "));
                }
            )* };
        }
        continuous! {
            "backsolve" |solver: &_| reverse(solver, save, Backsolve::default());
            "interpolating" |solver: &_| reverse(solver, save, Interpolating::default());
            "interp. chk." |solver: &_| reverse(solver, save, Interpolating::default().checkpoints(30));
            "quadrature" |solver: &_| reverse(solver, save, Quadrature::default());
            "gauss" |solver: &_| reverse(solver, save, GaussAdjoint::default());
            "gauss chk." |solver: &_| reverse(solver, save, GaussAdjoint::default().checkpoints(30));
            "sensitivity" |solver: &_| variational(solver, save);
        }
        for (b, block) in BLOCKS.iter().enumerate() {
            let line: String = cells[b].iter().map(|cell| format!("{cell:>14}")).collect();
            table.lines.push(format!("{name:<34} {block:<3}{line}"));
        }
    }
}

/// An equation with every kind of event.
fn equation<F>(table: &mut Table, problem: OdeProblem<F, f64>, level: f64, factor: f64)
where
    F: Vjp<f64> + Jvp<f64> + LiftedRhs<f64, Dual<f64, K>> + Clone,
{
    let (t0, t1) = problem.span;
    let times = [t0 + 0.31 * (t1 - t0), t0 + 0.66 * (t1 - t0)];
    matrix(table, &problem, &(), "none");
    for (name, when) in [
        ("times", When::At(times)),
        ("crossing", When::Level { level, terminal: false }),
        ("terminal", When::Level { level, terminal: true }),
    ] {
        matrix(table, &problem, &((), Differentiable(Blow { when, factor })), name);
    }
}

fn report(table: Table) {
    let head: String = COLUMNS.iter().map(|column| format!("{column:>14}")).collect();
    println!("{:<38}{head}", "");
    for line in &table.lines {
        println!("{line}");
    }
    println!("{} cells", table.cells);
    assert!(table.wrong.is_empty(), "{} cells are wrong:\n{}", table.wrong.len(), table.wrong.join("\n"));
}

macro_rules! equations {
    ($($name:ident $problem:expr, $level:literal, $factor:literal;)*) => { $(
        #[test]
        fn $name() {
            let mut table = Table::default();
            equation(&mut table, $problem, $level, $factor);
            report(table);
        }
    )* };
}

equations! {
    lotka_volterra OdeProblem::new(LotkaVolterra, [1.0, 1.0], (0.0, 3.0), [1.5, 1.0, 3.0, 1.0]), 1.7, 0.6;
    pendulum OdeProblem::new(Pendulum, [0.4, -0.2], (0.3, 3.0), [0.1, 1.3, 0.5]), 0.1, -0.6;
    ring OdeProblem::new(Ring, (0..6).map(|i| f64::cos(i as f64)).collect(), (0.0, 2.0), vec![0.3, 0.8, 0.5]), 1.15, 0.6;
    ball OdeProblem::new(Ball, [1.3, 0.0], (0.0, 1.5), [9.81, 0.8]), 0.0, -1.0;
    spring OdeProblem::new(Spring, [1.0, 0.3], (2.0, 0.0), [1.9, 0.2]), 0.4, -3.0;
}
