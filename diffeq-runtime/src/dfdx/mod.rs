//! Solves as operations on dfdx's tape, and what training needs beside them.
//!
//! | | what | gradient | pays where |
//! | --- | --- | --- | --- |
//! | [`diffeq_rd`] | the saved states as a tensor, and the solution | backwards through the solver's steps | there are many parameters |
//! | [`diffeq_adjoint`] | the same | a continuous adjoint, backwards in time | there are very many parameters |
//! | [`diffeq_with`] | the same | by any [`Adjoint`](crate::sensitivity::Adjoint) | memory is short |
//! | [`diffeq_fd`] | any reduction of the solution | forwards, by dual numbers | there are few parameters |
//! | [`Training`] | Adam on a loss, then L-BFGS | | |
//! | [`destructure`], [`restructure`], [`functional`] | a module's parameters as one vector | on the tape | |
//! | [`Fused`] | a module as a native network | by hand | it is small |
//! | [`MultipleShooting`] | a loss of many short solves | backwards | a long solve sticks in a local minimum |
//! | [`collocation_loss`] | a loss without solves | of `f` alone | a fit must come near first |
//!
//! [`Conv`], [`MaxPool`] and [`Flatten`] take in small images.
//!
//! All solves take a tensor `p`, or a pair `(u0, p)`, from wherever it comes: a leaf, or the output of a layer. What they
//! return goes on through dfdx's operations and layers, and `backward` finds its way through the solve.
//!
//! ```text
//! let loss = |p: &Tensor<Rank1<4>, f64, Cpu>, gradients| {
//!     let solved = diffeq_rd(p.trace(gradients), &solver)?;
//!     Ok((solved.series - 1.0).square().sum())
//! };
//! let trained = Training::adam(0.1).iterations(100).run(&mut p, loss)?;
//! ```
//!
//! A solve that fails is an [`Error`](crate::error::Error) of the forward call. The way back fails with a continuous
//! adjoint alone: `try_backward` then returns an error, and converted to ours it tells the reason.
//! Tensors live on the [`Cpu`](dfdx::tensor::Cpu). Nothing below this layer knows dfdx.

mod collocation;
mod conv;
mod convert;
mod cube;
pub mod device;
pub(crate) mod failure;
mod flatten;
mod forward;
mod inputs;
mod native;
pub(crate) mod parameters;
mod reverse;
mod shape;
mod shooting;
pub(crate) mod tape;
mod train;

pub use collocation::collocation_loss;
pub use conv::Conv;
pub use conv::Convolution;
pub use conv::Flatten;
pub use conv::MaxPool;
#[doc(hidden)]
pub use dfdx::shapes::Const;
pub use flatten::destructure;
pub use flatten::flat_gradients;
pub use flatten::functional;
pub use flatten::restructure;
pub use flatten::restructure_into;
pub use forward::Fd;
pub use forward::LiftedProblem;
pub use forward::diffeq_fd;
pub use inputs::SolveInputs;
pub use native::Fused;
pub use reverse::Traced;
pub use reverse::diffeq_adjoint;
pub use reverse::diffeq_rd;
pub use reverse::diffeq_with;
pub use shape::TensorShape;
pub use shooting::MultipleShooting;
pub use tape::Join;
pub use tape::Scalar;
pub use train::Loss;
pub use train::Stop;
pub use train::Trained;
pub use train::Training;
pub use train::TrainingStep;
