//! Steps whose error decides on their size, and the options that stochastic solves share with all others.

use crate::models::*;
use crate::remembered::remembered;
use diffeq_runtime::control::Pid;
use diffeq_runtime::error::Error;
use diffeq_runtime::integrate::Crossing;
use diffeq_runtime::integrate::Grid;
use diffeq_runtime::integrate::Periodic;
use diffeq_runtime::integrate::Preset;
use diffeq_runtime::integrate::Solver;
use diffeq_runtime::noise::Brownian;
use diffeq_runtime::noise::Driven;
use diffeq_runtime::noise::Path;
use diffeq_runtime::noise::Recorded;
use diffeq_runtime::noise::SdeProblem;
use diffeq_runtime::problem::*;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::stepper::*;

const TOLERANCES: [f64; 3] = [1e-2, 1e-3, 1e-4];

/// The mean error over some paths for each of the tolerances, and the mean number of steps.
fn errors<M, X, const N: usize, const P: usize>(
    model: M,
    method: X,
    (u0, p): ([f64; N], [f64; P]),
    exact: impl Fn(&Brownian) -> [f64; N],
) -> Vec<(f64, f64)>
where
    M: Diffusion<f64> + System<f64, State = [f64; N], Params = [f64; P]>,
    X: Method<f64, Driven<M, Brownian>> + Fits<M::Interpretation, M::Class>,
{
    const PATHS: u32 = 12;
    let mut found = vec![(0.0, 0.0); TOLERANCES.len()];
    for trajectory in 0..PATHS {
        let path = Brownian::new(5, (0.0, 1.0)).trajectory(trajectory);
        let exact = exact(&path);
        let problem = SdeProblem::new(model.clone(), u0, (0.0, 1.0), p).path(path);
        for (tolerance, found) in TOLERANCES.iter().zip(&mut found) {
            let solution = problem.solver(method.clone()).tolerances(*tolerance, *tolerance).solve().unwrap();
            let off = solution.end().iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            found.0 += off / f64::from(PATHS);
            found.1 += solution.stats().accepted as f64 / f64::from(PATHS);
        }
    }
    found
}

/// Each tolerance a tenth of the last: the error falls with it, on the same paths, to the same solution.
fn assert_converges(name: &str, errors: &[(f64, f64)]) {
    println!("{name}: errors and steps at {TOLERANCES:?}: {errors:.5?}");
    for pair in errors.windows(2) {
        assert!(pair[1].0 < pair[0].0 && pair[1].1 >= pair[0].1, "{name}: {errors:?}");
    }
    let (first, last) = (errors[0], errors[TOLERANCES.len() - 1]);
    assert!(last.0 < 0.2 * first.0, "{name}: {errors:?}");
    // A few tolerances for each unit of time.
    assert!(last.0 < 20.0 * TOLERANCES[TOLERANCES.len() - 1] && last.1 < 2e4, "{name}: {errors:?}");
}

#[test]
fn the_error_falls_with_the_tolerance() {
    let end = |path: &Brownian| path.values(1, &[0.0, 1.0]).unwrap()[1][0];
    let sinh = |path: &Brownian| [f64::sinh(1.0 + end(path))];
    let cubic = |path: &Brownian| [(1.5 * end(path).exp() - 0.5) / (1.5 * end(path).exp() + 0.5)];
    macro_rules! assert_each {
        ($($method:ident)*) => { $(
            assert_converges(concat!(stringify!($method), ", diagonal"), &errors(Sinh, $method, ([0.0], []), sinh));
            assert_converges(concat!(stringify!($method), ", scalar"), &errors(Cubic, $method, ([0.5], []), cubic));
        )* };
    }
    assert_each!(SRIW1 SRIW2 SOSRI SOSRI2);
    assert_converges("SPaRK", &errors(SinhStrat, SPaRK, ([0.0], []), sinh));
    assert_converges("Halved(Milstein)", &errors(Sinh, Halved(Milstein), ([0.0], []), sinh));
    let pendulum = remembered(|path: &Brownian| {
        let problem = SdeProblem::new(Pendulum, [1.0, 0.0], (0.0, 1.0), [0.2, 0.8]).path(*path);
        *problem.solver(SRA3).fixed(f64::powi(0.5, 11)).save_every_step(false).solve().unwrap().end()
    });
    macro_rules! assert_additive {
        ($($method:ident)*) => { $(
            let found = errors(Pendulum, $method, ([1.0, 0.0], [0.2, 0.8]), &pendulum);
            assert_converges(stringify!($method), &found);
        )* };
    }
    assert_additive!(SRA1 SRA2 SRA3 SOSRA SOSRA2 ShARK);
}

