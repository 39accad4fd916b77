//! The continuous adjoint along a path.
//!
//! Oracles: a closed form, and the discrete adjoint of the same steps, which shares the path with it and nothing else.

use std::ops::ControlFlow;

use crate::models::*;
use diffeq_runtime::error::Error;
use diffeq_runtime::integrate::Event;
use diffeq_runtime::integrate::Grid;
use diffeq_runtime::integrate::Trigger;
use diffeq_runtime::noise::Brownian;
use diffeq_runtime::noise::Driven;
use diffeq_runtime::noise::Path;
use diffeq_runtime::noise::Recorded;
use diffeq_runtime::noise::SdeProblem;
use diffeq_runtime::real::Real;
use diffeq_runtime::sensitivity::*;
use diffeq_runtime::stepper::*;

const PATHS: u32 = 12;

/// By `dX/du0 = X/u0`, `dX/da = X t`, `dX/ds = X W`.
#[test]
fn it_is_the_derivative_of_the_solution_along_the_path() {
    let error = |dt: f64, parts: usize| {
        let of_path = |trajectory: u32| {
            let path = Brownian::new(3, (0.0, 1.0)).trajectory(trajectory);
            let w = path.values(1, &[0.0, 1.0]).unwrap()[1][0];
            let problem = SdeProblem::new(GbmStrat, [0.5], (0.0, 1.0), [1.01, 0.87]).path(path);
            let exact = 0.5 * f64::exp(1.01 + 0.87 * w);
            let solver = problem.solver(SlowRK).fixed(dt).save_every_step(false);
            let (_, mut pullback) = solver.vjp(StochasticBacksolve { tolerance: 0.5, parts }).unwrap();
            let gradient = pullback.call(Cotangents::end(&[1.0])).unwrap();
            assert!(gradient.t0.is_nan() && gradient.t1.is_nan());
            let found = [gradient.u0[0], gradient.p[0], gradient.p[1]];
            let expected = [exact / 0.5, exact, exact * w];
            let off = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            off / f64::from(PATHS)
        };
        (0..PATHS).map(of_path).sum::<f64>()
    };
    let errors = [0.04, 0.02, 0.01, 0.005].map(|dt| error(dt, 1));
    let halved = error(0.01, 2);
    println!(
        "errors of the gradient at steps that are halved: {errors:.5?}; of steps back that are halved: {halved:.5}"
    );
    // Of order one: an eighth in all, on the mean over a few paths.
    assert!(errors[3] < 0.2 * errors[0], "{errors:?}");
    // Steps back of half the size are those of a solve of steps of half the size.
    assert!(halved < 0.7 * errors[2], "{halved} and {errors:?}");
    // A hundredth of the gradient, which is of size four, the mean of `exp(1.01 + 0.87 W)`. Ito's integral in the place of
    // Stratonovich's would be off by a third.
    assert!(errors[3] < 4e-2, "{errors:?}");
}

/// At given times, the start among them, a parameter multiplies a component and changes itself.
#[derive(Debug, Clone)]
struct Kick;

impl<T: Real> Event<T, Driven<PredatorsStrat, Brownian>> for Kick {
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Times(&[0.0, 0.5])
    }
    fn affect(&self, u: &mut [T; 2], p: &mut [T; 5], _: T) -> ControlFlow<()> {
        u[0] = u[0] * p[0].scale(0.8) + u[1] * u[1];
        p[4] *= p[1].scale(0.9);
        ControlFlow::Continue(())
    }
}

/// The gradient's numbers by each of some adjoints, with weights for all numbers of all rows and of the end.
macro_rules! gradients {
    ($solver:expr; $($adjoint:expr),*) => {{
        let solver = $solver;
        [$({
            let (solution, mut pullback) = solver.vjp($adjoint).unwrap();
            let weights: Vec<f64> = (0..solution.values().len()).map(|i| 1.0 + (i as f64).sin()).collect();
            let cotangents = || Cotangents::values(&weights).and_end(&[0.3, -0.7]);
            let once = pullback.call(cotangents()).unwrap();
            // Again it is the same.
            let gradient = pullback.call(cotangents()).unwrap();
            assert_eq!(gradient.p, once.p);
            [&gradient.u0[..], &gradient.p[..]].concat()
        }),*]
    }};
}

/// With rows, and with events which move state and parameters, what separates it from the discrete adjoint of the same steps goes to
/// zero with these.
#[test]
fn it_agrees_with_the_discrete_adjoint_as_steps_shrink() {
    let p = [1.5, 1.0, 3.0, 1.0, 0.2];
    let off = |dt: f64, with_events: bool| {
        let of_path = |trajectory: u32| {
            let problem =
                SdeProblem::new(PredatorsStrat, [1.0, 0.8], (0.0, 1.0), p).seed(7).trajectory(trajectory);
            let solver = problem.solver(StratonovichHeun).fixed(dt).save_at(Grid::points([0.25, 0.5, 1.0]));
            let (kept, replayed) = (DiscreteAdjoint::default(), StochasticBacksolve::default());
            let [kept, replayed] = if with_events {
                gradients!(solver.event(Differentiable(Kick)); kept, replayed)
            } else {
                gradients!(solver; kept, replayed)
            };
            kept.iter().zip(&replayed).map(|(a, b)| (a - b).abs() / f64::from(PATHS)).fold(0.0, f64::max)
        };
        (0..PATHS).map(of_path).sum::<f64>()
    };
    for with_events in [false, true] {
        let errors = [0.02, 0.01, 0.005].map(|dt| off(dt, with_events));
        println!("off the discrete adjoint by {errors:.5?}");
        assert!(errors[2] < 0.6 * errors[0] && errors[2] < 0.05, "{errors:?}");
    }
}

