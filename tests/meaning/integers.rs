//! Integers: operators, methods, casts.

use crate::*;

/// Signed division and remainder truncate towards zero.
mod int_div_rem_negative {
    use super::*;
    #[ode] fn int_div_rem_negative(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in [-7, -1, 0, 6] { s = s * 2.0 + u[0] * (k / 2) as f64 + (k % 3) as f64 - (-k % 4) as f64; } du[0] = s; }
    meaning_of!(int_div_rem_negative, u: [0.7] => [-52.699999999999996]);
}

/// `rem_euclid` with every sign, folded and in a loop.
mod int_rem_euclid_signs {
    use super::*;
    #[ode] fn int_rem_euclid_signs(du: &mut [f64; 1], u: &[f64; 1]) { let a = (-7i32).rem_euclid(3); let b = 7i32.rem_euclid(-3); let c = (-7i32).rem_euclid(-3); let mut s = (a * 100 + b * 10 + c) as f64; for k in [-7i32, -6, 7] { s += u[0] * k.rem_euclid(4) as f64 + k.rem_euclid(-4) as f64; } du[0] = s; }
    meaning_of!(int_rem_euclid_signs, u: [0.7] => [222.2]);
}

/// `rem_euclid` near the type's limit.
mod int_rem_euclid_overflow {
    use super::*;
    #[ode] fn int_rem_euclid_overflow(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in [250u8, 199] { s += u[0] * k.rem_euclid(200) as f64; } du[0] = s; }
    meaning_of!(int_rem_euclid_overflow, u: [0.7] => [174.29999999999998]);
}

/// Narrowing casts wrap.
mod int_cast_narrow {
    use super::*;
    #[ode] fn int_cast_narrow(du: &mut [f64; 1], u: &[f64; 1]) { let a = 300i32 as u8; let b = 200i32 as i8; let c = 70000i64 as i16; du[0] = u[0] * a as f64 + b as f64 + c as f64; }
    meaning_of!(int_cast_narrow, u: [0.7] => [4438.8]);
}

/// `x as u8 as i8 as i32`.
mod int_cast_chain {
    use super::*;
    #[ode] fn int_cast_chain(du: &mut [f64; 1], u: &[f64; 1]) { let k = 511i32; let j = k as u8 as i8 as i32; du[0] = u[0] * j as f64 + (k as u8 as u32 + 1) as f64; }
    meaning_of!(int_cast_chain, u: [0.7] => [255.3]);
}

/// `bool as i32`, `bool as usize` as an index.
mod int_cast_bool {
    use super::*;
    #[ode] fn int_cast_bool(du: &mut [f64; 2], u: &[f64; 2]) { let b = u[0] > 1.0; du[0] = u[b as usize] * (b as i32 - 5) as f64; du[1] = u[!b as usize]; }
    meaning_of!(int_cast_bool, u: [0.7, 1.011] => [-3.5, 1.011]);
}

/// `abs_diff` of signed numbers is unsigned, used in a power.
mod int_abs_diff_types {
    use super::*;
    #[ode] fn int_abs_diff_types(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in [-3i32, 2] { let d = k.abs_diff(1); s += u[0] * 2i32.pow(d) as f64; } du[0] = s; }
    meaning_of!(int_abs_diff_types, u: [0.7] => [12.6]);
}

/// `abs_diff` of `usize` and of `i64`.
mod int_abs_diff_mix {
    use super::*;
    #[ode] fn int_abs_diff_mix(du: &mut [f64; 3], u: &[f64; 3]) { for i in 0..3usize { du[i] = 0.0; for j in 0..3usize { du[i] += u[j] * i.abs_diff(j) as f64; } } let a = (-5i64).abs_diff(7i64); du[0] += a as f64; }
    meaning_of!(int_abs_diff_mix, u: [0.7, 1.011, 1.3439999999999999] => [15.699, 2.0439999999999996, 2.4109999999999996]);
}

/// `saturating_sub` of `i32` goes below zero.
mod int_saturating_signed {
    use super::*;
    #[ode] fn int_saturating_signed(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in 0..3i32 { s += u[0] * k.saturating_sub(2) as f64; } let c = 1i32.saturating_sub(5); du[0] = s + c as f64; }
    meaning_of!(int_saturating_signed, u: [0.7] => [-6.1]);
}

