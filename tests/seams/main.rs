//! The seams hold: methods over methods, methods that solve for their step, steps that fail, and stops that are found on
//! the way.

#[cfg(feature = "implicit")]
mod implicit;
#[cfg(feature = "implicit")]
mod linalg;

use diffeq::error::Error;
use diffeq::integrate::Direction;
use diffeq::integrate::Event;
use diffeq::integrate::Trigger;
use diffeq::prelude::*;
use diffeq::problem::System;
use diffeq::real::Dual;
use diffeq::real::Real;
use diffeq::sensitivity::AdjointMethod;
use diffeq::sensitivity::Differentiable;
use diffeq::sensitivity::DiscreteAdjoint;
use diffeq::space::Tolerances;
use diffeq::stepper::*;
use std::ops::ControlFlow;

/// A driven pendulum: state, parameters and time all matter, and nothing is linear.
#[ode]
fn driven(u: [f64; 2], p: [f64; 3], t: f64) -> [f64; 2] {
    [u[1], -p[0] * u[0].sin() - p[1] * u[1] + (p[2] * t).cos()]
}

/// The pendulum passes its lowest point, and loses a part of its speed.
struct Brake;
impl<T: Real> Event<T, driven> for Brake {
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Crossing(Direction::Both)
    }
    fn condition(&self, u: &[T; 2], _: &[T; 3], _: T) -> T {
        u[0]
    }
    fn affect(&self, u: &mut [T; 2], p: &mut [T; 3], _: T) -> ControlFlow<()> {
        u[1] *= p[0].scale(0.5);
        ControlFlow::Continue(())
    }
}

const U0: [f64; 2] = [1.0, 0.3];
const P: [f64; 3] = [1.6, 0.1, 0.7];

