//! Closures, and what they capture.

use crate::*;

/// `move` copies a scalar that changes later.
mod closure_by_copy_move {
    use super::*;
    #[ode] fn closure_by_copy_move(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = u[0]; let g = move |x: f64| x * k; k += 10.0; du[0] = g(2.0) + k; }
    meaning_of!(closure_by_copy_move, u: [0.7] => [12.1]);
}

/// A `move` closure keeps its own copy of a counter.
mod closure_move_mut_state {
    use super::*;
    #[ode] fn closure_move_mut_state(du: &mut [f64; 1], u: &[f64; 1]) { let mut c = u[0]; let mut next = move || { c += 1.0; c }; let a = next(); let b = next(); c *= 2.0; du[0] = a * b + c; }
    meaning_of!(closure_move_mut_state, u: [0.7] => [5.99]);
}

/// A closure counts in a captured variable.
mod closure_mut_capture {
    use super::*;
    #[ode] fn closure_mut_capture(du: &mut [f64; 1], u: &[f64; 1]) { let mut c = u[0]; let mut next = || { c += 1.0; c }; let a = next(); let b = next(); du[0] = a * b + c; }
    meaning_of!(closure_mut_capture, u: [0.7] => [7.29]);
}

/// A closure writes `du`.
mod closure_mut_capture_du {
    use super::*;
    #[ode] fn closure_mut_capture_du(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = 0.0; du[1] = 0.0; let mut add = |i: usize, x: f64| du[i] += x; for i in 0..2 { add(i, u[i]); add(1 - i, 2.0 * u[i]); } }
    meaning_of!(closure_mut_capture_du, u: [0.7, 1.011] => [2.7219999999999995, 2.4109999999999996]);
}

/// A closure defined before a loop over a variable that is fixed.
mod closure_over_mut_seen_at_call {
    use super::*;
    #[ode] fn closure_over_mut_seen_at_call(du: &mut [f64; 1], u: &[f64; 1]) { let k = u[0]; let g = |i: usize| k * (i + 1) as f64; let mut s = 0.0; for i in 0..4 { s += g(i) * g(3 - i); } du[0] = s; }
    meaning_of!(closure_over_mut_seen_at_call, u: [0.7] => [9.799999999999999]);
}

/// A closure defined within a closure.
mod closure_nested_definition {
    use super::*;
    #[ode] fn closure_nested_definition(du: &mut [f64; 1], u: &[f64; 1]) { let g = |x: f64| { let k = x * 2.0; let h = |y: f64| y * k + x; h(1.0) + h(k) }; du[0] = g(u[0]) - g(0.5); }
    meaning_of!(closure_nested_definition, u: [0.7] => [1.7599999999999998]);
}

/// A closure that returns an array.
mod closure_returns_array {
    use super::*;
    #[ode] fn closure_returns_array(du: &mut [f64; 2], u: &[f64; 2]) { let g = |x: f64| [x, x * x]; let a = g(u[0]); let b = g(a[1]); du[0] = a[0] * b[1]; du[1] = g(u[1])[1]; }
    meaning_of!(closure_returns_array, u: [0.7, 1.011] => [0.16806999999999994, 1.0221209999999998]);
}

/// A closure with integers as the index.
mod closure_integer_result {
    use super::*;
    #[ode] fn closure_integer_result(du: &mut [f64; 3], u: &[f64; 3]) { let at = |i: usize, j: usize| (i * 2 + j) % 3; for i in 0..3 { du[i] = u[at(i, 1)] * u[at(i, 2)]; } }
    meaning_of!(closure_integer_result, u: [0.7, 1.011, 1.3439999999999999] => [1.3587839999999998, 0.7076999999999999, 0.9407999999999999]);
}

/// `(|x| x * x)(y)`.
mod closure_immediately_called {
    use super::*;
    #[ode] fn closure_immediately_called(du: &mut [f64; 1], u: &[f64; 1]) { let k = 2.0; du[0] = (|x: f64| x * x + k)(u[0]) + (|| u[0] * 3.0)(); }
    meaning_of!(closure_immediately_called, u: [0.7] => [4.59]);
}

/// A closure body with its own shadows and a loop.
mod closure_block_with_early_shadow {
    use super::*;
    #[ode] fn closure_block_with_early_shadow(du: &mut [f64; 1], u: &[f64; 1]) { let x = 10.0; let g = |n: usize| { let mut x = u[0]; for _ in 0..n { x = x * 0.5 + 1.0; } x }; du[0] = g(3) + g(0) * x; }
    meaning_of!(closure_block_with_early_shadow, u: [0.7] => [8.8375]);
}

/// Closures called in match arms, with effects.
mod closure_captures_in_match {
    use super::*;
    #[ode] fn closure_captures_in_match(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = u[0]; let mut add = |x: f64| { s += x; s }; let mut r = 0.0; for k in 0..3 { r += match k { 0 => add(1.0), 1 => 2.0, _ => add(3.0) * 2.0 }; } du[0] = r; }
    meaning_of!(closure_captures_in_match, u: [0.7] => [13.100000000000001]);
}

/// `|_, x|` and unused captures.
mod closure_underscore_params {
    use super::*;
    #[ode] fn closure_underscore_params(du: &mut [f64; 1], u: &[f64; 1]) { let g = |_: f64, x: f64, _k: usize| x * 2.0; du[0] = g(1.0, u[0], 3); }
    meaning_of!(closure_underscore_params, u: [0.7] => [1.4]);
}

