use dfdx::prelude::*;
use diffeq::prelude::*;

fn main() {
    let device = Cpu::default();
    // `NeuralOde<Taped<Residual<…>>>` compiles.
    let layer = device.build_module::<NeuralOde<Residual<Linear<2, 2>>>, f64>();
    let x: Tensor<Rank1<2>, f64, _> = device.zeros();
    let _ = layer.solve(&x);
}
