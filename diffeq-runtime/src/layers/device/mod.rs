//! Layers in tensors on any device: what they are on the GPU, and can be on the CPU.
//!
//! States, stages and cotangents are tensors where `x` lies; a field is any module that maps them, as it is on the CPU in
//! [`Taped`](crate::layers::Taped). With the feature `cuda` these are the layers' `forward` on `Cuda`.

mod activation;
#[cfg(feature = "cuda")]
mod cuda;
mod flow;
mod hamiltonian;

pub use flow::FlowField;
pub use flow::FlowOnDevice;
pub use flow::Width;
pub use hamiltonian::Energy;

use dfdx::nn::Module;
use dfdx::shapes::Const;
use dfdx::shapes::Dim;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor::WithEmptyTape;
use dfdx::tensor_ops::Device;
use dfdx::tensor_ops::TryAdd;
use dfdx::tensor_ops::TryMatMul;

use crate::dfdx::Scalar;
use crate::dfdx::device::ModuleField;
use crate::dfdx::device::SelfMap;
use crate::dfdx::device::Wanted;
use crate::dfdx::device::record_on_device;
use crate::error::Error;
use crate::layers::augment::Augment;
use crate::layers::field::StateShape;
use crate::layers::motion::assert_half;
use crate::layers::neural_ode::NeuralOde;
use crate::layers::second_order::SecondOrder;
use crate::sensitivity::Adjoint;
use crate::stepper::Method;

impl<F, M, A> NeuralOde<F, M, A> {
    /// The state at the end of the span, in tensors on the device of `x` and on its tape.
    ///
    /// ```
    /// use dfdx::prelude::*;
    /// use diffeq_runtime::layers::NeuralOde;
    ///
    /// let device = Cpu::default();
    /// let layer = device.build_module::<NeuralOde<(Linear<2, 8>, Tanh, Linear<8, 2>)>, f32>();
    /// let x: Tensor<Rank2<5, 2>, f32, _> = device.sample_normal();
    /// let y = layer.end_on_device(x.clone())?;
    /// let there: f32 = (y - layer.forward(x)).abs().max::<Rank0, _>().array();
    /// assert!(there < 1e-5);
    /// # Ok::<(), diffeq_runtime::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where the solve fails: see [`Solver::solve`](crate::integrate::Solver::solve). An adjoint that fails on the way
    /// back leaves gradients that are not numbers.
    pub fn end_on_device<S, E, D, T>(&self, x: Tensor<S, E, D, T>) -> Result<Tensor<S, E, D, T>, Error>
    where
        S: StateShape,
        E: Scalar,
        D: Device<E>,
        T: Tape<E, D>,
        F: SelfMap<S, E, D>,
        M: Method<E, ModuleField<F, S, E, D>> + 'static,
        A: Adjoint<ModuleField<F, S, E, D>, E, M, Record: 'static> + Clone,
    {
        let config = &self.config;
        let how = (config.method.clone(), Wanted::End.options(config)?, config.adjoint.clone());
        record_on_device(
            ModuleField::new(),
            &self.field,
            x,
            (config.t0, config.t1),
            how,
            Wanted::End,
            |shape, _| *shape,
        )
    }

    /// The states at the times of `config.options.save_at`, time first, as [`series`](Self::series) gives them, solved
    /// for in tensors on the device of `x`; the saved states pass through the host.
    ///
    /// # Errors
    /// As for [`end_on_device`](Self::end_on_device), and with `save_idxs`: take components off the tensor instead.
    pub fn series_on_device<S, E, D, T>(
        &self,
        x: Tensor<S, E, D, T>,
    ) -> Result<Tensor<S::Series, E, D, T>, Error>
    where
        S: StateShape,
        E: Scalar,
        D: Device<E>,
        T: Tape<E, D>,
        F: SelfMap<S, E, D>,
        M: Method<E, ModuleField<F, S, E, D>> + 'static,
        A: Adjoint<ModuleField<F, S, E, D>, E, M, Record: 'static> + Clone,
    {
        let config = &self.config;
        let how = (config.method.clone(), Wanted::Rows.options(config)?, config.adjoint.clone());
        let shape = |shape: &S, rows: usize| shape.series(rows);
        record_on_device(ModuleField::new(), &self.field, x, (config.t0, config.t1), how, Wanted::Rows, shape)
    }
}

