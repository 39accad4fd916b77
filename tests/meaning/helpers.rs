//! `#[differentiable]` functions.

use crate::*;

/// A helper of matrices, by value and reference.
mod helper_matrix_args {
    use super::*;
    #[differentiable] fn mv(m: &[[f64; 2]; 2], v: [f64; 2]) -> [f64; 2] { [m[0][0] * v[0] + m[0][1] * v[1], m[1][0] * v[0] + m[1][1] * v[1]] }
    #[differentiable] fn mm(a: [[f64; 2]; 2], b: &[[f64; 2]; 2]) -> [[f64; 2]; 2] { let mut c = [[0.0; 2]; 2]; for i in 0..2 { for j in 0..2 { for k in 0..2 { c[i][j] += a[i][k] * b[k][j]; } } } c }
    #[ode] fn helper_matrix_args(du: &mut [f64; 2], u: &[f64; 2]) { let mut m = [[u[0], 1.0], [2.0, u[1]]]; m = mm(m, &m); let v = mv(&m, *u); let w = mv(&m, v); du[0] = w[0]; du[1] = w[1]; }
    meaning_of!(helper_matrix_args, u: [0.7, 1.011] => [17.973582060340995, 28.356862812766042]);
}

/// Helpers that call helpers, in a loop with state.
mod helper_calls_helper_in_loop {
    use super::*;
    #[differentiable] fn sq(x: f64) -> f64 { x * x }
    #[differentiable] fn step(x: f64, k: i32) -> f64 { sq(x) * 0.1 + sq(k as f64) }
    #[ode] fn helper_calls_helper_in_loop(du: &mut [f64; 1], u: &[f64; 1]) { let mut x = u[0]; for k in 0..3 { x = step(x, k) - step(x, -k - 1); } du[0] = x; }
    meaning_of!(helper_calls_helper_in_loop, u: [0.7] => [-5.0]);
}

/// A helper's result compared and matched.
mod helper_result_in_condition {
    use super::*;
    #[differentiable] fn s(x: f64) -> f64 { x - 1.0 }
    #[ode] fn helper_result_in_condition(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = if s(u[0]) > 0.0 { s(u[1]) } else { u[0] }; let k = match s(u[1]) > 0.2 { true => 2, false => 1 }; du[1] = u[1].powi(k); }
    meaning_of!(helper_result_in_condition, u: [0.7, 1.011] => [0.7, 1.011]);
}

/// A helper that shadows and changes its arguments.
mod helper_shadows_args {
    use super::*;
    #[differentiable] fn h(x: f64, a: &[f64; 2]) -> f64 { let x = x + a[0]; let a = [x, a[1]]; let x = { let a = a[0] * 2.0; a - x * a }; x * a[1] }
    #[ode] fn helper_shadows_args(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = h(u[0], u); du[1] = h(2.0, &[u[1], u[0]]); }
    meaning_of!(helper_shadows_args, u: [0.7, 1.011] => [-1.1323199999999995, -8.477169400000001]);
}

/// A block with an effect as an array argument.
mod helper_arg_is_block_with_effect {
    use super::*;
    #[differentiable] fn h(a: [f64; 2], b: [f64; 2]) -> f64 { a[0] * b[0] - a[1] * b[1] }
    #[ode] fn helper_arg_is_block_with_effect(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; du[0] = h({ a[0] += 1.0; a }, { a[0] *= 2.0; a }); du[1] = a[0]; }
    meaning_of!(helper_arg_is_block_with_effect, u: [0.7, 1.011] => [4.757878999999999, 3.4]);
}

/// A helper whose const generic is named like the model's argument.
mod helper_const_generic_shadow {
    use super::*;
    #[differentiable] fn tail<const N: usize>(a: [f64; N]) -> f64 { let mut s = 0.0; for i in 1..N { s += a[i] * a[i - 1]; } s }
    #[ode] fn helper_const_generic_shadow<const N: usize>(du: &mut [f64; N], u: &[f64; N]) { let s = tail(*u); for i in 0..N { du[i] = s * u[i]; } du[0] += tail([u[0], 2.0]); }
    meaning_of!(helper_const_generic_shadow::<3>, u: [0.7, 1.011, 1.3439999999999999] => [2.8465387999999994, 2.0892153239999995, 2.777354495999999]);
}

