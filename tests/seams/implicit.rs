//! Implicit Euler: the smallest method that solves for its step.

use super::*;

/// `u' = -p u`: each step divides by `1 + h p`.
#[ode]
fn decay(u: f64, p: f64) -> f64 {
    -p * u
}

/// `u' = p u (1 - u)`.
#[ode]
fn logistic(u: f64, p: f64) -> f64 {
    p * u * (1.0 - u)
}

/// Kaps' problem: whatever `p`, `(exp(-2 t), exp(-t))` is a solution, to which all others fall like `exp(-p t)`.
///
/// Source: Hairer, Lubich, Roche, *The Numerical Solution of Differential-Algebraic Systems by Runge-Kutta Methods*
/// (1989), p. 8.
#[ode]
fn kaps(u: [f64; 2], p: f64) -> [f64; 2] {
    [-(p + 2.0) * u[0] + p * u[1] * u[1], u[0] - u[1] - u[1] * u[1]]
}

fn kaps_solution(t: f64) -> [f64; 2] {
    [(-2.0 * t).exp(), (-t).exp()]
}

/// Prothero and Robinson's problem: the solution from zero is `p[1] sin t`, whatever `p[0]`.
#[ode]
fn follower(u: f64, p: [f64; 2], t: f64) -> f64 {
    p[0] * (p[1] * t.sin() - u) + p[1] * t.cos()
}

/// Newton's method for a long step runs away to both sides.
#[ode]
fn saturating(u: f64, p: f64) -> f64 {
    -p * u.atan()
}

/// Newton's method for a long step leaves the domain of the logarithm.
#[ode]
fn logarithmic(u: f64, p: f64) -> f64 {
    -p * u.ln()
}

/// Turns round, with an angular velocity that depends on the state: nothing is linear, and nothing is symmetric.
#[ode]
fn chain(u: [f64; 3], p: [f64; 3], t: f64) -> [f64; 3] {
    [
        -p[0] * u[0] + p[1] * u[1] * u[2],
        p[0] * u[0] - p[1] * u[1] * u[2] - p[2] * u[1] * u[1],
        p[2] * u[1] * u[1] - (t * u[2]).sin(),
    ]
}

#[test]
fn each_step_solves_its_equation() {
    for (h, steps, p) in [(0.1, 20, 1.3), (0.5, 1, 1e6), (0.25, 8, -1.5)] {
        let problem = OdeProblem::new(decay, 0.7, (0.0, h * steps as f64), p);
        let solution = problem.solver(ImplicitEuler).fixed(h).solve().unwrap();
        let expected = 0.7 / f64::powi(1.0 + h * p, steps);
        // Rounding of each step, beside the larger of its ends.
        let rounding = 1e-15 * f64::from(steps) * f64::max(expected, 0.7);
        assert!((solution.end() - expected).abs() < rounding, "{} and not {expected}", solution.end());
    }
}

#[test]
fn the_order_is_one_at_the_ends_of_steps_and_inside() {
    // The error over the step size, which tends to a constant: that of the next power is what is left.
    let rates = |error: &dyn Fn(f64) -> f64, expected: f64, what: &str| {
        let mut distances = Vec::new();
        for h in [0.02, 0.01, 0.005] {
            distances.push(((error(h) / error(0.5 * h)).log2() - expected).abs());
        }
        assert!(distances[2] < 0.01, "{what}: {distances:?}");
        assert!(distances[0] < 0.1 && distances[2] < 0.6 * distances[0], "{what}: {distances:?}");
    };
    let growth = |t: f64| 0.1 * t.exp() / (1.0 + 0.1 * (t.exp() - 1.0));
    let problem = OdeProblem::new(logistic, 0.1, (0.0, 1.0), 1.0);
    let solve = |h: f64| problem.solver(ImplicitEuler).fixed(h).dense(true).solve().unwrap();
    rates(&|h| (solve(h).end() - growth(1.0)).abs(), 1.0, "logistic growth");
    rates(&|h| (solve(h).at(0.43 * h).unwrap() - growth(0.43 * h)).abs(), 2.0, "inside the first step");
    let problem = OdeProblem::new(kaps, [1.0, 1.0], (0.0, 1.0), 1e6);
    let end = |h: f64| *problem.solver(ImplicitEuler).fixed(h).solve().unwrap().end();
    rates(&|h| distance(&end(h), &kaps_solution(1.0)), 1.0, "Kaps' problem");
    // The general test of the other methods.
    let [end, inside] = orders(ImplicitEuler, 0.01);
    assert!((end - 1.0).abs() < 0.1 && (inside - 2.0).abs() < 0.1, "{end} and {inside}");
}

