//! The order in which things are evaluated.

use crate::*;

/// `s -= { s = ..; s }`: the right side of a compound assignment of primitives is evaluated first.
mod order_compound_var_block {
    use super::*;
    #[ode] fn order_compound_var_block(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = u[0]; s -= { s = 3.0 * u[0]; s * s }; du[0] = s; }
    meaning_of!(order_compound_var_block, u: [0.7] => [-2.3099999999999987]);
}

/// Compound assignment to an element whose right side writes the element.
mod order_compound_mem_block {
    use super::*;
    #[ode] fn order_compound_mem_block(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = [u[0], u[1]]; a[0] *= { a[0] = 2.0; u[1] }; du[0] = a[0]; du[1] = a[1]; }
    meaning_of!(order_compound_mem_block, u: [0.7, 1.011] => [2.022, 1.011]);
}

/// Left operand is read before the right one changes the variable.
mod order_binary_left_first {
    use super::*;
    #[ode] fn order_binary_left_first(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = u[0]; let y = s + { s = 2.0; s * 3.0 } + s; du[0] = y; }
    meaning_of!(order_binary_left_first, u: [0.7] => [8.7]);
}

/// Left operand, a struct's field, is read before the right block writes it.
mod order_field_left_first {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn order_field_left_first(du: &mut [f64; 1], u: &[f64; 1]) { let mut q = Q { a: u[0], b: 1.0 }; let y = q.a * { q.a = 4.0; 2.0 } + q.a; du[0] = y + q.b; }
    meaning_of!(order_field_left_first, u: [0.7] => [6.4]);
}

/// Arguments of a helper are evaluated from left to right.
mod order_call_args {
    use super::*;
    #[differentiable] fn h(x: f64, y: f64) -> f64 { x - 2.0 * y }
    #[ode] fn order_call_args(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = u[0]; du[0] = h({ s += 1.0; s }, { s *= 2.0; s }) + s; }
    meaning_of!(order_call_args, u: [0.7] => [-1.6999999999999997]);
}

/// An array inside a literal is copied before the next element writes it.
mod order_array_of_arrays {
    use super::*;
    #[ode] fn order_array_of_arrays(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = [u[0], u[1]]; let m = [a, { a[0] = 9.0; a }]; du[0] = m[0][0]; du[1] = m[1][0]; }
    meaning_of!(order_array_of_arrays, u: [0.7, 1.011] => [0.7, 9.0]);
}

/// Parts of a tuple are evaluated in order.
mod order_tuple {
    use super::*;
    #[ode] fn order_tuple(du: &mut [f64; 2], u: &[f64; 2]) { let mut s = u[0]; let (a, b) = (s, { s = s * u[1]; s }); du[0] = a + s; du[1] = b; }
    meaning_of!(order_tuple, u: [0.7, 1.011] => [1.4076999999999997, 0.7076999999999999]);
}

/// The right side of `a[i] = x` is evaluated before the index.
mod order_index_then_value {
    use super::*;
    #[ode] fn order_index_then_value(du: &mut [f64; 2], u: &[f64; 2]) { let mut i = 0; let mut a = [0.0; 2]; a[i] = { i = 1; u[0] }; a[1 - i] += u[1]; du[0] = a[0]; du[1] = a[1]; }
    meaning_of!(order_index_then_value, u: [0.7, 1.011] => [1.011, 0.7]);
}

/// The index of a read is evaluated where it stands.
mod order_index_of_read {
    use super::*;
    #[ode] fn order_index_of_read(du: &mut [f64; 2], u: &[f64; 2]) { let mut i = 0; let x = u[i] - 2.0 * u[{ i += 1; i }]; du[0] = x; du[1] = u[i]; }
    meaning_of!(order_index_of_read, u: [0.7, 1.011] => [-1.3219999999999998, 1.011]);
}

/// The receiver is read before an argument changes it.
mod order_method_receiver {
    use super::*;
    #[ode] fn order_method_receiver(du: &mut [f64; 1], u: &[f64; 1]) { let mut x = u[0]; let y = x.max({ x = -5.0; x }); du[0] = y + x; }
    meaning_of!(order_method_receiver, u: [0.7] => [-4.3]);
}

/// A condition with an effect.
mod order_if_condition_effect {
    use super::*;
    #[ode] fn order_if_condition_effect(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = u[0]; let y = if { s += 1.0; s > 0.0 } { s } else { -s }; du[0] = y * s; }
    meaning_of!(order_if_condition_effect, u: [0.7] => [2.8899999999999997]);
}

