//! Stochastic delayed equations: against formulas, loops by hand, and the equations without noise or without a past.

mod models;
mod values;