#[test]
fn stiff_problems_cost_few_steps() {
    for p in [1e3, 1e6, 1e9] {
        let problem = OdeProblem::new(kaps, [1.0, 1.0], (0.0, 2.0), p);
        let mut errors = Vec::new();
        for tolerance in [1e-3, 1e-4, 1e-5] {
            let solution = problem.solver(ImplicitEuler).tolerances(tolerance, tolerance).solve().unwrap();
            errors.push(distance(solution.end(), &kaps_solution(2.0)));
            // Steps are as long as the square root of the tolerance, whatever `p`.
            let most = 4.0 / f64::sqrt(tolerance);
            assert!((solution.stats().accepted as f64) < most, "{p}, {tolerance}: {}", solution.stats());
            // A tolerance for each step.
            assert!(errors[errors.len() - 1] < most * tolerance, "{p}, {tolerance}: {errors:?}");
        }
        assert!(errors[2] < 0.3 * errors[0], "{p}: {errors:?}");
    }
    // An explicit method takes a step for each of the shortest time scales, over its limit of stability of about three.
    let problem = OdeProblem::new(kaps, [1.0, 1.0], (0.0, 2.0), 1e4);
    let explicit = problem.solver(Tsit5).tolerances(1e-4, 1e-4).solve().unwrap();
    assert!(explicit.stats().accepted > 5000, "{}", explicit.stats());
    let auto = problem.solver(Auto::new(Tsit5, ImplicitEuler)).tolerances(1e-4, 1e-4).solve().unwrap();
    assert!(auto.stats().accepted < 500, "{}", auto.stats());
    assert!(distance(auto.end(), &kaps_solution(2.0)) < 1e-2, "{:?}", auto.end());
}

#[test]
fn a_fast_transient_is_followed_or_stepped_over() {
    // From off the slow solution, which the fast one reaches like exp(-1000 t).
    let problem = OdeProblem::new(follower, 1.0, (0.0, 3.0), [1e3, 2.0]);
    let expected = 2.0 * 3.0_f64.sin();
    let adaptive = problem.solver(ImplicitEuler).tolerances(1e-4, 1e-4).solve().unwrap();
    assert!((adaptive.end() - expected).abs() < 1e-3, "{}", adaptive.end());
    assert!(adaptive.stats().accepted < 1000, "{}", adaptive.stats());
    let fixed = problem.solver(ImplicitEuler).fixed(0.1).solve().unwrap();
    // The defect `h² u'' / 2` of each step, over `1 + h p`.
    assert!((fixed.end() - expected).abs() < 1e-4, "{}", fixed.end());
    // Backwards in time the same model grows, and steps of another sign solve it as well.
    let back = OdeProblem::new(decay, 1.0, (1.0, 0.0), 0.7);
    let back = back.solver(ImplicitEuler).fixed(-0.1).solve().unwrap();
    assert!((back.end() / f64::powi(1.0 - 0.07, -10) - 1.0).abs() < 1e-13, "{}", back.end());
}

#[test]
fn inside_a_step_the_solution_is_a_straight_line() {
    let problem = OdeProblem::new(kaps, [1.0, 1.0], (0.0, 1.0), 1e3);
    let solution = problem.solver(ImplicitEuler).fixed(0.25).dense(true).solve().unwrap();
    let knots: Vec<[f64; 2]> = (0..5).map(|i| solution.at(0.25 * f64::from(i)).unwrap()).collect();
    for step in 0..4 {
        for theta in [0.0, 0.2, 0.7, 1.0] {
            let inside = solution.at(0.25 * (step as f64 + theta)).unwrap();
            let line: [f64; 2] =
                std::array::from_fn(|i| knots[step][i] + theta * (knots[step + 1][i] - knots[step][i]));
            assert!(distance(&inside, &line) < 1e-14, "{step}, {theta}: {inside:?} and not {line:?}");
        }
    }
}

