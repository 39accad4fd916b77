//! Networks that are differentiated twice: derivatives of what is a derivative already.

use crate::nn::Activation;
use crate::nn::Chain;
use crate::nn::Dense;
use crate::nn::Network;
use crate::real::Dual;
use crate::real::Real;
use crate::space::Flat;
use crate::space::Lift;
use crate::space::Vector;

/// A number and its derivative along one direction.
pub(super) type Along<T> = Dual<T, 1>;

/// A network from `X` to `Y` that exists over dual numbers as well: forward mode over its reverse mode gives its second
/// derivatives.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a network from `{X}` to `{Y}` that can be differentiated twice",
    note = "sizes must fit: a Hamiltonian has one output, a flow of N numbers N + 1 inputs (the last is the time) and N \
            outputs"
)]
pub trait Twice<T: Real, X: Lift<T, Dual<T, 1>>, Y: Lift<T, Dual<T, 1>>>:
    Network<T, X, Output = Y> + Flat<T> + Lift<T, Dual<T, 1>, Lifted = Self::Over>
{
    /// The network over dual numbers.
    type Over: Network<Dual<T, 1>, X::Lifted, Output = Y::Lifted>;
}

impl<T, X, Y, N, Over> Twice<T, X, Y> for N
where
    T: Real,
    X: Lift<T, Dual<T, 1>>,
    Y: Lift<T, Dual<T, 1>>,
    N: Network<T, X, Output = Y> + Flat<T> + Lift<T, Dual<T, 1>, Lifted = Over>,
    Over: Network<Dual<T, 1>, X::Lifted, Output = Y::Lifted>,
{
    type Over = Over;
}

/// A network whose first layer says how many numbers go in.
#[diagnostic::on_unimplemented(
    message = "how many numbers `{Self}` takes is not known from its type",
    note = "the first layer must be a `Linear`"
)]
pub trait Inputs {
    /// An input.
    type Input<T: Real>: Flat<T> + Vector<T> + Copy + Lift<T, Dual<T, 1>, Lifted = Self::Input<Dual<T, 1>>>;
    /// An input of zeros.
    fn zeros<T: Real>() -> Self::Input<T>;
}

impl<const I: usize, const O: usize, A: Activation, U: Real> Inputs for Dense<I, O, A, U> {
    type Input<T: Real> = [T; I];
    fn zeros<T: Real>() -> [T; I] {
        [T::ZERO; I]
    }
}

impl<A: Inputs, B> Inputs for Chain<A, B> {
    type Input<T: Real> = A::Input<T>;
    fn zeros<T: Real>() -> A::Input<T> {
        A::zeros()
    }
}

/// `v` with a tangent for each of its first numbers; those after do not vary.
#[inline(always)]
pub(super) fn along<T: Real, V: Lift<T, Along<T>>>(v: &V, v_dot: &[T]) -> V::Lifted {
    let mut dots = v_dot.iter();
    v.lift(&mut |x| match dots.next() {
        Some(x_dot) => Dual::new(x, [*x_dot]),
        None => Dual::constant(x),
    })
}

/// Adds the tangents of `v_dual` to `v`.
#[inline(always)]
pub(super) fn add_tangents<T: Real>(v: &mut [T], v_dual: &[Along<T>]) {
    for (x, x_dual) in v.iter_mut().zip(v_dual) {
        *x += x_dual.tangents[0];
    }
}

/// Writes the values of `v_dual` to `v` and its tangents to `v_dot`.
#[inline(always)]
pub(super) fn split<T: Real>(v: &mut [T], v_dot: &mut [T], v_dual: &[Along<T>]) {
    for ((x, x_dot), x_dual) in v.iter_mut().zip(v_dot).zip(v_dual) {
        (*x, *x_dot) = (x_dual.primal, x_dual.tangents[0]);
    }
}
