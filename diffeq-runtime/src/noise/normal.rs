//! Normal numbers from random bits: two independent ones from two words, by the radius and the angle of a point of the plane.
//!
//! They take as many bits whatever these are and no decision that depends on them, so that a number has its place among others; and
//! arithmetic alone, so that they are the same bits in registers of any width. The radius is `√(-2 ln u)` with `u = (k + 1/2) / 2^52`,
//! `k` being the upper 52 bits of the first word: at most 8.6. The angle is even in 2^54 parts of a turn. Of sixty thousand numbers, from
//! words of all sizes, none is off by more than 4.4e-16 of itself (in 40 digits).
//!
//! Source: Box, Muller, *A note on the generation of random normal deviates*, Ann. Math. Statist. 29 (1958) 610-611.

use std::f64::consts::FRAC_PI_2;

/// The logarithm of a normal number above zero, to two units of the last place: `2 artanh(s)` with `s = (m - 1) / (m + 1)`,
/// `x = 2^k m` and `m` between `√½` and `√2`.
#[inline(always)]
fn ln(x: f64) -> f64 {
    const ROOT_OF_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    /// Of the number that has an integer below 2^52 for its mantissa.
    const INTEGER: u64 = 0x4330_0000_0000_0000;
    let shifted = x.to_bits().wrapping_add(1.0_f64.to_bits() - ROOT_OF_HALF);
    let k = f64::from_bits(shifted >> 52 | INTEGER) - (f64::from_bits(INTEGER) + 1023.0);
    let m = f64::from_bits((shifted & ((1 << 52) - 1)) + ROOT_OF_HALF);
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    // (artanh(s) - s) / s^3 in pairs, and pairs of pairs, so that no long chain of operations waits for itself.
    let fourth = square * square;
    let eighth = fourth * fourth;
    let pair = |odd: f64| 1.0 / odd + square * (1.0 / (odd + 2.0));
    let four = |odd: f64| pair(odd) + fourth * pair(odd + 4.0);
    let sum = four(3.0) + eighth * (four(11.0) + eighth * pair(19.0));
    // The larger part of ln 2 has zeros at its end: its products with `k` are exact.
    k * 0.693_147_180_369_123_8 + (2.0 * s + (2.0 * s * square * sum + k * 1.908_214_929_270_587_7e-10))
}

/// The cosine and the sine of an angle within an eighth of a turn of zero, by Taylor's series: what is left out is below half a unit
/// of the last place.
#[inline(always)]
fn cos_sin(angle: f64) -> [f64; 2] {
    let square = angle * angle;
    let (fourth, eighth) = (square * square, square * square * (square * square));
    // 1/n! - x^2/(n + 2)!, and four terms of that series from n on
    let pair = |n: u32| RECIPROCALS[n as usize] - square * RECIPROCALS[n as usize + 2];
    let four = |n: u32| pair(n) + fourth * pair(n + 4);
    let cos = 1.0 - 0.5 * square + fourth * (four(4) + eighth * (pair(12) + fourth * RECIPROCALS[16]));
    let sin = angle - angle * square * (four(3) + eighth * (pair(11) + fourth * RECIPROCALS[15]));
    [cos, sin]
}

/// `1/n!`
const RECIPROCALS: [f64; 17] = {
    let (mut reciprocals, mut factorial, mut n) = ([1.0; 17], 1_u64, 1);
    while n < 17 {
        factorial *= n as u64;
        reciprocals[n] = 1.0 / factorial as f64;
        n += 1;
    }
    reciprocals
};

/// `(k + 1/2) / 2^52`, `k` being the upper 52 of 64 bits, plus one less `from`.
#[inline(always)]
fn even(bits: u64, from: f64) -> f64 {
    // As what is behind the point of a number between one and two: exact, and without a conversion.
    (f64::from_bits(bits >> 12 | 1.0_f64.to_bits()) - from) + 0.5 * f64::EPSILON
}

/// Two normal numbers from two words of random bits.
#[inline(always)]
pub(super) fn of_words(first: u64, second: u64) -> [f64; 2] {
    const SIGN: u64 = 1 << 63;
    let radius = (-2.0 * ln(even(first, 1.0))).sqrt();
    // A point within an eighth of a turn of the axis, which two bits more turn by a half, and mirror at the diagonal.
    let [x, y] = cos_sin(FRAC_PI_2 * even(second << 2, 1.5));
    let radius = f64::from_bits(radius.to_bits() ^ second & SIGN);
    let mirrored = second << 1 & SIGN != 0;
    let (x, y) = if mirrored { (y, x) } else { (x, y) };
    [radius * x, radius * y]
}

