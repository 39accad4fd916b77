//! `bench -- sde`: stochastic equations, against loops by hand, diffrax and torchsde.
//!
//! - Four independent geometric Brownian motions, steps of a thousandth of the span. The loop by hand asks the same path for the same
//!   increments, and does nothing else but the method: what it costs beside is the solver's. A second loop draws its numbers
//!   from a small generator, as one would without a path that can be asked again. The peers solve ten thousand paths at once.
//! - The gradient of a neural equation, a hundred paths of fifty steps.
//! - Lotka and Volterra's equations with noise and error control, a hundred paths: the peers' times are compared at equal error, each
//!   against a solve of the same paths by much shorter steps.
//!
//! Ours and the peers run one after the other, on one core each.

mod adaptive;
mod motions;
mod neural;

use crate::python;
use crate::python::Peer;

/// Runs every case, prints tables and lines.
pub fn run() {
    motions::run();
    neural::run();
    adaptive::run();
}

/// What the peers say of a case; nothing, and why, where they do not run.
fn peers(case: &str, weights: &[&[f64]]) -> Vec<Peer> {
    python::run("sde_peers.py", case, weights).unwrap_or_else(|error| {
        println!("{case}: the Python peers do not run: {error}");
        Vec::new()
    })
}
