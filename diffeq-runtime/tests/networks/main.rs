//! Networks: values against formulas, derivatives against each other and against dual numbers.

mod batch;
#[cfg(feature = "dfdx")]
mod bridge;
mod laws;
mod values;

use diffeq_runtime::nn::*;
use diffeq_runtime::real::Real;
use diffeq_runtime::space::Flat;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// The same numbers on every run.
pub fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// Three layers, the sizes around the eight sums of a long dot product, an activation of its own in between.
pub type Deep<A, T> =
    Chain<Dense<3, 9, A, T>, Chain<Map<A, T>, Chain<Dense<9, 17, A, T>, Dense<17, 2, A, T>>>>;

/// Calls `$law::<A>()` for each activation.
#[macro_export]
macro_rules! for_each_activation {
    ($law:ident) => {
        $crate::for_each_activation!($law: Identity Tanh Sigmoid Relu LeakyRelu Gelu FastGelu Softplus Sin Cos Exp Ln Sqrt Abs Square Cube);
    };
    ($law:ident: $($activation:ident)*) => { $( $law::<diffeq_runtime::nn::$activation>(stringify!($activation)); )* };
}

/// Parameters of a network with values that logarithms and roots can take: positive, so that layers stay positive.
pub fn positive<T: Real, N: Flat<T> + Init>(seed: u64) -> N {
    let mut net = N::init(&mut rng(seed));
    diffeq_runtime::space::flat_slice_mut::<T, N>(&mut net)
        .iter_mut()
        .for_each(|w| *w = w.abs() + T::lit(0.2));
    net
}
