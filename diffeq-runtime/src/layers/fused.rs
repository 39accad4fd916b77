//! Tuples of dfdx's layers as right-hand sides: loops over arrays, without a tensor in the solve.

use std::marker::PhantomData;

use dfdx::nn::Module;
use dfdx::nn::NonMutableModule;
use dfdx::nn::TensorCollection;
use dfdx::nn::ZeroSizedModule;
use dfdx::nn::modules;
use dfdx::shapes::Const;
use dfdx::shapes::Shape;
use dfdx::tensor::Cpu;
use dfdx::tensor::CpuError;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;
use dfdx::tensor_ops::TryMul;

use crate::dfdx::Scalar;
use crate::layers::field::VectorField;
use crate::nn;
use crate::nn::Chain;
use crate::nn::Dense;
use crate::nn::Map;
use crate::nn::Network;
use crate::problem::Jvp;
use crate::problem::Model;
use crate::problem::Rhs;
use crate::problem::Vjp;
use crate::space::Flat;
use crate::space::Workspace;
use crate::space::from_flat;
use crate::space::from_flat_mut;

/// A dfdx module that has a twin among the [networks](crate::nn): the same function of the same parameters in the same
/// order.
pub trait Fused<E: Scalar> {
    /// The twin.
    type Net: Flat<E>;
}

impl<const I: usize, const O: usize, E: Scalar> Fused<E> for modules::Linear<I, O, E, Cpu> {
    type Net = Dense<I, O, nn::Identity, E>;
}

macro_rules! activations {
    ($($module:ident $activation:ident,)*) => { $(
        impl<E: Scalar> Fused<E> for modules::$module {
            type Net = Map<nn::$activation, E>;
        }
    )* };
}

activations! {
    Tanh Tanh,
    Sigmoid Sigmoid,
    ReLU Relu,
    FastGeLU FastGelu,
    AccurateGeLU Gelu,
    Sin Sin,
    Cos Cos,
    Exp Exp,
    Ln Ln,
    Sqrt Sqrt,
    Abs Abs,
    Square Square,
}

impl<E: Scalar> Fused<E> for nn::Cube {
    type Net = Map<nn::Cube, E>;
}

/// `x³` is no activation of dfdx's; ours is one for its tensors too.
impl ZeroSizedModule for nn::Cube {}
impl NonMutableModule for nn::Cube {}

impl<S: Shape, E: Scalar, T: Tape<E, Cpu>> Module<Tensor<S, E, Cpu, T>> for nn::Cube
where
    Cpu: Device<E>,
{
    type Output = Tensor<S, E, Cpu, T>;
    type Error = CpuError;
    fn try_forward(&self, x: Tensor<S, E, Cpu, T>) -> Result<Self::Output, CpuError> {
        use dfdx::tensor::WithEmptyTape;
        let square = x.with_empty_tape().try_square()?;
        square.try_mul(x)
    }
}

macro_rules! tuples {
    ($($first:ident $($rest:ident)*;)*) => { $(
        impl<E: Scalar, $first: Fused<E>, $($rest: Fused<E>,)*> Fused<E> for ($first, $($rest,)*) {
            type Net = tuples!(@net $first $($rest)*);
        }
    )* };
    (@net $last:ident) => { $last::Net };
    (@net $first:ident $($rest:ident)+) => { Chain<$first::Net, tuples!(@net $($rest)+)> };
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D F;
    A B C D F G;
}

/// Which modules are fields by their twin, without [`Taped`](crate::layers::Taped).
macro_rules! fields {
    ($([$($generics:tt)*] $module:ty;)*) => { $(
        impl<E, $($generics)*, const N: usize> VectorField<E, (Const<N>,)> for $module
        where
            E: Scalar,
            Self: Fused<E, Net: Network<E, [E; N], Output = [E; N]>> + TensorCollection<E, Cpu> + Clone + 'static,
        {
            type Rhs = FusedRhs<<Self as Fused<E>>::Net, N, false>;
            fn rhs(&self, _: &(Const<N>,)) -> Self::Rhs {
                FusedRhs { net: PhantomData }
            }
            fn state(_: &(Const<N>,), values: Vec<E>) -> [E; N] {
                std::array::from_fn(|i| values[i])
            }
        }
    )* };
}

fields! {
    [A] (A,);
    [A, B] (A, B);
    [A, B, C] (A, B, C);
    [A, B, C, D] (A, B, C, D);
    [A, B, C, D, F] (A, B, C, D, F);
    [A, B, C, D, F, G] (A, B, C, D, F, G);
}

/// The right-hand side of a [`Fused`] module.
#[derive(Debug)]
pub struct FusedRhs<Net, const N: usize, const BATCH: bool> {
    net: PhantomData<fn() -> Net>,
}

impl<Net, const N: usize, const BATCH: bool> Clone for FusedRhs<Net, N, BATCH> {
    fn clone(&self) -> Self {
        Self { net: PhantomData }
    }
}

impl<Net, const N: usize, const BATCH: bool> Model for FusedRhs<Net, N, BATCH> {
    const NAME: &'static str = "module";
}

impl<E: Scalar, const N: usize, Net: Network<E, [E; N], Output = [E; N]> + Flat<E>> Rhs<E> for FusedRhs<Net, N, false> {
    type State = [E; N];
    type Params = Vec<E>;
    #[inline]
    fn rhs(&self, du: &mut [E; N], u: &[E; N], p: &Vec<E>, _t: E) {
        if let Some(net) = from_flat::<E, Net>(p) {
            *du = net.forward(u);
        }
    }
}

impl<E: Scalar, const N: usize, Net: Network<E, [E; N], Output = [E; N]> + Flat<E>> Vjp<E> for FusedRhs<Net, N, false> {
    #[inline]
    fn vjp(
        &self,
        du_bar: &mut [E; N],
        u: &[E; N],
        p: &Vec<E>,
        _t: E,
        u_bar: &mut [E; N],
        p_bar: &mut Vec<E>,
        _t_bar: &mut E,
        _work: &mut Workspace<E>,
    ) {
        if let (Some(net), Some(net_bar)) = (from_flat::<E, Net>(p), from_flat_mut::<E, Net>(p_bar)) {
            net.vjp(u, du_bar, net_bar, u_bar);
        }
    }
}
