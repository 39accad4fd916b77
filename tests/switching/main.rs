//! Models that switch at times of their own: solutions and derivatives against formulas, which share nothing with the code.

mod hidden;

use diffeq::prelude::*;
use diffeq::problem::DenseVjp;
use diffeq::real::Dual;
use diffeq::real::Real;
use diffeq::sensitivity::Backsolve;
use diffeq::sensitivity::DiscreteAdjoint;
use diffeq::sensitivity::ForwardSensitivity;
use diffeq::sensitivity::GaussAdjoint;
use diffeq::sensitivity::Interpolating;
use diffeq::sensitivity::Quadrature;

/// An infusion at rate one from `p[1]` on, for a time `p[2]`, which decays at rate `p[0]`.
#[ode]
fn infusion(u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    let on = t >= p[1] && t < p[1] + p[2];
    [if on { 1.0 } else { 0.0 } - p[0] * u[0]]
}

/// What is there at `end`, of `u` at zero and of the infusion.
fn level<T: Real>(u: T, [decay, start, width]: [T; 3], end: f64) -> T {
    let end = T::lit(end);
    let left = |since: T| (-decay * since).exp();
    u * left(end) + (left(end - start - width) - left(end - start)) / decay
}

const P: [f64; 3] = [0.7, 1.3, 0.45];
type Four = Dual<f64, 4>;

fn wanted(end: f64) -> Four {
    let [u, decay, start, width] = Four::variables([0.5, P[0], P[1], P[2]]);
    level(u, [decay, start, width], end)
}

#[test]
fn every_gradient_knows_that_the_infusion_moves() {
    let problem = OdeProblem::new(infusion, [0.5], (0.0, 4.0), P);
    let want = wanted(4.0);
    let close = |got: [f64; 4], what: &str| {
        // The tolerances, some steps long.
        let off = got.iter().zip(want.tangents).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off < 1e-8, "{what}: {got:?} and not {:?}", want.tangents);
    };
    macro_rules! check {
        ($method:expr, $($adjoint:expr),*) => {
            let solver = problem.solver($method).tolerances(1e-11, 1e-11);
            assert!((solver.solve().unwrap().end()[0] - want.primal).abs() < 1e-9);
            $(
                let (_, mut pullback) = solver.vjp($adjoint).unwrap();
                let g = pullback.call(Cotangents::end(&[1.0])).unwrap();
                close([g.u0[0], g.p[0], g.p[1], g.p[2]], stringify!($method $adjoint));
            )*
            let (_, by_p) = solver.parameter_jacobian::<3>().unwrap();
            let (_, by_u) = solver.initial_jacobian::<1>().unwrap();
            let last = |column: &[f64]| column[column.len() - 1];
            let columns = [last(by_p.column(0)), last(by_p.column(1)), last(by_p.column(2))];
            close([last(by_u.column(0)), columns[0], columns[1], columns[2]], "dual numbers");
            let along = |i: usize| {
                let dot = |j: usize| if i == j { 1.0 } else { 0.0 };
                solver.jvp(&[dot(0)], &[dot(1), dot(2), dot(3)]).unwrap().1.end()[0]
            };
            close([along(0), along(1), along(2), along(3)], "jvp");
            let (_, by) = solver.sensitivities(ForwardSensitivity::default()).unwrap();
            let by_p = |i: usize| by.end_p.column(i)[0];
            close([by.end_u0.column(0)[0], by_p(0), by_p(1), by_p(2)], "sensitivities");
        };
        ($method:expr) => {
            check!(
                $method,
                DiscreteAdjoint::default(),
                GaussAdjoint::default(),
                Interpolating::default(),
                Quadrature::default(),
                Backsolve::default()
            );
        };
    }
    check!(Tsit5);
    check!(Vern9);
    check!(BS5);
}

