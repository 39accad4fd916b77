//! Where gradients go: the same as if the steps were operations on dfdx's tape, whatever a model does with a layer.

use dfdx::prelude::*;
use diffeq_runtime::dfdx::destructure;
use diffeq_runtime::layers::NeuralOde;
use diffeq_runtime::layers::StateShape;
use diffeq_runtime::layers::Taped;
use diffeq_runtime::layers::VectorField;
use diffeq_runtime::stepper::RK4;

use crate::Built;
use crate::Net;
use crate::distance;
use crate::gradient;
use crate::oracle::layer;
use crate::oracle::rk4;

type Traced<S> = Tensor<S, f64, Cpu, OwnedTape<f64, Cpu>>;
type Layer = NeuralOde<Taped<Built<f64>>, RK4>;

/// The same sums in another order: some hundred roundings.
const ROUNDINGS: f64 = 1e-12;

fn setup() -> (Cpu, Layer, Tensor<Rank2<4, 2>, f64, Cpu>) {
    let device = Cpu::seed_from_u64(1);
    let net = device.build_module::<Net, f64>();
    let x = device.sample_normal();
    (device, layer(Taped(net)), x)
}

/// The gradients of a loss with the layer, and with its steps on the tape, agree in `x` and in all parameters.
fn agree<S: StateShape>(
    layer: &Layer,
    x: &Tensor<S, f64, Cpu>,
    loss: impl Fn(&dyn Fn(Traced<S>) -> Traced<S>, &Tensor<S, f64, Cpu>) -> Gradients<f64, Cpu>,
) where
    Taped<Built<f64>>: VectorField<f64, S>,
    Layer: Module<Traced<S>, Output = Traced<S>, Error = CpuError>,
    Built<f64>: Module<Traced<S>, Output = Traced<S>, Error = CpuError>,
{
    let ours = loss(&|x| layer.forward(x), x);
    let theirs = loss(&|x| rk4(&layer.field.0, x), x);
    assert!(distance(&ours.get(x).as_vec(), &theirs.get(x).as_vec()) < ROUNDINGS, "by x");
    let (ours, theirs) = (gradient(&layer.field, &ours), gradient(&layer.field, &theirs));
    assert!(distance(&ours, &theirs) < ROUNDINGS, "by p: {ours:?} {theirs:?}");
}

#[test]
fn values_and_gradients_are_those_of_the_steps_on_a_tape() {
    let (device, layer, x) = setup();
    assert!(
        distance(&layer.forward(x.clone()).as_vec(), &rk4(&layer.field.0, x.clone()).as_vec()) < ROUNDINGS
    );
    agree(&layer, &x, |f, x| f(x.leaky_trace()).square().sum().backward());
    let vector: Tensor<Rank1<2>, f64, _> = device.sample_normal();
    agree(&layer, &vector, |f, x| f(x.leaky_trace()).square().sum().backward());
    let batch: Tensor<(usize, Const<2>), f64, _> = device.sample_normal_like(&(3, Const));
    agree(&layer, &batch, |f, x| f(x.leaky_trace()).square().sum().backward());
}

#[test]
fn a_layer_may_be_used_twice_in_a_row() {
    let (_, layer, x) = setup();
    agree(&layer, &x, |f, x| f(f(x.leaky_trace())).square().sum().backward());
}

#[test]
fn a_layer_may_be_used_twice_side_by_side() {
    let (_, layer, x) = setup();
    agree(&layer, &x, |f, x| {
        let x = x.leaky_trace();
        let left = f(x.with_empty_tape());
        (f(x.sin()) * left).sum().backward()
    });
}

#[test]
fn the_input_may_be_used_beside_the_layer() {
    let (_, layer, x) = setup();
    agree(&layer, &x, |f, x| {
        let x = x.leaky_trace();
        (f(x.with_empty_tape()) * x).sum().backward()
    });
}

