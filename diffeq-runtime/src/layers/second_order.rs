//! Equations of second order.

use std::marker::PhantomData;

use dfdx::nn::BuildOnDevice;
use dfdx::nn::Module;
use dfdx::nn::ModuleVisitor;
use dfdx::nn::NonMutableModule;
use dfdx::nn::TensorCollection;
use dfdx::shapes::Const;
use dfdx::shapes::Dim;
use dfdx::shapes::Dtype;
use dfdx::shapes::HasShape;
use dfdx::shapes::Shape;
use dfdx::tensor::Cpu;
use dfdx::tensor::CpuError;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor::WithEmptyTape;
use dfdx::tensor_ops::Device;

use crate::dfdx::Fused;
use crate::dfdx::Join;
use crate::dfdx::Scalar;
use crate::dfdx::failure::in_layer;
use crate::dfdx::failure::not_empty;
use crate::dfdx::tape::Operands;
use crate::error::Error;
use crate::layers::field::StateOf;
use crate::layers::field::VectorField;
use crate::layers::fused::FusedShape;
use crate::layers::fused::shapes;
use crate::layers::motion::ByRows;
use crate::layers::motion::Motion;
use crate::layers::motion::assert_half;
use crate::layers::neural_ode::NeuralOde;
use crate::nn::Network;
use crate::sensitivity::DiscreteAdjoint;
use crate::space::Components;
use crate::space::Flat;
use crate::stepper::Tsit5;

/// A neural ODE of second order, `u'' = f(u, u')`, for states `[u, u']`.
///
/// `F` takes the 2N numbers `[u, u']` and gives the N accelerations; the layer takes and gives `[u, u']`. With
/// [`Augment<N, 2N>`](crate::layers::Augment) before it, the motion starts at rest. Norcliffe, Bodnar, Day, Simidjievski
/// & Liò, *On second order behaviour in augmented neural ODEs* (NeurIPS 2020, arXiv:2006.07220).
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::layers::SecondOrderNeuralOde;
///
/// type Model = SecondOrderNeuralOde<(Linear<4, 8>, Tanh, Linear<8, 2>)>;
/// let device = Cpu::default();
/// let model = device.build_module::<Model, f32>();
/// let motion: Tensor<Rank1<4>, f32, _> = model.forward(device.tensor([1.0, 0.0, 0.0, 0.5]));
/// ```
pub type SecondOrderNeuralOde<F, M = Tsit5, A = DiscreteAdjoint> = NeuralOde<SecondOrder<F>, M, A>;

/// The right-hand side `[u, v] ↦ [v, F(u, v)]`.
#[derive(Debug, Clone, Default)]
pub struct SecondOrder<F>(pub F);

impl<D: Device<E>, E: Dtype, F: BuildOnDevice<D, E>> BuildOnDevice<D, E> for SecondOrder<F> {
    type Built = SecondOrder<F::Built>;
}

impl<E: Dtype, D: Device<E>, F: TensorCollection<E, D>> TensorCollection<E, D> for SecondOrder<F> {
    type To<E2: Dtype, D2: Device<E2>> = SecondOrder<F::To<E2, D2>>;
    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(Self::module("0", |s| &s.0, |s| &mut s.0), SecondOrder)
    }
}

impl<F: NonMutableModule> NonMutableModule for SecondOrder<F> {}

impl<F, const N: usize, const N2: usize, E, T> Module<Tensor<(Const<N2>,), E, Cpu, T>> for SecondOrder<F>
where
    F: Module<Tensor<(Const<N2>,), E, Cpu, T>, Output = Tensor<(Const<N>,), E, Cpu, T>, Error = CpuError>,
    E: Scalar,
    T: Tape<E, Cpu> + Join<T, Joined = T>,
{
    type Output = Tensor<(Const<N2>,), E, Cpu, T>;
    type Error = CpuError;
    fn try_forward(&self, x: Tensor<(Const<N2>,), E, Cpu, T>) -> Result<Self::Output, CpuError> {
        const { assert_half(N2, N) };
        in_layer(|| not_empty("SecondOrder", x.shape()))?;
        let acceleration = self.0.try_forward(x.with_empty_tape())?;
        motion::<N, _, _, _, _>(x, acceleration)
    }
}

impl<F, B: Dim, const N: usize, const N2: usize, E, T> Module<Tensor<(B, Const<N2>), E, Cpu, T>>
    for SecondOrder<F>
where
    F: Module<Tensor<(B, Const<N2>), E, Cpu, T>, Output = Tensor<(B, Const<N>), E, Cpu, T>, Error = CpuError>,
    E: Scalar,
    T: Tape<E, Cpu> + Join<T, Joined = T>,
{
    type Output = Tensor<(B, Const<N2>), E, Cpu, T>;
    type Error = CpuError;
    fn try_forward(&self, x: Tensor<(B, Const<N2>), E, Cpu, T>) -> Result<Self::Output, CpuError> {
        const { assert_half(N2, N) };
        in_layer(|| not_empty("SecondOrder", x.shape()))?;
        let acceleration = self.0.try_forward(x.with_empty_tape())?;
        motion::<N, _, _, _, _>(x, acceleration)
    }
}

/// From `[u, v]` and `a` to `[v, a]`, row by row.
fn motion<const N: usize, S2: Shape, S: Shape, E: Scalar, T: Tape<E, Cpu> + Join<T, Joined = T>>(
    x: Tensor<S2, E, Cpu, T>,
    acceleration: Tensor<S, E, Cpu, T>,
) -> Result<Tensor<S2, E, Cpu, T>, CpuError> {
    let operands = Operands::new(x, acceleration)?;
    let shape = *operands.a.shape();
    let (x, a) = (operands.a.as_vec(), operands.b.as_vec());
    let mut slope = Vec::with_capacity(x.len());
    for (x, a) in x.chunks_exact(2 * N).zip(a.chunks_exact(N)) {
        slope.extend_from_slice(&x[N..]);
        slope.extend_from_slice(a);
    }
    operands.record(slope, shape, |slope_bar| {
        let mut x_bar = vec![E::ZERO; slope_bar.len()];
        let mut a_bar = Vec::with_capacity(slope_bar.len() / 2);
        for (x_bar, slope_bar) in x_bar.chunks_exact_mut(2 * N).zip(slope_bar.chunks_exact(2 * N)) {
            x_bar[N..].copy_from_slice(&slope_bar[..N]);
            a_bar.extend_from_slice(&slope_bar[N..]);
        }
        Ok((x_bar, a_bar))
    })
}

/// The kind `[u, v]' = [v, net(u, v)]`.
#[derive(Debug)]
pub struct Moving<Net>(PhantomData<Net>);

shapes! {
    [Net, const H: usize] Moving<Net>: Motion<Net, N>, ByRows<Motion<Net, N>, N>,
    where Net: Components + 'static, Net::Of<E>: Network<E, [E; N], Output = [E; H]> + Flat<E>
}

impl<E, S, F> VectorField<E, S> for SecondOrder<F>
where
    E: Scalar,
    F: Fused<E> + Clone + 'static,
    S: FusedShape<E, Moving<F::Net>>,
{
    type Rhs = S::Rhs;
    fn rhs(&self, _: &S) -> Result<S::Rhs, Error> {
        self.0.check()?;
        Ok(S::Rhs::default())
    }
    fn state(_: &S, values: Vec<E>) -> StateOf<Self, E, S> {
        S::state(values)
    }
}
