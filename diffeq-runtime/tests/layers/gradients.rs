//! Gradients of whole models against central differences, and forward mode against reverse mode.

use dfdx::losses::mse_loss;
use dfdx::optim::Adam;
use dfdx::optim::Optimizer;
use dfdx::prelude::*;
use diffeq_runtime::dfdx::destructure;
use diffeq_runtime::dfdx::restructure;
use diffeq_runtime::error::Error;
use diffeq_runtime::layers::Augment;
use diffeq_runtime::layers::AugmentedNeuralOde;
use diffeq_runtime::layers::HamiltonianNet;
use diffeq_runtime::layers::NeuralOde;
use diffeq_runtime::layers::OdeActivation;
use diffeq_runtime::layers::OdeConfig;
use diffeq_runtime::layers::SecondOrder;
use diffeq_runtime::layers::Taped;
use diffeq_runtime::layers::Trained;
use diffeq_runtime::layers::VectorField;
use diffeq_runtime::problem::Jvp;
use diffeq_runtime::problem::Model;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::problem::System;
use diffeq_runtime::problem::Vjp;
use diffeq_runtime::real::Real;
use diffeq_runtime::sensitivity::Backsolve;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::sensitivity::GaussAdjoint;
use diffeq_runtime::space::Workspace;
use diffeq_runtime::stepper::Tsit5;

use crate::Built;
use crate::Net;
use crate::distance;
use crate::gradient;

/// Central differences with steps of 1e-4 are right to about 1e-8; the solves below keep 1e-10, so that the steps, which
/// the gradient counts as constants, move the result by less.
const DIFFERENCES: f64 = 1e-6;
const TIGHT: f64 = 1e-11;
/// What continuous adjoints keep: their own tolerances, some times over.
const ADJOINT_TOLERANCE: f64 = 1e-4;

/// The gradient of a loss by a model's parameters, by central differences.
fn differences<M: TensorCollection<f64, Cpu> + Clone>(model: &M, loss: impl Fn(&M) -> f64) -> Vec<f64> {
    let p = destructure(model).unwrap();
    let at = |i: usize, h: f64| {
        let mut p = p.clone();
        p[i] += h;
        loss(&restructure(model, &p).unwrap())
    };
    const H: f64 = 1e-4;
    (0..p.len()).map(|i| (at(i, H) - at(i, -H)) / (2.0 * H)).collect()
}

/// A relaxation towards where `p[0] u = sin(p[1] + u)`.
#[derive(Debug, Clone, Copy, Default)]
struct Relax;
impl Model for Relax {}
impl<T: Real> System<T> for Relax {
    type State = T;
    type Params = [T; 4];
}
impl<T: Real> Rhs<T> for Relax {
    fn rhs(&self, du: &mut T, u: &T, p: &[T; 4], t: T) {
        *du = (p[1] + *u).sin() - p[0] * *u + p[2] * p[3] * t;
    }
}

#[test]
fn an_activation_trains_with_the_layers_around_it() {
    let device = Cpu::seed_from_u64(3);
    type Net = (Linear<2, 8>, OdeActivation<Relax, Trained<4>>, Linear<8, 1>);
    let mut net = device.build_module::<Net, f64>();
    (net.1.config.rtol, net.1.config.atol) = (TIGHT, TIGHT);
    let x: Tensor<Rank2<5, 2>, f64, _> = device.sample_normal();
    let y: Tensor<Rank2<5, 1>, f64, _> = device.sample_normal();
    let gradients = mse_loss(net.forward(x.leaky_trace()), y.clone()).backward();
    let expected = differences(&net, |net| mse_loss(net.forward(x.clone()), y.clone()).array());
    assert!(distance(&gradient(&net, &gradients), &expected) < DIFFERENCES);
    // By the input too: along all ones.
    let moved = |h: f64| mse_loss(net.forward(x.clone() + h), y.clone()).array();
    let along = (moved(1e-4) - moved(-1e-4)) / 2e-4;
    assert!((gradients.get(&x).sum::<Rank0, _>().array() - along).abs() < DIFFERENCES);
    // To train, steps as a user takes them will do.
    (net.1.config.rtol, net.1.config.atol) = (1e-6, 1e-6);
    let mut adam = Adam::new(&net, AdamConfig { lr: 0.05, ..AdamConfig::default() });
    let before = mse_loss(net.forward(x.clone()), y.clone()).array();
    for _ in 0..150 {
        let gradients = mse_loss(net.forward(x.leaky_trace()), y.clone()).backward();
        adam.update(&mut net, &gradients).unwrap();
    }
    assert!(mse_loss(net.forward(x), y).array() < 0.1 * before);
}

