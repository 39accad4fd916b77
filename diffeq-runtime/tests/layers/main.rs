//! Layers: what they compute, where their gradients go, and that they are modules like any other.

mod bookkeeping;
mod fused;
mod gradients;
mod modules_like_any_other;
mod oracle;
mod stochastic;

use dfdx::prelude::*;
use diffeq_runtime::dfdx::Scalar;

/// A small field: two numbers in, two out.
pub type Net = (Linear<2, 5>, Tanh, Linear<5, 2>);

/// What [`Net`] is built to.
pub type Built<E> = (modules::Linear<2, 5, E, Cpu>, Tanh, modules::Linear<5, 2, E, Cpu>);

/// The largest difference, relative to the largest entry.
pub fn distance(got: &[f64], want: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len());
    let size = want.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
    let gap = got.iter().zip(want).fold(0.0_f64, |gap, (a, b)| gap.max((a - b).abs()));
    if gap.is_nan() { f64::INFINITY } else { gap / size.max(f64::MIN_POSITIVE) }
}

/// The gradient of a module's parameters, in one vector.
pub fn gradient<E: Scalar + Into<f64>, M: TensorCollection<E, Cpu>>(
    module: &M,
    gradients: &Gradients<E, Cpu>,
) -> Vec<f64> {
    struct Collect<'a, E: Scalar>(&'a Gradients<E, Cpu>, Vec<f64>);
    impl<E: Scalar + Into<f64>> TensorVisitor<E, Cpu> for Collect<'_, E> {
        type Viewer = ViewTensorRef;
        type Err = CpuError;
        type E2 = E;
        type D2 = Cpu;
        fn visit<S: Shape>(
            &mut self,
            _: TensorOptions<S, E, Cpu>,
            t: &Tensor<S, E, Cpu>,
        ) -> Result<Option<Tensor<S, E, Cpu>>, CpuError> {
            self.1.extend(self.0.get(t).as_vec().into_iter().map(Into::into));
            Ok(None)
        }
    }
    let mut collect = Collect(gradients, Vec::new());
    M::iter_tensors(&mut RecursiveWalker { m: module, f: &mut collect }).unwrap();
    collect.1
}
