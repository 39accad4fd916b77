//! Crossings and given times: where they are, in the order in which they come, with exact derivatives.

use crate::common::Ball;
use crate::common::Oscillator;
use diffeq_runtime::error::Error;
use diffeq_runtime::integrate::*;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::real::Dual;
use diffeq_runtime::real::Real;
use diffeq_runtime::stepper::*;
use std::f64::consts::PI;
use std::ops::ControlFlow;
use testkit::ball::Dropped;

/// The ball meets the floor, and keeps `p[1]` of its speed.
struct Bounce;
impl<T: Real> Event<T, Ball> for Bounce {
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Crossing(Direction::Falling)
    }
    fn condition(&self, u: &[T; 2], _p: &[T; 2], _t: T) -> T {
        u[0]
    }
    fn affect(&self, u: &mut [T; 2], p: &mut [T; 2], _t: T) -> ControlFlow<()> {
        u[1] = -p[1] * u[1];
        ControlFlow::Continue(())
    }
}

/// The closed form of the bouncing ball, dropped from `height`: the times of its bounces, and its state at `t`, which
/// must lie before the limit of the bounces (12.85 for the ball below).
fn bouncing<T: Real>(height: T, gravity: T, keeps: T, t: f64) -> (Vec<f64>, [T; 2]) {
    let ball = Dropped { height, gravity, keeps };
    (ball.bounces(t).iter().map(|[time, _]| time.value()).collect(), ball.at(t))
}

#[test]
fn a_bouncing_ball_is_its_closed_form() {
    let bounces = |method: &AnyMethod<f64, Ball>| {
        let Facts { order, control_exponent, .. } = method.facts();
        control_exponent.is_some() && order > 2
    };
    for method in AnyMethod::all().into_iter().filter(bounces) {
        let name = method.facts().name;
        let problem = OdeProblem::new(Ball, [10.0, 0.0], (0.0, 11.0), [9.81, 0.8]);
        let solution = problem.solver(method).tolerances(1e-9, 1e-9).event(Bounce).solve().unwrap();
        let (times, end) = bouncing(10.0, 9.81, 0.8, 11.0);
        assert_eq!(solution.events().len(), times.len(), "{name}");
        for (event, t) in solution.events().iter().zip(&times) {
            // A parabola is exact for these methods: what remains is rounding, which the weights of Vern6 (up to 176)
            // multiply most.
            assert!((event.t - t).abs() < 1e-9, "{name}: {} and not {t}", event.t);
        }
        for (found, expected) in solution.end().iter().zip(&end) {
            assert!((found - expected).abs() < 1e-8, "{name}: {found} and not {expected}");
        }
    }
}

#[test]
fn a_step_as_long_as_the_span_still_meets_each_bounce() {
    let problem = OdeProblem::new(Ball, [10.0, 0.0], (0.0, 11.0), [9.81, 0.8]);
    let solution = problem.solver(RK4).fixed(11.0).event(Bounce).solve().unwrap();
    let (times, end) = bouncing(10.0, 9.81, 0.8, 11.0);
    assert_eq!(solution.events().len(), times.len());
    assert!((solution.end()[0] - end[0]).abs() < 1e-8);
    assert!(solution.states().all(|u| u[0] > -1e-12));
}

/// Height, gravity and bounciness carry tangents through every bounce: equal to those of the closed form.
#[test]
fn tangents_pass_through_bounces() {
    type D = Dual<f64, 3>;
    let [height, gravity, keeps] = D::variables([10.0, 9.81, 0.8]);
    let problem = OdeProblem::<_, D>::new(Ball, [height, D::ZERO], (0.0, 6.0), [gravity, keeps]);
    let solution = problem.solver(Tsit5).tolerances(1e-9, 1e-9).event(Bounce).solve().unwrap();
    let (times, end) = bouncing(height, gravity, keeps, 6.0);
    assert_eq!(solution.events().len(), times.len());
    assert!(times.len() >= 2);
    for (found, expected) in solution.end().iter().zip(&end) {
        for (found, expected) in found.tangents.iter().zip(&expected.tangents) {
            // Rounding, relative to tangents of some tens, through two bounces.
            assert!((found - expected).abs() < 1e-10 * (1.0 + expected.abs()), "{found} and not {expected}");
        }
    }
}

