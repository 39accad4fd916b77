//! Every bad input and every trouble on the way is an error that says where, what and what to try; nothing panics and
//! nothing hangs.

use crate::common::LotkaVolterra;
use diffeq_runtime::control::Pid;
use diffeq_runtime::error::Error;
use diffeq_runtime::integrate::Crossing;
use diffeq_runtime::integrate::Grid;
use diffeq_runtime::integrate::Preset;
use diffeq_runtime::integrate::Solver;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::real::Real;
use diffeq_runtime::stepper::*;

fn lotka_volterra() -> OdeProblem<LotkaVolterra> {
    OdeProblem::new(LotkaVolterra, [1.0, 1.0], (0.0, 10.0), [1.5, 1.0, 3.0, 1.0])
}

#[test]
fn bad_options_are_named() {
    type Change = fn(Solver<'_, LotkaVolterra, f64, Tsit5>) -> Solver<'_, LotkaVolterra, f64, Tsit5>;
    let cases: [(&str, Change); 29] = [
        ("rtol", |s| s.tolerances(f64::NAN, 1e-6)),
        ("rtol", |s| s.tolerances(-1e-6, 1e-6)),
        ("rtol", |s| s.tolerances(f64::INFINITY, 1e-6)),
        ("rtol", |s| s.tolerances(0.0, 0.0)),
        ("rtol", |s| s.tolerances(1e-17, 1e-6)),
        ("rtol", |s| s.tolerances([1e-6, 0.0], [1e-6, 0.0])),
        ("rtol", |s| s.tolerances([1e-6; 3], 1e-6)),
        ("atol", |s| s.tolerances(1e-6, [1e-6])),
        ("atol", |s| s.tolerances(1e-6, -1.0)),
        ("dt", |s| s.dt(0.0)),
        ("dt", |s| s.dt(-0.1)),
        ("dt", |s| s.dt(f64::NAN)),
        ("dt", |s| s.fixed(0.01).dt_min(0.25)),
        ("dt", |s| s.fixed(0.5).dt_max(0.25)),
        ("dt", |s| s.fixed(10.5)),
        ("dt_min", |s| s.dt_min(-1.0)),
        ("dt_max", |s| s.dt_max(0.0)),
        ("dt_max", |s| s.dt_max(0.1).dt_min(0.2)),
        ("dt_max", |s| s.dt_max(f64::NAN)),
        ("max_steps", |s| s.max_steps(0)),
        ("save_at", |s| s.save_at(Grid::step(0.0))),
        ("save_at", |s| s.save_at(Grid::step(f64::NAN))),
        ("save_at", |s| s.save_at(Grid::step(-0.1))),
        ("save_at", |s| s.save_at(Grid::count(1))),
        ("save_at", |s| s.save_at(Grid::count(usize::MAX))),
        ("save_at", |s| s.save_at(Grid::points([]))),
        ("save_idxs", |s| s.save_idxs([])),
        ("save_idxs", |s| s.save_idxs([0, 2])),
        ("controller", |s| s.controller(Pid { safety: -1.0, ..Pid::pi() })),
    ];
    let problem = lotka_volterra();
    for (i, (name, change)) in cases.into_iter().enumerate() {
        match change(problem.solver(Tsit5)).solve() {
            Err(Error::Option { option, problem, hint }) => {
                assert_eq!(option, name, "case {i}: {problem}");
                assert!(!problem.is_empty() && !hint.is_empty());
            }
            other => panic!("case {i} ({name}): {other:?}"),
        }
        assert!(change(problem.solver(Tsit5)).steps().is_err() || name == "save_at");
    }
    assert!(matches!(problem.solver(RK4).solve(), Err(Error::Option { option: "dt", .. })));
}

#[test]
fn tolerances_need_an_error_estimate() {
    let problem = lotka_volterra();
    for method in AnyMethod::all() {
        let Facts { name, control_exponent, .. } = method.facts();
        let solved = problem.solver(method).dt(0.01).tolerances(1e-5, 1e-5).solve();
        match (control_exponent, solved) {
            (Some(_), Ok(_)) => {}
            (None, Err(Error::Option { option: "tolerances", problem, .. })) => {
                assert!(problem.contains(name))
            }
            (_, other) => panic!("{name}: {other:?}"),
        }
    }
    // In two halves it has one; and a step that fits but for rounding is as long as the span.
    assert!(problem.solver(Halved(RK4)).tolerances(1e-5, 1e-5).solve().is_ok());
    let tenth = problem.remake().span((0.0, 0.1 * 3.0));
    assert!(tenth.solver(RK4).fixed(0.3).solve().is_ok());
    assert!(tenth.solver(RK4).fixed(0.1 * 3.0).solve().is_ok());
    assert!(matches!(tenth.solver(RK4).dt(0.4).solve(), Err(Error::Option { option: "dt", .. })));
    // The first of many steps is a guess, and may be long.
    assert!(tenth.solver(Tsit5).dt(0.4).solve().is_ok());
}

#[test]
fn bad_problems_are_named() {
    let problem = lotka_volterra();
    for span in [(0.0, 0.0), (0.0, f64::NAN), (f64::INFINITY, 0.0), (-1e308, 1e308)] {
        let error = problem.remake().span(span).solver(Tsit5).solve().unwrap_err();
        assert!(matches!(error, Error::Option { option: "span", .. }), "{error}");
    }
    let error = problem.remake().u0([1.0, f64::NAN]).solver(Tsit5).solve().unwrap_err();
    assert!(error.to_string().contains("u[1] (`predator`)"), "{error}");
    let error = problem.remake().p([1.0, f64::INFINITY, 1.0, 1.0]).solver(Tsit5).solve().unwrap_err();
    assert!(error.to_string().contains("p[1]"), "{error}");
    for stops in [vec![11.0], vec![-1.0], vec![f64::NAN]] {
        assert!(matches!(problem.solver(Tsit5).tstops(stops).solve(), Err(Error::Time { .. })));
    }
    for points in [vec![11.0], vec![2.0, 1.0], vec![f64::NAN]] {
        let error = problem.solver(Tsit5).save_at(Grid::points(points)).solve().unwrap_err();
        assert!(matches!(error, Error::Time { t0: 0.0, t1: 10.0, .. }), "{error}");
    }
}

/// A right-hand side gets the time as its scalar: one that stands still through the whole span sees one moment of it.
#[test]
fn spans_that_the_scalar_does_not_resolve_are_refused() {
    fn late<T: Real>(t0: f64, length: f64) -> Result<f64, Error> {
        let wave = move |du: &mut T, _: &T, _: &(), t: T| *du = (t - T::lit(t0)).sin();
        let problem = OdeProblem::from_fn(wave, T::ZERO, (t0, t0 + length), ());
        problem.solver(Tsit5).tolerances(1e-4, 1e-4).solve().map(|solution| solution.end().value())
    }
    // In `f32` 1e8 and 1e8 + 3 are the same.
    for error in [late::<f32>(1e8, 3.0).unwrap_err(), late::<f64>(1e16, 30.0).unwrap_err()] {
        assert!(matches!(error, Error::Option { option: "span", .. }), "{error}");
        assert!(error.to_string().contains("shift the time"), "{error}");
    }
    // Each time is off by 6e-5 where `f32` has steps of 1.2e-4, the integral over three by less than three times that.
    let expected = 1.0 - 3.0_f64.cos();
    for (end, bound) in [(late::<f32>(1e3, 3.0), 1e-3), (late::<f64>(1e8, 3.0), 1e-3)] {
        assert!((end.clone().unwrap() - expected).abs() < bound, "{end:?}");
    }
}

/// Without an absolute tolerance a component of zero makes every size infinite that the first step is guessed from.
#[test]
fn the_first_step_is_one_whatever_overflows() {
    let rotation = OdeProblem::from_fn(
        |du: &mut [f64; 2], u: &[f64; 2], _: &(), _: f64| *du = [u[1], -u[0]],
        [0.0, 1.0],
        (0.0, 1.0),
        (),
    );
    let solution = rotation.solver(Tsit5).tolerances(1e-6, 0.0).solve().unwrap();
    // A few steps, each to 1e-6 of its components.
    assert!((solution.end()[0] - 1.0_f64.sin()).abs() < 1e-5, "{:?}", solution.end());
    // A tolerance that no rounding keeps: the solve ends with an error, and none of its steps are without length.
    let huge = OdeProblem::from_fn(|du: &mut f64, u: &f64, _: &(), _: f64| *du = -u, 1e150, (0.0, 1.0), ());
    let solver = huge.solver(Tsit5).tolerances(0.0, 1e-9).max_steps(1000);
    assert!(solver.steps().unwrap().filter_map(Result::ok).all(|step| step.h > 0.0 && step.t > 0.0));
    assert!(solver.solve().is_err());
}

#[test]
fn rows_that_no_memory_holds_are_refused() {
    // 1e14 reals, more than a process can address.
    let problem = OdeProblem::from_fn(
        |du: &mut Vec<f64>, _: &Vec<f64>, _: &(), _: f64| du.fill(0.0),
        vec![0.0; 10_000_000],
        (0.0, 1.0),
        (),
    );
    let error = problem.solver(Tsit5).save_at(Grid::count(10_000_000)).solve().unwrap_err();
    assert!(matches!(error, Error::Option { option: "save_at", .. }), "{error}");
}

#[test]
fn a_solution_that_grows_without_bound_stops_there() {
    // du/dt = u², u(0) = 1 has a pole at t = 1.
    let pole = OdeProblem::from_fn(|du: &mut f64, u: &f64, _: &(), _: f64| *du = u * u, 1.0, (0.0, 2.0), ());
    match pole.solver(Tsit5).solve().unwrap_err() {
        Error::StepSizeUnderflow { t, .. } | Error::NotFinite { t, .. } => {
            assert!((t - 1.0).abs() < 1e-6, "{t}")
        }
        other => panic!("{other}"),
    }
    let error = pole.solver(RK4).fixed(0.1).solve().unwrap_err();
    assert!(matches!(error, Error::NotFinite { .. }), "{error}");
}

/// A closure that forgets a component is no model in which that one rests.
#[test]
fn a_component_that_is_never_assigned_is_named() {
    let forgetful = OdeProblem::from_fn(
        |du: &mut [f64; 2], u: &[f64; 2], _: &(), _: f64| du[0] = -u[0],
        [1.0, 2.0],
        (0.0, 1.0),
        (),
    );
    for error in [
        forgetful.solver(Tsit5).solve().unwrap_err(),
        forgetful.solver(RK4).fixed(0.1).solve().unwrap_err(),
        forgetful.solver(CarpenterKennedy2N54).fixed(0.1).solve().unwrap_err(),
    ] {
        assert!(
            matches!(&error, Error::NotFinite { t: 0.0, component, .. } if component == "du[1]"),
            "{error}"
        );
        assert!(error.to_string().contains("never assigned"), "{error}");
    }
}

#[test]
fn a_derivative_that_is_not_finite_is_named() {
    let root = |u0| {
        OdeProblem::from_fn(
            |du: &mut [f64; 2], u: &[f64; 2], _: &(), _: f64| *du = [1.0, -(u[1].sqrt() + 1.0)],
            [0.0, u0],
            (0.0, 2.0),
            (),
        )
    };
    let error = root(-1.0).solver(Tsit5).solve().unwrap_err();
    assert!(matches!(&error, Error::NotFinite { t: 0.0, component, .. } if component == "du[1]"), "{error}");
    // Later on, where the state passes zero: no step beyond has a slope.
    let error = root(1.0).solver(Tsit5).solve().unwrap_err();
    assert!(matches!(&error, Error::NotFinite { t, .. } if *t > 0.5 && *t < 0.7), "{error}");
}

#[test]
fn a_budget_is_kept() {
    let error = lotka_volterra().solver(Tsit5).max_steps(7).solve().unwrap_err();
    assert!(matches!(error, Error::StepBudget { max_steps: 7, .. }), "{error}");
    // Stiff: an explicit method creeps, but it does not creep forever.
    let stiff = OdeProblem::from_fn(
        |du: &mut f64, u: &f64, _: &(), t: f64| *du = -1e9 * (u - t.cos()),
        0.0,
        (0.0, 1.0),
        (),
    );
    let error = stiff.solver(Tsit5).max_steps(1000).solve().unwrap_err();
    assert!(matches!(error, Error::StepBudget { .. }), "{error}");
    let error = stiff.solver(Tsit5).dt_min(1e-3).solve().unwrap_err();
    assert!(matches!(error, Error::StepSizeUnderflow { .. }), "{error}");
}

#[test]
fn a_model_that_resizes_its_derivative_is_told() {
    let resizes = OdeProblem::from_fn(
        |du: &mut Vec<f64>, u: &Vec<f64>, _: &(), t: f64| {
            if t > 0.5 {
                du.push(0.0);
            }
            du[0] = -u[0];
        },
        vec![1.0],
        (0.0, 1.0),
        (),
    );
    let error = resizes.solver(Tsit5).solve().unwrap_err();
    assert!(matches!(error, Error::Length { expected: 1, .. } | Error::NotFinite { .. }), "{error}");
}

/// A low-storage method adds slopes up in place, and would go on without the components that are missing.
#[test]
fn a_model_that_shortens_its_derivative_is_told_by_every_kind_of_stepper() {
    // From the start on, from the middle on, and at the very end, which dense output alone evaluates.
    for from in [0.0, 0.5, 1.0] {
        let shortens = OdeProblem::from_fn(
            move |du: &mut Vec<f64>, u: &Vec<f64>, _: &(), t: f64| {
                du.resize(if t >= from { 1 } else { 2 }, 0.0);
                du.iter_mut().zip(u).for_each(|(du, u)| *du = -u);
            },
            vec![1.0, 2.0],
            (0.0, 1.0),
            (),
        );
        for dense in [false, true] {
            let solved = [
                shortens.solver(CarpenterKennedy2N54).fixed(0.1).dense(dense).solve().map(|_| ()),
                shortens.solver(RK4).fixed(0.1).dense(dense).solve().map(|_| ()),
            ];
            for solved in solved {
                let told = matches!(
                    solved,
                    Err(Error::Length { expected: 2, found: 1, .. } | Error::NotFinite { .. })
                );
                assert!(told || from == 1.0, "from {from}, dense {dense}: {solved:?}");
            }
        }
    }
}

#[test]
fn tolerances_below_single_precision_are_refused_in_single_precision() {
    let single = OdeProblem::<_, f32>::new(LotkaVolterra, [1.0, 1.0], (0.0, 10.0), [1.5, 1.0, 3.0, 1.0]);
    let error = single.solver(Tsit5).tolerances(1e-9, 1e-9).solve().unwrap_err();
    assert!(matches!(error, Error::Option { option: "rtol", .. }), "{error}");
}

/// `u' = -1` from 1 leaves the domain of a square root at 1.
#[test]
fn a_condition_that_is_not_finite_is_named() {
    let line = OdeProblem::from_fn(|du: &mut f64, _: &f64, _: &(), _: f64| *du = -1.0, 1.0, (0.0, 2.0), ());
    let nothing = |_: &mut f64, _: &mut (), _: f64| ();
    let at = |level: f64| Crossing::new(move |u: &f64, _: &(), _: f64| u - level, nothing);
    let root = Crossing::new(|u: &f64, _: &(), _: f64| u.sqrt() - 1e-9, nothing).terminal();
    let error = line.solver(Tsit5).event(at(0.5)).event(root.clone()).solve().unwrap_err();
    let Error::NotFinite { t, component, value, .. } = &error else { panic!("{error}") };
    assert!(component.contains("event 1") && value.is_nan(), "{error}");
    // Found by samples, the first of which may lie a step after; no step is longer than the span.
    assert!((1.0..=2.0).contains(t), "{error}");
    // What lies after the end of the solve is not looked at.
    for level in [0.9, 0.5, 0.1, 1e-3] {
        let end =
            line.solver(RK4).fixed(2.0).event(root.clone()).event(at(level).terminal()).solve().unwrap();
        assert!((end.end() - level).abs() < 1e-15);
    }
    // Not finite from the start.
    let log = Crossing::new(|_: &f64, _: &(), t: f64| t.ln(), nothing);
    let error = line.solver(Tsit5).event(log).solve().unwrap_err();
    assert!(
        matches!(&error, Error::NotFinite { t: 0.0, component, .. } if component.contains("event 0")),
        "{error}"
    );
}

#[test]
fn an_event_that_leaves_what_is_not_finite_is_named() {
    let problem = lotka_volterra();
    let quiet = Preset::new([1.0], |_: &mut [f64; 2], _: &mut [f64; 4], _: f64| ());
    for t_event in [0.0, 2.0, 10.0] {
        let state = Preset::new([t_event], |u: &mut [f64; 2], _: &mut [f64; 4], _: f64| u[1] = f64::NAN);
        let params =
            Preset::new([t_event], |_: &mut [f64; 2], p: &mut [f64; 4], _: f64| p[2] = f64::INFINITY);
        let errors = [
            (
                problem.solver(Tsit5).event(quiet.clone()).event(state).solve().unwrap_err(),
                "u[1] (`predator`)",
            ),
            (problem.solver(Tsit5).event(quiet.clone()).event(params).solve().unwrap_err(), "p[2]"),
        ];
        for (error, name) in errors {
            let Error::NotFinite { t, component, .. } = &error else { panic!("{error}") };
            assert_eq!((*t, component.as_str()), (t_event, format!("{name} after event 1").as_str()));
        }
    }
}

#[test]
fn an_event_that_resizes_is_told() {
    type Numbers = Vec<f64>;
    type Case = (fn(&mut Numbers, &mut Numbers), usize, usize);
    let decay = |du: &mut Numbers, u: &Numbers, p: &Numbers, _: f64| {
        du.iter_mut().zip(u).for_each(|(du, u)| *du = -p[0] * u);
    };
    let problem = OdeProblem::from_fn(decay, vec![1.0, 2.0], (0.0, 1.0), vec![1.0; 3]);
    let changes: [Case; 4] = [
        (|u, _| u.truncate(1), 2, 1),
        (|u, _| u.push(1.0), 2, 3),
        (|_, p| p.truncate(1), 3, 1),
        (|_, p| p.push(1.0), 3, 4),
    ];
    for (change, expected, found) in changes {
        for time in [0.0, 0.5, 1.0] {
            let event = Preset::new([time], move |u: &mut Numbers, p: &mut Numbers, _: f64| change(u, p));
            let error = problem.solver(Tsit5).event(event.clone()).save_idxs([1]).solve().unwrap_err();
            let Error::Length { t, expected: needed, found: left, .. } = error else { panic!("{error}") };
            assert_eq!((t, needed, left), (time, expected, found));
            let solver = problem.solver(Tsit5).event(event);
            let steps = solver.steps();
            assert!(steps.is_err() || steps.is_ok_and(|mut steps| steps.any(|step| step.is_err())));
        }
    }
}

/// What a closure's solve says where it stops.
fn said(
    f: impl Fn(&mut [f64; 2], &[f64; 2], &[f64; 1], f64) + 'static,
    u0: [f64; 2],
    end: f64,
    solve: impl Fn(Solver<'_, Closure, f64, Tsit5>) -> Option<Error>,
) -> String {
    let problem = OdeProblem::from_fn(Box::new(f) as Boxed, u0, (0.0, end), [1.0]);
    solve(problem.solver(Tsit5)).expect("it stops").to_string()
}

type Boxed = Box<dyn Fn(&mut [f64; 2], &[f64; 2], &[f64; 1], f64)>;
type Closure = diffeq_runtime::problem::FromFn<Boxed, [f64; 2], [f64; 1]>;

#[test]
fn the_cause_of_steps_too_short_is_named() {
    let few = |solver: Solver<'_, Closure, f64, Tsit5>| {
        solver.max_steps(20_000).tolerances(1e-8, 1e-8).solve().err()
    };
    // u² has a pole.
    let text = said(|du, u, _, _| *du = [u[0] * u[0], 0.0], [1.0, 1.0], 2.0, few);
    assert!(text.contains("grows without bound: u[0]"), "{text}");
    // Dry friction that sticks.
    let friction = |du: &mut [f64; 2], u: &[f64; 2], _: &[f64; 1], t: f64| {
        *du = [u[1], -u[0] - 0.6 * u[1].signum() + 0.5 * t.sin()];
    };
    let text = said(friction, [1.0, 0.0], 20.0, few);
    assert!(text.contains("du[1] jumps by") && text.contains("at this state"), "{text}");
    // Rates in units that do not fit the span.
    let text = said(|du, u, _, _| *du = [-1e30 * u[0], u[0]], [1.0, 1.0], 100.0, few);
    assert!(text.contains("look at the units"), "{text}");
    let stiff = |du: &mut [f64; 2], u: &[f64; 2], _: &[f64; 1], t: f64| {
        *du = [-1e7 * (u[0] - t.cos()), -u[1]];
    };
    let text = said(stiff, [1.0, 1.0], 10.0, few);
    assert!(text.contains("the problem is stiff"), "{text}");
    let text = said(stiff, [1.0, 1.0], 10.0, |solver| solver.dt_min(1e-3).solve().err());
    assert!(text.contains("`dt_min` = 1e-3 forbids shorter steps"), "{text}");
    // Nothing is wrong but the budget.
    let text = said(
        |du, u, _, _| *du = [u[1], -u[0]],
        [1.0, 0.0],
        100.0,
        |solver| solver.max_steps(7).solve().err(),
    );
    assert!(text.contains("raise `max_steps`") && text.contains("of the span takes"), "{text}");
}

#[test]
fn a_method_of_low_order_at_tight_tolerances_is_named() {
    let problem = lotka_volterra();
    let text = problem.solver(Heun).tolerances(1e-10, 1e-10).max_steps(1000).solve().unwrap_err().to_string();
    assert!(text.contains("a method of order 2") && text.contains("`Vern7`"), "{text}");
}

#[test]
fn a_nan_that_came_in_is_said_to_have_come_in() {
    let text = said(|du, u, _, _| *du = *u, [1.0, f64::NAN], 1.0, |solver| solver.solve().err());
    assert!(text.contains("u[1] is NaN") && text.contains("came in with `u0`"), "{text}");
    let problem =
        OdeProblem::from_fn(|du: &mut f64, u: &f64, p: &f64, _: f64| *du = p * u, 1.0, (0.0, 1.0), f64::NAN);
    let text = problem.solver(Tsit5).solve().unwrap_err().to_string();
    assert!(text.contains("p[0] is NaN") && text.contains("came in with the parameters"), "{text}");
}
