//! Every adjoint on models that the macros differentiated, and on dfdx's tape.

use dfdx::prelude::*;
use diffeq::dfdx::diffeq_with;
use diffeq::prelude::*;
use diffeq::problem::DenseVjp;
use diffeq::problem::NumericalVjp;
use diffeq::sensitivity::Adjoint;
use diffeq::sensitivity::Integrand;

/// A driven oscillator: state, parameters and time all matter.
#[ode]
fn driven(u: [f64; 2], p: [f64; 3], t: f64) -> [f64; 2] {
    [u[1], -p[0] * u[0] - p[1] * u[1] + (p[2] * t).sin() * (-u[0] * u[0]).exp()]
}

/// The same in place, over slices.
#[ode]
fn chain(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
    for i in 0..u.len() {
        du[i] = -p[0] * u[i] + (p[1] * t).cos();
        if i > 0 {
            du[i] += p[2] * u[i - 1];
        }
    }
}

/// What the oscillator costs per time.
#[ode]
fn energy(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 3], t: f64) {
    du[0] = 0.5 * (u[1] * u[1] + p[0] * u[0] * u[0]) * (0.1 * t).exp();
    du[1] = 0.0;
}

/// The oscillator with its cost in a third component.
#[ode]
fn driven_with_energy(u: [f64; 3], p: [f64; 3], t: f64) -> [f64; 3] {
    [
        u[1],
        -p[0] * u[0] - p[1] * u[1] + (p[2] * t).sin() * (-u[0] * u[0]).exp(),
        0.5 * (u[1] * u[1] + p[0] * u[0] * u[0]) * (0.1 * t).exp(),
    ]
}

const P: [f64; 3] = [1.7, 0.2, 0.9];
const TOLERANCE: f64 = 1e-8;

fn weights(count: usize) -> Vec<f64> {
    (0..count).map(|i| (i as f64 + 1.0).sin()).collect()
}

/// A continuous adjoint's error in units of the tolerance, relative to the largest entry; see the truth matrix.
fn assert_near(got: &[f64], want: &[f64], what: &str) {
    let size = want.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
    assert_eq!(got.len(), want.len());
    for (a, b) in got.iter().zip(want) {
        assert!((a - b).abs() <= 100.0 * TOLERANCE * size, "{what}: {got:?} and {want:?}");
    }
}

macro_rules! adjoints {
    ($check:ident) => {
        $check! {
            DiscreteAdjoint::default(),
            DiscreteAdjoint::checkpoints(6),
            Backsolve::default(),
            Interpolating::default(),
            Interpolating::default().checkpoints(30),
            Quadrature::default(),
            GaussAdjoint::default(),
            GaussAdjoint::default().checkpoints(30),
        }
    };
}

