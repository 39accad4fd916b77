//! Whether a loss reaches every parameter.

use dfdx::nn::TensorCollection;
use dfdx::nn::tensor_collection::RecursiveWalker;
use dfdx::nn::tensor_collection::TensorOptions;
use dfdx::nn::tensor_collection::TensorVisitor;
use dfdx::nn::tensor_collection::ViewTensorRef;
use dfdx::optim::Optimizer;
use dfdx::optim::OptimizerUpdateError;
use dfdx::optim::Sgd;
use dfdx::optim::UnusedTensors;
use dfdx::shapes::HasShape;
use dfdx::shapes::Shape;
use dfdx::tensor::Gradients;
use dfdx::tensor::Tensor;
use dfdx::tensor::UniqueId;
use dfdx::tensor_ops::Device;

use crate::dfdx::Scalar;
use crate::dfdx::failure::of_device;
use crate::error::Error;

/// An error that names the parameters without a gradient, if there are some.
///
/// `gradients` come from a backward pass that began without any: who has one now was read by an operation on the tape.
/// Only dfdx's optimisers can tell, so that one of them updates a copy.
pub(super) fn check<E: Scalar, D: Device<E>, M: TensorCollection<E, D> + Clone>(
    params: &M,
    gradients: &Gradients<E, D>,
) -> Result<(), Error> {
    let mut copy = params.clone();
    let unused = match Sgd::new(&copy, Default::default()).update(&mut copy, gradients) {
        Ok(()) => return Ok(()),
        Err(OptimizerUpdateError::UnusedParams(unused)) => unused.ids,
        Err(error) => return Err(of_device(error)),
    };
    let mut names = Names { unused, found: Vec::new(), number: 0 };
    M::iter_tensors(&mut RecursiveWalker { m: params, f: &mut names })?;
    if names.found.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the loss does not depend on {}: put all of the parameters on the tape (`trace`), or train only those that it \
         depends on",
        names.found.join(", ")
    );
    Err(Error::Layer { layer: "training", message })
}

/// Tensors by their number and shape: dfdx knows no other names.
struct Names {
    unused: Vec<UniqueId>,
    found: Vec<String>,
    number: usize,
}

impl<E: Scalar, D: Device<E>> TensorVisitor<E, D> for Names {
    type Viewer = ViewTensorRef;
    type Err = Error;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        tensor: &Tensor<S, E, D>,
    ) -> Result<Option<Tensor<S, E, D>>, Error> {
        if options.do_gradient_update {
            // The one way to a tensor's id.
            let mut this = UnusedTensors::default();
            this.add(tensor);
            // What has no elements needs no gradient.
            if self.unused.contains(&this.ids[0]) && tensor.shape().num_elements() > 0 {
                let dims: Vec<String> =
                    tensor.shape().concrete().into_iter().map(|n| n.to_string()).collect();
                self.found.push(format!("parameter tensor {} ({})", self.number, dims.join(" x ")));
            }
            self.number += 1;
        }
        Ok(None)
    }
}