fn pendulum() -> OdeProblem<driven> {
    OdeProblem::new(driven, U0, (0.2, 3.2), P)
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// By which power of the step size the error falls at the end, and in the middle of the first step by dense output.
fn orders<M: Method<f64, driven>>(method: M, h: f64) -> [f64; 2] {
    let problem = pendulum();
    let exact = problem.solver(Vern9).tolerances(1e-13, 1e-13).dense(true).solve().unwrap();
    let errors = |h: f64| {
        let solution = problem.solver(method.clone()).fixed(h).dense(true).solve().unwrap();
        let t = problem.span.0 + 0.3 * h;
        let inside = distance(&solution.at(t).unwrap(), &exact.at(t).unwrap());
        [distance(solution.end(), exact.end()), inside]
    };
    let (coarse, fine) = (errors(h), errors(0.5 * h));
    [0, 1].map(|i| (coarse[i] / fine[i]).log2())
}

#[test]
fn orders_are_those_of_the_methods() {
    let near = |found: f64, expected: f64, what: &str| {
        // What the next power of the step size bends.
        assert!((found - expected).abs() < 0.3, "{what}: {found} and not {expected}");
    };
    let [end, inside] = orders(Halved(RK4), 0.1);
    near(end, 4.0, "halved RK4");
    near(inside, 5.0, "halved RK4 inside its first step");
    let [end, _] = orders(Auto::new(RK4, Midpoint), 0.05);
    near(end, 4.0, "RK4, never left");
}

#[test]
fn the_estimate_chooses_the_steps() {
    let exact = *pendulum().solver(Vern9).tolerances(1e-13, 1e-13).solve().unwrap().end();
    for tolerance in [1e-5, 1e-8] {
        let solution = pendulum().solver(Halved(RK4)).tolerances(tolerance, tolerance).solve().unwrap();
        let error = distance(solution.end(), &exact);
        // The tolerance is for each of some tens of steps; the estimate is that of the halves' error.
        assert!(error < 30.0 * tolerance && error > 1e-3 * tolerance, "{tolerance}: {error}");
        assert!(solution.stats().accepted < 200, "{}", solution.stats());
    }
}

/// Gradients through the steps are those of dual numbers over the same steps, and the same to the bit with few
/// checkpoints: with events, with rows inside steps and at their ends.
fn check_gradients<M>(method: M, tolerance: f64)
where
    M: AdjointMethod<f64, driven> + Method<Dual<f64, 3>, driven> + Method<Dual<f64, 2>, driven>,
{
    let problem = pendulum();
    let name = format!("{method:?}");
    let solver = problem.solver(method).tolerances(tolerance, tolerance).event(Differentiable(Brake));
    // Those of the steps taken: each way would choose others for its own error.
    let solver = solver.save_at(Grid::count(8)).save_every_step(true).derivative_tolerance(None);
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    assert!(!solution.events().is_empty(), "{name}");
    let weights: Vec<[f64; 2]> =
        (0..solution.len()).map(|i| [(i as f64 + 1.0).sin(), (2.0 * i as f64).cos()]).collect();
    let gradient = pullback.call(weights.as_slice()).unwrap();
    let flat: Vec<f64> = weights.iter().flatten().copied().collect();
    let (by_duals, jacobian) = solver.parameter_jacobian::<3>().unwrap();
    assert_eq!(by_duals.values(), solution.values(), "{name}: values do not depend on tangents");
    let expected = jacobian.gradient(&flat).unwrap();
    let size = expected.iter().fold(1.0_f64, |size, x| size.max(x.abs()));
    // Rounding, and what Newton's method leaves of an implicit step's equation.
    assert!(distance(&gradient.p, &expected) < 1e-11 * size, "{name}: {:?} and not {expected:?}", gradient.p);
    let expected = solver.initial_jacobian::<2>().unwrap().1.gradient(&flat).unwrap();
    assert!(
        distance(&gradient.u0, &expected) < 1e-11 * size,
        "{name}: {:?} and not {expected:?}",
        gradient.u0
    );
    for checkpoints in [1, 3] {
        let (_, mut pullback) = solver.vjp(DiscreteAdjoint::checkpoints(checkpoints)).unwrap();
        let again = pullback.call(weights.as_slice()).unwrap();
        assert_eq!(again, gradient, "{name}: {checkpoints} checkpoints");
    }
}

#[test]
fn gradients_through_halved_steps_are_those_of_dual_numbers() {
    check_gradients(Halved(RK4), 1e-6);
}

#[test]
fn gradients_through_switching_methods_are_those_of_dual_numbers() {
    // Limits at which this problem goes back and forth.
    check_gradients(Auto { first: BS3, second: Tsit5, long: 0.3, short: 0.25 }, 1e-5);
}

/// The end of the span moves the last step, which is half as long as the others: its halves stretch.
#[test]
fn gradients_by_the_span_are_those_of_differences() {
    let end = |span: (f64, f64)| {
        let problem = pendulum().span(span);
        *problem.solver(Halved(RK4)).fixed(0.1).solve().unwrap().end()
    };
    let problem = pendulum().span((0.2, 3.25));
    let solver = problem.solver(Halved(RK4)).fixed(0.1).save_at(Grid::points([3.25]));
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let gradient = pullback.call([[1.0, 0.0]].as_slice()).unwrap();
    let h = 1e-5;
    let by_t1 = (end((0.2, 3.25 + h))[0] - end((0.2, 3.25 - h))[0]) / (2.0 * h);
    // The difference's own error, and the rounding that it multiplies.
    assert!((gradient.t1 - by_t1).abs() < 1e-8, "{} and not {by_t1}", gradient.t1);
}

/// A method whose steps fail where they are too long, or always.
#[derive(Debug, Clone)]
struct Balky<M> {
    method: M,
    longest: f64,
}

struct BalkyStepper<S> {
    stepper: S,
    longest: f64,
}

impl<T: Real, F: System<T>, M: Method<T, F>> Method<T, F> for Balky<M> {
    type Stepper = BalkyStepper<M::Stepper>;
    fn stepper(&self, u: &F::State) -> Self::Stepper {
        BalkyStepper { stepper: self.method.stepper(u), longest: self.longest }
    }
    fn facts(&self) -> Facts {
        self.method.facts()
    }
}

impl<T: Real, F: System<T>, S: Stepper<T, F>> Stepper<T, F> for BalkyStepper<S> {
    fn begin(
        &mut self,
        f: &F,
        p: &F::Params,
        t: f64,
        u: &mut F::State,
        tolerances: &Tolerances,
    ) -> Result<(), Failure> {
        self.stepper.begin(f, p, t, u, tolerances)
    }
    fn slope(&mut self, f: &F, p: &F::Params, t: f64, u: &F::State) -> Option<&F::State> {
        self.stepper.slope(f, p, t, u)
    }
    fn slope_at(&mut self, f: &F, p: &F::Params, t: T, u: &F::State, out: &mut F::State) -> bool {
        self.stepper.slope_at(f, p, t, u, out)
    }
    fn step(
        &mut self,
        at: At<'_, T, F>,
        tolerances: &Tolerances,
        next: &mut F::State,
    ) -> Result<(), Failure> {
        if at.interval.h.abs() > self.longest {
            return Err(Failure::Diverged { iterations: 7 });
        }
        self.stepper.step(at, tolerances, next)
    }
    fn quality(&self, at: At<'_, T, F>, next: &F::State, tolerances: &Tolerances) -> Option<Quality> {
        self.stepper.quality(at, next, tolerances)
    }
    fn component_error(&self, interval: Interval, i: usize) -> Option<[T; 2]> {
        self.stepper.component_error(interval, i)
    }
    fn degree(&self) -> usize {
        self.stepper.degree()
    }
    fn prepare_dense(&mut self, at: At<'_, T, F>, next: &F::State) {
        self.stepper.prepare_dense(at, next);
    }
    fn interpolate(&self, at: At<'_, T, F>, next: &F::State, theta: f64, out: &mut F::State) {
        self.stepper.interpolate(at, next, theta, out);
    }
    fn dense_coefficients(&self, at: At<'_, T, F>, next: &F::State, out: &mut Vec<T>) {
        self.stepper.dense_coefficients(at, next, out);
    }
    fn trace(&self) -> Trace<'_, F::State, T> {
        self.stepper.trace()
    }
    fn accept(&mut self) {
        self.stepper.accept();
    }
    fn costs(&self) -> Costs {
        self.stepper.costs()
    }
}

