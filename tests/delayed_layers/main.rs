//! What stands above delayed equations: dfdx's tape, layers, histories by data.

mod data;
mod layers;
mod tape;

/// The largest difference, relative to the largest entry.
fn distance(got: &[f64], want: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len());
    let size = want.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
    let gap = got.iter().zip(want).fold(0.0_f64, |gap, (a, b)| gap.max((a - b).abs()));
    if gap.is_nan() { f64::INFINITY } else { gap / size.max(f64::MIN_POSITIVE) }
}
