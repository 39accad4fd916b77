//! The parameters of a module as a vector.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::OnceLock;

use dfdx::nn::RecursiveWalker;
use dfdx::nn::TensorCollection;
use dfdx::nn::TensorOptions;
use dfdx::nn::TensorVisitor;
use dfdx::nn::ViewTensorMut;
use dfdx::nn::ViewTensorRef;
use dfdx::shapes::Shape;
use dfdx::tensor::Gradients;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;

use super::super::flatten::destructure;
use super::super::flatten::restructure_into;
use super::super::tape::Scalar;
use crate::error::Error;
use crate::space::Vector;

/// The trainable parameters of a module on its device, in the order in which dfdx walks it.
///
/// As with [`Resident`](super::Resident) there are two views, the module and a slice on the host.
pub struct Parameters<M, E, D> {
    /// Shapes and device.
    like: Arc<M>,
    /// At least one of the two is there.
    there: OnceLock<M>,
    here: OnceLock<Vec<E>>,
    device: PhantomData<fn() -> D>,
}

/// A module whose parameters can be a vector.
pub trait Parametric<E: Scalar, D: Device<E>>: TensorCollection<E, D> + Clone + 'static {}

impl<E: Scalar, D: Device<E>, M> Parametric<E, D> for M where M: TensorCollection<E, D> + Clone + 'static {}

impl<E: Scalar, D: Device<E>, M: Parametric<E, D>> Parameters<M, E, D> {
    /// Those of a module.
    ///
    /// # Errors
    /// For a parameter that does not lie in memory row by row, such as the transpose of another tensor.
    pub fn new(module: M) -> Result<Self, Error> {
        let here = OnceLock::from(destructure(&module)?);
        let like = Arc::new(module.clone());
        Ok(Self { like, there: OnceLock::from(module), here, device: PhantomData })
    }

    /// The module with these parameters.
    pub fn module(&self) -> &M {
        self.there.get_or_init(|| {
            let mut module = M::clone(&self.like);
            let values = self.here.get().map_or(&[][..], |values| values);
            // The slice is as long as it was read from the module.
            _ = restructure_into(&mut module, values);
            module
        })
    }

    /// Adds the gradients of `module`'s parameters.
    pub(crate) fn add(&mut self, module: &M, gradients: &mut Gradients<E, D>) {
        self.module();
        self.here.take();
        if let Some(sum) = self.there.get_mut() {
            let mut add = Add { gradients };
            _ = M::iter_tensors(&mut RecursiveWalker { m: (sum, module), f: &mut add });
        }
    }
}

impl<M: Clone, E: Clone, D> Clone for Parameters<M, E, D> {
    fn clone(&self) -> Self {
        let Self { like, there, here, device } = self;
        Self { like: like.clone(), there: there.clone(), here: here.clone(), device: *device }
    }
}

impl<M, E, D> fmt::Debug for Parameters<M, E, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parameters").finish_non_exhaustive()
    }
}

impl<E: Scalar, D: Device<E>, M: Parametric<E, D>> Vector<E> for Parameters<M, E, D> {
    fn as_slice(&self) -> &[E] {
        self.here.get_or_init(|| {
            // Parameters that do not lie row by row were refused at the start.
            destructure(self.module()).unwrap_or_default()
        })
    }

    fn as_mut_slice(&mut self) -> &mut [E] {
        self.as_slice();
        self.there.take();
        self.here.get_mut().map_or(&mut [], |values| values)
    }

    fn zeros_like(&self) -> Self {
        let mut module = M::clone(&self.like);
        walk(&mut module, Clear);
        Self { there: OnceLock::from(module), here: OnceLock::new(), ..self.clone() }
    }
}

/// Visits the parameters of a module to change them. It fails where the device does, which panics elsewhere.
fn walk<E: Scalar, D: Device<E>, M: Parametric<E, D>>(
    module: &mut M,
    mut change: impl TensorVisitor<E, D, Viewer = ViewTensorMut>,
) {
    _ = M::iter_tensors(&mut RecursiveWalker { m: module, f: &mut change });
}

struct Clear;

impl<E: Scalar, D: Device<E>> TensorVisitor<E, D> for Clear {
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
            tensor.try_fill_with_zeros()?;
        }
        Ok(None)
    }
}

/// Adds gradients to the tensors that stand for them.
struct Add<'a, E: Scalar, D: Device<E>> {
    gradients: &'a mut Gradients<E, D>,
}

impl<E: Scalar, D: Device<E>> TensorVisitor<E, D> for Add<'_, E, D> {
    type Viewer = (ViewTensorMut, ViewTensorRef);
    type Err = D::Err;
    type E2 = E;
    type D2 = D;
    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        (sum, parameter): (&mut Tensor<S, E, D>, &Tensor<S, E, D>),
    ) -> Result<Option<Tensor<S, E, D>>, D::Err> {
        if options.do_gradient_update {
            // A parameter that the value does not depend on has no gradient yet: then it is zero.
            self.gradients.get_or_alloc_mut(parameter)?;
            sum.try_axpy(1.0, &self.gradients.get(parameter), 1.0)?;
        }
        Ok(None)
    }
}