/// `saturating_sub` of `u8`, folded.
mod int_saturating_u8 {
    use super::*;
    #[ode] fn int_saturating_u8(du: &mut [f64; 1], u: &[f64; 1]) { let a = 3u8.saturating_sub(5); let b = 9u8.saturating_sub(5); du[0] = u[0] * a as f64 + b as f64; }
    meaning_of!(int_saturating_u8, u: [0.7] => [4.0]);
}

/// `i.pow(2)`, `2usize.pow(i as u32)`.
mod int_pow_u32_cast {
    use super::*;
    #[ode] fn int_pow_u32_cast(du: &mut [f64; 3], u: &[f64; 3]) { for i in 0..3 { du[i] = u[i] * i.pow(2) as f64 + 2usize.pow(i as u32) as f64; } }
    meaning_of!(int_pow_u32_cast, u: [0.7, 1.011, 1.3439999999999999] => [1.0, 3.011, 9.376]);
}

/// `i32::max(a, b)`, `std::cmp::min`.
mod int_min_max_path {
    use super::*;
    #[ode] fn int_min_max_path(du: &mut [f64; 1], u: &[f64; 1]) { let a = i32::max(-3, 2); let b = std::cmp::min(4, 9); let c = usize::min(3, 8); du[0] = u[0] * (a + b) as f64 + c as f64; }
    meaning_of!(int_min_max_path, u: [0.7] => [7.199999999999999]);
}

/// `abs`, `signum` of integers.
mod int_abs_signum {
    use super::*;
    #[ode] fn int_abs_signum(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in [-4i32, 0, 3] { s += u[0] * k.abs() as f64 + k.signum() as f64; } du[0] = s; }
    meaning_of!(int_abs_signum, u: [0.7] => [4.8999999999999995]);
}

/// `div_ceil`, `is_power_of_two`, `count_ones`.
mod int_div_ceil_unsupported {
    use super::*;
    #[ode] fn int_div_ceil_unsupported(du: &mut [f64; 1], u: &[f64; 1]) { let n = 7usize.div_ceil(2); du[0] = u[0] * n as f64; }
    meaning_of!(int_div_ceil_unsupported, u: [0.7] => [2.8]);
}

/// `A as f64 / B as f64` against `(A / B) as f64`.
mod int_const_division_is_integer {
    use super::*;
    const A: usize = 7; const B: usize = 2;
    #[ode] fn int_const_division_is_integer(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = u[0] * (A / B) as f64; du[1] = u[1] * (A as f64 / B as f64); }
    meaning_of!(int_const_division_is_integer, u: [0.7, 1.011] => [2.0999999999999996, 3.5384999999999995]);
}

/// A constant cast down wraps.
mod int_const_cast_narrow {
    use super::*;
    const A: i32 = 300;
    #[ode] fn int_const_cast_narrow(du: &mut [f64; 1], u: &[f64; 1]) { let k = A as u8; du[0] = u[0] * k as f64 + (A as i8) as f64; }
    meaning_of!(int_const_cast_narrow, u: [0.7] => [74.8]);
}

/// `1u8`, `0x10`, `0b101`, `0o17`, `1_000`.
mod int_suffix_forms {
    use super::*;
    #[ode] fn int_suffix_forms(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = u[0] * 0x10 as f64 + 0b101 as f64 + 0o17 as f64 + 1_000 as f64 + 0xffu8 as f64 + 1_0i64 as f64; }
    meaning_of!(int_suffix_forms, u: [0.7] => [1296.2]);
}

/// `powi(i as i32)` with `i: usize`, `powi(n + 1)`.
mod int_powi_of_cast {
    use super::*;
    #[ode] fn int_powi_of_cast(du: &mut [f64; 3], u: &[f64; 3]) { let n = 2; for i in 0..3 { du[i] = u[i].powi(i as i32) + u[i].powi(n + 1) - u[i].powi(n - 3); } }
    meaning_of!(int_powi_of_cast, u: [0.7, 1.011, 1.3439999999999999] => [-0.08557142857142863, 1.0552446475182982, 3.4900039649523804]);
}

