//! A function with two inputs as one operation on dfdx's tape.

use dfdx::shapes::Dtype;
use dfdx::shapes::Shape;
use dfdx::tensor::Cpu;
use dfdx::tensor::CpuError;
use dfdx::tensor::Gradients;
use dfdx::tensor::Merge;
use dfdx::tensor::NoneTape;
use dfdx::tensor::OwnedTape;
use dfdx::tensor::PutTape;
use dfdx::tensor::SplitTape;
use dfdx::tensor::Storage;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor::TensorFromVec;
use dfdx::tensor_ops::Device;
use dfdx::tensor_ops::ReshapeTo;

use super::failure::in_layer;
use crate::error::Error;
use crate::real::Real;

/// A scalar that both the solvers and dfdx compute with: `f32` and `f64`.
///
/// That dfdx's operations exist for it on the [`Cpu`] goes with it: whoever asks for a `Scalar` need not ask for that.
pub trait Scalar: Real + Dtype + Implies<Cpu, Is: Device<Self>> {}

impl Scalar for f32 {}
impl Scalar for f64 {}

/// A supertrait of this form makes a bound on another type part of a trait; a `where` clause does not.
#[doc(hidden)]
pub trait Implies<T>: Same<T, Is = T> {}

impl<S: ?Sized, T> Implies<T> for S {}

/// `Is` is `T`.
#[doc(hidden)]
pub trait Same<T> {
    /// The type.
    type Is;
}

impl<S: ?Sized, T> Same<T> for S {
    type Is = T;
}

/// The tape of two inputs: one that records if either does.
pub trait Join<Other> {
    /// The tape of both.
    type Joined;
    /// Joins the two.
    fn join(self, other: Other) -> Self::Joined;
}

impl Join<NoneTape> for NoneTape {
    type Joined = Self;
    fn join(self, _: Self) -> Self {
        self
    }
}

impl<E: Scalar> Join<OwnedTape<E, Cpu>> for NoneTape {
    type Joined = OwnedTape<E, Cpu>;
    fn join(self, other: OwnedTape<E, Cpu>) -> Self::Joined {
        other
    }
}

impl<E: Scalar> Join<NoneTape> for OwnedTape<E, Cpu> {
    type Joined = Self;
    fn join(self, _: NoneTape) -> Self {
        self
    }
}

impl<E: Scalar> Join<Self> for OwnedTape<E, Cpu> {
    type Joined = Self;
    fn join(self, other: Self) -> Self {
        self.merge(other)
    }
}

/// What an operation reads: two tensors whose gradient buffers lie like their values, and their common tape.
pub(crate) struct Operands<A: Shape, B: Shape, E: Scalar, T> {
    pub(crate) a: Tensor<A, E, Cpu>,
    pub(crate) b: Tensor<B, E, Cpu>,
    tape: T,
}

impl<A: Shape, B: Shape, E: Scalar, T: Tape<E, Cpu>> Operands<A, B, E, T> {
    /// Takes the tapes off two tensors.
    ///
    /// A gradient buffer has the physical layout of its tensor (two elements for a broadcast 3 by 2), so both are
    /// laid out row by row first; where that copies, the copy is an operation on the tape too.
    pub(crate) fn new<TA, TB>(a: Tensor<A, E, Cpu, TA>, b: Tensor<B, E, Cpu, TB>) -> Result<Self, CpuError>
    where
        TA: Tape<E, Cpu> + Join<TB, Joined = T>,
        TB: Tape<E, Cpu>,
    {
        let (a, tape_a) = a.try_contiguous()?.split_tape();
        let (b, tape_b) = b.try_contiguous()?.split_tape();
        Ok(Self { a, b, tape: tape_a.join(tape_b) })
    }

    /// Puts `values`, which were computed from the operands, on the tape.
    ///
    /// In the backward pass `pullback` gets the gradient with respect to `values` and returns those with respect to
    /// `a` and `b`, which are added to what other uses of the operands have left there.
    pub(crate) fn record<S: Shape>(
        self,
        values: Vec<E>,
        shape: S,
        pullback: impl FnOnce(&[E]) -> Result<(Vec<E>, Vec<E>), Error> + 'static,
    ) -> Result<Tensor<S, E, Cpu, T>, CpuError> {
        let Self { a, b, tape } = self;
        let (a, b) = (a.ghost(), b.ghost());
        record(tape, values, shape, move |y_bar, gradients| {
            let (a_bar, b_bar) = pullback(y_bar)?;
            add(reals::<E>(gradients.get_or_alloc_mut(&a)?), &a_bar);
            add(reals::<E>(gradients.get_or_alloc_mut(&b)?), &b_bar);
            Ok(())
        })
    }
}

