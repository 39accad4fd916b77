//! Orders of convergence over the method of steps, and that steps end on the break points that the order asks for.

use std::f64::consts::FRAC_PI_2;

use diffeq::delay::Initial;
use diffeq::delay::WithPast;
use diffeq::prelude::*;
use diffeq::problem::Delayed;
use diffeq::space::Tolerances;
use diffeq::space::Vector;
use diffeq::stepper::Halved;
use diffeq::stepper::Method;

use super::models::*;

/// The order that two step sizes show, the second half the first.
fn order<F, H, M>(problem: &DdeProblem<F, H>, method: M, dt: f64, expected: f64) -> f64
where
    F: Delayed<f64>,
    H: Initial<f64, F::State, F::Params>,
    M: Method<f64, WithPast<F, H, f64>>,
{
    let error = |dt: f64| {
        let mut solver = problem.solver(method.clone()).fixed(dt);
        // how well steps settle that look themselves up
        solver.options.tolerances = Tolerances { relative: 1e-10.into(), absolute: 1e-10.into() };
        let solution = solver.solve().expect("a solve");
        (solution.end().as_slice()[0] - expected).abs()
    };
    let (coarse, fine) = (error(dt), error(0.5 * dt));
    eprintln!("{method:?}: {coarse:e} {fine:e} {}", (coarse / fine).log2());
    (coarse / fine).log2()
}

/// `u' = -u(t - π/2)` with `sin t` before: the solution is `sin t`, without a break.
#[test]
fn orders_without_breaks() {
    let problem = DdeProblem::new(linear_lag, 0.0, Given(|t: f64| t.sin()), (0.0, 10.0), [1.0, FRAC_PI_2]);
    let exact = 10.0_f64.sin();
    let found = [
        (3.0, order(&problem, BS3, 0.1, exact)),
        (4.0, order(&problem, RK4, 0.1, exact)),
        (4.0, order(&problem, Halved(RK4), 0.2, exact)),
        (5.0, order(&problem, Tsit5, 0.2, exact)),
        (5.0, order(&problem, DP5, 0.2, exact)),
        (6.0, order(&problem, Vern6, 0.4, exact)),
        (7.0, order(&problem, Vern7, 0.4, exact)),
    ];
    for (order, found) in found {
        assert!(found > order - 0.35, "{order}: {found}");
    }
}

/// The start does not fit the history, so that the solution breaks at each multiple of the lag.
#[test]
fn orders_with_breaks() {
    let problem = DdeProblem::new(mackey_glass, 0.5, Constant(0.5), (0.0, 100.0), [0.2, 0.1, 17.0]);
    let exact = 1.0500205070525106;
    let found = [
        (3.0, order(&problem, BS3, 0.25, exact)),
        (4.0, order(&problem, RK4, 0.5, exact)),
        (5.0, order(&problem, Tsit5, 0.5, exact)),
        (5.0, order(&problem, DP5, 0.5, exact)),
        (6.0, order(&problem, Vern6, 2.0, exact)),
        (7.0, order(&problem, Vern7, 2.0, exact)),
    ];
    for (order, found) in found {
        assert!(found > order - 0.35, "{order}: {found}");
    }
}

/// `u'' = -u(t - lag)` from rest at 1, with 1 before: each lag brings one more term, `(-1)^k (t - (k - 1) lag)^2k / (2k)!`, which
/// two derivatives make the term before, a lag earlier. All terms are below 100, so that the sum is good to 1e-13.
fn delayed_cosine(t: f64, lag: f64) -> f64 {
    let term = |k: i32| {
        let since = (t - f64::from(k - 1) * lag).max(0.0);
        (1..=2 * k).fold(1.0, |product, i| product * since / f64::from(i)) * f64::from(1 - 2 * (k % 2))
    };
    1.0 + (1..40).map(term).sum::<f64>()
}

