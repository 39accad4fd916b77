//! From tokens to a checked [`Function`](crate::ir::function::Function): attribute arguments, signature, fence.

pub mod args;
pub mod desugar;
pub mod fence;
pub mod history;
pub mod item;
pub mod noise;
mod single;
pub mod types;
