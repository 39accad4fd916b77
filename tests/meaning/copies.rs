//! Values, copies, places.

use crate::*;

/// `let mut b = a` written, `a` stays.
mod copy_let_mut_of_copy {
    use super::*;
    #[ode] fn copy_let_mut_of_copy(du: &mut [f64; 2], u: &[f64; 2]) { let a = [u[0], u[1]]; let mut b = a; b[0] = 9.0; du[0] = a[0]; du[1] = b[0] * b[1]; }
    meaning_of!(copy_let_mut_of_copy, u: [0.7, 1.011] => [0.7, 9.098999999999998]);
}

/// `m[0] = m[1]` then `m[1]` changes.
mod copy_row_of_row {
    use super::*;
    #[ode] fn copy_row_of_row(du: &mut [f64; 2], u: &[f64; 2]) { let mut m = [[u[0], 1.0], [u[1], 2.0]]; m[0] = m[1]; m[1][0] = 7.0; du[0] = m[0][0]; du[1] = m[1][0] + m[0][1]; }
    meaning_of!(copy_row_of_row, u: [0.7, 1.011] => [1.011, 9.0]);
}

/// An array inside a tuple is a copy.
mod copy_in_tuple_then_write {
    use super::*;
    #[ode] fn copy_in_tuple_then_write(du: &mut [f64; 1], u: &[f64; 1]) { let mut a = [u[0], 2.0]; let t = (a, 1.0); a[0] = 9.0; du[0] = t.0[0] + a[0] * t.1; }
    meaning_of!(copy_in_tuple_then_write, u: [0.7] => [9.7]);
}

/// `let w = q.w` is a copy.
mod copy_out_of_struct_then_write {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { w: [f64; 2] }
    #[ode] fn copy_out_of_struct_then_write(du: &mut [f64; 1], u: &[f64; 1]) { let mut q = Q { w: [u[0], 2.0] }; let w = q.w; q.w[0] = 9.0; du[0] = w[0] + q.w[0]; }
    meaning_of!(copy_out_of_struct_then_write, u: [0.7] => [9.7]);
}

/// `let r = q` is a copy of a struct.
mod copy_struct_then_write {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn copy_struct_then_write(du: &mut [f64; 2], u: &[f64; 2]) { let mut q = Q { a: u[0], b: u[1] }; let r = q; q.a = 9.0; du[0] = r.a; du[1] = q.a * r.b; }
    meaning_of!(copy_struct_then_write, u: [0.7, 1.011] => [0.7, 9.098999999999998]);
}

/// `o.i = j` is a copy.
mod copy_nested_struct_whole {
    use super::*;
    #[derive(Components, Clone, Copy)] struct In { a: f64, b: f64 }
    #[derive(Components, Clone, Copy)] struct Out { i: In, c: f64 }
    #[ode] fn copy_nested_struct_whole(du: &mut [f64; 2], u: &[f64; 2]) { let mut j = In { a: u[0], b: u[1] }; let mut o = Out { i: j, c: 1.0 }; j.a = 5.0; o.i = j; j.a = 7.0; du[0] = o.i.a * u[0]; du[1] = j.a * o.i.b; }
    meaning_of!(copy_nested_struct_whole, u: [0.7, 1.011] => [3.5, 7.076999999999999]);
}

/// Swapping structs in an array by a temporary.
mod copy_array_of_structs_swap {
    use super::*;
    #[derive(Components, Clone, Copy)] struct In { a: f64, b: f64 }
    #[ode] fn copy_array_of_structs_swap(du: &mut [f64; 2], u: &[f64; 2]) { let mut v = [In { a: u[0], b: 1.0 }, In { a: u[1], b: 2.0 }]; let e = v[0]; v[0] = v[1]; v[1] = e; du[0] = v[0].a * v[0].b; du[1] = v[1].a * v[1].b; }
    meaning_of!(copy_array_of_structs_swap, u: [0.7, 1.011] => [2.022, 0.7]);
}

/// `v.swap(0, 1)` on an array of structs.
mod copy_swap_method_structs {
    use super::*;
    #[derive(Components, Clone, Copy)] struct In { a: f64, b: f64 }
    #[ode] fn copy_swap_method_structs(du: &mut [f64; 2], u: &[f64; 2]) { let mut v = [In { a: u[0], b: 1.0 }, In { a: u[1], b: 2.0 }]; v.swap(0, 1); du[0] = v[0].a * v[0].b; du[1] = v[1].a * v[1].b; }
    meaning_of!(copy_swap_method_structs, u: [0.7, 1.011] => [2.022, 0.7]);
}

