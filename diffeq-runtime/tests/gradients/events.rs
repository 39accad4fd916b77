//! Gradients through events.

use std::ops::ControlFlow;

use diffeq_runtime::error::Error;
use diffeq_runtime::integrate::Direction;
use diffeq_runtime::integrate::Event;
use diffeq_runtime::integrate::Grid;
use diffeq_runtime::integrate::Solver;
use diffeq_runtime::integrate::Trigger;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::real::Dual;
use diffeq_runtime::real::Real;
use diffeq_runtime::sensitivity::Backsolve;
use diffeq_runtime::sensitivity::Cotangents;
use diffeq_runtime::sensitivity::Differentiable;
use diffeq_runtime::sensitivity::DifferentiableEvents;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::sensitivity::ForwardSensitivity;
use diffeq_runtime::sensitivity::GaussAdjoint;
use diffeq_runtime::sensitivity::Gradient;
use diffeq_runtime::sensitivity::Interpolating;
use diffeq_runtime::sensitivity::Quadrature;
use diffeq_runtime::sensitivity::RunningCost;
use diffeq_runtime::sensitivity::Variation;
use diffeq_runtime::space::Workspace;
use diffeq_runtime::stepper::BS5;
use diffeq_runtime::stepper::Tsit5;
use diffeq_runtime::stepper::Vern7;
use testkit::ball::Dropped;
use testkit::gradcheck::adjoint_gap;

use crate::distance;
use crate::models::Ball;
use crate::models::Pendulum;
use crate::weights;

/// The ball meets the floor, and keeps `p[1]` of its speed; the solve may end there.
#[derive(Clone, Copy)]
struct Bounce {
    terminal: bool,
}

impl<T: Real, F: Rhs<T, State = [T; 2], Params = [T; 2]>> Event<T, F> for Bounce {
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Crossing(Direction::Falling)
    }
    fn condition(&self, u: &[T; 2], _p: &[T; 2], _t: T) -> T {
        u[0]
    }
    fn affect(&self, u: &mut [T; 2], p: &mut [T; 2], _t: T) -> ControlFlow<()> {
        u[1] = -p[1] * u[1];
        if self.terminal { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// The arc of the pendulum meets a wall that moves; the wall pushes, the longer the harder, and the friction grows.
#[derive(Clone, Copy)]
struct Wall;

impl<T: Real, F: Rhs<T, State = [T; 2], Params = [T; 3]>> Event<T, F> for Wall {
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Crossing(Direction::Rising)
    }
    fn condition(&self, u: &[T; 2], p: &[T; 3], t: T) -> T {
        u[0] - p[2] * T::lit(0.3) + u[1] * u[1] * T::lit(0.05) - T::lit(0.02) * t
    }
    fn affect(&self, u: &mut [T; 2], p: &mut [T; 3], t: T) -> ControlFlow<()> {
        u[1] = -p[1] * T::lit(0.7) * u[1] - T::lit(0.01) * t * t;
        p[0] = p[0] * T::lit(1.5) + T::lit(0.1) * u[0] * u[0];
        ControlFlow::Continue(())
    }
}

/// At the wall, before it pushes: the hit wears it down, the more the later.
#[derive(Clone, Copy)]
struct Hit;

impl<T: Real, F: Rhs<T, State = [T; 2], Params = [T; 3]>> Event<T, F> for Hit {
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Crossing(Direction::Rising)
    }
    fn condition(&self, u: &[T; 2], p: &[T; 3], t: T) -> T {
        <Wall as Event<T, F>>::condition(&Wall, u, p, t) * T::lit(3.0)
    }
    fn affect(&self, u: &mut [T; 2], p: &mut [T; 3], t: T) -> ControlFlow<()> {
        p[1] -= T::lit(0.01) * t * u[1];
        ControlFlow::Continue(())
    }
}

/// A kick by a rule: every period, at given times, or after steps that end past a time.
#[derive(Clone, Copy)]
enum Kick {
    Every(f64),
    At([f64; 2]),
    While(f64),
}

