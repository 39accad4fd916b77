//! Gradients by the ends of the span, against differences of solves with steps of fixed size: those of the convention.

use std::ops::ControlFlow;

use diffeq_runtime::integrate::Event;
use diffeq_runtime::integrate::Grid;
use diffeq_runtime::integrate::Options;
use diffeq_runtime::integrate::Trigger;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::real::Real;
use diffeq_runtime::sensitivity::Cotangents;
use diffeq_runtime::sensitivity::Differentiable;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::stepper::BS5;
use diffeq_runtime::stepper::RK4;
use diffeq_runtime::stepper::Tsit5;
use testkit::gradcheck::derivative;

use crate::models::Pendulum;
use crate::weights;

/// A push every 0.8, counted from the start.
struct Push;
impl<T: Real, F: Rhs<T, State = [T; 2], Params = [T; 3]>> Event<T, F> for Push {
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Period(0.8)
    }
    fn affect(&self, u: &mut [T; 2], _p: &mut [T; 3], t: T) -> ControlFlow<()> {
        u[1] += (t * T::lit(3.0)).sin();
        ControlFlow::Continue(())
    }
}

#[test]
fn the_ends_of_the_span_move_what_they_should() {
    let (t0, t1) = (0.3, 2.5);
    let ways = [
        Options { save_at: Some(Grid::step(0.4)), ..Options::default() },
        Options { save_at: Some(Grid::count(8)), ..Options::default() },
        Options { save_at: Some(Grid::points([0.55, 1.2, 2.0])), ..Options::default() },
        Options {
            save_at: Some(Grid::points([0.55, 1.2, 2.0])),
            tstops: vec![1.0, 1.7],
            ..Options::default()
        },
        Options {
            save_every_step: Some(true),
            save_at: Some(Grid::points([1.7, 2.0])),
            ..Options::default()
        },
        Options { tstops: vec![1.0, 1.7], ..Options::default() },
        Options::default(),
    ];
    macro_rules! check {
        ($method:ident, $options:ident, $kink:literal, $($event:tt)*) => {{
            let loss = |span: (f64, f64)| {
                let problem = OdeProblem::new(Pendulum, [0.4, -0.2], span, [0.1, 1.3, 0.5]);
                let solver = problem.solver($method).options($options.clone()).fixed(0.165) $($event)*;
                let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
                let w = weights(solution.values().len());
                let loss: f64 = solution.values().iter().zip(&w).map(|(u, w)| u * w).sum();
                (loss, pullback.call(Cotangents::values(&w)).unwrap())
            };
            let (_, gradient) = loss((t0, t1));
            // No step, row or push appears or goes within these differences; extrapolation leaves rounding, which is
            // 1e-15 over the smallest step of 1e-4.
            for step in [2e-2, 5e-3, 1e-3] {
                let by_t0 = derivative(|t0| loss((t0, t1)).0, t0, step);
                let by_t1 = derivative(|t1| loss((t0, t1)).0, t1, step);
                let name = format!("{} {:?} step {step}", stringify!($method), $options.save_at);
                let tolerance = 1e-8 + $kink * step;
                assert!((gradient.t0 - by_t0.value).abs() < tolerance, "{name}: {} and {by_t0:?}", gradient.t0);
                assert!((gradient.t1 - by_t1.value).abs() < tolerance, "{name}: {} and {by_t1:?}", gradient.t1);
            }
        }};
    }
    // Steps of 0.165 end on 0.465 and on 1.62: these rows move from one step to the next, where the curvature of the
    // interpolant jumps, so that central differences are good to first order only.
    let on_ends = Options { save_at: Some(Grid::points([0.465, 1.62])), ..Options::default() };
    check!(RK4, on_ends, 0.01,);
    check!(Tsit5, on_ends, 0.01,);
    for options in ways {
        check!(RK4, options, 0.0,);
        check!(Tsit5, options, 0.0,);
        check!(BS5, options, 0.0,);
        check!(Tsit5, options, 0.0, .event(Differentiable(Push)));
    }
}