/// Two rows of one matrix, by computed indices that may be the same.
mod helper_two_rows_dynamic {
    use super::*;
    #[differentiable] fn dot(a: &[f64; 2], b: &[f64; 2]) -> f64 { a[0] * b[0] + a[1] * b[1] }
    #[ode] fn helper_two_rows_dynamic(du: &mut [[f64; 2]; 2], u: &[[f64; 2]; 2]) { let mut m = [[0.0; 2]; 2]; for i in 0..2 { m[i] = [u[i][1], u[i][0] * 0.5]; } for i in 0..2 { for j in 0..2 { du[i][j] = dot(&m[i], &m[j]) + dot(&u[i], &m[j]); } } }
    meaning_of!(helper_two_rows_dynamic, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [2.2061709999999994, 3.8215809999999992, 3.906322999999999, 6.763368999999999]);
}

/// `m[i] = h(&m[i], &m[j])`.
mod helper_row_ref_into_own_row {
    use super::*;
    #[differentiable] fn mix(a: &[f64; 2], b: &[f64; 2]) -> [f64; 2] { [a[0] * b[1], a[1] + b[0]] }
    #[ode] fn helper_row_ref_into_own_row(du: &mut [[f64; 2]; 2], u: &[[f64; 2]; 2]) { let mut m = *u; for i in 0..2 { m[i] = mix(&m[i], &m[1 - i]); } *du = m; }
    meaning_of!(helper_row_ref_into_own_row, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [1.1892999999999998, 2.3549999999999995, 3.165119999999999, 2.8882999999999996]);
}

/// A row of an iterator given to a helper.
mod helper_row_of_iter {
    use super::*;
    #[differentiable] fn n2(a: &[f64; 2]) -> f64 { a[0] * a[0] + a[1] }
    #[ode] fn helper_row_of_iter(du: &mut [[f64; 2]; 2], u: &[[f64; 2]; 2]) { for (d, row) in du.iter_mut().zip(u) { *d = [n2(row), row[0]]; } for row in u { du[0][0] += n2(row); } }
    meaning_of!(helper_row_of_iter, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [6.507336, 0.7, 3.505336, 1.3439999999999999]);
}

/// A helper that gives back its array, changed by the caller.
mod helper_returns_arg {
    use super::*;
    #[differentiable] fn same(a: [f64; 2]) -> [f64; 2] { a }
    #[differentiable] fn pick(a: &[f64; 2], b: &[f64; 2], first: bool) -> [f64; 2] { if first { *a } else { *b } }
    #[ode] fn helper_returns_arg(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; let b = same(a); a[0] = 9.0; let c = pick(&a, &b, u[0] > 1.0); du[0] = b[0] + c[0]; du[1] = c[1] * a[1]; }
    meaning_of!(helper_returns_arg, u: [0.7, 1.011] => [1.4, 1.0221209999999998]);
}

/// A helper that changes an array in a loop, called with its own result.
mod helper_loop_carries_array {
    use super::*;
    #[differentiable] fn step(a: [f64; 3], n: usize) -> [f64; 3] { let mut b = a; for k in 0..n { for i in 0..3 { b[i] = b[(i + 1) % 3] * 0.5 + k as f64; } } b }
    #[ode] fn helper_loop_carries_array(du: &mut [f64; 3], u: &[f64; 3]) { let mut a = *u; for _ in 0..2 { a = step(a, 2); } *du = a; }
    meaning_of!(helper_loop_carries_array, u: [0.7, 1.011, 1.3439999999999999] => [1.417, 1.140796875, 1.7085]);
}

