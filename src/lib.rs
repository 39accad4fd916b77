//! `diffeq`: differential equations and machine learning.
pub use diffeq_runtime::*;
