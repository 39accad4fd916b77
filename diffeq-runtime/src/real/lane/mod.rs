//! Elementary functions without branches, tables or calls, so that a loop over them uses vector registers.
//!
//! The machine's own `exp` and `tanh` are calls: one element at a time. These are arithmetic, comparisons and shifts
//! only. Arguments are reduced as usual, `x = k ln 2 + r` with `|r| <= ln(2)/2` (Cody and Waite, *Software Manual for
//! the Elementary Functions*, 1980); polynomials interpolate at Chebyshev nodes. With `FUSED`, products and sums are
//! fused multiply-adds, for machines that have them; the compiler never fuses by itself, so that either way the results
//! are the same bits on every machine.
//!
//! | function | error in units of the last place, at most | outside |
//! | --- | --- | --- |
//! | `exp` | 1.5 | 0 and infinity where `exp` is; subnormal results are rounded once more |
//! | `tanh` | 3 | |
//! | `sigmoid` | 3 | 0 where it is subnormal |
//! | `softplus` | 3 | |
//! | `erfc` | 6 | 0 where `erfc` is |
//!
//! NaN stays NaN; zeros keep their sign where the function is odd.

/// A polynomial by Estrin's scheme: pairs, then pairs of pairs, so that no long chain of operations waits for itself.
macro_rules! polynomial {
    ($x:ident; $a:expr) => { $a };
    ($x:ident; $($a:expr),+) => { polynomial!(@ $x; []; $($a),+) };
    (@ $x:ident; [$($pair:expr),*]; $a:expr, $b:expr $(, $rest:expr)*) => {
        polynomial!(@ $x; [$($pair,)* mul_add::<FUSED>($b, $x, $a)]; $($rest),*)
    };
    (@ $x:ident; [$($pair:expr),*]; $a:expr) => { polynomial!(@ $x; [$($pair,)* $a];) };
    (@ $x:ident; [$pair:expr];) => { $pair };
    (@ $x:ident; [$($pair:expr),+];) => {{
        let square = $x * $x;
        polynomial!(square; $($pair),+)
    }};
}

macro_rules! lane {
    (
        $float:ident in $module:ident: $bits:ident,
        mantissa $mantissa:literal, bias $bias:literal, magic $magic:literal,
        ln2 $ln2_hi:literal + $ln2_lo:literal,
        exp from $exp_min:literal to $exp_max:literal,
        one after $tanh_one:literal,
        erfc zero after $erfc_zero:literal, head $head:literal,
        exp_m1 [$($exp_m1:literal),*], tanh [$($tanh:expr),*], ln_1p [$($ln_1p:literal),*], erfc [$($erfc:literal),*]
    ) => {
        pub(super) mod $module {
            /// Added, it leaves a float's integer part in the lowest bits; 1.5 times two to the length of the mantissa.
            const MAGIC: $float = $magic;

            /// `a b + c`, rounded once where `FUSED`.
            #[inline(always)]
            pub fn mul_add<const FUSED: bool>(a: $float, b: $float, c: $float) -> $float {
                if FUSED { a.mul_add(b, c) } else { a * b + c }
            }

            /// The comparisons keep a NaN.
            #[inline(always)]
            fn at_most(x: $float, limit: $float) -> $float {
                if x > limit { limit } else { x }
            }

            #[inline(always)]
            fn at_least(x: $float, limit: $float) -> $float {
                if x < limit { limit } else { x }
            }

            /// `k` and `exp(r) - 1` with `x = k ln 2 + r`.
            #[inline(always)]
            fn reduce<const FUSED: bool>(x: $float) -> ($float, $float) {
                let k = mul_add::<FUSED>(x, std::$float::consts::LOG2_E, MAGIC) - MAGIC;
                let r = mul_add::<FUSED>(k, -$ln2_lo, mul_add::<FUSED>(k, -$ln2_hi, x));
                (k, exp_m1::<FUSED>(r))
            }

            /// By `(exp(r) - 1 - r) / r^2` on `|r| <= ln(2)/2`.
            #[inline(always)]
            fn exp_m1<const FUSED: bool>(r: $float) -> $float {
                mul_add::<FUSED>(r * r, polynomial!(r; $($exp_m1),*), r)
            }

            /// `2^k` for whole `k` whose result is a normal number.
            #[inline(always)]
            fn power_of_two(k: $float) -> $float {
                let k = (k + MAGIC).to_bits();
                $float::from_bits((k << $mantissa).wrapping_add($bias << $mantissa))
            }

            #[inline(always)]
            pub fn exp<const FUSED: bool>(x: $float) -> $float {
                let (k, y) = reduce::<FUSED>(at_least(at_most(x, $exp_max), $exp_min));
                // In two factors: `2^k` overflows and underflows where the product does not yet.
                let half = (k * 0.5 + MAGIC) - MAGIC;
                (1.0 + y) * power_of_two(half) * power_of_two(k - half)
            }

            /// `(1 - e) / (1 + e)` with `e = exp(-2|x|)`, by `e - 1`, which is exact near zero.
            ///
            /// The reduction is that of `|x|`, `|x| = h - k ln(2)/2`, whose `h` is half of `-r`; polynomials in `h` have
            /// the coefficients of those in `r` times powers of two. `k` is small, so that a fused reduction is exact
            /// enough with `ln 2` as it is.
            #[inline(always)]
            pub fn tanh<const FUSED: bool>(x: $float) -> $float {
                /// The lowest bits are the exponent of `2 2^k`.
                const SHIFT: $float = MAGIC + ($bias + 1) as $float;
                let a = at_most(x.abs(), $tanh_one);
                let shifted = mul_add::<FUSED>(a, -2.0 * std::$float::consts::LOG2_E, SHIFT);
                let k = shifted - SHIFT;
                let h = if FUSED {
                    mul_add::<FUSED>(k, 0.5 * std::$float::consts::LN_2, a)
                } else {
                    a + k * (0.5 * $ln2_hi) + k * (0.5 * $ln2_lo)
                };
                // (exp(r) - 1) / -2
                let y = mul_add::<FUSED>(h * h, polynomial!(h; $($tanh),*), h);
                let twice = $float::from_bits(shifted.to_bits() << $mantissa);
                let y = mul_add::<FUSED>(-twice, y, mul_add::<FUSED>(twice, 0.5, -1.0));
                (y / (2.0 + y)).abs().copysign(x)
            }

            #[inline(always)]
            pub fn sigmoid<const FUSED: bool>(x: $float) -> $float {
                1.0 / (1.0 + exp::<FUSED>(-x))
            }

            /// `max(x, 0) + ln(1 + e)` with `e = exp(-|x|)`; `ln(1 + e) = 2 artanh(s)` with `s = e / (2 + e)`, by
            /// `(2 artanh(s) - 2 s) / s^3` in powers of `s^2`, on `0 <= s <= 1/3`.
            #[inline(always)]
            pub fn softplus<const FUSED: bool>(x: $float) -> $float {
                let e = exp::<FUSED>(-x.abs());
                let s = e / (2.0 + e);
                let w = s * s;
                at_least(x, 0.0) + mul_add::<FUSED>(s * w, polynomial!(w; $($ln_1p),*), 2.0 * s)
            }

            /// By `(1 + 2 a) exp(a^2) erfc(a)` in powers of `(a - 3.5) / (a + 3.5)` (Shepherd and Laframboise, *Math.
            /// Comp.* 36, 1981), by Horner's scheme, which has `erfc(0) = 1` to the bit.
            #[inline(always)]
            pub fn erfc<const FUSED: bool>(x: $float) -> $float {
                let a = at_most(x.abs(), $erfc_zero);
                let t = (a - 3.5) / (a + 3.5);
                // `a^2` in two parts, the larger one exact: its rounding would be a relative error of the exponential.
                let head = $float::from_bits(a.to_bits() & $head);
                let rest = (head - a) * (head + a);
                let exponential = exp::<FUSED>(-head * head) * (1.0 + exp_m1::<FUSED>(rest));
                let mut sum = 0.0;
                for c in [$($erfc),*].into_iter().rev() {
                    sum = mul_add::<FUSED>(sum, t, c);
                }
                let y = exponential * sum / (1.0 + 2.0 * a);
                if x < 0.0 { 2.0 - y } else { y }
            }
        }
    };
}

