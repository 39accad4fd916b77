//! Any module as a right-hand side.

use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use dfdx::nn::BuildOnDevice;
use dfdx::nn::Module;
use dfdx::nn::ModuleMut;
use dfdx::nn::ModuleVisitor;
use dfdx::nn::TensorCollection;
use dfdx::nn::ZeroGrads;
use dfdx::shapes::Dtype;
use dfdx::shapes::Rank0;
use dfdx::shapes::Shape;
use dfdx::tensor::Cpu;
use dfdx::tensor::CpuError;
use dfdx::tensor::Gradients;
use dfdx::tensor::OwnedTape;
use dfdx::tensor::PutTape;
use dfdx::tensor::SplitTape;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor::Trace;
use dfdx::tensor::ZerosTensor;
use dfdx::tensor_ops::Backward;
use dfdx::tensor_ops::Device;
use dfdx::tensor_ops::ReshapeTo;

use crate::dfdx::Scalar;
use crate::dfdx::parameters;
use crate::dfdx::restructure_into;
use crate::dfdx::tape::add;
use crate::dfdx::tape::reals;
use crate::error::Error;
use crate::layers::field::StateShape;
use crate::layers::field::VectorField;
use crate::problem::Model;
use crate::problem::Rhs;
use crate::problem::System;
use crate::problem::Vjp;
use crate::space::Workspace;

/// Any dfdx module as the right-hand side of a layer: `NeuralOde<Taped<Residual<MyModule>>>`.
///
/// Values and derivatives are dfdx's own, stage by stage. A stage costs some microseconds even if the module is small;
/// tuples of `Linear` and activations are fields without this wrapper, and faster.
///
/// What differs between training and evaluation (dropout, batch normalisation) is no right-hand side: dfdx has it on the tape for
/// training alone, where it is no function of the state. It does not compile.
#[derive(Debug, Clone, Default)]
pub struct Taped<M>(pub M);

impl<D: Device<E>, E: Dtype, M: BuildOnDevice<D, E>> BuildOnDevice<D, E> for Taped<M> {
    type Built = Taped<M::Built>;
}

impl<E: Dtype, D: Device<E>, M: TensorCollection<E, D>> TensorCollection<E, D> for Taped<M> {
    type To<E2: Dtype, D2: Device<E2>> = Taped<M::To<E2, D2>>;
    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(Self::module("0", |s| &s.0, |s| &mut s.0), Taped)
    }
}

impl<X, M: Module<X>> Module<X> for Taped<M> {
    type Output = M::Output;
    type Error = M::Error;
    fn try_forward(&self, x: X) -> Result<M::Output, M::Error> {
        self.0.try_forward(x)
    }
}

impl<X, M: ModuleMut<X>> ModuleMut<X> for Taped<M> {
    type Output = M::Output;
    type Error = M::Error;
    fn try_forward_mut(&mut self, x: X) -> Result<M::Output, M::Error> {
        self.0.try_forward_mut(x)
    }
}

/// A module that takes tensors of shape `S` to tensors of shape `S`, traced or not.
pub trait Endomorphism<S: Shape, E: Scalar>:
    TensorCollection<E, Cpu>
    + Clone
    + 'static
    + Module<Tensor<S, E, Cpu>, Output = Tensor<S, E, Cpu>, Error = CpuError>
    + Module<OnTape<S, E>, Output = OnTape<S, E>, Error = CpuError>
{
}

impl<S: Shape, E: Scalar, M> Endomorphism<S, E> for M where
    M: TensorCollection<E, Cpu>
        + Clone
        + 'static
        + Module<Tensor<S, E, Cpu>, Output = Tensor<S, E, Cpu>, Error = CpuError>
        + Module<OnTape<S, E>, Output = OnTape<S, E>, Error = CpuError>
{
}

type OnTape<S, E> = Tensor<S, E, Cpu, OwnedTape<E, Cpu>>;

impl<S: StateShape, E: Scalar, M: Endomorphism<S, E>> VectorField<E, S> for Taped<M> {
    type Rhs = TapedRhs<M, S, E>;
    fn rhs(&self, shape: &S) -> Result<Self::Rhs, Error> {
        let u = Cpu::default().try_zeros_like(shape)?;
        Ok(TapedRhs { work: Mutex::new(Work { module: self.0.clone(), u, gradients: None }) })
    }
    fn state(_: &S, values: Vec<E>) -> Vec<E> {
        values
    }
}

/// The right-hand side of a [`Taped`] module; its parameters are the module's as one vector.
#[derive(Debug)]
pub struct TapedRhs<M, S: Shape, E: Scalar> {
    work: Mutex<Work<M, S, E>>,
}