#[test]
fn a_step_that_fails_is_tried_again_or_says_why() {
    let problem = pendulum();
    let balky = |longest| Balky { method: Tsit5, longest };
    let solution = problem.solver(balky(0.2)).tolerances(1e-6, 1e-6).solve().unwrap();
    let plain = problem.solver(Tsit5).tolerances(1e-6, 1e-6).solve().unwrap();
    assert!(solution.stats().failed > 0 && solution.stats().rejected >= solution.stats().failed);
    assert!(distance(solution.end(), plain.end()) < 1e-4);
    let error = problem.solver(balky(0.0)).solve().unwrap_err();
    assert!(
        matches!(&error, Error::NoStep { t, why, .. } if *t == 0.2 && why.contains("7 rounds")),
        "{error}"
    );
    let error = problem.solver(balky(0.01)).fixed(0.1).solve().unwrap_err();
    assert!(matches!(error, Error::NoStep { dt, .. } if dt == 0.1), "{error}");
}

/// A system with a kink at every whole time.
#[derive(Clone, Copy)]
struct Steps;
impl diffeq::problem::Model for Steps {}
impl<T: Real> System<T> for Steps {
    type State = T;
    type Params = ();
    fn next_break(&self, t: f64, direction: f64) -> Option<f64> {
        Some(if direction > 0.0 { t.floor() + 1.0 } else { t.ceil() - 1.0 })
    }
}
impl<T: Real> diffeq::problem::Rhs<T> for Steps {
    fn rhs(&self, du: &mut T, _: &T, _: &(), t: T) {
        *du = (t.rem(T::lit(2.0)) - T::ONE).abs();
    }
}

