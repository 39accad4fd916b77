//! Events whose conditions and effects are functions with `#[differentiable]`: solutions and derivatives against formulas,
//! which share nothing with the code but the equation.

use dfdx::prelude::*;
use diffeq::dfdx::diffeq_rd;
use diffeq::error::Error;
use diffeq::prelude::*;
use diffeq::real::Dual;
use diffeq::real::Real;
use diffeq::sensitivity::DiscreteAdjoint;
use diffeq::sensitivity::ForwardSensitivity;
use diffeq::sensitivity::GaussAdjoint;
use testkit::ball::Dropped;

/// A ball: height and velocity; gravity and the part of its speed that it keeps.
#[ode]
fn ball(u: &[f64; 2], p: &[f64; 2]) -> [f64; 2] {
    [u[1], -p[0]]
}

/// How high it is.
#[differentiable]
fn height(u: &[f64; 2]) -> f64 {
    u[0]
}

/// It meets the floor.
#[differentiable]
fn bounce(u: &mut [f64; 2], p: &[f64; 2]) {
    u[1] *= -p[1];
}

/// The height at `t` of a ball that was dropped from `height`.
fn parabola<T: Real>(height: T, gravity: T, keeps: T, t: f64) -> T {
    Dropped { height, gravity, keeps }.at(t)[0]
}

const DROPPED: [f64; 3] = [2.3, 9.81, 0.8];

#[test]
fn a_ball_that_bounces_has_the_gradient_of_its_parabolas() {
    let [h, g, e] = DROPPED;
    let problem = OdeProblem::new(ball, [h, 0.0], (0.0, 3.2), [g, e]);
    let solver = problem.solver(Tsit5).event(Crossing::of::<height, bounce>().falling());
    let want = parabola(Dual::variable(h, 0), Dual::variable(g, 1), Dual::<f64, 3>::variable(e, 2), 3.2);
    let (solution, mut discrete) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    assert_eq!(solution.events().len(), 3);
    // A method of order 5 follows parabolas to rounding, which three bounces enlarge.
    assert!((solution.end()[0] - want.primal).abs() < 1e-11);
    let discrete = discrete.call(Cotangents::end(&[1.0, 0.0])).unwrap();
    let (_, mut continuous) = solver.vjp(GaussAdjoint::default()).unwrap();
    let continuous = continuous.call(Cotangents::end(&[1.0, 0.0])).unwrap();
    let (_, tangents) = solver.jvp(&[0.3, 0.0], &[0.2, -0.7]).unwrap();
    for gradient in [discrete, continuous] {
        let got = [gradient.u0[0], gradient.p[0], gradient.p[1]];
        assert!(got.iter().zip(&want.tangents).all(|(a, b)| (a - b).abs() < 1e-10), "{got:?} and {want:?}");
    }
    let along = 0.3 * want.tangents[0] + 0.2 * want.tangents[1] - 0.7 * want.tangents[2];
    assert!((tangents.end()[0] - along).abs() < 1e-10);
}

#[test]
fn a_ball_that_bounces_has_the_second_derivatives_of_its_parabolas() {
    type First = Dual<f64, 3>;
    let [h, g, e] = First::variables(DROPPED);
    let problem = OdeProblem::new(ball, [h, First::ZERO], (0.0, 3.2), [g, e]);
    let solver = problem.solver(Tsit5).event(Crossing::of::<height, bounce>().falling());
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let gradient = pullback.call(Cotangents::end(&[First::ONE, First::ZERO])).unwrap();
    type Second = Dual<First, 3>;
    let [h, g, e] = Second::variables([h, g, e]);
    let want = parabola(h, g, e, 3.2);
    for (got, want) in [gradient.u0[0], gradient.p[0], gradient.p[1]].iter().zip(&want.tangents) {
        for (got, want) in got.tangents.iter().zip(&want.tangents) {
            assert!((got - want).abs() < 1e-8 * (1.0 + want.abs()), "{got} and not {want}");
        }
    }
}

