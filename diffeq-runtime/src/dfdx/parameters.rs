//! Gradients of a module's parameters as one vector, in the order of [`destructure`](super::destructure).

use dfdx::nn::RecursiveWalker;
use dfdx::nn::TensorCollection;
use dfdx::nn::TensorOptions;
use dfdx::nn::TensorVisitor;
use dfdx::nn::ViewTensorRef;
use dfdx::optim::UnusedTensors;
use dfdx::shapes::HasShape;
use dfdx::shapes::Shape;
use dfdx::tensor::Cpu;
use dfdx::tensor::CpuError;
use dfdx::tensor::Gradients;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::ReshapeTo;

use super::tape::Scalar;
use super::tape::add;
use super::tape::reals;
use crate::error::Error;

/// Refuses a module with a parameter that does not lie in memory row by row, such as the transpose of another tensor:
/// gradients lie as their tensors do, so that there another order would mix them up.
pub(crate) fn row_by_row<E: Scalar, M: TensorCollection<E, Cpu>>(module: &M) -> Result<(), Error> {
    M::iter_tensors(&mut RecursiveWalker { m: module, f: &mut RowByRow })?;
    Ok(())
}

/// Adds `p_bar` to the gradients of a module's parameters.
pub(crate) fn deposit<E: Scalar, M: TensorCollection<E, Cpu>>(
    module: &M,
    p_bar: &[E],
    gradients: &mut Gradients<E, Cpu>,
) -> Result<(), CpuError> {
    let mut deposit = Deposit { rest: p_bar, gradients };
    M::iter_tensors(&mut RecursiveWalker { m: module, f: &mut deposit })?;
    Ok(())
}

/// Adds the gradients of a module's parameters to `p_bar` and leaves zeros.
pub(crate) fn withdraw<E: Scalar, M: TensorCollection<E, Cpu>>(
    module: &M,
    gradients: &mut Gradients<E, Cpu>,
    p_bar: &mut [E],
) -> Result<(), CpuError> {
    let mut withdraw = Withdraw { rest: p_bar, gradients };
    M::iter_tensors(&mut RecursiveWalker { m: module, f: &mut withdraw })?;
    Ok(())
}

/// A tensor's identity: what its gradient is found by.
pub(crate) fn id<S: Shape, E: Scalar>(tensor: &Tensor<S, E, Cpu>) -> dfdx::tensor::UniqueId {
    // dfdx has no getter, but this list of ids is open.
    let mut ids = UnusedTensors::default();
    ids.add(tensor);
    ids.ids[0]
}

struct RowByRow;

impl<E: Scalar> TensorVisitor<E, Cpu> for RowByRow {
    type Viewer = ViewTensorRef;
    type Err = Error;
    type E2 = E;
    type D2 = Cpu;
    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, Cpu>,
        tensor: &Tensor<S, E, Cpu>,
    ) -> Result<Option<Tensor<S, E, Cpu>>, Error> {
        if options.do_gradient_update && id(&tensor.clone().try_contiguous()?) != id(tensor) {
            let message = "a parameter does not lie in memory row by row: replace it by its `.contiguous()`";
            return Err(Error::Layer { layer: "dfdx", message: message.into() });
        }
        Ok(None)
    }
}

struct Deposit<'a, E: Scalar> {
    rest: &'a [E],
    gradients: &'a mut Gradients<E, Cpu>,
}

impl<E: Scalar> TensorVisitor<E, Cpu> for Deposit<'_, E> {
    type Viewer = ViewTensorRef;
    type Err = CpuError;
    type E2 = E;
    type D2 = Cpu;
    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, Cpu>,
        tensor: &Tensor<S, E, Cpu>,
    ) -> Result<Option<Tensor<S, E, Cpu>>, CpuError> {
        if options.do_gradient_update {
            let count = tensor.shape().num_elements();
            let (first, rest) = self.rest.split_at_checked(count).ok_or(CpuError::WrongNumElements)?;
            add(reals::<E>(self.gradients.get_or_alloc_mut(tensor)?), first);
            self.rest = rest;
        }
        Ok(None)
    }
}

struct Withdraw<'a, E: Scalar> {
    rest: &'a mut [E],
    gradients: &'a mut Gradients<E, Cpu>,
}

impl<E: Scalar> TensorVisitor<E, Cpu> for Withdraw<'_, E> {
    type Viewer = ViewTensorRef;
    type Err = CpuError;
    type E2 = E;
    type D2 = Cpu;
    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, Cpu>,
        tensor: &Tensor<S, E, Cpu>,
    ) -> Result<Option<Tensor<S, E, Cpu>>, CpuError> {
        if options.do_gradient_update {
            let count = tensor.shape().num_elements();
            let rest = std::mem::take(&mut self.rest);
            let (first, rest) = rest.split_at_mut_checked(count).ok_or(CpuError::WrongNumElements)?;
            let gradient = reals::<E>(self.gradients.get_or_alloc_mut(tensor)?);
            add(first, gradient);
            gradient.fill(E::ZERO);
            self.rest = rest;
        }
        Ok(None)
    }
}
