//! What helps a fit before anything is solved: derivatives estimated from data.

mod collocation;
mod kernel;

pub use collocation::Collocation;
pub use collocation::Estimates;
pub use collocation::collocate;
pub use kernel::Kernel;
