//! Every way to a gradient, at every point of rest.

use diffeq::error::Error;
use diffeq::prelude::*;
use diffeq::real::Dual;
use diffeq::sensitivity::Adjoint;
use diffeq::sensitivity::AdjointMethod;
use diffeq::sensitivity::Backsolve;
use diffeq::sensitivity::ForwardSensitivity;
use diffeq::sensitivity::Interpolating;
use diffeq::sensitivity::Quadrature;
use diffeq::sensitivity::TangentMethod;
use diffeq::sensitivity::VariationalEquation;
use diffeq::stepper::AnyMethod;
use diffeq::stepper::Method;

use crate::cases::Case;
use crate::cases::at_rest;
use crate::cases::cases;
use crate::cases::loss;
use crate::cases::truth;

/// A derivative of the loss by `x0`, `y0` and both parameters.
type Found = Result<[f64; 4], Error>;

/// The cotangent of the end.
const WEIGHTS: [f64; 2] = [1.0, 0.5];

/// What a table has of one method at one tolerance.
struct Table {
    name: String,
    tolerance: f64,
    cells: usize,
    refused: Vec<String>,
    wrong: Vec<String>,
}

impl Table {
    fn new(name: String, tolerance: f64) -> Self {
        Self { name, tolerance, cells: 0, refused: Vec::new(), wrong: Vec::new() }
    }

    /// No way to a gradient is off by more than a thousand tolerances of its largest value on the way: a derivative that has
    /// decayed is as good as what it decayed from, as a solution is.
    fn check(&mut self, case: &Case, way: &str, (want, largest): ([f64; 4], [f64; 4]), got: Found) {
        self.cells += 1;
        let got = match got {
            Ok(got) => got,
            Err(error) => return self.refused.push(format!("{}, {way}: {error}", case.name)),
        };
        for (i, (got, want)) in got.iter().zip(want).enumerate() {
            let error = (got - want).abs() / f64::max(largest[i], 1e-3);
            if error.is_nan() || error > 1e3 * self.tolerance {
                let what = format!("derivative {i}: {got} for {want}, off by {error:.1e}");
                self.wrong.push(format!("{}, {way}, {what}", case.name));
            }
        }
    }

    /// All are right, but for those that are errors, of which there are so many at most.
    fn end(self, refusals: usize) {
        let Self { name, tolerance, cells, refused, wrong } = self;
        let head = format!("{name} at {tolerance:e}, {cells} cells");
        println!("{head}, {} refused", refused.len());
        refused.iter().for_each(|refused| println!("  refused: {refused}"));
        assert!(wrong.is_empty(), "{head}:\n{}", wrong.join("\n"));
        assert!(refused.len() <= refusals, "{head}:\n{}", refused.join("\n"));
    }
}

fn solver<M: Method<f64, at_rest>>(
    problem: &OdeProblem<at_rest>,
    method: M,
    tolerance: f64,
) -> Solver<'_, at_rest, f64, M> {
    let end = Grid::points([problem.span.1]);
    problem.solver(method).tolerances(tolerance, tolerance).save_at(end)
}

fn problem_of(number: usize, case: &Case) -> OdeProblem<at_rest> {
    let p = [case.p[0], case.p[1], number as f64];
    OdeProblem::new(at_rest, case.u, (0.0, case.end), p)
}

