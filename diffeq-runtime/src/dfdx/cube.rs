//! `x³` as a dfdx module.

use dfdx::nn::Module;
use dfdx::nn::NonMutableModule;
use dfdx::nn::ZeroSizedModule;
use dfdx::shapes::Shape;
use dfdx::tensor::Cpu;
use dfdx::tensor::CpuError;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor::WithEmptyTape;
use dfdx::tensor_ops::TryMul;

use super::native::Fused;
use super::tape::Scalar;
use crate::error::Error;
use crate::nn::Cube;
use crate::nn::Map;

/// dfdx has no such activation; the native one takes its place in tuples.
impl ZeroSizedModule for Cube {}
impl NonMutableModule for Cube {}

impl<S: Shape, E: Scalar, T: Tape<E, Cpu>> Module<Tensor<S, E, Cpu, T>> for Cube {
    type Output = Tensor<S, E, Cpu, T>;
    type Error = CpuError;
    fn try_forward(&self, x: Tensor<S, E, Cpu, T>) -> Result<Self::Output, CpuError> {
        x.with_empty_tape().try_square()?.try_mul(x)
    }
}

impl<E: Scalar> Fused<E> for Cube {
    type Net = Map<Cube>;
    type Native = Map<Cube, E>;
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }
}
