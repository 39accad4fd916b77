//! Gradients along a path: each way against dual numbers over the same steps.

use crate::models::*;
use diffeq_runtime::error::Error;
use diffeq_runtime::integrate::Crossing;
use diffeq_runtime::integrate::Grid;
use diffeq_runtime::integrate::Solver;
use diffeq_runtime::noise::Brownian;
use diffeq_runtime::noise::Driven;
use diffeq_runtime::noise::SdeProblem;
use diffeq_runtime::problem::*;
use diffeq_runtime::real::Dual;
use diffeq_runtime::sensitivity::*;
use diffeq_runtime::stepper::*;

/// Two orders of adding up the same numbers, over some hundred steps.
const ROUNDING: f64 = 1e-11;

/// The loss is a sum over all rows with weights of their own.
fn weight(i: usize) -> f64 {
    1.0 + 0.3 * (i as f64).sin()
}

/// How a solve is set up.
#[derive(Clone, Copy, Debug)]
enum Setting {
    /// Every step a row.
    Steps,
    /// Rows inside steps.
    Inside,
    /// Steps whose error decides on their size.
    Adaptive,
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= ROUNDING * (1.0 + expected.abs())
}

/// Reverse mode, with all states kept and with few, and forward mode, against dual numbers.
fn assert_gradients<M, X, const N: usize, const P: usize>(
    model: M,
    method: X,
    u0: [f64; N],
    p: [f64; P],
    setting: Setting,
) where
    M: Diffusion<f64>
        + System<f64, State = [f64; N], Params = [f64; P]>
        + System<Dual<f64, 4>, State = [Dual<f64, 4>; N], Params = [Dual<f64, 4>; P]>
        + Diffusion<Dual<f64, 4>>
        + DiffusionVjp<f64>,
    <M as Stochastic>::Drift: Vjp<f64> + Jvp<f64>,
    X: Method<f64, Driven<M, Brownian>>
        + Method<Dual<f64, 4>, Driven<M, Brownian>>
        + Fits<<M as Stochastic>::Interpretation, <M as Stochastic>::Class>
        + AdjointMethod<f64, Driven<M, Brownian>>
        + TangentMethod<f64, Driven<M, Brownian>>,
{
    let name = Method::<f64, Driven<M, Brownian>>::facts(&method).name;
    let problem = SdeProblem::new(model, u0, (0.0, 1.5), p).seed(9);
    let solver = problem.solver(method);
    let solver: Solver<'_, Driven<M, Brownian>, f64, X> = match setting {
        Setting::Steps => solver.fixed(0.05),
        Setting::Inside => solver.fixed(0.1).save_at(Grid::step(0.037)),
        Setting::Adaptive => solver.tolerances(1e-2, 1e-2).save_at(Grid::step(0.25)),
    };
    let (solution, by_p) = solver.parameter_jacobian::<4>().unwrap();
    let (_, by_u0) = solver.initial_jacobian::<4>().unwrap();
    let weights: Vec<f64> = (0..solution.values().len()).map(weight).collect();
    let cotangents: Vec<[f64; N]> = weights.chunks_exact(N).map(|row| row.try_into().unwrap()).collect();
    let (expected_p, expected_u0) = (by_p.gradient(&weights).unwrap(), by_u0.gradient(&weights).unwrap());
    let mut bits = None;
    for adjoint in [DiscreteAdjoint::default(), DiscreteAdjoint::checkpoints(4)] {
        let (reverse, mut pullback) = solver.vjp(adjoint).unwrap();
        assert_eq!(reverse.values(), solution.values());
        let gradient = pullback.call(&cotangents).unwrap();
        let all = || expected_p.iter().chain(&expected_u0).zip(gradient.p.iter().chain(&gradient.u0));
        for (expected, found) in all() {
            assert!(
                close(*found, *expected),
                "{name}, {setting:?}: {gradient:?} and not {expected_p:?} {expected_u0:?}"
            );
        }
        assert!(gradient.t0.is_nan() && gradient.t1.is_nan());
        let found: Vec<u64> = all().map(|(_, found)| found.to_bits()).collect();
        assert_eq!(*bits.get_or_insert(found.clone()), found, "{name}: few states change the gradient");
    }
    let (p_dot, u0_dot) =
        (std::array::from_fn(|i| weight(7 * i)), std::array::from_fn(|i| weight(5 * i + 1)));
    let (_, tangents) = solver.jvp(&u0_dot, &p_dot).unwrap();
    for (i, found) in tangents.values().iter().enumerate() {
        let by = |jacobian: &SolutionJacobian<f64>, dots: &[f64]| {
            dots.iter().enumerate().map(|(j, dot)| jacobian.column(j)[i] * dot).sum::<f64>()
        };
        let expected = by(&by_p, &p_dot) + by(&by_u0, &u0_dot);
        assert!(close(*found, expected), "{name}, {setting:?}: tangent {found} and not {expected}");
    }
}

