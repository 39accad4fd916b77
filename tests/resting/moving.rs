//! Where the solution moves its steps are those that the derivative needs: solves are done again where their gradient is off,
//! and nowhere else, whatever the method.
//!
//! Which those are says the variational equation in plain Rust ([`exact`]), in steps of its own.
//!
//! The problems are those of Hull, Enright, Fellen, Sedgwick, *Comparing numerical methods for ordinary differential
//! equations*, SIAM J. Numer. Anal. 9 (1972), with the coefficients as parameters, and the fit of `bench -- gradients`.

use std::sync::OnceLock;

use diffeq::prelude::*;
use diffeq::real::Dual;
use diffeq::sensitivity::AdjointMethod;
use diffeq::sensitivity::TangentMethod;
use diffeq::stepper::Method;

use crate::exact::Jet;
use crate::exact::sensitivities;

/// A way to a gradient.
type Mode<'a, M> = &'a dyn Fn(Solver<'_, hull, f64, M>) -> Result<Vec<f64>, diffeq::Error>;

/// All problems in one model: which, is its last parameter. What a problem has no use for stays zero.
#[ode]
fn hull(u: [f64; 4], p: [f64; 4], t: f64) -> [f64; 4] {
    let [a, b, c, d] = u;
    let [k, l, m, case] = p;
    match case as usize {
        // A1 to A5: single equations.
        0 => [-k * a, 0.0, 0.0, 0.0],
        1 => [-k * a * a * a, 0.0, 0.0, 0.0],
        2 => [k * a * t.cos(), 0.0, 0.0, 0.0],
        3 => [k * a * (1.0 - a / l), 0.0, 0.0, 0.0],
        4 => [(a - k * t) / (a + l * t), 0.0, 0.0, 0.0],
        // B1 to B5: small systems.
        5 => [k * (a - l * a * b), -(b - m * a * b), 0.0, 0.0],
        6 => [-k * a + l * b, k * a - (l + m) * b + m * c, m * b - m * c, 0.0],
        7 => [-k * a, k * a - l * b * b, l * b * b, 0.0],
        8 => {
            let r = (a * a + b * b).sqrt();
            [-k * b - l * a * c / r, k * a - l * b * c / r, m * a / r, 0.0]
        }
        9 => [k * b * c, -l * a * c, -m * a * b, 0.0],
        // D1 to D5: two bodies.
        10..=14 => {
            let r2 = a * a + b * b;
            let r3 = r2 * r2.sqrt();
            [k * c, k * d, -l * a / r3, -l * b / r3]
        }
        // E1 to E5: equations of order two.
        15 => [b, -(k * b / (t + 1.0) + (1.0 - l / ((t + 1.0) * (t + 1.0))) * a), 0.0, 0.0],
        16 => [b, k * (1.0 - a * a) * b - l * a, 0.0, 0.0],
        17 => [b, k * a * a * a - a + l * (m * t).sin(), 0.0, 0.0],
        18 => [b, k - l * b * b, 0.0, 0.0],
        19 => [b, k * (1.0 + b * b).sqrt() / (25.0 * l - t), 0.0, 0.0],
        // The bench's fit.
        _ => [k * a - a * b, -l * b + m * a * b, 0.0, 0.0],
    }
}

/// Start and parameters of each problem; the span is (0, 20), that of the fit (0, 10).
fn problems() -> Vec<([f64; 4], [f64; 3])> {
    let bodies = |e: f64| ([1.0 - e, 0.0, 0.0, ((1.0 + e) / (1.0 - e)).sqrt()], [1.0, 1.0, 0.0]);
    vec![
        ([1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0]),
        ([1.0, 0.0, 0.0, 0.0], [0.5, 0.0, 0.0]),
        ([1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0]),
        ([1.0, 0.0, 0.0, 0.0], [0.25, 20.0, 0.0]),
        ([4.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0]),
        ([1.0, 3.0, 0.0, 0.0], [2.0, 1.0, 1.0]),
        ([2.0, 0.0, 1.0, 0.0], [1.0, 1.0, 1.0]),
        ([1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0]),
        ([3.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0]),
        ([0.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.51]),
        bodies(0.1),
        bodies(0.3),
        bodies(0.5),
        bodies(0.7),
        bodies(0.9),
        ([0.671_396_707_141_803_1, 0.095_400_514_447_474_6, 0.0, 0.0], [1.0, 0.25, 0.0]),
        ([2.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0]),
        ([0.0, 0.0, 0.0, 0.0], [1.0 / 6.0, 2.0, 2.785_35]),
        ([30.0, 0.0, 0.0, 0.0], [0.32, 0.4, 0.0]),
        ([0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0]),
        ([1.0, 1.0, 0.0, 0.0], [1.5, 3.0, 1.0]),
    ]
}

/// How many times larger than its tolerance the error of a gradient is at least that is done again.
const OFF: f64 = 30.0;

fn all_sensitivities() -> &'static Vec<Vec<[Jet; 4]>> {
    static ALL: OnceLock<Vec<Vec<[Jet; 4]>>> = OnceLock::new();
    ALL.get_or_init(|| {
        let each = problems().into_iter().enumerate();
        each.map(|(number, (u0, p))| sensitivities(number, u0, p, span(number))).collect()
    })
}

/// The end of a problem's span.
fn span(number: usize) -> f64 {
    if number < 20 { 20.0 } else { 10.0 }
}

