//! A crossing within rounding of a time at which something else is: one event, neither missed nor found twice.

use crate::common::Ball;
use crate::common::Oscillator;
use diffeq_runtime::control::Fixed;
use diffeq_runtime::integrate::*;
use diffeq_runtime::problem::Model;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::problem::System;
use diffeq_runtime::real::Real;
use diffeq_runtime::stepper::*;
use std::f64::consts::PI;
use std::ops::ControlFlow;
use std::sync::Arc;

/// `u' = 1`: the state is the time, but for what the steps sum up of rounding.
#[derive(Clone, Copy)]
struct Elapsed;
impl Model for Elapsed {}
impl<T: Real> System<T> for Elapsed {
    type State = T;
    type Params = ();
}
impl<T: Real> Rhs<T> for Elapsed {
    fn rhs(&self, du: &mut T, _: &T, _: &(), _: T) {
        *du = T::ONE;
    }
}

/// The state passes a level.
struct Level(f64);
impl<T: Real> Event<T, Elapsed> for Level {
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Crossing(Direction::Both)
    }
    fn condition(&self, u: &T, _: &(), _: T) -> T {
        *u - T::lit(self.0)
    }
    fn affect(&self, _: &mut T, _: &mut (), _: T) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// What else is at the time of the crossing.
#[derive(Debug, Clone, Copy, PartialEq)]
enum There {
    Stop,
    Given,
    Row,
    End,
    Nothing,
}

/// The times at which the level is passed, and how often the given time came.
fn passes<T: Real>(
    method: AnyMethod<T, Elapsed>,
    (level, there): (f64, There),
    options: Options,
) -> (Vec<f64>, usize) {
    // What would find a crossing again would do so in the next steps.
    let end = if there == There::End { level } else { level + 0.1_f64.copysign(level) };
    let problem = OdeProblem::<_, T>::new(Elapsed, T::ZERO, (0.0, end), ());
    let mut solver = problem.solver(method).options(options).event(Level(level));
    let given = if there == There::Given { vec![level] } else { vec![] };
    match there {
        There::Stop => solver = solver.tstops([level]),
        There::Row => solver = solver.save_at(Grid::points([level])),
        There::Given | There::End | There::Nothing => {}
    }
    let solution = solver
        .event(Preset::new(given, |_: &mut T, _: &mut (), _: T| ()))
        .solve()
        .unwrap_or_else(|error| panic!("{level} {there:?}: {error}"));
    let (crossings, given): (Vec<Occurrence>, Vec<_>) =
        solution.events().iter().copied().partition(|event| event.event == 0);
    (crossings.iter().map(|event| event.t).collect(), given.len())
}

fn two_hundred_crossings<T: Real>() {
    let steps = || {
        let short = Options { dt_max: 0.01, ..Options::default() };
        let fixed = |dt| Options { dt: Some(dt), controller: Arc::new(Fixed), ..Options::default() };
        [short, Options::default(), fixed(0.05), fixed(0.01)]
    };
    let methods: [AnyMethod<T, Elapsed>; 3] =
        [AnyMethod::new(Tsit5), AnyMethod::new(Heun), AnyMethod::new(Vern7)];
    // Every hundredth in few steps, and some that many have summed up.
    for n in (1..=100).chain((110..=200).step_by(10)) {
        for sign in [1.0, -1.0] {
            let level = sign * f64::from(n) / 100.0;
            for there in [There::Stop, There::Given, There::Row, There::End, There::Nothing] {
                for (i, mut options) in steps().into_iter().enumerate() {
                    options.dt = options.dt.map(|dt| dt.min(level.abs()).copysign(level));
                    let (found, given) = passes(methods[n as usize % 3].clone(), (level, there), options);
                    let what = format!("{level} {there:?}, steps {i}: {found:?}");
                    assert_eq!((found.len(), given), (1, usize::from(there == There::Given)), "{what}");
                    // Some two hundred steps at most, each of which rounds the state by half a unit in the last place, and weights of
                    // Vern7 above one.
                    assert!((found[0] - level).abs() <= 250.0 * T::EPSILON * (1.0 + level.abs()), "{what}");
                }
            }
        }
    }
}

