//! `for` and `while`, with their exits.

use crate::*;

/// Empty ranges run never.
mod loop_empty_and_reversed {
    use super::*;
    #[ode] fn loop_empty_and_reversed(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = u[0]; for i in 3..3 { s += i as f64; } for i in 5..2 { s *= i as f64; } for i in (4..1).rev() { s -= i as f64; } for i in 2..=1 { s += i as f64; } du[0] = s; }
    meaning_of!(loop_empty_and_reversed, u: [0.7] => [0.7]);
}

/// `-2..3`, index not needed.
mod loop_negative_bounds {
    use super::*;
    #[ode] fn loop_negative_bounds(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in -2..3 { s += u[0] * k as f64 * k as f64 + k as f64; } du[0] = s; }
    meaning_of!(loop_negative_bounds, u: [0.7] => [7.0]);
}

/// `-2..3` with a value that the reverse sweep needs.
mod loop_negative_nonlinear {
    use super::*;
    #[ode] fn loop_negative_nonlinear(du: &mut [f64; 1], u: &[f64; 1]) { let mut x = u[0]; for k in -2..=2i32 { x = x * x * 0.1 + k as f64; } du[0] = x; }
    meaning_of!(loop_negative_nonlinear, u: [0.7] => [2.1000294329832996]);
}

/// `k - 1` in a loop of `i32` goes below zero.
mod loop_index_minus_one_default {
    use super::*;
    #[ode] fn loop_index_minus_one_default(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in 0..3 { let j = k - 1; s += u[0] * j as f64; } du[0] = s; }
    meaning_of!(loop_index_minus_one_default, u: [0.7] => [0.0]);
}

/// Signed arithmetic, then `as usize` for an index.
mod loop_signed_index_cast {
    use super::*;
    #[ode] fn loop_signed_index_cast(du: &mut [f64; 3], u: &[f64; 3]) { for i in 0..3i32 { let j = (i - 1).rem_euclid(3); du[i as usize] = u[j as usize] - u[((i + 4) % 3) as usize]; } }
    meaning_of!(loop_signed_index_cast, u: [0.7, 1.011, 1.3439999999999999] => [0.33299999999999996, -0.6439999999999999, 0.31099999999999994]);
}

/// `for mut i` changes its own copy.
mod loop_variable_mutated {
    use super::*;
    #[ode] fn loop_variable_mutated(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for mut i in 0..3 { i = i * 2 + 1; s += u[0] * i as f64; } du[0] = s; }
    meaning_of!(loop_variable_mutated, u: [0.7] => [6.3]);
}

/// The bound is fixed when the loop begins.
mod loop_bound_variable_changed_inside {
    use super::*;
    #[ode] fn loop_bound_variable_changed_inside(du: &mut [f64; 1], u: &[f64; 1]) { let mut n = 2; let mut s = 0.0; for _ in 0..n { n += 1; s += u[0] * n as f64; } du[0] = s + n as f64; }
    meaning_of!(loop_bound_variable_changed_inside, u: [0.7] => [8.899999999999999]);
}

/// `break` keeps what was done before it.
mod loop_break_simple {
    use super::*;
    #[ode] fn loop_break_simple(du: &mut [f64; 4], u: &[f64; 4]) { let mut s = 0.0; for i in 0..4 { if u[i] > 1.2 { break; } s += u[i]; du[i] = 0.0; } for i in 0..4 { du[i] = s * u[i]; } }
    meaning_of!(loop_break_simple, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [1.1976999999999998, 1.7298209999999996, 2.2995839999999994, 2.9069889999999994]);
}

/// `break 'outer` from the inner loop.
mod loop_break_labelled {
    use super::*;
    #[ode] fn loop_break_labelled(du: &mut [f64; 3], u: &[f64; 3]) { let mut s = 0.0; 'outer: for i in 0..3 { for j in 0..3 { if i * j == 2 { break 'outer; } s += u[i] * u[j]; } s *= 2.0; } du[0] = s; du[1] = u[1]; du[2] = u[2]; }
    meaning_of!(loop_break_labelled, u: [0.7, 1.011, 1.3439999999999999] => [6.006820999999999, 1.011, 1.3439999999999999]);
}

/// The same label on nested loops means the inner one.
mod loop_label_shadowed {
    use super::*;
    #[allow(unused_labels)]
    #[ode] fn loop_label_shadowed(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; 'a: for i in 0..3 { for j in 0..3 { if j == 1 { continue 'a; } s += u[0] * (i + j + 1) as f64; } } 'a: for i in 0..3 { if i == 1 { break 'a; } s *= 2.0; } du[0] = s; }
    meaning_of!(loop_label_shadowed, u: [0.7] => [8.399999999999999]);
}

