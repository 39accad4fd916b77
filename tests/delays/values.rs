//! End values of `reference/dde.json`, to ten times the tolerance.

use diffeq::Error;
use diffeq::delay::Initial;
use diffeq::prelude::*;
use diffeq::problem::Delayed;
use diffeq::space::Vector;

use super::models::*;

/// How far the end of a solve is from its right value, or from one where that is smaller.
fn error<V: Vector<f64>>(end: &V, expected: &[f64]) -> f64 {
    let pairs = end.as_slice().iter().zip(expected);
    pairs
        .map(|(found, expected)| (found - expected).abs() / f64::max(1.0, expected.abs()))
        .fold(0.0, f64::max)
}

/// Solves at two tolerances by two methods, and holds the end to ten times the tolerance.
fn right<F, H>(problem: &DdeProblem<F, H>, expected: &[f64])
where
    F: Delayed<f64>,
    H: Initial<f64, F::State, F::Params>,
{
    for tolerance in [1e-6, 1e-9] {
        let fifth = problem.solver(Tsit5).tolerances(tolerance, tolerance).solve();
        let seventh = problem.solver(Vern7).tolerances(tolerance, tolerance).solve();
        for solution in [fifth, seventh] {
            let solution = solution.unwrap_or_else(|error| panic!("{tolerance:e}: {error}"));
            let worst = error(solution.end(), expected);
            eprintln!("{} {tolerance:e}: {:.2}, {:?}", F::NAME, worst / tolerance, solution.stats());
            assert!(worst <= 10.0 * tolerance, "{tolerance:e}: {:?} {expected:?}", solution.end().as_slice());
        }
    }
}

#[test]
fn a_start_that_does_not_fit_its_history() {
    let problem = DdeProblem::new(linear_lag, 1.1, Constant(0.9), (0.0, 5.5), [1.3, 0.7]);
    right(&problem, &[-0.04211294010111902]);
}

#[test]
fn a_neutral_equation() {
    let history = Phi::new(|_: &[f64; 4], t: f64| -t).slope(|_: &[f64; 4], _: f64| -1.0);
    let problem = DdeProblem::new(neutral_linear, 0.0, history, (0.0, 1.5), [1.0, 1.0, -0.25, 1.0]);
    right(&problem, &[2.3358914750878133]);
}

#[test]
fn a_neutral_system() {
    let history = Phi::new(|_: &[f64; 3], t: f64| [0.33 - t / 10.0, 2.22 + t / 10.0])
        .slope(|_: &[f64; 3], _: f64| [-0.1, 0.1]);
    let problem = DdeProblem::new(enright_hayashi_e2, [0.33, 2.22], history, (0.0, 2.0), [0.1, 2.9, 0.42]);
    right(&problem, &[0.35006183268284224, 2.243685342142431]);
}

#[test]
fn two_lags() {
    let problem = DdeProblem::new(wille_baker, [1.0; 3], Constant([1.0; 3]), (0.0, 5.0), [1.0, 0.2]);
    right(&problem, &[19.175, 176.42257844738032, 190.34420193607042]);
}

#[test]
fn mackey_and_glass() {
    let problem = DdeProblem::new(mackey_glass, 0.5, Constant(0.5), (0.0, 100.0), [0.2, 0.1, 17.0]);
    right(&problem, &[1.0500205070525106]);
}

/// The interpolants of Tsit5 and DP5 have order 4. The past has their error everywhere, while the ends of steps are better by one
/// order: hence errors count four times. Without that the end is 18 tolerances off at `1e-9`, all of it the past's.
#[test]
fn prey_that_grow_late() {
    let p = [2.2, 1.0, 2.0, 0.4, 0.1];
    let problem = DdeProblem::new(delay_lotka_volterra, [1.0; 2], Constant([1.0; 2]), (0.0, 10.0), p);
    let expected = [1.213370119142255, 3.4159429441973246];
    right(&problem, &expected);
    for tolerance in [1e-6, 1e-9] {
        let solution = problem.solver(DP5).tolerances(tolerance, tolerance).solve().expect("a solve");
        let worst = error(solution.end(), &expected);
        assert!(worst <= 10.0 * tolerance, "{tolerance:e}: {worst:e}");
    }
}

#[test]
fn leukemia() {
    let start = [105767027.0 / 300000000.0, 1030713491.0 / 3000000000.0];
    let problem =
        DdeProblem::new(enright_hayashi_a2, start, Constant(start), (0.0, 100.0), [1.1, 2.43, 20.0]);
    right(&problem, &[0.08768011074439104, 0.2937685943335401]);
}

