//! Continuous normalising flows.

use std::f64::consts::PI;
use std::sync::Arc;

use dfdx::prelude::*;
use diffeq_runtime::control::Fixed;
use diffeq_runtime::error::Error;
use diffeq_runtime::layers::Divergence;
use diffeq_runtime::layers::Ffjord;
use diffeq_runtime::layers::OdeConfig;
use diffeq_runtime::sensitivity::Backsolve;
use diffeq_runtime::sensitivity::GaussAdjoint;
use diffeq_runtime::stepper::Tsit5;
use rand::SeedableRng;
use rand::rngs::StdRng;
use testkit::alloc::allocations;
use testkit::alloc::is_counting;

use crate::gradient;
use crate::is_gradient;
use crate::is_gradient_of;

type Net = (Linear<3, 8>, Tanh, Linear<8, 2>);
type Built<E> = (modules::Linear<3, 8, E, Cpu>, Tanh, modules::Linear<8, 2, E, Cpu>);
type Rows = Tensor<(usize, Const<2>), f64, Cpu>;

/// A flow that bends: weights larger than those of a fresh network.
fn flow(seed: u64, tolerance: f64) -> Ffjord<Built<f64>> {
    let mut net = Cpu::seed_from_u64(seed).build_module::<Net, f64>();
    net.0.weight = net.0.weight * 2.0;
    net.2.weight = net.2.weight * 2.0;
    Ffjord::new(net, OdeConfig::span((0.0, 1.0)).tolerances(tolerance, tolerance))
}

/// The same in four steps, whatever their error: as the gradient counts steps as constants, it is that of such a solve to rounding.
fn in_steps(mut flow: Ffjord<Built<f64>>) -> Ffjord<Built<f64>> {
    (flow.config.options.controller, flow.config.options.dt) = (Arc::new(Fixed), Some(0.25));
    flow
}

/// Rounding, over steps from 0.02 down.
const EXACT: f64 = 1e-10;

fn rows(count: usize, seed: u64) -> Rows {
    Cpu::seed_from_u64(seed).sample_normal_like(&(count, Const))
}

/// `x' = A x + c t` with `A` a rotation by `w` and a growth by `s`: `|z|` grows by `e^s`, volume by `e^2s`.
fn linear(s: f64, w: f64, c: [f64; 2], span: (f64, f64)) -> Ffjord<(modules::Linear<3, 2, f64, Cpu>,)> {
    let device = Cpu::default();
    let weight = device.tensor([[s, -w, c[0]], [w, s, c[1]]]);
    let net = (modules::Linear { weight, bias: device.zeros() },);
    Ffjord::new(net, OdeConfig::span(span).tolerances(1e-10, 1e-10))
}

#[test]
fn a_linear_flow_has_a_formula() {
    let (s, w) = (0.4, 1.1);
    for span in [(0.0, 1.5), (1.5, 0.0)] {
        let t: f64 = span.1 - span.0;
        let (flow, x) = (linear(s, w, [0.0; 2], span), rows(5, 1));
        let exact = flow.regularised(x.clone(), Divergence::Exact).unwrap().as_vec();
        // The trace of this Jacobian is 2s whatever the signs: they cancel in the rotation and square to one on the diagonal.
        let signs = flow.log_likelihood(x.clone(), Divergence::Rademacher { seed: 3 }).unwrap().as_vec();
        for (i, x) in x.as_vec().chunks_exact(2).enumerate() {
            let square = x[0] * x[0] + x[1] * x[1];
            let log_p = -0.5 * (2.0 * s * t).exp() * square - (2.0 * PI).ln() + 2.0 * s * t;
            // A way has an energy whichever way the time runs.
            let kinetic = (s * s + w * w) * square * ((2.0 * s * t).exp() - 1.0).abs() / (2.0 * s);
            let jacobian = 2.0 * (s * s + w * w) * t.abs();
            for (got, want) in exact[3 * i..].iter().zip([log_p, kinetic, jacobian]) {
                // The tolerance, times what errors grow by: e^2st.
                assert!((got - want).abs() < 1e-8 * (1.0 + want.abs()), "{got} {want}");
            }
            assert!((signs[i] - log_p).abs() < 1e-8 * (1.0 + log_p.abs()));
        }
    }
    let (x, t): (_, f64) = (rows(5, 1), 1.5);
    // With time as an input: z = x + c t²/2.
    let moved = linear(0.0, 0.0, [2.0, -4.0], (0.0, 1.5)).forward(x.clone()).as_vec();
    for (z, x) in moved.chunks_exact(2).zip(x.as_vec().chunks_exact(2)) {
        assert!((z[0] - (x[0] + t * t)).abs() < 1e-9 && (z[1] - (x[1] - 2.0 * t * t)).abs() < 1e-9);
    }
}

