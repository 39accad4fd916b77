//! Solves as operations on dfdx's tape, and what training needs beside them.
//!
//! Nothing below this layer knows dfdx.

mod convert;
mod forward;
mod inputs;
mod shape;
mod tape;
mod train;

pub use forward::Fd;
pub use forward::diffeq_fd;
pub use inputs::SolveInputs;
pub use shape::TensorShape;
pub use tape::Join;
pub use tape::Scalar;
pub use train::Loss;
pub use train::Step;
pub use train::Stop;
pub use train::Trained;
pub use train::Training;
