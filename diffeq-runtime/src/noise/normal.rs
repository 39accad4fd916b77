//! Normal numbers from random bits: two independent ones from two words, by the radius and the angle of a point of the plane.
//!
//! They take as many bits whatever these are and no decision that depends on them, so that a number has its place among others; and
//! arithmetic alone, so that they are the same bits in registers of any width. Which operations are fused is written, and what is fused
//! is rounded once on every machine: by an instruction where the code is compiled for it, which it is where [`stream`](super::stream)
//! and [`row`](super::row) do the work, and by a slow function elsewhere. The radius is `√(-2 ln u)` with `u = (k + 1/2) / 2^52`,
//! `k` being the lower 52 bits of the first word: at most 8.6. The angle is even in 2^54 parts of a turn. Of sixty thousand numbers, from
//! words of all sizes, none is off by more than 3.5e-16 of itself (in 40 digits).
//!
//! Series are minimax polynomials by Remez's exchange, in 50 digits, their coefficients rounded one after the other, from the lowest on,
//! each time with those above fitted again.
//!
//! Source: Box, Muller, *A note on the generation of random normal deviates*, Ann. Math. Statist. 29 (1958) 610-611.

use std::f64::consts::FRAC_PI_2;
use std::f64::consts::LN_2;

use crate::wide::each;

/// What lies in the mantissa of a float.
const MANTISSA: u64 = (1 << 52) - 1;

/// Polynomials of several numbers, by Horner's rule. The numbers take turns: while one waits for its last operation, the others have theirs.
#[inline(always)]
fn polynomials<const N: usize, const K: usize>(coefficients: &[f64; N], at: [f64; K]) -> [f64; K] {
    let mut sums = [coefficients[N - 1]; K];
    for coefficient in coefficients[..N - 1].iter().rev() {
        for i in 0..K {
            sums[i] = sums[i].mul_add(at[i], *coefficient);
        }
    }
    sums
}

/// `-2 ln x` of normal numbers above zero: `-4 artanh(s)` with `s = (m - 1) / (m + 1)`, `x = 2^k m` and `m` between `√½` and `√2`.
#[inline(always)]
fn minus_two_ln<const K: usize>(x: [f64; K]) -> [f64; K] {
    const ROOT_OF_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    /// Of the number that has an integer below 2^52 for its mantissa.
    const INTEGER: u64 = 0x4330_0000_0000_0000;
    /// Of `(artanh(s) - s) / s^3`, in powers of `(4 s)^2`: what is left out is below 2e-18 of `artanh(s)`.
    const REST: [f64; 7] = {
        let mut rest = [
            0.333_333_333_333_336_7,
            0.199_999_999_997_088_03,
            0.142_857_143_708_353_6,
            0.111_110_993_264_826_83,
            0.090_917_799_385_428_52,
            0.076_570_858_545_737_46,
            0.073_973_337_811_214_82,
        ];
        let (mut i, mut power) = (0, 1.0 / 16.0);
        while i < 7 {
            rest[i] *= power;
            (i, power) = (i + 1, power / 16.0);
        }
        rest
    };
    let shifted = each::<_, K>(|i| x[i].to_bits().wrapping_add(1.0_f64.to_bits() - ROOT_OF_HALF));
    let k = each::<_, K>(|i| f64::from_bits(shifted[i] >> 52 | INTEGER) - (f64::from_bits(INTEGER) + 1023.0));
    let m = each::<_, K>(|i| f64::from_bits((shifted[i] & MANTISSA) + ROOT_OF_HALF));
    // `-4 s`
    let s = each::<_, K>(|i| m[i].mul_add(-4.0, 4.0) / (m[i] + 1.0));
    let square = each::<_, K>(|i| s[i] * s[i]);
    let rest = polynomials(&REST, square);
    each(|i| k[i].mul_add(-2.0 * LN_2, (s[i] * square[i]).mul_add(rest[i], s[i])))
}