#[test]
fn where_a_terminal_event_ends_a_solve_moves_as_its_formula() {
    let [h, g, e] = DROPPED;
    let problem = OdeProblem::new(ball, [h, 0.0], (0.0, 10.0), [g, e]);
    let solver = problem.solver(Tsit5).event(Crossing::of::<height, ()>().falling().terminal());
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    assert!((solution.end_time() - (2.0 * h / g).sqrt()).abs() < 1e-12);
    // The speed at the floor is `-sqrt(2 g h)`.
    let speed = pullback.call(Cotangents::end(&[0.0, 1.0])).unwrap();
    assert!((speed.u0[0] + (g / (2.0 * h)).sqrt()).abs() < 1e-10);
    assert!((speed.p[0] + (h / (2.0 * g)).sqrt()).abs() < 1e-10);
    assert!(speed.p[1].abs() < 1e-12);
}

/// What a body holds of a drug, in two compartments.
#[derive(Components, Clone, Debug)]
struct Body {
    blood: f64,
    tissue: f64,
}

#[derive(Components, Clone, Debug)]
struct Drug {
    decay: f64,
    dose: f64,
    given: [f64; 1],
}

#[ode]
fn decays(u: &Body, p: &Drug) -> Body {
    Body { blood: -p.decay * u.blood, tissue: 0.0 }
}

/// A dose, of which the next is `0.9` times as much; how much was given is written down.
#[differentiable]
fn dose(u: &mut Body, p: &mut Drug, t: f64) {
    u.blood += p.dose;
    u.tissue += p.dose * t;
    p.given[0] += p.dose;
    p.dose *= 0.9;
}

#[differentiable]
fn is_late(u: &Body, t: f64) -> bool {
    t > 2.5 && u.blood > 0.0
}

/// The end at `t = 4` after doses at `times`.
fn doses<T: Real>(decay: T, dose: T, blood: T, times: &[f64]) -> [T; 2] {
    let (mut amount, mut tissue) = (blood * (-decay * T::lit(4.0)).exp(), T::ZERO);
    let mut dose = dose;
    for t in times {
        amount += dose * (-decay * T::lit(4.0 - t)).exp();
        tissue += dose * T::lit(*t);
        dose *= T::lit(0.9);
    }
    [amount, tissue]
}

#[test]
fn doses_have_the_gradients_of_their_sum() {
    let u0 = BodyOf { blood: 1.0, tissue: 0.0 };
    let p = DrugOf { decay: 0.7, dose: 2.0, given: [0.0] };
    let problem = OdeProblem::new(decays, u0, (0.0, 4.0), p);
    let solver = || problem.solver(Vern9).tolerances(1e-13, 1e-13);
    type Three = Dual<f64, 3>;
    let [decay, amount, blood] = Three::variables([0.7, 2.0, 1.0]);
    macro_rules! check {
        ($event:expr, $times:expr) => {{
            let want = doses(decay, amount, blood, &$times);
            let solver = solver().event($event);
            let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
            assert!((solution.end().blood - want[0].primal).abs() < 1e-11, "{:?}", solution.end());
            for (i, want) in want.iter().enumerate() {
                let cotangent = BodyOf { blood: (1 - i) as f64, tissue: i as f64 };
                let g = pullback.call(Cotangents::end(&cotangent)).unwrap();
                let got = [g.p.decay, g.p.dose, g.u0.blood];
                assert!(
                    got.iter().zip(&want.tangents).all(|(a, b)| (a - b).abs() < 1e-10),
                    "{got:?} {want:?}"
                );
            }
        }};
    }
    check!(Preset::of::<dose>([1.0, 2.0, 3.5]), [1.0, 2.0, 3.5]);
    check!(Periodic::of::<dose>(1.5), [1.5, 3.0]);
    // After each step at whose end it holds: the steps are those that the stops ask for.
    let stops = [2.0, 3.0];
    let late = solver().tstops(stops).event(Discrete::of::<is_late, dose>());
    let taken: Vec<f64> = late.solve().unwrap().events().iter().map(|event| event.t).collect();
    assert!(taken.contains(&3.0) && taken.iter().all(|t| *t > 2.5));
    let want = doses(decay, amount, blood, &taken);
    let (_, tangents) = late
        .jvp(&BodyOf { blood: 1.0, tissue: 0.0 }, &DrugOf { decay: 0.0, dose: 1.0, given: [0.0] })
        .unwrap();
    assert!((tangents.end().blood - want[0].tangents[1] - want[0].tangents[2]).abs() < 1e-9);
}

