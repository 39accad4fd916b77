//! Gradients where the solution rests: the steps of such a solve say nothing about its derivative.
//!
//! The oracle is the variational equation at the point of rest, `δ' = A δ + g(t)` with the matrices written out by hand, by
//! the classical Runge-Kutta method in steps of a ten-thousandth of the span in plain Rust: it shares neither a step, nor a
//! method, nor a derivative with the library.

use diffeq::error::Error;
use diffeq::prelude::*;
use diffeq::real::Dual;
use diffeq::sensitivity::AdjointMethod;
use diffeq::sensitivity::TangentMethod;
use diffeq::stepper::Method;

/// All cases in one model: which, is its last parameter.
#[ode]
fn at_rest(u: [f64; 2], p: [f64; 3], t: f64) -> [f64; 2] {
    let [x, y] = u;
    let [a, b, case] = p;
    match case as usize {
        0 => [-x + a * (10.0 * t).sin(), 0.0],
        1 => [y, -b * x.sin()],
        2 => [a * x * (1.0 - x / b), 0.0],
        3 => [y, x.sin()],
        4 => [a * (10.0 * t).cos(), 0.0],
        5 => [b * t.cos(), -y + a * (100.0 * t).sin()],
        6 => [-x + a * (10.0 * t).sin() + 0.0 * b, 0.0],
        7 => [y, -100.0 * x - 0.2 * y + a * (3.0 * t).sin()],
        8 => [-a * x * y, a * x * y - b * y],
        9 => [y, -25.0 * x + a * (5.0 * t).sin()],
        10 => [-a * x / (b + x), 0.0],
        11 => [y, a * (1.0 - x * x) * y - x],
        12 => [a / (1.0 + y * y) - x, x - y],
        _ => [0.0, 0.0],
    }
}

type Matrix = [[f64; 2]; 2];

/// A point of rest with its variational equation.
struct Case {
    name: &'static str,
    u: [f64; 2],
    p: [f64; 2],
    end: f64,
    /// `∂f/∂u` there.
    a: Matrix,
    /// `∂f/∂p`, by both parameters.
    g: fn(f64) -> Matrix,
}

fn cases() -> Vec<Case> {
    let none = |_| [[0.0; 2]; 2];
    let decay = [[-1.0, 0.0], [0.0, 0.0]];
    let forced = |t: f64| [[(10.0 * t).sin(), 0.0], [0.0, 0.0]];
    vec![
        Case { name: "forced decay", u: [0.0, 0.0], p: [0.0, 0.0], end: 10.0, a: decay, g: forced },
        Case {
            name: "still pendulum",
            u: [0.0, 0.0],
            p: [0.0, 1.0],
            end: 5.0,
            a: [[0.0, 1.0], [-1.0, 0.0]],
            g: none,
        },
        Case {
            name: "capacity",
            u: [1.0, 0.0],
            p: [1.0, 1.0],
            end: 50.0,
            a: decay,
            g: |_| [[0.0, 1.0], [0.0, 0.0]],
        },
        Case {
            name: "upright pendulum",
            u: [0.0, 0.0],
            p: [0.0, 0.0],
            end: 5.0,
            a: [[0.0, 1.0], [1.0, 0.0]],
            g: none,
        },
        Case {
            name: "pulse",
            u: [0.0, 0.0],
            p: [0.0, 0.0],
            end: 20.0,
            a: [[0.0; 2]; 2],
            g: |t| [[(10.0 * t).cos(), 0.0], [0.0, 0.0]],
        },
        // Something else moves, slowly.
        Case {
            name: "beside a slow motion",
            u: [0.0, 0.0],
            p: [0.0, 1.0],
            end: 10.0,
            a: [[0.0, 0.0], [0.0, -1.0]],
            g: |t| [[0.0, t.cos()], [(100.0 * t).sin(), 0.0]],
        },
        Case { name: "nearly at rest", u: [0.0, 0.0], p: [1e-8, 0.0], end: 10.0, a: decay, g: forced },
        Case {
            name: "damped oscillator",
            u: [0.0, 0.0],
            p: [0.0, 0.0],
            end: 10.0,
            a: [[0.0, 1.0], [-100.0, -0.2]],
            g: |t| [[0.0, 0.0], [(3.0 * t).sin(), 0.0]],
        },
        Case {
            name: "no infection",
            u: [1.0, 0.0],
            p: [0.5, 1.0],
            end: 10.0,
            a: [[0.0, -0.5], [0.0, -0.5]],
            g: none,
        },
        Case {
            name: "resonance",
            u: [0.0, 0.0],
            p: [0.0, 0.0],
            end: 10.0,
            a: [[0.0, 1.0], [-25.0, 0.0]],
            g: |t| [[0.0, 0.0], [(5.0 * t).sin(), 0.0]],
        },
        Case {
            name: "empty enzyme",
            u: [0.0, 0.0],
            p: [1.0, 0.5],
            end: 4.0,
            a: [[-2.0, 0.0], [0.0, 0.0]],
            g: none,
        },
        Case {
            name: "relaxation",
            u: [0.0, 0.0],
            p: [1.0, 0.0],
            end: 6.0,
            a: [[0.0, 1.0], [-1.0, 1.0]],
            g: none,
        },
        Case {
            name: "genes",
            u: [1.0, 1.0],
            p: [2.0, 0.0],
            end: 30.0,
            a: [[-1.0, -1.0], [1.0, -1.0]],
            g: |_| [[0.5, 0.0], [0.0, 0.0]],
        },
    ]
}