fn gradient<F, A>(solver: &Solver<'_, F, f64, Tsit5>, adjoint: A) -> (Vec<f64>, Vec<f64>)
where
    F: diffeq::problem::Vjp<f64>,
    A: Adjoint<F, f64, Tsit5>,
{
    use diffeq::space::Vector;
    let (solution, mut pullback) = solver.vjp(adjoint).unwrap();
    let gradient = pullback.call(Cotangents::values(&weights(solution.values().len()))).unwrap();
    (gradient.u0.as_slice().to_vec(), gradient.p.as_slice().to_vec())
}

/// The gradients by `u0` and `p` of a loss over the rows, by dual numbers.
macro_rules! truth {
    ($problem:expr) => {{
        let truth = $problem.solver(Vern9).tolerances(1e-13, 1e-13).save_at(Grid::step(0.3));
        let (solution, by_p) = truth.parameter_jacobian::<2>().unwrap();
        let w = weights(solution.values().len());
        let (_, by_u0) = truth.initial_jacobian::<2>().unwrap();
        (by_u0.gradient(&w).unwrap(), by_p.gradient(&w).unwrap())
    }};
}

/// Every adjoint of a problem's solve against a gradient.
fn check<F: diffeq::problem::Vjp<f64>>(problem: OdeProblem<F>, (by_u0, by_p): &(Vec<f64>, Vec<f64>)) {
    let solver = problem.solver(Tsit5).tolerances(TOLERANCE, TOLERANCE).save_at(Grid::step(0.3));
    macro_rules! each {
        ($($adjoint:expr,)*) => { $(
            let (u0, p) = gradient(&solver, $adjoint);
            assert_near(&u0, by_u0, stringify!($adjoint));
            assert_near(&p, by_p, stringify!($adjoint));
        )* };
    }
    adjoints!(each);
}

#[test]
fn every_adjoint_takes_what_the_macro_writes() {
    let fixed = OdeProblem::new(driven, [0.5, -0.3], (0.0, 4.0), P);
    let truth = truth!(fixed);
    check(fixed, &truth);
    let (u0, p) = (vec![0.5, -0.3, 1.0, 0.2], P.to_vec());
    let slices = OdeProblem::new(chain, u0.clone(), (0.0, 4.0), p.clone());
    let truth = truth!(slices);
    check(slices, &truth);
    check(OdeProblem::new(DenseVjp(chain), u0.clone(), (0.0, 4.0), p.clone()), &truth);
    // Differences are good to 4e-11 each.
    check(OdeProblem::new(NumericalVjp(chain), u0, (0.0, 4.0), p), &truth);
}

#[test]
fn forward_sensitivities_of_a_generated_model() {
    let problem = OdeProblem::new(driven, [0.5, -0.3], (0.0, 4.0), P);
    let solver = problem.solver(Tsit5).tolerances(TOLERANCE, TOLERANCE).save_at(Grid::step(0.3));
    let (solution, sensitivities) = solver.sensitivities(ForwardSensitivity::default()).unwrap();
    let w = weights(solution.values().len());
    let (by_u0, by_p) = truth!(problem);
    assert_near(&sensitivities.u0.gradient(&w).unwrap(), &by_u0, "u0");
    assert_near(&sensitivities.p.gradient(&w).unwrap(), &by_p, "p");
}

#[test]
fn a_running_cost_is_a_function_with_the_same_attribute() {
    let truth = OdeProblem::new(driven_with_energy, [0.5, -0.3, 0.0], (0.0, 4.0), P);
    let solver = truth.solver(Vern9).tolerances(1e-13, 1e-13).save_at(Grid::points([4.0])).save_idxs([2]);
    let (_, by_p) = solver.parameter_jacobian::<3>().unwrap();
    let want = by_p.gradient(&[1.0]).unwrap();
    let problem = OdeProblem::new(driven, [0.5, -0.3], (0.0, 4.0), P);
    let solver = problem.solver(Tsit5).tolerances(TOLERANCE, TOLERANCE).save_every_step(false);
    macro_rules! each {
        ($($adjoint:expr,)*) => { $(
            let (_, mut pullback) = solver.vjp($adjoint.running_cost(Integrand(energy))).unwrap();
            let got = pullback.call(Cotangents::end(&[0.0; 2])).unwrap();
            assert_near(&got.p, &want, stringify!($adjoint));
        )* };
    }
    each! {
        DiscreteAdjoint::default(),
        DiscreteAdjoint::checkpoints(6),
        Backsolve::default(),
        Interpolating::default(),
        Quadrature::default(),
        GaussAdjoint::default(),
        GaussAdjoint::default().checkpoints(30),
    }
}

/// F5, F6, F10: the operation on the tape by every adjoint, with a layer in front of it.
#[test]
fn every_adjoint_is_an_operation_on_the_tape() {
    let device = Cpu::default();
    let problem = OdeProblem::new(driven, [0.5, -0.3], (0.0, 4.0), P);
    let solver = problem.solver(Tsit5).tolerances(TOLERANCE, TOLERANCE).save_at(Grid::step(0.3));
    let p: Tensor<Rank1<3>, f64, Cpu> = device.tensor(P);
    let u0: Tensor<Rank1<2>, f64, Cpu> = device.tensor([1.0, -0.6]);
    let by_rd = {
        let solved = diffeq_rd((u0.leaky_trace() * 0.5, p.leaky_trace()), &solver).unwrap();
        let gradients = solved.series.square().sum().backward();
        (gradients.get(&u0).array(), gradients.get(&p).array())
    };
    macro_rules! each {
        ($($adjoint:expr,)*) => { $(
            let solved = diffeq_with((u0.leaky_trace() * 0.5, p.leaky_trace()), &solver, $adjoint).unwrap();
            let gradients = solved.series.square().sum().backward();
            assert_near(&gradients.get(&u0).array(), &by_rd.0, stringify!($adjoint));
            assert_near(&gradients.get(&p).array(), &by_rd.1, stringify!($adjoint));
        )* };
    }
    adjoints!(each);
    // The initial state of the problem itself, where `p` comes alone.
    let solved = diffeq_adjoint(p.leaky_trace(), &solver).unwrap();
    assert_eq!(solved.solution.len(), 15);
    let gradients = solved.series.square().sum().backward();
    assert_near(&gradients.get(&p).array(), &by_rd.1, "diffeq_adjoint");
}

/// Van der Pol's oscillator.
#[ode]
fn van_der_pol(u: [f64; 2], p: [f64; 1]) -> [f64; 2] {
    [u[1], p[0] * (1.0 - u[0] * u[0]) * u[1] - u[0]]
}

/// F6: on the tape as elsewhere, a solution that is lost on the way back is not silent.
#[test]
fn a_backward_pass_that_fails_says_so() {
    let problem = OdeProblem::new(van_der_pol, [2.0, 0.0], (0.0, 3.0), [100.0]);
    let solver = problem.solver(Tsit5).save_at(Grid::count(2));
    let p: Tensor<Rank1<1>, f64, Cpu> = Cpu::default().tensor([100.0]);
    let solved = diffeq_with(p.leaky_trace(), &solver, Backsolve::default()).unwrap();
    let error = diffeq::Error::from(solved.series.sum().try_backward().unwrap_err()).to_string();
    assert!(error.contains("does not retrace its solution"), "{error}");
}

#[ode]
fn pulse(_u: f64, p: f64, t: f64) -> f64 {
    p * (10.0 * t).cos()
}

/// A front: nothing happens for a while, all at once, and then nothing again.
#[ode]
fn autocatalysis(u: [f64; 2], p: [f64; 2]) -> [f64; 2] {
    let rate = u[0] * u[1];
    [-p[0] * rate, p[1] * rate]
}

#[ode]
fn slow(u: f64, p: f64) -> f64 {
    -1e-3 * p * u
}

#[ode]
fn price(u: f64, p: f64, t: f64) -> f64 {
    p * u * (10.0 * t).cos()
}

/// Integrals that neither the solution nor the costate resolves. The oracle is the integral by hand.
#[test]
fn integrals_are_resolved_where_the_costate_rests() {
    fn by_p<A: Adjoint<pulse, f64, Tsit5>>(adjoint: A) -> f64 {
        let problem = OdeProblem::new(pulse, 0.0, (0.0, 20.0), 1.0);
        let solver = problem.solver(Tsit5).tolerances(TOLERANCE, TOLERANCE);
        let gradient = solver.vjp(adjoint).unwrap().1.call(Cotangents::end(&1.0)).unwrap();
        gradient.p
    }
    // ∫ cos 10t dt over (0, 20); errors are relative to the 12.7 that it is without signs.
    let want = 200.0_f64.sin() / 10.0;
    for got in [by_p(GaussAdjoint::default()), by_p(Quadrature::default()), by_p(Interpolating::default())] {
        assert!((got - want).abs() <= 100.0 * TOLERANCE * 12.7, "{got} for {want}");
    }

    fn front<A: Adjoint<autocatalysis, f64, Tsit5>>(adjoint: A) -> [f64; 2] {
        let problem = OdeProblem::new(autocatalysis, [1.0, 1e-8], (0.0, 1000.0), [2.0, 2.0]);
        let solver = problem.solver(Tsit5).tolerances(TOLERANCE, TOLERANCE);
        solver.vjp(adjoint).unwrap().1.call(Cotangents::end(&[1.0, 1.0])).unwrap().p
    }
    // The costate of `x + y` is constant, and ∫ x y dt = (y(1000) - y(0)) / 2 = 1 / 2.
    for got in [front(GaussAdjoint::default()), front(Quadrature::default()), front(Interpolating::default())]
    {
        assert_near(&got, &[-0.5, 0.5], "a front");
    }
}

/// The running cost `∫ p u cos 10t dt` of a solution in few steps, against the integral by hand: a sum without a check was
/// off by a factor of 86.
#[test]
fn running_costs_are_resolved() {
    let problem = OdeProblem::new(slow, 1.0, (0.0, 20.0), 1.0);
    let solver = problem.solver(Tsit5).tolerances(TOLERANCE, TOLERANCE);
    let a = 1e-3_f64;
    let wave = (10.0 * 200.0_f64.sin() - a * 200.0_f64.cos()) * (-20.0 * a).exp();
    // The solution is linear in `u0 = 1`, so that this is the derivative by it as well.
    let want = (wave + a) / (a * a + 100.0);
    macro_rules! check {
        ($($adjoint:ident)*) => { $(
            let (_, mut back) = solver.vjp($adjoint::default().running_cost(Integrand(price))).unwrap();
            let got = [back.running_cost(), back.call(Cotangents::end(&0.0)).unwrap().u0];
            for got in got {
                // Relative to the 12.7 that the integral is without signs.
                assert!((got - want).abs() <= 100.0 * TOLERANCE * 12.7, "{}: {got} for {want}", stringify!($adjoint));
            }
        )* };
    }
    check!(GaussAdjoint Quadrature Interpolating DiscreteAdjoint);
}

#[ode]
fn decays(u: f64, p: f64) -> f64 {
    -p * u
}

/// A cost that is zero but for a moment, which is short beside the steps.
#[ode]
fn moment(u: f64, p: f64, t: f64) -> f64 {
    let since = (t - 8.0) / 0.05;
    p * u * (-since * since).exp()
}

/// What a cost needs parts of a step for its gradient does as well: a costate that rests stepped over the moment, and by the
/// parameter there was left what the cost has of it itself, five times too much, or nothing.
#[test]
fn the_gradient_of_a_short_cost_is_that_of_its_value() {
    // ∫ p exp(-p t) exp(-((t - 8) / w)²) dt over all times, by completing the square; the span cuts nothing off.
    let (p, width) = (0.1_f64, 0.05_f64);
    let whole = width * std::f64::consts::PI.sqrt() * (0.25 * p * p * width * width - 8.0 * p).exp();
    let want = [p * whole, whole * (1.0 + p * (0.5 * p * width * width - 8.0))];
    for tolerance in [1e-6, 1e-9] {
        let problem = OdeProblem::new(decays, 1.0, (0.0, 20.0), p);
        let solver = problem.solver(Tsit5).tolerances(tolerance, tolerance);
        macro_rules! check {
            ($($adjoint:ty),*) => { $(
                let (_, mut back) = solver.vjp(<$adjoint>::default().running_cost(Integrand(moment))).unwrap();
                let got = [back.running_cost(), back.call(Cotangents::end(&0.0)).unwrap().p];
                for (got, want) in got.iter().zip(want) {
                    // A hundred tolerances: the size of both parts of the gradient is 0.04.
                    let off = (got - want).abs();
                    assert!(off < 100.0 * tolerance, "{} at {tolerance:e}: {got} for {want}", stringify!($adjoint));
                }
            )* };
        }
        check!(DiscreteAdjoint, GaussAdjoint, Quadrature, Interpolating);
    }
}
