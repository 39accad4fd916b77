//! The corners of floating point.

use crate::*;

/// `clamp` of -0.0 to [0.0, 1.0] is -0.0.
mod float_clamp_signed_zero {
    use super::*;
    #[ode] fn float_clamp_signed_zero(du: &mut [f64; 1], u: &[f64; 1]) { let z = -0.0 * u[0].abs(); du[0] = 1.0f64.copysign(z.clamp(0.0, 1.0)) * u[0]; }
    meaning_of!(float_clamp_signed_zero, u: [0.7] => [-0.7]);
}

/// `if n < x { a } else { b }` with NaN takes the else arm, also negated.
mod float_nan_if_else_order {
    use super::*;
    #[ode] fn float_nan_if_else_order(du: &mut [f64; 2], u: &[f64; 2]) { let n = f64::NAN * u[1]; du[0] = if n > u[0] { 1.0 } else { 2.0 }; du[1] = if !(n <= u[0]) { 3.0 } else { 4.0 }; }
    meaning_of!(float_nan_if_else_order, u: [0.7, 1.011] => [2.0, 3.0]);
}

/// `0.0 * x` with x infinite or NaN is NaN; `x - x`, `x / x` too.
mod float_zero_times_input {
    use super::*;
    #[ode] fn float_zero_times_input(du: &mut [f64; 4], u: &[f64; 4]) { let i = u[0].abs() / 0.0; du[0] = 0.0 * i; du[1] = i - i; du[2] = i / i; du[3] = (u[1] / 0.0) * 0.0 + 1.0; }
    value_of!(float_zero_times_input, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [f64::NAN, f64::NAN, f64::NAN, f64::NAN]);
}

/// -0.0: `-x` of zero, `0.0 - x`, `x + 0.0`, `x * -1.0`.
mod float_signed_zero {
    use super::*;
    #[ode] fn float_signed_zero(du: &mut [f64; 6], u: &[f64; 6]) { let z = u[0] - u[0]; let one = 1.0f64; du[0] = one.copysign(-z); du[1] = one.copysign(0.0 - z); du[2] = one.copysign(-z + 0.0); du[3] = one.copysign(z * -1.0); du[4] = 1.0 / (-z); du[5] = one.copysign(-0.0 - z); }
    value_of!(float_signed_zero, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998, 2.076, 2.475] => [-1.0, 1.0, 1.0, -1.0, f64::NEG_INFINITY, -1.0]);
}

/// `-(a - b)` is not `b - a` where both are equal.
mod float_neg_of_difference {
    use super::*;
    #[ode] fn float_neg_of_difference(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = 1.0 / -(u[0] - u[0]); du[1] = 1.0 / (0.0 - (u[1] - u[1])); }
    value_of!(float_neg_of_difference, u: [0.7, 1.011] => [f64::NEG_INFINITY, f64::INFINITY]);
}

/// `round`, `floor`, `ceil`, `trunc` at halves and negatives.
mod float_round_half {
    use super::*;
    #[ode] fn float_round_half(du: &mut [f64; 4], u: &[f64; 4]) { let mut s = [0.0; 4]; for k in -3..4 { let x = k as f64 * 0.5; s[0] = s[0] * 3.0 + x.round(); s[1] = s[1] * 3.0 + x.floor(); s[2] = s[2] * 3.0 + x.ceil(); s[3] = s[3] * 3.0 + x.trunc(); } for i in 0..4 { du[i] = s[i] + u[i]; } }
    meaning_of!(float_round_half, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [-1767.3, -1776.989, -956.656, -966.301]);
}

/// `0.49999999999999994.round()` is 0.
mod float_round_below_half {
    use super::*;
    #[ode] fn float_round_below_half(du: &mut [f64; 2], u: &[f64; 2]) { let x = 0.49999999999999994f64 * 1.0; du[0] = x.round() + u[0]; du[1] = (4503599627370497.5f64).round() - 4503599627370497.0 + u[1]; }
    meaning_of!(float_round_below_half, u: [0.7, 1.011] => [0.7, 2.011]);
}

/// `x % 0.0`, `x % inf`, `inf % x`, `(-0.0) % x`.
mod float_rem_by_zero_inf {
    use super::*;
    #[ode] fn float_rem_by_zero_inf(du: &mut [f64; 4], u: &[f64; 4]) { let z = u[0] - u[0]; let i = f64::INFINITY; du[0] = u[1] % z; du[1] = u[1] % i; du[2] = i % u[1]; du[3] = 1.0f64.copysign(-z % u[1].abs()); }
    value_of!(float_rem_by_zero_inf, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [f64::NAN, 1.011, f64::NAN, -1.0]);
}