impl<T: Real, F: Rhs<T, State = [T; 2], Params = [T; 3]>> Event<T, F> for Kick {
    fn trigger(&self) -> Trigger<'_> {
        match self {
            Self::Every(period) => Trigger::Period(*period),
            Self::At(times) => Trigger::Times(times),
            Self::While(_) => Trigger::Step,
        }
    }
    fn condition(&self, _u: &[T; 2], _p: &[T; 3], t: T) -> T {
        match self {
            Self::While(start) => t - T::lit(*start),
            Self::Every(_) | Self::At(_) => T::ZERO,
        }
    }
    fn affect(&self, u: &mut [T; 2], p: &mut [T; 3], t: T) -> ControlFlow<()> {
        u[1] += p[2] * (t + u[0]).sin() * T::lit(0.2);
        p[1] *= T::lit(0.97);
        ControlFlow::Continue(())
    }
}

#[test]
fn the_landing_of_a_ball() {
    let (h, g, e) = (2.3, 9.81, 0.8);
    let problem = OdeProblem::new(Ball, [h, 0.0], (0.0, 10.0), [g, e]);
    let solver = problem.solver(Tsit5).event(Differentiable(Bounce { terminal: true }));
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let landing = (2.0 * h / g).sqrt();
    // The fall is a parabola, which a method of order 5 follows exactly: rounding remains.
    assert!((solution.end_time() - landing).abs() < 1e-12);

    // d(landing time): t = sqrt(2 h / g).
    let zeros = [0.0; 2];
    let time = pullback.call(Cotangents::end(&zeros).and_event_times(&[1.0])).unwrap();
    assert!((time.u0[0] - 1.0 / (2.0 * h * g).sqrt()).abs() < 1e-8, "{time:?}");
    assert!((time.u0[1] - 1.0 / g).abs() < 1e-8);
    assert!((time.p[0] + landing / (2.0 * g)).abs() < 1e-8 && time.p[1].abs() < 1e-8);
    // Starting later is landing later.
    assert!((time.t0 - 1.0).abs() < 1e-8 && time.t1 == 0.0);

    // d(state after the bounce): v = e sqrt(2 g h), at height zero whatever moves.
    let height = pullback.call(Cotangents::end(&[1.0, 0.0])).unwrap();
    assert!(height.u0.iter().chain(&height.p).all(|x| x.abs() < 1e-8), "{height:?}");
    let speed = pullback.call(Cotangents::end(&[0.0, 1.0])).unwrap();
    assert!((speed.u0[0] - e * (g / (2.0 * h)).sqrt()).abs() < 1e-8, "{speed:?}");
    assert!((speed.p[0] - e * (h / (2.0 * g)).sqrt()).abs() < 1e-8);
    assert!((speed.p[1] - (2.0 * g * h).sqrt()).abs() < 1e-8);

    // Forward mode says the same.
    let (_, tangents) = solver.jvp(&[1.0, 0.0], &[0.0, 0.0]).unwrap();
    assert!((tangents.event_times()[0] - time.u0[0]).abs() < 1e-12);
    assert!((tangents.end()[1] - speed.u0[0]).abs() < 1e-12);
}

#[test]
fn a_ball_that_bounces_three_times() {
    let (h, g, e, end) = (2.3, 9.81, 0.8, 3.2);
    let problem = OdeProblem::new(Ball, [h, 0.0], (0.0, end), [g, e]);
    let solver = problem
        .solver(Tsit5)
        .event(Differentiable(Bounce { terminal: false }))
        .save_at(Grid::points([0.3, 1.0, 2.2, end]));
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    assert_eq!(solution.events().len(), 3);
    for (row, t) in [0.3, 1.0, 2.2, end].into_iter().enumerate().skip(1) {
        let [height, gravity, keeps] = Dual::<f64, 3>::variables([h, g, e]);
        let [want, _] = Dropped { height, gravity, keeps }.at(t);
        assert!((solution.row(row)[0] - want.primal).abs() < 1e-8);
        let mut cotangents = [[0.0; 2]; 4];
        cotangents[row][0] = 1.0;
        let gradient = pullback.call(&cotangents).unwrap();
        let got = [gradient.u0[0], gradient.p[0], gradient.p[1]];
        assert!(distance(&got, &want.tangents) < 1e-8, "at {t}: {got:?} and {want:?}");
    }
}

