//! Parameters of which some are a network's.

use diffeq::Components;
use diffeq::nn::Mlp;
use diffeq::nn::Tanh;
use diffeq::space::Vector;

/// A network among other parameters.
#[derive(Components, Clone, Copy, Debug)]
pub struct Learned {
    /// Two reals from two.
    pub net: Mlp<2, 3, 2, Tanh>,
    /// The others.
    pub rates: [f64; 3],
}

/// The parameters with these numbers.
pub fn learned(reals: &[f64]) -> Learned {
    let mut over = LearnedOf::<f64>::default();
    over.as_mut_slice().copy_from_slice(reals);
    Learned { net: over.net, rates: over.rates }
}
