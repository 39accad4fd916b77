//! What a solve on the tape starts from.

use dfdx::shapes::HasShape;
use dfdx::shapes::Shape;
use dfdx::tensor::Cpu;
use dfdx::tensor::NoneTape;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor::TensorFromVec;

use super::shape::TensorShape;
use super::tape::Join;
use super::tape::Operands;
use super::tape::Scalar;
use crate::error::Error;

/// The inputs of a solve whose states are `U` and whose parameters are `P`: a tensor `p`, or a pair `(u0, p)`.
///
/// A tensor alone stands for the parameters; the initial state is then the problem's own. Each may be traced or not:
/// gradients go where the tape leads. If both carry gradients accumulated by earlier calls, those of `p` win, as in
/// every merge of two of dfdx's tapes: give them to one only.
#[diagnostic::on_unimplemented(
    message = "these tensors do not fit the problem",
    label = "expected a tensor `p` of the parameters' shape, or a pair `(u0, p)` with `u0` of the state's shape"
)]
pub trait SolveInputs<E: Scalar, U: TensorShape<E>, P: TensorShape<E>> {
    /// The tape of the result.
    type Tape: Tape<E, Cpu>;
    /// The initial state and the parameters as operands, in this order, and by value.
    #[doc(hidden)]
    fn operands(self, u0: &U, p: &P) -> Result<Start<E, U, P, Self::Tape>, Error>;
}

/// Where a solve starts, by value and on the tape.
#[doc(hidden)]
pub struct Start<E: Scalar, U: TensorShape<E>, P: TensorShape<E>, T> {
    pub(super) u0: U,
    pub(super) p: P,
    pub(super) operands: Operands<U::Shape, P::Shape, E, T>,
}

impl<E, U, P, T> SolveInputs<E, U, P> for Tensor<P::Shape, E, Cpu, T>
where
    E: Scalar,
    U: TensorShape<E>,
    P: TensorShape<E>,
    T: Tape<E, Cpu>,
    NoneTape: Join<T, Joined = T>,
{
    type Tape = T;
    fn operands(self, u0: &U, p: &P) -> Result<Start<E, U, P, T>, Error> {
        let constant = Cpu::default().try_tensor_from_vec(u0.as_slice().to_vec(), u0.tensor_shape())?;
        (constant, self).operands(u0, p)
    }
}

impl<E, U, P, TU, TP, T> SolveInputs<E, U, P> for (Tensor<U::Shape, E, Cpu, TU>, Tensor<P::Shape, E, Cpu, TP>)
where
    E: Scalar,
    U: TensorShape<E>,
    P: TensorShape<E>,
    TU: Tape<E, Cpu> + Join<TP, Joined = T>,
    TP: Tape<E, Cpu>,
    T: Tape<E, Cpu>,
{
    type Tape = T;
    fn operands(self, u0: &U, p: &P) -> Result<Start<E, U, P, T>, Error> {
        // Sizes that the types know fit already; those of `Vec` are found here.
        fits("u0", self.0.shape(), "state", u0.as_slice().len())?;
        fits("p", self.1.shape(), "parameters", p.as_slice().len())?;
        let operands = Operands::new(self.0, self.1)?;
        let (mut u0, mut p) = (u0.clone(), p.clone());
        operands.a.copy_into(u0.as_mut_slice());
        operands.b.copy_into(p.as_mut_slice());
        Ok(Start { u0, p, operands })
    }
}

fn fits(name: &str, shape: &impl Shape, of: &str, expected: usize) -> Result<(), Error> {
    let found = shape.num_elements();
    if found == expected {
        return Ok(());
    }
    let message = format!("the tensor `{name}` has {found} elements, but the problem's {of} {expected}");
    Err(Error::Layer { layer: "dfdx", message })
}