/// What takes another way to the products knows of the times as well.
#[test]
fn a_wrapped_model_switches_where_the_model_does() {
    let want = wanted(4.0);
    let problem = OdeProblem::new(DenseVjp(infusion), [0.5], (0.0, 4.0), P);
    let solver = problem.solver(Tsit5).tolerances(1e-11, 1e-11);
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let g = pullback.call(Cotangents::end(&[1.0])).unwrap();
    for (got, want) in [g.u0[0], g.p[0], g.p[1], g.p[2]].iter().zip(want.tangents) {
        assert!((got - want).abs() < 1e-8, "{g:?} and not {:?}", wanted(4.0).tangents);
    }
}

#[test]
fn second_derivatives_pass_the_switches_too() {
    // Of the gradient that a reverse sweep gives over numbers with tangents.
    let [u, decay, start, width] = Four::variables([0.5, P[0], P[1], P[2]]);
    let problem = OdeProblem::new(infusion, [u], (0.0, 4.0), [decay, start, width]);
    let solver = problem.solver(Vern9).tolerances(1e-12, 1e-12);
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let gradient = pullback.call(Cotangents::end(&[Four::ONE])).unwrap();
    type Second = Dual<Four, 4>;
    let [u, decay, start, width] = Second::variables([u, decay, start, width]);
    let want = level(u, [decay, start, width], 4.0);
    let got = [gradient.u0[0], gradient.p[0], gradient.p[1], gradient.p[2]];
    for (got, want) in got.iter().zip(want.tangents) {
        for (got, want) in got.tangents.iter().zip(want.tangents) {
            assert!((got - want).abs() < 1e-8, "{got} and not {want}");
        }
    }
}

#[test]
fn steps_end_where_a_model_switches_and_nothing_else_changes() {
    let problem = OdeProblem::new(infusion, [0.5], (0.0, 4.0), P);
    let solution = problem.solver(Vern9).tolerances(1e-12, 1e-12).solve().unwrap();
    for time in [P[1], P[1] + P[2]] {
        assert_eq!(solution.times().iter().filter(|t| **t == time).count(), 1, "{:?}", solution.times());
    }
    assert!(solution.events().is_empty() && solution.stats().events == 0);
    // As accurate as two solves of a smooth equation; a method that steps over the jumps loses half of its digits.
    assert!((solution.end()[0] - wanted(4.0).primal).abs() < 1e-12);
    // Steps of fixed size end there as well, and keep their order.
    let error = |dt: f64| {
        let solution = problem.solver(RK4).fixed(dt).solve().unwrap();
        (solution.end()[0] - wanted(4.0).primal).abs()
    };
    let order = (error(0.1) / error(0.05)).log2();
    assert!((order - 4.0).abs() < 0.2, "{order}");
}

#[test]
fn backwards_in_time_it_is_the_same_infusion() {
    let end = wanted(4.0);
    let problem = OdeProblem::new(infusion, [end.primal], (4.0, 0.0), P);
    let solver = problem.solver(Vern9).tolerances(1e-13, 1e-13);
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    assert!((solution.end()[0] - 0.5).abs() < 1e-10);
    // `level(u, p) = end` says how `u` moves with `p`: by the implicit function theorem.
    let g = pullback.call(Cotangents::end(&[1.0])).unwrap();
    for i in 0..3 {
        let want = -end.tangents[1 + i] / end.tangents[0];
        assert!((g.p[i] - want).abs() < 1e-8, "{:?} and not {want}", g.p);
    }
}

/// Doses that begin at times of their own and go on.
#[derive(Components, Clone, Copy, Debug)]
struct Schedule {
    rate: f64,
    begins: [f64; 3],
}

#[ode]
fn scheduled(_u: &[f64; 1], p: &Schedule, t: f64) -> [f64; 1] {
    let mut sum = 0.0;
    for i in 0..3 {
        if t > p.begins[i] {
            sum += p.rate * (i + 1) as f64;
        }
    }
    [sum]
}

#[differentiable]
fn half(u: &[f64; 1]) -> f64 {
    u[0] - 0.5
}

/// The last dose begins later than was planned.
#[differentiable]
fn delay(_u: &mut [f64; 1], p: &mut Schedule) {
    p.begins[2] += 0.25;
}

