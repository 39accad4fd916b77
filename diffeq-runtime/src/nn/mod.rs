//! Neural networks of fixed size, as values: what a model calls, and what layers compute with on the CPU.
//!
//! A network holds its parameters. It is a [`Vector`] of them, in the order in which dfdx walks a module (layer by
//! layer, the weight row by row, then the bias), so that it can be a field of a model's parameters, be read off a flat
//! slice, and be differentiated by each of them. Like everything that a model is made of it exists over every [`Real`].

mod activation;
mod batch;
mod chain;
mod dense;
mod field;
mod layer;
mod product;
mod single;
mod wide;

pub use activation::Abs;
pub use activation::Activation;
pub use activation::Cos;
pub use activation::Cube;
pub use activation::Exp;
pub use activation::FastGelu;
pub use activation::Gelu;
pub use activation::Identity;
#[cfg(feature = "dfdx")]
pub(crate) use activation::LEAK;
pub use activation::LeakyRelu;
pub use activation::Ln;
pub use activation::Relu;
pub use activation::Sigmoid;
pub use activation::Sin;
pub use activation::Softplus;
pub use activation::Sqrt;
pub use activation::Square;
pub use activation::Tanh;
pub use batch::Batch;
pub use chain::Chain;
pub use chain::Init;
pub use chain::Mlp;
pub use dense::Dense;
pub use dense::Map;
pub use field::BatchField;
pub use field::Field;
pub use layer::Array;
pub use layer::Layer;

use crate::real::Real;
use crate::space::Vector;

/// A differentiable function with its parameters inside: what `p.net.forward([x, y])` in a model means.
///
/// `X` is an array, and so is the output. Derivatives are exact; nothing allocates.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a network for inputs `{X}`",
    note = "use `Dense`, `Mlp` or `Chain` with sizes that fit: the output of a layer is the input of the next"
)]
pub trait Network<T: Real, X>: Vector<T> {
    /// What comes out: `[T; OUT]`.
    type Output;

    /// The value at `x`.
    fn forward(&self, x: &X) -> Self::Output;

    /// How many reals [`forward_keeping`](Self::forward_keeping) keeps.
    const KEPT: usize = 0;

    /// [`forward`](Self::forward), keeping in `kept` what spares the way back from computing it again; to the bit the same.
    fn forward_keeping(&self, x: &X, kept: &mut [T]) -> Self::Output {
        let _ = kept;
        self.forward(x)
    }

    /// The value at `x` once more, where it has kept `kept`; to the bit the same.
    fn recall(&self, x: &X, kept: &[T]) -> Self::Output {
        let _ = kept;
        self.forward(x)
    }

    /// [`vjp`](Self::vjp) where the value at `x` has kept `kept`; to the bit the same.
    fn vjp_of_kept(&self, x: &X, kept: &[T], y_bar: &Self::Output, self_bar: &mut Self, x_bar: &mut X) {
        let _ = kept;
        self.vjp(x, y_bar, self_bar, x_bar);
    }

    /// The value at `x`, and its derivative along `self_dot` (by the parameters) and `x_dot` (by the input).
    fn jvp(&self, self_dot: &Self, x: &X, x_dot: &X) -> (Self::Output, Self::Output);

    /// The value at `x`, and its derivative along `x_dot` by the input alone.
    fn input_jvp(&self, x: &X, x_dot: &X) -> (Self::Output, Self::Output);

    /// Adds the product of `y_bar` and the Jacobian at `x` to `self_bar` (by the parameters) and `x_bar` (by the input).
    fn vjp(&self, x: &X, y_bar: &Self::Output, self_bar: &mut Self, x_bar: &mut X);

    /// Adds the product of `y_bar` and the Jacobian by the input at `x` to `x_bar`.
    fn input_vjp(&self, x: &X, y_bar: &Self::Output, x_bar: &mut X);
}

/// How many reals a network keeps that lies in parameters, at inputs of a type.
#[doc(hidden)]
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn kept<T: Real, P, X, N: Network<T, X>>(_: fn(&P) -> &N) -> usize {
    N::KEPT
}
