//! Tuples of dfdx's layers as right-hand sides: loops over arrays, without a tensor in the solve.

use std::marker::PhantomData;

use dfdx::nn::modules;
use dfdx::shapes::Const;
use dfdx::tensor::Cpu;

use crate::dfdx::Fused;
use crate::dfdx::Scalar;
use crate::error::Error;
use crate::layers::field::StateOf;
use crate::layers::field::StateShape;
use crate::layers::field::VectorField;
use crate::nn::BatchField;
use crate::nn::Field;
use crate::nn::Layer;
use crate::problem::System;
use crate::problem::Vjp;
use crate::space::Components;

/// The shapes of states that a right-hand side of kind `K` takes: one array, or rows of them.
pub trait FusedShape<E: Scalar, K>: StateShape {
    /// The right-hand side for this shape.
    type Rhs: Vjp<E, Params = Vec<E>> + Default + Clone + 'static;
    /// A state from its numbers row by row.
    fn state(values: Vec<E>) -> <Self::Rhs as System<E>>::State;
}

/// The kind `du/dt = net(u)`.
#[derive(Debug)]
pub struct Direct<Net>(PhantomData<Net>);

/// A kind of right-hand side for one array, and for rows of them.
macro_rules! shapes {
    ([$($bounds:tt)*] $kind:ty: $one:ty, $rows:ty, where $($where:tt)*) => {
        impl<E: Scalar, const N: usize, $($bounds)*> FusedShape<E, $kind> for (Const<N>,) where $($where)* {
            type Rhs = $one;
            fn state(values: Vec<E>) -> [E; N] {
                std::array::from_fn(|i| values[i])
            }
        }
        impl<E: Scalar, const N: usize, $($bounds)*> FusedShape<E, $kind> for (usize, Const<N>) where $($where)* {
            type Rhs = $rows;
            fn state(values: Vec<E>) -> Vec<E> {
                values
            }
        }
        impl<E: Scalar, const B: usize, const N: usize, $($bounds)*> FusedShape<E, $kind> for (Const<B>, Const<N>)
        where
            $($where)*
        {
            type Rhs = $rows;
            fn state(values: Vec<E>) -> Vec<E> {
                values
            }
        }
    };
}
pub(super) use shapes;

shapes! {
    [Net] Direct<Net>: Field<Net, N>, BatchField<Net, N>,
    where Net: Components + 'static, Net::Of<E>: Layer<E, [E; N], Output = [E; N]>
}

/// Which modules are fields by their native network, without [`Taped`](crate::layers::Taped).
macro_rules! fields {
    ($([$($generics:tt)*] $module:ty;)*) => { $(
        impl<E, S, $($generics)*> VectorField<E, S> for $module
        where
            E: Scalar,
            S: FusedShape<E, Direct<<Self as Fused<E>>::Net>>,
            Self: Fused<E> + Clone + 'static,
        {
            type Rhs = S::Rhs;
            fn rhs(&self, _: &S) -> Result<S::Rhs, Error> {
                self.check()?;
                Ok(S::Rhs::default())
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
