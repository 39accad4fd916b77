//! Stochastic delayed equations: against formulas, loops by hand, and the equations without noise or without a past.

mod by_hand;
mod derivatives;
mod gradients;
mod models;
mod orders;
mod refusals;
mod shapes;
mod values;