/// By how much derivatives are off at the most, `stride` of them in a row of one size: relative to the largest of a component, or
/// to a hundredth of the largest of all.
fn off(got: &[f64], want: &[f64], stride: usize) -> f64 {
    let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |m: f64, x| m.max(x.abs()));
    let floor = 0.01 * largest(&mut want.iter().copied());
    let of_component = |c: usize| {
        let size = f64::max(largest(&mut want.iter().skip(c).step_by(stride).copied()), floor);
        let pairs = got.iter().zip(want).skip(c).step_by(stride);
        largest(&mut pairs.map(|(got, want)| if got == want { 0.0 } else { (got - want) / size }))
    };
    (0..stride).map(of_component).fold(0.0, f64::max)
}

/// What one way to derivatives says with and without the check.
struct Found {
    checked: Result<Vec<f64>, diffeq::Error>,
    unchecked: Vec<f64>,
    want: Vec<f64>,
    /// How many derivatives are of different components.
    stride: usize,
}

fn each_is_solved_once<M>(method: M)
where
    M: AdjointMethod<f64, hull> + TangentMethod<f64, hull> + Method<Dual<f64, 4>, hull>,
{
    const WEIGHTS: [[f64; 4]; 11] = [[1.0, 0.7, 0.4, 0.2]; 11];
    const ALONG: [f64; 7] = [0.3, 0.2, 0.0, 0.0, 1.0, 0.5, 0.2];
    let (mut wrong, mut solved, mut again) = (Vec::new(), 0, 0);
    for (number, (u0, [k, l, m])) in problems().into_iter().enumerate() {
        let rows = &all_sensitivities()[number];
        let of_rows = |f: &dyn Fn(&Jet) -> f64| rows.iter().flatten().map(f).collect::<Vec<_>>();
        let problem = OdeProblem::new(hull, u0, (0.0, span(number)), [k, l, m, number as f64]);
        for tolerance in [1e-3, 1e-6, 1e-9] {
            let solver = |check: Option<f64>| {
                let solver = problem.solver(method.clone()).tolerances(tolerance, tolerance);
                solver.save_at(Grid::count(11)).derivative_tolerance(check)
            };
            let both =
                |f: Mode<'_, M>| (f(solver(Some(100.0))), f(solver(None)).expect("a moderate problem"));
            let reverse = both(&|solver| {
                let gradient = solver.vjp(DiscreteAdjoint::default())?.1.call(&WEIGHTS)?;
                Ok(gradient.u0.into_iter().chain(gradient.p.into_iter().take(3)).collect())
            });
            let by_loss = |j: usize| {
                let of_row =
                    |row: &[Jet; 4]| row.iter().zip(WEIGHTS[0]).map(|(u, w)| w * u.by[j]).sum::<f64>();
                rows.iter().map(of_row).sum()
            };
            let tangents = both(&|solver| {
                Ok(solver.jvp(&[0.3, 0.2, 0.0, 0.0], &[1.0, 0.5, 0.2, 0.0])?.1.values().to_vec())
            });
            let along = |u: &Jet| u.by.iter().zip(ALONG).map(|(u, a)| a * u).sum();
            let mut found = vec![
                ("reverse", reverse, (0..7).map(by_loss).collect(), 7),
                ("jvp", tangents, of_rows(&along), 4),
            ];
            for column in 0..3 {
                let dual = both(&|solver| Ok(solver.parameter_jacobian::<4>()?.1.column(column).to_vec()));
                found.push(("dual", dual, of_rows(&|u| u.by[4 + column]), 4));
            }
            let found = found.into_iter().map(|(way, (checked, unchecked), want, stride)| {
                (way, Found { checked, unchecked, want, stride })
            });
            // The columns of the dual numbers are one solve.
            let (mut duals_again, mut duals_off) = (false, 0.0_f64);
            for (way, Found { checked, unchecked, want, stride }) in found {
                let what = format!("problem {number} at {tolerance:e}, {way}");
                let was = off(&unchecked, &want, stride) / tolerance;
                match checked {
                    Err(error) => wrong.push(format!("{what}: {error}")),
                    Ok(checked) if way == "dual" => {
                        duals_again |= checked != unchecked;
                        duals_off = duals_off.max(was);
                    }
                    Ok(checked) => {
                        solved += 1;
                        if checked != unchecked {
                            again += 1;
                            let is = off(&checked, &want, stride) / tolerance;
                            println!("{what} again: off by {was:.1} tolerances before, {is:.1} then");
                            if was < OFF || is > was {
                                wrong.push(format!("{what}: off by {was:.1} tolerances, and then {is:.1}"));
                            }
                        }
                    }
                }
            }
            solved += 1;
            again += usize::from(duals_again);
            if duals_again {
                println!(
                    "problem {number} at {tolerance:e}, dual again: off by {duals_off:.1} tolerances before"
                );
            }
            if duals_again && duals_off < OFF {
                wrong.push(format!(
                    "problem {number} at {tolerance:e}, dual: off by {duals_off:.1} tolerances"
                ));
            }
        }
    }
    println!("{method:?}: {again} of {solved} were solved again");
    assert!(wrong.is_empty(), "{method:?}:\n{}", wrong.join("\n"));
}

#[test]
fn tsit5() {
    each_is_solved_once(Tsit5);
}

#[test]
fn dp5() {
    each_is_solved_once(DP5);
}

#[test]
fn vern9() {
    each_is_solved_once(Vern9);
}

#[test]
fn dop853() {
    each_is_solved_once(DOP853);
}
