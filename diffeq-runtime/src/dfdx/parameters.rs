//! The trainable parameters of a module as one vector: in the order in which dfdx walks the module, each tensor row by
//! row.

use dfdx::nn::RecursiveWalker;
use dfdx::nn::TensorCollection;
use dfdx::nn::TensorOptions;
use dfdx::nn::TensorVisitor;
use dfdx::nn::ViewTensorMut;
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

/// The parameters of a module as one vector, those that an optimiser moves.
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::dfdx::{destructure, restructure};
///
/// let net = Cpu::default().build_module::<(Linear<2, 10>, Tanh, Linear<10, 1>), f64>();
/// let p = destructure(&net)?;
/// assert_eq!(p.len(), 41);
/// assert_eq!(destructure(&restructure(&net, &p)?)?, p);
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
///
/// # Errors
/// For a parameter that does not lie in memory row by row, such as the transpose of another tensor.
pub fn destructure<E: Scalar, M: TensorCollection<E, Cpu>>(module: &M) -> Result<Vec<E>, Error> {
    let mut flat = Flat(Vec::new());
    M::iter_tensors(&mut RecursiveWalker { m: module, f: &mut flat })?;
    Ok(flat.0)
}

/// A copy of a module with these parameters, in the order of [`destructure`].
///
/// # Errors
/// If there are more or fewer of them than the module has.
pub fn restructure<E: Scalar, M: TensorCollection<E, Cpu> + Clone>(
    module: &M,
    p: &[E],
) -> Result<M, Error> {
    let mut module = module.clone();
    let taken = assign(&mut module, p);
    if taken != Some(p.len()) {
        let expected = destructure(&module)?.len();
        return Err(Error::Shape { what: "parameters of a module", expected, found: p.len() });
    }
    Ok(module)
}

/// Writes parameters to a module whose tensors keep their ids. How many it took; nothing if there are too few.
pub(crate) fn assign<E: Scalar, M: TensorCollection<E, Cpu>>(module: &mut M, p: &[E]) -> Option<usize> {
    let mut rest = Assign { rest: p };
    M::iter_tensors(&mut RecursiveWalker { m: module, f: &mut rest }).ok()?;
    Some(p.len() - rest.rest.len())
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

struct Flat<E>(Vec<E>);

impl<E: Scalar> TensorVisitor<E, Cpu> for Flat<E> {
    type Viewer = ViewTensorRef;
    type Err = Error;
    type E2 = E;
    type D2 = Cpu;
    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, Cpu>,
        tensor: &Tensor<S, E, Cpu>,
    ) -> Result<Option<Tensor<S, E, Cpu>>, Error> {
        if options.do_gradient_update {
            // Gradients lie in memory as their tensor does, so that an order other than row by row would mix them up.
            if id(&tensor.clone().try_contiguous()?) != id(tensor) {
                let message = "a parameter does not lie in memory row by row: replace it by its `.contiguous()`";
                return Err(Error::Layer { layer: "dfdx", message: message.into() });
            }
            let start = self.0.len();
            self.0.resize(start + tensor.shape().num_elements(), E::ZERO);
            tensor.copy_into(&mut self.0[start..]);
        }
        Ok(None)
    }
}

struct Assign<'a, E> {
    rest: &'a [E],
}

impl<E: Scalar> TensorVisitor<E, Cpu> for Assign<'_, E> {
    type Viewer = ViewTensorMut;
    type Err = CpuError;
    type E2 = E;
    type D2 = Cpu;
    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, Cpu>,
        tensor: &mut Tensor<S, E, Cpu>,
    ) -> Result<Option<Tensor<S, E, Cpu>>, CpuError> {
        if options.do_gradient_update {
            let count = tensor.shape().num_elements();
            let (first, rest) = self.rest.split_at_checked(count).ok_or(CpuError::WrongNumElements)?;
            tensor.copy_from(first);
            self.rest = rest;
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
