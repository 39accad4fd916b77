//! Orders of stochastic methods, weak and strong, and their gradients: measured for every method with every noise it is for.

#[macro_use]
#[path = "../stochastic/models.rs"]
mod models;
mod scripted;
mod weak;