/// `a.swap(i, i)` changes nothing.
mod copy_swap_same_index {
    use super::*;
    #[ode] fn copy_swap_same_index(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; for i in 0..2 { a.swap(i, i); a.swap(i, 1 - i); } a.swap(0, 1); du[0] = a[0]; du[1] = a[1] * a[1]; }
    meaning_of!(copy_swap_same_index, u: [0.7, 1.011] => [1.011, 0.48999999999999994]);
}

/// `m.fill([..])` on rows.
mod copy_fill_rows {
    use super::*;
    #[ode] fn copy_fill_rows(du: &mut [f64; 2], u: &[f64; 2]) { let mut m = [[0.0; 2]; 2]; m.fill([u[0], u[1]]); m[0][0] = 3.0; du[0] = m[0][0] * m[1][0]; du[1] = m[1][1]; }
    meaning_of!(copy_fill_rows, u: [0.7, 1.011] => [2.0999999999999996, 1.011]);
}

/// `[a; 2]` makes two copies.
mod copy_repeat_array {
    use super::*;
    #[ode] fn copy_repeat_array(du: &mut [f64; 2], u: &[f64; 2]) { let a = [u[0], u[1]]; let mut m = [a; 2]; m[0][0] = 3.0; du[0] = m[1][0]; du[1] = m[0][0] * m[0][1]; }
    meaning_of!(copy_repeat_array, u: [0.7, 1.011] => [0.7, 3.0329999999999995]);
}

/// `let mut w = *u` is a copy of the state.
mod copy_of_u_then_write {
    use super::*;
    #[ode] fn copy_of_u_then_write(du: &mut [f64; 2], u: &[f64; 2]) { let mut w = *u; w[0] = 9.0; w[1] += u[0]; du[0] = u[0]; du[1] = w[0] * w[1]; }
    meaning_of!(copy_of_u_then_write, u: [0.7, 1.011] => [0.7, 15.399]);
}

/// A helper may not change the caller's array passed by value.
mod copy_passed_by_value {
    use super::*;
    #[differentiable] fn h(mut a: [f64; 2]) -> f64 { a[0] *= 2.0; a[0] + a[1] }
    #[ode] fn copy_passed_by_value(du: &mut [f64; 2], u: &[f64; 2]) { let a = [u[0], u[1]]; let y = h(a); du[0] = y; du[1] = a[0] * y; }
    meaning_of!(copy_passed_by_value, u: [0.7, 1.011] => [2.4109999999999996, 1.6876999999999995]);
}

/// A closure's `mut` scalar parameter is a copy.
mod copy_closure_param_scalar_mut {
    use super::*;
    #[ode] fn copy_closure_param_scalar_mut(du: &mut [f64; 1], u: &[f64; 1]) { let a = u[0]; let g = |mut b: f64| { b *= 2.0; b + 1.0 }; let y = g(a); du[0] = y * a; }
    meaning_of!(copy_closure_param_scalar_mut, u: [0.7] => [1.68]);
}

/// A closure that returns its array parameter gives a copy.
mod copy_closure_returns_param {
    use super::*;
    #[ode] fn copy_closure_returns_param(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = [u[0], u[1]]; let id = |b: [f64; 2]| b; let c = id(a); a[0] = 3.0; du[0] = c[0]; du[1] = a[0] * c[1]; }
    meaning_of!(copy_closure_returns_param, u: [0.7, 1.011] => [0.7, 3.0329999999999995]);
}

/// The same array by value and by reference.
mod copy_helper_value_and_ref {
    use super::*;
    #[differentiable] fn g(a: [f64; 2], b: &[f64; 2]) -> f64 { a[0] * b[1] }
    #[ode] fn copy_helper_value_and_ref(du: &mut [f64; 2], u: &[f64; 2]) { let w = [u[0] + u[1], u[0] * 2.0]; du[0] = g(w, &w); du[1] = g(*u, u); }
    meaning_of!(copy_helper_value_and_ref, u: [0.7, 1.011] => [2.3953999999999995, 0.7076999999999999]);
}

