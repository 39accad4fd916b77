//! Expected values, and what a solve costs in memory.

use crate::models::*;
use diffeq_runtime::error::Error;
use diffeq_runtime::integrate::Grid;
use diffeq_runtime::noise::Brownian;
use diffeq_runtime::noise::Driven;
use diffeq_runtime::noise::SdeProblem;
use diffeq_runtime::problem::*;
use diffeq_runtime::sensitivity::Cotangents;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::stepper::*;
use testkit::alloc::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Means of functions of the end over many paths, each with its deviation.
fn means<M, X, const N: usize, const P: usize, const K: usize>(
    (model, method): (M, X),
    (u0, p): ([f64; N], [f64; P]),
    (end, dt, paths): (f64, f64, u32),
    of: impl Fn(&[f64; N]) -> [f64; K],
) -> [(f64, f64); K]
where
    M: Diffusion<f64> + System<f64, State = [f64; N], Params = [f64; P]>,
    X: Method<f64, Driven<M, Brownian>> + Fits<M::Interpretation, M::Class>,
{
    let problem = SdeProblem::new(model, u0, (0.0, end), p).seed(17).cells(dt);
    let mut sums = [(0.0, 0.0); K];
    for trajectory in 0..paths {
        let problem = problem.remake().trajectory(trajectory);
        let solution = problem.solver(method.clone()).fixed(dt).save_every_step(false).solve().unwrap();
        for (sum, x) in sums.iter_mut().zip(of(solution.end())) {
            sum.0 += x;
            sum.1 += x * x;
        }
    }
    let n = f64::from(paths);
    sums.map(|(sum, squares)| (sum / n, ((squares / n - sum * sum / n / n) / n).sqrt()))
}

fn assert_means<const K: usize>(found: [(f64, f64); K], expected: [f64; K], bias: f64) {
    for ((mean, deviation), expected) in found.into_iter().zip(expected) {
        println!("{mean} ± {deviation}, {expected} is exact");
        // Four deviations, and the bias of steps of this size.
        assert!((mean - expected).abs() < 4.0 * deviation + bias, "{mean} ± {deviation} and not {expected}");
    }
}

#[test]
fn moments_are_those_of_the_equations() {
    // mu = 0.5, s = 0.8: E X = e^0.5, E X² = e^1.64.
    let found = means((GbmIto, SRIW1), ([1.0], [0.5, 0.8]), (1.0, 0.05, 4_000), |u| [u[0], u[0] * u[0]]);
    assert_means(found, [1.6487212707001282, 5.155169512234681], 1e-2);
    // Mean and second moments of the linear equation whose processes do not commute, in both senses.
    let all = |u: &[f64; 2]| [u[0], u[1], u[0] * u[0], u[0] * u[1], u[1] * u[1]];
    let found = means((GeneralIto, Milstein), ([1.0, 0.5], []), (1.0, 0.05, 4_000), all);
    let ito =
        [0.676816025819154, 0.4024102077721408, 0.5276101278716315, 0.3156017912539508, 0.19781381671799816];
    assert_means(found, ito, 1e-2);
    let found = means((GeneralStrat, StratonovichHeun), ([1.0, 0.5], []), (1.0, 0.05, 4_000), all);
    let stratonovich = [
        0.7099735624557711,
        0.42657575524878444,
        0.5810033388599388,
        0.3509113195948155,
        0.22132931704425932,
    ];
    assert_means(found, stratonovich, 1e-2);
}

/// The bias of a mean falls with the square of the step: seen without noise of the sample on a function whose mean is known,
/// by taking away what the exact solution on the same path has.
#[test]
fn platens_method_is_of_weak_order_two() {
    const PATHS: u32 = 2_000;
    let (a, s) = (1.5, 0.1);
    let bias = |dt: f64| {
        let problem = SdeProblem::new(GbmIto, [1.0], (0.0, 1.0), [a, s]).cells(dt);
        let (mut sum, mut squares) = (0.0, 0.0);
        for trajectory in 0..PATHS {
            let problem = problem.remake().trajectory(trajectory);
            let found =
                problem.solver(PlatenWeak2).fixed(dt).save_every_step(false).solve().unwrap().end()[0];
            let w = diffeq_runtime::noise::Path::values(&problem.driven.model.path, 1, &[0.0, 1.0]).unwrap()
                [1][0];
            let off = found - f64::exp(a - 0.5 * s * s + s * w);
            sum += off;
            squares += off * off;
        }
        let n = f64::from(PATHS);
        (sum / n, ((squares / n - sum * sum / n / n) / n).sqrt())
    };
    let (coarse, fine) = (bias(1.0 / 16.0), bias(1.0 / 32.0));
    let order = (coarse.0 / fine.0).log2();
    let width = 2.0 * (coarse.1 / coarse.0.abs() + fine.1 / fine.0.abs()) / std::f64::consts::LN_2;
    println!("PlatenWeak2: weak order {order:.3} ± {width:.3}, biases {coarse:?} and {fine:?}");
    assert!((order - 2.0).abs() < 0.1 + width, "{order} ± {width}");
}

