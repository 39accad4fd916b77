//! Gradients where the solution rests: the steps of such a solve say nothing about its derivative.
//!
//! The oracle is the variational equation at the point of rest, `δ' = A δ + g(t)` with the matrices written out by hand, by
//! the classical Runge-Kutta method in steps of a ten-thousandth of the span in plain Rust: it shares neither a step, nor a
//! method, nor a derivative with the library. `moving` asks the opposite: where the solution moves, no solve is done twice.

mod cases;
mod exact;
mod layers;
mod moving;
mod small;
mod training;
mod ways;