/// The cosines and the sines of angles within an eighth of a turn of zero, which are given in quarters of a turn: what is left out is
/// below a third of the rounding of the result.
#[inline(always)]
fn cos_sin<const K: usize>(quarters: [f64; K]) -> [[f64; K]; 2] {
    /// Of `(cos(x π/2) - 1) / x^2`, in powers of `x^2`.
    const COS: [f64; 7] = [
        -1.233_700_550_136_169_7,
        0.253_669_507_901_041_7,
        -0.020_863_480_763_180_78,
        0.000_919_260_272_626_854,
        -2.520_202_739_093_273_3e-5,
        4.710_331_706_973_009e-7,
        -6.289_032_943_796_168e-9,
    ];
    /// Of `(sin(x π/2) - x π/2) / x^3`, in powers of `x^2`.
    const SIN: [f64; 6] = [
        -0.645_964_097_506_228,
        0.079_692_626_245_274_8,
        -0.004_681_754_119_160_767,
        0.000_160_441_048_627_027_2,
        -3.598_278_980_266_076_2e-6,
        5.585_206_052_976_237e-8,
    ];
    let square = each::<_, K>(|i| quarters[i] * quarters[i]);
    let (cos, sin) = (polynomials(&COS, square), polynomials(&SIN, square));
    let cube = each::<_, K>(|i| quarters[i] * square[i]);
    [each(|i| cos[i].mul_add(square[i], 1.0)), each(|i| quarters[i].mul_add(FRAC_PI_2, cube[i] * sin[i]))]
}

/// `(k + 1/2) / 2^52`, `k` being the lower 52 of 64 bits, plus one less `from`.
#[inline(always)]
fn even(bits: u64, from: f64) -> f64 {
    // As what is behind the point of a number between one and two: exact, and without a conversion.
    (f64::from_bits(bits & MANTISSA | 1.0_f64.to_bits()) - from) + 0.5 * f64::EPSILON
}

/// Two normal numbers from two words of random bits, times a number that is not below zero; several such pairs.
#[inline(always)]
pub(super) fn of_words<const K: usize>([first, second]: [[u64; K]; 2], scale: f64) -> [[f64; K]; 2] {
    const SIGN: u64 = 1 << 63;
    let squares = minus_two_ln::<K>(each(|i| even(first[i], 1.0)));
    // A point within an eighth of a turn of the axis, which two bits more turn by a half, and mirror at the diagonal.
    let [x, y] = cos_sin::<K>(each(|i| even(second[i], 1.5)));
    let radius = each::<_, K>(|i| f64::from_bits((scale * squares[i].sqrt()).to_bits() ^ second[i] & SIGN));
    let mirrored = each::<_, K>(|i| second[i] & SIGN >> 1 != 0);
    [
        each(|i| radius[i] * if mirrored[i] { y[i] } else { x[i] }),
        each(|i| radius[i] * if mirrored[i] { x[i] } else { y[i] }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::stream::Stream;

    /// Words of all sizes, and both ends, of the word and of the bits that are a fraction.
    fn words() -> impl Iterator<Item = u64> {
        let some = (0..5000_u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (i % 60));
        let close = (0..52).flat_map(|bits| [u64::MAX >> bits, u64::MAX << bits, !(1 << bits)]);
        some.chain(close).chain([0, 1, u64::MAX, 1 << 63, 1 << 62])
    }

    #[test]
    fn points_have_their_radius_and_their_angle() {
        for (first, second) in words().zip(words().skip(7)) {
            let [[x], [y]] = of_words([[first], [second]], 1.0);
            // The standard library's functions of the same numbers; `ln_1p` where the number is close to one.
            let u = ((first & MANTISSA) as f64 + 0.5) * f64::from(2).powi(-52);
            let ln = if u > 0.5 {
                (-(((!first & MANTISSA) as f64 + 0.5) * f64::from(2).powi(-52))).ln_1p()
            } else {
                u.ln()
            };
            let radius = (-2.0 * ln).sqrt();
            let eighth = ((second & MANTISSA) as f64 + 0.5) * f64::from(2).powi(-52) - 0.5;
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
            let [ln] = minus_two_ln([x]).map(|twice| -0.5 * twice);
            assert!((ln / x.ln() - 1.0).abs() < 4.0 * f64::EPSILON, "{x:e}");
        }
    }

    /// What chance says of a million numbers: moments, and how many lie far out, within four standard deviations.
    #[test]
    fn they_are_normal_and_independent() {
        let count = 500_000_u32;
        let (mut sums, mut beyond) = ([0.0; 5], [0.0; 3]);
        for i in 0..count {
            let [x, y] = Stream::new(5 << 32 | 3, 0).draw((0, u64::from(i)), 0, 1.0);
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
            let numbers = of_words([[first], [second]], 1.0);
            assert!(
                numbers.as_flattened().iter().all(|x| x.is_finite() && x.abs() < 8.6 && *x != 0.0),
                "{numbers:?}"
            );
        }
        let [[x], [y]] = of_words([[0], [1 << 51]], 1.0);
        let largest = x.hypot(y);
        assert!(8.5 < largest && largest < 8.6, "{largest}");
    }
}
