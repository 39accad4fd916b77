//! What the compiler does to a program. Each pass is a function from programs to programs and cannot fail.

pub mod activity;
pub mod adjoint;
pub mod assertions;
pub mod copies;
pub mod exact;
pub mod factor;
pub mod gather;
pub mod hidden;
pub mod lags;
pub mod noise;
pub mod only;
pub mod partials;
pub mod prune;
pub mod schedule;
pub mod simplify;
pub mod sparsity;
pub mod structure;
pub mod switches;
pub mod tangent;