/// The derivatives of `(x, y)` at the end by `x0`, `y0` and both parameters, a column each, by RK4; and the largest that each
/// was on the way.
fn truth(case: &Case) -> ([[f64; 2]; 4], [f64; 4]) {
    let slope = |column: usize, t: f64, d: [f64; 2]| {
        let forcing = if column < 2 { [0.0; 2] } else { (case.g)(t).map(|row| row[column - 2]) };
        [0, 1].map(|i| case.a[i][0] * d[0] + case.a[i][1] * d[1] + forcing[i])
    };
    let steps = 100_000;
    let h = case.end / f64::from(steps);
    let mut largest = [0.0; 4];
    let columns = [0, 1, 2, 3].map(|column| {
        let mut d = [[1.0, 0.0], [0.0, 1.0], [0.0; 2], [0.0; 2]][column];
        for n in 0..steps {
            let t = f64::from(n) * h;
            let along = |k: [f64; 2], s: f64| [d[0] + s * k[0], d[1] + s * k[1]];
            let k1 = slope(column, t, d);
            let k2 = slope(column, t + h / 2.0, along(k1, h / 2.0));
            let k3 = slope(column, t + h / 2.0, along(k2, h / 2.0));
            let k4 = slope(column, t + h, along(k3, h));
            for i in 0..2 {
                d[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
                largest[column] = f64::max(largest[column], d[i].abs());
            }
        }
        d
    });
    (columns, largest)
}

/// The loss is `x + y / 2` at the end; its derivatives by `x0`, `y0`, and both parameters.
fn loss(columns: [[f64; 2]; 4]) -> [f64; 4] {
    columns.map(|d| d[0] + 0.5 * d[1])
}

/// No way to a gradient is off by more than a thousand tolerances of its largest value on the way: a derivative that has
/// decayed is as good as what it decayed from, as a solution is.
fn all_ways<M>(method: M, tolerance: f64)
where
    M: AdjointMethod<f64, at_rest> + TangentMethod<f64, at_rest> + Method<Dual<f64, 4>, at_rest>,
{
    let mut wrong = Vec::new();
    for (number, case) in cases().iter().enumerate() {
        let (columns, largest) = truth(case);
        let want = loss(columns);
        let p = [case.p[0], case.p[1], number as f64];
        let problem = OdeProblem::new(at_rest, case.u, (0.0, case.end), p);
        let solver =
            problem.solver(method.clone()).tolerances(tolerance, tolerance).save_at(Grid::points([case.end]));
        let reverse = {
            let (_, mut back) = solver.vjp(DiscreteAdjoint::default()).expect("a problem at rest");
            back.call(&[[1.0, 0.5]]).map(|g| [g.u0[0], g.u0[1], g.p[0], g.p[1]])
        };
        // Every end of a step is a row, so that more steps are more rows than there are cotangents.
        let rows = {
            let solver = problem.solver(method.clone()).tolerances(tolerance, tolerance);
            let (solution, mut back) = solver.vjp(DiscreteAdjoint::default()).expect("a problem at rest");
            let mut cotangents = vec![[0.0; 2]; solution.len()];
            *cotangents.last_mut().expect("an end") = [1.0, 0.5];
            back.call(&cotangents[..]).map(|g| [g.u0[0], g.u0[1], g.p[0], g.p[1]])
        };
        let forward = [0, 1, 2, 3].map(|column| {
            let unit = |i: usize| if i == column { 1.0 } else { 0.0 };
            let tangents =
                solver.jvp(&[unit(0), unit(1)], &[unit(2), unit(3), 0.0]).expect("a problem at rest").1;
            tangents.end()[0] + 0.5 * tangents.end()[1]
        });
        let dual = {
            let u0 = [0, 1].map(|i| Dual::<f64, 4>::variable(case.u[i], i));
            let p = [Dual::variable(p[0], 2), Dual::variable(p[1], 3), Dual::constant(p[2])];
            let problem = OdeProblem::<_, Dual<f64, 4>>::new(at_rest, u0, (0.0, case.end), p);
            let end = *problem
                .solver(method.clone())
                .tolerances(tolerance, tolerance)
                .solve()
                .expect("at rest")
                .end();
            let end = end[0] + end[1] * Dual::constant(0.5);
            end.tangents
        };
        for (way, got) in
            [("reverse", reverse), ("reverse, all steps", rows), ("jvp", Ok(forward)), ("dual", Ok(dual))]
        {
            let got = got.unwrap_or_else(|error| panic!("{}, {way}: {error}", case.name));
            for (i, (got, want)) in got.iter().zip(want).enumerate() {
                let error = (got - want).abs() / f64::max(largest[i], 1e-3);
                if error > 1e3 * tolerance {
                    wrong.push(format!(
                        "{}, {way}, derivative {i}: {got} for {want}, off by {error:.1e}",
                        case.name
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{method:?} at {tolerance:e}:\n{}", wrong.join("\n"));
}

#[test]
fn tsit5() {
    for tolerance in [1e-4, 1e-6, 1e-9] {
        all_ways(Tsit5, tolerance);
    }
}

#[test]
fn dp5() {
    for tolerance in [1e-4, 1e-6, 1e-9] {
        all_ways(DP5, tolerance);
    }
}

#[test]
fn vern9() {
    for tolerance in [1e-4, 1e-6, 1e-9] {
        all_ways(Vern9, tolerance);
    }
}

#[test]
fn dop853() {
    for tolerance in [1e-4, 1e-6, 1e-9] {
        all_ways(DOP853, tolerance);
    }
}

/// A forced decay at rest, by few steps: the derivative that these have, what is said of it, and how it is had unchecked.
#[test]
fn what_is_not_to_be_had_is_an_error() {
    let problem = OdeProblem::new(at_rest, [0.0, 0.0], (0.0, 10.0), [0.0, 0.0, 0.0]);
    let few = || problem.solver(Tsit5).max_steps(20).save_at(Grid::points([10.0]));
    let reverse = few().vjp(DiscreteAdjoint::default()).expect("rest takes few steps").1.call(&[[1.0, 0.0]]);
    let forward = few().jvp(&[0.0; 2], &[1.0, 0.0, 0.0]).map(|_| ());
    let dual = few().parameter_jacobian::<3>().map(|_| ());
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
