//! A module's parameters as one flat vector, and back.
//!
//! Parameters come in the order in which dfdx walks a module: layer by layer, in each the weight row by row, then the
//! bias. That is also the order of a [native network](crate::nn). Tensors that training does not change, such as
//! running means, are not among them.

use dfdx::nn::tensor_collection::RecursiveWalker;
use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::nn::tensor_collection::TensorOptions;
use dfdx::nn::tensor_collection::TensorVisitor;
use dfdx::nn::tensor_collection::ViewTensorMut;
use dfdx::nn::tensor_collection::ViewTensorRef;
use dfdx::prelude::Module;
use dfdx::shapes::HasShape;
use dfdx::shapes::Shape;
use dfdx::tensor::Cpu;
use dfdx::tensor::CpuError;
use dfdx::tensor::Gradients;
use dfdx::tensor::PutTape;
use dfdx::tensor::SplitTape;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;
use dfdx::tensor_ops::ReshapeTo;

use super::failure::in_layer;
use super::failure::of_device;
use super::tape::Join;
use super::tape::Scalar;
use super::tape::add;
use super::tape::reals;
use crate::error::Error;

/// The parameters of a module, one after the other.
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::dfdx::destructure;
/// use diffeq_runtime::dfdx::restructure;
///
/// let module = Cpu::default().build_module::<(Linear<2, 10>, Tanh, Linear<10, 1>), f32>();
/// let parameters = destructure(&module)?;
/// assert_eq!(parameters.len(), 41);
/// assert_eq!(destructure(&restructure(&module, &parameters)?)?, parameters);
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
///
/// # Errors
/// Where dfdx cannot read the module.
pub fn destructure<E: Scalar, D: Device<E>, M: TensorCollection<E, D>>(module: &M) -> Result<Vec<E>, Error> {
    let mut read = Read { flat: Vec::new(), gradients: None };
    M::iter_tensors(&mut RecursiveWalker { m: module, f: &mut read })?;
    Ok(read.flat)
}

/// A module like `module` with other parameters, which are new tensors: gradients of the two stay apart.
///
/// # Errors
/// Where there are not as many parameters as `module` has.
pub fn restructure<E: Scalar, D: Device<E>, M: TensorCollection<E, D> + Clone>(
    module: &M,
    parameters: &[E],
) -> Result<M, Error> {
    let mut module = module.clone();
    assign(&mut module, parameters, true)?;
    Ok(module)
}

/// Writes parameters into a module, whose tensors stay the same ones.
///
/// # Errors
/// Where there are not as many parameters as `module` has; it is unchanged then.
pub fn restructure_into<E: Scalar, D: Device<E>, M: TensorCollection<E, D>>(
    module: &mut M,
    parameters: &[E],
) -> Result<(), Error> {
    assign(module, parameters, false)
}

/// The gradients of a module's parameters, in the order of [`destructure`]; zero for those that a loss did not reach.
///
/// # Errors
/// Where dfdx cannot read the module.
pub fn flat_gradients<E: Scalar, D: Device<E>, M: TensorCollection<E, D>>(
    module: &M,
    gradients: &mut Gradients<E, D>,
) -> Result<Vec<E>, Error> {
    let mut read = Read { flat: Vec::new(), gradients: Some(gradients) };
    M::iter_tensors(&mut RecursiveWalker { m: module, f: &mut read })?;
    Ok(read.flat)
}

