//! Orders of stochastic methods, weak and strong, and the continuous adjoint: measured.

mod crossings;
#[allow(dead_code)]
#[path = "../stochastic/models.rs"]
mod models;
#[path = "../stochastic/remembered.rs"]
mod remembered;
mod replay;
mod scripted;
mod strong;
mod table;
mod weak;