/// Rows of `N` numbers.
type Rows<B, const N: usize, E, D, T> = Tensor<(B, Const<N>), E, D, T>;

/// The matrix with these entries (row, column, value), and zeros elsewhere.
fn matrix<I: Dim, O: Dim, E: Scalar, D: Device<E>>(
    device: &D,
    rows: I,
    columns: O,
    entries: impl IntoIterator<Item = (usize, usize, f64)>,
) -> Result<Tensor<(I, O), E, D>, D::Err> {
    let mut matrix = vec![E::ZERO; rows.size() * columns.size()];
    for (row, column, value) in entries {
        matrix[row * columns.size() + column] = E::lit(value);
    }
    device.try_tensor_from_vec(matrix, (rows, columns))
}

/// The matrix that takes number `from + i` of a row to place `to + i`, for `count` of them.
fn moving<const I: usize, const O: usize, E: Scalar, D: Device<E>>(
    device: &D,
    (from, to): (usize, usize),
    count: usize,
) -> Result<Tensor<(Const<I>, Const<O>), E, D>, D::Err> {
    matrix(device, Const, Const, (0..count).map(|i| (from + i, to + i, 1.0)))
}

impl<const N: usize, const WIDE: usize> Augment<N, WIDE> {
    /// The rows with zeros at their end, on the device of `x` and on its tape.
    ///
    /// # Errors
    /// Where the device fails.
    pub fn rows_on_device<B: Dim, E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<B, N, E, D, T>,
    ) -> Result<Rows<B, WIDE, E, D, T>, D::Err> {
        const { assert!(WIDE >= N, "`Augment<N, WIDE>` makes vectors longer: WIDE is at least N") };
        let wider = moving(x.device(), (0, 0), N)?;
        x.try_matmul(wider)
    }
}

impl<F> SecondOrder<F> {
    /// From `[u, v]` to `[v, F(u, v)]`, row by row, on the device of `x` and on its tape.
    ///
    /// # Errors
    /// Where the device or the module fails.
    pub fn rows_on_device<B: Dim, const N: usize, const N2: usize, E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<B, N2, E, D, T>,
    ) -> Result<Rows<B, N2, E, D, T>, D::Err>
    where
        F: Module<Rows<B, N2, E, D, T>, Output = Rows<B, N, E, D, T>, Error = D::Err>,
    {
        const { assert_half(N2, N) };
        let device = x.device().clone();
        let acceleration = self.0.try_forward(x.with_empty_tape())?;
        let velocities = x.try_matmul(moving::<N2, N2, E, D>(&device, (N, 0), N)?)?;
        velocities.try_add(acceleration.try_matmul(moving::<N, N2, E, D>(&device, (0, N), N)?)?)
    }
}

#[cfg(test)]
mod tests {
    use dfdx::prelude::*;

    use super::*;
    use crate::integrate::Grid;
    use crate::layers::OdeConfig;
    use crate::sensitivity::Backsolve;

    type Field = (Linear<3, 8>, Tanh, Linear<8, 3>);

    /// Steps of the same sizes, sums in another order: some hundred roundings.
    pub(super) fn close(a: &[f64], b: &[f64]) {
        let size = b.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
        let gap = a.iter().zip(b).fold(0.0_f64, |gap, (a, b)| gap.max((a - b).abs()));
        assert!(a.len() == b.len() && gap <= 1e-12 * size, "{a:?} and {b:?}");
    }

