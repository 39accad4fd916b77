//! Gradients by every method: that they are right, and what they allocate.
//!
//! One binary, as both go backwards through the same models, whose code is then compiled once.

#[path = "../gradients/models.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod models;

mod allocations;
mod matrix;