#[test]
fn an_activation_treats_each_number_by_itself() {
    let device = Cpu::seed_from_u64(4);
    let act = device.build_module::<OdeActivation<Relax, Trained<4>>, f64>();
    let x: Tensor<Rank2<3, 2>, f64, _> = device.sample_normal();
    let together = act.forward(x.clone()).as_vec();
    for (x, y) in x.as_vec().into_iter().zip(together) {
        assert_eq!(act.forward(device.tensor([x])).array(), [y]);
    }
}

#[test]
fn an_activation_with_another_number_of_parameters_says_so() {
    let device = Cpu::default();
    let act = device.build_module::<OdeActivation<Relax, Trained<3>>, f64>();
    let x: Tensor<Rank1<2>, f64, _> = device.zeros();
    let error = diffeq_runtime::error::Error::from(act.try_forward(x).unwrap_err());
    assert_eq!(
        error.to_string(),
        "there are 3 parameters of an activation (`OdeActivation<F, Trained<K>>`) where 4 are needed; give one for \
         each, in the same order"
    );
}

#[test]
fn adaptive_steps_too() {
    let device = Cpu::seed_from_u64(5);
    type Net = (Linear<3, 2>, NeuralOde<Taped<(Linear<2, 6>, Tanh, Linear<6, 2>)>>, Linear<2, 1>);
    let mut net = device.build_module::<Net, f64>();
    (net.1.config.rtol, net.1.config.atol) = (TIGHT, TIGHT);
    let x: Tensor<(usize, Const<3>), f64, _> = device.sample_normal_like(&(4, Const));
    let gradients = net.forward(x.leaky_trace()).square().mean().backward();
    let expected = differences(&net, |net| net.forward(x.clone()).square().mean::<Rank0, _>().array());
    assert!(distance(&gradient(&net, &gradients), &expected) < DIFFERENCES);
}

#[test]
fn augmented_and_second_order_layers_have_gradients() {
    let device = Cpu::seed_from_u64(6);
    type Field = Taped<(Linear<3, 6>, Tanh, Linear<6, 3>)>;
    let mut net = device.build_module::<(AugmentedNeuralOde<Field, 2, 3>, Linear<3, 1>), f64>();
    (net.0.1.config.rtol, net.0.1.config.atol) = (TIGHT, TIGHT);
    let x: Tensor<Rank2<4, 2>, f64, _> = device.sample_normal();
    let gradients = net.forward(x.leaky_trace()).square().mean().backward();
    let expected = differences(&net, |net| net.forward(x.clone()).square().mean::<Rank0, _>().array());
    assert!(distance(&gradient(&net, &gradients), &expected) < DIFFERENCES);
    let moved = |h: f64| net.forward(x.clone() + h).square().mean::<Rank0, _>().array();
    let along = (moved(1e-4) - moved(-1e-4)) / 2e-4;
    assert!((gradients.get(&x).sum::<Rank0, _>().array() - along).abs() < DIFFERENCES);

    type Force = Taped<SecondOrder<(Linear<4, 6>, Tanh, Linear<6, 2>)>>;
    let mut net = device.build_module::<(Augment<2, 4>, NeuralOde<Force>), f64>();
    (net.1.config.rtol, net.1.config.atol) = (TIGHT, TIGHT);
    let gradients = net.forward(x.leaky_trace()).square().mean().backward();
    let expected = differences(&net, |net| net.forward(x.clone()).square().mean::<Rank0, _>().array());
    assert!(distance(&gradient(&net, &gradients), &expected) < DIFFERENCES);
}

#[test]
fn forward_mode_and_reverse_mode_agree() {
    let device = Cpu::seed_from_u64(7);
    type Net = (Linear<2, 4>, Tanh, Residual<(Linear<4, 4>, Sigmoid)>, (Linear<4, 3>, Sin), Linear<3, 2>);
    let net = device.build_module::<Net, f64>();
    let shape = (3, Const::<2>);
    let field = Taped(net);
    let rhs = field.rhs(&shape).unwrap();
    let p = destructure(&field).unwrap();
    let random = |n: usize| {
        let random: Tensor<(usize,), f64, _> = device.sample_normal_like(&(n,));
        random.as_vec()
    };
    let (u, u_dot, w, p_dot) = (random(6), random(6), random(6), random(p.len()));
    let (mut du, mut du_dot) = (vec![0.0; 6], vec![0.0; 6]);
    rhs.jvp(&mut du, &mut du_dot, &u, &u_dot, &p, &p_dot, 0.0, 0.0);
    assert_eq!(du, rhs.eval(&u, &p, 0.0));
    let (mut u_bar, mut p_bar, mut t_bar) = (vec![0.0; 6], vec![0.0; p.len()], 0.0);
    rhs.vjp(&mut w.clone(), &u, &p, 0.0, &mut u_bar, &mut p_bar, &mut t_bar, &mut Workspace::new());
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (forward, reverse) = (dot(&w, &du_dot), dot(&u_bar, &u_dot) + dot(&p_bar, &p_dot));
    // Some hundred roundings of numbers of size one.
    assert!((forward - reverse).abs() < 1e-13 * (1.0 + forward.abs()), "{forward} {reverse}");
}