const PREDATORS: [f64; 5] = [1.5, 1.0, 3.0, 1.0, 0.2];

/// Backwards along the same path, the Stratonovich integral comes home.
#[test]
fn backwards_it_comes_home() {
    let mut off = [0.0; 2];
    for trajectory in 0..20 {
        let path = Brownian::new(3, (0.0, 1.0)).trajectory(trajectory);
        let there = SdeProblem::new(PredatorsStrat, [1.0, 0.8], (0.0, 1.0), PREDATORS).path(path);
        for (dt, off) in [1e-2, 1e-3].into_iter().zip(&mut off) {
            let end = *there.solver(SlowRK).fixed(dt).solve().unwrap().end();
            let back = there.remake().u0(end).span((1.0, 0.0));
            let home = *back.solver(SlowRK).fixed(-dt).solve().unwrap().end();
            *off += f64::max((home[0] - 1.0).abs(), (home[1] - 0.8).abs()) / 20.0;
        }
    }
    println!("home again: off by {off:?}");
    // Of order one and a half: 32 times.
    assert!(off[0] < 1e-3 && off[1] < off[0] / 15.0, "{off:?}");
}

/// Rows, events, stops: the loop is the one of all solves.
#[test]
fn options_mean_what_they_mean_elsewhere() {
    let problem = SdeProblem::new(Predators, [1.0, 0.8], (0.0, 1.0), PREDATORS).seed(12);
    // Inside a step the solution is the straight line.
    let all = problem.solver(SOSRI).dense(true).solve().unwrap();
    let (a, b) = (all.times()[3], all.times()[4]);
    let middle = all.at(0.5 * (a + b)).unwrap();
    for (middle, ends) in middle.iter().zip(all.row(3).iter().zip(all.row(4))) {
        assert!((middle - 0.5 * (ends.0 + ends.1)).abs() < 1e-14);
    }
    // What is saved is the end of a step: as good as any other.
    let exact = SdeProblem::new(Sinh, [0.0], (0.0, 1.0), []).seed(4);
    let rows = exact.solver(SOSRI).tolerances(1e-4, 1e-4).save_at(Grid::step(0.1)).solve().unwrap();
    assert_eq!(rows.times().len(), 11);
    let path = exact.driven.model.path.values(1, rows.times()).unwrap();
    for (i, t) in rows.times().iter().enumerate() {
        let expected = f64::sinh(t + path[i][0]);
        assert!((rows.row(i)[0] - expected).abs() < 1e-3, "{} and not {expected} at {t}", rows.row(i)[0]);
    }
    // A stop is an end of a step, and the path goes on.
    let stopped = problem.solver(EulerMaruyama).fixed(0.125).tstops([0.3]).solve().unwrap();
    assert!(stopped.times().contains(&0.3));
    // Events at given times.
    let halve = |u: &mut [f64; 2], _: &mut [f64; 5], _: f64| u[0] *= 0.5;
    let preset = problem.solver(EulerMaruyama).fixed(0.125).event(Preset::new([0.5], halve)).solve().unwrap();
    let plain = problem.solver(EulerMaruyama).fixed(0.125).save_at(Grid::points([0.5])).solve().unwrap();
    let at = preset.times().iter().rposition(|t| *t == 0.5).unwrap();
    assert!((preset.row(at)[0] - 0.5 * plain.row(0)[0]).abs() < 1e-14);
    let periodic = problem.solver(SOSRI).event(Periodic::new(0.25, halve)).solve().unwrap();
    assert_eq!(periodic.events().len(), 4);
}

/// A path that has crossed crosses again at once, as often as one looks. Looked at is the end of each step: a condition has one
/// side from event to event, whether the effect leaves the state where it is or sends it elsewhere, and where it starts at zero.
///
/// Oracle: the signs of the condition at the ends of the steps, which were saved.
#[test]
fn a_condition_has_one_side_from_crossing_to_crossing() {
    let mut crossings = 0;
    for trajectory in 0..100 {
        let problem =
            SdeProblem::new(Predators, [1.0, 0.8], (0.0, 1.0), PREDATORS).seed(3).trajectory(trajectory);
        for level in [1.0, 0.9] {
            let condition = move |u: &[f64; 2], _: &[f64; 5], _: f64| u[0] - level;
            let stays = Crossing::new(condition, |_: &mut [f64; 2], _: &mut [f64; 5], _: f64| {});
            let solution = problem.solver(SOSRI).event(stays).solve().unwrap();
            let events: Vec<f64> = solution.events().iter().map(|event| event.t).collect();
            crossings += events.len();
            let mut sides = std::collections::BTreeMap::new();
            for (t, row) in solution.times().iter().zip(solution.rows()) {
                if events.contains(t) {
                    // A step ends on the crossing, as exactly as the path tells times apart.
                    assert!((row[0] - level).abs() < 1e-6, "{} at {t}", row[0]);
                    continue;
                }
                let before = events.iter().filter(|event| *event < t).count();
                if row[0] != level {
                    let side = *sides.entry(before).or_insert(row[0] > level);
                    assert_eq!(side, row[0] > level, "trajectory {trajectory} at {t}, events {events:?}");
                }
            }
        }
    }
    // One for every other solve: there is something to look at.
    assert!(crossings >= 50, "{crossings}");
}

