//! Extra dimensions.

use dfdx::nn::Module;
use dfdx::nn::NonMutableModule;
use dfdx::nn::ZeroSizedModule;
use dfdx::shapes::Const;
use dfdx::shapes::Dim;
use dfdx::shapes::HasShape;
use dfdx::tensor::Cpu;
use dfdx::tensor::CpuError;
use dfdx::tensor::SplitTape;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::ReshapeTo;

use crate::dfdx::Scalar;
use crate::dfdx::failure::in_layer;
use crate::dfdx::failure::not_empty;
use crate::dfdx::tape::reals;
use crate::dfdx::tape::record;
use crate::layers::neural_ode::NeuralOde;
use crate::sensitivity::DiscreteAdjoint;
use crate::stepper::Tsit5;

/// A neural ODE with more dimensions than its input: `x`, then zeros, is where it starts.
///
/// Trajectories of an ODE do not cross, so that in the dimensions of the data there are maps that no ODE computes
/// (`x ↦ -x` on the line); with some more there are none. Dupont, Doucet & Teh, *Augmented neural ODEs* (NeurIPS 2019,
/// arXiv:1904.01681).
///
/// `F` is a field over `WIDE` numbers, which is also what goes out; the layer behind picks what it needs.
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::layers::AugmentedNeuralOde;
///
/// type Model = (AugmentedNeuralOde<(Linear<3, 8>, Tanh, Linear<8, 3>), 1, 3>, Linear<3, 1>);
/// let device = Cpu::default();
/// let model = device.build_module::<Model, f32>();
/// let y: Tensor<Rank2<10, 1>, f32, _> = model.forward(device.sample_normal::<Rank2<10, 1>>());
/// ```
pub type AugmentedNeuralOde<F, const N: usize, const WIDE: usize, M = Tsit5, A = DiscreteAdjoint> =
    (Augment<N, WIDE>, NeuralOde<F, M, A>);

/// The layer that makes vectors of `N` numbers longer, by zeros at their end: `WIDE` numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Augment<const N: usize, const WIDE: usize>;

impl<const N: usize, const WIDE: usize> ZeroSizedModule for Augment<N, WIDE> {}
impl<const N: usize, const WIDE: usize> NonMutableModule for Augment<N, WIDE> {}

impl<const N: usize, const WIDE: usize, E: Scalar, T: Tape<E, Cpu>> Module<Tensor<(Const<N>,), E, Cpu, T>>
    for Augment<N, WIDE>
{
    type Output = Tensor<(Const<WIDE>,), E, Cpu, T>;
    type Error = CpuError;
    fn try_forward(&self, x: Tensor<(Const<N>,), E, Cpu, T>) -> Result<Self::Output, CpuError> {
        self.try_forward(x.try_reshape::<(Const<1>, Const<N>)>()?)?.try_reshape()
    }
}

impl<B: Dim, const N: usize, const WIDE: usize, E: Scalar, T: Tape<E, Cpu>>
    Module<Tensor<(B, Const<N>), E, Cpu, T>> for Augment<N, WIDE>
{
    type Output = Tensor<(B, Const<WIDE>), E, Cpu, T>;
    type Error = CpuError;
    fn try_forward(&self, x: Tensor<(B, Const<N>), E, Cpu, T>) -> Result<Self::Output, CpuError> {
        const { assert!(WIDE >= N, "`Augment<N, WIDE>` makes vectors longer: WIDE is at least N") };
        in_layer(|| not_empty("Augment", x.shape()))?;
        let (x, tape) = x.try_contiguous()?.split_tape();
        let rows = x.shape().0;
        let narrow = x.as_vec();
        let mut wide = vec![E::ZERO; rows.size() * WIDE];
        for row in 0..rows.size() {
            wide[row * WIDE..row * WIDE + N].copy_from_slice(&narrow[row * N..(row + 1) * N]);
        }
        let x = x.ghost();
        record(tape, wide, (rows, Const), move |wide_bar, gradients| {
            let narrow_bar = reals::<E>(gradients.get_or_alloc_mut(&x)?);
            for (bar, wide) in narrow_bar.iter_mut().enumerate() {
                *wide += wide_bar[bar / N * WIDE + bar % N];
            }
            Ok(())
        })
    }
}
