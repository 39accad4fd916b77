//! Comparison with reference values.

/// The largest difference of two vectors, relative to the largest component of the reference (or absolute, where the
/// reference is zero).
///
/// The norm of the whole vector is the scale because the solvers' own tolerances work on vectors: a component that
/// happens to pass through zero at the end has no relative accuracy of its own.
pub fn relative_error(value: &[f64], reference: &[f64]) -> f64 {
    assert_eq!(value.len(), reference.len(), "vectors of different length compared");
    let scale = reference.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let difference = value.iter().zip(reference).map(|(a, b)| distance(*a, *b)).fold(0.0, f64::max);
    if scale > 0.0 { difference / scale } else { difference }
}

// NaN must never pass for "small": `f64::max` would drop it.
fn distance(a: f64, b: f64) -> f64 {
    let d = (a - b).abs();
    if d.is_nan() { f64::INFINITY } else { d }
}

/// How many doubles lie between two doubles: 0 for equal ones, 1 for neighbours.
pub fn ulps(a: f64, b: f64) -> u64 {
    if a.is_nan() || b.is_nan() {
        return u64::MAX;
    }
    // Maps the doubles to the integers in order, both zeros to the same one.
    let rank = |x: f64| {
        let bits = x.to_bits() as i64;
        if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
    };
    rank(a).abs_diff(rank(b))
}

/// Panics with both vectors unless [`relative_error`] is at most `tolerance`.
#[track_caller]
pub fn assert_close(what: &str, value: &[f64], reference: &[f64], tolerance: f64) {
    let error = relative_error(value, reference);
    assert!(
        error <= tolerance,
        "{what}: relative error {error:.2e} above {tolerance:.0e}\n  value     {value:?}\n  reference {reference:?}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_is_relative_to_the_largest_component() {
        assert_eq!(relative_error(&[10.0, 0.1], &[10.0, 0.0]), 0.01);
        assert_eq!(relative_error(&[0.25], &[0.0]), 0.25);
        assert_eq!(relative_error(&[f64::NAN], &[1.0]), f64::INFINITY);
    }

    #[test]
    fn ulps_count_doubles() {
        assert_eq!(ulps(0.0, -0.0), 0);
        assert_eq!(ulps(1.0, 1.0 + f64::EPSILON), 1);
        assert_eq!(ulps(5e-324, -5e-324), 2);
        assert_eq!(ulps(f64::NAN, 1.0), u64::MAX);
    }
}