/// Undone steps and kept ones go through events in the same way, those at the start among them.
#[test]
fn undone_steps_go_through_events() {
    let problem = SdeProblem::new(PredatorsStrat, [1.0, 0.8], (0.0, 1.0), [1.5, 1.0, 3.0, 1.0, 0.2]).seed(7);
    let solver = problem.solver(ReversibleHeun).fixed(0.02).save_at(Grid::points([0.0, 0.25, 0.5, 1.0]));
    let adjoints = (DiscreteAdjoint::default(), ReversibleAdjoint::default());
    let [kept, undone] = gradients!(solver.event(Differentiable(Kick)); adjoints.0, adjoints.1);
    for (kept, undone) in kept.iter().zip(&undone) {
        // Fifty steps, each undone to rounding.
        assert!((kept - undone).abs() < 1e-11 * (1.0 + kept.abs()), "{undone} and not {kept}");
    }
}

/// Noise of all classes, to the end alone: general noise with an order of one half, all else of one.
#[test]
fn it_is_for_all_classes_of_stratonovich_noise() {
    macro_rules! off {
        ($model:ident, $u0:expr, $p:expr, $dt:expr) => {{
            let of_path = |trajectory: u32| {
                let problem = SdeProblem::new($model, $u0, (0.0, 1.0), $p).seed(2).trajectory(trajectory);
                let solver = problem.solver(StratonovichHeun).fixed($dt).save_every_step(false);
                let (kept, replayed) = (DiscreteAdjoint::default(), StochasticBacksolve::parts(2));
                let [kept, replayed] = gradients!(solver; kept, replayed);
                let off = kept.iter().zip(&replayed).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                off / f64::from(PATHS)
            };
            (0..PATHS).map(of_path).sum::<f64>()
        }};
    }
    macro_rules! assert_each {
        ($($model:ident $u0:expr, $p:expr;)*) => { $(
            let errors = [off!($model, $u0, $p, 0.02), off!($model, $u0, $p, 0.005)];
            println!("{}: off the discrete adjoint by {errors:.5?}", stringify!($model));
            assert!(errors[1] < 0.7 * errors[0] && errors[1] < 0.05, "{}: {errors:?}", stringify!($model));
        )* };
    }
    assert_each! {
        // In the sense of Ito and additive: the two integrals are one.
        Pendulum [0.4, 0.8], [0.7, 0.4];
        PendulumStrat [0.4, 0.8], [0.7, 0.4];
        CurvedStrat [0.4, 0.8], [0.7, 0.4, 0.3];
    }
}

/// Where the way back is lost, it says so; and what makes no sense is refused.
#[test]
fn it_says_where_it_is_not_the_way_back() {
    // What decays as fast as `u³` does from eight grows as fast on the way back.
    let problem = SdeProblem::new(QuietStrat, [8.0, 0.5], (0.0, 1.0), [0.3]).seed(1);
    let solver = problem.solver(StratonovichHeun).fixed(0.01).save_every_step(false);
    let (_, mut pullback) = solver.vjp(StochasticBacksolve::default()).unwrap();
    let error = pullback.call(Cotangents::end(&[1.0, 1.0])).unwrap_err();
    assert!(matches!(error, Error::Reconstruction { .. }), "{error}");
    assert!(error.to_string().contains("`parts`"), "{error}");
    // Steps that are short beside that decay find the way back.
    let short = problem.solver(StratonovichHeun).fixed(2e-4).save_every_step(false);
    let (_, mut pullback) = short.vjp(StochasticBacksolve::default()).unwrap();
    assert!(pullback.call(Cotangents::end(&[1.0, 1.0])).is_ok());
    for tolerance in [0.0, -1.0, f64::NAN] {
        let error = solver.vjp(StochasticBacksolve { tolerance, parts: 1 }).err().unwrap();
        assert!(matches!(error, Error::Option { option: "tolerance", .. }), "{error}");
    }
    let error = solver.vjp(StochasticBacksolve::parts(0)).err().unwrap();
    assert!(matches!(error, Error::Option { option: "parts", .. }), "{error}");
    // A path that does not know what happens between its data.
    let problem = SdeProblem::new(QuietStrat, [1.0, 0.5], (0.0, 1.0), [0.3]);
    let problem =
        problem.path(Recorded::new(vec![0.0, 0.5, 1.0], &[[0.0, 0.0], [0.1, 0.2], [0.3, 0.1]]).unwrap());
    let solver = problem.solver(StratonovichHeun).fixed(0.5).save_every_step(false);
    let lax = StochasticBacksolve { tolerance: 1.0, parts: 1 };
    assert!(solver.vjp(lax).unwrap().1.call(Cotangents::end(&[1.0, 1.0])).is_ok());
    let (_, mut pullback) = solver.vjp(StochasticBacksolve { parts: 2, ..lax }).unwrap();
    let error = pullback.call(Cotangents::end(&[1.0, 1.0])).unwrap_err();
    assert!(matches!(error, Error::NoStep { .. }), "{error}");
}
