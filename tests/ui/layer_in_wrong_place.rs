use dfdx::prelude::*;
use diffeq::prelude::*;

fn main() {
    let device = Cpu::default();
    // The layer before gives four numbers, the field takes two.
    type Model = (Linear<3, 4>, NeuralOde<(Linear<2, 8>, Tanh, Linear<8, 2>)>);
    let model = device.build_module::<Model, f64>();
    let x: Tensor<Rank1<3>, f64, _> = device.zeros();
    let _ = model.forward(x);
}
