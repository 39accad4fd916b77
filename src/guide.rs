//! What `#[ode]` wrote for you.
//!
//! A model is written once, as an ordinary function:
//!
//! ```ignore
#![doc = include_str!("../docs/lotka_volterra.rs")]
//! ```
//!
//! The macro turns it into a unit struct of the same name and the implementations below. It is Rust that a person
//! could have written: the user's names, `x_dot` for the tangent of `x`, `x_bar` for its cotangent, nothing hidden in
//! a tape. (Here without the paths: `Real` is `diffeq::codegen::Real`, and so on.) The same for your own file:
//! `cargo run -p diffeq-compiler --example expand -- models.rs`.
//!
//! * [`Rhs`](crate::problem::Rhs): the function itself, for every scalar: `f64`, `f32`, dual numbers.
//! * [`Jvp`](crate::problem::Jvp): value and directional derivative, statement by statement (forward mode), and the
//!   directional derivative alone.
//! * [`Vjp`](crate::problem::Vjp): cotangents of state, parameters and time, and that of the state alone (reverse mode).
//!   Straight lines keep nothing; a loop keeps, for each iteration, what its reverse reads and cannot cheaply compute
//!   again.
//! * [`Sparsity`](crate::problem::Sparsity): the same statements with sets of dependencies.
//! * [`Jacobian`](crate::problem::Jacobian): the derivative by the state alone, the derivative by time, and what is
//!   known of their structure. [`SparseJacobian`](crate::problem::SparseJacobian) makes a matrix of it.
//! * [`Model`](crate::problem::Model): names.
//!
//! A network's `forward` stays one call: [`Network::forward`](crate::nn::Network::forward) in the function itself,
//! [`jvp`](crate::nn::Network::jvp) or, where only the state moves, [`input_jvp`](crate::nn::Network::input_jvp) in
//! forward mode, [`vjp`](crate::nn::Network::vjp) and [`input_vjp`](crate::nn::Network::input_vjp) in reverse mode.
//!
//! ```ignore
#![doc = include_str!("../docs/lotka_volterra.expanded.rs")]
//! ```