#[test]
fn a_schedule_in_a_loop_has_a_switch_for_each_iteration() {
    let p = ScheduleOf { rate: 0.5, begins: [1.0, 2.0, 3.0] };
    let problem = OdeProblem::new(scheduled, [0.0], (0.0, 4.0), p);
    let solver = problem.solver(Tsit5);
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    // `sum_i rate i (4 - begins_i)`, of a right-hand side that is constant between the switches: exact.
    assert!((solution.end()[0] - 0.5 * (3.0 + 2.0 * 2.0 + 3.0)).abs() < 1e-13);
    let g = pullback.call(Cotangents::end(&[1.0])).unwrap().p;
    assert!((g.rate - 10.0).abs() < 1e-12);
    for (got, want) in g.begins.iter().zip([-0.5, -1.0, -1.5]) {
        assert!((got - want).abs() < 1e-12, "{g:?}");
    }
}

#[test]
fn an_event_that_moves_a_switch_moves_it() {
    let p = ScheduleOf { rate: 0.5, begins: [1.0, 2.0, 3.0] };
    let problem = OdeProblem::new(scheduled, [0.0], (0.0, 4.0), p);
    // A half is reached at `t = 2`, the second switch: just before it, for it not to be there.
    let problem = problem.remake().u0([0.1]);
    let solver = problem.solver(Tsit5).event(Crossing::of::<half, delay>());
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    assert!((solution.events()[0].t - 1.8).abs() < 1e-12);
    assert!((solution.end()[0] - (0.1 + 0.5 * (3.0 + 2.0 * 2.0 + 3.0 * 0.75))).abs() < 1e-12);
    let g = pullback.call(Cotangents::end(&[1.0])).unwrap();
    assert!((g.u0[0] - 1.0).abs() < 1e-12 && (g.p.begins[2] + 1.5).abs() < 1e-12);
    assert!((g.p.rate - (3.0 + 4.0 + 3.0 * 0.75)).abs() < 1e-12);
}

/// Two inflows that begin at times of their own.
#[ode]
fn two_inflows(_u: &[f64; 2], p: &[f64; 2], t: f64) -> [f64; 2] {
    [if t < p[0] { 0.0 } else { 1.0 }, if t < p[1] { 0.0 } else { 3.0 }]
}

/// The same time, written in two ways.
#[ode]
fn one_inflow(_u: &[f64; 2], p: &[f64; 1], t: f64) -> [f64; 2] {
    [if t < p[0] { 0.0 } else { 1.0 }, if t - p[0] >= 0.0 { 3.0 } else { 0.0 }]
}

#[test]
fn switches_that_fall_together_have_their_derivative_or_none() {
    let apart = OdeProblem::new(two_inflows, [0.0; 2], (0.0, 2.0), [0.5, 0.75]);
    let solver = apart.solver(Tsit5);
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let g = pullback.call(Cotangents::end(&[1.0, 1.0])).unwrap();
    assert!((g.p[0] + 1.0).abs() < 1e-13 && (g.p[1] + 3.0).abs() < 1e-13, "{g:?}");
    // Together, the slopes on either side do not tell one jump from the other.
    let together = OdeProblem::new(two_inflows, [0.0; 2], (0.0, 2.0), [0.5, 0.5]);
    let solver = together.solver(Tsit5);
    assert!((solver.solve().unwrap().end()[1] - 4.5).abs() < 1e-13);
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    assert!(pullback.call(Cotangents::end(&[1.0, 1.0])).is_err());
    let (_, mut pullback) = solver.vjp(GaussAdjoint::default()).unwrap();
    assert!(pullback.call(Cotangents::end(&[1.0, 1.0])).is_err());
    assert!(solver.jvp(&[0.0; 2], &[1.0, 0.0]).is_err());
    assert!(solver.parameter_jacobian::<2>().is_err());
    // Where they move as one there is nothing to tell apart.
    let (_, tangents) = solver.jvp(&[0.0; 2], &[1.0, 1.0]).unwrap();
    assert!((tangents.end()[0] + 1.0).abs() < 1e-13 && (tangents.end()[1] + 3.0).abs() < 1e-13);
    let one = OdeProblem::new(one_inflow, [0.0; 2], (0.0, 2.0), [0.5]);
    let solver = one.solver(Tsit5);
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    assert!((pullback.call(Cotangents::end(&[1.0, 1.0])).unwrap().p[0] + 4.0).abs() < 1e-13);
}