/// Puts `values` on a tape.
///
/// In the backward pass `pullback` gets the gradient with respect to them, and adds those with respect to what they
/// were computed from. If it fails, so does the backward pass, and the reason is kept as a layer's is.
pub(crate) fn record<S: Shape, E: Scalar, T: Tape<E, Cpu>>(
    mut tape: T,
    values: Vec<E>,
    shape: S,
    pullback: impl FnOnce(&[E], &mut Gradients<E, Cpu>) -> Result<(), Error> + 'static,
) -> Result<Tensor<S, E, Cpu, T>, CpuError> {
    // A new tensor, so a new id: a value that shared an operand's id would share its gradient buffer.
    let y = Cpu::default().try_tensor_from_vec(values, shape)?;
    if T::OWNS_TAPE {
        let y = y.ghost();
        tape.add_backward_op(move |gradients| {
            // What the loss does not reach has no buffer yet; its gradient is zero.
            let y_bar = reals::<E>(gradients.get_or_alloc_mut(&y)?).to_vec();
            in_layer(|| pullback(&y_bar, gradients))
        });
    }
    Ok(y.put_tape(tape))
}

/// The numbers of a gradient's buffer.
///
/// What that buffer is is hidden wherever `Cpu: Device<E>` is known from a bound, but not here.
pub(crate) fn reals<E: Dtype>(buffer: &mut <Cpu as Storage<E>>::Vec) -> &mut [E] {
    buffer
}

/// `sum += terms`.
pub(crate) fn add<E: Scalar>(sum: &mut [E], terms: &[E]) {
    sum.iter_mut().zip(terms).for_each(|(sum, term)| *sum += *term);
}

#[cfg(test)]
mod tests {
    use dfdx::losses::mse_loss;
    use dfdx::prelude::*;

    use super::*;

    /// `y[i][j] = a[j] b[i]^2`.
    fn outer<E: Scalar, TA, TB>(
        a: Tensor<Rank1<2>, E, Cpu, TA>,
        b: Tensor<Rank1<3>, E, Cpu, TB>,
    ) -> Tensor<Rank2<3, 2>, E, Cpu, TA::Joined>
    where
        TA: Tape<E, Cpu> + Join<TB, Joined: Tape<E, Cpu>>,
        TB: Tape<E, Cpu>,
    {
        let operands = Operands::new(a, b).unwrap();
        let (a, b) = (operands.a.as_vec(), operands.b.as_vec());
        let values = b.iter().flat_map(|&b| a.iter().map(move |&a| a * b * b)).collect();
        let pullback = move |y_bar: &[E]| {
            let (mut a_bar, mut b_bar) = (vec![E::ZERO; 2], vec![E::ZERO; 3]);
            for i in 0..3 {
                for j in 0..2 {
                    a_bar[j] += y_bar[2 * i + j] * b[i] * b[i];
                    b_bar[i] += y_bar[2 * i + j] * a[j] * E::lit(2.0) * b[i];
                }
            }
            Ok((a_bar, b_bar))
        };
        operands.record(values, Rank2::<3, 2>::default(), pullback).unwrap()
    }

    /// The same by dfdx's own operations.
    fn outer_by_dfdx(
        a: Tensor<Rank1<2>, f64, Cpu, OwnedTape<f64, Cpu>>,
        b: Tensor<Rank1<3>, f64, Cpu>,
    ) -> Tensor<Rank2<3, 2>, f64, Cpu, OwnedTape<f64, Cpu>> {
        a.broadcast::<Rank2<3, 2>, _>() * b.square().broadcast::<Rank2<3, 2>, _>()
    }

    fn operands(device: &Cpu) -> (Tensor<Rank1<2>, f64, Cpu>, Tensor<Rank1<3>, f64, Cpu>) {
        (device.tensor([2.0, 3.0]), device.tensor([1.0, -2.0, 0.5]))
    }

    #[test]
    fn gradients_reach_both_operands_whichever_is_traced() {
        let (a, b) = operands(&Cpu::default());
        // d/da[j] = sum_i b[i]^2, d/db[i] = 2 b[i] (a[0] + a[1]): exact in binary.
        let (a_bar, b_bar) = ([5.25, 5.25], [10.0, -20.0, 5.0]);
        let gradients = outer(a.leaky_trace(), b.clone()).sum().backward();
        assert_eq!(gradients.get(&a).array(), a_bar);
        let gradients = outer(a.clone(), b.leaky_trace()).sum().backward();
        assert_eq!(gradients.get(&b).array(), b_bar);
        let gradients = outer(a.leaky_trace(), b.leaky_trace()).sum().backward();
        assert_eq!((gradients.get(&a).array(), gradients.get(&b).array()), (a_bar, b_bar));
    }

