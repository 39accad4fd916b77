//! States on a device: a GPU, or the CPU by the same code.
//!
//! The solver is the one of every other state. [`Resident`] is a vector whose reals lie in a tensor: combinations,
//! norms and copies are dfdx's kernels on its device, and numbers come to the host where somebody looks at them (what is
//! saved, what failed). [`ModuleField`] is a dfdx module as the right-hand side, and [`solve_on_device`] the solve as an
//! operation on the tape. Nothing moves between devices unasked: the state lies where `x` lies.
//!
//! With the feature `cuda`, `cuda` gives the GPU, or an error that says why there is none.

#[cfg(feature = "cuda")]
mod cuda;
mod field;
mod op;
mod parameters;
mod resident;

#[cfg(feature = "cuda")]
pub use cuda::cuda;
pub use field::ModuleField;
pub use field::SelfMap;
pub(crate) use op::Wanted;
pub(crate) use op::deposit;
pub(crate) use op::deposit_gradients;
pub(crate) use op::deposit_module;
pub(crate) use op::failed;
pub(crate) use op::record_on_device;
pub use op::solve_on_device;
pub use parameters::Parameters;
pub use parameters::Parametric;
pub use resident::Resident;
pub(crate) use resident::number;
