use dfdx::prelude::*;
use diffeq::prelude::*;

fn main() {
    let device = Cpu::default();
    let module = device.build_module::<Residual<Linear<2, 2>>, f64>();
    let x: Tensor<Rank1<2>, f64, _> = device.zeros();
    // `&Taped(module)` compiles.
    let _ = neural_ode(&module, x, &OdeConfig::span((0.0, 1.0)));
}
