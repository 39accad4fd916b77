//! Gradients by reverse mode through the history, against `reference/dde.json`, and against dual numbers over the same steps.

use diffeq::delay::Initial;
use diffeq::prelude::*;
use diffeq::problem::DelayedVjp;
use diffeq::sensitivity::Gradient;
use diffeq::space::Vector;

use super::models::*;

/// The gradient of one component at the end; of the history's numbers beside it.
fn backwards<F, H>(
    problem: &DdeProblem<F, H>,
    component: usize,
    tolerance: f64,
) -> (Gradient<F::State, F::Params, f64>, F::State)
where
    F: DelayedVjp<f64>,
    H: Initial<f64, F::State, F::Params>,
{
    let end = problem.span().1;
    let solver = problem.solver(Vern7).tolerances(tolerance, tolerance).save_at(Grid::points([end]));
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a solve");
    let mut cotangent = problem.u0().zeros_like();
    cotangent.as_mut_slice()[component] = 1.0;
    let gradient = pullback.call(&[cotangent]).unwrap_or_else(|error| panic!("{error}"));
    (gradient, problem.history_gradient())
}

/// `1e-7`: what a tolerance of `1e-11` leaves, amplified over the span.
fn near(found: &[f64], expected: &[f64]) {
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs() / f64::max(1.0, expected.abs());
        assert!(error <= 1e-7, "{found} {expected} {error:e}");
    }
}

#[test]
fn by_a_delay_with_a_start_that_does_not_fit() {
    let problem = DdeProblem::new(linear_lag, 1.1, Constant(0.9), (0.0, 5.5), [1.3, 0.7]);
    let (gradient, history) = backwards(&problem, 0, 1e-11);
    near(&gradient.p, &[-0.06417053911702107, -0.6362208667905119]);
    near(&[gradient.u0, history], &[-0.06078640034348851, 0.02750233364079817]);
}

#[test]
fn by_two_lags() {
    let problem = DdeProblem::new(wille_baker, [1.0; 3], Constant([1.0; 3]), (0.0, 5.0), [1.0, 0.2]);
    let (gradient, history) = backwards(&problem, 1, 1e-11);
    near(&gradient.p, &[-56.310289499404526, -475.9579066678444]);
    let both: Vec<f64> = gradient.u0.iter().zip(history).map(|(u0, h)| u0 + h).collect();
    near(&both, &[107.30987813394839, 69.11270031343193, 0.0]);
}

#[test]
fn of_mackey_and_glass() {
    let problem = DdeProblem::new(mackey_glass, 0.5, Constant(0.5), (0.0, 100.0), [0.2, 0.1, 17.0]);
    let (gradient, history) = backwards(&problem, 0, 1e-11);
    near(&gradient.p, &[-6.091160296692914, 12.428266306879975, 0.2691732991671621]);
    near(&[gradient.u0 + history], &[-5.626541915567667]);
}

#[test]
fn of_prey_that_grow_late() {
    let p = [2.2, 1.0, 2.0, 0.4, 0.1];
    let problem = DdeProblem::new(delay_lotka_volterra, [1.0; 2], Constant([1.0; 2]), (0.0, 10.0), p);
    let (gradient, history) = backwards(&problem, 0, 1e-11);
    let expected =
        [-0.7560389789793724, -4.807284580372689, 2.2151588202277557, -32.53982250398836, 11.439321776309173];
    near(&gradient.p, &expected);
    near(&gradient.u0, &[5.0597032844220795, -4.807284580372689]);
    near(&[history[0] + history[1]], &[0.5839844751756867]);
}

#[test]
fn by_the_rate_of_a_lag() {
    let problem = DdeProblem::new(pantograph, 1.0, Constant(1.0), (0.0, 10.0), 0.5);
    near(&[backwards(&problem, 0, 1e-11).0.p], &[-11.918697820121624]);
}

/// A history with parameters of its own, forwards and backwards. The start fits it, so that `u0` moves with it, too.
#[test]
fn by_the_parameters_of_a_history() {
    let values = [0.2, 0.1, 17.0, 0.5, 0.3];
    let problem = DdeProblem::new(blood, 0.5, Before::of::<season>(), (0.0, 60.0), values);
    let (gradient, _) = backwards(&problem, 0, 1e-11);
    let p = Dual::<f64, 5>::variables(values);
    let start = Dual::new(0.5, [0.0; 5]);
    let forward = DdeProblem::new(blood, start, Before::of::<season>(), (0.0, 60.0), p);
    let end = *forward.solver(Vern7).tolerances(1e-11, 1e-11).solve().expect("a solve").end();
    near(&gradient.p, &end.tangents);
    assert!(end.tangents[3..].iter().all(|x| x.abs() > 1e-3), "{:?}", end.tangents);
}

