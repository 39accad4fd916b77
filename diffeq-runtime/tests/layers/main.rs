//! Layers: what they compute, where their gradients go, and that they are modules like any other.

mod bookkeeping;
mod oracle;

use dfdx::prelude::*;

/// A small field: two numbers in, two out.
pub type Net = (Linear<2, 5>, Tanh, Linear<5, 2>);

/// What [`Net`] is built to.
pub type Built<E> = (modules::Linear<2, 5, E, Cpu>, Tanh, modules::Linear<5, 2, E, Cpu>);

/// The largest difference, relative to the largest entry.
pub fn distance(got: &[f64], want: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len());
    let size = want.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
    let gap = got.iter().zip(want).fold(0.0_f64, |gap, (a, b)| gap.max((a - b).abs()));
    if gap.is_nan() { f64::INFINITY } else { gap / size.max(f64::MIN_POSITIVE) }
}
