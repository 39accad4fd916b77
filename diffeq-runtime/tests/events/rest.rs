//! Events that accumulate: a ball that comes to rest is an error that says when, and never falls through the floor.

use crate::common::Ball;
use diffeq_runtime::error::Error;
use diffeq_runtime::integrate::*;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::real::Real;
use diffeq_runtime::space::Tolerances;
use diffeq_runtime::stepper::*;
use std::ops::ControlFlow;

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
