use dfdx::prelude::*;
use diffeq::prelude::*;

fn main() {
    let device = Cpu::default();
    let layer = device.build_module::<NeuralOde<Taped<Linear<2, 3>>>, f64>();
    let x: Tensor<Rank1<2>, f64, _> = device.zeros();
    let _ = layer.solve(&x);
}