/// Steps two hundred times the lag: rounds by themselves fly apart, forwards and backwards.
#[test]
fn through_steps_whose_rounds_do_not_come_nearer() {
    let (span, lag) = ((0.0, 9.0), 0.01);
    let problem = DdeProblem::new(late_spring, [1.0, 0.2], Constant([1.0, 0.2]), span, lag);
    let mut solver = problem.solver(Tsit5).fixed(2.25).save_at(Grid::points([span.1]));
    solver.options.tolerances = diffeq::space::Tolerances { relative: 1e-12.into(), absolute: 1e-12.into() };
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap_or_else(|error| panic!("{error}"));
    let gradient = pullback.call(&[[1.0, 0.0]]).unwrap_or_else(|error| panic!("{error}"));
    let start = [Dual::new(1.0, [1.0, 0.0, 0.0]), Dual::new(0.2, [0.0, 1.0, 0.0])];
    let before = Constant(start.map(|x| Dual::constant(x.primal)));
    let forward = DdeProblem::new(late_spring, start, before, span, Dual::new(lag, [0.0, 0.0, 1.0]));
    let mut solver = forward.solver(Tsit5).fixed(2.25);
    solver.options.tolerances = diffeq::space::Tolerances { relative: 1e-12.into(), absolute: 1e-12.into() };
    let end = solver.solve().unwrap_or_else(|error| panic!("{error}")).end()[0];
    // What a thousandth of the tolerance is after four such steps.
    for (found, expected) in [gradient.u0[0], gradient.u0[1], gradient.p].into_iter().zip(end.tangents) {
        let error = (found - expected).abs() / f64::max(1.0, expected.abs());
        assert!(error <= 1e-9, "{found} {expected} {error:e}");
    }
}

/// Lags far shorter than the steps: each step looks itself up. Values do not settle to rounding, but to a thousandth of the
/// tolerance, and so do the derivatives by dual numbers; hence the bound.
#[test]
fn through_steps_that_look_themselves_up() {
    let (p, tolerance) = ([0.2, 0.1, 0.05], 1e-9);
    let problem = DdeProblem::new(mackey_glass, 0.4, Constant(0.5), (0.0, 20.0), p);
    let (gradient, history) = backwards(&problem, 0, tolerance);
    let dual = |i: usize, x: f64| {
        let mut tangents = [0.0; 5];
        tangents[i] = 1.0;
        Dual::new(x, tangents)
    };
    let p = [dual(0, p[0]), dual(1, p[1]), dual(2, p[2])];
    let forward = DdeProblem::new(mackey_glass, dual(3, 0.4), Constant(dual(4, 0.5)), (0.0, 20.0), p);
    let solution = forward.solver(Vern7).tolerances(tolerance, tolerance).solve().expect("a solve");
    let [beta, gamma, tau] = gradient.p;
    let found = [beta, gamma, tau, gradient.u0, history];
    for (found, expected) in found.iter().zip(solution.end().tangents) {
        eprintln!("{found} {expected}");
        assert!(
            (found - expected).abs() <= 10.0 * tolerance * f64::max(1.0, expected.abs()),
            "{found} {expected}"
        );
    }
}

#[test]
fn through_a_lag_that_the_state_moves() {
    let problem = DdeProblem::new(paul_c1_by_sign, 0.5, Constant(0.5), (0.0, 30.0), [2.0, 1.0, 1.0]);
    let solver = problem.solver(Vern7).tolerances(1e-11, 1e-11).event(Crossing::of::<zero, turn>());
    let solver = solver.save_at(Grid::points([30.0]));
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a solve");
    let gradient = pullback.call(&[1.0]).unwrap_or_else(|error| panic!("{error}"));
    near(&gradient.p, &[0.021673828655124752, 0.18008259520282888]);
    near(&[gradient.u0 + problem.history_gradient()], &[0.029503813151381807]);
}

