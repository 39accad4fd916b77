//! Layers that need derivatives of a network's derivatives: Hamiltonian fields, and continuous normalising flows.

mod ffjord;
mod hamiltonian;

use dfdx::prelude::*;
use diffeq_runtime::dfdx::destructure;
use diffeq_runtime::dfdx::restructure;
use testkit::alloc::Counting;
use testkit::gradcheck;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The gradient of a module's parameters, in one vector.
fn gradient<M: TensorCollection<f64, Cpu>>(module: &M, gradients: &Gradients<f64, Cpu>) -> Vec<f64> {
    struct Collect<'a>(&'a Gradients<f64, Cpu>, Vec<f64>);
    impl TensorVisitor<f64, Cpu> for Collect<'_> {
        type Viewer = ViewTensorRef;
        type Err = CpuError;
        type E2 = f64;
        type D2 = Cpu;
        fn visit<S: Shape>(
            &mut self,
            _: TensorOptions<S, f64, Cpu>,
            t: &Tensor<S, f64, Cpu>,
        ) -> Result<Option<Tensor<S, f64, Cpu>>, CpuError> {
            self.1.extend(self.0.get(t).as_vec());
            Ok(None)
        }
    }
    let mut collect = Collect(gradients, Vec::new());
    M::iter_tensors(&mut RecursiveWalker { m: module, f: &mut collect }).unwrap();
    collect.1
}

/// Holds a gradient to central differences of several steps, extrapolated: right to a few units of the estimated error,
/// and to `noise`, by which the steps of a solve, constants to the gradient, move the loss.
fn is_gradient(got: &[f64], loss: impl Fn(&[f64]) -> f64, x: &[f64], noise: f64) {
    let size = got.iter().fold(1.0_f64, |size, g| size.max(g.abs()));
    for (i, (got, want)) in got.iter().zip(gradcheck::gradient(loss, x, 0.02)).enumerate() {
        let gap = (got - want.value).abs();
        assert!(want.error < 1e-5 * size, "differences of component {i} do not settle: {want:?}");
        assert!(gap <= 10.0 * want.error + noise * size, "component {i}: {got} but differences say {want:?}");
    }
}

/// The same of a module's parameters.
fn is_gradient_of<M: TensorCollection<f64, Cpu> + Clone>(
    module: &M,
    gradients: &Gradients<f64, Cpu>,
    loss: impl Fn(&M) -> f64,
    noise: f64,
) {
    let p = destructure(module).unwrap();
    let at = |p: &[f64]| loss(&restructure(module, p).unwrap());
    is_gradient(&gradient(module, gradients), at, &p, noise);
}
