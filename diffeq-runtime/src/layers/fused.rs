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
use dfdx::tensor::WithEmptyTape;
use dfdx::tensor_ops::TryMul;

use crate::dfdx::Scalar;
use crate::layers::field::StateOf;
use crate::layers::field::StateShape;
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

impl<S: Shape, E: Scalar, T: Tape<E, Cpu>> Module<Tensor<S, E, Cpu, T>> for nn::Cube {
    type Output = Tensor<S, E, Cpu, T>;
    type Error = CpuError;
    fn try_forward(&self, x: Tensor<S, E, Cpu, T>) -> Result<Self::Output, CpuError> {
        x.with_empty_tape().try_square()?.try_mul(x)
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

/// A right-hand side by a network: a function on arrays, from parameters that lie one behind the other.
pub trait Slope<E: Scalar, const N: usize>: 'static {
    /// The network.
    type Net: Flat<E>;
    /// The slope at `u`.
    fn value(net: &Self::Net, u: &[E; N]) -> [E; N];
    /// The slope at `u`, and its derivative along `net_dot` and `u_dot`.
    fn tangent(net: &Self::Net, net_dot: &Self::Net, u: &[E; N], u_dot: &[E; N]) -> ([E; N], [E; N]);
    /// Adds the product of `du_bar` and the Jacobian to `net_bar` and `u_bar`.
    fn pull(net: &Self::Net, u: &[E; N], du_bar: &[E; N], net_bar: &mut Self::Net, u_bar: &mut [E; N]);
}

/// `du/dt = net(u)`.
#[derive(Debug)]
pub struct Direct<Net>(PhantomData<Net>);

impl<E: Scalar, const N: usize, Net> Slope<E, N> for Direct<Net>
where
    Net: Network<E, [E; N], Output = [E; N]> + Flat<E>,
{
    type Net = Net;
    #[inline(always)]
    fn value(net: &Net, u: &[E; N]) -> [E; N] {
        net.forward(u)
    }
    #[inline(always)]
    fn tangent(net: &Net, net_dot: &Net, u: &[E; N], u_dot: &[E; N]) -> ([E; N], [E; N]) {
        net.jvp(net_dot, u, u_dot)
    }
    #[inline(always)]
    fn pull(net: &Net, u: &[E; N], du_bar: &[E; N], net_bar: &mut Net, u_bar: &mut [E; N]) {
        net.vjp(u, du_bar, net_bar, u_bar);
    }
}

/// Which modules are fields by their twin, without [`Taped`](crate::layers::Taped).
macro_rules! fields {
    ($([$($generics:tt)*] $module:ty;)*) => { $(
        impl<E, S, $($generics)*> VectorField<E, S> for $module
        where
            E: Scalar,
            S: FusedShape<E, Direct<<Self as Fused<E>>::Net>>,
            Self: Fused<E> + TensorCollection<E, Cpu> + Clone + 'static,
        {
            type Rhs = S::Rhs;
            fn rhs(&self, _: &S) -> S::Rhs {
                S::Rhs::default()
            }
            fn state(_: &S, values: Vec<E>) -> StateOf<Self, E, S> {
                S::state(values)
            }
        }
    )* };
}

fields! {
    [const I: usize, const O: usize] modules::Linear<I, O, E, Cpu>;
    [A] (A,);
    [A, B] (A, B);
    [A, B, C] (A, B, C);
    [A, B, C, D] (A, B, C, D);
    [A, B, C, D, F] (A, B, C, D, F);
    [A, B, C, D, F, G] (A, B, C, D, F, G);
}

/// The shapes of states that a network by the slope `K` takes: one array, or rows of them.
pub trait FusedShape<E: Scalar, K>: StateShape {
    /// The right-hand side for this shape.
    type Rhs: Vjp<E, Params = Vec<E>> + Default + Clone + 'static;
    /// A state from its numbers row by row.
    fn state(values: Vec<E>) -> <Self::Rhs as Rhs<E>>::State;
}

impl<E: Scalar, const N: usize, K: Slope<E, N>> FusedShape<E, K> for (Const<N>,) {
    type Rhs = FusedRhs<K, N>;
    fn state(values: Vec<E>) -> [E; N] {
        std::array::from_fn(|i| values[i])
    }
}

impl<E: Scalar, const N: usize, K: Slope<E, N>> FusedShape<E, K> for (usize, Const<N>) {
    type Rhs = FusedRows<K, N>;
    fn state(values: Vec<E>) -> Vec<E> {
        values
    }
}

impl<E: Scalar, const B: usize, const N: usize, K: Slope<E, N>> FusedShape<E, K> for (Const<B>, Const<N>) {
    type Rhs = FusedRows<K, N>;
    fn state(values: Vec<E>) -> Vec<E> {
        values
    }
}

/// The right-hand side of a [`Fused`] module for one vector; its parameters are the module's as one vector.
#[derive(Debug)]
pub struct FusedRhs<K, const N: usize>(PhantomData<fn() -> K>);

/// The right-hand side of a [`Fused`] module for a batch; a state is its rows, one behind the other.
#[derive(Debug)]
pub struct FusedRows<K, const N: usize>(PhantomData<fn() -> K>);

/// Without a bound on the slope, which is a type alone.
macro_rules! empty {
    ($($rhs:ident)*) => { $(
        impl<K, const N: usize> Default for $rhs<K, N> {
            fn default() -> Self {
                Self(PhantomData)
            }
        }
        impl<K, const N: usize> Clone for $rhs<K, N> {
            fn clone(&self) -> Self {
                Self(PhantomData)
            }
        }
        impl<K, const N: usize> Model for $rhs<K, N> {
            const NAME: &'static str = "module";
        }
    )* };
}

empty!(FusedRhs FusedRows);

impl<E: Scalar, const N: usize, K: Slope<E, N>> Rhs<E> for FusedRhs<K, N> {
    type State = [E; N];
    type Params = Vec<E>;
    #[inline]
    fn rhs(&self, du: &mut [E; N], u: &[E; N], p: &Vec<E>, _t: E) {
        match from_flat(p) {
            Some(net) => *du = K::value(net, u),
            None => not_its_parameters([du, &mut []]),
        }
    }
}

impl<E: Scalar, const N: usize, K: Slope<E, N>> Jvp<E> for FusedRhs<K, N> {
    #[inline]
    fn jvp(
        &self,
        du: &mut [E; N],
        du_dot: &mut [E; N],
        u: &[E; N],
        u_dot: &[E; N],
        p: &Vec<E>,
        p_dot: &Vec<E>,
        _t: E,
        _t_dot: E,
    ) {
        match (from_flat(p), from_flat(p_dot)) {
            (Some(net), Some(net_dot)) => (*du, *du_dot) = K::tangent(net, net_dot, u, u_dot),
            _ => not_its_parameters([du, du_dot]),
        }
    }
}

impl<E: Scalar, const N: usize, K: Slope<E, N>> Vjp<E> for FusedRhs<K, N> {
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
        match (from_flat(p), from_flat_mut(p_bar)) {
            (Some(net), Some(net_bar)) => K::pull(net, u, du_bar, net_bar, u_bar),
            _ => not_its_parameters([u_bar, &mut []]),
        }
    }
}