/// `m[0] = h(m[0])`, `m[1] = h(m[0])`.
mod copy_helper_result_row {
    use super::*;
    #[differentiable] fn rot(a: [f64; 2]) -> [f64; 2] { [-a[1], a[0]] }
    #[ode] fn copy_helper_result_row(du: &mut [f64; 2], u: &[f64; 2]) { let mut m = [[u[0], 1.0], [u[1], 2.0]]; m[0] = rot(m[0]); m[1] = rot(m[0]); du[0] = m[0][0] + m[0][1]; du[1] = m[1][0] * m[1][1]; }
    meaning_of!(copy_helper_result_row, u: [0.7, 1.011] => [-0.30000000000000004, 0.7]);
}

/// `q = step(q)` on a struct.
mod copy_helper_struct_self_assign {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[differentiable] fn step(q: Q) -> Q { Q { a: q.b, b: q.a * q.b } }
    #[ode] fn copy_helper_struct_self_assign(du: &mut Q, u: &Q) { let mut q = *u; q = step(q); q = step(q); du.a = q.a; du.b = q.b; }
    meaning_of!(copy_helper_struct_self_assign, u: [0.7, 1.011] => [0.7076999999999999, 0.7154846999999999]);
}

/// A tuple of arrays taken apart, each changed.
mod copy_partially_moved_pattern {
    use super::*;
    #[ode] fn copy_partially_moved_pattern(du: &mut [f64; 2], u: &[f64; 2]) { let t = ([u[0], 1.0], [u[1], 2.0]); let (mut a, b) = t; a[0] = a[0] * 2.0; du[0] = a[0] + t.0[0]; du[1] = b[0] * t.1[1]; }
    meaning_of!(copy_partially_moved_pattern, u: [0.7, 1.011] => [2.0999999999999996, 2.022]);
}

/// `let [r, s] = &m` borrows rows.
mod copy_pattern_ref_rows {
    use super::*;
    #[ode] fn copy_pattern_ref_rows(du: &mut [f64; 2], u: &[f64; 2]) { let m = [[u[0], 1.0], [u[1], 2.0]]; let [r, s] = &m; du[0] = r[0] * s[0]; du[1] = s[1] * r[1] * s[0]; }
    meaning_of!(copy_pattern_ref_rows, u: [0.7, 1.011] => [0.7076999999999999, 2.022]);
}

/// `let Q { w, .. } = q` with an array field.
mod copy_struct_pattern_rest {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, w: [f64; 2] }
    #[ode] fn copy_struct_pattern_rest(du: &mut [f64; 2], u: &[f64; 2]) { let mut q = Q { a: u[0], w: [u[1], 1.0] }; let Q { w, .. } = q; q.w[0] = 4.0; du[0] = w[0] * q.a; du[1] = q.w[0] * w[1] * u[1]; }
    meaning_of!(copy_struct_pattern_rest, u: [0.7, 1.011] => [0.7076999999999999, 4.044]);
}

/// `let c = if .. { a } else { b }` is a copy.
mod copy_if_value_of_arrays {
    use super::*;
    #[ode] fn copy_if_value_of_arrays(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = [u[0], 1.0]; let b = [u[1], 2.0]; let mut c = if u[0] < 1e9 { a } else { b }; c[0] = 7.0; a[1] = c[0] * a[0]; du[0] = a[0]; du[1] = a[1] + c[1]; }
    meaning_of!(copy_if_value_of_arrays, u: [0.7, 1.011] => [0.7, 5.8999999999999995]);
}

/// `let b = { a }` is a copy.
mod copy_block_value {
    use super::*;
    #[ode] fn copy_block_value(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; let b = { a }; a[0] = 7.0; du[0] = b[0]; du[1] = a[0] * a[1]; }
    meaning_of!(copy_block_value, u: [0.7, 1.011] => [0.7, 7.076999999999999]);
}

/// `let x = &mut a[0]; *x += 1.0`.
mod copy_mut_ref_element {
    use super::*;
    #[ode] fn copy_mut_ref_element(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; let x = &mut a[0]; *x += 1.0; *x *= 2.0; du[0] = a[0]; du[1] = a[1]; }
    meaning_of!(copy_mut_ref_element, u: [0.7, 1.011] => [3.4, 1.011]);
}

/// `let x = &mut q.a; *x = ..`.
mod copy_mut_ref_field {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn copy_mut_ref_field(du: &mut [f64; 2], u: &[f64; 2]) { let mut q = Q { a: u[0], b: u[1] }; let x = &mut q.a; *x *= 3.0; du[0] = q.a; du[1] = q.b * q.a; }
    meaning_of!(copy_mut_ref_field, u: [0.7, 1.011] => [2.0999999999999996, 2.1230999999999995]);
}