/// All reals that a nested dual number consists of.
trait Parts: Real {
    fn parts(self) -> Vec<f64>;
}
impl Parts for f64 {
    fn parts(self) -> Vec<f64> {
        vec![self]
    }
}
impl<T: Parts, const K: usize> Parts for Dual<T, K> {
    fn parts(self) -> Vec<f64> {
        [self.primal].into_iter().chain(self.tangents).flat_map(T::parts).collect()
    }
}

/// A fall that leaves the time of its landing in `u[2]`.
#[derive(Clone, Copy)]
struct Fall;
impl diffeq_runtime::problem::Model for Fall {}
impl<T: Real> diffeq_runtime::problem::System<T> for Fall {
    type State = [T; 3];
    type Params = [T; 1];
}
impl<T: Real> diffeq_runtime::problem::Rhs<T> for Fall {
    fn rhs(&self, du: &mut [T; 3], u: &[T; 3], p: &[T; 1], _t: T) {
        *du = [u[1], -p[0], T::ZERO];
    }
}
struct Landing;
impl<T: Real> Event<T, Fall> for Landing {
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Crossing(Direction::Falling)
    }
    fn condition(&self, u: &[T; 3], _p: &[T; 1], _t: T) -> T {
        // Not a polynomial: its slope is where a difference would miss.
        u[0].exp_m1() * u[1].scale(0.1).cosh()
    }
    fn affect(&self, u: &mut [T; 3], _p: &mut [T; 1], t: T) -> ControlFlow<()> {
        u[2] = t;
        ControlFlow::Break(())
    }
}

/// The landing and three bounces, with all derivatives that `T` carries, against their closed forms.
fn derivatives_of_landing_and_bounces<T: Parts>(height: T, gravity: T, keeps: T) {
    let near = |what: &str, found: T, expected: T| {
        let expected = expected.parts();
        let size = expected.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
        for (found, expected) in found.parts().iter().zip(&expected) {
            // The method follows a parabola exactly: rounding, a few hundred operations of it.
            assert!((found - expected).abs() < 1e-12 * size, "{what}: {found} and not {expected}");
        }
    };
    let problem = OdeProblem::<_, T>::new(Fall, [height, T::ZERO, T::ZERO], (0.0, 6.0), [gravity]);
    let solution = problem.solver(Tsit5).tolerances(1e-9, 1e-9).event(Landing).solve().unwrap();
    let landing = (height.scale(2.0) / gravity).sqrt();
    near("landing", solution.end()[2], landing);
    near("speed", solution.end()[1], -gravity * landing);

    let problem = OdeProblem::<_, T>::new(Ball, [height, T::ZERO], (0.0, 6.5), [gravity, keeps]);
    let solution = problem.solver(Tsit5).tolerances(1e-9, 1e-9).event(Bounce).solve().unwrap();
    let (times, end) = bouncing(height, gravity, keeps, 6.5);
    assert_eq!(times.len(), 3);
    near("height", solution.end()[0], end[0]);
    near("speed", solution.end()[1], end[1]);
}

#[test]
fn derivatives_through_crossings_are_exact_up_to_the_fourth() {
    // A number here has 256 parts, and code without optimisation gives each that it computes a place of its own on the stack:
    // more than the two megabytes that a test has.
    std::thread::Builder::new().stack_size(16 << 20).spawn(up_to_the_fourth).unwrap().join().unwrap();
}

fn up_to_the_fourth() {
    type First = Dual<f64, 3>;
    type Second = Dual<First, 3>;
    let numbers = [10.0, 9.81, 0.8];
    let [height, gravity, keeps] = First::variables(numbers);
    derivatives_of_landing_and_bounces(height, gravity, keeps);
    let second = [height, gravity, keeps];
    let [height, gravity, keeps] = Second::variables(second);
    derivatives_of_landing_and_bounces(height, gravity, keeps);
    let third = [height, gravity, keeps];
    let [height, gravity, keeps] = Dual::<Second, 3>::variables(third);
    derivatives_of_landing_and_bounces(height, gravity, keeps);
    let fourth = [height, gravity, keeps];
    let [height, gravity, keeps] = Dual::<Dual<Second, 3>, 3>::variables(fourth);
    derivatives_of_landing_and_bounces(height, gravity, keeps);
}

