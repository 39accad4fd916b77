//! A Hamiltonian's field in tensors.

use dfdx::nn::Module;
use dfdx::shapes::Const;
use dfdx::shapes::Dim;
use dfdx::tensor::OwnedTape;
use dfdx::tensor::PutTape;
use dfdx::tensor::SplitTape;
use dfdx::tensor::Tape;
use dfdx::tensor::Trace;
use dfdx::tensor_ops::Backward;
use dfdx::tensor_ops::Device;
use dfdx::tensor_ops::SumTo;
use dfdx::tensor_ops::TryMatMul;

use super::Rows;
use super::matrix;
use crate::dfdx::Scalar;
use crate::dfdx::device::Parametric;
use crate::dfdx::device::deposit;
use crate::dfdx::device::deposit_gradients;
use crate::layers::dual::DualTensor;
use crate::layers::hamiltonian::HamiltonianNet;

type OnTape<B, const N: usize, E, D> = Rows<B, N, E, D, OwnedTape<E, D>>;
type Dual<B, const N: usize, E, D> = DualTensor<(B, Const<N>), E, D, OwnedTape<E, D>>;

/// A module from rows of `N` numbers to one number each, with tangents as well.
pub trait Energy<B: Dim, const N: usize, E: Scalar, D: Device<E>>:
    Parametric<E, D>
    + Module<OnTape<B, N, E, D>, Output = OnTape<B, 1, E, D>, Error = D::Err>
    + Module<Dual<B, N, E, D>, Output = Dual<B, 1, E, D>, Error = D::Err>
{
}

impl<B: Dim, const N: usize, E: Scalar, D: Device<E>, M> Energy<B, N, E, D> for M where
    M: Parametric<E, D>
        + Module<OnTape<B, N, E, D>, Output = OnTape<B, 1, E, D>, Error = D::Err>
        + Module<Dual<B, N, E, D>, Output = Dual<B, 1, E, D>, Error = D::Err>
{
}

impl<F> HamiltonianNet<F> {
    /// The field `[∂H/∂p, -∂H/∂q]`, row by row, on the device of `x` and on its tape.
    ///
    /// The gradient of `H` is the module's tape. On the way back, `w · field` is the derivative of `H` along a direction
    /// that `w` gives: the module passes tangents in that direction, and their sum is differentiated by its tape.
    ///
    /// ```
    /// use dfdx::prelude::*;
    /// use diffeq_runtime::layers::HamiltonianNet;
    ///
    /// let device = Cpu::default();
    /// let net = device.build_module::<HamiltonianNet<(Linear<2, 16>, Tanh, Linear<16, 1>)>, f64>();
    /// let x: Tensor<Rank2<5, 2>, f64, _> = device.sample_normal();
    /// let gap = net.rows_on_device(x.clone())? - net.forward(x);
    /// assert!(gap.abs().max::<Rank0, _>().array() < 1e-12);
    /// # Ok::<(), diffeq_runtime::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where the device or the module fails.
    pub fn rows_on_device<B: Dim, const N: usize, E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<B, N, E, D, T>,
    ) -> Result<Rows<B, N, E, D, T>, D::Err>
    where
        F: Energy<B, N, E, D>,
    {
        const { assert!(N.is_multiple_of(2), "a Hamiltonian's states are [q, p]: an even number of numbers") };
        // A row times `forth` is the row's symplectic gradient, `back` is its transpose.
        let half = N / 2;
        let entries =
            move |sign: f64| (0..half).flat_map(move |i| [(half + i, i, sign), (i, half + i, -sign)]);
        let (x, mut tape) = x.split_tape();
        let forth = matrix(x.device(), Const::<N>, Const::<N>, entries(1.0))?;
        let energy = self.0.try_forward(x.leaky_trace())?;
        let mut gradients = energy.try_sum::<(), _>()?.try_backward()?;
        gradients.get_or_alloc_mut(&x)?;
        let slope = gradients.get(&x).try_matmul(forth)?;
        let (module, output) = (self.0.clone(), slope.clone());
        tape.add_backward_op(move |gradients| {
            gradients.get_or_alloc_mut(&output)?;
            let back = matrix(x.device(), Const::<N>, Const::<N>, entries(-1.0))?;
            let direction = gradients.get(&output).try_matmul(back)?;
            let dual = DualTensor::new(x.leaky_trace(), direction.put_tape(OwnedTape::default()));
            let (_, along, tape) = module.try_forward(dual)?.untaped();
            let mut inner = along.put_tape(tape).try_sum::<(), _>()?.try_backward()?;
            inner.get_or_alloc_mut(&x)?;
            deposit(&inner.get(&x), &x, gradients)?;
            deposit_gradients(&module, &mut inner, gradients)
        });
        Ok(slope.put_tape(tape))
    }
}

#[cfg(test)]
mod tests {
    use dfdx::prelude::*;

    use super::*;
    use crate::layers::NeuralOde;
    use crate::layers::OdeConfig;
    use crate::layers::device::tests::close;

    #[test]
    fn a_hamiltonian_in_tensors_is_that_in_slices() {
        let device = Cpu::seed_from_u64(3);
        let net = HamiltonianNet(device.build_module::<(Linear<4, 8>, Tanh, Linear<8, 1>), f64>());
        let x: Tensor<Rank2<5, 4>, f64, _> = device.sample_normal();
        let weights: Tensor<Rank2<5, 4>, f64, _> = device.sample_normal();
        let (here, there) = (net.forward(x.leaky_trace()), net.rows_on_device(x.leaky_trace()).unwrap());
        close(&there.as_vec(), &here.as_vec());
        let loss =
            |y: Tensor<Rank2<5, 4>, f64, Cpu, OwnedTape<f64, Cpu>>| (y * weights.clone()).sum().backward();
        let (here, there) = (loss(here), loss(there));
        close(&there.get(&x).as_vec(), &here.get(&x).as_vec());
        close(&there.get(&net.0.0.weight).as_vec(), &here.get(&net.0.0.weight).as_vec());
        close(&there.get(&net.0.2.weight).as_vec(), &here.get(&net.0.2.weight).as_vec());
    }

    #[test]
    fn a_trajectory_in_tensors_is_that_in_slices() {
        let device = Cpu::seed_from_u64(4);
        let field = HamiltonianNet(device.build_module::<(Linear<2, 8>, Sin, Linear<8, 1>), f64>());
        let layer = NeuralOde::new(field, OdeConfig::span((0.0, 1.0)).tolerances(1e-6, 1e-8));
        let x: Tensor<Rank2<3, 2>, f64, _> = device.sample_normal();
        let (here, there) = (layer.forward(x.leaky_trace()), layer.end_on_device(x.leaky_trace()).unwrap());
        close(&there.as_vec(), &here.as_vec());
        let (here, there) = (here.square().sum().backward(), there.square().sum().backward());
        close(&there.get(&x).as_vec(), &here.get(&x).as_vec());
        close(&there.get(&layer.field.0.0.weight).as_vec(), &here.get(&layer.field.0.0.weight).as_vec());
    }
}
