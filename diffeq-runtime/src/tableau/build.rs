//! How a data file spells a tableau: triangular rows, padded weights, differences, interpolants.

use crate::tableau::dense::evaluate;

/// The matrix `a` from its rows, each as long as it needs to be; the rest is zero.
///
/// Row `i` has at most `i` entries, so that only explicit methods can be written.
pub(super) const fn rows<const S: usize>(rows: [&[f64]; S]) -> [[f64; S]; S] {
    let mut out = [[0.0; S]; S];
    let mut i = 0;
    while i < S {
        assert!(rows[i].len() <= i, "an explicit method's stages use earlier ones only");
        out[i] = pad(rows[i]);
        i += 1;
    }
    out
}

/// Weights with zeros for the stages that they do not use, which come last.
pub(super) const fn pad<const S: usize>(weights: &[f64]) -> [f64; S] {
    let mut out = [0.0; S];
    let mut i = 0;
    while i < weights.len() {
        out[i] = weights[i];
        i += 1;
    }
    out
}

/// The error weights `e = b - b_hat`, for as many stages as the longer of the two.
pub(super) const fn difference<const S: usize>(b: &[f64], b_hat: &[f64]) -> [f64; S] {
    let mut e = pad::<S>(b);
    let mut i = 0;
    while i < b_hat.len() {
        e[i] -= b_hat[i];
        i += 1;
    }
    e
}

/// The cubic Hermite interpolant of a method whose last stage is the slope at the step's end.
///
/// It is of order three, or of the method's own order where that is less. Source: Hairer, Nørsett, Wanner I,
/// eq. II.6.7.
pub(super) const fn hermite<const S: usize>(b: &[f64]) -> [[f64; 3]; S] {
    corrected_hermite(b, S - 1, [[]; S])
}

/// Where [`bootstrapped`] evaluates the slope inside the step: away from the middle, where that says nothing.
pub(crate) const BOOTSTRAP: f64 = 0.25;

/// By what the slope there has to be multiplied: one over the slope of `θ²(1-θ)²`.
pub(crate) const BOOTSTRAP_SCALE: f64 = 16.0 / 3.0;

/// An interpolant of order four for a method whose stage before the last is the slope at the step's end: the cubic
/// Hermite interpolant gives the argument of a last stage inside the step, and its slope there is corrected to that of
/// the stage. Returns the weights of that stage, and the interpolant.
///
/// Source: Enright, Jackson, Nørsett, Thomsen, *Interpolants for Runge-Kutta formulas*, ACM Trans. Math. Softw. 12 (1986)
/// 193-218, section 3.
pub(super) const fn bootstrapped<const S: usize>(b: &[f64]) -> ([f64; S], [[f64; 4]; S]) {
    let cubic: [[f64; 3]; S] = corrected_hermite(b, S - 2, [[]; S]);
    let mut inside = [0.0; S];
    let mut corrections = [[0.0]; S];
    let mut i = 0;
    while i < S {
        let (value, slope) = evaluate(&cubic[i], BOOTSTRAP);
        inside[i] = value;
        let stage = if i == S - 1 { 1.0 } else { 0.0 };
        corrections[i] = [BOOTSTRAP_SCALE * (stage - slope)];
        i += 1;
    }
    (inside, corrected_hermite(b, S - 2, corrections))
}

/// Rows with another one in the place of the last.
pub(super) const fn with_last<const S: usize>(mut rows: [[f64; S]; S], last: [f64; S]) -> [[f64; S]; S] {
    rows[S - 1] = last;
    rows
}

/// The cubic Hermite interpolant plus a correction that vanishes with its slope at both ends of the step.
///
/// Stage `end` is the slope at the step's end. Row `i` of the corrections holds the coefficients of `θ²(1-θ)²`,
/// `θ³(1-θ)²`, `θ³(1-θ)³` and so on, as in the code DOP853. `D` is three more than their number `R`.
pub(super) const fn corrected_hermite<const S: usize, const D: usize, const R: usize>(
    b: &[f64],
    end: usize,
    corrections: [[f64; R]; S],
) -> [[f64; D]; S] {
    assert!(D == R + 3, "three coefficients are those of the cubic");
    let b = pad::<S>(b);
    let mut out = [[0.0; D]; S];
    let mut i = 0;
    while i < S {
        let at_start = if i == 0 { 1.0 } else { 0.0 };
        let at_end = if i == end { 1.0 } else { 0.0 };
        out[i][0] = b[i];
        out[i][1] = at_start - b[i];
        out[i][2] = 2.0 * b[i] - at_start - at_end;
        let mut d = 0;
        while d < R {
            out[i][d + 3] = corrections[i][d];
            d += 1;
        }
        i += 1;
    }
    out
}

/// Whether the terms sum to `sum`, up to the rounding of the terms and of the summation.
///
/// A term is off by half a unit in the last place, and each of the `N` partial sums again by half a unit of at most
/// `Σ|x|`: `(N + 1) / 2 · ε · Σ|x|` in all. Coefficients that a file computes (`b - b_hat`, the cubic) carry
/// a few more roundings, hence `N + 4` without the half. A wrong digit anywhere but in the last two places shows.
pub(super) const fn close<const N: usize>(terms: &[f64; N], sum: f64) -> bool {
    let mut total = 0.0;
    let mut magnitude = sum.abs();
    let mut i = 0;
    while i < N {
        total += terms[i];
        magnitude += terms[i].abs();
        i += 1;
    }
    (total - sum).abs() <= (N + 4) as f64 * f64::EPSILON * magnitude
}