/// `x %= y`, `x /= y`, `x -= y`.
mod float_rem_assign {
    use super::*;
    #[ode] fn float_rem_assign(du: &mut [f64; 2], u: &[f64; 2]) { let mut x = u[0] * 7.3; x %= 2.0; x /= 0.7; x -= u[1]; let mut a = [u[1] * 5.7, 1.0]; a[0] %= 1.3; a[0] /= u[0]; a[0] -= a[1]; du[0] = x; du[1] = a[0]; }
    meaning_of!(float_rem_assign, u: [0.7, 1.011] => [0.5747142857142851, -0.19614285714285773]);
}

/// `powi`: 0^0, 0^-1, (-0.0)^-1, big exponents.
mod float_powi_corners {
    use super::*;
    #[ode] fn float_powi_corners(du: &mut [f64; 5], u: &[f64; 5]) { let z = u[0] - u[0]; du[0] = z.powi(0); du[1] = z.powi(-1); du[2] = (-z).powi(-1); du[3] = (1.0 + 1e-9 * u[3]).powi(1000000); du[4] = (-u[4]).powi(3); }
    value_of!(float_powi_corners, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998, 2.076] => [1.0, f64::INFINITY, f64::NEG_INFINITY, 1.001700444157168, -8.947094976]);
}

/// `powf(2.0)`, `powf(0.5)` to the bit.
mod float_powf_vs_mul {
    use super::*;
    #[ode] fn float_powf_vs_mul(du: &mut [f64; 4], u: &[f64; 4]) { let x = u[0].abs(); du[0] = x.powf(2.0); du[1] = x.powf(0.5); du[2] = x.powf(-1.0); du[3] = x.powf(3.0); }
    meaning_of!(float_powf_vs_mul, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [0.48999999999999994, 0.8366600265340756, 1.4285714285714286, 0.3429999999999999]);
}

/// `atan2` in the four quadrants and on the axes.
mod float_atan2_quadrants {
    use super::*;
    #[ode] fn float_atan2_quadrants(du: &mut [f64; 5], u: &[f64; 5]) { let x = u[0].abs(); let y = u[1].abs(); let z = u[2] - u[2]; du[0] = y.atan2(x) + y.atan2(-x) * 10.0; du[1] = (-y).atan2(-x) + (-y).atan2(x) * 10.0; du[2] = z.atan2(-x); du[3] = (-z).atan2(-x); du[4] = z.atan2(z) + (-z).atan2(-z); }
    meaning_of!(float_atan2_quadrants, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998, 2.076] => [22.72912445871727, -11.828394730770455, 3.141592653589793, -3.141592653589793, -3.141592653589793]);
}

/// `copysign`, `abs` of signed zeros and NaN.
mod float_copysign_abs {
    use super::*;
    #[ode] fn float_copysign_abs(du: &mut [f64; 4], u: &[f64; 4]) { let z = u[0] - u[0]; du[0] = u[1].copysign(-z); du[1] = (-z).abs().copysign(-1.0); du[2] = 1.0 / (-z).abs(); du[3] = u[3].copysign(u[2]); }
    value_of!(float_copysign_abs, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [-1.011, -0.0, f64::INFINITY, 1.6989999999999998]);
}

/// `1e308 * 10`, `1e-308 * 1e-10`, denormals.
mod float_overflow_underflow {
    use super::*;
    #[ode] fn float_overflow_underflow(du: &mut [f64; 4], u: &[f64; 4]) { du[0] = 1e308 * 10.0; du[1] = 1e-308 * 1e-10 * u[1]; du[2] = 5e-324 * u[2].abs().max(1.0); du[3] = (1e-200 * u[3]) * 1e-200 * 1e300; }
    meaning_of!(float_overflow_underflow, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [f64::INFINITY, 1.010997e-318, 5e-324, 0.0]);
}

/// `a * x + b * x` is not `(a + b) * x`.
mod float_distribution_not_applied {
    use super::*;
    #[ode] fn float_distribution_not_applied(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = 0.1 * u[0] + 0.2 * u[0] + 0.3 * u[0]; du[1] = (u[1] / 3.0) * 3.0 + (u[1] * 0.7) / 0.7; }
    meaning_of!(float_distribution_not_applied, u: [0.7, 1.011] => [0.41999999999999993, 2.022]);
}