impl<E: Scalar, const N: usize, K: Slope<E, N>> Rhs<E> for FusedRows<K, N> {
    type State = Vec<E>;
    type Params = Vec<E>;
    fn rhs(&self, du: &mut Vec<E>, u: &Vec<E>, p: &Vec<E>, _t: E) {
        let Some(net) = from_flat(p) else {
            return not_its_parameters([du, &mut []]);
        };
        for (du, u) in rows_mut::<E, N>(du).iter_mut().zip(rows::<E, N>(u)) {
            *du = K::value(net, u);
        }
    }
}

impl<E: Scalar, const N: usize, K: Slope<E, N>> Jvp<E> for FusedRows<K, N> {
    fn jvp(
        &self,
        du: &mut Vec<E>,
        du_dot: &mut Vec<E>,
        u: &Vec<E>,
        u_dot: &Vec<E>,
        p: &Vec<E>,
        p_dot: &Vec<E>,
        _t: E,
        _t_dot: E,
    ) {
        let (Some(net), Some(net_dot)) = (from_flat(p), from_flat(p_dot)) else {
            return not_its_parameters([du, du_dot]);
        };
        let slopes = rows_mut::<E, N>(du).iter_mut().zip(rows_mut::<E, N>(du_dot));
        for ((du, du_dot), (u, u_dot)) in slopes.zip(rows::<E, N>(u).iter().zip(rows::<E, N>(u_dot))) {
            (*du, *du_dot) = K::tangent(net, net_dot, u, u_dot);
        }
    }
}

impl<E: Scalar, const N: usize, K: Slope<E, N>> Vjp<E> for FusedRows<K, N> {
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
        let (Some(net), Some(net_bar)) = (from_flat(p), from_flat_mut(p_bar)) else {
            return not_its_parameters([u_bar, &mut []]);
        };
        let bars = rows::<E, N>(du_bar).iter().zip(rows_mut::<E, N>(u_bar));
        for ((du_bar, u_bar), u) in bars.zip(rows::<E, N>(u)) {
            K::pull(net, u, du_bar, net_bar, u_bar);
        }
    }
}

/// The rows of a batch.
fn rows<E, const N: usize>(u: &[E]) -> &[[E; N]] {
    u.as_chunks().0
}

/// The rows of a batch.
fn rows_mut<E, const N: usize>(u: &mut [E]) -> &mut [[E; N]] {
    u.as_chunks_mut().0
}

/// What is written where there are not the parameters of the module: the solver then says where it met it. Parameters
/// that come from [`destructure`](crate::dfdx::destructure) are the module's.
#[cold]
fn not_its_parameters<E: Scalar>(outputs: [&mut [E]; 2]) {
    outputs.into_iter().for_each(|output| output.fill(E::lit(f64::NAN)));
}
