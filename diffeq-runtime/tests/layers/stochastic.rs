//! Neural stochastic equations.
//!
//! Oracle: the loop of Euler and Maruyama written out in dfdx's tensors, over increments of the same path: value and gradients are
//! those of dfdx's own tape, which knows neither the layer's networks nor its adjoint.

use dfdx::prelude::*;
use diffeq_runtime::integrate::Grid;
use diffeq_runtime::layers::NeuralDmSde;
use diffeq_runtime::layers::NeuralDsde;
use diffeq_runtime::layers::NeuralOde;
use diffeq_runtime::layers::NeuralSde;
use diffeq_runtime::layers::OdeConfig;
use diffeq_runtime::layers::neural_dmsde;
use diffeq_runtime::layers::stochastic::Along;
use diffeq_runtime::layers::stochastic::builder::Constant;
use diffeq_runtime::layers::stochastic::builder::Factors;
use diffeq_runtime::noise::Brownian;
use diffeq_runtime::noise::Path;
use diffeq_runtime::stepper::EulerMaruyama;

use crate::Net;
use crate::distance;
use crate::gradient;

const STEPS: usize = 8;
const DT: f64 = 1.0 / STEPS as f64;
const TRAJECTORY: u32 = 3;

type Batch<const B: usize> = Tensor<Rank2<B, 2>, f64, Cpu>;
type Traced<S> = Tensor<S, f64, Cpu, OwnedTape<f64, Cpu>>;

/// The increments of the processes over each step.
fn increments(processes: usize) -> Vec<Vec<f64>> {
    let times: Vec<f64> = (0..=STEPS).map(|i| i as f64 * DT).collect();
    let path = Brownian::new(0, (0.0, 1.0)).trajectory(TRAJECTORY);
    let values = path.values(processes, &times).unwrap();
    values.windows(2).map(|pair| pair[1].iter().zip(&pair[0]).map(|(b, a)| b - a).collect()).collect()
}

/// Steps of Euler and Maruyama on the tape; `noise` gives the change by the processes.
fn by_hand<S: ConstShape>(
    x: Traced<S>,
    processes: usize,
    drift: impl Fn(Traced<S>) -> Traced<S>,
    noise: impl Fn(Traced<S>, &[f64]) -> Traced<S>,
) -> Traced<S> {
    let mut x = x;
    for w in increments(processes) {
        let (by_drift, by_noise) = (drift(x.with_empty_tape()), noise(x.with_empty_tape(), &w));
        x = x + by_drift * DT + by_noise;
    }
    x
}

fn configured<M: Clone, A: Clone, F: Clone>(model: &NeuralOde<F, M, A>) -> NeuralOde<F, M, A> {
    let mut model = model.clone();
    model.config.options.dt = Some(DT);
    model
}

/// What a layer gives, with the gradients of the sum of its squares, against the loop.
macro_rules! same {
    ($model:expr, $trained:expr, $x:expr, $by_hand:expr) => {{
        let (model, trained, x) = ($model, $trained, $x);
        let y = model.try_forward(x.leaky_trace()).unwrap();
        let expected = $by_hand(x.leaky_trace());
        // Eight steps of sums in another order.
        assert!(distance(&y.as_vec(), &expected.as_vec()) < 1e-13);
        let got = y.square().sum().backward();
        let want = expected.square().sum().backward();
        assert!(distance(&got.get(x).as_vec(), &want.get(x).as_vec()) < 1e-12);
        let [got, want] = [gradient(trained, &got), gradient(trained, &want)];
        assert!(want.iter().filter(|bar| **bar != 0.0).count() > 20);
        assert!(distance(&got, &want) < 1e-12);
    }};
}

#[test]
fn multiplicative_noise_whose_factors_are_trained() {
    type Model = NeuralDmSde<Net, Factors<2>, EulerMaruyama>;
    let device = Cpu::default();
    let model = configured(&device.build_module::<Model, f64>()).along(TRAJECTORY);
    let x: Batch<3> = device.sample_normal();
    same!(&model, &model, &x, |x| by_hand(
        x,
        6,
        |x| model.field.drift.forward(x),
        |x, w| {
            let w: Batch<3> = device.tensor_from_vec(w.to_vec(), (Const, Const));
            let factors = model.field.noise.mp.retaped::<OwnedTape<f64, Cpu>>().broadcast_like(&w);
            x * factors * w
        }
    ));
}