/// The second component of Kaps' problem falls to a half: at `ln 2`. Both start again then.
struct Half;
impl<T: Real> Event<T, kaps> for Half {
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Crossing(Direction::Falling)
    }
    fn condition(&self, u: &[T; 2], _: &T, _: T) -> T {
        u[1] - T::lit(0.5)
    }
    fn affect(&self, u: &mut [T; 2], _: &mut T, _: T) -> ControlFlow<()> {
        *u = [T::ONE, T::ONE];
        ControlFlow::Continue(())
    }
}

#[test]
fn events_end_implicit_steps() {
    let problem = OdeProblem::new(kaps, [1.0, 1.0], (0.0, 2.0), 1e6);
    let period = 2.0_f64.ln();
    for tolerance in [1e-1, 1e-2, 1e-3, 1e-5] {
        let solver = problem.solver(ImplicitEuler).tolerances(tolerance, tolerance);
        let solution = solver.event(Half).save_every_step(true).solve().unwrap();
        let found: Vec<f64> = solution.events().iter().map(|event| event.t).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        for (i, t) in found.iter().enumerate() {
            // A tolerance for each step, of which there are as many as its root says, over a slope of a half.
            let expected = (i + 1) as f64 * period;
            assert!((t - expected).abs() < tolerance.sqrt(), "{t} and not {expected}");
        }
        // The step that the event ends is one of the method: its condition is zero there.
        let at_event = solution.index_of(found[0]).unwrap();
        let before = (0..=at_event).rev().map(|i| solution.state(i)).find(|u| u[1] < 0.75).unwrap();
        assert!((before[1] - 0.5).abs() < 1e-12, "{before:?}");
        let after = kaps_solution(2.0 - 2.0 * period);
        assert!(
            distance(solution.end(), &after) < tolerance.sqrt(),
            "{:?} and not {after:?}",
            solution.end()
        );
    }
}

/// From `(1, a)` the first event comes at `ln(2 a)`, the second `ln 2` later: the second component ends at `4 a exp(-2)`.
#[test]
fn gradients_through_events_of_a_stiff_problem_are_those_of_the_formula() {
    let problem = OdeProblem::new(kaps, [1.0, 1.0], (0.0, 2.0), 1e6);
    // Those of the steps taken: each way would choose others for its own error.
    let solver = problem.solver(ImplicitEuler).tolerances(1e-5, 1e-5).derivative_tolerance(None);
    let solver = solver.event(Differentiable(Half));
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::checkpoints(3)).unwrap();
    assert_eq!(solution.events().len(), 2);
    let gradient = pullback.call(Cotangents::end(&[0.0, 1.0])).unwrap();
    let by_u0 = solver.initial_jacobian::<2>().unwrap().1;
    let by_duals = [0, 1].map(|j| *by_u0.column(j).last().unwrap());
    assert!(distance(&gradient.u0, &by_duals) < 1e-11, "{gradient:?} and not {by_duals:?}");
    // The root of the tolerance, and how little of the first component survives its fall.
    let expected = [0.0, 4.0 * f64::exp(-2.0)];
    assert!(distance(&gradient.u0, &expected) < 1e-5_f64.sqrt(), "{gradient:?} and not {expected:?}");
}

#[test]
fn gradients_are_those_of_dual_numbers() {
    check_gradients(ImplicitEuler, 1e-3);
    // Limits at which every step asks for the other method: back and forth.
    let auto = Auto { first: ImplicitEuler, second: Tsit5, long: 1e-3, short: 10.0 };
    check_gradients(auto, 1e-3);
    let problem = pendulum();
    let implicit = problem.solver(ImplicitEuler).tolerances(1e-3, 1e-3).solve().unwrap();
    let both = problem.solver(auto).tolerances(1e-3, 1e-3).solve().unwrap();
    assert_eq!(both.state(1), implicit.state(1), "the first steps are the implicit method's");
    let explicit = problem.solver(Tsit5).tolerances(1e-3, 1e-3).solve().unwrap();
    let steps = [&explicit, &both, &implicit].map(|solution| solution.stats().accepted);
    assert!(steps.is_sorted_by(|a, b| 1.5 * (*a as f64) < *b as f64), "{steps:?}");
    check_gradients(Halved(ImplicitEuler), 1e-2);
}