    #[test]
    fn single_precision_works_too() {
        let device = Cpu::default();
        let a: Tensor<Rank1<2>, f32, _> = device.tensor([2.0, 3.0]);
        let b: Tensor<Rank1<3>, f32, _> = device.tensor([1.0, -2.0, 0.5]);
        let gradients = outer(a.leaky_trace(), b).sum().backward();
        assert_eq!(gradients.get(&a).array(), [5.25, 5.25]);
    }

    #[test]
    fn without_a_tape_nothing_is_recorded() {
        let (a, b) = operands(&Cpu::default());
        let y: Tensor<Rank2<3, 2>, f64, Cpu, NoneTape> = outer(a, b);
        assert_eq!(y.array(), [[2.0, 3.0], [8.0, 12.0], [0.5, 0.75]]);
    }

    #[test]
    fn used_twice_gradients_add_up() {
        let (a, b) = operands(&Cpu::default());
        let twice = |a: Tensor<Rank1<2>, f64, Cpu, OwnedTape<f64, Cpu>>| {
            let first = outer(a.with_empty_tape(), b.clone()).square();
            (outer(a, b.clone()) + first).sum()
        };
        let expected = |a: Tensor<Rank1<2>, f64, Cpu, OwnedTape<f64, Cpu>>| {
            let first = outer_by_dfdx(a.with_empty_tape(), b.clone()).square();
            (outer_by_dfdx(a, b.clone()) + first).sum()
        };
        let ours = twice(a.leaky_trace()).backward().get(&a).array();
        assert_eq!(ours, expected(a.leaky_trace()).backward().get(&a).array());
    }

    #[test]
    fn an_operand_may_be_the_output_of_a_layer() {
        let device = Cpu::default();
        let (_, b) = operands(&device);
        let layer = device.build_module::<Linear<4, 2>, f64>();
        let x: Tensor<Rank1<4>, f64, _> = device.sample_normal();
        let target: Tensor<Rank2<3, 2>, f64, _> = device.sample_normal();
        let ours = mse_loss(outer(layer.forward(x.leaky_trace()), b.clone()), target.clone()).backward();
        let expected = mse_loss(outer_by_dfdx(layer.forward(x.leaky_trace()), b), target).backward();
        // The same sums in another order: a few roundings.
        let close = |a: Vec<f64>, b: Vec<f64>| {
            a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1e-13 * (1.0 + b.abs()))
        };
        assert!(close(ours.get(&layer.weight).as_vec(), expected.get(&layer.weight).as_vec()));
        assert!(close(ours.get(&layer.bias).as_vec(), expected.get(&layer.bias).as_vec()));
        assert!(close(ours.get(&x).as_vec(), expected.get(&x).as_vec()));
    }

    #[test]
    fn operands_may_lie_in_memory_as_they_like() {
        let device = Cpu::default();
        let (_, b) = operands(&device);
        // A broadcast scalar: one number in memory, two in the tensor.
        let scalar: Tensor<Rank0, f64, _> = device.tensor(2.0);
        let gradients = outer(scalar.leaky_trace().broadcast::<Rank1<2>, _>(), b.clone()).sum().backward();
        assert_eq!(gradients.get(&scalar).array(), 10.5);
        // A column of a transposed matrix.
        let matrix: Tensor<Rank2<2, 2>, f64, _> = device.tensor([[1.0, 2.0], [3.0, 4.0]]);
        let row = matrix.leaky_trace().permute::<Rank2<2, 2>, _>().select(device.tensor(1));
        let gradients = outer(row, b).sum().backward();
        assert_eq!(gradients.get(&matrix).array(), [[0.0, 5.25], [0.0, 5.25]]);
    }

    #[test]
    fn gradients_accumulate_over_calls() {
        let (a, b) = operands(&Cpu::default());
        let mut gradients = a.alloc_grads();
        for _ in 0..3 {
            gradients = outer(a.trace(gradients), b.clone()).sum().backward();
        }
        assert_eq!(gradients.get(&a).array(), [15.75, 15.75]);
    }

    #[test]
    fn what_the_loss_does_not_reach_gets_a_zero_gradient() {
        let (a, b) = operands(&Cpu::default());
        let y = outer(a.leaky_trace(), b);
        let (_, tape) = y.split_tape();
        let loss: Tensor<Rank0, f64, _, _> = Cpu::default().tensor(1.0).put_tape(tape);
        assert_eq!(loss.backward().get(&a).array(), [0.0, 0.0]);
    }
}