/// `let y = *x` through `&mut` is a copy.
mod copy_deref_read_then_write {
    use super::*;
    #[ode] fn copy_deref_read_then_write(du: &mut [f64; 2], u: &[f64; 2]) { let mut s = u[0]; let r = &mut s; let y = *r; *r = 5.0; du[0] = y; du[1] = s * u[1]; }
    meaning_of!(copy_deref_read_then_write, u: [0.7, 1.011] => [0.7, 5.055]);
}

/// `let r = &mut s; let q = &mut *r; *q = ..`.
mod copy_reborrow_scalar {
    use super::*;
    #[ode] fn copy_reborrow_scalar(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = u[0]; let r = &mut s; let q = &mut *r; *q += 2.0; *r *= 3.0; du[0] = s; }
    meaning_of!(copy_reborrow_scalar, u: [0.7] => [8.100000000000001]);
}

/// `a.swap(0, 1)` through `&mut a` in a block.
mod copy_swap_mem_refs {
    use super::*;
    #[ode] fn copy_swap_mem_refs(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; let r = &mut a; r.swap(0, 1); r[0] += 1.0; du[0] = a[0]; du[1] = a[1]; }
    meaning_of!(copy_swap_mem_refs, u: [0.7, 1.011] => [2.011, 0.7]);
}

/// A tuple of `&mut` pieces is written through.
mod copy_tuple_of_refs {
    use super::*;
    #[ode] fn copy_tuple_of_refs(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = [0.0; 2]; let mut b = [0.0; 2]; let (p, q) = (&mut a, &mut b); p[0] = u[0]; q[1] = u[1]; p[1] = q[1] * 2.0; du[0] = a[0] + a[1]; du[1] = b[1]; }
    meaning_of!(copy_tuple_of_refs, u: [0.7, 1.011] => [2.7219999999999995, 1.011]);
}

/// `let q: Q = helper(..)` with the struct's own name.
mod copy_helper_struct_result_typed {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[differentiable] fn mk(x: f64, y: f64) -> Q { Q { a: x * y, b: y } }
    #[ode] fn copy_helper_struct_result_typed(du: &mut [f64; 2], u: &[f64; 2]) { let q: Q = mk(u[0], u[1]); du[0] = q.a; du[1] = q.b; }
    meaning_of!(copy_helper_struct_result_typed, u: [0.7, 1.011] => [0.7076999999999999, 1.011]);
}

/// `prev = cur` in a loop.
mod copy_array_in_loop_carried {
    use super::*;
    #[ode] fn copy_array_in_loop_carried(du: &mut [f64; 2], u: &[f64; 2]) { let mut prev = [0.0; 2]; let mut cur = *u; for _ in 0..3 { let next = [cur[0] + prev[1], cur[1] * 0.5 - prev[0]]; prev = cur; cur = next; } du[0] = cur[0] + prev[0]; du[1] = cur[1] * prev[1]; }
    meaning_of!(copy_array_in_loop_carried, u: [0.7, 1.011] => [3.9274999999999998, 0.41309128124999994]);
}

/// An array overwritten in one branch only.
mod copy_conditional_overwrite {
    use super::*;
    #[ode] fn copy_conditional_overwrite(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; let b = a; if u[0] > 1.0 { a = [b[1], b[0]]; } if u[1] > 0.0 { a[0] = b[0] * 2.0; } du[0] = a[0]; du[1] = a[1] + b[0]; }
    meaning_of!(copy_conditional_overwrite, u: [0.7, 1.011] => [1.4, 1.7109999999999999]);
}

/// `let (p, q) = (&mut x, &mut y); *p += ..`.
mod copy_mut_ref_scalar_in_tuple {
    use super::*;
    #[ode] fn copy_mut_ref_scalar_in_tuple(du: &mut [f64; 2], u: &[f64; 2]) { let (mut x, mut y) = (u[0], u[1]); { let (p, q) = (&mut x, &mut y); *p += 1.0; *q *= *p; } du[0] = x; du[1] = y; }
    meaning_of!(copy_mut_ref_scalar_in_tuple, u: [0.7, 1.011] => [1.7, 1.7186999999999997]);
}