/// A solution and a condition that are no polynomials, in a model that depends on time: `u' = p cos(t) u` passes
/// `u = 2` at `t = asin(ln(2 / u0) / p)`.
#[test]
fn second_derivatives_of_a_crossing_time() {
    type Second = Dual<Dual<f64, 2>, 2>;
    let swing = |du: &mut [Second; 2], u: &[Second; 2], p: &Second, t: Second| {
        *du = [*p * t.cos() * u[0], Second::ZERO];
    };
    let [u0, p] = Second::variables(Dual::variables([0.9, 1.3]));
    let problem = OdeProblem::from_fn(swing, [u0, Second::ZERO], (0.0, 1.5), p);
    let passes = Crossing::new(
        |u: &[Second; 2], _: &Second, _| u[0] * u[0] - Second::lit(4.0),
        |u: &mut [Second; 2], _: &mut Second, t| u[1] = t,
    );
    let solution = problem.solver(Vern9).tolerances(1e-14, 1e-14).event(passes.terminal()).solve().unwrap();
    let expected = ((Second::lit(2.0) / u0).ln() / p).asin().parts();
    for (found, expected) in solution.end()[1].parts().iter().zip(&expected) {
        // The tolerances, and what the method of order 9 leaves in second derivatives.
        assert!((found - expected).abs() < 1e-11, "{found} and not {expected}");
    }
}

#[test]
fn roots_of_the_solution_are_found_from_either_side() {
    let problem = OdeProblem::new(Oscillator, [0.0, 1.0], (0.0, 10.0), ());
    let crossing = || Crossing::new(|u: &[f64; 2], _: &(), _| u[0], |_: &mut [f64; 2], _: &mut (), _| ());
    let times = |solution: Solution<[f64; 2], f64>| solution.events().iter().map(|e| e.t).collect::<Vec<_>>();
    let solver = || problem.solver(Tsit5).tolerances(1e-11, 1e-11);
    let both = times(solver().event(crossing()).solve().unwrap());
    // The start is a zero of the condition as well, and none that the solve passes through.
    let expected = [PI, 2.0 * PI, 3.0 * PI];
    assert_eq!(both.len(), 3, "{both:?}");
    assert!(both.iter().zip(&expected).all(|(t, e)| (t - e).abs() < 1e-8), "{both:?}");
    assert_eq!(times(solver().event(crossing().rising()).solve().unwrap()).len(), 1);
    assert_eq!(times(solver().event(crossing().falling()).solve().unwrap()).len(), 2);
    // Backwards, rising is seen along the solve.
    let back = problem.remake().span((10.0, 0.0)).u0([10.0_f64.sin(), 10.0_f64.cos()]);
    let solution = back.solver(Tsit5).tolerances(1e-11, 1e-11).event(crossing().rising()).solve().unwrap();
    assert_eq!(times(solution).len(), 2);
}

