//! Integers keep the type that they were written with.

use crate::*;

/// The same with computed indices.
mod inttype_array_difference_in_loop {
    use super::*;
    #[ode] fn inttype_array_difference_in_loop(du: &mut [f64; 2], u: &[f64; 2]) { let k = [1, 4]; for i in 0..2 { du[i] = u[i] * (k[i] - k[1 - i]) as f64; } }
    meaning_of!(inttype_array_difference_in_loop, u: [0.7, 1.011] => [-2.0999999999999996, 3.0329999999999995]);
}

/// `[1, 2].map(|x| x - 3)`.
mod inttype_array_map_negative {
    use super::*;
    #[ode] fn inttype_array_map_negative(du: &mut [f64; 2], u: &[f64; 2]) { let k = [1, 2].map(|x| x - 3); du[0] = u[0] * k[0] as f64; du[1] = u[1] * k[1] as f64; }
    meaning_of!(inttype_array_map_negative, u: [0.7, 1.011] => [-1.4, -1.011]);
}

/// Sums of integers below zero, with a turbofish.
mod inttype_sum_negative {
    use super::*;
    #[ode] fn inttype_sum_negative(du: &mut [f64; 1], u: &[f64; 1]) { let n = (0..3).map(|k| k - 2).sum::<i32>(); let m = [3, 1].iter().sum::<i32>() - 10; du[0] = u[0] * n as f64 + m as f64; }
    meaning_of!(inttype_sum_negative, u: [0.7] => [-8.1]);
}

/// `for k in [2, 0, 3]` with differences below zero.
mod inttype_for_over_positive_array {
    use super::*;
    #[ode] fn inttype_for_over_positive_array(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in [2, 0, 3] { s += u[0] * (k - 3) as f64; } du[0] = s; }
    meaning_of!(inttype_for_over_positive_array, u: [0.7] => [-2.8]);
}

/// Integers out of a match, differences below zero.
mod inttype_match_value_then_sub {
    use super::*;
    #[ode] fn inttype_match_value_then_sub(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for i in 0..3 { let n = match i { 0 => 1, 1 => 5, _ => 2 }; s += u[0] * (n - 3) as f64; } du[0] = s; }
    meaning_of!(inttype_match_value_then_sub, u: [0.7] => [-0.7]);
}

/// `u.len() as i32 - 5`.
mod inttype_len_as_i32 {
    use super::*;
    #[ode] fn inttype_len_as_i32(du: &mut [f64; 2], u: &[f64; 2]) { let n = u.len() as i32; du[0] = u[0] * (n - 5) as f64; du[1] = u[1] * (1 - n) as f64; }
    meaning_of!(inttype_len_as_i32, u: [0.7, 1.011] => [-2.0999999999999996, -1.011]);
}

/// A closure of integers, below zero, typed by its use.
mod inttype_closure_param {
    use super::*;
    #[ode] fn inttype_closure_param(du: &mut [f64; 1], u: &[f64; 1]) { let d = |a: i32, b: i32| a - b; let mut s = 0.0; for i in 0..3 { s += u[0] * d(i, 2) as f64; } du[0] = s + d(1, 4) as f64; }
    meaning_of!(inttype_closure_param, u: [0.7] => [-5.1]);
}

/// An integer set in branches, below zero, used in arithmetic in a loop.
mod inttype_if_negative_branch {
    use super::*;
    #[ode] fn inttype_if_negative_branch(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for i in 0..4 { let d = if i > 1 { 1 } else { 2 }; let e = d - 2 * i; s += u[0] * e as f64; } du[0] = s; }
    meaning_of!(inttype_if_negative_branch, u: [0.7] => [-4.199999999999999]);
}

/// A helper's `i32` below zero, in arithmetic.
mod inttype_helper_returns_i32_negative {
    use super::*;
    #[differentiable] fn n(x: f64) -> i32 { if x > 1.0 { 2 } else { -1 } }
    #[ode] fn inttype_helper_returns_i32_negative(du: &mut [f64; 1], u: &[f64; 1]) { let k: i32 = n(u[0]); du[0] = u[0] * (k - 2) as f64; }
    meaning_of!(inttype_helper_returns_i32_negative, u: [0.7] => [-2.0999999999999996]);
}

/// `u32` differences guarded by a comparison.
mod inttype_u32_sub_guarded {
    use super::*;
    #[ode] fn inttype_u32_sub_guarded(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for i in 0..4u32 { let d = if i >= 2 { i - 2 } else { 2 - i }; s += u[0] * 2f64.powi(d as i32); } du[0] = s; }
    meaning_of!(inttype_u32_sub_guarded, u: [0.7] => [6.299999999999999]);
}

/// A reverse sweep of `(-3..=-1).rev()` with a table by index.
mod inttype_vjp_negative_step_loop {
    use super::*;
    #[ode] fn inttype_vjp_negative_step_loop(du: &mut [f64; 3], u: &[f64; 3]) { let mut x = 1.0; for k in (-3..=-1i32).rev() { x = x * u[(k + 3) as usize] + (k as f64) * x * x * 0.1; } du[0] = x; du[1] = u[1]; du[2] = u[2]; }
    meaning_of!(inttype_vjp_negative_step_loop, u: [0.7, 1.011, 1.3439999999999999] => [0.39401198678252797, 1.011, 1.3439999999999999]);
}