/// An integer chosen by a condition, below zero.
mod int_default_from_if {
    use super::*;
    #[ode] fn int_default_from_if(du: &mut [f64; 1], u: &[f64; 1]) { let k = if u[0] > 0.0 { 2 } else { 1 }; let j = k - 4; du[0] = u[0] * j as f64; }
    meaning_of!(int_default_from_if, u: [0.7] => [-1.4]);
}

/// Loops over `u64` and `i64`.
mod int_u64_i64_loop {
    use super::*;
    #[ode] fn int_u64_i64_loop(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in 1u64..4 { s += u[0] / k as f64; } for k in -1i64..2 { s += k as f64 * u[0]; } du[0] = s; }
    meaning_of!(int_u64_i64_loop, u: [0.7] => [1.2833333333333332]);
}

/// `f64::from(k)` of an `i32` and a `bool`-free `u8`.
mod int_f64_from {
    use super::*;
    #[ode] fn int_f64_from(du: &mut [f64; 1], u: &[f64; 1]) { let k = -3i32; let b = 200u8; du[0] = u[0] * f64::from(k) + f64::from(b) + f64::from(2.5f32); }
    meaning_of!(int_f64_from, u: [0.7] => [200.4]);
}

/// `let x: f64 = k.into();`.
mod int_into_real {
    use super::*;
    #[ode] fn int_into_real(du: &mut [f64; 1], u: &[f64; 1]) { let k = 3i32; let x: f64 = k.into(); du[0] = u[0] * x; }
    meaning_of!(int_into_real, u: [0.7] => [2.0999999999999996]);
}

/// Integer comparisons as conditions, chained by `==`.
mod int_compare_and_equal {
    use super::*;
    #[ode] fn int_compare_and_equal(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for i in 0..4 { for j in 0..4 { if (i < j) == (i % 2 == 0) { s += u[0] * (i + 2 * j) as f64; } if i != j && i * j >= 4 { s += 1.0; } } } du[0] = s; }
    meaning_of!(int_compare_and_equal, u: [0.7] => [35.599999999999994]);
}

/// `i - 1` where `i >= 1`, `n - 1 - i`.
mod int_usize_sub_in_loop {
    use super::*;
    #[ode] fn int_usize_sub_in_loop(du: &mut [f64; 4], u: &[f64; 4]) { let n = u.len(); du[0] = u[n - 1]; for i in 1..n { du[i] = u[i - 1] * u[n - 1 - i] - u[(2 * i) % n]; } }
    meaning_of!(int_usize_sub_in_loop, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [1.6989999999999998, -0.4032, 0.3221209999999999, -0.4032]);
}

/// `isize` offsets with `rem_euclid`.
mod int_isize_offset {
    use super::*;
    #[ode] fn int_isize_offset(du: &mut [f64; 3], u: &[f64; 3]) { let offsets = [-1isize, 0, 2]; for i in 0..3 { let mut s = 0.0; for o in offsets { s += u[(i as isize + o).rem_euclid(3) as usize] * o as f64; } du[i] = s; } }
    meaning_of!(int_isize_offset, u: [0.7, 1.011, 1.3439999999999999] => [1.3439999999999999, 0.7, 1.011]);
}

/// An untyped counter that goes below zero in a loop.
mod int_carried_negative_untyped {
    use super::*;
    #[ode] fn int_carried_negative_untyped(du: &mut [f64; 1], u: &[f64; 1]) { let mut c = 0; let mut s = 0.0; for i in 0..4 { if i % 2 == 0 { c -= 2; } else { c += 1; } s += u[0] * c as f64; } du[0] = s + c as f64; }
    meaning_of!(int_carried_negative_untyped, u: [0.7] => [-7.6]);
}

/// `-i`, `-(i as i32)`, `(1 - i)`.
mod int_neg_of_loop_index {
    use super::*;
    #[ode] fn int_neg_of_loop_index(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for i in 0..3 { s += u[0] * (-i) as f64 + (1 - i) as f64; } for i in 0..3usize { s += -(i as i32) as f64; } du[0] = s; }
    meaning_of!(int_neg_of_loop_index, u: [0.7] => [-5.1]);
}

