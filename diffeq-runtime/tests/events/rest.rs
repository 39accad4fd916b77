//! Events that accumulate: a ball that comes to rest is an error that says when, and never falls through the floor.

use crate::common::Ball;
use diffeq_runtime::control::Fixed;
use diffeq_runtime::error::Error;
use diffeq_runtime::integrate::*;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::real::Real;
use diffeq_runtime::space::Tolerances;
use diffeq_runtime::stepper::*;
use std::ops::ControlFlow;
use std::sync::Arc;

/// The ball meets a floor, and keeps `p[1]` of its speed.
struct Bounce {
    floor: f64,
    direction: Direction,
}
impl<T: Real> Event<T, Ball> for Bounce {
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Crossing(self.direction)
    }
    fn condition(&self, u: &[T; 2], _p: &[T; 2], _t: T) -> T {
        u[0] - T::lit(self.floor)
    }
    fn affect(&self, u: &mut [T; 2], p: &mut [T; 2], _t: T) -> ControlFlow<()> {
        u[1] = -p[1] * u[1];
        ControlFlow::Continue(())
    }
}

const GRAVITY: f64 = 9.8;

/// When the bounces of a ball accumulate, from `height` above the floor with a speed upwards: the sum of a geometric
/// series.
fn limit(height: f64, speed: f64, keeps: f64) -> f64 {
    let landing = (speed * speed + 2.0 * GRAVITY * height).sqrt();
    (speed + landing) / GRAVITY + 2.0 * landing / GRAVITY * keeps / (1.0 - keeps)
}

/// Steps of which there are 20 000 at most, by their error.
fn within(tolerance: f64) -> Options {
    let tolerances = Tolerances { relative: tolerance.into(), absolute: tolerance.into() };
    Options { tolerances, max_steps: 20_000, ..Options::default() }
}

/// Solves far beyond the limit, and returns the lowest height above the floor of all states, and how it went.
fn solve<T: Real>(
    method: AnyMethod<T, Ball>,
    (height, speed, floor, keeps): (f64, f64, f64, f64),
    options: Options,
    direction: Direction,
) -> (f64, Result<f64, Error>) {
    let lowest = std::cell::Cell::new(f64::INFINITY);
    let u0 = [floor + height, speed].map(T::lit);
    let end = 3.0 * limit(height, speed, keeps) + 1.0;
    let problem = OdeProblem::<_, T>::new(Ball, u0, (0.0, end), [GRAVITY, keeps].map(T::lit));
    let solver = problem.solver(method).options(options).event(Bounce { floor, direction });
    let solution = solver
        .on_step(|step| {
            lowest.set(lowest.get().min(step.u[0].value() - floor));
            ControlFlow::Continue(())
        })
        .solve();
    (lowest.get(), solution.map(|solution| solution.end()[0].value() - floor))
}

/// Four floors, ten restitutions, three ways to start and to solve: 120 balls, each with three kinds of tolerances.
#[test]
fn a_hundred_and_twenty_balls_come_to_rest() {
    let methods: [(AnyMethod<f64, Ball>, f64, [f64; 2]); 3] = [
        (AnyMethod::new(Tsit5), 1e-6, [2.0, 0.0]),
        (AnyMethod::new(BS3), 1e-3, [0.5, 1.0]),
        (AnyMethod::new(Vern7), 1e-11, [10.0, -3.0]),
    ];
    for (method, tolerance, [height, speed]) in methods {
        for floor in [0.0, -1.0, 1.0, 10.0] {
            for tenths in 0..10 {
                let keeps = f64::from(tenths) / 10.0;
                let start = (height, speed, floor, keeps);
                let (lowest, end) = solve(method.clone(), start, within(tolerance), Direction::Falling);
                let Err(Error::Events { event: 0, t, .. }) = end else {
                    panic!("{start:?}: {end:?}");
                };
                // The last bounce that can be told from rounding is 64 times higher than that, which is a few units in
                // the last place of the floor's height: some 1e-12. It takes 1e-6, those that follow 1 / (1 - e) times
                // as long.
                let expected = limit(height, speed, keeps);
                assert!((t - expected).abs() < 3e-6 / (1.0 - keeps), "{start:?}: {t} and not {expected}");
                // Parabolas are exact for all three: rounding, a few units in the last place of height and floor.
                assert!(lowest > -1e-13 * (1.0 + floor.abs()), "{start:?}: {lowest:e}");
            }
        }
    }
}