fn reverse<M, A>(solver: &Solver<'_, at_rest, f64, M>, adjoint: A) -> Found
where
    M: Method<f64, at_rest>,
    A: Adjoint<at_rest, f64, M>,
{
    let (_, mut back) = solver.vjp(adjoint)?;
    back.call(&[WEIGHTS]).map(|g| [g.u0[0], g.u0[1], g.p[0], g.p[1]])
}

/// The derivatives of the steps: by the discrete adjoint, tangents, dual numbers, Jacobians; and sensitivities.
fn by_steps<M>(method: M, tolerance: f64)
where
    M: AdjointMethod<f64, at_rest>
        + TangentMethod<f64, at_rest>
        + Method<Dual<f64, 4>, at_rest>
        + for<'x> Method<f64, VariationalEquation<'x, at_rest, f64>>,
{
    let mut table = Table::new(format!("{method:?}"), tolerance);
    for (number, case) in cases().iter().enumerate() {
        let (columns, largest) = truth(case);
        let truth = (loss(columns), largest);
        let problem = problem_of(number, case);
        let solver = solver(&problem, method.clone(), tolerance);
        table.check(case, "reverse", truth, reverse(&solver, DiscreteAdjoint::default()));
        table.check(case, "reverse, checkpoints", truth, reverse(&solver, DiscreteAdjoint::checkpoints(3)));
        // Every end of a step is a row, so that more steps are more rows than there are cotangents.
        let rows = || {
            let solver = problem.solver(method.clone()).tolerances(tolerance, tolerance);
            let (solution, mut back) = solver.vjp(DiscreteAdjoint::default())?;
            let mut cotangents = vec![[0.0; 2]; solution.len()];
            *cotangents.last_mut().expect("an end") = WEIGHTS;
            back.call(&cotangents[..]).map(|g| [g.u0[0], g.u0[1], g.p[0], g.p[1]])
        };
        table.check(case, "reverse, all steps", truth, rows());
        let forward = || {
            let mut found = [0.0; 4];
            for (column, found) in found.iter_mut().enumerate() {
                let unit = |i: usize| if i == column { 1.0 } else { 0.0 };
                let (_, tangents) = solver.jvp(&[unit(0), unit(1)], &[unit(2), unit(3), 0.0])?;
                *found = tangents.end()[0] + 0.5 * tangents.end()[1];
            }
            Ok(found)
        };
        table.check(case, "jvp", truth, forward());
        let dual = || {
            let u0 = [0, 1].map(|i| Dual::<f64, 4>::variable(case.u[i], i));
            let p =
                [Dual::variable(case.p[0], 2), Dual::variable(case.p[1], 3), Dual::constant(number as f64)];
            let problem = OdeProblem::<_, Dual<f64, 4>>::new(at_rest, u0, (0.0, case.end), p);
            let end = *problem.solver(method.clone()).tolerances(tolerance, tolerance).solve()?.end();
            Ok((end[0] + end[1] * Dual::constant(0.5)).tangents)
        };
        table.check(case, "dual", truth, dual());
        let jacobians = || {
            let u = solver.initial_jacobian::<4>()?.1.gradient(&WEIGHTS)?;
            let p = solver.parameter_jacobian::<4>()?.1.gradient(&WEIGHTS)?;
            Ok([u[0], u[1], p[0], p[1]])
        };
        table.check(case, "Jacobians", truth, jacobians());
        for error_control in [true, false] {
            let sensitivities = || {
                let method = ForwardSensitivity { error_control, ..ForwardSensitivity::default() };
                let (_, by) = solver.sensitivities(method)?;
                let (u, p) = (by.u0.gradient(&WEIGHTS)?, by.p.gradient(&WEIGHTS)?);
                Ok([u[0], u[1], p[0], p[1]])
            };
            let way = if error_control { "sensitivities" } else { "sensitivities, uncontrolled" };
            table.check(case, way, truth, sensitivities());
        }
    }
    table.end(0);
}

/// The continuous adjoints, of solves by any method.
fn by_equations(method: &AnyMethod<f64, at_rest>, tolerance: f64) {
    let mut table = Table::new(format!("{method:?}, continuous"), tolerance);
    for (number, case) in cases().iter().enumerate() {
        let (columns, largest) = truth(case);
        let truth = (loss(columns), largest);
        let problem = problem_of(number, case);
        let solver = solver(&problem, method.clone(), tolerance);
        table.check(case, "gauss", truth, reverse(&solver, GaussAdjoint::default()));
        table.check(
            case,
            "gauss, checkpoints",
            truth,
            reverse(&solver, GaussAdjoint::default().checkpoints(8)),
        );
        table.check(case, "quadrature", truth, reverse(&solver, Quadrature::default()));
        table.check(case, "interpolating", truth, reverse(&solver, Interpolating::default()));
        table.check(case, "backsolve", truth, reverse(&solver, Backsolve::default()));
    }
    table.end(99);
}

const TOLERANCES: [f64; 3] = [1e-4, 1e-6, 1e-8];

#[test]
fn tsit5() {
    TOLERANCES.into_iter().for_each(|tolerance| by_steps(Tsit5, tolerance));
}

#[test]
fn dp5() {
    TOLERANCES.into_iter().for_each(|tolerance| by_steps(DP5, tolerance));
}

#[test]
fn vern9() {
    TOLERANCES.into_iter().for_each(|tolerance| by_steps(Vern9, tolerance));
}

#[test]
fn dop853() {
    TOLERANCES.into_iter().for_each(|tolerance| by_steps(DOP853, tolerance));
}

#[test]
fn continuous_adjoints() {
    let methods = [AnyMethod::new(Tsit5), AnyMethod::new(DP5), AnyMethod::new(Vern9), AnyMethod::new(DOP853)];
    let mut failed = Vec::new();
    for method in methods {
        for tolerance in TOLERANCES {
            let run = std::panic::AssertUnwindSafe(|| by_equations(&method, tolerance));
            if std::panic::catch_unwind(run).is_err() {
                failed.push((method.clone(), tolerance));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

/// A forced decay at rest, by few steps: the derivative that these have, what is said of it, and how it is had unchecked.
#[test]
fn what_is_not_to_be_had_is_an_error() {
    let problem = OdeProblem::new(at_rest, [0.0, 0.0], (0.0, 10.0), [0.0, 0.0, 0.0]);
    let few = || problem.solver(Tsit5).max_steps(20).save_at(Grid::points([10.0]));
    let reverse = few().vjp(DiscreteAdjoint::default()).expect("rest takes few steps").1.call(&[[1.0, 0.0]]);
    let forward = few().jvp(&[0.0; 2], &[1.0, 0.0, 0.0]).map(|_| ());
    let dual = few().parameter_jacobian::<4>().map(|_| ());
    for error in
        [reverse.map(|_| ()), forward, dual].map(|result| result.expect_err("twenty steps are too few"))
    {
        assert!(matches!(error, Error::Derivative { .. }), "{error}");
        assert!(error.to_string().contains("derivative_tolerance(None)"), "{error}");
    }
    // Unchecked it is what the steps of the value make of it; the truth is -0.0904.
    let unchecked = few().derivative_tolerance(None);
    let gradient =
        unchecked.vjp(DiscreteAdjoint::default()).expect("rest").1.call(&[[1.0, 0.0]]).expect("a number");
    assert!(gradient.p[0].abs() > 1.0 && gradient.error.is_none(), "{gradient:?}");
    for factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = few().derivative_tolerance(factor).solve().expect_err("no tolerance");
        assert!(error.to_string().contains("derivative_tolerance"), "{error}");
    }
}
