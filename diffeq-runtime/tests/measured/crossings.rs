//! Crossings of a rough path, next to where a step starts.

use crate::models::*;
use diffeq_runtime::integrate::Crossing;
use diffeq_runtime::noise::SdeProblem;
use diffeq_runtime::stepper::*;

/// A path that starts next to a level crosses it sooner than the clock tells two times apart: a step ends as near to that as it can,
/// and the solve goes on.
///
/// Oracle: the ends of the steps, which were saved: on the level where an event is, as near as noise comes to it in the shortest
/// step, and otherwise on one side of it from event to event.
#[test]
fn a_crossing_next_to_the_start_of_a_step_is_one() {
    const P: [f64; 5] = [1.5, 1.0, 3.0, 1.0, 0.5];
    let (mut crossings, mut at_once) = (0, 0);
    macro_rules! look_at {
        ($solver:expr, $level:expr, $name:expr) => {{
            let level: f64 = $level;
            let event = Crossing::new(
                move |u: &[f64; 2], _: &[f64; 5], _: f64| u[0] - level,
                |_: &mut [f64; 2], _: &mut [f64; 5], _: f64| {},
            );
            let solution = $solver.event(event).solve().unwrap_or_else(|error| panic!("{}: {error}", $name));
            let events: Vec<f64> = solution.events().iter().map(|event| event.t).collect();
            crossings += events.len();
            at_once += usize::from(events.first().is_some_and(|t| *t < 1e-9));
            let mut sides = std::collections::BTreeMap::new();
            for (t, row) in solution.times().iter().zip(solution.rows()) {
                if events.contains(t) {
                    // Times apart by 1e-15, over which noise of 0.5 moves by some 1e-8.
                    assert!((row[0] - level).abs() < 1e-6, "{}: {} at {t}", $name, row[0]);
                } else if *t > 0.0 {
                    let before = events.iter().filter(|event| *event < t).count();
                    let side = *sides.entry(before).or_insert(row[0] > level);
                    assert_eq!(side, row[0] > level, "{} at {t}, events {events:?}", $name);
                }
            }
        }};
    }
    for off in [2e-16, 1e-14, 1e-12, 1e-10, -2e-16, -1e-14, -1e-12, -1e-10] {
        for trajectory in 0..25 {
            let level = 1.0 + off;
            let problem = SdeProblem::new(Predators, [1.0, 0.8], (0.0, 1.0), P).seed(4).trajectory(trajectory);
            let name = |method: &str| format!("{method}, trajectory {trajectory}, off by {off:e}");
            look_at!(problem.solver(SOSRI), level, name("SOSRI"));
            look_at!(problem.solver(EulerMaruyama).fixed(0.05), level, name("EulerMaruyama"));
        }
    }
    println!("{crossings} crossings, {at_once} of them at once");
    assert!(at_once > 50, "{at_once}");
}