/// The right side of `||` is not run where the left is true.
mod order_short_circuit_or {
    use super::*;
    #[ode] fn order_short_circuit_or(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = u[0]; let b = u[0] < 1e9 || { s = 0.0; true }; du[0] = if b { s } else { 1.0 }; }
    meaning_of!(order_short_circuit_or, u: [0.7] => [0.7]);
}

/// Nested closure calls keep the order of effects.
mod order_nested_calls {
    use super::*;
    #[ode] fn order_nested_calls(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 1.0; let mut g = |x: f64| { s = s * 2.0 + x; s }; let v = g(u[0]) - u[0]; let y = g(v); du[0] = y; }
    meaning_of!(order_nested_calls, u: [0.7] => [7.4]);
}

/// The value of `return` is computed where it stands.
mod order_return_value_effect {
    use super::*;
    #[ode] fn order_return_value_effect(u: [f64; 2]) -> [f64; 2] { let mut s = u[0]; if u[1] > 0.0 { return [s, { s = 2.0; s }]; } s = s * 3.0; [{ s += u[1]; s }, s] }
    meaning_of!(order_return_value_effect, u: [0.7, 1.011] => [0.7, 2.0]);
}

/// `(a[0], a[1]) = (a[1], a[0])` reads both before writing.
mod order_parallel_assign_elements {
    use super::*;
    #[ode] fn order_parallel_assign_elements(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = [u[0], 3.0 * u[1]]; (a[0], a[1]) = (a[1], a[0]); du[0] = a[0]; du[1] = a[1]; }
    meaning_of!(order_parallel_assign_elements, u: [0.7, 1.011] => [3.0329999999999995, 0.7]);
}

/// `[x, y] = [y, x + y]` on variables.
mod order_array_destructure_assign {
    use super::*;
    #[ode] fn order_array_destructure_assign(du: &mut [f64; 2], u: &[f64; 2]) { let (mut x, mut y) = (u[0], u[1]); [x, y] = [y, x + y]; du[0] = x; du[1] = y; }
    meaning_of!(order_array_destructure_assign, u: [0.7, 1.011] => [1.011, 1.7109999999999999]);
}

/// `(a, b, c) = (b, c, a)` on arrays.
mod order_tuple_rotate_arrays {
    use super::*;
    #[ode] fn order_tuple_rotate_arrays(du: &mut [f64; 3], u: &[f64; 3]) { let (mut a, mut b, mut c) = ([u[0]; 2], [u[1]; 2], [u[2]; 2]); (a, b, c) = (b, c, a); du[0] = a[0]; du[1] = b[0]; du[2] = c[0]; }
    meaning_of!(order_tuple_rotate_arrays, u: [0.7, 1.011, 1.3439999999999999] => [1.011, 1.3439999999999999, 0.7]);
}

/// `(m[0], m[1]) = (m[1], m[0])` on rows.
mod order_rows_swap_assign {
    use super::*;
    #[ode] fn order_rows_swap_assign(du: &mut [f64; 2], u: &[f64; 2]) { let mut m = [[u[0], 1.0], [u[1], 2.0]]; (m[0], m[1]) = (m[1], m[0]); du[0] = m[0][0] + m[0][1]; du[1] = m[1][0] + m[1][1]; }
    meaning_of!(order_rows_swap_assign, u: [0.7, 1.011] => [3.011, 1.7]);
}

/// `a = [a[1], a[0] + a[1]]` in a loop.
mod order_assign_from_own_element {
    use super::*;
    #[ode] fn order_assign_from_own_element(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; for _ in 0..4 { a = [a[1], a[0] + a[1]]; } du[0] = a[0]; du[1] = a[1]; }
    meaning_of!(order_assign_from_own_element, u: [0.7, 1.011] => [4.433, 7.154999999999999]);
}

/// `a = array::from_fn(|i| a[1 - i])` reads the old array throughout.
mod order_assign_from_fn_of_self {
    use super::*;
    #[ode] fn order_assign_from_fn_of_self(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; a = std::array::from_fn(|i| a[1 - i] * 2.0); du[0] = a[0]; du[1] = a[1]; }
    meaning_of!(order_assign_from_fn_of_self, u: [0.7, 1.011] => [2.022, 1.4]);
}

/// `a = match k { 0 => a, _ => [a[1], a[0]] }` in a loop.
mod order_assign_match_of_self {
    use super::*;
    #[ode] fn order_assign_match_of_self(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; for k in 0..3 { a = match k { 0 => a, 1 => [a[1], 2.0 * a[0]], _ => [a[0] + a[1], a[0]] }; } du[0] = a[0]; du[1] = a[1]; }
    meaning_of!(order_assign_match_of_self, u: [0.7, 1.011] => [2.4109999999999996, 1.011]);
}