/// An array of negative integers used in index arithmetic.
mod int_array_negative_index_math {
    use super::*;
    #[ode] fn int_array_negative_index_math(du: &mut [f64; 3], u: &[f64; 3]) { let shift = [-1, 1, -2]; for i in 0..3 { let j = (i as i32 + shift[i] + 3) % 3; du[i] = u[j as usize]; } }
    meaning_of!(int_array_negative_index_math, u: [0.7, 1.011, 1.3439999999999999] => [1.3439999999999999, 1.3439999999999999, 0.7]);
}

/// `i as u8 as f64`, wrapping at 256.
mod int_cast_in_loop_u8 {
    use super::*;
    #[ode] fn int_cast_in_loop_u8(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for i in 254..258 { s = s * 2.0 + u[0] * (i as u8) as f64; } du[0] = s; }
    meaning_of!(int_cast_in_loop_u8, u: [0.7] => [2137.0999999999995]);
}

/// A local nested table of signed integers.
mod int_table_nested_negative {
    use super::*;
    #[ode] fn int_table_nested_negative(du: &mut [f64; 2], u: &[f64; 2]) { let s = [[-1, 2], [3, -4]]; for i in 0..2 { let mut d = 0.0; for j in 0..2 { d += s[i][j] as f64 * u[j]; } du[i] = d; } }
    meaning_of!(int_table_nested_negative, u: [0.7, 1.011] => [1.3219999999999998, -1.944]);
}

/// `let s: [i32; 3] = [-1, 2, -3]`, `[i64; 2]`.
mod int_array_typed_negative {
    use super::*;
    #[ode] fn int_array_typed_negative(du: &mut [f64; 3], u: &[f64; 3]) { let s: [i32; 3] = [-1, 2, -3]; let l: [i64; 2] = [-5, 7]; for i in 0..3 { du[i] = u[i] * s[i] as f64 + l[i % 2] as f64; } }
    meaning_of!(int_array_typed_negative, u: [0.7, 1.011, 1.3439999999999999] => [-5.7, 9.022, -9.032]);
}

/// An integer array written below zero.
mod int_array_written_negative {
    use super::*;
    #[ode] fn int_array_written_negative(du: &mut [f64; 3], u: &[f64; 3]) { let mut s = [0; 3]; for i in 0..3 { s[i] = 1 - 2 * i as i32; } for i in 0..3 { du[i] = u[i] * s[i] as f64; } }
    meaning_of!(int_array_written_negative, u: [0.7, 1.011, 1.3439999999999999] => [0.7, -1.011, -4.032]);
}

/// Indices from an array of `i32` with a cast.
mod int_index_from_i32_array {
    use super::*;
    #[ode] fn int_index_from_i32_array(du: &mut [f64; 3], u: &[f64; 3]) { let k: [i32; 3] = [2, 0, 1]; for i in 0..3 { du[i] = u[k[i] as usize] * k[i] as f64; } }
    meaning_of!(int_index_from_i32_array, u: [0.7, 1.011, 1.3439999999999999] => [2.6879999999999997, 0.0, 1.011]);
}

/// A negative loop variable given to a helper.
mod int_loop_passed_to_helper_negative {
    use super::*;
    #[differentiable] fn pw(x: f64, n: i32) -> f64 { x.powi(n) * n as f64 }
    #[ode] fn int_loop_passed_to_helper_negative(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in -2..3 { s += pw(u[0], k) - pw(u[0], -k); } du[0] = s; }
    meaning_of!(int_loop_passed_to_helper_negative, u: [0.7] => [-8.881784197001252e-16]);
}

/// Helpers of `i64` and `u8`.
mod int_helper_i64_u8 {
    use super::*;
    #[differentiable] fn h(x: f64, n: i64, b: u8) -> f64 { x * n as f64 + (b / 3) as f64 }
    #[ode] fn int_helper_i64_u8(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in 1..4u8 { s += h(u[0], k as i64 - 2, k * 50); } du[0] = s; }
    meaning_of!(int_helper_i64_u8, u: [0.7] => [99.0]);
}