/// A struct result's entries all count for the pattern.
mod helper_struct_result_pattern {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, w: [f64; 2] }
    #[differentiable] fn mk(x: f64, y: f64) -> Q { Q { a: x * y, w: [y, x] } }
    #[ode] fn helper_struct_result_pattern(du: &mut [f64; 3], u: &[f64; 3]) { let q = mk(u[0], u[1]); du[0] = q.a; du[1] = q.w[0] * u[2]; du[2] = q.w[1]; }
    meaning_of!(helper_struct_result_pattern, u: [0.7, 1.011, 1.3439999999999999] => [0.7076999999999999, 1.3587839999999998, 0.7]);
}

/// An integer array as a helper's argument.
mod helper_int_array_arg {
    use super::*;
    #[differentiable] fn h(x: f64, k: [i32; 2]) -> f64 { x * k[0] as f64 + k[1] as f64 }
    #[ode] fn helper_int_array_arg(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = h(u[0], [-1, 3]); }
    meaning_of!(helper_int_array_arg, u: [0.7] => [2.3]);
}

/// A helper's result thrown away.
mod helper_unit_statement {
    use super::*;
    #[differentiable] fn sq(x: f64) -> f64 { x * x }
    #[ode] fn helper_unit_statement(du: &mut [f64; 1], u: &[f64; 1]) { let _ = sq(u[0]); sq(2.0); du[0] = u[0]; }
    meaning_of!(helper_unit_statement, u: [0.7] => [0.7]);
}

/// An array result that is only handed to the next helper.
mod helper_result_handed_on {
    use super::*;
    #[differentiable] fn rot(a: [f64; 2]) -> [f64; 2] { [-a[1], a[0] * 2.0] }
    #[ode] fn helper_result_handed_on(du: &mut [f64; 2], u: &[f64; 2]) { let v = rot(*u); let w = rot(v); du[0] = w[0]; du[1] = w[1]; }
    meaning_of!(helper_result_handed_on, u: [0.7, 1.011] => [-1.4, -2.022]);
}

/// A helper's number in an array literal for a field.
mod helper_result_into_field_literal {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { w: [f64; 2], v: [f64; 2] }
    #[differentiable] fn dot(a: &[f64; 2], b: &[f64; 2]) -> f64 { a[0] * b[0] + a[1] * b[1] }
    #[ode] fn helper_result_into_field_literal(du: &mut Q, u: &Q) { du.w = [dot(&u.w, &u.v), 1.0]; du.v = u.v; }
    meaning_of!(helper_result_into_field_literal, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [2.6584889999999994, 1.0, 1.3439999999999999, 1.6989999999999998]);
}

/// A helper's number and array for fields.
mod helper_result_into_field {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, w: [f64; 2] }
    #[differentiable] fn dot(a: &[f64; 2], b: &[f64; 2]) -> f64 { a[0] * b[0] + a[1] * b[1] }
    #[differentiable] fn rot(a: &[f64; 2]) -> [f64; 2] { [-a[1], a[0]] }
    #[ode] fn helper_result_into_field(du: &mut Q, u: &Q) { du.a = dot(&u.w, &u.w) * u.a; du.w = rot(&u.w); du.w[0] += dot(&u.w, &du.w); }
    meaning_of!(helper_result_into_field, u: [0.7, 1.011, 1.3439999999999999] => [1.9799198999999994, -1.3439999999999999, 1.011]);
}

/// What a helper of integers returns does not move, until it is written.
mod helper_of_integers_written {
    use super::*;
    #[differentiable] fn start(n: i32) -> [f64; 2] { [n as f64, 1.5] }
    #[ode] fn helper_of_integers_written(u: [f64; 2]) -> [f64; 2] { let mut g = start(1); g[0] = (g[0] * u[1]).sin() * g[1]; g[1] += u[0]; g }
    meaning_of!(helper_of_integers_written, u: [0.7, 1.011] => [1.2710449227522884, 2.2]);
}
