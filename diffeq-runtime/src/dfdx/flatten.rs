//! The parameters of a module as one vector, and back.

use dfdx::nn::TensorCollection;
use dfdx::nn::tensor_collection::RecursiveWalker;
use dfdx::nn::tensor_collection::TensorOptions;
use dfdx::nn::tensor_collection::TensorVisitor;
use dfdx::nn::tensor_collection::ViewTensorMut;
use dfdx::nn::tensor_collection::ViewTensorRef;
use dfdx::shapes::HasShape;
use dfdx::shapes::Shape;
use dfdx::tensor::Gradients;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;

use super::tape::Scalar;
use super::train::device;
use crate::error::Error;

/// All trained parameters of a module, one behind the other, in the order in which dfdx walks it.
///
/// # Errors
/// What the device says.
pub fn destructure<E: Scalar, D: Device<E>, M: TensorCollection<E, D>>(module: &M) -> Result<Vec<E>, Error> {
    let mut visitor = Flatten { flat: Vec::new(), gradients: None };
    M::iter_tensors(&mut RecursiveWalker { m: module, f: &mut visitor }).map_err(device)?;
    Ok(visitor.flat)
}

/// The gradient of all trained parameters of a module, in the order of [`destructure`].
///
/// # Errors
/// What the device says.
pub fn flat_gradients<E: Scalar, D: Device<E>, M: TensorCollection<E, D>>(
    module: &M,
    gradients: &Gradients<E, D>,
) -> Result<Vec<E>, Error> {
    let mut visitor = Flatten { flat: Vec::new(), gradients: Some(gradients) };
    M::iter_tensors(&mut RecursiveWalker { m: module, f: &mut visitor }).map_err(device)?;
    Ok(visitor.flat)
}

/// Writes a vector, such as [`destructure`] returns, into a module of the same shape; its tensors stay the same ones.
///
/// # Errors
/// If the lengths differ, and what the device says.
pub fn restructure_into<E: Scalar, D: Device<E>, M: TensorCollection<E, D>>(
    module: &mut M,
    flat: &[E],
) -> Result<(), Error> {
    let expected = destructure(module)?.len();
    if flat.len() != expected {
        return Err(Error::Shape { what: "parameters", expected, found: flat.len() });
    }
    let mut visitor = Unflatten { rest: flat };
    M::iter_tensors(&mut RecursiveWalker { m: module, f: &mut visitor }).map_err(device)?;
    Ok(())
}

/// Collects the values, or their gradients.
struct Flatten<'a, E: Scalar, D: Device<E>> {
    flat: Vec<E>,
    gradients: Option<&'a Gradients<E, D>>,
}

impl<E: Scalar, D: Device<E>> TensorVisitor<E, D> for Flatten<'_, E, D> {
    type Viewer = ViewTensorRef;
    type Err = D::Err;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        tensor: &Tensor<S, E, D>,
    ) -> Result<Option<Tensor<S, E, D>>, D::Err> {
        if options.do_gradient_update {
            let start = self.flat.len();
            self.flat.resize(start + tensor.shape().num_elements(), E::ZERO);
            let part = &mut self.flat[start..];
            match self.gradients {
                None => tensor.copy_into(part),
                Some(gradients) => gradients.get(tensor).copy_into(part),
            }
        }
        Ok(None)
    }
}

/// Hands out the values.
struct Unflatten<'a, E> {
    rest: &'a [E],
}

impl<E: Scalar, D: Device<E>> TensorVisitor<E, D> for Unflatten<'_, E> {
    type Viewer = ViewTensorMut;
    type Err = D::Err;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        tensor: &mut Tensor<S, E, D>,
    ) -> Result<Option<Tensor<S, E, D>>, D::Err> {
        if options.do_gradient_update {
            let (part, rest) = self.rest.split_at(tensor.shape().num_elements());
            tensor.copy_from(part);
            self.rest = rest;
        }
        Ok(None)
    }
}
