//! Derivatives of stochastic steps, along the path that the solve took: the path is asked again, and says the same.

mod back;
mod kernel;
mod methods;
mod milstein;
mod replay;
mod reversible;
mod srk;
mod tamed;
mod tangent;
mod undo;
mod weak;

pub use kernel::PullKernel;
pub use kernel::SdeAdjoint;
pub use milstein::MilsteinPull;
pub use replay::ReplayRecord;
pub use replay::StochasticBacksolve;
pub use reversible::ReversibleHeunAdjoint;
pub use srk::SrkPull;
pub use tamed::TamedPull;
pub use tangent::DualTangent;
pub use undo::ReversibleAdjoint;
pub use undo::ReversibleRecord;
pub use weak::RiPull;
