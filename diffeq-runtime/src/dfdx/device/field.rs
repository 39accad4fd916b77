//! A module as a right-hand side, on its device.

use std::marker::PhantomData;

use dfdx::nn::Module;
use dfdx::shapes::Shape;
use dfdx::tensor::Gradients;
use dfdx::tensor::OwnedTape;
use dfdx::tensor::Tensor;
use dfdx::tensor::Trace;
use dfdx::tensor_ops::Backward;
use dfdx::tensor_ops::Device;
use dfdx::tensor_ops::SumTo;

use super::super::tape::Scalar;
use super::parameters::Parameters;
use super::parameters::Parametric;
use super::resident::Resident;
use crate::problem::Model;
use crate::problem::Rhs;
use crate::problem::System;
use crate::problem::Vjp;
use crate::space::Vector;
use crate::space::Workspace;

/// A module that takes tensors of shape `S` to tensors of shape `S`, traced or not.
pub trait SelfMap<S: Shape, E: Scalar, D: Device<E>>:
    Parametric<E, D>
    + Module<Tensor<S, E, D>, Output = Tensor<S, E, D>, Error = D::Err>
    + Module<OnTape<S, E, D>, Output = OnTape<S, E, D>, Error = D::Err>
{
}

impl<S: Shape, E: Scalar, D: Device<E>, M> SelfMap<S, E, D> for M where
    M: Parametric<E, D>
        + Module<Tensor<S, E, D>, Output = Tensor<S, E, D>, Error = D::Err>
        + Module<OnTape<S, E, D>, Output = OnTape<S, E, D>, Error = D::Err>
{
}

type OnTape<S, E, D> = Tensor<S, E, D, OwnedTape<E, D>>;

/// A module and the states that it maps, as types alone.
type Marker<M, S, E, D> = PhantomData<fn() -> (M, S, E, D)>;

/// The right-hand side `du/dt = module(u)`; the parameters are the module's own.
pub struct ModuleField<M, S, E, D>(Marker<M, S, E, D>);

impl<M, S, E, D> ModuleField<M, S, E, D> {
    /// The right-hand side of modules `M` and states of shape `S`.
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<M, S, E, D> Default for ModuleField<M, S, E, D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M, S, E, D> Clone for ModuleField<M, S, E, D> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl<M, S, E, D> Model for ModuleField<M, S, E, D> {
    const NAME: &'static str = "module";
}

impl<M: SelfMap<S, E, D>, S: Shape, E: Scalar, D: Device<E>> System<E> for ModuleField<M, S, E, D> {
    type State = Resident<S, E, D>;
    type Params = Parameters<M, E, D>;
    const ONE_UNIT: bool = true;
}

impl<M: SelfMap<S, E, D>, S: Shape, E: Scalar, D: Device<E>> Rhs<E> for ModuleField<M, S, E, D> {
    fn rhs(&self, du: &mut Self::State, u: &Self::State, p: &Self::Params, _t: E) {
        du.put(p.module().forward(u.tensor().clone()));
    }
}

impl<M: SelfMap<S, E, D>, S: Shape, E: Scalar, D: Device<E>> Vjp<E> for ModuleField<M, S, E, D> {
    fn vjp(
        &self,
        du_bar: &mut Self::State,
        u: &Self::State,
        p: &Self::Params,
        _t: E,
        u_bar: &mut Self::State,
        p_bar: &mut Self::Params,
        _t_bar: &mut E,
        _work: &mut Workspace<E>,
    ) {
        // Every gradient is kept, that of `u` among them; they live as long as this call.
        let du = p.module().forward(u.tensor().clone().trace(Gradients::leaky()));
        let mut gradients = (du * du_bar.tensor().clone()).sum::<(), S::AllAxes>().backward();
        // A value that does not depend on `u` leaves it no gradient: then it is zero.
        if gradients.get_or_alloc_mut(u.tensor()).is_ok() {
            u_bar.increase(1.0, &Resident::new(gradients.get(u.tensor())));
        }
        p_bar.add(p.module(), &mut gradients);
    }
}