/// The height as a cost.
#[derive(Clone, Copy)]
struct Height;

impl<T: Real> RunningCost<T, Ball> for Height {
    fn value(&self, u: &[T; 2], _: &[T; 2], _: T) -> T {
        u[0]
    }
    fn pull(
        &self,
        weight: T,
        _: &[T; 2],
        _: &[T; 2],
        _: T,
        (u_bar, ..): (&mut [T; 2], &mut [T; 2], &mut T),
        _: &mut Workspace<T>,
    ) {
        u_bar[0] += weight;
    }
}

/// The area below the arcs, whose ends are events that move.
#[test]
fn a_running_cost_over_bounces() {
    let (h, g, e, end) = (2.3, 9.81, 0.8, 3.2);
    let [height, gravity, keeps] = Dual::<f64, 3>::variables([h, g, e]);
    let ball = Dropped { height, gravity, keeps };
    let want = ball.area(end);
    let at_end = ball.at(end)[0].primal;
    let problem = OdeProblem::new(Ball, [h, 0.0], (0.0, end), [g, e]);
    let solver =
        problem.solver(Tsit5).tolerances(1e-9, 1e-9).event(Differentiable(Bounce { terminal: false }));
    macro_rules! check {
        ($($adjoint:expr;)*) => { $(
            let (_, mut pullback) = solver.vjp($adjoint.running_cost(Height)).unwrap();
            let (value, gradient) = (pullback.running_cost(), pullback.call(Cotangents::end(&[0.0; 2])).unwrap());
            let got = [gradient.u0[0], gradient.p[0], gradient.p[1]];
            // Parabolas are exact for a method of order 5: rounding, and the tolerance of the ways back.
            let what = stringify!($adjoint);
            assert!((value - want.primal).abs() < 1e-8, "{what}: {value} and {want:?}");
            assert!(distance(&got, &want.tangents) < 1e-7, "{what}: {got:?} and {want:?}");
            assert!((gradient.t1 - at_end).abs() < 1e-7, "{what}: {} and {at_end}", gradient.t1);
            assert!((gradient.t0 + at_end).abs() < 1e-7, "{what}: {} and {at_end}", gradient.t0);
        )* };
    }
    check! {
        DiscreteAdjoint::default();
        DiscreteAdjoint::checkpoints(3);
        GaussAdjoint::default();
        Quadrature::default();
        Interpolating::default();
        Backsolve::default();
    }
}

/// A ball that comes to rest has no gradient that anybody could mean, and every way says so.
#[test]
fn bounces_that_accumulate_have_no_gradient() {
    let problem = OdeProblem::new(Ball, [2.3, 0.0], (0.0, 20.0), [9.81, 0.5]);
    let solver = problem.solver(Tsit5).event(Differentiable(Bounce { terminal: false }));
    let reverse = [
        solver.vjp(DiscreteAdjoint::default()).map(drop),
        solver.vjp(GaussAdjoint::default()).map(drop),
        solver.vjp(Backsolve::default()).map(drop),
        solver.jvp(&[1.0, 0.0], &[0.0; 2]).map(drop),
        solver.sensitivities(ForwardSensitivity::default()).map(drop),
    ];
    for found in reverse {
        assert!(matches!(found, Err(Error::Events { event: 0, .. })), "{found:?}");
    }
}