/// Steps that reach over many lags: each looks itself up, and has the order of its interpolant at least, which is 4 for
/// Tsit5.
#[test]
fn orders_of_steps_longer_than_the_lag() {
    let problem = DdeProblem::new(late_spring, [1.0, 0.0], Constant([1.0, 0.0]), (0.0, 6.0), 0.01);
    let exact = delayed_cosine(6.0, 0.01);
    let close = problem.solver(Vern7).tolerances(1e-12, 1e-12).solve().expect("a solve").end()[0];
    assert!((close - exact).abs() < 1e-10, "{close} {exact}");
    let found = [
        (3.0, order(&problem, BS3, 0.1, exact)),
        (4.0, order(&problem, Tsit5, 0.25, exact)),
        (6.0, order(&problem, Vern6, 0.6, exact)),
    ];
    for (order, found) in found {
        assert!(found > order - 0.5, "{order}: {found}");
    }
}

/// The ends of all steps.
fn ends<F, H, M>(problem: &DdeProblem<F, H>, method: M) -> Vec<f64>
where
    F: Delayed<f64>,
    H: Initial<f64, F::State, F::Params>,
    M: Method<f64, WithPast<F, H, f64>>,
{
    let solver = problem.solver(method).tolerances(1e-4, 1e-4);
    solver.steps().expect("a solve").map(|step| step.expect("a step").t).collect()
}

/// A method of order k notices the breaks below that. Where a break moves with the lag, the derivative by that is less smooth by
/// one, so that a solve that carries derivatives ends its steps on those of order k as well.
#[test]
fn no_step_passes_a_break_of_low_order() {
    // a jump of the derivative at 0.7, one order smoother at each multiple
    let problem = DdeProblem::new(linear_lag, 1.1, Constant(0.9), (0.0, 20.0), [1.3, 0.7]);
    let (third, fifth) = (ends(&problem, BS3), ends(&problem, Tsit5));
    let along = problem.along(&0.0, &[0.0, 1.0]).expect("a direction");
    let solver = along.solver(Tsit5).tolerances(1e-4, 1e-4);
    let moving: Vec<f64> = solver.steps().expect("a solve").map(|step| step.expect("a step").t).collect();
    let mut time = 0.0;
    for k in 1..=6 {
        time += 0.7;
        assert_eq!(third.contains(&time), k < 3, "{k}: {third:?}");
        assert_eq!(fifth.contains(&time), k < 5, "{k}: {fifth:?}");
        assert_eq!(moving.contains(&time), k <= 5, "{k}: {moving:?}");
    }
    // Two lags, all sums of them. Sums in another order are the same to rounding.
    let problem = DdeProblem::new(wille_baker, [1.0; 3], Constant([1.0; 3]), (0.0, 5.0), [1.0, 0.2]);
    let found = ends(&problem, Tsit5);
    for (i, j) in (0..5).flat_map(|i| (0..5).map(move |j| (i, j))).filter(|(i, j)| (1..=3).contains(&(i + j)))
    {
        let time = f64::from(i) + 0.2 * f64::from(j);
        let near = found.iter().filter(|end| (*end - time).abs() < 1e-13).count();
        assert_eq!(near, usize::from(time < 5.0), "{i} {j}: {found:?}");
    }
}

/// `e` and `e²`: breaks that the state decides on (`neves_exponential`).
#[test]
fn breaks_that_the_state_moves_are_met() {
    let problem = DdeProblem::new(neves_exponential, 1.0, Constant(1.0), (1.0, 9.0), [0.0; 0]);
    let solver = problem.solver(Tsit5).tolerances(1e-9, 1e-9);
    let ends: Vec<f64> = solver.steps().expect("a solve").map(|step| step.expect("a step").t).collect();
    let e = std::f64::consts::E;
    for time in [e, e * e] {
        // as near as the solution is known
        assert!(ends.iter().any(|end| (end - time).abs() < 1e-7), "{time}: {ends:?}");
    }
}
