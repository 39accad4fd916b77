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
use dfdx::tensor::Tensor;
use dfdx::tensor::TensorFromVec;
use dfdx::tensor::WithEmptyTape;
use dfdx::tensor_ops::TryAdd;

use crate::dfdx::Scalar;
use crate::dfdx::parameters;
use crate::error::Error;
use crate::layers::taped::Endomorphism;
use crate::layers::taped::TapedRhs;
use crate::layers::taped::not_a_number;
use crate::problem::Jvp;

/// A tensor with its tangent.
///
/// dfdx's tuples, `Residual`, `Repeated` and the like pass it through; each layer at the leafs has one implementation
/// of [`Module`] for it below, which says what the layer does to tangents. A layer of one's own becomes differentiable
/// forwards by one more.
#[derive(Debug, Clone)]
pub struct DualTensor<S: Shape, E: Scalar> {
    /// The value.
    pub primal: Tensor<S, E, Cpu>,
    /// Its derivative along the direction.
    pub tangent: Tensor<S, E, Cpu>,
    /// The direction in the module's parameters, found by the parameter's tensor as gradients are; zero if `None`.
    direction: Option<Arc<Gradients<E, Cpu>>>,
}

impl<S: Shape, E: Scalar> DualTensor<S, E> {
    /// A value and its tangent, for modules whose parameters are constants.
    pub fn new(primal: Tensor<S, E, Cpu>, tangent: Tensor<S, E, Cpu>) -> Self {
        Self { primal, tangent, direction: None }
    }

    /// The tangent of a trained parameter of the module that this passes through; zero if `None`.
    pub fn direction_of<P: Shape>(&self, parameter: &Tensor<P, E, Cpu>) -> Option<Tensor<P, E, Cpu>> {
        self.direction.as_ref().map(|direction| direction.get(parameter))
    }

    /// A value computed from this one, and its tangent.
    pub fn then<R: Shape>(self, primal: Tensor<R, E, Cpu>, tangent: Tensor<R, E, Cpu>) -> DualTensor<R, E> {
        DualTensor { primal, tangent, direction: self.direction }
    }
}

impl<S: Shape, E: Scalar> HasErr for DualTensor<S, E> {
    type Err = CpuError;
}

impl<S: Shape, E: Scalar> WithEmptyTape for DualTensor<S, E> {
    fn with_empty_tape(&self) -> Self {
        self.clone()
    }
}

impl<S: Shape, E: Scalar> TryAdd<Self> for DualTensor<S, E> {
    fn try_add(self, other: Self) -> Result<Self, CpuError> {
        let primal = self.primal.clone().try_add(other.primal)?;
        let tangent = self.tangent.clone().try_add(other.tangent)?;
        Ok(self.then(primal, tangent))
    }
}

impl<const I: usize, const O: usize, S: Shape, R: Shape, E: Scalar> Module<DualTensor<S, E>>
    for Linear<I, O, E, Cpu>
where
    Self: Module<Tensor<S, E, Cpu>, Output = Tensor<R, E, Cpu>, Error = CpuError>,
    UnbiasedLinear<I, O, E, Cpu>: Module<Tensor<S, E, Cpu>, Output = Tensor<R, E, Cpu>, Error = CpuError>,
{
    type Output = DualTensor<R, E>;
    type Error = CpuError;
    fn try_forward(&self, x: DualTensor<S, E>) -> Result<Self::Output, CpuError> {
        let y = self.try_forward(x.primal.clone())?;
        let weight = self.weight.clone();
        let mut y_dot = UnbiasedLinear { weight }.try_forward(x.tangent.clone())?;
        if let (Some(weight), Some(bias)) = (x.direction_of(&self.weight), x.direction_of(&self.bias)) {
            y_dot = y_dot.try_add(Self { weight, bias }.try_forward(x.primal.clone())?)?;
        }
        Ok(x.then(y, y_dot))
    }
}

impl<const I: usize, const O: usize, S: Shape, R: Shape, E: Scalar> Module<DualTensor<S, E>>
    for UnbiasedLinear<I, O, E, Cpu>
where
    Self: Module<Tensor<S, E, Cpu>, Output = Tensor<R, E, Cpu>, Error = CpuError>,
{
    type Output = DualTensor<R, E>;
    type Error = CpuError;
    fn try_forward(&self, x: DualTensor<S, E>) -> Result<Self::Output, CpuError> {
        let y = self.try_forward(x.primal.clone())?;
        let mut y_dot = self.try_forward(x.tangent.clone())?;
        if let Some(weight) = x.direction_of(&self.weight) {
            y_dot = y_dot.try_add(Self { weight }.try_forward(x.primal.clone())?)?;
        }
        Ok(x.then(y, y_dot))
    }
}

/// One line for each activation: its derivative from the argument `x` and the value `y`, number by number.
macro_rules! activations {
    ($($activation:ident: |$x:pat_param, $y:pat_param| $derivative:expr;)*) => { $(
        impl<S: Shape, E: Scalar> Module<DualTensor<S, E>> for $activation {
            type Output = DualTensor<S, E>;
            type Error = CpuError;
            fn try_forward(&self, x: DualTensor<S, E>) -> Result<Self::Output, CpuError> {
                let y = self.try_forward(x.primal.clone())?;
                let tangent = chain(&x, &y, |$x: E, $y: E| $derivative)?;
                Ok(x.then(y, tangent))
            }
        }
    )* };
}

activations! {
    ReLU: |x, _| if x > E::ZERO { E::lit(1.0) } else { E::ZERO };
    Tanh: |_, y| E::lit(1.0) - y * y;
    Sigmoid: |_, y| y * (E::lit(1.0) - y);
    Sin: |x, _| x.cos();
    Cos: |x, _| -x.sin();
    Exp: |_, y| y;
    Ln: |x, _| E::lit(1.0) / x;
    Square: |x, _| x + x;
    Sqrt: |_, y| E::lit(1.0) / (y + y);
    Abs: |x, _| if x > E::ZERO { E::lit(1.0) } else if x < E::ZERO { -E::lit(1.0) } else { E::ZERO };
}

/// `f'(x) ẋ`, number by number.
fn chain<S: Shape, E: Scalar>(
    x: &DualTensor<S, E>,
    y: &Tensor<S, E, Cpu>,
    derivative: impl Fn(E, E) -> E,
) -> Result<Tensor<S, E, Cpu>, CpuError> {
    let mut tangent = x.tangent.as_vec();
    for ((x_dot, x), y) in tangent.iter_mut().zip(x.primal.as_vec()).zip(y.as_vec()) {
        *x_dot *= derivative(x, y);
    }
    Cpu::default().try_tensor_from_vec(tangent, *y.shape())
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
