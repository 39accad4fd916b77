//! Forward mode through dfdx's modules: tensors that carry a tangent.

use std::sync::Arc;

use dfdx::nn::Module;
use dfdx::nn::modules::Abs;
use dfdx::nn::modules::Cos;
use dfdx::nn::modules::Exp;
use dfdx::nn::modules::Linear;
use dfdx::nn::modules::Ln;
use dfdx::nn::modules::ReLU;
use dfdx::nn::modules::Sigmoid;
use dfdx::nn::modules::Sin;
use dfdx::nn::modules::Sqrt;
use dfdx::nn::modules::Square;
use dfdx::nn::modules::Tanh;
use dfdx::nn::modules::UnbiasedLinear;
use dfdx::shapes::HasShape;
use dfdx::shapes::Shape;
use dfdx::tensor::Cpu;
use dfdx::tensor::CpuError;
use dfdx::tensor::Gradients;
use dfdx::tensor::HasErr;
use dfdx::tensor::NoneTape;
use dfdx::tensor::SplitTape;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor::TensorFromVec;
use dfdx::tensor::WithEmptyTape;
use dfdx::tensor_ops::ChooseFrom;
use dfdx::tensor_ops::Device;
use dfdx::tensor_ops::TryAdd;
use dfdx::tensor_ops::TryGt;
use dfdx::tensor_ops::TryMul;
use dfdx::tensor_ops::TrySub;

use crate::dfdx::Scalar;
use crate::dfdx::parameters;
use crate::error::Error;
use crate::layers::taped::Endomorphism;
use crate::layers::taped::TapedRhs;
use crate::layers::taped::not_a_number;
use crate::problem::Jvp;

/// A tensor with its tangent, on any device, on a tape or not.
///
/// dfdx's tuples, `Residual`, `Repeated` and the like pass it through; each layer at the leafs has one implementation
/// of [`Module`] for it below, which says what the layer does to tangents. A layer of one's own becomes differentiable
/// forwards by one more. On a tape the tangent can be differentiated backwards: second derivatives.
#[derive(Debug, Clone)]
pub struct DualTensor<S: Shape, E: Scalar, D: Device<E> = Cpu, T = NoneTape> {
    /// The value.
    pub primal: Tensor<S, E, D, T>,
    /// Its derivative along the direction.
    pub tangent: Tensor<S, E, D, T>,
    /// The direction in the module's parameters, found by the parameter's tensor as gradients are; zero if `None`.
    direction: Option<Arc<Gradients<E, D>>>,
}

impl<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>> DualTensor<S, E, D, T> {
    /// A value and its tangent, for modules whose parameters are constants.
    pub fn new(primal: Tensor<S, E, D, T>, tangent: Tensor<S, E, D, T>) -> Self {
        Self { primal, tangent, direction: None }
    }

    /// The tangent of a trained parameter of the module that this passes through; zero if `None`.
    pub fn direction_of<P: Shape>(&self, parameter: &Tensor<P, E, D>) -> Option<Tensor<P, E, D>> {
        self.direction.as_ref().map(|direction| direction.get(parameter))
    }

    /// A value computed from this one, and its tangent.
    pub fn then<R: Shape>(
        self,
        primal: Tensor<R, E, D, T>,
        tangent: Tensor<R, E, D, T>,
    ) -> DualTensor<R, E, D, T> {
        DualTensor { primal, tangent, direction: self.direction }
    }

    /// The value, the tangent, and the tape of both.
    pub(super) fn untaped(self) -> (Tensor<S, E, D>, Tensor<S, E, D>, T) {
        let ((primal, tape), (tangent, other)) = (self.primal.split_tape(), self.tangent.split_tape());
        (primal, tangent, tape.merge(other))
    }
}

impl<S: Shape, E: Scalar, D: Device<E>, T> HasErr for DualTensor<S, E, D, T> {
    type Err = D::Err;
}

impl<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>> WithEmptyTape for DualTensor<S, E, D, T> {
    fn with_empty_tape(&self) -> Self {
        let (primal, tangent) = (self.primal.with_empty_tape(), self.tangent.with_empty_tape());
        Self { primal, tangent, direction: self.direction.clone() }
    }
}

impl<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>> TryAdd<Self> for DualTensor<S, E, D, T> {
    fn try_add(self, other: Self) -> Result<Self, D::Err> {
        let (primal, tangent) = (self.primal.try_add(other.primal)?, self.tangent.try_add(other.tangent)?);
        Ok(Self { primal, tangent, direction: self.direction })
    }
}

impl<const I: usize, const O: usize, S: Shape, R: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>
    Module<DualTensor<S, E, D, T>> for Linear<I, O, E, D>
