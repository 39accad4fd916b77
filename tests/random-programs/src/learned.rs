//! Parameters of which some are a network's.

use diffeq::Components;
use diffeq::nn::Mlp;
use diffeq::nn::Tanh;

/// A network among other parameters.
#[derive(Components, Clone, Copy, Debug)]
pub struct Learned {
    /// Two reals from two.
    pub net: Mlp<2, 3, 2, Tanh>,
    /// The others.
    pub rates: [f64; 3],
}