/// The trapezoidal rule is exact but for the tails for such densities: it converges faster than any power of the spacing.
#[test]
fn a_density_integrates_to_one() {
    // The density is narrow, of a deviation of 0.16 across, and beyond four has some 1e-8 of it.
    const HALF: i32 = 32;
    const SPACING: f64 = 0.125;
    let at = |i: i32| SPACING * f64::from(i);
    let grid: Vec<f64> =
        (-HALF..=HALF).flat_map(|i| (-HALF..=HALF).flat_map(move |j| [at(i), at(j)])).collect();
    let points = grid.len() / 2;
    let x: Rows = Cpu::default().tensor_from_vec(grid, (points, Const));
    let log_p = flow(2, 1e-5).log_likelihood(x, Divergence::Exact).unwrap().as_vec();
    let total: f64 = log_p.iter().map(|log_p| log_p.exp() * SPACING * SPACING).sum();
    // It is not the density that the flow began with, for which this would hold without a trace.
    let spread = log_p.iter().fold(f64::NEG_INFINITY, |max, log_p| max.max(*log_p)) + (2.0 * PI).ln();
    assert!(spread.abs() > 0.1, "{spread}");
    assert!((total - 1.0).abs() < 1e-5, "{total}");
}

#[test]
fn an_estimated_trace_is_right_on_average() {
    // By the same steps for all: then it is right on average to rounding.
    let (flow, x) = (in_steps(flow(3, 1.0)), rows(1, 4));
    // As many rows of one point as noises.
    const NOISES: usize = 4000;
    let copies: Rows = Cpu::default().tensor_from_vec(x.as_vec().repeat(NOISES), (NOISES, Const));
    let exact = flow.regularised(x, Divergence::Exact).unwrap().as_vec();
    for trace in [Divergence::Rademacher { seed: 5 }, Divergence::Gaussian { seed: 6 }] {
        let estimates = flow.regularised(copies.clone(), trace).unwrap().as_vec();
        for column in [0, 2] {
            let values: Vec<f64> = estimates.iter().skip(column).step_by(3).copied().collect();
            let mean = values.iter().sum::<f64>() / NOISES as f64;
            let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (NOISES - 1) as f64;
            let sigma = (variance / NOISES as f64).sqrt();
            assert!(sigma > 1e-4, "it is an estimate");
            assert!(
                (mean - exact[column]).abs() < 4.0 * sigma,
                "{trace:?}: {mean} is not {} ± {sigma}",
                exact[column]
            );
        }
        // What needs no trace is not estimated.
        assert!(estimates.iter().skip(1).step_by(3).all(|kinetic| (kinetic - exact[1]).abs() < 1e-12));
    }
}

#[test]
fn there_and_back_is_the_same_place() {
    let (flow, x) = (flow(4, 1e-9), rows(6, 5));
    let z = flow.forward(x.clone());
    let back = flow.inverse(z.clone()).unwrap().as_vec();
    let furthest = z.as_vec().iter().zip(x.as_vec()).fold(0.0_f64, |far, (z, x)| far.max((z - x).abs()));
    assert!(furthest > 0.1);
    // A dozen steps each way, with errors that the flow may stretch tenfold.
    assert!(back.iter().zip(x.as_vec()).all(|(a, b)| (a - b).abs() < 1e-7));
}