    #[test]
    fn a_layer_in_tensors_is_the_layer_in_slices() {
        let device = Cpu::seed_from_u64(1);
        let config = OdeConfig::span((0.0, 1.0)).tolerances(1e-6, 1e-8).save_at(Grid::count(4));
        let layer = NeuralOde::new(device.build_module::<Field, f64>(), config);
        let x: Tensor<Rank2<5, 3>, f64, _> = device.sample_normal();
        let weights = &layer.field.0.weight;

        let (here, there) = (layer.forward(x.leaky_trace()), layer.end_on_device(x.leaky_trace()).unwrap());
        close(&there.as_vec(), &here.as_vec());
        let (here, there) = (here.square().sum().backward(), there.square().sum().backward());
        close(&there.get(&x).as_vec(), &here.get(&x).as_vec());
        close(&there.get(weights).as_vec(), &here.get(weights).as_vec());

        let here = layer.series(x.leaky_trace()).unwrap();
        let there = layer.series_on_device(x.leaky_trace()).unwrap();
        assert_eq!(there.shape(), here.shape());
        close(&there.as_vec(), &here.as_vec());
        let (here, there) = (here.square().sum().backward(), there.square().sum().backward());
        close(&there.get(&x).as_vec(), &here.get(&x).as_vec());
        close(&there.get(weights).as_vec(), &here.get(weights).as_vec());
    }

    #[test]
    fn rows_in_tensors_are_rows_in_slices() {
        let device = Cpu::seed_from_u64(2);
        let x: Tensor<Rank2<5, 4>, f64, _> = device.sample_normal();
        let augment = Augment::<4, 6>;
        let (here, there) =
            (augment.forward(x.leaky_trace()), augment.rows_on_device(x.leaky_trace()).unwrap());
        assert_eq!(there.as_vec(), here.as_vec());
        let (here, there) = (here.square().sum().backward(), there.square().sum().backward());
        assert_eq!(there.get(&x).as_vec(), here.get(&x).as_vec());

        let second = SecondOrder(device.build_module::<(Linear<4, 8>, Tanh, Linear<8, 2>), f64>());
        let (here, there) =
            (second.forward(x.leaky_trace()), second.rows_on_device(x.leaky_trace()).unwrap());
        close(&there.as_vec(), &here.as_vec());
        let (here, there) = (here.square().sum().backward(), there.square().sum().backward());
        close(&there.get(&x).as_vec(), &here.get(&x).as_vec());
        close(&there.get(&second.0.0.weight).as_vec(), &here.get(&second.0.0.weight).as_vec());
    }

    /// Backwards in time the decay by e^-40 is growth: what backsolve finds there is not the solution.
    #[test]
    fn a_way_back_that_fails_leaves_no_number_behind() {
        let device = Cpu::default();
        let config = OdeConfig::span((0.0, 1.0)).adjoint(Backsolve::default());
        let mut layer = NeuralOde::new(device.build_module::<Linear<1, 1>, f64>(), config);
        layer.field.weight.copy_from(&[-40.0]);
        let x: Tensor<Rank1<1>, f64, _> = device.tensor([1.0]);
        assert!(layer.try_forward(x.leaky_trace()).unwrap().sum::<Rank0, _>().try_backward().is_err());
        let gradients = layer.end_on_device(x.leaky_trace()).unwrap().sum::<Rank0, _>().backward();
        assert!(gradients.get(&x).array()[0].is_nan());
        assert!(gradients.get(&layer.field.weight).as_vec()[0].is_nan());
        assert!(gradients.get(&layer.field.bias).array()[0].is_nan());
    }

    #[test]
    fn components_alone_are_refused_as_elsewhere() {
        let device = Cpu::default();
        let config = OdeConfig::span((0.0, 1.0)).save_at(Grid::count(3));
        let mut layer = NeuralOde::new(device.build_module::<Field, f64>(), config);
        layer.config.options.save_idxs = Some(vec![0]);
        let x: Tensor<Rank2<5, 3>, f64, _> = device.sample_normal();
        assert_eq!(layer.series_on_device(x.clone()).unwrap_err(), layer.series(x).unwrap_err());
    }
}
