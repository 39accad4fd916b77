//! What a solve promises, whatever the method: the right answer, the times that were asked for, either direction,
//! every kind of state.

use crate::common::LotkaVolterra;
use crate::common::Oscillator;
use diffeq_runtime::control::Pid;
use diffeq_runtime::error::Error;
use diffeq_runtime::integrate::Crossing;
use diffeq_runtime::integrate::Grid;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::stepper::*;
use std::ops::ControlFlow;

fn lotka_volterra() -> OdeProblem<LotkaVolterra> {
    OdeProblem::new(LotkaVolterra, [1.0, 1.0], (0.0, 10.0), [1.5, 1.0, 3.0, 1.0])
}

fn circle(t1: f64) -> OdeProblem<Oscillator> {
    OdeProblem::new(Oscillator, [0.0, 1.0], (0.0, t1), ())
}

/// Largest difference between two states.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn every_adaptive_method_meets_its_tolerance() {
    for method in AnyMethod::all().into_iter().filter(|method| method.facts().control_exponent.is_some()) {
        let name = method.facts().name;
        let solution = circle(5.0).solver(method).tolerances(1e-7, 1e-9).solve().unwrap();
        let error = distance(solution.end(), &[5.0_f64.sin(), 5.0_f64.cos()]);
        // The tolerance is for each step; over a few hundred, of a stable problem, the sum stays below a thousand.
        assert!(error < 1e-4, "{name}: {error}");
    }
}

#[test]
fn the_grid_is_exact_and_does_not_change_the_steps() {
    let problem = lotka_volterra();
    let plain = problem.solver(Tsit5).tolerances(1e-8, 1e-8).solve().unwrap();
    let saved = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::step(0.1)).solve().unwrap();
    assert_eq!((saved.len(), saved.times()[0], saved.times()[100]), (101, 0.0, 10.0));
    assert_eq!(saved.end(), plain.end());
    assert_eq!(saved.state(100), *saved.end());
    assert_eq!(saved.stats(), plain.stats());
    // Rows inside steps are as good as the tolerance.
    let precise = problem.solver(DP5).tolerances(1e-12, 1e-12).save_at(Grid::step(0.1)).solve().unwrap();
    assert!(
        distance(saved.values(), precise.values()) < 2e-5,
        "{}",
        distance(saved.values(), precise.values())
    );
}

#[test]
fn what_is_saved_is_what_was_asked_for() {
    let problem = circle(1.0);
    let solver = || problem.solver(Tsit5).tolerances(1e-9, 1e-9);
    let points = solver().save_at(Grid::points([0.25, 0.5])).solve().unwrap();
    assert_eq!(points.times(), [0.25, 0.5]);
    let start = solver().save_at(Grid::points([0.25, 0.5])).save_start(true).solve().unwrap();
    assert_eq!(start.times(), [0.0, 0.25, 0.5]);
    let without = solver().save_at(Grid::count(3)).save_start(false).solve().unwrap();
    assert_eq!(without.times(), [0.5, 1.0]);
    let nothing = solver().save_every_step(false).solve().unwrap();
    assert!(nothing.is_empty() && nothing.end_time() == 1.0);
    let every = solver().solve().unwrap();
    assert_eq!(every.len(), every.stats().accepted + 1);
    let both = solver().save_at(Grid::points([0.25, 1.0])).save_every_step(true).solve().unwrap();
    assert_eq!(both.len(), every.len() + 1);
    assert!(both.times().is_sorted());
    let second = solver().save_at(Grid::count(3)).save_idxs([1]).solve().unwrap();
    assert_eq!((second.width(), second.values().len()), (1, 3));
    assert_eq!(
        second.component(1).unwrap(),
        solver().save_at(Grid::count(3)).solve().unwrap().component(1).unwrap()
    );
    assert!(second.state(1)[0].is_nan());
    assert!(matches!(second.component(0), Err(Error::NotKept { .. })));
}