#[test]
fn samples_have_the_density() {
    let (s, t) = (0.4, 1.5);
    const COUNT: usize = 4000;
    let draw = |seed| -> Vec<f64> {
        let mut flow = linear(s, 1.1, [0.0; 2], (0.0, 1.5));
        // Chance is of hundredths.
        (flow.config.rtol, flow.config.atol) = (1e-5, 1e-5);
        flow.sample(COUNT, &mut StdRng::seed_from_u64(seed)).unwrap().as_vec()
    };
    let x = draw(1);
    assert_eq!(x, draw(1));
    assert_ne!(x, draw(2));
    // x = e^-st R z: independent normal numbers of variance e^-2st. The mean of n squares of standard normal numbers
    // has the standard deviation sqrt(2 / n), that of n products of two of them 1 / sqrt(n).
    let variance = (-2.0 * s * t).exp();
    let mean_square = x.iter().map(|x| x * x / variance).sum::<f64>() / (2 * COUNT) as f64;
    let product = x.chunks_exact(2).map(|x| x[0] * x[1] / variance).sum::<f64>() / COUNT as f64;
    assert!((mean_square - 1.0).abs() < 4.0 / (COUNT as f64).sqrt(), "{mean_square}");
    assert!(product.abs() < 4.0 / (COUNT as f64).sqrt(), "{product}");
}

#[test]
fn gradients_of_the_likelihood_are_those_of_differences() {
    let (flow, x) = (in_steps(flow(5, 1.0)), rows(4, 6));
    for trace in [Divergence::Exact, Divergence::Rademacher { seed: 7 }, Divergence::Gaussian { seed: 8 }] {
        let gradients = flow.log_likelihood(x.leaky_trace(), trace).unwrap().mean().backward();
        let loss = |flow: &Ffjord<Built<f64>>, x: Rows| {
            flow.log_likelihood(x, trace).unwrap().mean::<Rank0, _>().array()
        };
        is_gradient_of(&flow, &gradients, |flow| loss(flow, x.clone()), EXACT);
        let at = |numbers: &[f64]| loss(&flow, Cpu::default().tensor_from_vec(numbers.to_vec(), (4, Const)));
        is_gradient(&gradients.get(&x).as_vec(), at, &x.as_vec(), EXACT);
    }
}

#[test]
fn gradients_of_the_regularisers_are_those_of_differences() {
    let (flow, x) = (in_steps(flow(6, 1.0)), rows(3, 7));
    let weights: Tensor<Rank1<3>, f64, _> = Cpu::default().tensor([-1.0, 0.7, 0.3]);
    for trace in [Divergence::Exact, Divergence::Gaussian { seed: 9 }] {
        let gradients = (flow.regularised(x.leaky_trace(), trace).unwrap().mean::<Rank1<3>, Axis<0>>()
            * weights.clone())
        .sum()
        .backward();
        let loss = |flow: &Ffjord<Built<f64>>| {
            let means = flow.regularised(x.clone(), trace).unwrap().mean::<Rank1<3>, Axis<0>>();
            (means * weights.clone()).sum::<Rank0, _>().array()
        };
        is_gradient_of(&flow, &gradients, loss, EXACT);
    }
}

#[test]
fn gradients_pass_through_both_ways() {
    // Of adaptive steps, which move the loss a little.
    const NOISE: f64 = 1e-6;
    let (flow, x) = (flow(7, 1e-9), rows(3, 8));
    let gradients = flow.forward(x.leaky_trace()).square().mean().backward();
    let loss = |flow: &Ffjord<Built<f64>>| flow.forward(x.clone()).square().mean::<Rank0, _>().array();
    is_gradient_of(&flow, &gradients, loss, NOISE);
    let gradients = flow.inverse(x.leaky_trace()).unwrap().square().mean().backward();
    let loss =
        |flow: &Ffjord<Built<f64>>| flow.inverse(x.clone()).unwrap().square().mean::<Rank0, _>().array();
    is_gradient_of(&flow, &gradients, loss, NOISE);
}

