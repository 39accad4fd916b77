//! The runtime of `diffeq`: what generated code calls, and the solvers that call generated code.

#![deny(unsafe_code)]

pub mod checkpoint;
pub mod control;
pub mod delay;
#[cfg(feature = "dfdx")]
pub mod dfdx;
pub mod ensemble;
pub mod error;
pub mod fit;
pub mod integrate;
#[cfg(feature = "dfdx")]
pub mod layers;
#[cfg(feature = "implicit")]
pub mod linalg;
pub mod nn;
pub mod noise;
#[cfg(feature = "plot")]
pub mod plot;
pub mod prelude;
pub mod problem;
#[cfg(feature = "progress")]
pub mod progress;
pub mod real;
pub mod sensitivity;
pub mod space;
mod spare;
pub mod stepper;
pub mod tableau;
mod wide;

/// Without tensors there is nothing to write.
#[cfg(not(feature = "dfdx"))]
#[doc(hidden)]
#[macro_export]
macro_rules! components_as_tensor {
    ($twin:ident, $len:expr) => {};
}

/// The only names that generated code may use.
#[doc(hidden)]
pub mod codegen {
    pub use crate::components_as_tensor;
    pub use crate::constant;
    pub use crate::constant_twin;
    pub use crate::nn::Network;
    pub use crate::nn::kept;
    pub use crate::part_of_vector;
    pub use crate::problem::Additive;
    pub use crate::problem::Because;
    pub use crate::problem::Commutative;
    pub use crate::problem::ConditionFn;
    pub use crate::problem::Delayed;
    pub use crate::problem::DelayedDiffusion;
    pub use crate::problem::DelayedDiffusionJvp;
    pub use crate::problem::DelayedDiffusionSparsity;
    pub use crate::problem::DelayedDiffusionVjp;
    pub use crate::problem::DelayedJvp;
    pub use crate::problem::DelayedSparsity;
    pub use crate::problem::DelayedVjp;
    pub use crate::problem::Diagonal;
    pub use crate::problem::Diffusion;
    pub use crate::problem::DiffusionJvp;
    pub use crate::problem::DiffusionSparsity;
    pub use crate::problem::DiffusionVjp;
    pub use crate::problem::Earlier;
    pub use crate::problem::EffectFn;
    pub use crate::problem::General;
    pub use crate::problem::HistoryFn;
    pub use crate::problem::Ito;
    pub use crate::problem::Jacobian;
    pub use crate::problem::Jvp;
    pub use crate::problem::Lag;
    pub use crate::problem::LagKind;
    pub use crate::problem::Mark;
    pub use crate::problem::Model;
    pub use crate::problem::Moved;
    pub use crate::problem::OneForAll;
    pub use crate::problem::OneForEach;
    pub use crate::problem::Past as History;
    pub use crate::problem::PastCotangent as HistoryCotangent;
    pub use crate::problem::PastTangent as HistoryTangent;
    pub use crate::problem::PredicateFn;
    pub use crate::problem::PresentNoise;
    pub use crate::problem::Rhs;
    pub use crate::problem::Rows;
    pub use crate::problem::Scalar;
    pub use crate::problem::Sparsity;
    pub use crate::problem::Stochastic;
    pub use crate::problem::Stratonovich;
    pub use crate::problem::System;
    pub use crate::problem::Vjp;
    pub use crate::problem::add_all;
    pub use crate::problem::clear;
    pub use crate::problem::compiled;
    pub use crate::problem::compiled_with_noise;
    pub use crate::problem::depend_on_everything;
    pub use crate::problem::zeros_like;
    pub use crate::real::Dual;
    pub use crate::real::Real;
    pub use crate::space::Asked;
    pub use crate::space::ByCopy;
    pub use crate::space::ByTrait;
    pub use crate::space::Checked;
    pub use crate::space::Components;
    pub use crate::space::Constant;
    pub use crate::space::DifferentiableMethods;
    pub use crate::space::Flat;
    pub use crate::space::Integers;
    pub use crate::space::Lift;
    pub use crate::space::Otherwise;
    pub use crate::space::Own;
    pub use crate::space::Part;
    pub use crate::space::Passes;
    pub use crate::space::Values;
    pub use crate::space::Vector;
    pub use crate::space::Workspace;
    pub use crate::space::assigned;
    pub use crate::space::flat_rows_mut;
    pub use crate::space::flat_slice;
    pub use crate::space::flat_slice_mut;
    pub use crate::space::flat_zeros;
    pub use crate::space::outside;
    pub use crate::space::read;
    pub use crate::space::seed;
    pub use crate::space::write;
    pub use crate::space::write_in_place;
}