/// An inflow at rate one from `p[0]` on, by signs.
#[ode]
fn by_signs(_u: &[f64; 2], p: &[f64; 1], t: f64) -> [f64; 2] {
    [0.5 * (1.0 + (t - p[0]).signum()), 0.5 - 0.5_f64.copysign(p[0] - t)]
}

#[test]
fn a_sign_is_a_comparison_with_zero() {
    let problem = OdeProblem::new(by_signs, [0.0; 2], (0.0, 2.0), [0.7]);
    let solver = problem.solver(Tsit5);
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    for (i, weights) in [[1.0, 0.0], [0.0, 1.0]].into_iter().enumerate() {
        // Steps end at the jump, so that nothing but rounding is left.
        assert!((solution.end()[i] - 1.3).abs() < 1e-14, "{:?}", solution.end());
        let by_start = pullback.call(Cotangents::end(&weights)).unwrap().p[0];
        assert!((by_start + 1.0).abs() < 1e-14, "{i}: {by_start}");
    }
}

/// Kinks, where derivatives jump, and the jumps of absolute values and signs.
#[ode]
fn bends(_u: &[f64; 4], p: &f64, t: f64) -> [f64; 4] {
    [t.min(*p), (t - *p).max(0.0), if (t - 1.0).abs() < *p { 1.0 } else { 0.0 }, (t - *p).signum()]
}

/// Each an integral over (0, 3) by hand. Before its kink was a stop, the first was off by 1e-3 at every tolerance.
#[test]
fn kinks_and_absolute_values_are_switching_times() {
    let (p, end) = (0.7, 3.0);
    let rest = end - p;
    let values = [0.5 * p * p + p * rest, 0.5 * rest * rest, 2.0 * p, rest - p];
    let slopes = [rest, -rest, 2.0, -2.0];
    let problem = OdeProblem::new(bends, [0.0; 4], (0.0, end), p);
    let solver = problem.solver(Tsit5).tolerances(1e-6, 1e-6);
    let solution = solver.solve().unwrap();
    let (_, tangents) = solver.jvp(&[0.0; 4], &1.0).unwrap();
    let (_, by_p) = solver.parameter_jacobian::<1>().unwrap();
    for i in 0..4 {
        let unit = [0, 1, 2, 3].map(|j| if i == j { 1.0 } else { 0.0 });
        let discrete =
            solver.vjp(DiscreteAdjoint::default()).unwrap().1.call(Cotangents::end(&unit)).unwrap().p;
        let gauss = solver.vjp(GaussAdjoint::default()).unwrap().1.call(Cotangents::end(&unit)).unwrap().p;
        let column = by_p.column(0);
        let dual = column[column.len() - 4 + i];
        // Between the switches the slopes are lines, and those of the derivative constants: rounding remains.
        assert!(
            (solution.end()[i] - values[i]).abs() < 1e-12,
            "{i}: {} for {}",
            solution.end()[i],
            values[i]
        );
        for got in [discrete, gauss, tangents.end()[i], dual] {
            assert!((got - slopes[i]).abs() < 1e-12, "{i}: {got} for {}", slopes[i]);
        }
    }
}

/// An inflow that a float lets in, `p[0]` after it was planned otherwise: on from `p[0]` on, and the clock beside it.
#[ode]
fn let_in(_u: &[f64; 2], p: &[f64; 3], t: f64) -> [f64; 2] {
    [if t >= p[0] { 2.0 } else { 0.0 }, 1.0]
}

/// The same, which is still off at the time itself.
#[ode]
fn let_in_after(_u: &[f64; 2], p: &[f64; 3], t: f64) -> [f64; 2] {
    [if t > p[0] { 2.0 } else { 0.0 }, 1.0]
}

