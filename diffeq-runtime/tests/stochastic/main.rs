//! Stochastic equations: paths, methods, gradients.

mod golden;
mod gradients;
#[allow(dead_code)]
mod models;
mod orders;
mod paths;