/// The gradient of a layer with an adjoint, by the field's parameters and by the input.
fn with_adjoint<A>(net: &Built<f64>, x: &Tensor<Rank1<2>, f64, Cpu>, adjoint: A) -> (Vec<f64>, [f64; 2])
where
    NeuralOde<Built<f64>, Tsit5, A>: Module<
            Tensor<Rank1<2>, f64, Cpu, OwnedTape<f64, Cpu>>,
            Output = Tensor<Rank1<2>, f64, Cpu, OwnedTape<f64, Cpu>>,
        >,
{
    let config = OdeConfig::span((0.0, 2.0)).tolerances(TIGHT, TIGHT).adjoint(adjoint);
    let layer = NeuralOde::new(net.clone(), config);
    let gradients = layer.forward(x.leaky_trace()).square().sum().backward();
    (gradient(net, &gradients), gradients.get(x).array())
}

#[test]
fn every_adjoint_may_be_a_layer_s() {
    let device = Cpu::seed_from_u64(17);
    let net = device.build_module::<Net, f64>();
    let x: Tensor<Rank1<2>, f64, _> = device.sample_normal();
    let (p, u) = with_adjoint(&net, &x, DiscreteAdjoint::default());
    for (p_bar, u_bar) in [
        with_adjoint(&net, &x, DiscreteAdjoint::checkpoints(2)),
        with_adjoint(&net, &x, GaussAdjoint::default()),
        with_adjoint(&net, &x, Backsolve::default()),
    ] {
        // The continuous adjoints have an error of their own, by default tolerances.
        assert!(distance(&p_bar, &p) < ADJOINT_TOLERANCE, "{p_bar:?} {p:?}");
        assert!(distance(&u_bar, &u) < ADJOINT_TOLERANCE);
    }
}

#[test]
fn a_backward_pass_that_fails_tells_why() {
    let device = Cpu::default();
    let mut linear = device.build_module::<Linear<1, 1>, f64>();
    linear.weight = device.tensor([[-40.0]]);
    // Forwards the state falls below every tolerance, so that backwards it cannot be found again.
    let layer = NeuralOde::new(linear, OdeConfig::span((0.0, 2.0)).adjoint(Backsolve::default()));
    let x: Tensor<Rank1<1>, f64, _> = device.tensor([1.0]);
    let failed = layer.try_forward(x.leaky_trace()).unwrap().sum::<Rank0, _>().try_backward();
    let error = diffeq_runtime::error::Error::from(failed.unwrap_err());
    assert!(!matches!(error, diffeq_runtime::error::Error::Layer { .. }), "{error}");
}

/// dfdx can't read the numbers of a tensor that has none.
#[test]
fn batches_without_rows_are_refused() {
    let device = Cpu::default();
    let rows = || -> Tensor<(usize, Const<2>), f64, Cpu> { device.zeros_like(&(0, Const)) };
    let layer = NeuralOde::new(device.build_module::<Net, f64>(), OdeConfig::span((0.0, 1.0)));
    let act = device.build_module::<OdeActivation<Relax, Trained<4>>, f64>();
    let second = SecondOrder(device.build_module::<Linear<2, 1>, f64>());
    let energy = device.build_module::<HamiltonianNet<(Linear<2, 3>, Tanh, Linear<3, 1>)>, f64>();
    let errors: Vec<Error> = vec![
        layer.try_forward(rows()).unwrap_err().into(),
        layer.try_forward(rows().leaky_trace()).unwrap_err().into(),
        layer.solve(&rows()).unwrap_err(),
        layer.series(rows()).unwrap_err(),
        layer.end_on_device(rows()).unwrap_err(),
        layer.series_on_device(rows()).unwrap_err(),
        act.try_forward(rows()).unwrap_err().into(),
        act.numbers_on_device(rows()).unwrap_err(),
        Augment::<2, 3>.try_forward(rows()).unwrap_err().into(),
        second.try_forward(rows()).unwrap_err().into(),
        energy.try_forward(rows()).unwrap_err().into(),
    ];
    for error in errors {
        assert!(error.to_string().contains("there are no rows in the input"), "{error}");
    }
}
