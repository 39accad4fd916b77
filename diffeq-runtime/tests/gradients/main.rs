//! Derivatives through a solve: forward, reverse and dual numbers are one and the same.

mod continuous;
mod events;
mod hessian;
mod memory;
#[allow(dead_code, reason = "other tests use the rest")]
mod models;
mod reverse;
mod span;

/// The largest difference relative to the largest entry.
pub fn distance(got: &[f64], want: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len());
    let size = want.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
    let gap = got.iter().zip(want).fold(0.0_f64, |gap, (a, b)| gap.max((a - b).abs()));
    if gap.is_nan() { f64::INFINITY } else { gap / size.max(f64::MIN_POSITIVE) }
}

/// Weights without structure, for a loss that sees every number: `w_i = sin(i + 1)`.
pub fn weights(count: usize) -> Vec<f64> {
    (0..count).map(|i| (i as f64 + 1.0).sin()).collect()
}
