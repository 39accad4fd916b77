//! How states and parameters look as tensors.

use dfdx::shapes::Const;
use dfdx::shapes::Shape;

use crate::nn::Activation;
use crate::nn::Chain;
use crate::nn::Dense;
use crate::nn::Map;
use crate::real::Real;
use crate::space::Flat;
use crate::space::Vector;

/// A state (or a set of parameters) that has a tensor's shape.
///
/// Sizes that the type knows stay in the type: `[f64; 2]` is a `Tensor<Rank1<2>, f64, _>`, and a series of them a
/// `Tensor<(usize, Const<2>), f64, _>`, time first, ready for a layer that takes a batch.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no tensor's shape",
    note = "use a real, an array of up to three dimensions, `Vec`, or a struct that derives `Components`"
)]
pub trait TensorShape<T: Real>: Vector<T> {
    /// One of them.
    type Shape: Shape;
    /// A series of them, time first.
    type Series: Shape;
    /// This one's shape.
    fn tensor_shape(&self) -> Self::Shape;
    /// The shape of a series of `times` like this one.
    fn series_shape(&self, times: usize) -> Self::Series;
}

impl<T: Real> TensorShape<T> for T {
    type Shape = ();
    type Series = (usize,);
    fn tensor_shape(&self) {}
    fn series_shape(&self, times: usize) -> Self::Series {
        (times,)
    }
}

impl<T: Real, const N: usize> TensorShape<T> for [T; N] {
    type Shape = (Const<N>,);
    type Series = (usize, Const<N>);
    fn tensor_shape(&self) -> Self::Shape {
        (Const,)
    }
    fn series_shape(&self, times: usize) -> Self::Series {
        (times, Const)
    }
}

impl<T: Real, const M: usize, const N: usize> TensorShape<T> for [[T; N]; M] {
    type Shape = (Const<M>, Const<N>);
    type Series = (usize, Const<M>, Const<N>);
    fn tensor_shape(&self) -> Self::Shape {
        (Const, Const)
    }
    fn series_shape(&self, times: usize) -> Self::Series {
        (times, Const, Const)
    }
}

impl<T: Real, const L: usize, const M: usize, const N: usize> TensorShape<T> for [[[T; N]; M]; L] {
    type Shape = (Const<L>, Const<M>, Const<N>);
    type Series = (usize, Const<L>, Const<M>, Const<N>);
    fn tensor_shape(&self) -> Self::Shape {
        (Const, Const, Const)
    }
    fn series_shape(&self, times: usize) -> Self::Series {
        (times, Const, Const, Const)
    }
}

impl<T: Real> TensorShape<T> for Vec<T> {
    type Shape = (usize,);
    type Series = (usize, usize);
    fn tensor_shape(&self) -> Self::Shape {
        (self.len(),)
    }
    fn series_shape(&self, times: usize) -> Self::Series {
        (times, self.len())
    }
}

/// What `#[derive(Components)]` calls: the tensor of a struct is the vector of its reals.
#[doc(hidden)]
#[macro_export]
macro_rules! components_as_tensor {
    ($twin:ident, $len:expr) => {
        impl<T: $crate::real::Real> $crate::dfdx::TensorShape<T> for $twin<T> {
            type Shape = ($crate::dfdx::Const<{ $len }>,);
            type Series = (usize, $crate::dfdx::Const<{ $len }>);
            fn tensor_shape(&self) -> Self::Shape {
                ($crate::dfdx::Const,)
            }
            fn series_shape(&self, times_1: usize) -> Self::Series {
                (times_1, $crate::dfdx::Const)
            }
        }
    };
}

/// No reals at all: the parameters of a model that has none.
impl<T: Real> TensorShape<T> for () {
    type Shape = (Const<0>,);
    type Series = (usize, Const<0>);
    fn tensor_shape(&self) -> Self::Shape {
        (Const,)
    }
    fn series_shape(&self, times: usize) -> Self::Series {
        (times, Const)
    }
}

/// A network by itself is the vector of its parameters; their number is no type, since it is computed from sizes.
macro_rules! network_as_tensor {
    ($([$($generics:tt)*] $network:ty;)*) => { $(
        impl<T: Real, $($generics)*> TensorShape<T> for $network {
            type Shape = (usize,);
            type Series = (usize, usize);
            fn tensor_shape(&self) -> Self::Shape {
                (Vector::<T>::as_slice(self).len(),)
            }
            fn series_shape(&self, times: usize) -> Self::Series {
                (times, Vector::<T>::as_slice(self).len())
            }
        }
    )* };
}

network_as_tensor! {
    [A: Activation, const I: usize, const O: usize] Dense<I, O, A, T>;
    [A: Activation] Map<A, T>;
    [A: Flat<T>, B: Flat<T>] Chain<A, B>;
}
