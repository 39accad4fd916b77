//! `diffeq`: differential equations and machine learning.
pub use diffeq_runtime::*;

pub use diffeq_macros::differentiable;
pub use diffeq_macros::ode;