/// `-(-x)`, `-x * -y`, `x - -y`.
mod float_double_negation {
    use super::*;
    #[ode] fn float_double_negation(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = -(-u[0]) + -u[0] * -u[1]; du[1] = u[1] - -u[0] - (-(-u[1])) * 0.3; }
    meaning_of!(float_double_negation, u: [0.7, 1.011] => [1.4076999999999997, 1.4077]);
}

/// `1.`, `1_000.0`, `1e-3`, `2f64`, `1E3`, `0.1e1_0`.
mod float_literal_forms {
    use super::*;
    #[ode] fn float_literal_forms(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = u[0] * 1. + 1_000.0 + 1e-3 + 2f64 + 1E3 + 0.1e1_0 + 1_0f64 + 3e0f64; }
    meaning_of!(float_literal_forms, u: [0.7] => [1000002015.701]);
}

/// `is_finite`, `is_infinite`, `is_nan`, `is_sign_negative` of -0.0 and NaN.
mod float_is_predicates {
    use super::*;
    #[ode] fn float_is_predicates(du: &mut [f64; 2], u: &[f64; 2]) { let z = u[0] - u[0]; let mut c = 0.0; if (1.0 / z).is_infinite() { c += 1.0; } if (z / z).is_infinite() { c += 2.0; } if (-z).is_sign_negative() { c += 4.0; } if z.is_sign_positive() { c += 8.0; } if !(z / z).is_finite() { c += 16.0; } if (-u[1].abs()).is_sign_negative() { c += 32.0; } if f64::NAN.copysign(-1.0).is_sign_negative() { c += 64.0; } du[0] = c; du[1] = u[1]; }
    meaning_of!(float_is_predicates, u: [0.7, 1.011] => [125.0, 1.011]);
}

/// `fract` of negatives and infinities.
mod float_fract_negative {
    use super::*;
    #[ode] fn float_fract_negative(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = (-3.75 + 0.0 * u[0]).fract() + (3.75f64).fract() * 10.0; du[1] = (u[1].abs() / 0.0).fract(); }
    value_of!(float_fract_negative, u: [0.7, 1.011] => [6.75, f64::NAN]);
}

/// `to_radians`, `to_degrees` to the bit.
mod float_radians_degrees {
    use super::*;
    #[ode] fn float_radians_degrees(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = u[0].to_radians() + 180.0f64.to_radians(); du[1] = u[1].to_degrees(); }
    meaning_of!(float_radians_degrees, u: [0.7, 1.011] => [3.1538099583537536, 57.926033087726225]);
}

/// `sum` adds from the left, `product` too.
mod float_sum_order {
    use super::*;
    #[ode] fn float_sum_order(du: &mut [f64; 4], u: &[f64; 4]) { let a = [1e16, u[0], -1e16, u[1]]; du[0] = a.iter().sum(); du[1] = a.iter().rev().sum(); du[2] = a[0] + a[1] + a[2] + a[3]; du[3] = u.iter().map(|x| x / 3.0).product(); }
    meaning_of!(float_sum_order, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [1.011, 2.0, 1.011, 0.019950639644444434]);
}

/// `x == 0.0` with -0.0, `x == y` of computed values.
mod float_total_cmp_eq_zero {
    use super::*;
    #[ode] fn float_total_cmp_eq_zero(du: &mut [f64; 2], u: &[f64; 2]) { let z = u[0] - u[0]; du[0] = if -z == 0.0 { u[0] } else { 0.0 }; du[1] = if 0.1 + 0.2 == 0.3 { 1.0 } else { u[1] }; }
    meaning_of!(float_total_cmp_eq_zero, u: [0.7, 1.011] => [0.7, 1.011]);
}

/// `max` by `if a > b { a } else { b }` differs from `max` with NaN.
mod float_compare_chain_nan_sort {
    use super::*;
    #[ode] fn float_compare_chain_nan_sort(du: &mut [f64; 2], u: &[f64; 2]) { let n = f64::NAN * u[0]; du[0] = if n > u[1] { n } else { u[1] }; du[1] = if u[1] > n { u[1] } else { n }; }
    value_of!(float_compare_chain_nan_sort, u: [0.7, 1.011] => [1.011, f64::NAN]);
}

