//! A vector in a tensor.

use std::sync::OnceLock;

use dfdx::shapes::HasShape;
use dfdx::shapes::Shape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;
use dfdx::tensor_ops::MeanTo;
use dfdx::tensor_ops::ReshapeTo;
use dfdx::tensor_ops::SumTo;

use super::super::tape::Scalar;
use crate::space::Row;
use crate::space::Tolerance;
use crate::space::Tolerances;
use crate::space::Vector;

/// A state of shape `S` on a device.
///
/// There are two views of it, the tensor and a slice on the host. Each is made from the other when somebody asks for it,
/// and writing to one drops the other: a solve stays on the device but for what it saves.
///
/// A device without memory left panics, as a `Vec` does.
#[derive(Debug)]
pub struct Resident<S: Shape, E: Scalar, D: Device<E>> {
    shape: S,
    device: D,
    /// At least one of the two is there.
    there: OnceLock<Tensor<S, E, D>>,
    here: OnceLock<Vec<E>>,
}

impl<S: Shape, E: Scalar, D: Device<E>> Resident<S, E, D> {
    /// The state that a tensor holds.
    pub fn new(tensor: Tensor<S, E, D>) -> Self {
        let (shape, device) = (*tensor.shape(), tensor.device().clone());
        // The kernels take two tensors only if they lie in memory alike: row by row.
        Self { shape, device, there: OnceLock::from(tensor.contiguous()), here: OnceLock::new() }
    }

    /// The state as a tensor.
    pub fn tensor(&self) -> &Tensor<S, E, D> {
        self.there.get_or_init(|| {
            let values = self.here.get().cloned().unwrap_or_default();
            self.device.tensor_from_vec(values, self.shape)
        })
    }

    /// Another tensor of the same shape in the place of this one.
    pub fn put(&mut self, tensor: Tensor<S, E, D>) {
        self.here.take();
        self.there = OnceLock::from(tensor.contiguous());
    }

    /// The tensor to change and [`put`](Self::put) back.
    fn take(&mut self) -> Tensor<S, E, D> {
        self.tensor();
        self.there.take().unwrap_or_else(|| self.device.zeros_like(&self.shape))
    }
}

impl<S: Shape, E: Scalar, D: Device<E>> Clone for Resident<S, E, D> {
    fn clone(&self) -> Self {
        let Self { shape, device, there, here } = self;
        Self { shape: *shape, device: device.clone(), there: there.clone(), here: here.clone() }
    }
}

impl<S: Shape, E: Scalar, D: Device<E>> Vector<E> for Resident<S, E, D> {
    fn as_slice(&self) -> &[E] {
        self.here.get_or_init(|| self.tensor().as_vec())
    }

    fn as_mut_slice(&mut self) -> &mut [E] {
        self.as_slice();
        self.there.take();
        self.here.get_mut().map_or(&mut [], |values| values)
    }

    fn zeros_like(&self) -> Self {
        Self::new(self.device.zeros_like(&self.shape))
    }

    fn combine<R: Row<N>, const N: usize>(&mut self, base: &Self, h: f64, k: &[Self; N]) {
        let mut sum = base.tensor().clone();
        for (k, weight) in k.iter().zip(R::ROW).filter(|(_, weight)| *weight != 0.0) {
            sum.axpy(1.0, k.tensor(), h * weight);
        }
        self.put(sum);
    }

    fn combine_weighted<R: Row<N>, const N: usize>(
        &mut self,
        base: &Self,
        weights: &[f64; N],
        k: &[Self; N],
    ) {
        let mut sum = base.tensor().clone();
        for ((k, weight), _) in k.iter().zip(weights).zip(R::ROW).filter(|(_, used)| *used != 0.0) {
            sum.axpy(1.0, k.tensor(), *weight);
        }
        self.put(sum);
    }

    fn set_scaled(&mut self, factor: f64, x: &Self) {
        self.put(x.tensor().clone() * E::lit(factor));
    }

    fn increase(&mut self, factor: f64, x: &Self) {
        let mut sum = self.take();
        sum.axpy(1.0, x.tensor(), factor);
        self.put(sum);
    }

    fn set(&mut self, x: &Self) {
        self.put(x.tensor().clone());
    }

    fn set_zero(&mut self) {
        self.put(self.device.zeros_like(&self.shape));
    }

    fn inner(&self, other: &Self) -> E {
        number((self.tensor().clone() * other.tensor().clone()).sum::<(), S::AllAxes>())
    }

    fn mean_square<R: Row<N>, const N: usize>(
        h: f64,
        k: &[Self; N],
        u: &Self,
        next: &Self,
        tolerances: &Tolerances,
    ) -> f64 {
        if u.shape.num_elements() == 0 {
            return 0.0;
        }
        let mut error = u.zeros_like();
        for (k, weight) in k.iter().zip(R::ROW).filter(|(_, weight)| *weight != 0.0) {
            error.increase(h * weight, k);
        }
        let size = u.tensor().clone().abs().maximum(next.tensor().clone().abs());
        let scale = u.each(&tolerances.relative) * size + u.each(&tolerances.absolute);
        let ratio = error.take() / scale;
        // An infinite state has an infinite scale, which would hide it; zero times it is NaN.
        number((ratio.square() + next.tensor().clone() * E::ZERO).mean::<(), S::AllAxes>()).value()
    }

    fn values_are_finite(&self) -> bool {
        number((self.tensor().clone() * E::ZERO).sum::<(), S::AllAxes>()).value() == 0.0
    }
}

impl<S: Shape, E: Scalar, D: Device<E>> Resident<S, E, D> {
    /// A tolerance for each component, none of them zero, so that no error of zero is divided by zero.
    fn each(&self, tolerance: &Tolerance) -> Tensor<S, E, D> {
        let at_least = |tolerance: f64| E::lit(tolerance.max(f64::from(f32::MIN_POSITIVE)));
        match tolerance {
            Tolerance::Scalar(tolerance) => self.device.zeros_like(&self.shape) + at_least(*tolerance),
            Tolerance::Components(each) => {
                self.device.tensor_from_vec(each.iter().map(|x| at_least(*x)).collect(), self.shape)
            }
        }
    }
}

/// The number in a tensor of one.
pub(crate) fn number<E: Scalar, D: Device<E>>(tensor: Tensor<(), E, D>) -> E {
    tensor.as_vec().first().copied().unwrap_or(E::ZERO)
}