/// The index at which the loop broke.
mod loop_break_value_in_variable {
    use super::*;
    #[ode] fn loop_break_value_in_variable(du: &mut [f64; 4], u: &[f64; 4]) { let mut at = 9; for i in 0..4 { if u[i] > 1.1 { at = i; break; } } for i in 0..4 { du[i] = u[i] * at as f64; } }
    meaning_of!(loop_break_value_in_variable, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [1.4, 2.022, 2.6879999999999997, 3.3979999999999997]);
}

/// `return` out of two loops of an in-place model.
mod loop_return_inside_nested {
    use super::*;
    #[ode] fn loop_return_inside_nested(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = 0.0; du[1] = 0.0; for i in 0..2 { for j in 0..2 { du[i] += u[j]; if i == 1 && j == 0 { return; } } } du[0] = 100.0; }
    meaning_of!(loop_return_inside_nested, u: [0.7, 1.011] => [1.7109999999999999, 0.7]);
}

/// An early `return` in a helper's loop.
mod loop_return_in_helper {
    use super::*;
    #[differentiable] fn first_above(a: [f64; 3], l: f64) -> f64 { for x in a { if x > l { return x * 2.0; } } -1.0 }
    #[ode] fn loop_return_in_helper(du: &mut [f64; 3], u: &[f64; 3]) { du[0] = first_above(*u, 0.9); du[1] = first_above([u[2], u[1], u[0]], 1.0); du[2] = first_above(*u, 1e9) * u[2]; }
    meaning_of!(loop_return_in_helper, u: [0.7, 1.011, 1.3439999999999999] => [2.022, 2.6879999999999997, -1.3439999999999999]);
}

/// `break` and `continue` in arms of a match.
mod loop_break_in_match {
    use super::*;
    #[ode] fn loop_break_in_match(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for i in 0..8 { match i { 1 | 2 => continue, 5 => break, _ => s += u[0] * i as f64 } s *= 2.0; } du[0] = s; }
    meaning_of!(loop_break_in_match, u: [0.7] => [13.999999999999998]);
}

/// An arm returns, others go on.
mod loop_return_in_match_some_arms {
    use super::*;
    #[ode] fn loop_return_in_match_some_arms(u: [f64; 2]) -> [f64; 2] { let mut s = 0.0; for k in 0..4 { s += match k { 0 => u[0], 2 if u[1] < 1e9 => return [s, u[1]], _ => 2.0 }; } [s, s] }
    meaning_of!(loop_return_in_match_some_arms, u: [0.7, 1.011] => [2.7, 1.011]);
}

/// Steps of 3, inclusive, past the bound.
mod loop_while_step {
    use super::*;
    #[ode] fn loop_while_step(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = 1; let mut s = 0.0; while k <= 10 { s += u[0] * k as f64; k += 3; } du[0] = s * k as f64; }
    meaning_of!(loop_while_step, u: [0.7] => [200.2]);
}

/// `while k < n && s < l`.
mod loop_while_and_condition {
    use super::*;
    #[ode] fn loop_while_and_condition(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = 0; let mut s = u[0]; while k < 20 && s < 50.0 { s = s * s * 0.5 + 1.5; k += 1; } du[0] = s + k as f64; }
    meaning_of!(loop_while_and_condition, u: [0.7] => [204.6850013951448]);
}

/// An effect in the condition is run once more when it fails.
mod loop_while_effect_before_bound {
    use super::*;
    #[ode] fn loop_while_effect_before_bound(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = 0; let mut s = u[0]; while { s += 1.0; true } && k < 3 { s *= 2.0; k += 1; } du[0] = s; }
    meaning_of!(loop_while_effect_before_bound, u: [0.7] => [20.6]);
}

/// `continue` before the increment repeats the iteration.
mod loop_while_continue_before_increment {
    use super::*;
    #[ode] fn loop_while_continue_before_increment(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = 0; let mut j = 0; let mut s = 0.0; while k < 3 { j += 1; s += u[0] * j as f64; if j % 3 != 0 { continue; } k += 1; } du[0] = s; }
    meaning_of!(loop_while_continue_before_increment, u: [0.7] => [31.499999999999996]);
}

/// The bound changes by `(n, m) = (m, n)` in the body.
mod loop_while_bound_swapped_inside {
    use super::*;
    #[ode] fn loop_while_bound_swapped_inside(du: &mut [f64; 1], u: &[f64; 1]) { let (mut n, mut m) = (2, 6); let mut k = 0; let mut s = 0.0; while k < n { s += u[0] * k as f64; if k == 1 { (n, m) = (m, n); } k += 1; } du[0] = s + m as f64; }
    meaning_of!(loop_while_bound_swapped_inside, u: [0.7] => [12.5]);
}

