//! Normal numbers from random bits: by the inverse of the normal distribution.
//!
//! One normal number takes 64 bits and no decision that depends on them, so that a number has its place among others. It is
//! `Φ⁻¹(p)` with `p = (k + 1/2) / 2^52`, `k` being the upper 52 of these bits: symmetric, and at most 8.2 in size.
//!
//! Source: Wichura, *Algorithm AS 241: the percentage points of the normal distribution*, Appl. Statist. 37 (1988) 477-484,
//! PPND16, relative error about 1e-16.

// The digits are those of the publication.
#[allow(clippy::excessive_precision)]
const CENTRE: [[f64; 8]; 2] = [
    [
        3.387_132_872_796_366_608_0,
        133.141_667_891_784_377_45,
        1_971.590_950_306_551_442_7,
        13_731.693_765_509_461_125,
        45_921.953_931_549_871_457,
        67_265.770_927_008_700_853,
        33_430.575_583_588_128_105,
        2_509.080_928_730_122_672_7,
    ],
    [
        1.0,
        42.313_330_701_600_911_252,
        687.187_007_492_057_908_30,
        5_394.196_021_424_751_107_7,
        21_213.794_301_586_595_867,
        39_307.895_800_092_710_610,
        28_729.085_735_721_942_674,
        5_226.495_278_852_854_561_0,
    ],
];

#[allow(clippy::excessive_precision)]
const SHOULDER: [[f64; 8]; 2] = [
    [
        1.423_437_110_749_683_577_34,
        4.630_337_846_156_545_295_90,
        5.769_497_221_460_691_405_50,
        3.647_848_324_763_204_605_04,
        1.270_458_252_452_368_382_58,
        0.241_780_725_177_450_611_770,
        0.022_723_844_989_269_184_583_3,
        7.745_450_142_783_414_076_40e-4,
    ],
    [
        1.0,
        2.053_191_626_637_758_821_87,
        1.676_384_830_183_803_849_40,
        0.689_767_334_985_100_004_550,
        0.148_103_976_427_480_074_590,
        0.015_198_666_563_616_457_196_6,
        5.475_938_084_995_344_946_00e-4,
        1.050_750_071_644_416_843_24e-9,
    ],
];

#[allow(clippy::excessive_precision)]
const TAIL: [[f64; 8]; 2] = [
    [
        6.657_904_643_501_103_777_20,
        5.463_784_911_164_114_369_90,
        1.784_826_539_917_291_335_80,
        0.296_560_571_828_504_891_230,
        0.026_532_189_526_576_123_093_0,
        1.242_660_947_388_078_438_60e-3,
        2.711_555_568_743_487_578_15e-5,
        2.010_334_399_292_288_132_65e-7,
    ],
    [
        1.0,
        0.599_832_206_555_887_937_690,
        0.136_929_880_922_735_805_310,
        0.014_875_361_290_850_614_852_5,
        7.868_691_311_456_132_591_00e-4,
        1.846_318_317_510_054_681_80e-5,
        1.421_511_758_316_445_888_70e-7,
        2.044_263_103_389_939_785_64e-15,
    ],
];

/// A quotient of two polynomials.
#[inline(always)]
fn quotient([above, below]: &[[f64; 8]; 2], x: f64) -> f64 {
    let polynomial = |c: &[f64; 8]| c.iter().rev().skip(1).fold(c[7], |sum, c| sum * x + c);
    polynomial(above) / polynomial(below)
}

/// The number below which a standard normal variable lies with the probability `q + 1/2`.
#[inline(always)]
fn quantile(q: f64) -> f64 {
    if q.abs() <= 0.425 {
        return q * quotient(&CENTRE, 0.180_625 - q * q);
    }
    outer(q)
}

/// The same for `q` of size above 0.425.
#[inline(always)]
fn outer(q: f64) -> f64 {
    let r = (-ln(0.5 - q.abs())).sqrt();
    let size = if r <= 5.0 { quotient(&SHOULDER, r - 1.6) } else { far(r) };
    size.copysign(q)
}

/// One number in 10^10.
#[cold]
#[inline(never)]
fn far(r: f64) -> f64 {
    quotient(&TAIL, r - 5.0)
}

/// The logarithm of a normal number above zero, by arithmetic alone, so that it is the same bits in vector registers: `2 artanh(s)`
/// with `s = (m - 1) / (m + 1)`, `x = 2^k m` and `m` between `√½` and `√2`, to two units of the last place.
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

