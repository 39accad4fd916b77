//! The layers' `forward` on the GPU.

use dfdx::shapes::Shape;
use dfdx::tensor::Cuda;
use dfdx::tensor::CudaError;
use dfdx::tensor_ops::ReshapeTo;

use super::flow::FlowField;
use super::flow::FlowOnDevice;
use super::hamiltonian::Energy;
use super::*;
use crate::dfdx::Fd;
use crate::dfdx::device::Parametric;
use crate::dfdx::failure::in_layer;
use crate::layers::activation::FromNumbers;
use crate::layers::activation::OdeActivation;
use crate::layers::ffjord::Ffjord;
use crate::layers::hamiltonian::HamiltonianNet;
use crate::problem::Rhs;
use crate::sensitivity::LiftedRhs;

impl<F, M, A, S, E, T> Module<Tensor<S, E, Cuda, T>> for NeuralOde<F, M, A>
where
    Cuda: Device<E>,
    S: StateShape,
    E: Scalar,
    T: Tape<E, Cuda>,
    F: SelfMap<S, E, Cuda>,
    M: Method<E, ModuleField<F, S, E, Cuda>> + 'static,
    A: Adjoint<ModuleField<F, S, E, Cuda>, E, M, Record: 'static> + Clone,
{
    type Output = Tensor<S, E, Cuda, T>;
    type Error = CudaError;

    fn try_forward(&self, x: Tensor<S, E, Cuda, T>) -> Result<Self::Output, CudaError> {
        Ok(in_layer(|| self.end_on_device(x))?)
    }

    fn forward(&self, x: Tensor<S, E, Cuda, T>) -> Self::Output {
        match self.try_forward(x) {
            Ok(y) => y,
            Err(error) => panic!("{}", Error::from(error)),
        }
    }
}

impl<B: Dim, const N: usize, const WIDE: usize, E: Scalar, T: Tape<E, Cuda>>
    Module<Tensor<(B, Const<N>), E, Cuda, T>> for Augment<N, WIDE>
where
    Cuda: Device<E>,
{
    type Output = Tensor<(B, Const<WIDE>), E, Cuda, T>;
    type Error = CudaError;
    fn try_forward(&self, x: Tensor<(B, Const<N>), E, Cuda, T>) -> Result<Self::Output, CudaError> {
        self.rows_on_device(x)
    }
}

impl<const N: usize, const WIDE: usize, E: Scalar, T: Tape<E, Cuda>> Module<Tensor<(Const<N>,), E, Cuda, T>>
    for Augment<N, WIDE>
where
    Cuda: Device<E>,
{
    type Output = Tensor<(Const<WIDE>,), E, Cuda, T>;
    type Error = CudaError;
    fn try_forward(&self, x: Tensor<(Const<N>,), E, Cuda, T>) -> Result<Self::Output, CudaError> {
        self.rows_on_device(x.try_reshape::<(Const<1>, Const<N>)>()?)?.try_reshape()
    }
}

impl<F, B: Dim, const N: usize, const N2: usize, E, T> Module<Tensor<(B, Const<N2>), E, Cuda, T>>
    for SecondOrder<F>
where
    Cuda: Device<E>,
    F: Module<
            Tensor<(B, Const<N2>), E, Cuda, T>,
            Output = Tensor<(B, Const<N>), E, Cuda, T>,
            Error = CudaError,
        >,
    E: Scalar,
    T: Tape<E, Cuda>,
{
    type Output = Tensor<(B, Const<N2>), E, Cuda, T>;
    type Error = CudaError;
    fn try_forward(&self, x: Tensor<(B, Const<N2>), E, Cuda, T>) -> Result<Self::Output, CudaError> {
        self.rows_on_device(x)
    }
}

impl<F, B: Dim, const N: usize, E: Scalar, T: Tape<E, Cuda>> Module<Tensor<(B, Const<N>), E, Cuda, T>>
    for HamiltonianNet<F>
where
    Cuda: Device<E>,
    F: Energy<B, N, E, Cuda>,
{
    type Output = Tensor<(B, Const<N>), E, Cuda, T>;
    type Error = CudaError;
    fn try_forward(&self, x: Tensor<(B, Const<N>), E, Cuda, T>) -> Result<Self::Output, CudaError> {
        self.rows_on_device(x)
    }
}

impl<F, M, A, B, const N: usize, E, T> Module<Tensor<(B, Const<N>), E, Cuda, T>> for Ffjord<F, M, A>
where
    Cuda: Device<E>,
    B: Dim,
    E: Scalar,
    T: Tape<E, Cuda>,
    F: FlowField<N, E, Cuda>,
    M: Method<E, FlowOnDevice<F, N, E, Cuda>> + 'static,
    A: Adjoint<FlowOnDevice<F, N, E, Cuda>, E, M, Record: 'static> + Clone,
{
    type Output = Tensor<(B, Const<N>), E, Cuda, T>;
    type Error = CudaError;

    fn try_forward(&self, x: Tensor<(B, Const<N>), E, Cuda, T>) -> Result<Self::Output, CudaError> {
        Ok(in_layer(|| self.end_on_device(x))?)
    }

    fn forward(&self, x: Tensor<(B, Const<N>), E, Cuda, T>) -> Self::Output {
        match self.try_forward(x) {
            Ok(z) => z,
            Err(error) => panic!("{}", Error::from(error)),
        }
    }
}

impl<F, P, M, S, E, T> Module<Tensor<S, E, Cuda, T>> for OdeActivation<F, P, M>
where
    Cuda: Device<E>,
    F: Clone + LiftedRhs<E, Fd<E>> + Rhs<E, State = E, Params: FromNumbers<E>>,
    P: Parametric<E, Cuda>,
    M: Method<E, F> + Method<Fd<E>, F>,
    S: Shape,
    E: Scalar,
    T: Tape<E, Cuda>,
{
    type Output = Tensor<S, E, Cuda, T>;
    type Error = CudaError;

    fn try_forward(&self, x: Tensor<S, E, Cuda, T>) -> Result<Self::Output, CudaError> {
        Ok(in_layer(|| self.numbers_on_device(x))?)
    }

    fn forward(&self, x: Tensor<S, E, Cuda, T>) -> Self::Output {
        match self.try_forward(x) {
            Ok(y) => y,
            Err(error) => panic!("{}", Error::from(error)),
        }
    }
}