/// `while i + 1 < u.len()`.
mod loop_while_bound_len {
    use super::*;
    #[ode] fn loop_while_bound_len(du: &mut [f64; 3], u: &[f64; 3]) { let mut i = 0; while i + 1 < u.len() { du[i] = u[i + 1] - u[i]; i += 1; } du[i] = -u[i]; }
    meaning_of!(loop_while_bound_len, u: [0.7, 1.011, 1.3439999999999999] => [0.31099999999999994, 0.33299999999999996, -1.3439999999999999]);
}

/// `while i < u.len()`.
mod loop_while_bound_len_plain {
    use super::*;
    #[ode] fn loop_while_bound_len_plain(du: &mut [f64; 3], u: &[f64; 3]) { let mut i = 0; while i < u.len() { du[i] = u[i] * i as f64; i += 1; } }
    meaning_of!(loop_while_bound_len_plain, u: [0.7, 1.011, 1.3439999999999999] => [0.0, 1.011, 2.6879999999999997]);
}

/// `while k < 100 { k *= 2; }`.
mod loop_while_product {
    use super::*;
    #[ode] fn loop_while_product(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = 1; let mut s = u[0]; while k < 100 { k *= 2; s += k as f64; } du[0] = s; }
    meaning_of!(loop_while_product, u: [0.7] => [254.7]);
}

/// Nested `while` with the inner counter reset.
mod loop_while_nested_same_counter_shape {
    use super::*;
    #[ode] fn loop_while_nested_same_counter_shape(du: &mut [f64; 1], u: &[f64; 1]) { let mut i = 0; let mut s = 0.0; while i < 3 { let mut j = i; while j < 4 { s += u[0] * (i * 4 + j) as f64; j += 2; } i += 1; } du[0] = s; }
    meaning_of!(loop_while_nested_same_counter_shape, u: [0.7] => [16.8]);
}

/// `loop` with a `break`.
mod loop_loop_break {
    use super::*;
    #[ode] fn loop_loop_break(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = 0; let mut s = u[0]; loop { k += 1; s *= 1.5; if k == 4 { break; } } du[0] = s; }
    meaning_of!(loop_loop_break, u: [0.7] => [3.5437499999999997]);
}

/// Outer variable written through an inner scope.
mod loop_variable_after_loop_body_shadow {
    use super::*;
    #[ode] fn loop_variable_after_loop_body_shadow(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = u[0]; for _ in 0..2 { { s += 1.0; let s = 100.0; let _ = s; } s *= 2.0; } du[0] = s; }
    meaning_of!(loop_variable_after_loop_body_shadow, u: [0.7] => [8.8]);
}

/// `let mut (a, b)`-like state of a tuple in a loop.
mod loop_carried_tuple {
    use super::*;
    #[ode] fn loop_carried_tuple(du: &mut [f64; 2], u: &[f64; 2]) { let mut t = (u[0], u[1]); for _ in 0..3 { t = (t.1, t.0 + t.1); t.0 *= 0.5; } du[0] = t.0; du[1] = t.1; }
    meaning_of!(loop_carried_tuple, u: [0.7, 1.011] => [1.10825, 3.072]);
}

/// A flag that flips in the loop.
mod loop_carried_bool {
    use super::*;
    #[ode] fn loop_carried_bool(du: &mut [f64; 1], u: &[f64; 1]) { let mut up = true; let mut s = 0.0; for i in 0..5 { s = if up { s + u[0] } else { s * 0.5 }; up = !up || i == 3; } du[0] = s; }
    meaning_of!(loop_carried_bool, u: [0.7] => [1.2249999999999999]);
}

/// An integer array written in a loop and used as indices.
mod loop_index_array_written {
    use super::*;
    #[ode] fn loop_index_array_written(du: &mut [f64; 3], u: &[f64; 3]) { let mut perm = [0; 3]; for i in 0..3 { perm[i] = (i * 2 + 1) % 3; } for i in 0..3 { du[i] = u[perm[i]]; } }
    meaning_of!(loop_index_array_written, u: [0.7, 1.011, 1.3439999999999999] => [1.011, 0.7, 1.3439999999999999]);
}

