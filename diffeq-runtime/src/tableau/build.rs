//! How a data file spells a tableau: triangular rows, padded weights, differences, the cubic Hermite interpolant.

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
/// With `s = S - 1` that stage, Hairer, Nørsett, Wanner I, eq. II.6.7, sorted by stages and powers of θ:
/// `b_i(θ) = (3θ² - 2θ³) b_i + [i = 0] (θ - 2θ² + θ³) + [i = s] (θ³ - θ²)`.
///
/// It is of order three, or of the method's own order where that is less.
pub(super) const fn hermite<const S: usize>(b: &[f64]) -> [[f64; 3]; S] {
    let b = pad::<S>(b);
    let mut out = [[0.0; 3]; S];
    let mut i = 0;
    while i < S {
        out[i] = [0.0, 3.0 * b[i], -2.0 * b[i]];
        i += 1;
    }
    out[0] = [1.0, out[0][1] - 2.0, out[0][2] + 1.0];
    out[S - 1] = [0.0, out[S - 1][1] - 1.0, out[S - 1][2] + 1.0];
    out
}

/// Whether the terms sum to `sum`, up to the rounding of the terms and of the summation.
///
/// A term is off by half a unit in the last place, and each of the `N` partial sums again by half a unit of at most
/// `Σ|x|`: `(N + 1) / 2 · ε · Σ|x|` in all. Coefficients that a file computes (`b - b_hat`, expanded polynomials) carry
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
