//! Orders of stochastic methods, weak and strong, and the continuous adjoint: measured.

mod crossings;
#[allow(dead_code, reason = "shared by tests of which each uses a part")]
#[path = "../stochastic/models.rs"]
mod models;
#[path = "../stochastic/remembered.rs"]
mod remembered;
mod replay;
mod scripted;
mod strong;
mod table;
mod weak;
