//! Events: found where they are, in the order in which they come, with exact derivatives, and never without end.

#[path = "../common/mod.rs"]
mod common;
mod crossings;
mod jumps;
mod rest;
mod stops;
