//! Stochastic equations: paths, methods, gradients.

mod adaptive;
mod golden;
mod gradients;
mod laws;
mod models;
mod paths;
mod remembered;