#[test]
fn two_hundred_crossings_at_stops_given_times_rows_and_ends() {
    two_hundred_crossings::<f64>();
    two_hundred_crossings::<f32>();
}

/// Whether a solve starts on a zero of the condition that it has come from, or on one that it is leaving.
#[test]
fn a_solve_that_starts_on_its_own_event_does_not_find_it_again() {
    let level = |u: &[f64; 2], _: &(), _: f64| u[0] - 0.3;
    let first = 0.3_f64.asin();
    let times = [first, PI - first, first + 2.0 * PI, 3.0 * PI - first];
    for tolerance in [1e-4, 1e-8, 1e-12] {
        let (mut t, mut u) = (0.0, [0.0, 1.0]);
        for expected in times {
            let problem = OdeProblem::new(Oscillator, u, (t, 30.0), ());
            let event = Crossing::new(level, |_: &mut [f64; 2], _: &mut (), _: f64| ()).terminal();
            let solution =
                problem.solver(Tsit5).tolerances(tolerance, tolerance).event(event).solve().unwrap();
            (t, u) = (solution.end_time(), *solution.end());
            // Errors of some hundred steps, over a slope of 0.95.
            assert!((t - expected).abs() < 100.0 * tolerance, "{tolerance:e}: {t} and not {expected}");
        }
    }
    // With the clock set back to zero, whatever the start was rounded to.
    let fall = |start: [f64; 2]| OdeProblem::new(Ball, start, (0.0, 5.0), [9.81, 0.8]);
    let floor = || {
        let rise = |_: &mut [f64; 2], _: &mut [f64; 2], _: f64| ();
        Crossing::new(|u: &[f64; 2], _: &[f64; 2], _: f64| u[0] - 10.0, rise).falling().terminal()
    };
    for n in 0..50 {
        let start = [11.0 + f64::from(n) / 7.0, 0.0];
        let landed = *fall(start).solver(Tsit5).event(floor()).solve().unwrap().end();
        let rises = fall([landed[0], -0.5 * landed[1]]);
        let again = rises.solver(Tsit5).event(floor()).solve().unwrap();
        // Half the speed: as long again in the air as the fall from the height took.
        let expected = (2.0 * (start[0] - 10.0) / 9.81_f64).sqrt();
        assert!((again.end_time() - expected).abs() < 1e-12, "{n}: {}", again.end_time());
        let falls = fall(landed).solver(Tsit5).event(floor()).solve().unwrap();
        assert_eq!(falls.events(), [], "{n}");
    }
}

#[test]
fn an_effect_that_leaves_its_condition_at_zero_takes_place_once() {
    // A tank that runs dry, and a level that is set exactly, or to what rounding makes of it.
    for level in [0.0, 0.1, 0.7, 3.0] {
        for (rate, set) in
            [(1.0, Some(level)), (1.0, None), (0.3, Some(level * (1.0 + f64::EPSILON))), (7.0, None)]
        {
            let drain = |du: &mut f64, _: &f64, p: &f64, _: f64| *du = -p;
            let problem = OdeProblem::from_fn(drain, level + 1.0, (0.0, 10.0), rate);
            let stop = move |u: &mut f64, p: &mut f64, _: f64| {
                (*u, *p) = (set.unwrap_or(*u), 0.0);
            };
            let dry = Crossing::new(move |u: &f64, _: &f64, _: f64| u - level, stop);
            for directed in [dry.clone(), dry.falling()] {
                let solution = problem.solver(Tsit5).event(directed).solve().unwrap();
                assert_eq!(solution.events().len(), 1);
                // One rounding of the time times the rate, and one of the level.
                assert!((solution.end() - level).abs() <= 4.0 * f64::EPSILON * (level + rate), "{level}");
            }
        }
    }
}

