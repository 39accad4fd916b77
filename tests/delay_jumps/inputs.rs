//! What makes no sense is an error that says where and what, whatever it is; and what each solve of a problem has to itself.

use diffeq::Error;
use diffeq::delay::Initial;
use diffeq::prelude::*;
use diffeq::real::Real;

#[dde]
fn linear_lag(_u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> f64 {
    -p[0] * h(t - p[1])
}

#[dde]
fn mackey_glass(u: f64, h: &impl History<f64>, p: &[f64; 3], t: f64) -> f64 {
    let z = h(t - p[2]);
    p[0] * z / (1.0 + z.powi(10)) - p[1] * u
}

/// The error of a solve of `linear_lag`.
fn refused<H: Initial<f64, f64, [f64; 2]>>(u0: f64, history: H, span: (f64, f64), p: [f64; 2]) -> Error {
    let problem = DdeProblem::new(linear_lag, u0, history, span, p);
    let solver = problem.solver(Tsit5).save_at(Grid::points([span.1]));
    let backwards = solver.vjp(DiscreteAdjoint::default());
    assert!(backwards.is_err(), "{u0} {span:?} {p:?}");
    let error = problem.solver(Tsit5).solve().expect_err("no solution");
    assert!(error.to_string().len() > 20, "{error}");
    error
}

#[test]
fn numbers_that_are_none() {
    let rests = || Constant(1.0);
    let (nan, infinite) = (f64::NAN, f64::INFINITY);
    for u0 in [nan, infinite] {
        refused(u0, rests(), (0.0, 1.0), [1.0, 0.5]);
    }
    for p in [[nan, 0.5], [infinite, 0.5]] {
        refused(1.0, rests(), (0.0, 1.0), p);
    }
    for span in [(nan, 1.0), (0.0, nan), (0.0, infinite), (-infinite, 0.0)] {
        refused(1.0, rests(), span, [1.0, 0.5]);
    }
    refused(1.0, Constant(nan), (0.0, 1.0), [1.0, 0.5]);
    refused(1.0, Given(|t: f64| (t + 0.25).ln()), (0.0, 1.0), [1.0, 0.5]);
}

#[test]
fn lags_that_are_none() {
    for lag in [0.0, -0.5, f64::NAN, -f64::INFINITY] {
        let error = refused(1.0, Constant(1.0), (0.0, 1.0), [1.0, lag]);
        assert!(matches!(error, Error::History { .. }), "{lag}: {error}");
    }
}

/// A lag of an hour that shrinks to nothing and then goes on.
#[dde]
fn shrinking(_u: f64, h: &impl History<f64>, p: &[f64; 1], t: f64) -> f64 {
    -p[0] * h(t - (1.0 - t))
}

/// The same by the state.
#[dde]
fn falling(u: f64, h: &impl History<f64>, p: &[f64; 1], t: f64) -> f64 {
    -p[0] * h(t - u)
}

#[test]
fn a_lag_that_becomes_negative() {
    let at = |error: Error| match error {
        Error::History { t, what, .. } => {
            assert!(what.contains("yet to come"), "{what}");
            t
        }
        other => panic!("{other}"),
    };
    let problem = DdeProblem::new(shrinking, 1.0, Constant(1.0), (0.0, 3.0), [0.5]);
    let t = at(problem.solver(Tsit5).solve().expect_err("no solution"));
    assert!((1.0..1.5).contains(&t), "{t}");
    // u = 1 - t / 2 until the lag is zero, at 2 at the latest
    let problem = DdeProblem::new(falling, 1.0, Constant(1.0), (0.0, 5.0), [0.5]);
    let t = at(problem.solver(Tsit5).solve().expect_err("no solution"));
    assert!((1.0..5.0).contains(&t), "{t}");
}

/// A history that is known for an hour.
#[derive(Clone, Copy)]
struct Hour;

impl<T: Real, P> Initial<T, T, P> for Hour {
    fn component(&self, _: T, _: &P, _: usize, order: usize) -> T {
        if order == 0 { T::ONE } else { T::ZERO }
    }
    fn begin(&self) -> f64 {
        -1.0
    }
}

#[test]
fn a_history_that_is_asked_before_it_begins() {
    let error = refused(1.0, Hour, (0.0, 3.0), [1.0, 1.5]);
    assert!(matches!(&error, Error::History { what, .. } if what.contains("begins at")), "{error}");
    let problem = DdeProblem::new(linear_lag, 1.0, Hour, (0.0, 3.0), [1.0, 1.0]);
    assert!(problem.solver(Tsit5).solve().is_ok());
}

#[test]
fn options_that_are_none() {
    let problem = DdeProblem::new(linear_lag, 1.0, Constant(1.0), (0.0, 3.0), [1.0, 0.5]);
    let solver = || problem.solver(Tsit5);
    let bad = [
        solver().tolerances(-1.0, 1e-6),
        solver().tolerances(f64::NAN, 1e-6),
        solver().tolerances(0.0, 0.0),
        solver().dt(-0.1),
        solver().dt(f64::NAN),
        solver().max_steps(2),
        solver().save_at(Grid::points([4.0])),
        solver().save_at(Grid::points([f64::NAN])),
        solver().save_idxs(vec![1]),
    ];
    for (which, solver) in bad.iter().enumerate() {
        assert!(solver.solve().is_err(), "{which}");
    }
}

/// Two solves of one problem at the same time, step by step: each has its own past.
#[test]
fn solves_in_turn() {
    let problem = DdeProblem::new(mackey_glass, 0.5, Constant(0.5), (0.0, 100.0), [0.2, 0.1, 17.0]);
    let (coarse, fine) =
        (problem.solver(BS3).tolerances(1e-4, 1e-4), problem.solver(Vern7).tolerances(1e-9, 1e-9));
    let ends = |steps: &mut dyn Iterator<Item = f64>| steps.last().expect("steps");
    let alone = [
        ends(&mut coarse.steps().expect("a solve").map(|step| step.expect("a step").u)),
        ends(&mut fine.steps().expect("a solve").map(|step| step.expect("a step").u)),
    ];
    let (mut first, mut second) = (coarse.steps().expect("a solve"), fine.steps().expect("a solve"));
    let mut found = [0.0; 2];
    loop {
        let step = (first.next(), second.next());
        if step.0.is_none() && step.1.is_none() {
            break;
        }
        // and one in between
        if found[0] == 0.0 {
            problem.solver(Tsit5).solve().expect("a solve");
        }
        for (found, step) in found.iter_mut().zip([step.0, step.1]) {
            if let Some(step) = step {
                *found = step.expect("a step").u;
            }
        }
    }
    assert_eq!(found.map(f64::to_bits), alone.map(f64::to_bits));
}