/// A condition that passes through zero and is back soon, within a small part of a step, wherever in the steps that is.
#[test]
fn short_visits_to_the_other_side_are_seen() {
    let mut wrong = Vec::new();
    for depth in [1e-2, 1e-3, 1e-4, 1e-5, -1e-5, -1e-3] {
        // u = cos(t - phase) is below -1 + depth around phase + π and phase + 3π; the phase moves that through the steps.
        for phase in (0..20).map(|i| 0.1 * f64::from(i)) {
            let u0 = [phase.cos(), phase.sin()];
            let problem = OdeProblem::new(Oscillator, u0, (0.0, 13.0), ());
            let depth_of = move |u: &[f64; 2], _: &(), _: f64| u[0] + 1.0 - depth;
            let below = || Crossing::new(depth_of, |_: &mut [f64; 2], _: &mut (), _| {});
            let solver = || problem.solver(Vern9).tolerances(1e-9, 1e-9);
            let half = (1.0 - depth.max(0.0)).acos();
            let visits = [1.0, 3.0].map(|n| phase + n * PI);
            for (way, solution) in [
                ("both", solver().event(below()).solve()),
                ("falling", solver().event(below().falling()).solve()),
                ("rising", solver().event(below().rising()).solve()),
            ] {
                let found: Vec<f64> = solution.unwrap().events().iter().map(|event| event.t).collect();
                let sides = match way {
                    "both" => &[-1.0, 1.0][..],
                    "falling" => &[-1.0],
                    _ => &[1.0],
                };
                let all = visits.iter().flat_map(|at| sides.iter().map(move |side| at + side * half));
                let want: Vec<f64> = all.filter(|t| depth > 0.0 && *t < 13.0).collect();
                // The slope at the crossing, sin(half), divides the error of the state, ten tolerances.
                let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-8 / half.sin();
                if found.len() != want.len() || !found.iter().zip(&want).all(near) {
                    wrong.push(format!("{way}, depth {depth:e}, phase {phase:.1}: {found:?} for {want:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_terminal_event_ends_the_solve() {
    let problem = OdeProblem::new(Ball, [10.0, 0.0], (0.0, 11.0), [9.81, 0.8]);
    let floor = Crossing::new(|u: &[f64; 2], _: &_, _| u[0], |_: &mut _, _: &mut [f64; 2], _| ()).terminal();
    let solution = problem.solver(Vern7).event(floor).save_at(Grid::step(0.5)).solve().unwrap();
    let landing = (20.0_f64 / 9.81).sqrt();
    assert!((solution.end_time() - landing).abs() < 1e-12);
    assert!(solution.end()[0].abs() < 1e-12);
    assert_eq!(solution.times(), [0.0, 0.5, 1.0]);
}

#[test]
fn doses_come_when_they_should() {
    // Decay with a dose of one at each whole time: u(n) before the dose is the sum of a geometric series.
    let decay =
        OdeProblem::from_fn(|du: &mut f64, u: &f64, p: &f64, _: f64| *du = -p * u, 1.0, (0.0, 5.5), 1.0);
    let dose = |u: &mut f64, _: &mut f64, _: f64| *u += 1.0;
    let q = (-1.0_f64).exp();
    let expected = (0..6).map(|n| q.powi(n)).sum::<f64>() * (-0.5_f64).exp();
    let solver = || decay.solver(Vern6).tolerances(1e-10, 1e-12);
    let periodic = solver().event(Periodic::new(1.0, dose)).solve().unwrap();
    let preset = solver().event(Preset::new([3.0, 1.0, 2.0, 5.0, 4.0], dose)).solve().unwrap();
    for solution in [&periodic, &preset] {
        assert_eq!(solution.events().iter().map(|e| e.t).collect::<Vec<_>>(), [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!((solution.end() - expected).abs() < 1e-9);
        // Where every step is saved, both sides of a dose are.
        let at_one: Vec<_> = solution.iter().filter(|(t, _)| *t == 1.0).map(|(_, u)| u).collect();
        assert_eq!(at_one.len(), 2);
        assert_eq!(at_one[1], at_one[0] + 1.0);
    }
    // A grid keeps the side before.
    let grid = solver().event(Periodic::new(1.0, dose)).save_at(Grid::points([1.0])).solve().unwrap();
    assert!((grid.values()[0] - q).abs() < 1e-9);
    // At the start, the dose comes before the first step.
    let at_start = solver().event(Preset::new([0.0], dose)).save_at(Grid::count(2)).solve().unwrap();
    assert_eq!(at_start.values()[0], 1.0);
    assert!((at_start.values()[1] - 2.0 * (-5.5_f64).exp()).abs() < 1e-9);
}

/// Every tenth, in decimals that binary numbers round: the end of the span is one of the times in either direction.
#[test]
fn periods_that_fill_the_span_come_at_its_end_too() {
    let rest = OdeProblem::from_fn(|du: &mut f64, _: &f64, _: &(), _: f64| *du = 0.0, 0.0, (0.0, 1.0), ());
    let count = Periodic::new(0.1, |u: &mut f64, _: &mut (), _: f64| *u += 1.0);
    for (span, times) in
        [((0.0, 0.3), 3), ((0.0, 1.0), 10), ((0.3, 0.0), 3), ((0.1, 0.8), 7), ((0.0, 0.29), 2)]
    {
        let problem = rest.remake().span(span);
        let solution = problem.solver(Tsit5).event(count.clone()).solve().unwrap();
        assert_eq!((solution.events().len(), *solution.end()), (times, times as f64), "{span:?}");
        if times != 2 {
            assert_eq!(solution.events()[times - 1].t, span.1);
        }
    }
}

#[test]
fn parameters_change_and_discrete_events_see_every_step() {
    // The rate doubles once the state is below a half.
    let decay =
        OdeProblem::from_fn(|du: &mut f64, u: &f64, p: &f64, _: f64| *du = -p * u, 1.0, (0.0, 2.0), 1.0);
    let switch = Crossing::new(|u: &f64, _: &f64, _| u - 0.5, |_: &mut f64, p: &mut f64, _| *p = 2.0);
    let solution = decay.solver(DP5).tolerances(1e-10, 1e-12).event(switch).solve().unwrap();
    let expected = 0.5 * (-2.0 * (2.0 - 2.0_f64.ln())).exp();
    assert!((solution.end() - expected).abs() < 1e-9, "{} and not {expected}", solution.end());
    let low = Discrete::new(|u: &f64, _: &f64, _| *u < 0.5, |u: &mut f64, _: &mut f64, _| *u = 1.0);
    let solution = decay.solver(DP5).fixed(0.1).event(low).solve().unwrap();
    // ln 2 = 0.69: after every seventh step of a tenth.
    let times: Vec<_> = solution.events().iter().map(|e| (e.t * 10.0).round()).collect();
    assert_eq!(times, [7.0, 14.0]);
}

#[test]
fn several_events_keep_their_order() {
    let problem = OdeProblem::new(Oscillator, [0.0, 1.0], (0.0, 3.0), ());
    let nothing = |_: &mut [f64; 2], _: &mut (), _: f64| ();
    let solution = problem
        .solver(Tsit5)
        .tolerances(1e-10, 1e-10)
        .event(Crossing::new(|u: &[f64; 2], _: &(), _| u[1], nothing))
        .event(Crossing::new(|u: &[f64; 2], _: &(), _| u[0] - 0.5, nothing))
        .event(Preset::new([1.0], nothing))
        .solve()
        .unwrap();
    let events: Vec<_> = solution.events().iter().map(|e| e.event).collect();
    assert_eq!(events, [1, 2, 0, 1]);
}

/// Two balls above one another, with gravities in the same relation as their heights: they land at the same times, but
/// for rounding.
#[test]
fn bounces_at_the_same_time_all_take_place() {
    let fall = |du: &mut [f64; 4], u: &[f64; 4], p: &[f64; 2], _: f64| *du = [u[1], -p[0], u[3], -p[1]];
    for scale in [1.0, 1.1, 0.37, 3.0, 1e3] {
        let (start, p) = ([1.0, 0.0, scale, 0.0], [9.81, 9.81 * scale]);
        let problem = OdeProblem::from_fn(fall, start, (0.0, 2.0), p);
        let first = |u: &[f64; 4], _: &[f64; 2], _| u[0];
        let second = |u: &[f64; 4], _: &[f64; 2], _| u[2];
        let solution = problem
            .solver(Tsit5)
            .event(Crossing::new(second, |u: &mut [f64; 4], _: &mut _, _| u[3] *= -0.9).falling())
            .event(Crossing::new(first, |u: &mut [f64; 4], _: &mut _, _| u[1] *= -0.9).falling())
            .solve()
            .unwrap();
        let (times, end) = bouncing(1.0, 9.81, 0.9, 2.0);
        for event in [0, 1] {
            let found: Vec<_> = solution.events().iter().filter(|e| e.event == event).map(|e| e.t).collect();
            assert_eq!(found.len(), times.len(), "{scale}: {found:?}");
            // Parabolas are exact: rounding, multiplied by a few bounces.
            assert!(found.iter().zip(&times).all(|(t, e)| (t - e).abs() < 1e-12), "{scale}: {found:?}");
        }
        let expected = [end[0], end[1], scale * end[0], scale * end[1]];
        for (found, expected) in solution.end().iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-11 * (1.0 + scale), "{scale}: {found} and not {expected}");
        }
        assert!(scale != 1.0 || solution.events().chunks(2).all(|pair| pair[0].event == 0));
    }
}

#[test]
fn a_condition_given_twice_is_met_twice_each_time() {
    let problem = OdeProblem::new(Oscillator, [0.0, 1.0], (0.1, 20.0), ());
    let nothing = |_: &mut [f64; 2], _: &mut (), _: f64| ();
    let condition = |u: &[f64; 2], _: &(), _| u[0] - 0.3;
    let event = || Crossing::new(condition, nothing);
    macro_rules! methods {
        ($($method:ident)*) => { $(
            let solution = problem.solver($method).event(event()).event(event()).solve().unwrap();
            let pairs: Vec<_> = solution.events().chunks(2).collect();
            // 0.3 is passed twice in each of three turns, and once more in the rest.
            assert_eq!(pairs.len(), 7, "{:?}", solution.events());
            let same = |pair: &[Occurrence]| (pair[0].event, pair[1].event) == (0, 1) && pair[0].t == pair[1].t;
            assert!(pairs.into_iter().all(same), "{:?}", solution.events());
        )* };
    }
    methods!(Heun Tsit5 Vern7);
    // Reflected twice at the same place, the ball goes on falling, and meets the floor no more.
    let ball = OdeProblem::new(Ball, [1.0, 0.0], (0.0, 2.0), [9.81, 0.8]);
    let solution = ball.solver(Tsit5).event(Bounce).event(Bounce).solve().unwrap();
    assert_eq!(solution.events().len(), 2);
    assert!(solution.end()[0] < -1.0);
}

/// However near to one another: the interpolants of the two components err by more than their distance.
#[test]
fn crossings_near_to_one_another_are_met_at_their_own_times() {
    let problem = OdeProblem::new(Oscillator, [0.0, 1.0], (0.0, 1.5), ());
    for n in 1..17 {
        for distance in [10.0_f64.powi(-n), -10.0_f64.powi(-n)] {
            let sizes = std::cell::RefCell::new(vec![]);
            let event = |i: usize, level: f64| {
                let condition = move |u: &[f64; 2], _: &(), _: f64| u[i] - level;
                let sizes = &sizes;
                let note = move |u: &mut [f64; 2], _: &mut (), _: f64| sizes.borrow_mut().push(u[i] - level);
                Crossing::new(condition, note)
            };
            // The sine is 0.6 where the cosine is 0.8.
            let (first, second) = (event(0, 0.6), event(1, 0.8 + distance));
            let solution = problem.solver(RK4).fixed(0.25).event(first).event(second).solve().unwrap();
            let mut events: Vec<_> = solution.events().iter().map(|e| e.event).collect();
            events.sort_unstable();
            assert_eq!(events, [0, 1], "{distance:e}");
            // Each is where its own condition is zero, but for rounding in Newton's method and in the clock.
            assert!(sizes.borrow().iter().all(|size| size.abs() < 1e-13), "{distance:e}: {sizes:?}");
        }
    }
}

#[test]
fn bounces_that_accumulate_are_an_error_and_not_a_hang() {
    // The first fall, and then a geometric series of bounces.
    let problem = OdeProblem::new(Ball, [10.0, 0.0], (0.0, 15.0), [9.81, 0.5]);
    let error = problem.solver(Tsit5).event(Bounce).solve().unwrap_err();
    let limit = (20.0_f64 / 9.81).sqrt() * 1.5 / 0.5;
    assert!(matches!(error, Error::Events { t, .. } if (t - limit).abs() < 1e-9), "{error}");
    let stuck = Crossing::new(|u: &f64, _: &(), _| *u, |_: &mut f64, _: &mut (), _| ());
    let rest = OdeProblem::from_fn(|du: &mut f64, _: &f64, _: &(), _: f64| *du = 0.0, 0.0, (0.0, 1.0), ());
    assert!(rest.solver(Tsit5).event(stuck).solve().unwrap().events().is_empty());
}

#[test]
fn bad_events_are_refused() {
    let problem = OdeProblem::new(Oscillator, [0.0, 1.0], (0.0, 3.0), ());
    let nothing = |_: &mut [f64; 2], _: &mut (), _: f64| ();
    for period in [0.0, -1.0, f64::NAN, 1e-9] {
        let error = problem.solver(Tsit5).event(Periodic::new(period, nothing)).solve().unwrap_err();
        assert!(matches!(error, Error::Option { option: "event", .. }), "{error}");
    }
    // However many steps there may be: times that the clock can't tell apart, or that no memory could list.
    let solver = || problem.solver(Tsit5).max_steps(usize::MAX);
    let error = solver().event(Periodic::new(1e-18, nothing)).solve().unwrap_err();
    assert!(matches!(error, Error::Option { option: "event", .. }), "{error}");
    let stop = Crossing::new(|_: &[f64; 2], _: &(), t| t - 5e-13, nothing).terminal();
    let solution = solver().event(Periodic::new(1e-13, nothing)).event(stop).solve().unwrap();
    assert!(matches!(solution.events().len(), 5 | 6), "{:?}", solution.events());
    let error = problem.solver(Tsit5).event(Preset::new([4.0], nothing)).solve().unwrap_err();
    assert!(matches!(error, Error::Time { t: 4.0, .. }), "{error}");
}