/// `0.0 - x` against `-x` at zero; `z -= x` from zero.
mod float_zero_minus {
    use super::*;
    #[ode] fn float_zero_minus(du: &mut [f64; 3], u: &[f64; 3]) { let z = u[0] - u[0]; let one = 1.0f64; let mut s = 0.0; s -= z; let mut a = [-0.0]; a[0] -= z; du[0] = one.copysign(0.0 - z); du[1] = one.copysign(s); du[2] = one.copysign(a[0]); }
    meaning_of!(float_zero_minus, u: [0.7, 1.011, 1.3439999999999999] => [1.0, 1.0, -1.0]);
}

/// `du[0] = -0.0; du[0] += -0.0`.
mod float_du_accumulate_from_negative_zero {
    use super::*;
    #[ode] fn float_du_accumulate_from_negative_zero(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = -0.0; du[0] += -0.0 * u[0].abs(); du[0] = 1.0f64.copysign(du[0]); du[1] = u[1]; }
    meaning_of!(float_du_accumulate_from_negative_zero, u: [0.7, 1.011] => [-1.0, 1.011]);
}

/// The sum of a single -0.0.
mod float_sum_of_one_negative_zero {
    use super::*;
    #[ode] fn float_sum_of_one_negative_zero(du: &mut [f64; 2], u: &[f64; 2]) { let z = -0.0 * u[0].abs(); let s: f64 = [z].iter().sum(); du[0] = 1.0f64.copysign(s); du[1] = u[1]; }
    meaning_of!(float_sum_of_one_negative_zero, u: [0.7, 1.011] => [-1.0, 1.011]);
}

/// `sqrt`, `cbrt`, `hypot`, `recip` to the bit.
mod float_sqrt_hypot_bits {
    use super::*;
    #[ode] fn float_sqrt_hypot_bits(du: &mut [f64; 4], u: &[f64; 4]) { du[0] = u[0].abs().sqrt(); du[1] = u[1].cbrt(); du[2] = u[2].hypot(u[0]); du[3] = (u[3] + 7.0).recip(); }
    meaning_of!(float_sqrt_hypot_bits, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [0.8366600265340756, 1.0036533037850248, 1.5153666223062985, 0.11495574203931487]);
}

/// Functions of literals: `2.0f64.sqrt()`, `1.0f64.exp()`, `0.5f64.sin()`.
mod float_literal_fold_transcendental {
    use super::*;
    #[ode] fn float_literal_fold_transcendental(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = 2.0f64.sqrt() * u[0] + 1.0f64.exp() + 0.5f64.sin(); du[1] = u[1] * 10.0f64.ln() + 3.0f64.powf(0.3) + (-7.5f64).rem_euclid(2.0) + 7.5f64.copysign(-1.0); }
    meaning_of!(float_literal_fold_transcendental, u: [0.7, 1.011] => [4.187656860724415, -3.28169730066711]);
}

/// `min`, `max`, `clamp` of literals and of an infinity.
mod float_min_max_literal_nan {
    use super::*;
    #[ode] fn float_min_max_literal_nan(du: &mut [f64; 3], u: &[f64; 3]) { du[0] = 1.0f64.max(f64::NAN) + 2.0f64.min(f64::NAN) + u[0]; du[1] = f64::INFINITY.clamp(-1.0, 3.0) * u[1]; du[2] = u[2].clamp(f64::NEG_INFINITY, f64::INFINITY); }
    meaning_of!(float_min_max_literal_nan, u: [0.7, 1.011, 1.3439999999999999] => [3.7, 3.0329999999999995, 1.3439999999999999]);
}

/// `max` with NaN that comes from the state.
mod float_max_nan_state {
    use super::*;
    #[ode] fn float_max_nan_state(du: &mut [f64; 2], u: &[f64; 2]) { let n = (u[0] - u[0]) / 0.0; du[0] = n.max(u[1]); du[1] = n.min(u[1]); }
    value_of!(float_max_nan_state, u: [0.7, 1.011] => [1.011, 1.011]);
}

/// `powi(0)` of NaN is 1.
mod float_powi_zero_exponent_nan {
    use super::*;
    #[ode] fn float_powi_zero_exponent_nan(du: &mut [f64; 1], u: &[f64; 1]) { let n = u[0] * f64::NAN; du[0] = n.powi(0) + n.powf(0.0); }
    value_of!(float_powi_zero_exponent_nan, u: [0.7] => [2.0]);
}