#[test]
fn a_lag_that_follows_the_state() {
    let problem = DdeProblem::new(neves_exponential, 1.0, Constant(1.0), (1.0, 9.0), [0.0; 0]);
    right(&problem, &[27.53436149595177]);
}

#[test]
fn a_lag_that_grows_with_the_time() {
    let problem = DdeProblem::new(pantograph, 1.0, Constant(1.0), (0.0, 10.0), 0.5);
    right(&problem, &[0.9047298689893177]);
}

#[test]
fn a_lag_that_vanishes() {
    let history = Phi::new(|_: &[f64; 0], t: f64| t.ln());
    let problem = DdeProblem::new(enright_hayashi_b1, 0.1_f64.ln(), history, (0.1, 10.0), [0.0; 0]);
    right(&problem, &[std::f64::consts::LN_10]);
}

#[test]
fn a_neutral_equation_whose_lag_follows_the_state() {
    let history = Phi::new(|_: &[f64; 0], t: f64| 1.0 - t).slope(|_: &[f64; 0], _: f64| -1.0);
    let problem = DdeProblem::new(enright_hayashi_g1, 1.0, history, (0.0, 1.0), [0.0; 0]);
    right(&problem, &[2.0]);
}

/// Where `|u|` has its kink an event says so: nothing else looks for those of a right-hand side, and a step that passes one
/// sees of it what its pair of weights does. At `1e-6` that is enough.
#[test]
fn many_breaks_that_the_state_moves() {
    let expected = [0.995532063803265];
    let problem = DdeProblem::new(paul_c1, 0.5, Constant(0.5), (0.0, 30.0), [2.0, 1.0]);
    let solution = problem.solver(Tsit5).tolerances(1e-6, 1e-6).solve().expect("a solve");
    assert!(error(solution.end(), &expected) <= 1e-5);
    let problem = DdeProblem::new(paul_c1_by_sign, 0.5, Constant(0.5), (0.0, 30.0), [2.0, 1.0, 1.0]);
    for tolerance in [1e-6, 1e-9] {
        let kink = || Crossing::of::<zero, turn>();
        let fifth = problem.solver(Tsit5).tolerances(tolerance, tolerance).event(kink()).solve();
        let seventh = problem.solver(Vern7).tolerances(tolerance, tolerance).event(kink()).solve();
        for solution in [fifth, seventh] {
            let solution = solution.unwrap_or_else(|error| panic!("{error}"));
            let worst = error(solution.end(), &expected);
            eprintln!("{tolerance:e}: {:.2}, {:?}", worst / tolerance, solution.stats());
            assert!(worst <= 10.0 * tolerance, "{tolerance:e}: {worst:e}");
        }
    }
}

#[test]
fn a_threshold_of_maturity() {
    let start = [3.5, 10.0, 50.0];
    let p = [0.00372, 3.0, 0.1, 0.00178, 6.65, 15600.0];
    let problem = DdeProblem::new(enright_hayashi_c4, start, Constant(start), (0.0, 100.0), p);
    right(&problem, &[2.4001857055610523, 122.54177861858591, 52.75098831754081]);
}

/// What a delayed value decides is an event: a condition may ask for the past.
#[test]
fn a_jump_that_a_delayed_value_decides_on() {
    let problem = DdeProblem::new(enright_hayashi_b2, 1.0, Constant(1.0), (0.0, 8.37930948405285), [1.0]);
    let turns = |_: &mut f64, p: &mut [f64; 1], _: f64| p[0] = -p[0];
    let event = || Crossing::new(|_: &f64, _: &[f64; 1], t: f64| problem.past(t / 2.0), turns);
    for tolerance in [1e-6, 1e-9] {
        let (fifth, seventh) = (problem.solver(Tsit5).event(event()), problem.solver(Vern7).event(event()));
        for end in [
            *fifth.tolerances(tolerance, tolerance).solve().expect("a solve").end(),
            *seventh.tolerances(tolerance, tolerance).solve().expect("a solve").end(),
        ] {
            let error = (end + 0.9848484848484849).abs();
            assert!(error <= 10.0 * tolerance, "{tolerance:e}: {end}");
        }
    }
}