/// Continuous adjoints give the gradient of the exact solution: they differ by the tolerances, summed over some steps.
#[test]
fn every_adjoint_has_the_same_gradient() {
    let (flow, x) = (flow(12, 1e-9), rows(5, 12));
    let by_steps =
        gradient(&flow, &flow.log_likelihood(x.leaky_trace(), Divergence::Exact).unwrap().mean().backward());
    let size = by_steps.iter().fold(0.0_f64, |size, g| size.max(g.abs()));
    fn with<A: Clone>(flow: &Ffjord<Built<f64>>, adjoint: A) -> Ffjord<Built<f64>, Tsit5, A> {
        Ffjord::new(flow.field.clone(), flow.config.clone().adjoint(adjoint))
    }
    let gauss = with(&flow, <GaussAdjoint>::default());
    let gauss = gradient(
        &gauss,
        &gauss.log_likelihood(x.leaky_trace(), Divergence::Exact).unwrap().mean().backward(),
    );
    let back = with(&flow, <Backsolve>::default());
    let back =
        gradient(&back, &back.log_likelihood(x.leaky_trace(), Divergence::Exact).unwrap().mean().backward());
    for (i, by_steps) in by_steps.iter().enumerate() {
        assert!((gauss[i] - by_steps).abs() < 1e-6 * size && (back[i] - by_steps).abs() < 1e-6 * size);
    }
}

#[test]
fn it_is_a_module_like_any_other() {
    let device = Cpu::seed_from_u64(8);
    type Model = (Linear<4, 2>, Ffjord<Net>, Linear<2, 1>);
    let model = device.build_module::<Model, f32>();
    assert_eq!(model.1.num_trainable_params(), 32 + 18);
    let x: Tensor<Rank2<5, 4>, f32, _> = device.sample_normal();
    let gradients = model.forward(x.leaky_trace()).square().sum().backward();
    assert!(gradients.get(&model.1.field.0.weight).as_vec().iter().any(|g| *g != 0.0));
    assert!(gradients.get(&x).as_vec().iter().any(|g| *g != 0.0));

    let mut flow = device.build_module::<Ffjord<Net>, f32>();
    (flow.config.t1, flow.config.rtol) = (0.5, 1e-5);
    let path = std::env::temp_dir().join(format!("ffjord_{}.npz", std::process::id()));
    flow.save(&path).unwrap();
    let mut loaded = device.build_module::<Ffjord<Net>, f32>();
    loaded.load(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!((loaded.config.t1, loaded.config.rtol), (0.5, 1e-5));
    let x: Tensor<(usize, Const<2>), f32, _> = device.sample_normal_like(&(5, Const));
    let log_p =
        |flow: &Ffjord<Built<f32>>| flow.log_likelihood(x.clone(), Divergence::Exact).unwrap().as_vec();
    assert_eq!(log_p(&flow), log_p(&loaded));
    let double = flow.to_dtype::<f64>();
    assert_eq!((double.config.t1, double.config.rtol), (0.5, 1e-5));
    let wide = x.clone().to_dtype::<f64>();
    let log_p_double = double.log_likelihood(wide, Divergence::Exact).unwrap().as_vec();
    assert!(
        log_p(&flow)
            .iter()
            .zip(log_p_double)
            .all(|(a, b)| (f64::from(*a) - b).abs() < 1e-4 * (1.0 + b.abs()))
    );
}

#[test]
fn a_solve_that_fails_says_so() {
    let mut flow = flow(9, 1e-6);
    flow.config.options.max_steps = 1;
    let error = flow.log_likelihood(rows(2, 9), Divergence::Exact).unwrap_err();
    assert!(matches!(error, Error::StepBudget { .. }), "{error}");
    let error = Error::from(flow.try_forward(rows(2, 9)).unwrap_err());
    assert!(matches!(error, Error::StepBudget { .. }), "{error}");
}

#[test]
fn no_rows_are_refused() {
    let flow = flow(10, 1e-6);
    let errors = [
        flow.log_likelihood(rows(0, 0), Divergence::Rademacher { seed: 0 }).unwrap_err(),
        flow.sample::<f64, 2>(0, &mut StdRng::seed_from_u64(0)).unwrap_err(),
    ];
    assert!(errors.iter().all(|error| error.to_string().contains("no rows")), "{errors:?}");
}

/// As many allocations whatever the number of evaluations: a longer span takes more of them.
#[test]
fn a_solve_allocates_nothing_for_its_steps() {
    let x = rows(8, 11);
    let count = |t1: f64| {
        let mut flow = flow(11, 1e-8);
        flow.config.t1 = t1;
        let _ = flow.log_likelihood(x.clone(), Divergence::Exact).unwrap();
        allocations(|| flow.log_likelihood(x.clone(), Divergence::Exact).unwrap()).0
    };
    assert!(is_counting());
    assert_eq!(count(0.1), count(3.0));
}