/// The clock comes to `p[1]`.
#[differentiable]
fn rung(u: &[f64; 2], p: &[f64; 3]) -> f64 {
    u[1] - p[1]
}

/// Lets it in now.
#[differentiable]
fn open(_u: &mut [f64; 2], p: &mut [f64; 3], t: f64) {
    p[0] = t;
}

/// Lets it in at a time that was given.
#[differentiable]
fn open_as_given(_u: &mut [f64; 2], p: &mut [f64; 3]) {
    p[0] = p[2];
}

/// An event that moves a switching time onto its own: `u(3) = 2 (3 - p[1] + u[1](0))`. What moves it there by chance may come before
/// the event or behind it.
#[test]
fn an_event_may_switch_a_model_where_it_takes_place() {
    macro_rules! check {
        ($model:ident) => {
            let problem = OdeProblem::new($model, [0.0, 0.25], (0.0, 3.0), [10.0, 1.0, 0.75]);
            let solver = problem.solver(Tsit5).event(Crossing::of::<rung, open>());
            assert!((solver.solve().unwrap().end()[0] - 4.5).abs() < 1e-13, stringify!($model));
            let close = |by_u: f64, by_p: f64, how: &str| {
                let what = format!("{} by {how}: {by_u}, {by_p}", stringify!($model));
                assert!((by_u - 2.0).abs() < 1e-13 && (by_p + 2.0).abs() < 1e-13, "{what}");
            };
            let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
            let g = pullback.call(Cotangents::end(&[1.0, 0.0])).unwrap();
            close(g.u0[1], g.p[1], "discrete");
            let (_, mut pullback) = solver.vjp(GaussAdjoint::default()).unwrap();
            let g = pullback.call(Cotangents::end(&[1.0, 0.0])).unwrap();
            close(g.u0[1], g.p[1], "gauss");
            let (by_u, by_p) =
                (solver.initial_jacobian::<2>().unwrap().1, solver.parameter_jacobian::<3>().unwrap().1);
            let last = |column: &[f64]| column[column.len() - 2];
            close(last(by_u.column(1)), last(by_p.column(1)), "dual numbers");
            let by_u = solver.jvp(&[0.0, 1.0], &[0.0; 3]).unwrap().1.end()[0];
            let by_p = solver.jvp(&[0.0; 2], &[0.0, 1.0, 0.0]).unwrap().1.end()[0];
            close(by_u, by_p, "jvp");
            let (_, by) = solver.sensitivities(ForwardSensitivity::default()).unwrap();
            close(by.end_u0.column(1)[0], by.end_p.column(1)[0], "sensitivities");
            // `p[2]` is the time of the event, by chance.
            let solver = problem.solver(Tsit5).event(Crossing::of::<rung, open_as_given>());
            assert!((solver.solve().unwrap().end()[0] - 4.5).abs() < 1e-13, stringify!($model));
            let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
            assert!(pullback.call(Cotangents::end(&[1.0, 0.0])).is_err());
            let (_, mut pullback) = solver.vjp(GaussAdjoint::default()).unwrap();
            assert!(pullback.call(Cotangents::end(&[1.0, 0.0])).is_err());
            assert!(solver.jvp(&[0.0; 2], &[0.0, 0.0, 1.0]).is_err());
            assert!(solver.parameter_jacobian::<3>().is_err() && solver.initial_jacobian::<2>().is_err());
            assert!(solver.sensitivities(ForwardSensitivity::default()).is_err());
            // What moves neither of them, and what moves both alike, has its derivative.
            assert!((solver.jvp(&[1.0, 0.0], &[0.0; 3]).unwrap().1.end()[0] - 1.0).abs() < 1e-13);
            let along = solver.jvp(&[0.0; 2], &[0.0, 1.0, 1.0]).unwrap().1.end()[0];
            assert!((along + 2.0).abs() < 1e-13, "{} along both: {along}", stringify!($model));
        };
    }
    check!(let_in);
    check!(let_in_after);
}
