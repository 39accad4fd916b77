use dfdx::prelude::*;
use diffeq::prelude::*;

fn main() {
    let device = Cpu::default();
    // Three numbers come out where two go in.
    let layer = device.build_module::<NeuralOde<(Linear<2, 8>, Tanh, Linear<8, 3>)>, f64>();
    let x: Tensor<Rank1<2>, f64, _> = device.zeros();
    let _ = layer.solve(&x);
}