/// `m[0] = [m[0][1], m[1][0]]`.
mod order_assign_row_from_own_matrix {
    use super::*;
    #[ode] fn order_assign_row_from_own_matrix(du: &mut [f64; 2], u: &[f64; 2]) { let mut m = [[u[0], u[1]], [2.0, 3.0]]; m[0] = [m[0][1], m[0][0] * m[1][0]]; du[0] = m[0][0]; du[1] = m[0][1]; }
    meaning_of!(order_assign_row_from_own_matrix, u: [0.7, 1.011] => [1.011, 1.4]);
}

/// `let b = a; a.copy_from_slice(&[..a..])`.
mod order_copy_from_slice_overlap {
    use super::*;
    #[ode] fn order_copy_from_slice_overlap(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; let b = a; a.copy_from_slice(&[b[1], b[0] + b[1]]); du[0] = a[0]; du[1] = a[1] + b[1]; }
    meaning_of!(order_copy_from_slice_overlap, u: [0.7, 1.011] => [1.011, 2.7219999999999995]);
}

/// `du.swap` after both were written.
mod order_du_swap {
    use super::*;
    #[ode] fn order_du_swap(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = u[0] * u[0]; du[1] = 3.0 * u[1]; du.swap(0, 1); du[0] += 1.0; }
    meaning_of!(order_du_swap, u: [0.7, 1.011] => [4.0329999999999995, 0.48999999999999994]);
}

/// `*du = [du[1], du[0]]`.
mod order_du_assign_from_du {
    use super::*;
    #[ode] fn order_du_assign_from_du(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = u[0]; du[1] = 4.0 * u[1]; *du = [du[1], du[0]]; }
    meaning_of!(order_du_assign_from_du, u: [0.7, 1.011] => [4.044, 0.7]);
}

/// A field handed to a closure that changes the struct.
mod order_field_into_closure_arg {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn order_field_into_closure_arg(du: &mut [f64; 1], u: &[f64; 1]) { let mut q = Q { a: u[0], b: 1.0 }; let x = q.a; let mut g = |x: f64| { q.a = 9.0; x + q.b }; let y = g(x); du[0] = y * q.a; }
    meaning_of!(order_field_into_closure_arg, u: [0.7] => [15.299999999999999]);
}

/// `let a = q.a; q.a = q.b; q.b = a;`.
mod order_field_swap_by_let {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn order_field_swap_by_let(du: &mut [f64; 2], u: &[f64; 2]) { let mut q = Q { a: u[0], b: 3.0 * u[1] }; let a = q.a; q.a = q.b; q.b = a; du[0] = q.a; du[1] = q.b; }
    meaning_of!(order_field_swap_by_let, u: [0.7, 1.011] => [3.0329999999999995, 0.7]);
}

/// A field of a local struct as the value of a block that then writes.
mod order_field_return_then_write {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn order_field_return_then_write(du: &mut [f64; 1], u: &[f64; 1]) { let mut q = Q { a: u[0], b: 2.0 }; let x = { let y = q.a; q.a = 7.0; y }; du[0] = x * q.a + q.b; }
    meaning_of!(order_field_return_then_write, u: [0.7] => [6.8999999999999995]);
}

/// Fields as scalar arguments of a helper, changed in a later one.
mod order_field_helper_args {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[differentiable] fn h(x: f64, y: f64) -> f64 { x - 2.0 * y }
    #[ode] fn order_field_helper_args(du: &mut [f64; 1], u: &[f64; 1]) { let mut q = Q { a: u[0], b: 2.0 }; du[0] = h(q.a, { q.a = 9.0; q.b }) + q.a; }
    meaning_of!(order_field_helper_args, u: [0.7] => [5.7]);
}

/// Elements as scalar arguments of a helper, changed in a later one.
mod order_element_helper_args {
    use super::*;
    #[differentiable] fn h(x: f64, y: f64) -> f64 { x - 2.0 * y }
    #[ode] fn order_element_helper_args(du: &mut [f64; 1], u: &[f64; 1]) { let mut a = [u[0], 2.0]; du[0] = h(a[0], { a[0] = 9.0; a[1] }) + a[0]; }
    meaning_of!(order_element_helper_args, u: [0.7] => [5.7]);
}