/// A loop inside a block value.
mod loop_in_expression_position {
    use super::*;
    #[ode] fn loop_in_expression_position(du: &mut [f64; 1], u: &[f64; 1]) { let y = { let mut a = 1.0; for _ in 0..3 { a *= u[0]; } a }; du[0] = y - 1.0; }
    meaning_of!(loop_in_expression_position, u: [0.7] => [-0.657]);
}

/// `du[i]` reads `du[i - 1]`.
mod loop_du_recurrence {
    use super::*;
    #[ode] fn loop_du_recurrence(du: &mut [f64; 4], u: &[f64; 4]) { du[0] = u[0]; for i in 1..4 { du[i] = du[i - 1] * u[i] + u[0]; } }
    meaning_of!(loop_du_recurrence, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [0.7, 1.4076999999999997, 2.5919487999999995, 5.103721011199999]);
}

/// Bounds by `len` of locals, tables and rows.
mod loop_bounds_from_lengths {
    use super::*;
    #[ode] fn loop_bounds_from_lengths(du: &mut [f64; 2], u: &[f64; 2]) { let m = [[u[0]; 3]; 2]; let mut s = 0.0; for i in 0..m.len() { for j in 0..m[i].len() { s += m[i][j] * (i * m[0].len() + j) as f64; } } du[0] = s; du[1] = u[1] * u.len() as f64; }
    meaning_of!(loop_bounds_from_lengths, u: [0.7, 1.011] => [10.5, 2.022]);
}

/// `break` with the index kept as usize, used as an index.
mod loop_break_then_use_index {
    use super::*;
    #[ode] fn loop_break_then_use_index(du: &mut [f64; 3], u: &[f64; 3]) { let mut k = 0; for i in 0..3 { k = i; if u[i] > 1.0 { break; } } du[0] = u[k]; du[1] = u[2 - k]; du[2] = k as f64 * u[2]; }
    meaning_of!(loop_break_then_use_index, u: [0.7, 1.011, 1.3439999999999999] => [1.011, 1.011, 1.3439999999999999]);
}

/// `return` where all is written on every path.
mod loop_return_before_all_written {
    use super::*;
    #[ode] fn loop_return_before_all_written(du: &mut [f64; 2], u: &[f64; 2]) { for i in 0..2 { du[i] = u[i]; } for i in 0..2 { if u[i] < 0.0 { du[0] = 0.0; return; } du[i] *= 2.0; } du[1] += 1.0; }
    meaning_of!(loop_return_before_all_written, u: [0.7, 1.011] => [1.4, 3.022]);
}

/// Bounds by signed expressions.
mod loop_bounds_i64_computed {
    use super::*;
    #[ode] fn loop_bounds_i64_computed(du: &mut [f64; 1], u: &[f64; 1]) { let n = 2i64; let mut s = 0.0; for k in -n..n * 2 - 1 { s += u[0] * k as f64; } for k in 1 - n..=n - 1 { s = s * u[0] * 0.5 + k as f64; } du[0] = s; }
    meaning_of!(loop_bounds_i64_computed, u: [0.7] => [0.8775000000000001]);
}

/// A row ends before an element that is written after it, and the next row is shorter: what is written last hides what the
/// longer row wrote there.
mod loop_down_rows_then_their_ends {
    use super::*;
    #[ode] fn loop_down_rows_then_their_ends(du: &mut [f64; 3], u: &[f64; 3]) { for k in (0..3).rev() { for i in 0..k { du[i] = u[i] * u[k]; } du[k] = u[k] * u[k]; } }
    meaning_of!(loop_down_rows_then_their_ends, u: [0.5, 1.5, 2.0] => [0.25, 2.25, 4.0]);
}

/// The same where the longer row comes last, and hides the ends.
mod loop_up_rows_then_their_ends {
    use super::*;
    #[ode] fn loop_up_rows_then_their_ends(du: &mut [f64; 3], u: &[f64; 3]) { for k in 0..3 { for i in 0..k { du[i] = u[i] * u[k]; } du[k] = u[k] * u[k]; } }
    meaning_of!(loop_up_rows_then_their_ends, u: [0.5, 1.5, 2.0] => [1.0, 3.0, 4.0]);
}

/// The same over a slice, with one element that keeps what a row wrote.
mod loop_down_rows_of_a_slice {
    use super::*;
    #[ode] fn loop_down_rows_of_a_slice(du: &mut [f64], u: &[f64]) { let n = u.len(); for k in (1..n).rev() { for i in 0..k { du[i] = u[i] * u[k]; } du[k] = u[k] * u[k] + u[0]; } du[0] += u[0]; }
    meaning_of!(loop_down_rows_of_a_slice, u: [0.5, 1.5, 2.0] => [1.25, 2.75, 4.5]);
}
