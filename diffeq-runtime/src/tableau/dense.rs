//! The basis in which interpolants are written.
//!
//! `φ_1 = θ`, `φ_2 = θ(1-θ)`, `φ_3 = θ²(1-θ)`, `φ_4 = θ²(1-θ)²`, …: Hairer's nested form (code DOP853, `CONTD8`). It
//! beats the powers of θ, in which most papers print, twice. `φ_1` alone is not zero at the step's end, so that the
//! interpolant meets both ends exactly. And it cancels less: with its coefficients by powers of θ, which reach 1.4e6,
//! the interpolant of Vern8 is off by 4e-10 of the step's increment, in this basis by 8e-13.

use crate::real::Real;

/// By what `φ_d` differs from `φ_(d-1)`, with `φ_0 = 1`: θ for odd `d`, `1 - θ` for even ones.
#[inline]
pub const fn factor(d: usize, theta: f64) -> f64 {
    if d % 2 == 1 { theta } else { 1.0 - theta }
}

/// The values `φ_1(θ) … φ_D(θ)` of the basis.
#[inline]
pub const fn basis<const D: usize>(theta: f64) -> [f64; D] {
    let mut out = [0.0; D];
    let mut product = 1.0;
    let mut d = 1;
    while d <= D {
        product *= factor(d, theta);
        out[d - 1] = product;
        d += 1;
    }
    out
}

/// The sum `Σ_d coefficients[d-1] φ_d(θ)` of reals, nested.
#[inline]
pub(crate) fn nested<T: Real, const D: usize>(coefficients: [T; D], theta: f64) -> T {
    let mut sum = T::ZERO;
    for (d, coefficient) in coefficients.into_iter().enumerate().rev() {
        sum = (sum + coefficient).scale(factor(d + 1, theta));
    }
    sum
}

/// The value and the slope of `Σ_d coefficients[d-1] φ_d(θ)`, nested.
#[inline]
pub const fn evaluate<const D: usize>(coefficients: &[f64; D], theta: f64) -> (f64, f64) {
    let (mut value, mut slope) = (0.0, 0.0);
    let mut d = D;
    while d > 0 {
        let sum = value + coefficients[d - 1];
        value = sum * factor(d, theta);
        slope = slope * factor(d, theta) + if d % 2 == 1 { sum } else { -sum };
        d -= 1;
    }
    (value, slope)
}