/// An array field, changed while the next field is computed.
mod order_struct_literal_array_then_write {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { w: [f64; 2], k: f64 }
    #[ode] fn order_struct_literal_array_then_write(du: &mut [f64; 1], u: &[f64; 1]) { let mut a = [u[0], 2.0]; let q = Q { w: a, k: { a[0] = 9.0; a[0] } }; du[0] = q.w[0] * q.k; }
    meaning_of!(order_struct_literal_array_then_write, u: [0.7] => [6.3]);
}

/// `s = Q { w: s.v, v: s.w }` on array fields.
mod order_struct_from_own_arrays {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { w: [f64; 2], v: [f64; 2] }
    #[ode] fn order_struct_from_own_arrays(du: &mut Q, u: &Q) { let mut s = *u; s = Q { w: s.v, v: s.w }; du.w = s.w; du.v = [s.v[1], s.v[0]]; }
    meaning_of!(order_struct_from_own_arrays, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [1.3439999999999999, 1.6989999999999998, 1.011, 0.7]);
}

/// `(s.w, s.v) = (s.v, s.w)` on array fields.
mod order_swap_fields_tuple_assign {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { w: [f64; 2], v: [f64; 2] }
    #[ode] fn order_swap_fields_tuple_assign(du: &mut Q, u: &Q) { let mut s = *u; (s.w, s.v) = (s.v, s.w); du.w = s.w; du.v = s.v; }
    meaning_of!(order_swap_fields_tuple_assign, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [1.3439999999999999, 1.6989999999999998, 0.7, 1.011]);
}

/// Fibonacci by `(a, b) = (b, a + b)`.
mod order_swap_scalars_loop {
    use super::*;
    #[ode] fn order_swap_scalars_loop(du: &mut [f64; 2], u: &[f64; 2]) { let (mut a, mut b) = (u[0], u[1]); for _ in 0..6 { (a, b) = (b, a + b); } du[0] = a; du[1] = b; }
    meaning_of!(order_swap_scalars_loop, u: [0.7, 1.011] => [11.588, 18.743]);
}

/// `(i, a[i]) = (1, x)`: the index on the left is read in turn.
mod order_swap_index_and_element {
    use super::*;
    #[ode] fn order_swap_index_and_element(du: &mut [f64; 2], u: &[f64; 2]) { let mut i = 0; let mut a = [0.0; 2]; (i, a[i]) = (1, u[0]); du[0] = a[0] + u[1]; du[1] = a[1] + i as f64; }
    meaning_of!(order_swap_index_and_element, u: [0.7, 1.011] => [1.011, 1.7]);
}

/// `Q { a: x, b: y } = q`.
mod order_struct_destructure_assign {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn order_struct_destructure_assign(du: &mut Q, u: &Q) { let (x, y); Q { a: x, b: y } = *u; du.a = y; du.b = x * y; }
    meaning_of!(order_struct_destructure_assign, u: [0.7, 1.011] => [1.011, 0.7076999999999999]);
}

/// A transposition in place by swaps of elements.
mod order_matrix_transpose_in_place {
    use super::*;
    #[ode] fn order_matrix_transpose_in_place(du: &mut [[f64; 2]; 2], u: &[[f64; 2]; 2]) { let mut m = *u; (m[0][1], m[1][0]) = (m[1][0], m[0][1]); let t = m; m = [[t[0][0], t[1][0] * 2.0], [t[0][1], t[1][1]]]; *du = m; }
    meaning_of!(order_matrix_transpose_in_place, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [0.7, 2.022, 1.3439999999999999, 1.6989999999999998]);
}

/// `while k < n && a[k] < l`.
mod order_while_condition_reads_array {
    use super::*;
    #[ode] fn order_while_condition_reads_array(du: &mut [f64; 3], u: &[f64; 3]) { let mut k = 0; let mut s = 0.0; while k < 3 && u[k] < 1.2 { s += u[k]; k += 1; } du[0] = s; du[1] = k as f64 * u[1]; du[2] = u[2]; }
    meaning_of!(order_while_condition_reads_array, u: [0.7, 1.011, 1.3439999999999999] => [1.7109999999999999, 2.022, 1.3439999999999999]);
}

/// A helper's result is computed before the right operand writes its array.
mod order_helper_call_then_write {
    use super::*;
    #[differentiable] fn tot(a: &[f64; 2]) -> f64 { a[0] * 2.0 + a[1] }
    #[ode] fn order_helper_call_then_write(du: &mut [f64; 1], u: &[f64; 1]) { let mut a = [u[0], 2.0]; du[0] = tot(&a) + { a[0] = 9.0; a[0] }; }
    meaning_of!(order_helper_call_then_write, u: [0.7] => [12.4]);
}

