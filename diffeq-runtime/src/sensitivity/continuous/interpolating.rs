//! The interpolating adjoint: costate and parameters' cotangent are one system.

use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::continuous::AdjointVariant;
use crate::space::Vector;

/// See [`Interpolating`](super::Interpolating).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Augmented;

impl<F: Vjp<T>, T: Real> AdjointVariant<F, T> for Augmented {
    type State = Vec<T>;
    const PARAMS: bool = true;
    const SOLUTION: bool = false;

    fn join(lambda: &F::State, p_bar: &F::Params, _: &F::State) -> Vec<T> {
        [lambda.as_slice(), p_bar.as_slice()].concat()
    }
}