/// The probability of 64 random bits, less one half.
#[inline(always)]
pub(super) fn centred(bits: u64) -> f64 {
    // The upper 52 bits as those behind the point of a number between one and two: exact, and without a conversion.
    let between = f64::from_bits(bits >> 12 | 1.0_f64.to_bits());
    (between - 1.5) + 0.5 * f64::EPSILON
}

/// The normal number of 64 random bits.
#[inline(always)]
pub(super) fn normal(bits: u64) -> f64 {
    quantile(centred(bits))
}

/// How many are looked through for those that lie outside.
const CHUNK: usize = 64;
/// How many of those are computed together.
const GROUP: usize = 8;

/// Writes `scale` times the normal numbers of these probabilities, less one half: to the bit what comes out one by one, in loops for
/// vector registers.
#[inline(always)]
pub(super) fn normals_of(probabilities: &[f64], scale: f64, out: &mut [f64]) {
    for (q, out) in probabilities.chunks(CHUNK).zip(out.chunks_mut(CHUNK)) {
        for (q, out) in q.iter().zip(out.iter_mut()) {
            *out = scale * (q * quotient(&CENTRE, 0.180_625 - q * q));
        }
        // A seventh lies outside: without a branch for each, which nothing could predict.
        let (mut which, mut count) = ([0; CHUNK], 0);
        for (i, q) in q.iter().enumerate() {
            which[count % CHUNK] = i;
            count += usize::from(q.abs() > 0.425);
        }
        for group in which[..count].chunks(GROUP) {
            let mut numbers = [0.45; GROUP];
            for (number, i) in numbers.iter_mut().zip(group) {
                *number = q[*i];
            }
            let (mut roots, mut sizes) = ([0.0; GROUP], [0.0; GROUP]);
            for k in 0..GROUP {
                let root = (-ln(0.5 - numbers[k].abs())).sqrt();
                roots[k] = root;
                sizes[k] = quotient(&SHOULDER, root - 1.6);
            }
            for ((i, size), (number, root)) in group.iter().zip(sizes).zip(numbers.iter().zip(roots)) {
                let size = if root <= 5.0 { size } else { far(root) };
                out[*i] = scale * size.copysign(*number);
            }
        }
    }
}

/// Two normal numbers from a block of random bits.
#[inline(always)]
pub(super) fn normals([a, b, c, d]: [u32; 4]) -> [f64; 2] {
    [(a, b), (c, d)].map(|(high, low)| normal(u64::from(high) << 32 | u64::from(low)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quantiles from tables in many digits: Φ⁻¹(0.975), Φ⁻¹(0.9), Φ⁻¹(0.999), Φ⁻¹(1 - 1e-9).
    #[test]
    fn quantiles_are_those_of_the_tables() {
        let table = [
            (0.475, 1.959_963_984_540_054),
            (0.4, 1.281_551_565_544_600_4),
            (0.499, 3.090_232_306_167_813_5),
            (0.25, 0.674_489_750_196_081_7),
        ];
        for (q, expected) in table {
            // The argument is rounded: near one half its rounding is that of the probability above, a few parts in 1e-14.
            assert!((quantile(q) / expected - 1.0).abs() < 1e-13, "{q}: {}", quantile(q));
            assert_eq!(quantile(-q), -quantile(q));
        }
        assert!((quantile(0.5 - 1e-9) - 5.997_807_015_007_686_9).abs() < 1e-6);
    }

    #[test]
    fn many_are_one_by_one() {
        // All sizes, the far tail among them.
        let bits: Vec<u64> = (0..5000_u64)
            .map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (i % 60))
            .chain([0, u64::MAX, 1 << 63, u64::MAX >> 50 << 50])
            .collect();
        let probabilities: Vec<f64> = bits.iter().map(|bits| centred(*bits)).collect();
        let mut many = vec![0.0; bits.len()];
        normals_of(&probabilities, 1.5, &mut many);
        for (many, bits) in many.iter().zip(bits) {
            assert_eq!(*many, 1.5 * normal(bits));
        }
    }

    #[test]
    fn logarithms_are_those_of_the_standard_library() {
        for i in 0..100_000 {
            let x = (-36.0 * f64::from(i) / 1e5).exp() * 0.075;
            // two units of theirs and ours
            assert!((ln(x) / x.ln() - 1.0).abs() < 4.0 * f64::EPSILON, "{x:e}");
        }
    }

    #[test]
    fn extreme_bits_are_finite_and_symmetric() {
        assert_eq!(normal(0), -normal(u64::MAX));
        let largest = normal(u64::MAX);
        assert!(8.2 < largest && largest < 8.3, "{largest}");
        assert!(normal(1 << 63) > 0.0 && normal((1 << 63) - 1) < 0.0);
    }
}