/// Helpers' results in a tuple with a write between them.
mod order_helper_call_in_tuple {
    use super::*;
    #[differentiable] fn tot(a: &[f64; 2]) -> f64 { a[0] * 2.0 + a[1] }
    #[ode] fn order_helper_call_in_tuple(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; let (x, y) = (tot(&a), { a[0] = 9.0; tot(&a) }); du[0] = x; du[1] = y * u[1]; }
    meaning_of!(order_helper_call_in_tuple, u: [0.7, 1.011] => [2.4109999999999996, 19.220121]);
}

/// A helper's result as the value of a block, then a write.
mod order_helper_call_block_value {
    use super::*;
    #[differentiable] fn tot(a: &[f64; 2]) -> f64 { a[0] * 2.0 + a[1] }
    #[ode] fn order_helper_call_block_value(du: &mut [f64; 1], u: &[f64; 1]) { let mut a = [u[0], 2.0]; let y = { tot(&a) } * { a[1] = 50.0; a[1] }; du[0] = y + a[0]; }
    meaning_of!(order_helper_call_block_value, u: [0.7] => [170.7]);
}

/// A closure that calls a helper on an array, then the array changes.
mod order_helper_call_in_closure {
    use super::*;
    #[differentiable] fn tot(a: &[f64; 2]) -> f64 { a[0] * 2.0 + a[1] }
    #[ode] fn order_helper_call_in_closure(du: &mut [f64; 1], u: &[f64; 1]) { let mut a = [u[0], 2.0]; let g = |b: &[f64; 2]| tot(b); let y = g(&a); a[1] = 50.0; du[0] = y + a[1]; }
    meaning_of!(order_helper_call_in_closure, u: [0.7] => [53.4]);
}

/// A helper's array result kept while its argument changes.
mod order_helper_array_result_then_write {
    use super::*;
    #[differentiable] fn rot(a: &[f64; 2]) -> [f64; 2] { [-a[1], a[0]] }
    #[ode] fn order_helper_array_result_then_write(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; let b = rot(&a); a[0] = 9.0; let c = [rot(&a), { a[1] = 7.0; rot(&a) }]; du[0] = b[1] + c[0][0]; du[1] = c[1][0] * c[0][1]; }
    meaning_of!(order_helper_array_result_then_write, u: [0.7, 1.011] => [-0.31099999999999994, -63.0]);
}

/// A helper's result chosen by an `if`, then a write.
mod order_helper_if_value {
    use super::*;
    #[differentiable] fn tot(a: &[f64; 2]) -> f64 { a[0] * 2.0 + a[1] }
    #[ode] fn order_helper_if_value(du: &mut [f64; 1], u: &[f64; 1]) { let mut a = [u[0], 2.0]; let y = if u[0] < 1e9 { tot(&a) } else { 0.0 } + { a[1] = 50.0; 1.0 }; du[0] = y + a[1]; }
    meaning_of!(order_helper_if_value, u: [0.7] => [54.4]);
}

/// `m[0][1] *= { m[0][1] = 3.0; m[0][0] }`.
mod compound_nested_memory {
    use super::*;
    #[ode] fn compound_nested_memory(du: &mut [f64; 2], u: &[f64; 2]) { let mut m = [[u[0], u[1]], [1.0, 2.0]]; m[0][1] *= { m[0][1] = 3.0; m[0][0] }; m[1][0] /= { m[1][0] = 5.0; m[1][1] }; du[0] = m[0][1]; du[1] = m[1][0] * u[1]; }
    meaning_of!(compound_nested_memory, u: [0.7, 1.011] => [2.0999999999999996, 2.5275]);
}

/// `du[0] += g()` where `g` writes what is added to.
mod compound_du_from_closure {
    use super::*;
    #[ode] fn compound_du_from_closure(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = u[0]; du[1] = u[1]; let mut s = 1.0; s += { let mut g = || { s = 5.0; 2.0 }; g() }; du[0] += s; du[1] -= { du[1] = 1.0; s }; }
    meaning_of!(compound_du_from_closure, u: [0.7, 1.011] => [7.7, -6.0]);
}

/// `k += { k = 5; 2 }` on an integer.
mod compound_int_block {
    use super::*;
    #[ode] fn compound_int_block(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = 1; k += { k = 5; 2 }; k *= { k += 1; k }; du[0] = u[0] * k as f64; }
    meaning_of!(compound_int_block, u: [0.7] => [44.8]);
}