/// With rows inside steps, where no matrix is symmetric, and for few checkpoints.
#[test]
fn gradients_through_a_stiff_problem_are_those_of_dual_numbers() {
    let problem = OdeProblem::new(chain, [1.0, 0.1, 0.3], (0.1, 2.1), [3.0, 1e3, 1e4]);
    let solver = problem.solver(ImplicitEuler).tolerances(1e-3, 1e-4).save_at(Grid::count(7));
    // Those of the steps taken.
    let solver = solver.derivative_tolerance(None);
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let weights: Vec<f64> = (0..solution.values().len()).map(|i| (1.0 + i as f64).sin()).collect();
    let gradient = pullback.call(Cotangents::values(&weights)).unwrap();
    let (_, by_p) = solver.parameter_jacobian::<3>().unwrap();
    let (_, by_u0) = solver.initial_jacobian::<3>().unwrap();
    for (found, expected) in [(gradient.p, by_p), (gradient.u0, by_u0)] {
        let expected = expected.gradient(&weights).unwrap();
        let size = expected.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
        // Rounding, times a condition of some thousands.
        assert!(distance(&found, &expected) < 1e-11 * size, "{found:?} and not {expected:?}");
    }
    for checkpoints in [1, 2, 5] {
        let (_, mut pullback) = solver.vjp(DiscreteAdjoint::checkpoints(checkpoints)).unwrap();
        assert_eq!(
            pullback.call(Cotangents::values(&weights)).unwrap(),
            gradient,
            "{checkpoints} checkpoints"
        );
    }
}

#[test]
fn gradients_are_those_of_the_formula() {
    // Nine steps, and a last one that is half as long and moves with the end.
    let (u0, p, h) = (0.7, 1.3, 0.1);
    let last = 0.05;
    let problem = OdeProblem::new(decay, u0, (0.0, 9.0 * h + last), p);
    let solver = problem.solver(ImplicitEuler).fixed(h).save_at(Grid::points([9.0 * h + last]));
    for checkpoints in [None, Some(1), Some(3)] {
        let (solution, mut pullback) = solver
            .vjp(checkpoints.map_or_else(DiscreteAdjoint::default, DiscreteAdjoint::checkpoints))
            .unwrap();
        let gradient = pullback.call([1.0].as_slice()).unwrap();
        let by_u0 = 1.0 / (f64::powi(1.0 + h * p, 9) * (1.0 + last * p));
        let end = u0 * by_u0;
        let by_p = -end * (9.0 * h / (1.0 + h * p) + last / (1.0 + last * p));
        let by_t1 = -end * p / (1.0 + last * p);
        let found = [*solution.end(), gradient.u0, gradient.p, gradient.t1];
        // Rounding.
        assert!(distance(&found, &[end, by_u0, by_p, by_t1]) < 1e-13, "{checkpoints:?}: {gradient:?}");
    }
    // What the steps compute from zero is proportional to the second parameter, and nearly the solution's sine.
    let problem = OdeProblem::new(follower, 0.0, (0.0, 1.0), [1e5, 2.0]);
    let solver = problem.solver(ImplicitEuler).tolerances(1e-4, 1e-4);
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::checkpoints(2)).unwrap();
    let gradient = pullback.call(Cotangents::end(&1.0)).unwrap();
    // Rounding, of terms that cancel all but a hundred-thousandth.
    assert!((gradient.p[1] - 0.5 * solution.end()).abs() < 1e-11, "{gradient:?}");
    assert!((gradient.p[1] - 1.0_f64.sin()).abs() < 1e-4, "{gradient:?}");
    assert!(gradient.p[0].abs() < 1e-6, "the solution does not depend on it: {gradient:?}");
}