/// `neutral_linear` backwards: the derivative by the lag has a term of each jump, for these do not smooth.
#[test]
fn of_a_neutral_equation() {
    #[differentiable]
    fn line(t: f64) -> f64 {
        -t
    }
    let problem =
        DdeProblem::new(neutral_linear, 0.0, Before::of::<line>(), (0.0, 1.5), [1.0, 1.0, -0.25, 1.0]);
    let (gradient, _) = backwards(&problem, 0, 1e-11);
    near(&gradient.p, &[2.730389089731395, 1.8278933355878364, -1.9477055759127124, 2.9266338303909136]);
    near(&[gradient.u0], &[5.099959546850613]);
}

#[test]
fn of_a_neutral_system() {
    #[differentiable]
    fn lines(t: f64) -> [f64; 2] {
        [0.33 - t / 10.0, 2.22 + t / 10.0]
    }
    let history = Before::of::<lines>();
    let problem = DdeProblem::new(enright_hayashi_e2, [0.33, 2.22], history, (0.0, 2.0), [0.1, 2.9, 0.42]);
    near(
        &backwards(&problem, 0, 1e-11).0.p,
        &[0.21217154207161537, 0.025672129155962228, -0.3448744539767014],
    );
    near(
        &backwards(&problem, 1, 1e-11).0.p,
        &[-4.295268437019783, 0.0067040364237486725, -0.003966707596074141],
    );
}

/// A neutral equation whose history has parameters, against dual numbers: the slope of a history is differentiated, too.
#[test]
fn by_the_parameters_of_a_slope() {
    #[dde]
    fn neutral(u: f64, h: &impl History<f64>, p: &[f64; 4], t: f64) -> f64 {
        -p[0] * u + p[1] * h.derivative(t - p[2]) + 0.3 * h(t - p[2])
    }
    #[differentiable]
    fn wave(p: &[f64; 4], t: f64) -> f64 {
        (p[3] * t).cos()
    }
    let values = [0.4, 0.5, 0.6, 1.7];
    let problem = DdeProblem::new(neutral, 0.8, Before::of::<wave>(), (0.0, 2.5), values);
    let (gradient, _) = backwards(&problem, 0, 1e-11);
    let start = Dual::new(0.8, [0.0; 4]);
    let p = Dual::<f64, 4>::variables(values);
    let forward = DdeProblem::new(neutral, start, Before::of::<wave>(), (0.0, 2.5), p);
    let end = *forward.solver(Vern7).tolerances(1e-11, 1e-11).solve().expect("a solve").end();
    for (found, expected) in gradient.p.iter().zip(end.tangents) {
        assert!((found - expected).abs() <= 1e-9, "{found} {expected}");
    }
    assert!(end.tangents[3].abs() > 1e-3, "{:?}", end.tangents);
}

/// Chronic leukemia, backwards: the start is the history.
#[test]
fn of_leukemia() {
    let start = [105767027.0 / 300000000.0, 1030713491.0 / 3000000000.0];
    let problem =
        DdeProblem::new(enright_hayashi_a2, start, Constant(start), (0.0, 100.0), [1.1, 2.43, 20.0]);
    let expected = [
        (
            [0.2496610073889287, -0.18870016744054335, 0.034604112950712335],
            [-0.12615488603452815, -0.0017674590843226878],
        ),
        (
            [0.48424088182734376, -0.41623728577101204, 0.07269341495240657],
            [-0.2778733791235183, -0.0034803891388603164],
        ),
    ];
    for (component, (p, start)) in expected.into_iter().enumerate() {
        let (gradient, history) = backwards(&problem, component, 1e-11);
        near(&gradient.p, &p);
        let both: Vec<f64> = gradient.u0.iter().zip(history).map(|(u0, h)| u0 + h).collect();
        near(&both, &start);
    }
}

/// The gradient says how good it is, and where the tolerance leaves it worse than that, steps become shorter.
#[test]
fn a_gradient_estimates_its_error() {
    let problem = DdeProblem::new(mackey_glass, 0.5, Constant(0.5), (0.0, 100.0), [0.2, 0.1, 17.0]);
    let expected = [-6.091160296692914, 12.428266306879975, 0.2691732991671621];
    for tolerance in [1e-4, 1e-6, 1e-8] {
        let solver = problem.solver(Tsit5).tolerances(tolerance, tolerance).save_at(Grid::points([100.0]));
        let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a solve");
        let gradient = pullback.call(&[1.0]).unwrap_or_else(|error| panic!("{error}"));
        let error = gradient.error.expect("an estimate");
        let worst = gradient
            .p
            .iter()
            .zip(expected)
            .map(|(a, b): (&f64, f64)| (a - b).abs() / b.abs())
            .fold(0.0, f64::max);
        eprintln!("{tolerance:e}: estimate {error:e}, error {worst:e}");
        assert!(error.is_finite() && error > 0.0);
    }
}