/// A level in parameters and time, over a state of run-time length.
#[ode]
fn drains(du: &mut [f64], u: &[f64], p: &[f64; 2]) {
    for i in 0..u.len() {
        du[i] = -p[0];
    }
}

#[differentiable]
fn above_line(u: &[f64], p: &[f64; 2], t: f64) -> f64 {
    u[0] + u[1] - p[1] * t
}

#[test]
fn conditions_read_slices_parameters_and_time() {
    let problem = OdeProblem::new(drains, vec![1.0, 2.0], (0.0, 10.0), [0.25, 0.5]);
    let solver = problem.solver(Tsit5).event(Crossing::of::<above_line, ()>().terminal());
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    // `t (2 a + b) = u_0 + u_1`
    assert!((solution.end_time() - 3.0).abs() < 1e-12);
    let time = pullback.call(Cotangents::end(&vec![0.0, 0.0]).and_event_times(&[1.0])).unwrap();
    for (got, want) in time.u0.iter().chain(&time.p).zip([1.0, 1.0, -6.0, -3.0]) {
        assert!((got - want).abs() < 1e-11, "{time:?}");
    }
}

/// The rows of a chain of any length, and what they weigh.
#[ode]
fn chain<const N: usize>(u: &[[f64; N]; 2], p: f64) -> [[f64; N]; 2] {
    [u[1], u[0].map(|x| -p * x)]
}

#[differentiable]
fn first_speed<const N: usize>(u: &[[f64; N]; 2]) -> f64 {
    u[1][0]
}

#[differentiable]
fn stiffen<const N: usize>(u: &mut [[f64; N]; 2], p: &mut f64) {
    for x in u[0].iter_mut() {
        *x *= 2.0;
    }
    *p *= 4.0;
}

#[test]
fn events_are_generic_over_lengths_as_models_are() {
    // `cos(w t)` from a maximum to a minimum, from which on it is twice as large and as fast.
    let problem = OdeProblem::new(chain::<3>, [[1.0; 3], [0.0; 3]], (0.0, 4.0), 1.0);
    let solver = problem.solver(Vern9).tolerances(1e-13, 1e-13);
    let solver = solver.event(Crossing::of::<first_speed, stiffen>().rising());
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let turn = std::f64::consts::PI;
    let end = |p: Dual<f64, 1>| {
        let w = p.sqrt();
        let later = w * Dual::constant(4.0) - Dual::constant(turn);
        -(later + later).cos() * Dual::constant(2.0)
    };
    let want = end(Dual::variable(1.0, 0));
    assert!((solution.end()[0][1] - want.primal).abs() < 1e-11);
    let g = pullback.call(Cotangents::end(&[[0.0, 1.0, 0.0], [0.0; 3]])).unwrap();
    assert!((g.p - want.tangents[0]).abs() < 1e-9, "{} {want:?}", g.p);
}

#[test]
fn a_tape_passes_through_them() {
    let [h, g, e] = DROPPED;
    let problem = OdeProblem::new(ball, [h, 0.0], (0.0, 3.2), [g, e]);
    let solver =
        problem.solver(Tsit5).event(Crossing::of::<height, bounce>().falling()).save_at(Grid::points([3.2]));
    let p = Cpu::default().tensor([g, e]);
    let series = diffeq_rd(p.leaky_trace(), &solver).unwrap().series;
    // Of the one row, height and velocity.
    let row: Tensor<Rank1<2>, f64, Cpu, _> = series.select(Cpu::default().tensor(0));
    let gradient = (row * Cpu::default().tensor([1.0, 0.0])).sum().backward().get(&p).array();
    let want = parabola(Dual::constant(h), Dual::<f64, 2>::variable(g, 0), Dual::variable(e, 1), 3.2);
    assert!(gradient.iter().zip(&want.tangents).all(|(a, b)| (a - b).abs() < 1e-10), "{gradient:?} {want:?}");
}

/// What moves evenly, and a place for notes.
#[ode]
fn even(_u: &[f64; 2], p: &[f64; 2]) -> [f64; 2] {
    [p[0], 0.0]
}