/// An equation whose drift is cubic: Euler-Maruyama explodes on some paths, the tamed method on none.
#[test]
fn taming_keeps_paths_finite() {
    let problem = SdeProblem::new(Cubed, [10.0], (0.0, 3.0), [2.0]).cells(0.25);
    let mut explosions = 0;
    for trajectory in 0..100 {
        let problem = problem.remake().trajectory(trajectory);
        explosions += u32::from(problem.solver(EulerMaruyama).fixed(0.25).solve().is_err());
        let end: f64 = problem.solver(TamedEuler).fixed(0.25).solve().unwrap().end()[0];
        assert!(end.abs() < 100.0, "{end}");
    }
    assert!(explosions > 50, "{explosions}");
}

#[test]
fn nothing_is_allocated_per_step() {
    fn count<M, X, const P: usize>(
        model: M,
        method: X,
        p: [f64; P],
        steps: usize,
        adaptive: bool,
    ) -> [usize; 2]
    where
        M: DiffusionVjp<f64> + System<f64, State = [f64; 2], Params = [f64; P]>,
        <M as Stochastic>::Drift: Vjp<f64>,
        X: diffeq_runtime::sensitivity::AdjointMethod<f64, Driven<M, Brownian>>
            + Fits<M::Interpretation, M::Class>,
    {
        let problem = SdeProblem::new(model, [1.0, 0.8], (0.0, 1.0), p).seed(2);
        let solver = problem.solver(method).save_every_step(false).save_start(false);
        let solver = if adaptive {
            let tolerance = 1.0 / steps as f64;
            solver.tolerances(tolerance, tolerance)
        } else {
            solver.fixed(1.0 / steps as f64)
        };
        let solve = testkit::alloc::allocations(|| solver.solve().unwrap()).0;
        let (_, mut pullback) = solver.vjp(DiscreteAdjoint::checkpoints(5)).unwrap();
        pullback.call(Cotangents::end(&[1.0, 1.0])).unwrap();
        let sweep = testkit::alloc::allocations(|| pullback.call(Cotangents::end(&[1.0, 1.0])).unwrap()).0;
        [solve, sweep]
    }
    const PREDATORS: [f64; 5] = [1.5, 1.0, 3.0, 1.0, 0.2];
    macro_rules! assert_few {
        ($($model:ident $method:ident $p:expr;)*) => { $(
            for adaptive in [false, true] {
                if adaptive && <$method as Scheme>::CONTROL_EXPONENT.is_none() {
                    continue;
                }
                let (few, many) = (count($model, $method, $p, 10, adaptive), count($model, $method, $p, 200, adaptive));
                assert_eq!(few[0], many[0], concat!(stringify!($method), " allocates in steps"));
                assert_eq!(many[1], 0, concat!(stringify!($method), " allocates on the way back"));
            }
        )* };
    }
    assert_few! {
        Predators EulerMaruyama PREDATORS;
        Predators SOSRI PREDATORS;
        Predators Milstein PREDATORS;
        Curved Milstein [0.7, 0.4, 0.3];
        Pendulum SOSRA [0.7, 0.4];
        PredatorsStrat SlowRK PREDATORS;
    }
}

/// A claim is held against the derivatives.
#[test]
fn a_claim_that_does_not_hold_is_refused() {
    let honest = SdeProblem::new(Claimed, [1.0, 0.5], (0.0, 1.0), [0.0]);
    assert!(honest.solver(Milstein).fixed(0.1).solve().is_ok());
    assert!(honest.solver(SlowRK).fixed(0.1).save_at(Grid::step(0.5)).solve().is_ok());
    let lying = honest.remake().p([0.1]);
    for error in [lying.solver(Milstein).fixed(0.1).solve(), lying.solver(SlowRK).fixed(0.1).solve()] {
        let error = error.unwrap_err();
        assert!(matches!(error, Error::Option { option: "commutative", .. }), "{error}");
    }
}