/// Closures over the loop variable, called inside an inner loop.
mod closure_capture_loop_var_by_ref {
    use super::*;
    #[ode] fn closure_capture_loop_var_by_ref(du: &mut [f64; 3], u: &[f64; 3]) { for i in 0..3 { let row = |j: usize| u[(i + j) % 3] * (i + 1) as f64; let mut s = 0.0; for j in 0..3 { s += row(j) * (j + 1) as f64; } du[i] = s; } }
    meaning_of!(closure_capture_loop_var_by_ref, u: [0.7, 1.011, 1.3439999999999999] => [6.754, 11.597999999999999, 17.330999999999996]);
}

/// A closure that changes what an outer closure captured.
mod closure_in_closure_mut {
    use super::*;
    #[ode] fn closure_in_closure_mut(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = u[0]; let mut outer = |x: f64| { let mut inner = |y: f64| { s += y; s }; inner(x) + inner(2.0 * x) }; let a = outer(1.0); let b = outer(a); du[0] = b + s; }
    meaning_of!(closure_in_closure_mut, u: [0.7] => [48.900000000000006]);
}

/// A closure used with a literal and with a variable.
mod closure_generic_use_twice_kinds {
    use super::*;
    #[ode] fn closure_generic_use_twice_kinds(du: &mut [f64; 1], u: &[f64; 1]) { let sq = |x| x * x; du[0] = sq(2.0) + sq(u[0]) + sq(sq(0.5)); }
    meaning_of!(closure_generic_use_twice_kinds, u: [0.7] => [4.5525]);
}

/// The value of a closure is a captured field that changes.
mod closure_value_field_then_write {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn closure_value_field_then_write(du: &mut [f64; 1], u: &[f64; 1]) { let mut q = Q { a: u[0], b: 2.0 }; let get = |q: &Q| q.a; let y = get(&q); q.a = 50.0; du[0] = y + q.a * q.b; }
    meaning_of!(closure_value_field_then_write, u: [0.7] => [100.7]);
}

/// The value of a closure is a row that changes.
mod closure_value_row_then_write {
    use super::*;
    #[ode] fn closure_value_row_then_write(du: &mut [f64; 2], u: &[f64; 2]) { let mut m = [[u[0], 1.0], [u[1], 2.0]]; let row = |m: &[[f64; 2]; 2], i: usize| m[i]; let r = row(&m, 0); m[0][0] = 50.0; du[0] = r[0]; du[1] = m[0][0] * m[1][0]; }
    meaning_of!(closure_value_row_then_write, u: [0.7, 1.011] => [0.7, 50.55]);
}

/// A closure with a match and nested ifs as its value.
mod closure_with_match_and_early_value {
    use super::*;
    #[ode] fn closure_with_match_and_early_value(du: &mut [f64; 3], u: &[f64; 3]) { let g = |i: usize, x: f64| match i { 0 => if x > 1.0 { x } else { -x }, 1 => { let y = x * x; y + 1.0 } _ => 0.5 * x }; for i in 0..3 { du[i] = g(i, u[i]); } }
    meaning_of!(closure_with_match_and_early_value, u: [0.7, 1.011, 1.3439999999999999] => [-0.7, 2.022121, 0.6719999999999999]);
}

/// A closure that a block gives.
mod closure_returned_from_block {
    use super::*;
    #[ode] fn closure_returned_from_block(du: &mut [f64; 1], u: &[f64; 1]) { let g = { let k = u[0] * 2.0; move |x: f64| x * k }; let k = 50.0; du[0] = g(3.0) + k; }
    meaning_of!(closure_returned_from_block, u: [0.7] => [54.2]);
}

/// `|[a, b]: [f64; 2]|`, `|&[a, b]: &[f64; 2]|`.
mod closure_args_by_pattern_array {
    use super::*;
    #[ode] fn closure_args_by_pattern_array(du: &mut [f64; 2], u: &[f64; 2]) { let g = |[a, b]: [f64; 2]| a * b + a; let h = |&[a, b]: &[f64; 2]| a - b * b; du[0] = g(*u) + g([u[1], 2.0]); du[1] = h(u); }
    meaning_of!(closure_args_by_pattern_array, u: [0.7, 1.011] => [4.4407, -0.3221209999999999]);
}

/// A scalar given by value is a copy although the closure writes its source.
mod closure_arg_scalar_then_captured_changes {
    use super::*;
    #[ode] fn closure_arg_scalar_then_captured_changes(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = u[0]; let c = s; let mut g = |x: f64| { s = 100.0; x + s }; let y = g(c); du[0] = y + s; }
    meaning_of!(closure_arg_scalar_then_captured_changes, u: [0.7] => [200.7]);
}

/// `move` copies a struct that changes.
mod move_struct_capture {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn move_struct_capture(du: &mut Q, u: &Q) { let mut q = *u; let g = move |x: f64| x * q.a + q.b; q.a = 100.0; du.a = g(2.0); du.b = q.a * q.b; }
    meaning_of!(move_struct_capture, u: [0.7, 1.011] => [2.4109999999999996, 101.1]);
}