/// A lag that an event makes shorter: the same as a solve from there, whose history is the solve before. One that an event makes
/// longer asks for what was kept no longer.
#[test]
fn an_event_that_changes_a_lag() {
    let becomes = |lag: f64| {
        let turns = move |_: &mut f64, p: &mut [f64; 2], _: f64| p[1] = lag;
        Crossing::new(|_: &f64, _: &[f64; 2], t: f64| t - 3.0, turns)
    };
    let problem = DdeProblem::new(linear_lag, 1.0, Constant(1.0), (0.0, 6.0), [1.0, 1.0]);
    let solution = problem.solver(Tsit5).tolerances(1e-9, 1e-9).event(becomes(0.5)).solve().expect("a solve");
    let before = DdeProblem::new(linear_lag, 1.0, Constant(1.0), (0.0, 3.0), [1.0, 1.0]);
    let before = before.solver(Vern7).tolerances(1e-12, 1e-12).dense(true).solve().expect("a solve");
    let history = Given(|t: f64| before.at(t).expect("a time"));
    let after = DdeProblem::new(linear_lag, *before.end(), history, (3.0, 6.0), [1.0, 0.5]);
    let expected = *after.solver(Vern7).tolerances(1e-12, 1e-12).solve().expect("a solve").end();
    assert!((solution.end() - expected).abs() <= 1e-9, "{} {expected}", solution.end());
    let problem = DdeProblem::new(linear_lag, 1.0, Constant(1.0), (0.0, 6.0), [1.0, 0.2]);
    let error = problem.solver(Tsit5).event(becomes(2.5)).solve().unwrap_err();
    assert!(matches!(error, Error::History { .. }), "{error}");
}

/// Its first component begins at a millionth, and what becomes of it is ten million times as large: absolute tolerances are in
/// units of the components.
#[test]
fn an_infection() {
    let p = [2.0, 0.8, 1e4, 0.17, 0.5, 10.0, 0.12, 8.0, 0.5, 1e-6];
    let problem = DdeProblem::new(marchuk, [1e-6, 1.0, 1.0, 0.0], Rising, (0.0, 8.0), p);
    let expected = [0.0002665779991689778, 39.1159717951205, 6.727284846217098, 0.024882259997965832];
    let held = |solution: Result<diffeq::integrate::Solution<[f64; 4], f64>, Error>, tolerance: f64| {
        let solution = solution.unwrap_or_else(|error| panic!("{error}"));
        for (found, expected) in solution.end().iter().zip(expected) {
            let error = (found - expected).abs() / f64::max(1.0, expected.abs());
            assert!(error <= 10.0 * tolerance, "{tolerance:e}: {found} {expected} {error:e}");
        }
    };
    for tolerance in [1e-6, 1e-9] {
        let scales = || vec![1e-6 * tolerance, tolerance, tolerance, 1e-3 * tolerance];
        let mut solver = problem.solver(Tsit5).tolerances(tolerance, tolerance);
        solver.options.tolerances.absolute = scales().into();
        held(solver.solve(), tolerance);
        let mut solver = problem.solver(Vern7).tolerances(tolerance, tolerance);
        solver.options.tolerances.absolute = scales().into();
        held(solver.solve(), tolerance);
    }
}

#[test]
fn what_the_history_does_not_have_ends_the_solve() {
    let problem = DdeProblem::new(linear_lag, 1.0, Constant(1.0), (0.0, 1.0), [1.0, -0.5]);
    let error = problem.solver(Tsit5).solve().unwrap_err();
    assert!(matches!(error, Error::History { .. }), "{error}");
    for lag in [5e-324, 1e-300, 1e-150] {
        let problem = DdeProblem::new(linear_lag, 1.0, Constant(1.0), (0.0, 1.0), [1.0, lag]);
        let error = problem.solver(Tsit5).solve().unwrap_err().to_string();
        assert!(error.contains("too short to be told from none"), "{lag:e}: {error}");
    }
    // One that is longer is what the equation without a lag is.
    for lag in [1e-20, 1e-12] {
        let problem = DdeProblem::new(linear_lag, 1.0, Constant(1.0), (0.0, 1.0), [1.0, lag]);
        let end = *problem.solver(Tsit5).tolerances(1e-9, 1e-9).solve().expect("a solve").end();
        assert!((end - (-1.0_f64).exp()).abs() < 1e-7, "{lag:e}: {end}");
    }
    let problem =
        DdeProblem::new(neutral_linear, 0.0, Phi::new(|_: &[f64; 4], t: f64| -t), (0.0, 1.5), [1.0; 4]);
    let error = problem.solver(Tsit5).solve().unwrap_err();
    assert!(matches!(error, Error::History { .. }), "{error}");
    let problem = DdeProblem::new(linear_lag, 1.0, Constant(1.0), (1.0, 0.0), [1.0, 0.5]);
    let error = problem.solver(Tsit5).solve().unwrap_err();
    assert!(matches!(error, Error::History { .. }), "{error}");
}
