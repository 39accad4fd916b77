//! Stochastic equations: paths, methods, gradients.

mod adaptive;
mod golden;
mod gradients;
mod laws;
#[allow(dead_code)]
mod models;
mod paths;
mod remembered;