#[derive(Debug, Clone)]
pub(super) struct Work<M, S: Shape, E: Scalar> {
    /// A copy of the module, with the parameters of the last call.
    pub module: M,
    /// The state of the last call. One tensor for all of them, so that its gradient has one place.
    pub u: Tensor<S, E, Cpu>,
    /// The gradients of `u` and of the parameters, zero between calls.
    gradients: Option<Gradients<E, Cpu>>,
}

impl<M, S: Shape, E: Scalar> TapedRhs<M, S, E> {
    pub(super) fn work(&self) -> MutexGuard<'_, Work<M, S, E>> {
        // A module that panicked left nothing behind that the next call does not write anew.
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        if self.work.is_poisoned() {
            work.gradients = None;
            self.work.clear_poison();
        }
        work
    }
}

impl<M: Clone, S: Shape, E: Scalar> Clone for TapedRhs<M, S, E> {
    fn clone(&self) -> Self {
        Self { work: Mutex::new(self.work().clone()) }
    }
}

impl<M, S: Shape, E: Scalar> Model for TapedRhs<M, S, E> {
    const NAME: &'static str = "module";
}

impl<M: Endomorphism<S, E>, S: Shape, E: Scalar> Work<M, S, E> {
    /// Takes over a state and parameters.
    pub(super) fn set(&mut self, u: &[E], p: &[E]) -> Result<(), Error> {
        restructure_into(&mut self.module, p)?;
        self.u.copy_from(u);
        Ok(())
    }

    fn value(&self) -> Result<Vec<E>, Error> {
        Ok(self.module.try_forward(self.u.clone())?.as_vec())
    }

    fn pull(&mut self, du_bar: &[E], u_bar: &mut [E], p_bar: &mut [E]) -> Result<(), Error> {
        let Self { module, u, gradients } = self;
        let mut leafs = match gradients.take() {
            Some(gradients) => gradients,
            None => {
                let mut gradients = module.try_alloc_grads()?;
                gradients.try_alloc_for(u)?;
                gradients.retain_leafs(&[parameters::id(u)]);
                gradients
            }
        };
        leafs.try_alloc_for(u)?;
        let (du, mut tape) = module.try_forward(u.trace(leafs))?.try_contiguous()?.split_tape();
        // The operation added last is the first on the way back: it puts the cotangent in its place.
        let (ghost, du_bar) = (du.ghost(), du_bar.to_vec());
        tape.add_backward_op(move |gradients| {
            add(reals::<E>(gradients.get_or_alloc_mut(&ghost)?), &du_bar);
            Ok(())
        });
        let root: Tensor<Rank0, E, Cpu> = Cpu::default().try_zeros()?;
        let mut pulled = root.put_tape(tape).try_backward()?;
        let bar = reals::<E>(pulled.get_or_alloc_mut(u)?);
        add(u_bar, bar);
        bar.fill(E::ZERO);
        parameters::withdraw(module, &mut pulled, p_bar)?;
        *gradients = Some(pulled);
        Ok(())
    }
}

/// Where dfdx fails, for want of memory or for parameters that are not the module's, nothing is a number, and the solver
/// says so.
pub(super) fn not_a_number<E: Scalar>(out: &mut [E]) {
    out.fill(E::lit(f64::NAN));
}

impl<M: Endomorphism<S, E>, S: Shape, E: Scalar> System<E> for TapedRhs<M, S, E> {
    type State = Vec<E>;
    type Params = Vec<E>;
    const ONE_UNIT: bool = true;
}

impl<M: Endomorphism<S, E>, S: Shape, E: Scalar> Rhs<E> for TapedRhs<M, S, E> {
    fn rhs(&self, du: &mut Vec<E>, u: &Vec<E>, p: &Vec<E>, _t: E) {
        let mut work = self.work();
        match work.set(u, p).and_then(|()| work.value()) {
            Ok(value) => *du = value,
            Err(_) => not_a_number(du),
        }
    }
}

impl<M: Endomorphism<S, E>, S: Shape, E: Scalar> Vjp<E> for TapedRhs<M, S, E> {
    fn vjp(
        &self,
        du_bar: &mut Vec<E>,
        u: &Vec<E>,
        p: &Vec<E>,
        _t: E,
        u_bar: &mut Vec<E>,
        p_bar: &mut Vec<E>,
        _t_bar: &mut E,
        _work: &mut Workspace<E>,
    ) {
        let mut work = self.work();
        if work.set(u, p).and_then(|()| work.pull(du_bar, u_bar, p_bar)).is_err() {
            not_a_number(u_bar);
            not_a_number(p_bar);
        }
    }
}
