//! Where the solution moves its steps are those that the derivative needs: solves that are done again are few, whatever the
//! method.
//!
//! The problems are those of Hull, Enright, Fellen, Sedgwick, *Comparing numerical methods for ordinary differential
//! equations*, SIAM J. Numer. Anal. 9 (1972), with the coefficients as parameters, and the fit of `bench -- gradients`.

use std::cell::Cell;
use std::ops::ControlFlow;

use diffeq::prelude::*;
use diffeq::real::Dual;
use diffeq::sensitivity::AdjointMethod;
use diffeq::sensitivity::TangentMethod;
use diffeq::stepper::Method;

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

/// Of 189 gradients no more than so many by other steps than those of the value.
///
/// Some of these solutions come to rest on the way, at an equilibrium, where steps are as long as stability lets them, and some
/// gradients are larger than the solutions: there the steps of the value may really be too long. Two estimates of the error
/// are less sharp than one.
fn each_is_solved_once<M>(method: M, most: usize)
where
    M: AdjointMethod<f64, hull> + TangentMethod<f64, hull> + Method<Dual<f64, 4>, hull>,
{
    const WEIGHTS: [[f64; 4]; 11] = [[1.0, 0.7, 0.4, 0.2]; 11];
    let (mut again, mut solved, mut excused) = (Vec::new(), 0, 0);
    for (number, (u0, [k, l, m])) in problems().into_iter().enumerate() {
        let end = if number < 20 { 20.0 } else { 10.0 };
        let problem = OdeProblem::new(hull, u0, (0.0, end), [k, l, m, number as f64]);
        for tolerance in [1e-3, 1e-6, 1e-9] {
            let count = Cell::new(0);
            let solver = problem
                .solver(method.clone())
                .tolerances(tolerance, tolerance)
                .save_at(Grid::count(11))
                .on_step(|_| {
                    count.set(count.get() + 1);
                    ControlFlow::Continue(())
                });
            let steps = solver.solve().expect("a moderate problem").stats().accepted;
            count.set(0);
            let reverse = solver
                .vjp(DiscreteAdjoint::default())
                .and_then(|(_, mut back)| back.call(&WEIGHTS).map(|gradient| (count.get(), gradient.error)));
            let forward = solver.jvp(&[0.3, 0.2, 0.0, 0.0], &[1.0, 0.5, 0.2, 0.0]);
            let forward = forward.map(|(solution, tangents)| (solution.stats().accepted, tangents.error()));
            let dual = solver.parameter_jacobian::<4>();
            let dual = dual.map(|(solution, jacobian)| (solution.stats().accepted, jacobian.error()));
            for (way, found) in [("reverse", reverse), ("jvp", forward), ("dual", dual)] {
                solved += 1;
                if matches!(found, Ok((taken, Some(_))) if taken == steps) {
                    continue;
                }
                let what = format!("problem {number} at {tolerance:e}, {way}: {found:?} and {steps} steps");
                println!("{what}");
                if found.is_err() {
                    again.push(what);
                }
                excused += 1;
            }
        }
    }
    println!("{method:?}: {excused} of {solved} were solved again");
    assert!(again.is_empty(), "{method:?}:\n{}", again.join("\n"));
    // Those that come to rest, and those whose gradients are off by more than is allowed.
    assert!(excused <= most, "{method:?}: {excused} of {solved} were solved again");
}

#[test]
fn tsit5() {
    each_is_solved_once(Tsit5, 6);
}

#[test]
fn dp5() {
    each_is_solved_once(DP5, 6);
}

#[test]
fn vern9() {
    each_is_solved_once(Vern9, 6);
}

#[test]
fn dop853() {
    each_is_solved_once(DOP853, 16);
}