/// Two normal numbers from a block of random bits.
#[inline(always)]
pub(super) fn normals([a, b, c, d]: [u32; 4]) -> [f64; 2] {
    of_words(u64::from(a) << 32 | u64::from(b), u64::from(c) << 32 | u64::from(d))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words of all sizes, and both ends.
    fn words() -> impl Iterator<Item = u64> {
        let some = (0..5000_u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (i % 60));
        some.chain([0, 1, u64::MAX, 1 << 63, 1 << 62, u64::MAX >> 50 << 50])
    }

    #[test]
    fn points_have_their_radius_and_their_angle() {
        for (first, second) in words().zip(words().skip(7)) {
            let [x, y] = of_words(first, second);
            // The standard library's functions of the same numbers; `ln_1p` where the number is close to one.
            let u = (f64::from(2).powi(-53)).mul_add(1.0, (first >> 12) as f64 * f64::from(2).powi(-52));
            let ln = if u > 0.5 {
                (-(((!first >> 12) as f64 + 0.5) * f64::from(2).powi(-52))).ln_1p()
            } else {
                u.ln()
            };
            let radius = (-2.0 * ln).sqrt();
            let eighth = ((second << 2 >> 12) as f64 + 0.5) * f64::from(2).powi(-52) - 0.5;
            let (sin, cos) = (eighth * FRAC_PI_2).sin_cos();
            let (cos, sin) = if second >> 62 & 1 == 1 { (sin, cos) } else { (cos, sin) };
            let sign = if second >> 63 == 1 { -1.0 } else { 1.0 };
            // Two units of the logarithm, halved by the root, one of each function and of each rounding, theirs as well.
            let tolerance = 5.0 * f64::EPSILON * radius;
            let (of_x, of_y) = (sign * radius * cos, sign * radius * sin);
            assert!((x - of_x).abs() <= tolerance && (y - of_y).abs() <= tolerance, "{first:x} {second:x}");
        }
    }

    #[test]
    fn logarithms_are_those_of_the_standard_library() {
        for i in 0..100_000 {
            let x = (-37.0 * f64::from(i) / 1e5).exp() * (1.0 - 1e-9);
            // two units of theirs and ours
            assert!((ln(x) / x.ln() - 1.0).abs() < 4.0 * f64::EPSILON, "{x:e}");
        }
    }

    /// What chance says of a million numbers: moments, and how many lie far out, within four standard deviations.
    #[test]
    fn they_are_normal_and_independent() {
        let count = 500_000;
        let (mut sums, mut beyond) = ([0.0; 5], [0.0; 3]);
        for i in 0..count {
            let block = crate::noise::philox::philox([i, 0, 0, 0], [3, 5]);
            let [x, y] = normals(block);
            for (sum, term) in
                sums.iter_mut().zip([x + y, x * x + y * y, x.powi(4) + y.powi(4), x * y, x * x * y * y])
            {
                *sum += term;
            }
            for (beyond, far) in beyond.iter_mut().zip([1.0, 2.0, 3.0]) {
                *beyond += f64::from(u8::from(x.abs() > far) + u8::from(y.abs() > far));
            }
        }
        let n = f64::from(2 * count);
        // mean and variance of each term: E x = 0, E x^2 = 1, E x^4 = 3, E xy = 0, E (xy)^2 = 1
        let laws = [(0.0, n, n), (1.0, n, 2.0 * n), (3.0, n, 96.0 * n), (0.0, n, n / 2.0), (0.5, n, 4.0 * n)];
        for (sum, (mean, n, variance)) in sums.iter().zip(laws) {
            assert!((sum - mean * n).abs() < 4.0 * f64::sqrt(variance), "{sums:?}");
        }
        // 2 (1 - Φ(1)), 2 (1 - Φ(2)), 2 (1 - Φ(3)), from tables
        for (beyond, p) in beyond.iter().zip([0.317_310_507_863, 0.045_500_263_896, 0.002_699_796_063]) {
            assert!((beyond - p * n).abs() < 4.0 * (n * p * (1.0 - p)).sqrt(), "{beyond} of {n}, {p}");
        }
    }

    #[test]
    fn extreme_words_are_finite() {
        for (first, second) in words().flat_map(|a| [0, 1 << 62, 1 << 63, u64::MAX].map(|b| (a, b))) {
            let numbers = of_words(first, second);
            assert!(numbers.iter().all(|x| x.is_finite() && x.abs() < 8.6 && *x != 0.0), "{numbers:?}");
        }
        let [x, y] = of_words(0, 1 << 61);
        let largest = x.hypot(y);
        assert!(8.5 < largest && largest < 8.6, "{largest}");
    }
}