/// The same solve, whoever solves it, and another for each trajectory.
#[test]
fn a_seed_is_a_solution() {
    let problem = SdeProblem::new(Predators, [1.0, 0.8], (0.0, 1.0), PREDATORS).seed(12);
    let end = |problem: &SdeProblem<Predators>| *problem.solver(SOSRI).solve().unwrap().end();
    let once = end(&problem);
    assert_eq!(once, std::thread::scope(|scope| scope.spawn(|| end(&problem)).join().unwrap()));
    let mut ends: Vec<_> = (0..50).map(|i| end(&problem.remake().trajectory(i))[0].to_bits()).collect();
    assert_eq!(ends[0], once[0].to_bits());
    ends.sort_unstable();
    ends.dedup();
    assert_eq!(ends.len(), 50);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let problem = SdeProblem::new(Predators, [1.0, 0.8], (0.0, 1.0), PREDATORS).seed(12);
    // Without an estimate there are no adaptive steps.
    let error = problem.solver(EulerMaruyama).solve().unwrap_err();
    assert!(matches!(error, Error::Option { option: "dt", .. }), "{error}");
    let error = problem.solver(EulerMaruyama).dt(0.1).tolerances(1e-3, 1e-3).solve().unwrap_err();
    assert!(matches!(error, Error::Option { option: "tolerances", .. }), "{error}");
    // Ito backwards.
    let error = problem.remake().span((1.0, 0.0)).solver(SOSRI).solve().unwrap_err();
    assert!(error.to_string().contains("Stratonovich"), "{error}");
    // A path that ends before the span does, and one of too few processes or without areas.
    let error = problem.remake().path(Brownian::new(1, (0.0, 0.5))).solver(SOSRI).solve().unwrap_err();
    assert!(matches!(error, Error::Time { t: 1.0, .. }), "{error}");
    let data = Recorded::new(vec![0.0, 0.5, 1.0], &[[0.0, 0.0], [0.1, 0.2], [0.3, 0.1]]).unwrap();
    let error = problem.remake().path(data.clone()).solver(SOSRI).solve().unwrap_err();
    assert!(error.to_string().contains("bridged"), "{error}");
    assert!(problem.remake().path(data.clone().bridged(3)).solver(SOSRI).solve().is_ok());
    // Steps beside the data.
    let error = problem.remake().path(data.clone()).solver(EulerMaruyama).fixed(0.25).solve().unwrap_err();
    assert!(matches!(error, Error::NoStep { t: 0.0, .. }), "{error}");
    assert!(problem.remake().path(data).solver(EulerMaruyama).fixed(0.5).solve().is_ok());
    // Numbers that are none.
    for cells in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = problem.remake().cells(cells).solver(EulerMaruyama).fixed(0.5).solve().unwrap_err();
        assert!(matches!(error, Error::Option { option: "cells", .. }), "{error}");
    }
    let error = problem.remake().span((0.0, f64::NAN)).solver(SOSRI).solve().unwrap_err();
    assert!(matches!(error, Error::Option { option: "span", .. }), "{error}");
    let error = problem.remake().u0([f64::NAN, 1.0]).solver(SOSRI).solve().unwrap_err();
    assert!(matches!(error, Error::NotFinite { .. }), "{error}");
    // What explodes says so.
    let problem = problem.remake().p([1e200, 0.0, 0.0, 0.0, 1e200]);
    let error = problem.solver(EulerMaruyama).fixed(0.125).solve().unwrap_err();
    assert!(matches!(error, Error::NotFinite { .. }), "{error}");
    let error = problem.solver(SOSRI).solve().unwrap_err();
    println!("{error}");
}