/// Each solve has a past of its own: records of one problem can be taken back in any order, and solves in between.
#[test]
fn two_records_of_one_problem() {
    let problem = DdeProblem::new(linear_lag, 1.1, Constant(0.9), (0.0, 5.5), [1.3, 0.7]);
    let solver = |end: f64| problem.solver(Vern7).tolerances(1e-11, 1e-11).save_at(Grid::points([end]));
    let (long, short) = (solver(5.5), solver(2.0));
    let (_, mut first) = long.vjp(DiscreteAdjoint::default()).expect("a solve");
    let (_, mut second) = short.vjp(DiscreteAdjoint::checkpoints(4)).expect("a solve");
    let early = second.call(&[1.0]).expect("a gradient");
    let late = first.call(&[1.0]).expect("a gradient");
    let _ = problem.solver(Tsit5).solve().expect("a solve");
    let again = second.call(&[1.0]).expect("a gradient");
    near(&late.p, &[-0.06417053911702107, -0.6362208667905119]);
    assert_eq!(early.p.map(f64::to_bits), again.p.map(f64::to_bits));
    // u(2) = u0 - a φ τ, less the integral over the second lag, and so on: not the same number.
    assert!((early.p[1] - late.p[1]).abs() > 1e-3);
}

/// What a direction says is what the gradient says of it: a start that does not fit, so that breaks move with the delay.
#[test]
fn a_direction_and_the_gradient_agree() {
    let (p, p_dot, u0_dot) = ([1.3, 0.7], [0.4, -0.9], 0.6);
    let problem = DdeProblem::new(linear_lag, 1.1, Constant(0.9), (0.0, 5.5), p);
    let along = problem.along(&u0_dot, &p_dot).expect("tangents of these lengths");
    let end = *along.solver(Vern7).tolerances(1e-11, 1e-11).solve().expect("a solve").end();
    let (gradient, _) = backwards(&problem, 0, 1e-11);
    let by_gradient = gradient.u0 * u0_dot + gradient.p[0] * p_dot[0] + gradient.p[1] * p_dot[1];
    near(&end.tangents, &[by_gradient]);
    // And what `reference/dde.json` says.
    near(&end.tangents, &[-0.06078640034348851 * 0.6 - 0.06417053911702107 * 0.4 + 0.6362208667905119 * 0.9]);
    let prey =
        DdeProblem::new(delay_lotka_volterra, [1.0; 2], AtRest, (0.0, 10.0), [2.2, 1.0, 2.0, 0.4, 0.1]);
    let along = prey.along(&[0.0; 2], &[0.0, 0.0, 0.0, 0.0, 1.0]).expect("tangents of these lengths");
    let end = *along.solver(Vern7).tolerances(1e-11, 1e-11).solve().expect("a solve").end();
    near(&end[0].tangents, &[11.439321776309173]);
    // A history that rests at the start moves with it.
    let along = prey.along(&[1.0, 0.0], &[0.0; 5]).expect("tangents of these lengths");
    let end = *along.solver(Vern7).tolerances(1e-11, 1e-11).solve().expect("a solve").end();
    let (gradient, _) = backwards(&prey, 0, 1e-11);
    near(&end[0].tangents, &[gradient.u0[0]]);
}

/// A continuous adjoint would solve the equation backwards without what later lookups see: zero by a lag, say.
#[test]
fn continuous_adjoints_say_that_they_are_not_for_it() {
    #[dde]
    fn echo(_u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> f64 {
        p[0] * h(t - p[1])
    }
    // All lookups are before the start, so that nothing fails on the way.
    let problem = DdeProblem::new(echo, 1.0, AtRest, (0.0, 1.0), [-0.8, 2.0]);
    let solver = problem.solver(Tsit5);
    let refused = |error: diffeq::Error| {
        assert!(error.to_string().contains("depends on its past"), "{error}");
    };
    refused(solver.vjp(Backsolve::default()).map(|_| ()).unwrap_err());
}