#[test]
fn gradients_by_the_span_are_those_of_differences() {
    let end = |span: (f64, f64)| {
        let problem = pendulum().span(span);
        *problem.solver(ImplicitEuler).fixed(0.1).tolerances(1e-8, 1e-8).solve().unwrap().end()
    };
    let problem = pendulum().span((0.2, 3.25));
    let solver =
        problem.solver(ImplicitEuler).fixed(0.1).tolerances(1e-8, 1e-8).save_at(Grid::points([3.25]));
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let gradient = pullback.call([[1.0, 0.0]].as_slice()).unwrap();
    let h = 1e-5;
    let by_t1 = (end((0.2, 3.25 + h))[0] - end((0.2, 3.25 - h))[0]) / (2.0 * h);
    // All steps move with the start, the last becomes shorter.
    let by_t0 = (end((0.2 + h, 3.25))[0] - end((0.2 - h, 3.25))[0]) / (2.0 * h);
    // The difference's own error, and the rounding that it multiplies.
    assert!((gradient.t1 - by_t1).abs() < 1e-8, "{} and not {by_t1}", gradient.t1);
    assert!((gradient.t0 - by_t0).abs() < 1e-8, "{} and not {by_t0}", gradient.t0);
}

/// Through the tangents of the step, and through those of its adjoint.
#[test]
fn second_derivatives_are_exact() {
    type First = Dual<f64, 1>;
    let (u0, p, h, steps) = (0.7, 1.3, 0.1, 10);
    let end = u0 / f64::powi(1.0 + h * p, steps);
    let n = f64::from(steps);
    let by_p = -n * h * end / (1.0 + h * p);
    let twice = n * (n + 1.0) * h * h * end / f64::powi(1.0 + h * p, 2);
    let problem = OdeProblem::<_, First>::new(decay, First::constant(u0), (0.0, 1.0), Dual::new(p, [1.0]));
    let solver = problem.solver(ImplicitEuler).fixed(h);
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::checkpoints(2)).unwrap();
    let reverse = pullback.call(Cotangents::end(&First::constant(1.0))).unwrap().p;
    let second: Dual<First, 1> = Dual::new(Dual::new(p, [1.0]), [First::constant(1.0)]);
    let problem =
        OdeProblem::<_, Dual<First, 1>>::new(decay, Dual::constant(First::constant(u0)), (0.0, 1.0), second);
    let forward = problem.solver(ImplicitEuler).fixed(h).solve().unwrap().end().tangents[0];
    for (way, found) in [("reverse", reverse), ("forward", forward)] {
        // Rounding.
        assert!((found.primal - by_p).abs() < 1e-13, "{way}: {found:?} and not {by_p}");
        assert!((found.tangents[0] - twice).abs() < 1e-13, "{way}: {found:?} and not {twice}");
    }
    // Where nothing is linear, one against the other.
    let p: [First; 3] = [Dual::new(3.0, [1.0]), Dual::new(20.0, [-2.0]), Dual::new(30.0, [0.5])];
    let u0 = [1.0, 0.1, 0.3].map(First::constant);
    let problem = OdeProblem::<_, First>::new(chain, u0, (0.1, 2.1), p);
    let solver = problem.solver(ImplicitEuler).fixed(0.25).tolerances(1e-8, 1e-8).save_at(Grid::count(7));
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::checkpoints(2)).unwrap();
    let weights: Vec<First> =
        (0..solution.values().len()).map(|i| Dual::new((1.0 + i as f64).sin(), [0.3])).collect();
    let reverse = pullback.call(Cotangents::values(&weights)).unwrap().p;
    let forward = solver.parameter_jacobian::<3>().unwrap().1.gradient(&weights).unwrap();
    for (reverse, forward) in reverse.iter().zip(&forward) {
        let size = forward.primal.abs() + forward.tangents[0].abs();
        assert!((reverse.primal - forward.primal).abs() < 1e-12 * size, "{reverse:?} and not {forward:?}");
        assert!(
            (reverse.tangents[0] - forward.tangents[0]).abs() < 1e-12 * size,
            "{reverse:?} and not {forward:?}"
        );
    }
}