/// Times so near to one another that the product of two distances is zero.
#[test]
fn rows_lie_where_they_should_in_tiny_spans() {
    let decay = |du: &mut f64, u: &f64, rate: &f64, _t: f64| *du = -rate * u;
    for length in [1e-12, -1e-12, 1e-170, -1e-250, 1e-300] {
        let rows = [0.1, 0.5, 0.9, 1.0].map(|part| part * length);
        let rate = 1.0 / length;
        let problem = OdeProblem::from_fn(decay, 1.0, (0.0, length), rate);
        let solve = |grid| problem.solver(RK4).dt(length / 64.0).save_at(grid).solve();
        let solution = solve(Grid::points(rows)).unwrap();
        assert_eq!(solution.times(), rows);
        for (t, u) in &solution {
            // 64 steps of a 64th, each off by its fifth power over 120 at the most, and rows inside by its fourth over 384.
            assert!((u - (-rate * t).exp()).abs() < 1e-9, "{length:e}: {u} at {t:e}");
        }
        let turned = [0.9, 0.1].map(|part| part * length);
        assert!(matches!(solve(Grid::points(turned)), Err(Error::Time { .. })));
        let error = problem.solver(RK4).dt(-length / 64.0).solve().unwrap_err();
        assert!(matches!(error, Error::Option { option: "dt", .. }), "{error}");
    }
}

#[test]
fn backward_undoes_forward() {
    for method in AnyMethod::all() {
        let Facts { name, order, .. } = method.facts();
        let problem = circle(3.0);
        let there = problem.solver(method.clone()).fixed(0.01).solve().unwrap();
        let back = problem.remake().u0(*there.end()).span((3.0, 0.0));
        let back = back.solver(method).fixed(-0.01).save_at(Grid::step(0.5)).solve().unwrap();
        assert_eq!((back.end_time(), back.len()), (0.0, 7));
        // Both ways have the same error but for its sign in odd orders: 300 steps of h^(order + 1), and rounding.
        let bound = 600.0 * f64::powi(0.01, order as i32 + 1) + 1e-13;
        let error = distance(back.end(), &[0.0, 1.0]);
        assert!(error < bound, "{name}: {error} and not below {bound}");
    }
}

#[test]
fn dense_output_is_continuous_and_meets_the_solution() {
    for method in AnyMethod::all() {
        let (problem, name) = (circle(2.0), method.facts().name);
        let solution = problem.solver(method.clone()).fixed(0.05).dense(true).solve().unwrap();
        for (t, u) in &solution {
            // The polynomial at the step's end is the step but for rounding.
            let at = solution.at(t).unwrap();
            assert!(distance(&at, &u) < 1e-13, "{name} at {t}: {}", distance(&at, &u));
        }
        let fine = problem.solver(method).fixed(0.05).save_at(Grid::step(0.01)).solve().unwrap();
        for (t, u) in fine.iter() {
            assert!(distance(&solution.at(t).unwrap(), &u) < 1e-13, "{name} at {t}");
        }
        assert!(matches!(solution.at(2.1), Err(Error::Time { .. })));
    }
    assert!(matches!(circle(1.0).solver(Tsit5).solve().unwrap().at(0.5), Err(Error::NotKept { .. })));
}

#[test]
fn every_kind_of_state_gives_the_same_numbers() {
    let flat = circle(4.0).solver(Tsit5).save_at(Grid::step(0.5)).solve().unwrap();
    let heap = OdeProblem::from_fn(
        |du: &mut Vec<f64>, u: &Vec<f64>, _: &(), _: f64| {
            du[0] = u[1];
            du[1] = -u[0];
        },
        vec![0.0, 1.0],
        (0.0, 4.0),
        (),
    );
    assert_eq!(heap.solver(Tsit5).save_at(Grid::step(0.5)).solve().unwrap().values(), flat.values());
    let nested = OdeProblem::from_fn(
        |du: &mut [[f64; 1]; 2], u: &[[f64; 1]; 2], _: &[f64; 0], _: f64| *du = [u[1], [-u[0][0]]],
        [[0.0], [1.0]],
        (0.0, 4.0),
        [],
    );
    assert_eq!(nested.solver(Tsit5).save_at(Grid::step(0.5)).solve().unwrap().values(), flat.values());
}