/// Says when it comes.
struct Announced;
impl Event<f64, Steps> for Announced {
    fn trigger(&self) -> Trigger<'_> {
        Trigger::Next
    }
    fn next(&self, _: &f64, _: &(), t: f64) -> Option<f64> {
        [1.25, 1.5, 2.25].into_iter().find(|next| *next > t)
    }
    fn affect(&self, u: &mut f64, _: &mut (), _: f64) -> ControlFlow<()> {
        *u += 10.0;
        ControlFlow::Continue(())
    }
}

#[test]
fn steps_end_where_it_is_found_that_they_must() {
    let problem = OdeProblem::new(Steps, 0.0, (0.5, 3.5), ());
    let solution = problem.solver(Tsit5).tolerances(1e-10, 1e-10).event(Announced).solve().unwrap();
    for t in [1.0, 2.0, 3.0, 1.25, 1.5, 2.25] {
        assert!(solution.times().contains(&t), "{t}: {:?}", solution.times());
    }
    let events: Vec<f64> = solution.events().iter().map(|event| event.t).collect();
    assert_eq!(events, [1.25, 1.5, 2.25]);
    // Straight between the kinks, which the method integrates exactly: rounding.
    assert!((solution.end() - (30.0 + 0.125 + 0.5 + 0.5 + 0.125)).abs() < 1e-12, "{}", solution.end());
    let back = problem.remake().span((3.5, 0.5));
    let solution = back.solver(Tsit5).tolerances(1e-10, 1e-10).solve().unwrap();
    assert!(solution.times().contains(&2.0) && solution.times().contains(&1.0), "{:?}", solution.times());
}

/// A forcing whose amplitude is zero.
#[ode]
fn forced(u: f64, p: f64, t: f64) -> f64 {
    -u + p * (10.0 * t).sin()
}

/// What the solution from zero is per amplitude: the integral by hand.
fn forced_from_rest(t: f64) -> f64 {
    ((10.0 * t).sin() - 10.0 * (10.0 * t).cos() + 10.0 * (-t).exp()) / 101.0
}

/// The derivative by the amplitude, where the value says nothing of it, is right or an error, in reverse and by dual numbers.
fn at_rest<M>(solver: &Solver<'_, forced, f64, M>, want: f64, tolerance: f64)
where
    M: AdjointMethod<f64, forced> + Method<Dual<f64, 1>, forced>,
{
    let reverse = solver.vjp(DiscreteAdjoint::default()).unwrap().1.call(Cotangents::end(&1.0));
    let dual = solver.parameter_jacobian::<1>();
    let found = [reverse.map(|gradient| gradient.p), dual.map(|(_, by_p)| *by_p.column(0).last().unwrap())];
    println!("{solver:?}, {tolerance:e}: {found:?} and {want}", solver = solver.method);
    for found in found {
        match found {
            // As at rest elsewhere: a thousand tolerances of the largest value, a tenth.
            Ok(found) => assert!((found - want).abs() < 100.0 * tolerance, "{found} and not {want}"),
            Err(error) => assert!(matches!(error, diffeq::Error::Derivative { .. }), "{error}"),
        }
    }
}

#[test]
fn halved_steps_at_rest_have_the_derivative() {
    for tolerance in [1e-3, 1e-6, 1e-9] {
        let problem = OdeProblem::new(forced, 0.0, (0.0, 10.0), 0.0);
        let want = forced_from_rest(10.0);
        at_rest(&problem.solver(Halved(RK4)).tolerances(tolerance, tolerance), want, tolerance);
        let low_storage = Halved(CarpenterKennedy2N54);
        at_rest(&problem.solver(low_storage).tolerances(tolerance, tolerance), want, tolerance);
    }
}