#[differentiable]
fn at_one(u: &[f64; 2]) -> f64 {
    u[0] - 1.0
}

#[differentiable]
fn reset(u: &mut [f64; 2], p: &[f64; 2]) {
    u[0] = p[1];
}

#[differentiable]
fn note(u: &mut [f64; 2], _p: &[f64; 2], t: f64) {
    u[1] += t;
}

/// `u[1]` at the end is the time at which `u[0]` was one: `(1 - u0) / p0`.
#[test]
fn an_event_that_moves_the_condition_of_the_next_comes_last() {
    let problem = OdeProblem::new(even, [0.2, 0.0], (0.0, 1.2), [1.0, 0.1]);
    let solver = || problem.solver(Tsit5).save_at(Grid::points([1.2]));
    let last = solver().event(Crossing::of::<at_one, note>()).event(Crossing::of::<at_one, reset>());
    let first = solver().event(Crossing::of::<at_one, reset>()).event(Crossing::of::<at_one, note>());
    assert!(last.solve().unwrap().events().len() == 2 && first.solve().unwrap().events().len() == 2);

    // Straight lines, which every method follows to rounding.
    let near = |got: [f64; 3], want: [f64; 3]| got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-13);
    let right = [-1.0, -0.8, 0.0];
    let cotangent = || Cotangents::end(&[0.0, 1.0]);
    let gradient = last.vjp(DiscreteAdjoint::default()).unwrap().1.call(cotangent()).unwrap();
    assert!(near([gradient.u0[0], gradient.p[0], gradient.p[1]], right), "{gradient:?}");
    let gradient = last.vjp(GaussAdjoint::default()).unwrap().1.call(cotangent()).unwrap();
    assert!(near([gradient.u0[0], gradient.p[0], gradient.p[1]], right), "{gradient:?}");
    let along = |du: f64, dp: [f64; 2]| last.jvp(&[du, 0.0], &dp).unwrap().1.end()[1];
    assert!(near([along(1.0, [0.0; 2]), along(0.0, [1.0, 0.0]), along(0.0, [0.0, 1.0])], right));
    let (u0, p) = (last.initial_jacobian::<2>().unwrap().1, last.parameter_jacobian::<2>().unwrap().1);
    let (u0, p) = (u0.gradient(&[0.0, 1.0]), p.gradient(&[0.0, 1.0]));
    let (u0, p) = (u0.unwrap(), p.unwrap());
    assert!(near([u0[0], p[0], p[1]], right), "{u0:?} {p:?}");

    // The other way around the second one is where its condition is not zero: nobody knows when it takes place a little later.
    let refused = [
        first.vjp(DiscreteAdjoint::default()).unwrap().1.call(cotangent()).map(drop),
        first.vjp(DiscreteAdjoint::checkpoints(1)).unwrap().1.call(cotangent()).map(drop),
        first.vjp(GaussAdjoint::default()).unwrap().1.call(cotangent()).map(drop),
        first.jvp(&[1.0, 0.0], &[0.0; 2]).map(drop),
        first.parameter_jacobian::<2>().map(drop),
        first.sensitivities(ForwardSensitivity::default()).map(drop),
    ];
    let mut refused_by_name = Vec::new();
    for found in refused {
        assert!(matches!(found, Err(Error::NotFinite { .. })), "{found:?}");
        refused_by_name.extend(found.err().map(|error| error.to_string()));
    }
    for told in refused_by_name {
        assert!(told.contains("(add that one last)"), "{told}");
    }
    // Dual numbers have no derivative along any direction.
    let p = Dual::<f64, 2>::variables([1.0, 0.1]);
    let problem = OdeProblem::new(even, [0.2, 0.0].map(Dual::constant), (0.0, 1.2), p);
    let solver = problem.solver(Tsit5);
    let solution =
        solver.event(Crossing::of::<at_one, reset>()).event(Crossing::of::<at_one, note>()).solve();
    let end = solution.unwrap().end()[1];
    assert!((end.primal - 0.8).abs() < 1e-13 && end.tangents.iter().all(|x| x.is_nan()), "{end:?}");
}
