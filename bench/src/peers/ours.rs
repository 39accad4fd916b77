//! `diffeq` itself.

use super::Contender;
use crate::problems::Brusselator;
use crate::problems::Lorenz;
use crate::problems::LotkaVolterra;
use crate::problems::Pleiades;
use crate::problems::Problem;

/// A problem that is also written for `#[ode]`.
pub trait Ours<const N: usize>: Problem<N> + Sized {
    /// Our methods on it.
    fn methods() -> Vec<Contender<Self, N>>;
}

/// Our methods.
pub fn methods<P: Ours<N>, const N: usize>() -> Vec<Contender<P, N>> {
    P::methods()
}

impl Ours<2> for LotkaVolterra {
    fn methods() -> Vec<Contender<Self, 2>> {
        vec![]
    }
}
impl Ours<3> for Lorenz {
    fn methods() -> Vec<Contender<Self, 3>> {
        vec![]
    }
}
impl Ours<28> for Pleiades {
    fn methods() -> Vec<Contender<Self, 28>> {
        vec![]
    }
}
impl Ours<2048> for Brusselator {
    fn methods() -> Vec<Contender<Self, 2048>> {
        vec![]
    }
}