const PREDATORS: [f64; 5] = [1.5, 1.0, 3.0, 1.0, 0.2];

#[test]
fn gradients_of_ito_equations() {
    for setting in [Setting::Steps, Setting::Inside] {
        assert_gradients(Predators, EulerMaruyama, [1.0, 0.8], PREDATORS, setting);
        assert_gradients(Predators, TamedEuler, [1.0, 0.8], PREDATORS, setting);
        assert_gradients(Predators, PlatenWeak2, [1.0, 0.8], PREDATORS, setting);
        assert_gradients(Predators, Milstein, [1.0, 0.8], PREDATORS, setting);
        assert_gradients(Together, EulerMaruyama, [1.0, 0.8], [0.7, 0.4], setting);
        assert_gradients(Together, Milstein, [1.0, 0.8], [0.7, 0.4], setting);
        assert_gradients(Together, SRIW1, [1.0, 0.8], [0.7, 0.4], setting);
        assert_gradients(Curved, EulerMaruyama, [0.4, 0.8], [0.7, 0.4, 0.3], setting);
        assert_gradients(Curved, Milstein, [0.4, 0.8], [0.7, 0.4, 0.3], setting);
        assert_gradients(Pendulum, Milstein, [0.4, 0.8], [0.7, 0.4], setting);
    }
    assert_gradients(Predators, SRIW2, [1.0, 0.8], PREDATORS, Setting::Adaptive);
    assert_gradients(Predators, SOSRI2, [1.0, 0.8], PREDATORS, Setting::Adaptive);
    assert_gradients(Pendulum, SRA2, [0.4, 0.8], [0.7, 0.4], Setting::Adaptive);
    assert_gradients(Pendulum, SRA3, [0.4, 0.8], [0.7, 0.4], Setting::Adaptive);
    assert_gradients(Pendulum, SOSRA2, [0.4, 0.8], [0.7, 0.4], Setting::Adaptive);
    for setting in [Setting::Steps, Setting::Inside, Setting::Adaptive] {
        assert_gradients(Predators, SRIW1, [1.0, 0.8], PREDATORS, setting);
        assert_gradients(Predators, SOSRI, [1.0, 0.8], PREDATORS, setting);
        assert_gradients(Pendulum, SRA1, [0.4, 0.8], [0.7, 0.4], setting);
        assert_gradients(Pendulum, SOSRA, [0.4, 0.8], [0.7, 0.4], setting);
        assert_gradients(Pendulum, ShARK, [0.4, 0.8], [0.7, 0.4], setting);
    }
}

#[test]
fn gradients_of_stratonovich_equations() {
    for setting in [Setting::Steps, Setting::Inside] {
        assert_gradients(PredatorsStrat, EulerHeun, [1.0, 0.8], PREDATORS, setting);
        assert_gradients(PredatorsStrat, Milstein, [1.0, 0.8], PREDATORS, setting);
        assert_gradients(PredatorsStrat, SlowRK, [1.0, 0.8], PREDATORS, setting);
        assert_gradients(CurvedStrat, StratonovichHeun, [0.4, 0.8], [0.7, 0.4, 0.3], setting);
        assert_gradients(CurvedStrat, ReversibleHeun, [0.4, 0.8], [0.7, 0.4, 0.3], setting);
        assert_gradients(CurvedStrat, GeneralShARK, [0.4, 0.8], [0.7, 0.4, 0.3], setting);
        assert_gradients(PendulumStrat, SEA, [0.4, 0.8], [0.7, 0.4], setting);
    }
    assert_gradients(PredatorsStrat, SPaRK, [1.0, 0.8], PREDATORS, Setting::Adaptive);
}

/// Halved steps are those of their method, and so is their gradient; over floats of half the size as well, to their rounding.
#[test]
fn gradients_of_halved_steps_and_of_other_scalars() {
    let problem = SdeProblem::new(Predators, [1.0, 0.8], (0.0, 1.0), PREDATORS).seed(9);
    let solver = problem.solver(Halved(Milstein)).tolerances(1e-2, 1e-2);
    let (solution, by_p) = solver.parameter_jacobian::<4>().unwrap();
    let weights: Vec<f64> = (0..solution.values().len()).map(weight).collect();
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let found = pullback.call(Cotangents::values(&weights)).unwrap().p;
    for (found, expected) in found.iter().zip(by_p.gradient(&weights).unwrap()) {
        assert!(close(*found, expected), "{found} and not {expected}");
    }

    let narrow =
        SdeProblem::<_, _, f32>::new(Predators, [1.0, 0.8], (0.0, 1.0), PREDATORS.map(|x| x as f32)).seed(9);
    let (wide, narrow) = (problem.solver(SOSRI).fixed(0.02), narrow.solver(SOSRI).fixed(0.02));
    let (of_wide, mut wide) = wide.vjp(DiscreteAdjoint::default()).unwrap();
    let (of_narrow, mut narrow) = narrow.vjp(DiscreteAdjoint::default()).unwrap();
    let (wide, narrow) = (
        wide.call(Cotangents::end(&[1.0, -0.5])).unwrap(),
        narrow.call(Cotangents::end(&[1.0, -0.5])).unwrap(),
    );
    for (a, b) in of_wide.end().iter().chain(&wide.p).zip(of_narrow.end().iter().chain(&narrow.p)) {
        // Fifty steps of some roundings each.
        assert!((a - f64::from(*b)).abs() < 1e-4 * (1.0 + a.abs()), "{a} and {b}");
    }
}