/// The list of ordinary solves, and what is asked of a derivative: refused where a solve starts, by the name of the option, whether
/// values or gradients are wanted.
#[test]
fn bad_options_are_named_as_elsewhere() {
    type Of = Solver<'static, Driven<Predators, Brownian>, f64, SOSRI>;
    let problem: &'static SdeProblem<Predators> =
        Box::leak(Box::new(SdeProblem::new(Predators, [1.0, 0.8], (0.0, 1.0), PREDATORS)));
    type Case = (&'static str, fn(Of) -> Of);
    let cases: [Case; 28] = [
        ("rtol", |s| s.tolerances(f64::NAN, 1e-6)),
        ("rtol", |s| s.tolerances(-1e-6, 1e-6)),
        ("rtol", |s| s.tolerances(f64::INFINITY, 1e-6)),
        ("rtol", |s| s.tolerances(0.0, 0.0)),
        ("rtol", |s| s.tolerances(1e-17, 1e-6)),
        ("rtol", |s| s.tolerances([1e-6; 3], 1e-6)),
        ("atol", |s| s.tolerances(1e-6, [1e-6])),
        ("atol", |s| s.tolerances(1e-6, -1.0)),
        ("dt", |s| s.dt(0.0)),
        ("dt", |s| s.dt(-0.1)),
        ("dt", |s| s.dt(f64::NAN)),
        ("dt", |s| s.fixed(0.01).dt_min(0.25)),
        ("dt", |s| s.fixed(0.5).dt_max(0.25)),
        ("dt", |s| s.fixed(1.5)),
        ("dt_min", |s| s.dt_min(-1.0)),
        ("dt_max", |s| s.dt_max(0.0)),
        ("dt_max", |s| s.dt_max(0.1).dt_min(0.2)),
        ("dt_max", |s| s.dt_max(f64::NAN)),
        ("max_steps", |s| s.max_steps(0)),
        ("save_at", |s| s.save_at(Grid::step(0.0))),
        ("save_at", |s| s.save_at(Grid::step(f64::NAN))),
        ("save_at", |s| s.save_at(Grid::step(-0.1))),
        ("save_at", |s| s.save_at(Grid::count(1))),
        ("save_at", |s| s.save_at(Grid::points([]))),
        ("save_idxs", |s| s.save_idxs([])),
        ("save_idxs", |s| s.save_idxs([0, 2])),
        ("controller", |s| s.controller(Pid { safety: -1.0, ..Pid::pi() })),
        ("controller", |s| s.controller(Pid { min_factor: f64::NAN, ..Pid::pi() })),
    ];
    for (i, (name, change)) in cases.into_iter().enumerate() {
        let solver = change(problem.solver(SOSRI));
        let errors = [
            solver.solve().err(),
            solver.vjp(DiscreteAdjoint::default()).err(),
            solver.parameter_jacobian::<1>().err(),
            solver.jvp(&[1.0, 0.0], &[0.0; 5]).err(),
        ];
        for error in errors {
            let Some(Error::Option { option, problem, hint }) = error else {
                panic!("case {i} ({name}): {error:?}")
            };
            assert_eq!(option, name, "case {i}: {problem}");
            assert!(!problem.is_empty() && !hint.is_empty());
        }
    }
    // Times outside the span, a budget of steps, numbers that are none, spans without length.
    let error = problem.solver(SOSRI).tstops([2.0]).solve().unwrap_err();
    assert!(matches!(error, Error::Time { t: 2.0, .. }), "{error}");
    let error = problem.solver(SOSRI).save_at(Grid::points([2.0])).solve().unwrap_err();
    assert!(matches!(error, Error::Time { t: 2.0, .. }), "{error}");
    let error = problem.solver(SOSRI).max_steps(2).solve().unwrap_err();
    assert!(matches!(error, Error::StepBudget { .. }), "{error}");
    let error = problem.remake().p([1.5, 1.0, f64::NAN, 1.0, 0.2]).solver(SOSRI).solve().unwrap_err();
    assert!(matches!(error, Error::NotFinite { .. }), "{error}");
    for span in [(0.0, 0.0), (0.0, f64::INFINITY), (f64::NAN, 1.0)] {
        let error = problem.remake().span(span).solver(SOSRI).solve().unwrap_err();
        assert!(matches!(error, Error::Option { option: "span" | "path", .. }), "{span:?}: {error}");
    }
    // A way back that has no meaning.
    let solver = problem.solver(SOSRI);
    let error = solver.vjp(DiscreteAdjoint::checkpoints(0)).err();
    assert!(matches!(error, None | Some(Error::Option { .. })), "{error:?}");
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    assert!(pullback.call(&[[1.0, 1.0]]).is_err());
}
