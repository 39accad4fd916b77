//! Stochastic equations: paths, methods, gradients.

mod golden;
#[allow(dead_code)]
mod models;
mod orders;
mod paths;
