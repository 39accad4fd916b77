//! Solves: what they find, and what they refuse.
//!
//! One binary, as both solve the same models by the same methods, which are then compiled once: a quarter less processor
//! time than two binaries.

#[path = "../common/mod.rs"]
mod common;
mod refusals;
mod solve;