lane! {
    f64 in double: u64,
    mantissa 52, bias 1023, magic 6755399441055744.0,
    ln2 0.6931471803691238 + 1.9082149292705877e-10,
    exp from -746.0 to 710.0,
    one after 20.0,
    erfc zero after 28.0, head 0xffff_ffff_f800_0000,
    exp_m1 [
        0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326136, 0.0013888888888883748,
        0.00019841269874820627, 2.4801587325547743e-05, 2.7557255400206422e-06, 2.75572736431103e-07,
        2.5105217004720745e-08, 2.0914686968086876e-09
    ],
    tanh [
        -2.0 * 0.5, 4.0 * 0.1666666666666667, -8.0 * 0.04166666666666667, 16.0 * 0.008333333333326136,
        -32.0 * 0.0013888888888883748, 64.0 * 0.00019841269874820627, -128.0 * 2.4801587325547743e-05,
        256.0 * 2.7557255400206422e-06, -512.0 * 2.75572736431103e-07, 1024.0 * 2.5105217004720745e-08,
        -2048.0 * 2.0914686968086876e-09
    ],
    ln_1p [
        0.6666666666666666, 0.40000000000014585, 0.2857142856710876, 0.22222222717427864, 0.18181789436132859,
        0.15385570064958623, 0.13314144209654935, 0.12001072809590713, 0.08800738486144674, 0.1616404561194353
    ],
    erfc [
        1.2423492448711544, -0.14000918013761918, -0.010555596332217197, 0.09751909515323177,
        -0.11508959816027325, 0.08798315382577677, -0.04882332582557376, 0.019099330928185578,
        -0.004215019941554783, -0.0003022677554488155, 0.0005643847001631641, -0.00012151304999803909,
        -4.278368859461763e-05, 2.426296402702804e-05, 2.333087862389511e-06, -3.8185382143633075e-06,
        -5.420742258854508e-08, 6.053756679898891e-07, 4.881061288811602e-09, -9.669745086054674e-08,
        -8.671480931172854e-09, 1.1511685566222093e-08, 2.8667193609491106e-09
    ]
}

lane! {
    f32 in single: u32,
    mantissa 23, bias 127, magic 12582912.0,
    ln2 0.69314575 + 1.4286068e-6,
    exp from -104.0 to 89.0,
    one after 10.0,
    erfc zero after 10.5, head 0xffff_f000,
    exp_m1 [0.5, 0.16666577, 0.041666555, 0.008363179, 0.0013926184],
    tanh [-2.0 * 0.5, 4.0 * 0.16666577, -8.0 * 0.041666555, 16.0 * 0.008363179, -32.0 * 0.0013926184],
    ln_1p [0.6666667, 0.39999706, 0.28592358, 0.21706576, 0.23224324],
    erfc [
        1.2423493, -0.14000922, -0.01055537, 0.0975205, -0.11509387, 0.08796615, -0.04879968, 0.0191876,
        -0.00424597, -0.0004940973, 0.00051658345
    ]
}

#[cfg(test)]
mod tests;
