//! Solutions as tensors.

use dfdx::tensor::Cpu;
use dfdx::tensor::Tensor;
use dfdx::tensor::TensorFromVec;

use super::shape::TensorShape;
use super::tape::Scalar;
use crate::error::Error;
use crate::integrate::Solution;

impl<U: TensorShape<E>, E: Scalar> Solution<U, E> {
    /// The saved states as a tensor, time first: `[f64; 2]` gives a `Tensor<(usize, Const<2>), f64, Cpu>`.
    ///
    /// # Errors
    /// With `save_idxs`: what is left of a state has not the state's shape; take components off the tensor instead.
    pub fn to_tensor(&self) -> Result<Tensor<U::Series, E, Cpu>, Error> {
        let shape = whole_states(self)?;
        Ok(Cpu::default().try_tensor_from_vec(self.values().to_vec(), shape)?)
    }
}

/// The shape of a solution's series, if it keeps whole states.
pub(super) fn whole_states<U: TensorShape<E>, E: Scalar>(
    solution: &Solution<U, E>,
) -> Result<U::Series, Error> {
    if !solution.has_whole_rows() {
        return Err(Error::Option {
            option: "save_idxs",
            problem: "leaves states that have not the shape of a state".into(),
            hint: "leave it out, and take components off the tensor",
        });
    }
    Ok(solution.end().series_shape(solution.len()))
}