/// The same in single precision, backwards in time, for either direction of the condition, and by steps of fixed size: none
/// ends below its floor.
#[test]
fn no_ball_falls_through_a_floor() {
    let fixed =
        |dt| Options { dt: Some(dt), controller: Arc::new(Fixed), max_steps: 20_000, ..Options::default() };
    for floor in [0.0, -1.0, 1.0, 10.0] {
        for tenths in 0..10 {
            let keeps = f64::from(tenths) / 10.0;
            let start = (2.0, 1.0, floor, keeps);
            let expected = limit(2.0, 1.0, keeps);
            for method in AnyMethod::<f32, Ball>::all() {
                let Facts { name, order, control_exponent, .. } = method.facts();
                let options = if control_exponent.is_some() { within(1e-4) } else { fixed(0.02) };
                let (lowest, end) = solve(method, start, options, Direction::Falling);
                // Rounding is 1e-6 at a height of ten, the weights of Vern6 (up to 176) multiply it; steps of low order
                // end where their error allows.
                assert!(lowest > -1e-3, "{name}, {start:?}: {lowest:e}");
                match end {
                    // What Euler's method bounces by is as high as its steps are long.
                    Ok(height) => assert!(order == 1 && height > -1e-3, "{name}, {start:?}: {height}"),
                    Err(Error::Events { t, .. }) => {
                        assert!(
                            order == 1 || (t - expected).abs() < 0.1 / (1.0 - keeps),
                            "{name}, {start:?}: {t}"
                        );
                    }
                    Err(error) => panic!("{name}, {start:?}: {error}"),
                }
            }
            for method in AnyMethod::<f64, Ball>::all().into_iter().filter(|method| method.facts().order > 1)
            {
                let name = method.facts().name;
                let (lowest, end) = solve(method, start, fixed(0.3), Direction::Both);
                assert!(lowest > -1e-11, "{name}, {start:?}: {lowest:e}");
                assert!(
                    matches!(end, Err(Error::Events { t, .. }) if (t - expected).abs() < 1e-5),
                    "{name}: {end:?}"
                );
            }
        }
    }
}

/// A ball that is told how to rest rests, and what lifts it later lets it bounce again.
#[test]
fn what_is_told_how_to_rest_rests() {
    let fall = |du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 2], _: f64| *du = [u[1], -p[0]];
    for floor in [0.0, -1.0, 1.0, 10.0] {
        for tenths in 0..10 {
            let keeps = f64::from(tenths) / 10.0;
            let expected = limit(2.0, 0.0, keeps);
            let again = expected + 1.0;
            let problem = OdeProblem::from_fn(fall, [floor + 2.0, 0.0], (0.0, again + 0.5), [GRAVITY, keeps]);
            let bounce = || {
                let height = move |u: &[f64; 2], _: &[f64; 2], _: f64| u[0] - floor;
                Crossing::new(height, |u: &mut [f64; 2], p: &mut [f64; 2], _: f64| u[1] *= -p[1]).falling()
            };
            let rests = bounce().at_rest(move |u: &mut [f64; 2], p: &mut [f64; 2], _: f64| {
                (*u, p[0]) = ([floor, 0.0], 0.0);
            });
            let lift = Preset::new([again], |u: &mut [f64; 2], p: &mut [f64; 2], _: f64| {
                (u[1], p[0]) = (3.0, GRAVITY);
            });
            let solver = problem.solver(Tsit5).save_at(Grid::points([again])).event(rests).event(lift);
            let solution = solver.solve().unwrap();
            assert_eq!(solution.values(), [floor, 0.0]);
            let lifted = solution.events().iter().position(|event| event.event == 1).unwrap();
            assert_eq!(lifted + 1, solution.events().len());
            // As far as the last bounces are from the limit, as above.
            let rested = solution.events()[lifted - 1].t;
            assert!((rested - expected).abs() < 3e-6 / (1.0 - keeps), "{floor}, {keeps}: {rested}");
            // Half a second upwards from the floor: a parabola.
            let height = solution.end()[0] - floor;
            assert!((height - (1.5 - 0.125 * GRAVITY)).abs() < 1e-12 * (1.0 + floor.abs()), "{height}");

            let ended = problem.solver(Tsit5).event(bounce().ends_at_rest()).solve().unwrap();
            assert!((ended.end_time() - expected).abs() < 3e-6 / (1.0 - keeps), "{}", ended.end_time());
            assert!((ended.end()[0] - floor).abs() < 1e-12 * (1.0 + floor.abs()));
        }
    }
    // A rest that changes nothing is none.
    let problem = OdeProblem::from_fn(fall, [2.0, 0.0], (0.0, 50.0), [GRAVITY, 0.5]);
    let floor = Crossing::new(
        |u: &[f64; 2], _: &[f64; 2], _: f64| u[0],
        |u: &mut [f64; 2], _: &mut [f64; 2], _: f64| {
            u[1] *= -0.5;
        },
    );
    let nothing = floor.at_rest(|_: &mut [f64; 2], _: &mut [f64; 2], _: f64| ());
    let error = problem.solver(Tsit5).event(nothing).solve().unwrap_err();
    assert!(matches!(error, Error::Events { event: 0, .. }), "{error}");
    assert!(error.to_string().contains("at_rest"), "{error}");
}