/// Rows at the start are the start, however many there are: their cotangents are its gradient, and nothing else has one.
#[test]
fn rows_that_come_again_at_the_start_are_the_start() {
    let problem = SdeProblem::new(CurvedStrat, [0.4, 0.8], (0.0, 2.0), [0.7, 0.4, 0.3]).seed(5);
    let weights = [0.5, -1.0, 0.25, 2.0, 4.0, 0.125];
    let expected = [0.5 + 0.25 + 4.0, -1.0 + 2.0 + 0.125];
    let start = Grid::points([0.0, 0.0, 0.0]);
    let solver = problem.solver(ReversibleHeun).fixed(0.02).save_at(start.clone());
    let (solution, mut undone) = solver.vjp(ReversibleAdjoint::default()).unwrap();
    assert_eq!(solution.values(), [0.4, 0.8].repeat(3));
    let undone = undone.call(Cotangents::values(&weights)).unwrap();
    let solver = problem.solver(StratonovichHeun).fixed(0.02).save_at(start);
    let lax = StochasticBacksolve { tolerance: 1.0, parts: 1 };
    let replayed = solver.vjp(lax).unwrap().1.call(Cotangents::values(&weights)).unwrap();
    let kept = solver.vjp(DiscreteAdjoint::default()).unwrap().1.call(Cotangents::values(&weights)).unwrap();
    for gradient in [undone, replayed, kept] {
        assert_eq!((gradient.u0, gradient.p), (expected, [0.0; 3]));
    }
}

/// Undoing steps finds the gradient of keeping them, and says where it would not.
#[test]
fn steps_that_are_undone_have_the_same_gradient() {
    let (u0, p) = ([0.4, 0.8], [0.7, 0.4, 0.3]);
    for rows in [false, true] {
        let problem = SdeProblem::new(CurvedStrat, u0, (0.0, 2.0), p).seed(5);
        let solver = problem.solver(ReversibleHeun).fixed(0.02);
        let solver = if rows { solver.save_at(Grid::step(0.33)) } else { solver };
        let (solution, mut kept) = solver.vjp(DiscreteAdjoint::default()).unwrap();
        let (_, mut undone) = solver.vjp(ReversibleAdjoint::default()).unwrap();
        let weights: Vec<f64> = (0..solution.values().len()).map(weight).collect();
        let cotangents = || Cotangents::values(&weights).and_end(&[0.3, -0.7]);
        let expected = kept.call(cotangents()).unwrap();
        for _ in 0..2 {
            let found = undone.call(cotangents()).unwrap();
            for (found, expected) in
                found.u0.iter().chain(&found.p).zip(expected.u0.iter().chain(&expected.p))
            {
                assert!(close(*found, *expected), "{found} and not {expected}");
            }
        }
    }
    // What comes out at the start is compared with what went in: of rounding there is always some.
    let problem = SdeProblem::new(CurvedStrat, u0, (0.0, 2.0), p).seed(5);
    let solver = problem.solver(ReversibleHeun).fixed(0.02).save_every_step(false);
    let (_, mut undone) = solver.vjp(ReversibleAdjoint { tolerance: 1e-17 }).unwrap();
    let error = undone.call(Cotangents::end(&[1.0, 1.0])).unwrap_err();
    assert!(matches!(error, Error::Reconstruction { t: 0.0, .. }), "{error}");
    assert!(solver.vjp(ReversibleAdjoint { tolerance: f64::NAN }).is_err());
}

/// What has no derivative is refused, and not zero.
#[test]
fn what_has_no_derivative_is_refused() {
    let problem = SdeProblem::new(Predators, [1.0, 0.8], (0.0, 1.0), PREDATORS).seed(1);
    let crossing = Crossing::new(|u: &[f64; 2], _: &_, _| u[0] - 0.9, |_: &mut [f64; 2], _: &mut _, _| {});
    let solver = problem.solver(SOSRI).event(crossing);
    assert!(solver.solve().is_ok());
    let error = problem.solver(SOSRI).vjp(GaussAdjoint::default()).err().unwrap();
    assert!(matches!(error, Error::Option { option: "adjoint", .. }), "{error}");
    let along = Variation { u0: [0.0; 2], p: [0.0; 5], t0: 0.0, t1: 1.0 };
    let error = problem.solver(SOSRI).jvp_along(&along).err().unwrap();
    assert!(matches!(error, Error::Option { option: "span", .. }), "{error}");
}