#[test]
fn multiplicative_noise_whose_factors_stay() {
    type Model = NeuralDmSde<Net, Constant<2>, EulerMaruyama>;
    let device = Cpu::default();
    let model = configured(&device.build_module::<Model, f64>()).along(TRAJECTORY);
    let x: Tensor<Rank1<2>, f64, Cpu> = device.sample_normal();
    same!(&model, &model.field.drift, &x, |x| by_hand(
        x,
        2,
        |x| model.field.drift.forward(x),
        |x, w| {
            let w: Tensor<Rank1<2>, f64, Cpu> = device.tensor([0.1 * w[0], 0.1 * w[1]]);
            x * w
        }
    ));
    // As a function of a module that stands by itself.
    let config = OdeConfig::span((0.0, 1.0)).method(EulerMaruyama).save_at(Grid::points([1.0]));
    let mut config = config;
    config.options.dt = Some(DT);
    let along = Along { seed: 0, trajectory: TRAJECTORY };
    let mp: Tensor<Rank1<2>, f64, _> = device.tensor([0.1, 0.1]);
    let series = neural_dmsde(&model.field.drift, x.clone(), mp, along, &config).unwrap();
    assert_eq!(series.as_vec(), model.forward(x).as_vec());
}

#[test]
fn a_noise_network_with_a_process_for_each_component() {
    type Model = NeuralDsde<Net, (Linear<2, 4>, Tanh, Linear<4, 2>)>;
    let device = Cpu::default();
    let model = configured(&device.build_module::<Model, f64>()).along(TRAJECTORY);
    let x: Batch<3> = device.sample_normal();
    same!(&model, &model, &x, |x| by_hand(
        x,
        6,
        |x| model.field.drift.forward(x),
        |x, w| {
            let w: Batch<3> = device.tensor_from_vec(w.to_vec(), (Const, Const));
            model.field.noise.0.forward(x) * w
        }
    ));
}

#[test]
fn a_noise_network_with_three_processes_for_each_row() {
    type Model = NeuralSde<Net, (Linear<2, 4>, Tanh, Linear<4, 6>), 3>;
    let device = Cpu::default();
    let model = configured(&device.build_module::<Model, f64>()).along(TRAJECTORY);
    let x: Batch<2> = device.sample_normal();
    same!(&model, &model, &x, |x| by_hand(
        x,
        6,
        |x| model.field.drift.forward(x),
        |x, w| {
            let w: Tensor<Rank2<2, 3>, f64, Cpu> = device.tensor_from_vec(w.to_vec(), (Const, Const));
            let w: Tensor<Rank3<2, 2, 3>, f64, Cpu> = w.broadcast::<_, Axis<1>>();
            let g: Traced<Rank2<2, 6>> = model.field.noise.0.forward(x);
            let g: Traced<Rank3<2, 2, 3>> = g.reshape();
            (g * w).sum::<Rank2<2, 2>, Axis<2>>()
        }
    ));
}

#[test]
fn paths_stay_what_they_are_set_to() {
    type Model = NeuralDmSde<Net, Factors<2>, EulerMaruyama>;
    let device = Cpu::default();
    let model = configured(&device.build_module::<Model, f64>()).along(5);
    assert_eq!(model.to_dtype::<f32>().field.along, Along { seed: 0, trajectory: 5 });
    let x: Tensor<Rank1<2>, f64, _> = device.tensor([1.0, -0.5]);
    let end = |trajectory| model.along(trajectory).forward(x.clone()).array();
    assert_eq!(end(7), end(7));
    assert_ne!(end(7), end(8));
}

/// dfdx writes scalars as `f64`: a larger seed would come back as another one.
#[test]
fn a_seed_that_a_file_would_round_is_refused() {
    type Model = NeuralDmSde<Net, Factors<2>, EulerMaruyama>;
    let device = Cpu::default();
    let mut model = configured(&device.build_module::<Model, f64>());
    let x: Tensor<Rank1<2>, f64, _> = device.tensor([1.0, -0.5]);
    let path = std::env::temp_dir().join(format!("diffeq_seed_{}.npz", std::process::id()));
    model.field.along.seed = (1 << 53) - 1;
    model.save(&path).unwrap();
    let mut loaded = configured(&device.build_module::<Model, f64>());
    loaded.load(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(loaded.forward(x.clone()).array(), model.forward(x.clone()).array());
    for seed in [1 << 53, (1 << 53) + 1, u64::MAX] {
        model.field.along.seed = seed;
        let error = model.solve(&x).unwrap_err().to_string();
        assert!(error.contains("below 2^53"), "{error}");
    }
}

#[test]
fn a_method_of_fixed_steps_asks_for_their_size() {
    type Model = NeuralDsde<Net, (Linear<2, 4>, Tanh, Linear<4, 2>)>;
    let device = Cpu::default();
    let model = device.build_module::<Model, f64>();
    let x: Tensor<Rank1<2>, f64, _> = device.tensor([1.0, -0.5]);
    let error = model.solve(&x).unwrap_err().to_string();
    assert!(error.contains("dt"), "{error}");
}