where
    Self: Module<Tensor<S, E, D, T>, Output = Tensor<R, E, D, T>, Error = D::Err>,
    UnbiasedLinear<I, O, E, D>: Module<Tensor<S, E, D, T>, Output = Tensor<R, E, D, T>, Error = D::Err>,
{
    type Output = DualTensor<R, E, D, T>;
    type Error = D::Err;
    fn try_forward(&self, x: DualTensor<S, E, D, T>) -> Result<Self::Output, D::Err> {
        let along = x.direction_of(&self.weight).zip(x.direction_of(&self.bias));
        let DualTensor { primal, tangent, direction } = x;
        let weight = self.weight.clone();
        let mut y_dot = UnbiasedLinear { weight }.try_forward(tangent)?;
        if let Some((weight, bias)) = along {
            y_dot = y_dot.try_add(Self { weight, bias }.try_forward(primal.with_empty_tape())?)?;
        }
        Ok(DualTensor { primal: self.try_forward(primal)?, tangent: y_dot, direction })
    }
}

impl<const I: usize, const O: usize, S: Shape, R: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>
    Module<DualTensor<S, E, D, T>> for UnbiasedLinear<I, O, E, D>
where
    Self: Module<Tensor<S, E, D, T>, Output = Tensor<R, E, D, T>, Error = D::Err>,
{
    type Output = DualTensor<R, E, D, T>;
    type Error = D::Err;
    fn try_forward(&self, x: DualTensor<S, E, D, T>) -> Result<Self::Output, D::Err> {
        let along = x.direction_of(&self.weight);
        let DualTensor { primal, tangent, direction } = x;
        let mut y_dot = self.try_forward(tangent)?;
        if let Some(weight) = along {
            y_dot = y_dot.try_add(Self { weight }.try_forward(primal.with_empty_tape())?)?;
        }
        Ok(DualTensor { primal: self.try_forward(primal)?, tangent: y_dot, direction })
    }
}

/// One line for each activation: its derivative from the argument `x` and the value `y`.
macro_rules! activations {
    ($($activation:ident: |$x:pat_param, $y:pat_param| $derivative:expr;)*) => { $(
        impl<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>> Module<DualTensor<S, E, D, T>> for $activation
        where
            Self: Module<Tensor<S, E, D, T>, Output = Tensor<S, E, D, T>, Error = D::Err>,
        {
            type Output = DualTensor<S, E, D, T>;
            type Error = D::Err;
            fn try_forward(&self, x: DualTensor<S, E, D, T>) -> Result<Self::Output, D::Err> {
                let DualTensor { primal, tangent, direction } = x;
                let $x = primal.with_empty_tape();
                let primal = self.try_forward(primal)?;
                let $y = primal.with_empty_tape();
                let tangent = tangent.try_mul($derivative?)?;
                Ok(DualTensor { primal, tangent, direction })
            }
        }
    )* };
}

activations! {
    ReLU: |x, _| step(&x);
    Tanh: |_, y| y.try_square()?.try_negate()?.try_add(E::lit(1.0));
    Sigmoid: |_, y| y.with_empty_tape().try_sub(y.try_square()?);
    Sin: |x, _| x.try_cos();
    Cos: |x, _| x.try_sin()?.try_negate();
    Exp: |_, y| Ok::<_, D::Err>(y);
    Ln: |x, _| x.try_recip();
    Square: |x, _| x.try_mul(E::lit(2.0));
    Sqrt: |_, y| y.try_mul(E::lit(2.0))?.try_recip();
    Abs: |x, _| step(&x)?.try_sub(step(&x.try_negate()?)?);
}

/// 1 where `x` is positive, else 0.
fn step<S: Shape, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    x: &Tensor<S, E, D, T>,
) -> Result<Tensor<S, E, D>, D::Err> {
    let (device, shape) = (x.device(), x.shape());
    x.try_gt(E::ZERO)?.try_choose(device.try_ones_like(shape)?, device.try_zeros_like(shape)?)
}

impl<M, S, E> Jvp<E> for TapedRhs<M, S, E>
where
    M: Endomorphism<S, E> + Module<DualTensor<S, E>, Output = DualTensor<S, E>, Error = CpuError>,
    S: Shape,
    E: Scalar,
{
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
        let mut work = self.work();
        let mut push = || {
            work.set(u, p)?;
            let primal = work.u.clone();
            let tangent = Cpu::default().try_tensor_from_vec(u_dot.clone(), *primal.shape())?;
            let mut direction = Gradients::leaky();
            parameters::deposit(&work.module, p_dot, &mut direction)?;
            let x = DualTensor { primal, tangent, direction: Some(Arc::new(direction)) };
            let y = work.module.try_forward(x)?;
            Ok::<_, Error>((y.primal.as_vec(), y.tangent.as_vec()))
        };
        match push() {
            Ok(pushed) => (*du, *du_dot) = pushed,
            Err(_) => {
                not_a_number(du);
                not_a_number(du_dot);
            }
        }
    }
}