#[test]
fn scalars_and_single_precision() {
    let decay =
        OdeProblem::from_fn(|du: &mut f64, u: &f64, p: &f64, _: f64| *du = -p * u, 1.0, (0.0, 1.0), 2.0);
    let error = (decay.solver(DP5).tolerances(1e-10, 1e-12).solve().unwrap().end() - (-2.0_f64).exp()).abs();
    assert!(error < 1e-9, "{error}");
    let single = OdeProblem::<_, f32>::new(LotkaVolterra, [1.0, 1.0], (0.0, 10.0), [1.5, 1.0, 3.0, 1.0]);
    let single = single.solver(Tsit5).tolerances(1e-5, 1e-6).solve().unwrap();
    let double = lotka_volterra().solver(Tsit5).tolerances(1e-10, 1e-10).solve().unwrap();
    for (single, double) in single.end().iter().zip(double.end()) {
        // Errors of 1e-5 a step grow a hundredfold over three cycles.
        assert!((*single as f64 - double).abs() < 1e-3, "{single} and not {double}");
    }
}

#[test]
fn stops_are_met_and_jumps_resolved() {
    // A right-hand side that jumps at t = 1 is solved exactly piece by piece.
    let jump = OdeProblem::from_fn(
        |du: &mut f64, _: &f64, _: &(), t: f64| *du = if t < 1.0 { 1.0 } else { -2.0 },
        0.0,
        (0.0, 3.0),
        (),
    );
    let solution = jump.solver(RK4).fixed(0.3).tstops([1.0, 2.5]).solve().unwrap();
    assert!(solution.times().contains(&1.0) && solution.times().contains(&2.5));
    assert_eq!(solution.end_time(), 3.0);
}

#[test]
fn component_tolerances_hold_for_their_component() {
    let problem = lotka_volterra();
    let same = problem.solver(Tsit5).tolerances([1e-7; 2], vec![1e-8; 2]).solve().unwrap();
    assert_eq!(same, problem.solver(Tsit5).tolerances(1e-7, 1e-8).solve().unwrap());
    let loose = problem.solver(Tsit5).tolerances(0.0, [1e-9, 1e3]).solve().unwrap();
    assert!(
        loose.stats().accepted
            < problem.solver(Tsit5).tolerances(0.0, 1e-9).solve().unwrap().stats().accepted
    );
}

#[test]
fn every_controller_meets_the_tolerance() {
    let problem = lotka_volterra();
    let precise = problem.solver(Tsit5).tolerances(1e-13, 1e-13).solve().unwrap();
    for controller in [Pid::i(), Pid::pi(), Pid::hairer(), Pid::h312pid()] {
        let solution = problem.solver(Tsit5).tolerances(1e-8, 1e-8).controller(controller).solve().unwrap();
        let error = distance(solution.end(), precise.end());
        assert!(error < 1e-5, "{controller:?}: {error}");
        let stats = solution.stats();
        assert!(stats.rejected * 5 < stats.accepted, "{controller:?}: {stats}");
    }
}