#[test]
fn steps_that_fail_are_tried_again_or_say_why() {
    let no_step = |error: Error, size: f64, reason: &str| {
        assert!(
            matches!(&error, Error::NoStep { t, dt, why, .. } if *t == 0.0 && *dt == size && why.contains(reason)),
            "{error}"
        );
    };
    // `1 - h p` is zero for the first step.
    let problem = OdeProblem::new(decay, 1.0, (0.0, 1.0), -2.0);
    no_step(problem.solver(ImplicitEuler).fixed(0.5).solve().unwrap_err(), 0.5, "has no inverse");
    let solution = problem.solver(ImplicitEuler).dt(0.5).tolerances(1e-4, 1e-4).solve().unwrap();
    assert_eq!(solution.stats().failed, 1, "{}", solution.stats());
    // A tolerance for each of some hundred steps, times the growth.
    assert!((solution.end() - 2.0_f64.exp()).abs() < 0.1, "{}", solution.end());

    let problem = OdeProblem::new(saturating, 3.0, (0.0, 1.0), 100.0);
    no_step(problem.solver(ImplicitEuler).fixed(1.0).solve().unwrap_err(), 1.0, "12 rounds");
    let solution = problem.solver(ImplicitEuler).dt(1.0).tolerances(1e-4, 1e-4).solve().unwrap();
    assert!(solution.stats().failed > 0 && solution.stats().rejected >= solution.stats().failed);
    assert!(solution.end().abs() < 1e-3, "{}", solution.end());

    let problem = OdeProblem::new(logarithmic, 10.0, (0.0, 3.0), 10.0);
    no_step(problem.solver(ImplicitEuler).fixed(1.0).solve().unwrap_err(), 1.0, "not finite");
    let solution = problem.solver(ImplicitEuler).dt(1.0).tolerances(1e-4, 1e-4).solve().unwrap();
    assert!(solution.stats().failed > 0, "{}", solution.stats());
    assert!((solution.end() - 1.0).abs() < 1e-3, "{}", solution.end());
}

/// Failed attempts leave nothing behind, in the solution nor in its gradient.
#[test]
fn gradients_pass_through_a_step_that_recovered() {
    let problem = OdeProblem::new(saturating, 3.0, (0.0, 0.1), 100.0);
    // Those of the steps taken.
    let solver = problem.solver(ImplicitEuler).dt(0.1).tolerances(1e-4, 1e-4).derivative_tolerance(None);
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::checkpoints(2)).unwrap();
    assert!(solution.stats().failed > 0, "{}", solution.stats());
    let gradient = pullback.call(Cotangents::end(&1.0)).unwrap();
    let (duals, by_p) = solver.parameter_jacobian::<1>().unwrap();
    assert_eq!(duals.stats().failed, solution.stats().failed);
    let last = *by_p.column(0).last().unwrap();
    assert!((gradient.p - last).abs() < 1e-12 * last.abs(), "{gradient:?} and not {last}");
}

/// Every step fails, from some place on: the last error names the place.
#[test]
fn a_solve_that_cannot_go_on_ends_in_its_error() {
    // The solution from 1 has a pole at 1.
    #[ode]
    fn explosion(u: f64, p: f64) -> f64 {
        p * u * u
    }
    let problem = OdeProblem::new(explosion, 1.0, (0.0, 2.0), 1.0);
    let error = problem.solver(ImplicitEuler).tolerances(1e-3, 1e-3).solve().unwrap_err();
    let Error::NoStep { t: place, .. } = &error else { panic!("{error}") };
    assert!((place - 1.0).abs() < 0.1, "{error}");
}

/// At rest, an implicit step is as long as the span, and damps all that it does not resolve.
#[test]
fn a_forcing_at_rest_has_its_derivative() {
    let by_amplitude = forced_from_rest(3.0);
    for tolerance in [1e-2, 1e-3] {
        let problem = OdeProblem::new(forced, 0.0, (0.0, 3.0), 0.0);
        let solver = problem.solver(ImplicitEuler).tolerances(tolerance, tolerance);
        at_rest(&solver, by_amplitude, tolerance);
    }
}