/// Steps of a tenth over `(0, 1)` end at one and have eleven rows, whatever the tenth is rounded to (ode-solvers#35).
#[test]
fn grids_of_single_precision_end_at_the_end() {
    for (end, dt, rows) in [(1.0, 0.1, 11), (2.0, 0.1, 21), (0.3, 0.1, 4), (-1.0, 0.1, 11), (0.7, 0.01, 71)] {
        let step = f64::from(dt as f32);
        for save in [Grid::step(dt), Grid::count(rows)] {
            let decay = |du: &mut [f32; 1], u: &[f32; 1], _: &[f32; 0], _: f32| du[0] = -u[0];
            let problem = OdeProblem::<_, f32>::from_fn(decay, [1.0], (0.0, end), []);
            let fixed = problem.solver(DP5).fixed(step.copysign(end)).save_at(save.clone()).solve();
            let adaptive = problem.solver(DP5).tolerances(1e-3, 1e-6).save_at(save).solve();
            for solution in [fixed.unwrap(), adaptive.unwrap()] {
                assert_eq!((solution.len(), solution.end_time()), (rows, end));
                assert_eq!(solution.times().last(), Some(&end));
                let last = solution.values()[rows - 1];
                assert_eq!(last, solution.end()[0]);
                // The tolerance, for each of some steps.
                assert!((f64::from(last) - (-end).exp()).abs() < 5e-3, "{last}");
            }
        }
    }
}

/// Balls that land where something else is, as near as rounding knows when: one bounce each, and none falls on.
#[test]
fn two_hundred_landings_at_stops_given_times_rows_and_ends() {
    for floor in [0.0, -1.0, 10.0, 100.0] {
        for n in 1..=50 {
            let height = 0.0137 * f64::from(n);
            let landing = (2.0 * height / 9.81_f64).sqrt();
            for there in [There::Stop, There::Given, There::Row, There::End, There::Nothing] {
                for direction in [1.0, -1.0] {
                    let at = direction * landing;
                    let end = if there == There::End { at } else { 1.5 * at };
                    let problem = OdeProblem::new(Ball, [floor + height, 0.0], (0.0, end), [9.81, 0.9]);
                    let above = move |u: &[f64; 2], _: &[f64; 2], _: f64| u[0] - floor;
                    let bounce = |u: &mut [f64; 2], p: &mut [f64; 2], _: f64| u[1] *= -p[1];
                    let given = if there == There::Given { vec![at] } else { vec![] };
                    let methods = [
                        (AnyMethod::new(Tsit5), 1e-6),
                        (AnyMethod::new(BS3), 1e-3),
                        (AnyMethod::new(Vern9), 1e-10),
                    ];
                    for (method, tolerance) in methods {
                        let mut solver = problem.solver(method).tolerances(tolerance, tolerance);
                        solver.options.dt_max = if n % 2 == 0 { 0.01 } else { f64::INFINITY };
                        match there {
                            There::Stop => solver = solver.tstops([at]),
                            There::Row => solver = solver.save_at(Grid::points([at])),
                            There::Given | There::End | There::Nothing => {}
                        }
                        let solution = solver
                            .event(Crossing::new(above, bounce).falling())
                            .event(Preset::new(
                                given.clone(),
                                |_: &mut [f64; 2], _: &mut [f64; 2], _: f64| (),
                            ))
                            .solve()
                            .unwrap();
                        let bounces: Vec<_> =
                            solution.events().iter().filter(|event| event.event == 0).collect();
                        let what = format!("{floor} + {height}, {there:?} at {at}: {bounces:?}");
                        assert_eq!(bounces.len(), 1, "{what}");
                        // Some hundred roundings of the floor's height, over the speed of the landing.
                        let rounding = 200.0 * f64::EPSILON * (1.0 + floor.abs()) / (9.81 * landing);
                        assert!((bounces[0].t - at).abs() < rounding, "{what}");
                        assert!(solution.end()[0] - floor > -1e-12, "{what}: {:?}", solution.end());
                    }
                }
            }
        }
    }
}