#[test]
fn the_domain_is_respected() {
    // du/dt = -sqrt(u) reaches zero at t = 2 and may not pass it.
    let empty = OdeProblem::from_fn(
        |du: &mut f64, u: &f64, _: &(), _: f64| *du = -u.abs().sqrt(),
        1.0,
        (0.0, 1.9),
        (),
    );
    let solution =
        empty.solver(BS3).tolerances(1e-2, 1e-2).is_out_of_domain(|u, _, _| *u < 0.0).solve().unwrap();
    assert!(solution.states().all(|u| u >= 0.0));
    // Rows as well: of a stiff decay, whose interpolant swings through zero between steps that do not.
    let stiff = |du: &mut [f64; 1], u: &[f64; 1], _: &[f64; 0], _: f64| du[0] = -1e3 * u[0];
    let stiff = OdeProblem::from_fn(stiff, [1.0], (0.0, 1.0), []);
    let solver = || stiff.solver(Tsit5).tolerances(1e-3, 1e-3).save_at(Grid::step(0.1));
    assert!(solver().solve().unwrap().states().any(|u| u[0] < 0.0));
    let half = Crossing::new(
        |_: &[f64; 1], _: &[f64; 0], t: f64| t - 0.55,
        |_: &mut [f64; 1], _: &mut [f64; 0], _: f64| (),
    );
    let kept = solver().event(half).is_out_of_domain(|u, _, _| u[0] < 0.0).solve().unwrap();
    assert_eq!((kept.len(), kept.events().len()), (11, 1));
    assert!(kept.states().all(|u| u[0] >= 0.0), "{:?}", kept.values());
    let beyond = empty.remake().span((0.0, 3.0));
    let refused =
        OdeProblem::from_fn(|du: &mut f64, _: &f64, _: &(), _: f64| *du = -1.0, 1.0, (0.0, 3.0), ());
    assert!(beyond.span.1 == 3.0);
    let error = refused.solver(Tsit5).is_out_of_domain(|u, _, _| *u < 0.0).solve().unwrap_err();
    assert!(matches!(error, Error::OutOfDomain { t, .. } if (t - 1.0).abs() < 1e-9), "{error}");
}

#[test]
fn steps_can_be_taken_one_by_one() {
    let problem = lotka_volterra();
    let solution = problem.solver(Tsit5).solve().unwrap();
    let solver = problem.solver(Tsit5);
    let mut steps = solver.steps().unwrap();
    let ends: Vec<_> = steps.by_ref().map(|step| step.unwrap()).collect();
    assert_eq!(steps.stats(), solution.stats());
    assert_eq!(ends.iter().map(|step| step.t).collect::<Vec<_>>(), solution.times()[1..]);
    assert_eq!(ends.last().unwrap().u, *solution.end());
}

#[test]
fn callbacks_see_every_step_and_may_end_the_solve() {
    let problem = circle(10.0);
    let mut seen = vec![];
    let solution = problem
        .solver(Tsit5)
        .on_step(|view| {
            seen.push(view.interval.end);
            if view.progress > 0.5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .solve()
        .unwrap();
    assert_eq!(seen, solution.times()[1..]);
    assert!(solution.end_time() > 5.0 && solution.end_time() < 10.0);
}

#[test]
fn fixed_steps_do_not_drift() {
    let count =
        OdeProblem::from_fn(|du: &mut f64, _: &f64, _: &(), _: f64| *du = 1.0, 0.0, (0.0, 1000.0), ());
    let solution = count.solver(Euler).dt(0.1).solve().unwrap();
    assert_eq!(solution.stats().accepted, 10_000);
    for (i, t) in solution.times().iter().enumerate() {
        // One unit in the last place of 1000.
        assert!((t - i as f64 / 10.0).abs() < 1.2e-13, "{t}");
    }
}

#[test]
fn a_stop_costs_a_step_or_two_and_no_more() {
    let problem = lotka_volterra();
    let plain = problem.solver(Tsit5).tolerances(1e-8, 1e-8).solve().unwrap().stats();
    // A stop that leaves a step of a millionth of its neighbours, whose error is as good as none.
    let times = problem.solver(Tsit5).tolerances(1e-8, 1e-8).solve().unwrap().times().to_vec();
    let stops: Vec<_> = times[50..60].iter().map(|t| t + 1e-8).collect();
    let stopped = problem.solver(Tsit5).tolerances(1e-8, 1e-8).tstops(stops).solve().unwrap().stats();
    let more = (stopped.accepted + stopped.rejected) as i64 - (plain.accepted + plain.rejected) as i64;
    assert!((0..=20).contains(&more), "{more} more: {plain} and {stopped}");
}