/// What an effect lets through goes through: a counter changes nothing, and a pane of glass takes half of the speed.
#[test]
fn what_passes_through_is_not_at_rest() {
    let fall = |du: &mut [f64; 3], u: &[f64; 3], _: &(), _: f64| *du = [u[1], -GRAVITY, 0.0];
    for level in [0.0, -1.0, 1.0, 10.0] {
        for slows in [1.0, 0.5, 1e-3, 1e-6] {
            let pane = Crossing::new(
                move |u: &[f64; 3], _: &(), _: f64| u[0] - level,
                move |u: &mut [f64; 3], _: &mut (), _: f64| (u[1], u[2]) = (slows * u[1], u[2] + 1.0),
            );
            let problem = OdeProblem::from_fn(fall, [level + 2.0, 0.0, 0.0], (0.0, 1.0), ());
            for pane in [pane.clone(), pane.falling()] {
                let solution = problem.solver(Tsit5).event(pane).solve().unwrap();
                let (landing, [height, _, count]) = ((4.0 / GRAVITY).sqrt(), *solution.end());
                let since = 1.0 - landing;
                let expected = -slows * GRAVITY * landing * since - 0.5 * GRAVITY * since * since;
                assert_eq!(count, 1.0);
                assert!((height - level - expected).abs() < 1e-12 * (1.0 + level.abs()), "{level}, {slows}");
            }
        }
    }
}

/// The ball meets a table that moves up and down, and keeps a part of its speed against that.
struct Table {
    amplitude: f64,
    frequency: f64,
}
impl<T: Real> Event<T, Ball> for Table {
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Crossing(Direction::Falling)
    }
    fn condition(&self, u: &[T; 2], _p: &[T; 2], t: T) -> T {
        u[0] - (t * T::lit(self.frequency)).sin() * T::lit(self.amplitude)
    }
    fn affect(&self, u: &mut [T; 2], p: &mut [T; 2], t: T) -> ControlFlow<()> {
        let speed = (t * T::lit(self.frequency)).cos() * T::lit(self.amplitude * self.frequency);
        u[1] = speed - p[1] * (u[1] - speed);
        ControlFlow::Continue(())
    }
}

/// What lies on a table that moves slower than it falls is at rest as on a floor: the slope of a condition is that of a moment,
/// however the table bends meanwhile.
#[test]
fn no_ball_falls_through_a_table_that_moves() {
    for (amplitude, frequency) in [(0.1, 3.0), (0.3, 5.0), (0.02, 20.0), (0.5, 2.0)] {
        for tenths in [0, 3, 6, 9] {
            for (height, tolerance) in [(0.7, 1e-4), (0.7, 1e-8), (2.0, 1e-4), (2.0, 1e-8)] {
                let keeps = f64::from(tenths) / 10.0;
                let problem = OdeProblem::new(Ball, [height, 0.0], (0.0, 6.0), [GRAVITY, keeps]);
                let mut lowest = f64::INFINITY;
                let solver =
                    problem.solver(Tsit5).options(within(tolerance)).event(Table { amplitude, frequency });
                let solution = solver
                    .on_step(|step| {
                        let table = amplitude * (frequency * step.interval.end).sin();
                        lowest = lowest.min(step.u[0] - table);
                        ControlFlow::Continue(())
                    })
                    .solve();
                let what =
                    format!("{amplitude}, {frequency}, {keeps}, {height}, {tolerance:e}: {solution:?}");
                assert!(solution.is_ok() || matches!(solution, Err(Error::Events { .. })), "{what}");
                // Rounding: parabolas are exact.
                assert!(lowest > -1e-12, "{lowest:e}, {what}");
            }
        }
    }
}