/// What `module` makes of `x` with the parameters `p`, a flat tensor: gradients go to `p` and to `x`.
///
/// This is [`restructure`] on the tape: `p` may be a leaf that an optimiser changes, or come from other layers.
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::dfdx::destructure;
/// use diffeq_runtime::dfdx::functional;
///
/// let device = Cpu::default();
/// let module = device.build_module::<(Linear<2, 10>, Tanh, Linear<10, 1>), f64>();
/// let p = device.tensor_from_vec(destructure(&module)?, (41,));
/// let x: Tensor<Rank2<5, 2>, f64, _> = device.sample_normal();
/// let gradients = functional(&module, p.leaky_trace(), x)?.square().mean().backward();
/// assert_eq!(gradients.get(&p).as_vec().len(), 41);
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
///
/// # Errors
/// Where `p` has not as many elements as `module` has parameters, or the module fails.
#[allow(clippy::type_complexity)] // The module's output on the common tape has no shorter name.
pub fn functional<E, M, P, S, TP, TX, T>(
    module: &M,
    p: Tensor<P, E, Cpu, TP>,
    x: Tensor<S, E, Cpu, TX>,
) -> Result<<M as Module<Tensor<S, E, Cpu, T>>>::Output, Error>
where
    E: Scalar,
    Cpu: Device<E>,
    M: TensorCollection<E, Cpu> + Module<Tensor<S, E, Cpu, T>, Error = CpuError> + Clone + 'static,
    P: Shape,
    S: Shape,
    TP: Tape<E, Cpu> + Join<TX, Joined = T>,
    TX: Tape<E, Cpu>,
    T: Tape<E, Cpu>,
{
    // A gradient buffer lies like its tensor: row by row it is in the order of the parameters.
    let (p, p_tape) = p.try_contiguous()?.split_tape();
    let (x, x_tape) = x.split_tape();
    let module = restructure(module, &p.as_vec())?;
    let mut tape = p_tape.join(x_tape);
    if T::OWNS_TAPE {
        let module = module.clone();
        // Recorded before the module's own operations, so that it runs after theirs.
        tape.add_backward_op(move |gradients| {
            let terms = in_layer(|| flat_gradients(&module, gradients))?;
            add(reals::<E>(gradients.get_or_alloc_mut(&p)?), &terms);
            Ok(())
        });
    }
    Ok(module.try_forward(x.put_tape(tape))?)
}

fn assign<E: Scalar, D: Device<E>, M: TensorCollection<E, D>>(
    module: &mut M,
    parameters: &[E],
    anew: bool,
) -> Result<(), Error> {
    let mut count = Count(0);
    M::iter_tensors(&mut RecursiveWalker { m: &*module, f: &mut count })?;
    if parameters.len() != count.0 {
        let message = format!("{} parameters for a module that has {}", parameters.len(), count.0);
        return Err(Error::Layer { layer: "dfdx", message });
    }
    M::iter_tensors(&mut RecursiveWalker { m: module, f: &mut Assign { rest: parameters, anew } })?;
    Ok(())
}

struct Count(usize);

impl<E: Scalar, D: Device<E>> TensorVisitor<E, D> for Count {
    type Viewer = ViewTensorRef;
    type Err = Error;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        tensor: &Tensor<S, E, D>,
    ) -> Result<Option<Tensor<S, E, D>>, Error> {
        self.0 += if options.do_gradient_update { tensor.shape().num_elements() } else { 0 };
        Ok(None)
    }
}

/// Reads the parameters, or their gradients.
struct Read<'a, E: Scalar, D: Device<E>> {
    flat: Vec<E>,
    gradients: Option<&'a mut Gradients<E, D>>,
}

impl<E: Scalar, D: Device<E>> TensorVisitor<E, D> for Read<'_, E, D> {
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
            self.flat.extend(match &mut self.gradients {
                None => tensor.as_vec(),
                Some(gradients) => {
                    // There is none yet if a loss has not reached it.
                    gradients.get_or_alloc_mut(tensor).map_err(of_device)?;
                    gradients.get(tensor).as_vec()
                }
            });
        }
        Ok(None)
    }
}

struct Assign<'a, E> {
    rest: &'a [E],
    /// New tensors, or the same ones with other values.
    anew: bool,
}

impl<E: Scalar, D: Device<E>> TensorVisitor<E, D> for Assign<'_, E> {
    type Viewer = ViewTensorMut;
    type Err = Error;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        tensor: &mut Tensor<S, E, D>,
    ) -> Result<Option<Tensor<S, E, D>>, Error> {
        if options.do_gradient_update {
            // There are as many as all tensors have elements.
            let (values, rest) = self.rest.split_at(tensor.shape().num_elements());
            self.rest = rest;
            match self.anew {
                true => {
                    *tensor = tensor
                        .device()
                        .try_tensor_from_vec(values.to_vec(), *tensor.shape())
                        .map_err(of_device)?
                }
                false => tensor.copy_from(values),
            }
        }
        Ok(None)
    }
}