/// `let k = &mut n; *k += 2`.
mod copy_mut_ref_int {
    use super::*;
    #[ode] fn copy_mut_ref_int(du: &mut [f64; 1], u: &[f64; 1]) { let mut n = 1; let k = &mut n; *k += 2; *k *= 5; du[0] = u[0] * n as f64; }
    meaning_of!(copy_mut_ref_int, u: [0.7] => [10.5]);
}

/// `let [a, b] = &mut w; *a += ..`.
mod copy_mut_pattern_array_scalars {
    use super::*;
    #[ode] fn copy_mut_pattern_array_scalars(du: &mut [f64; 2], u: &[f64; 2]) { let mut w = *u; let [a, b] = &mut w; *a += 1.0; *b *= *a; du[0] = w[0]; du[1] = w[1]; }
    meaning_of!(copy_mut_pattern_array_scalars, u: [0.7, 1.011] => [1.7, 1.7186999999999997]);
}

/// `for B { x, v } in &mut s.b { *x += .. }`.
mod copy_mut_pattern_for_struct {
    use super::*;
    #[derive(Components, Clone, Copy)] struct B { x: f64, v: f64 }
    #[derive(Components, Clone, Copy)] struct St { b: [B; 2] }
    #[ode] fn copy_mut_pattern_for_struct(du: &mut St, u: &St) { let mut s = *u; for B { x, v } in &mut s.b { *x += *v; *v *= *x; } *du = s; }
    meaning_of!(copy_mut_pattern_for_struct, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [1.7109999999999999, 1.7298209999999996, 3.0429999999999997, 5.170056999999999]);
}

/// `for (i, (x, y)) in a.iter_mut().zip(&mut b).enumerate()`.
mod copy_mut_pattern_enumerate_zip {
    use super::*;
    #[ode] fn copy_mut_pattern_enumerate_zip(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; let mut b = [1.0, 2.0]; for (i, (x, y)) in a.iter_mut().zip(&mut b).enumerate() { *x += *y * i as f64; *y = *x - *y; } du[0] = a[0] * b[0]; du[1] = a[1] + b[1]; }
    meaning_of!(copy_mut_pattern_enumerate_zip, u: [0.7, 1.011] => [-0.21000000000000002, 4.022]);
}

/// `m[i] = m[j]` on rows with computed indices.
mod copy_row_dynamic {
    use super::*;
    #[ode] fn copy_row_dynamic(du: &mut [f64; 2], u: &[f64; 2]) { let mut m = [[u[0], 1.0], [u[1], 2.0], [3.0, 4.0]]; for i in 0..2 { m[i] = m[i + 1]; } du[0] = m[0][0] * u[0]; du[1] = m[1][0] + m[2][1]; }
    meaning_of!(copy_row_dynamic, u: [0.7, 1.011] => [0.7076999999999999, 7.0]);
}

/// `q.w = q.v` on array fields.
mod copy_field_to_field_arrays {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { w: [f64; 2], v: [f64; 2] }
    #[ode] fn copy_field_to_field_arrays(du: &mut Q, u: &Q) { let mut q = *u; q.w = q.v; q.v[0] = 7.0; du.w = q.w; du.v = q.v; }
    meaning_of!(copy_field_to_field_arrays, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [1.3439999999999999, 1.6989999999999998, 7.0, 1.6989999999999998]);
}

/// `v[0] = v[1]` on an array of structs.
mod copy_struct_element_to_element {
    use super::*;
    #[derive(Components, Clone, Copy)] struct In { a: f64, b: f64 }
    #[ode] fn copy_struct_element_to_element(du: &mut [f64; 2], u: &[f64; 2]) { let mut v = [In { a: u[0], b: 1.0 }, In { a: u[1], b: 2.0 }]; v[0] = v[1]; v[1].a = 5.0; du[0] = v[0].a; du[1] = v[1].a + v[0].b; }
    meaning_of!(copy_struct_element_to_element, u: [0.7, 1.011] => [1.011, 7.0]);
}

/// `*du = *u` on rows, then a row changed.
mod copy_whole_state_rows {
    use super::*;
    #[ode] fn copy_whole_state_rows(du: &mut [[f64; 2]; 2], u: &[[f64; 2]; 2]) { *du = *u; du[0] = [u[1][0], u[0][1]]; du[1][1] += du[0][0]; }
    meaning_of!(copy_whole_state_rows, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [1.3439999999999999, 1.011, 1.3439999999999999, 3.0429999999999997]);
}
