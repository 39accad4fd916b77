//! What helps a fit before anything is solved: derivatives estimated from data.

mod bandwidth;
mod collocation;
mod kernel;
mod polynomial;

pub use bandwidth::Bandwidths;
pub use collocation::Collocation;
pub use collocation::Estimates;
pub use collocation::collocate;
pub use kernel::Kernel;
