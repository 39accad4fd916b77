//! What a layer integrates.

use dfdx::nn::TensorCollection;
use dfdx::shapes::Const;
use dfdx::shapes::Shape;
use dfdx::tensor::Cpu;

use crate::dfdx::Scalar;
use crate::error::Error;
use crate::problem::System;
use crate::problem::Vjp;

/// A module as the right-hand side of `du/dt = f(u)`, for states that are tensors of shape `S`.
///
/// The parameters are the module's own, as one vector in the order of [`destructure`](crate::dfdx::destructure).
///
/// There are two ways. Tuples of dfdx's `Linear` and activations are fields as they are: their value and derivatives
/// are computed by loops over arrays, without a tensor in the solve. Any other module becomes a field in
/// [`Taped`](crate::layers::Taped), which runs dfdx's operations and its tape for every stage. Both give the same
/// numbers but for roundings.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a right-hand side for states of shape `{S}`",
    label = "cannot be integrated over `{S}`",
    note = "a right-hand side gives out what it takes in: `(Linear<N, H>, Tanh, Linear<H, N>)` for states of N numbers",
    note = "tuples of `Linear` and activations can be integrated as they are, any other module as `Taped<Module>`"
)]
pub trait VectorField<E: Scalar, S: StateShape>: TensorCollection<E, Cpu> + Clone + 'static {
    /// The right-hand side.
    type Rhs: Vjp<E, Params = Vec<E>> + Clone + 'static;
    /// The right-hand side for states of this shape.
    ///
    /// # Errors
    /// Where the module cannot be one, for what its type does not tell.
    fn rhs(&self, shape: &S) -> Result<Self::Rhs, Error>;
    /// The same for solves over a span, which what is driven by a path has to know.
    fn over(&self, rhs: Self::Rhs, span: (f64, f64)) -> Self::Rhs {
        let _ = span;
        rhs
    }
    /// A state of this shape, from its numbers row by row.
    fn state(shape: &S, values: Vec<E>) -> StateOf<Self, E, S>;
}

/// The state of a field, as the solver has it.
pub type StateOf<F, E, S> = <<F as VectorField<E, S>>::Rhs as System<E>>::State;

/// The shape of a state: one vector, or a batch of them.
///
/// A batch is one state of the solver, so that all rows take the same steps: each row keeps the tolerances in the mean
/// over the batch.
#[diagnostic::on_unimplemented(
    message = "a tensor of shape `{Self}` is no state of a layer",
    note = "states are vectors `(Const<N>,)`, or batches of them: `(usize, Const<N>)`, `(Const<B>, Const<N>)`"
)]
pub trait StateShape: Shape {
    /// Several of them, time first.
    type Series: Shape;
    /// The shape of `times` of them.
    fn series(&self, times: usize) -> Self::Series;
}

impl<const N: usize> StateShape for (Const<N>,) {
    type Series = (usize, Const<N>);
    fn series(&self, times: usize) -> Self::Series {
        (times, self.0)
    }
}

impl<const B: usize, const N: usize> StateShape for (Const<B>, Const<N>) {
    type Series = (usize, Const<B>, Const<N>);
    fn series(&self, times: usize) -> Self::Series {
        (times, self.0, self.1)
    }
}

impl<const N: usize> StateShape for (usize, Const<N>) {
    type Series = (usize, usize, Const<N>);
    fn series(&self, times: usize) -> Self::Series {
        (times, self.0, self.1)
    }
}