#[test]
fn gradients_accumulate_over_calls() {
    let (_, layer, x) = setup();
    let mut ours = layer.alloc_grads();
    let mut theirs = layer.alloc_grads();
    for _ in 0..3 {
        ours = layer.forward(x.trace(ours)).square().sum().backward();
        theirs = rk4(&layer.field.0, x.trace(theirs)).square().sum().backward();
    }
    assert!(distance(&gradient(&layer, &ours), &gradient(&layer, &theirs)) < ROUNDINGS);
    let once = gradient(&layer, &layer.forward(x.leaky_trace()).square().sum().backward());
    let thrice: Vec<f64> = once.iter().map(|x| 3.0 * x).collect();
    assert!(distance(&gradient(&layer, &ours), &thrice) < ROUNDINGS);
}

#[test]
fn a_layer_takes_gradients_through_the_layers_around_it() {
    let device = Cpu::seed_from_u64(2);
    type Model<F> = (modules::Linear<3, 2, f64, Cpu>, F, Tanh, modules::Linear<2, 1, f64, Cpu>);
    let (before, net, _, after) = device.build_module::<(Linear<3, 2>, Net, Tanh, Linear<2, 1>), f64>();
    let x: Tensor<Rank2<4, 3>, f64, _> = device.sample_normal();
    let model: Model<Layer> = (before, layer(Taped(net)), Tanh, after);
    let ours = model.forward(x.leaky_trace()).square().sum().backward();
    let hidden = rk4(&model.1.field.0, model.0.forward(x.leaky_trace()));
    let theirs = model.3.forward(Tanh.forward(hidden)).square().sum().backward();
    assert!(distance(&gradient(&model, &ours), &gradient(&model, &theirs)) < ROUNDINGS);
    assert!(distance(&ours.get(&x).as_vec(), &theirs.get(&x).as_vec()) < ROUNDINGS);
}

#[test]
fn the_input_may_lie_in_memory_as_it_likes() {
    let (device, layer, _) = setup();
    let x: Tensor<Rank2<2, 4>, f64, _> = device.sample_normal();
    let ours = layer.forward(x.leaky_trace().permute::<Rank2<4, 2>, _>()).square().sum().backward();
    let theirs = rk4(&layer.field.0, x.leaky_trace().permute::<Rank2<4, 2>, _>()).square().sum().backward();
    assert!(distance(&ours.get(&x).as_vec(), &theirs.get(&x).as_vec()) < ROUNDINGS);
    let row: Tensor<Rank1<2>, f64, _> = device.sample_normal();
    let ours = layer.forward(row.leaky_trace().broadcast::<Rank2<4, 2>, _>()).square().sum().backward();
    let theirs =
        rk4(&layer.field.0, row.leaky_trace().broadcast::<Rank2<4, 2>, _>()).square().sum().backward();
    assert!(distance(&ours.get(&row).as_vec(), &theirs.get(&row).as_vec()) < ROUNDINGS);
}

#[test]
fn what_the_loss_does_not_reach_gets_a_zero_gradient() {
    let (device, layer, x) = setup();
    let (_, tape) = layer.forward(x.leaky_trace()).split_tape();
    let loss: Tensor<Rank0, f64, _, _> = device.tensor(1.0).put_tape(tape);
    let gradients = loss.backward();
    assert_eq!(gradient(&layer, &gradients), vec![0.0; destructure(&layer.field).unwrap().len()]);
    assert_eq!(gradients.get(&x).array(), [[0.0; 2]; 4]);
}

#[test]
fn an_update_between_forward_and_backward_does_not_change_the_gradient() {
    let (_, mut layer, x) = setup();
    let expected = gradient(&layer, &layer.forward(x.leaky_trace()).square().sum().backward());
    let loss = layer.forward(x.leaky_trace()).square().sum();
    layer.field.0.0.weight.fill_with_zeros();
    assert_eq!(gradient(&layer, &loss.backward()), expected);
}