/// Reverse mode, forward mode and dual numbers agree through the events of a solver, at any number of checkpoints.
fn check<E>(solver: &Solver<'_, Pendulum, f64, impl Methods, E>, events: usize)
where
    E: DifferentiableEvents<f64, Pendulum>
        + diffeq_runtime::integrate::EventSet<Dual<f64, 3>, Pendulum>
        + diffeq_runtime::integrate::EventSet<Dual<f64, 2>, Pendulum>,
{
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    assert_eq!(solution.events().len(), events);
    let w = weights(solution.values().len());
    let times = weights(events);
    let g = pullback.call(Cotangents::values(&w)).unwrap();

    // The same numbers added in another order, over a few hundred steps.
    let (_, by_p) = solver.parameter_jacobian::<3>().unwrap();
    assert!(distance(&g.p, &by_p.gradient(&w).unwrap()) < 1e-12, "{:?} {:?}", g.p, by_p.gradient(&w));
    let (_, by_u0) = solver.initial_jacobian::<2>().unwrap();
    assert!(distance(&g.u0, &by_u0.gradient(&w).unwrap()) < 1e-12);

    let g = pullback.call(Cotangents::values(&w).and_end(&[0.3, 0.9]).and_event_times(&times)).unwrap();
    let v = Variation { u0: [0.3, -0.5], p: [0.4, 1.0, -0.2], t0: 0.7, t1: -0.3 };
    let (_, tangents) = solver.jvp_along(&v).unwrap();
    let gap = adjoint_gap(
        &[&w[..], &[0.3, 0.9], &times].concat(),
        &[tangents.values(), tangents.end(), tangents.event_times()].concat(),
        &[&g.u0[..], &g.p, &[g.t0, g.t1]].concat(),
        &[&v.u0[..], &v.p, &[v.t0, v.t1]].concat(),
    );
    // Sums over a few hundred steps in another order.
    assert!(gap < 1e-12, "{gap:e}");

    // Continuous adjoints agree to the tolerance of the solve, with its factor of the truth matrix.
    let flat = |g: Gradient<[f64; 2], [f64; 3], f64>| [&g.u0[..], &g.p, &[g.t0, g.t1]].concat();
    macro_rules! continuous {
        ($($adjoint:expr,)*) => { $(
            let (_, mut pullback) = solver.vjp($adjoint).unwrap();
            let near = Cotangents::values(&w).and_end(&[0.3, 0.9]).and_event_times(&times);
            let gap = distance(&flat(pullback.call(near).unwrap()), &flat(g));
            assert!(gap < 100.0 * 1e-6, "{}: {gap:e}", stringify!($adjoint));
        )* };
    }
    continuous! {
        GaussAdjoint::default(),
        GaussAdjoint::default().checkpoints(25),
        Interpolating::default(),
        Backsolve::default(),
    }

    for count in [1, 2, 7] {
        let (_, mut some) = solver.vjp(DiscreteAdjoint::checkpoints(count)).unwrap();
        let same = some.call(Cotangents::values(&w).and_end(&[0.3, 0.9]).and_event_times(&times)).unwrap();
        assert_eq!(same, g, "{count} checkpoints");
    }
}

/// What the check asks of a method.
trait Methods:
    diffeq_runtime::sensitivity::AdjointMethod<f64, Pendulum>
    + diffeq_runtime::sensitivity::TangentMethod<f64, Pendulum>
    + diffeq_runtime::stepper::Method<Dual<f64, 3>, Pendulum>
    + diffeq_runtime::stepper::Method<Dual<f64, 2>, Pendulum>
{
}
impl Methods for Tsit5 {}
impl Methods for BS5 {}

#[test]
fn all_kinds_of_events() {
    let problem = OdeProblem::new(Pendulum, [-0.4, 0.9], (0.0, 9.0), [0.1, 1.3, 0.5]);
    for grid in [None, Some(Grid::step(0.31)), Some(Grid::count(19)), Some(Grid::points([0.2, 5.0, 8.0]))] {
        macro_rules! methods {
            ($($method:ident)*) => { $( {
                let solver = || {
                    let mut solver = problem.solver($method);
                    solver.options.save_at = grid.clone();
                    solver
                };
                check(&solver().event(Differentiable(Kick::Every(2.1))), 4);
                check(&solver().event(Differentiable(Kick::At([3.3, 1.7]))), 2);
                let kicks = Differentiable(Kick::While(8.0));
                let count = solver().event(kicks).solve().unwrap().events().len();
                assert!(count > 0);
                check(&solver().event(kicks), count);
                let both = || solver().event(Differentiable(Kick::At([3.3, 1.7]))).event(Differentiable(Wall));
                let count = both().solve().unwrap().events().len();
                assert!(count > 3, "the wall is met: {count}");
                check(&both(), count);
                // Two crossings at a time.
                let hits = || solver().event(Differentiable(Hit)).event(Differentiable(Wall));
                let events = hits().solve().unwrap().events().to_vec();
                assert!(events.len() > 3);
                // The same time, but for rounding.
                assert!(events.chunks(2).all(|pair| (pair[0].t - pair[1].t).abs() < 1e-13), "{events:?}");
                check(&hits(), events.len());
            } )* };
        }
        methods!(Tsit5 BS5);
    }
}

#[test]
fn crossings_are_those_of_differences() {
    let end = |p: [f64; 3]| {
        let problem = OdeProblem::new(Pendulum, [-0.4, 0.9], (0.0, 9.0), p);
        let solver = problem.solver(Vern7).tolerances(1e-12, 1e-12).event(Differentiable(Wall));
        let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
        let gradient = pullback.call(Cotangents::end(&[1.0, 0.0])).unwrap();
        (solution.end()[0], gradient.p, solution.events().len())
    };
    let p = [0.1, 1.3, 0.5];
    let (_, gradient, events) = end(p);
    assert!(events > 0);
    let along = |i: usize| {
        let f = |x: f64| {
            let mut p = p;
            p[i] = x;
            end(p).0
        };
        testkit::gradcheck::derivative(f, p[i], 1e-3).value
    };
    // Tolerances of 1e-12 over differences of 1e-4 leave 1e-8.
    assert!(distance(&gradient, &[along(0), along(1), along(2)]) < 1e-6);
}

/// Reverse mode over dual numbers of `N` levels, forward mode over them, and dual numbers one level deeper.
fn check_higher<T: Real, const N: usize>(p: [T; 3], parts: impl Fn(T) -> [f64; N], tolerance: f64) {
    let problem = OdeProblem::new(Pendulum, [T::lit(-0.4), T::lit(0.9)], (0.0, 9.0), p);
    let solver = problem.solver(BS5).event(Differentiable(Wall)).save_at(Grid::step(0.31));
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::checkpoints(5)).unwrap();
    assert!(solution.events().len() > 1);
    let cotangents: Vec<T> =
        solution.values().iter().zip(weights(solution.values().len())).map(|(u, w)| u.scale(w)).collect();
    let reverse = pullback.call(Cotangents::values(&cotangents)).unwrap();
    let (_, jacobian) = solver.parameter_jacobian::<3>().unwrap();
    let nested = jacobian.gradient(&cotangents).unwrap();
    let forward = std::array::from_fn::<_, 3, _>(|i| {
        let mut unit = [T::ZERO; 3];
        unit[i] = T::ONE;
        let (_, tangents) = solver.jvp(&[T::ZERO; 2], &unit).unwrap();
        let mut sum = T::ZERO;
        for (w, u_dot) in cotangents.iter().zip(tangents.values()) {
            sum += *w * *u_dot;
        }
        sum
    });
    let flat = |x: &[T]| x.iter().flat_map(|x| parts(*x)).collect::<Vec<_>>();
    assert!(distance(&flat(&reverse.p), &flat(&nested)) < tolerance, "{:?} {nested:?}", reverse.p);
    assert!(distance(&flat(&forward), &flat(&nested)) < tolerance, "{forward:?} {nested:?}");
}

#[test]
fn higher_derivatives_through_crossings_agree() {
    let (p, v, w) = ([0.1, 1.3, 0.5], [0.3, -1.0, 0.5], [0.2, 0.6, -0.4]);
    let first: [Dual<f64, 1>; 3] = std::array::from_fn(|i| Dual::new(p[i], [v[i]]));
    // The same numbers added in another order.
    check_higher(first, |x| [x.primal, x.tangents[0]], 1e-12);
    let second: [Dual<Dual<f64, 1>, 1>; 3] =
        std::array::from_fn(|i| Dual::new(first[i], [Dual::constant(w[i])]));
    check_higher(
        second,
        |x| [x.primal.primal, x.primal.tangents[0], x.tangents[0].primal, x.tangents[0].tangents[0]],
        1e-12,
    );
}
