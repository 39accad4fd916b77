//! Iterators and their adaptors.

use crate::*;

/// `enumerate().rev()` and `rev().enumerate()`.
mod iter_rev_enumerate {
    use super::*;
    #[ode] fn iter_rev_enumerate(du: &mut [f64; 3], u: &[f64; 3]) { let mut s = 0.0; for (i, x) in u.iter().enumerate().rev() { s = s * 2.0 + x * i as f64; } let mut r = 0.0; for (i, x) in u.iter().rev().enumerate() { r = r * 2.0 + x * i as f64; } du[0] = s; du[1] = r; du[2] = s - r; }
    meaning_of!(iter_rev_enumerate, u: [0.7, 1.011, 1.3439999999999999] => [12.774, 3.4219999999999997, 9.352]);
}

/// `skip(1).take(2)`, `take(2).skip(1)`, beyond the end.
mod iter_skip_take_mixed {
    use super::*;
    #[ode] fn iter_skip_take_mixed(du: &mut [f64; 4], u: &[f64; 4]) { du[0] = u.iter().skip(1).take(2).sum(); du[1] = u.iter().take(3).skip(2).sum(); du[2] = u.iter().skip(9).map(|x| x * 2.0).sum(); du[3] = u.iter().take(9).product(); }
    meaning_of!(iter_skip_take_mixed, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [2.3549999999999995, 1.3439999999999999, -0.0, 1.6160018111999994]);
}

/// `step_by(2).rev()` and `rev().step_by(2)` differ on even lengths.
mod iter_step_by_rev {
    use super::*;
    #[ode] fn iter_step_by_rev(du: &mut [f64; 4], u: &[f64; 4]) { let mut s = 0.0; for x in u.iter().step_by(2).rev() { s = 2.0 * s + x; } let mut r = 0.0; for x in u.iter().rev().step_by(2) { r = 2.0 * r + x; } du[0] = s; du[1] = r; du[2] = u[2]; du[3] = u[3]; }
    meaning_of!(iter_step_by_rev, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [3.388, 4.409, 1.3439999999999999, 1.6989999999999998]);
}

/// `skip(1).rev().take(2)`.
mod iter_skip_rev_take {
    use super::*;
    #[ode] fn iter_skip_rev_take(du: &mut [f64; 4], u: &[f64; 4]) { let mut s = 0.0; for x in u.iter().skip(1).rev().take(2) { s = 2.0 * s + x; } let t: f64 = u.iter().rev().skip(1).step_by(2).map(|x| x * x).sum(); du[0] = s; du[1] = t; du[2] = 0.0; du[3] = 1.0; }
    meaning_of!(iter_skip_rev_take, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [4.741999999999999, 2.2963359999999997, 0.0, 1.0]);
}

/// A lazy `map` keeps the name it saw.
mod iter_lazy_capture_shadowed {
    use super::*;
    #[ode] fn iter_lazy_capture_shadowed(du: &mut [f64; 2], u: &[f64; 2]) { let k = u[0]; let it = u.iter().map(|x| x * k); let k = 3.0; du[0] = it.sum::<f64>() + k; du[1] = u[1]; }
    meaning_of!(iter_lazy_capture_shadowed, u: [0.7, 1.011] => [4.197699999999999, 1.011]);
}

/// A range kept in a variable keeps its bound.
mod iter_lazy_range_bound_changed {
    use super::*;
    #[ode] fn iter_lazy_range_bound_changed(du: &mut [f64; 1], u: &[f64; 1]) { let mut n = 3; let r = 0..n; n = 10; let mut s = 0.0; for i in r { s += u[0] * (i + n) as f64; } du[0] = s; }
    meaning_of!(iter_lazy_range_bound_changed, u: [0.7] => [23.099999999999998]);
}

/// `for x in a` over a copy while `a` is written.
mod iter_array_by_value_written {
    use super::*;
    #[ode] fn iter_array_by_value_written(du: &mut [f64; 3], u: &[f64; 3]) { let mut a = *u; let mut i = 0; for x in a { a[2 - i] = x * 2.0; i += 1; } for i in 0..3 { du[i] = a[i]; } }
    meaning_of!(iter_array_by_value_written, u: [0.7, 1.011, 1.3439999999999999] => [2.6879999999999997, 2.022, 1.4]);
}

/// `zip(a)` copies.
mod iter_zip_by_value_written {
    use super::*;
    #[ode] fn iter_zip_by_value_written(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; for (x, y) in u.iter().zip(a) { a[1] += x * y; } du[0] = a[0]; du[1] = a[1]; }
    meaning_of!(iter_zip_by_value_written, u: [0.7, 1.011] => [0.7, 2.5231209999999997]);
}

/// `for row in m` while `m` is written.
mod iter_rows_by_value_written {
    use super::*;
    #[ode] fn iter_rows_by_value_written(du: &mut [f64; 2], u: &[f64; 2]) { let mut m = [[u[0], 1.0], [u[1], 2.0]]; for row in m { m[1][0] += row[0] * row[1]; } du[0] = m[0][0]; du[1] = m[1][0]; }
    meaning_of!(iter_rows_by_value_written, u: [0.7, 1.011] => [0.7, 3.7329999999999997]);
}

/// `a.iter_mut().zip(b.iter_mut())`.
mod iter_mut_zip_mut {
    use super::*;
    #[ode] fn iter_mut_zip_mut(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; let mut b = [1.0, 2.0]; for (x, y) in a.iter_mut().zip(b.iter_mut()) { *x += *y; *y = *x * 2.0; } du[0] = a[0] * b[1]; du[1] = a[1] * b[0]; }
    meaning_of!(iter_mut_zip_mut, u: [0.7, 1.011] => [10.237400000000001, 10.237400000000001]);
}

/// `for (d, x) in du.iter_mut().zip(u)`.
mod iter_mut_of_du {
    use super::*;
    #[ode] fn iter_mut_of_du(du: &mut [f64; 3], u: &[f64; 3]) { for (d, x) in du.iter_mut().zip(u) { *d = -x; } for (i, d) in du.iter_mut().enumerate() { *d += i as f64 * *d; } }
    meaning_of!(iter_mut_of_du, u: [0.7, 1.011, 1.3439999999999999] => [-0.7, -2.022, -4.032]);
}

/// `for &x in u`, `|&x|`, `for (i, &x) in ..`.
mod iter_ref_pattern {
    use super::*;
    #[ode] fn iter_ref_pattern(du: &mut [f64; 2], u: &[f64; 2]) { let mut s = 0.0; for &x in u { s += x; } for (i, &x) in u.iter().enumerate() { s *= x + i as f64; } du[0] = s; du[1] = u.iter().map(|&x| x * x).sum(); }
    meaning_of!(iter_ref_pattern, u: [0.7, 1.011] => [2.4085746999999995, 1.5121209999999998]);
}

/// `fold` with a nonlinear step.
mod iter_fold_real {
    use super::*;
    #[ode] fn iter_fold_real(du: &mut [f64; 3], u: &[f64; 3]) { du[0] = u.iter().fold(1.0, |a, x| a * x + 1.0); du[1] = u.iter().rev().fold(0.0, |a: f64, x| a.max(*x)); du[2] = (1..4).fold(u[0], |a, k| a * k as f64); }
    meaning_of!(iter_fold_real, u: [0.7, 1.011, 1.3439999999999999] => [4.6539328, 1.3439999999999999, 4.199999999999999]);
}

/// `fold` with a tuple.
mod iter_fold_tuple {
    use super::*;
    #[ode] fn iter_fold_tuple(du: &mut [f64; 2], u: &[f64; 2]) { let (s, q) = u.iter().fold((0.0, 1.0), |(s, q), x| (s + x, q * x)); du[0] = s; du[1] = q; }
    meaning_of!(iter_fold_tuple, u: [0.7, 1.011] => [1.7109999999999999, 0.7076999999999999]);
}

/// `fold` with a condition.
mod iter_fold_bool {
    use super::*;
    #[ode] fn iter_fold_bool(du: &mut [f64; 2], u: &[f64; 2]) { let odd = u.iter().fold(false, |b, x| b != (*x > 0.0)); du[0] = if odd { u[0] } else { -u[0] }; du[1] = u[1]; }
    meaning_of!(iter_fold_bool, u: [0.7, 1.011] => [-0.7, 1.011]);
}

/// `fold(f64::INFINITY, f64::min)` by path and by closure.
mod iter_fold_minmax {
    use super::*;
    #[ode] fn iter_fold_minmax(du: &mut [f64; 3], u: &[f64; 3]) { du[0] = u.iter().copied().fold(f64::INFINITY, f64::min); du[1] = u.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b)); du[2] = u.iter().cloned().fold(f64::NAN, f64::max); }
    meaning_of!(iter_fold_minmax, u: [0.7, 1.011, 1.3439999999999999] => [0.7, 1.3439999999999999, 1.3439999999999999]);
}

/// `let n: i32 = iter.sum();` without a turbofish.
mod iter_sum_annotated_integer {
    use super::*;
    #[ode] fn iter_sum_annotated_integer(du: &mut [f64; 1], u: &[f64; 1]) { let n: i32 = (1..5).map(|k| k * k).sum(); du[0] = u[0] * n as f64; }
    meaning_of!(iter_sum_annotated_integer, u: [0.7] => [21.0]);
}

/// `let q: f64 = u.iter().product();` empty and full.
mod iter_product_annotated {
    use super::*;
    #[ode] fn iter_product_annotated(du: &mut [f64; 2], u: &[f64; 2]) { let q: f64 = u.iter().product(); let e: f64 = u.iter().skip(2).product(); let z: f64 = u.iter().take(0).sum(); du[0] = q; du[1] = e * u[1] + z; }
    meaning_of!(iter_product_annotated, u: [0.7, 1.011] => [0.7076999999999999, 1.011]);
}

/// `any` stops at the first hit, effects included.
mod iter_any_short_circuit {
    use super::*;
    #[ode] fn iter_any_short_circuit(du: &mut [f64; 3], u: &[f64; 3]) { let mut n = 0.0; let b = u.iter().any(|x| { n += 1.0; *x > 0.5 }); du[0] = n * u[0]; du[1] = if b { u[1] } else { 0.0 }; du[2] = u[2]; }
    meaning_of!(iter_any_short_circuit, u: [0.7, 1.011, 1.3439999999999999] => [0.7, 1.011, 1.3439999999999999]);
}

/// `iter_mut().for_each(|x| *x *= 2.0)`.
mod iter_for_each_mut {
    use super::*;
    #[ode] fn iter_for_each_mut(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; a.iter_mut().for_each(|x| *x *= 2.0); a.iter_mut().zip(u).for_each(|(x, y)| *x += y * y); du[0] = a[0]; du[1] = a[1]; }
    meaning_of!(iter_for_each_mut, u: [0.7, 1.011] => [1.89, 3.0441209999999996]);
}

/// Effects in both sides of a zip are interleaved.
mod iter_map_effect_zip {
    use super::*;
    #[ode] fn iter_map_effect_zip(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for (a, b) in (0..3).map(|i| i * 2).zip((0..3).map(|j| j + 1)) { s = s * 2.0 + u[0] * (a * b) as f64; } du[0] = s; }
    meaning_of!(iter_map_effect_zip, u: [0.7] => [13.999999999999998]);
}

/// Columns of a 2-D state by `map`.
mod iter_columns_2d {
    use super::*;
    #[ode] fn iter_columns_2d(du: &mut [[f64; 2]; 2], u: &[[f64; 2]; 2]) { for (i, row) in du.iter_mut().enumerate() { for (j, d) in row.iter_mut().enumerate() { *d = u.iter().map(|r| r[j]).sum::<f64>() - u[i].iter().product::<f64>(); } } }
    meaning_of!(iter_columns_2d, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [1.3362999999999996, 2.0023, -0.2394560000000001, 0.42654400000000026]);
}

/// `from_fn` in `from_fn`.
mod iter_array_map_index_capture {
    use super::*;
    #[ode] fn iter_array_map_index_capture(du: &mut [f64; 2], u: &[f64; 2]) { let m: [[f64; 2]; 2] = std::array::from_fn(|i| std::array::from_fn(|j| u[i] * (j + 1) as f64)); du[0] = m[0][1] + m[1][0]; du[1] = m[1][1]; }
    meaning_of!(iter_array_map_index_capture, u: [0.7, 1.011] => [2.4109999999999996, 2.022]);
}

/// `a.map` with an effect runs in order.
mod iter_map_effect_order {
    use super::*;
    #[ode] fn iter_map_effect_order(du: &mut [f64; 3], u: &[f64; 3]) { let mut s = 0.0; let c = u.map(|x| { s += x; s }); for i in 0..3 { du[i] = c[i]; } }
    meaning_of!(iter_map_effect_order, u: [0.7, 1.011, 1.3439999999999999] => [0.7, 1.7109999999999999, 3.0549999999999997]);
}

/// Iterating over a constant array of integers.
mod iter_over_int_array {
    use super::*;
    #[ode] fn iter_over_int_array(du: &mut [f64; 3], u: &[f64; 3]) { let idx = [2, 0, 1]; for (d, i) in du.iter_mut().zip(idx) { *d = u[i]; } for k in [1usize, 2] { du[k] *= 2.0; } }
    meaning_of!(iter_over_int_array, u: [0.7, 1.011, 1.3439999999999999] => [1.3439999999999999, 1.4, 2.022]);
}

/// Iterating over an array of conditions.
mod iter_over_bool_array {
    use super::*;
    #[ode] fn iter_over_bool_array(du: &mut [f64; 2], u: &[f64; 2]) { let up = [u[0] > 1.0, u[1] > 1.0]; let mut s = 0.0; for b in up { s += if b { u[0] } else { 1.0 }; } du[0] = s; du[1] = u[1]; }
    meaning_of!(iter_over_bool_array, u: [0.7, 1.011] => [1.7, 1.011]);
}

/// A `mut` iterator consumed in two pieces by `by_ref`.
mod iter_partial_consumption {
    use super::*;
    #[ode] fn iter_partial_consumption(du: &mut [f64; 4], u: &[f64; 4]) { let mut it = u.iter(); let a: f64 = it.by_ref().take(2).sum(); let b: f64 = it.map(|x| x * 10.0).sum(); du[0] = a; du[1] = b; du[2] = 0.0; du[3] = 0.0; }
    meaning_of!(iter_partial_consumption, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [1.7109999999999999, 30.429999999999996, 0.0, 0.0]);
}

/// Zip of an array and a range that is longer, inclusive.
mod iter_zip_chain_range {
    use super::*;
    #[ode] fn iter_zip_chain_range(du: &mut [f64; 3], u: &[f64; 3]) { for (x, k) in u.iter().zip(1..=9) { du[k - 1] = x * k as f64; } }
    meaning_of!(iter_zip_chain_range, u: [0.7, 1.011, 1.3439999999999999] => [0.7, 2.022, 4.032]);
}

/// A `map` that gives tuples, taken apart later.
mod iter_map_returns_tuple {
    use super::*;
    #[ode] fn iter_map_returns_tuple(du: &mut [f64; 2], u: &[f64; 2]) { let mut s = 0.0; for (a, b) in u.iter().map(|x| (x * x, x + 1.0)) { s += a * b; } du[0] = s; du[1] = u.iter().map(|x| (x * 2.0, 3.0)).map(|(a, b)| a - b).sum(); }
    meaning_of!(iter_map_returns_tuple, u: [0.7, 1.011] => [2.8884853309999996, -2.5780000000000003]);
}

/// Two maps zipped, each with its own capture.
mod iter_zip_of_maps_shadow {
    use super::*;
    #[ode] fn iter_zip_of_maps_shadow(du: &mut [f64; 3], u: &[f64; 3]) { let k = 2.0; let a = u.iter().map(|x| x * k); let k = 10.0; let b = u.iter().map(|x| x + k); let k = 0.5; du[0] = a.zip(b).map(|(x, y)| x * y * k).sum(); du[1] = k; du[2] = u[2]; }
    meaning_of!(iter_zip_of_maps_shadow, u: [0.7, 1.011, 1.3439999999999999] => [33.86845699999999, 0.5, 1.3439999999999999]);
}

/// `enumerate().fold` with a tuple pattern, reversed.
mod iter_fold_with_index {
    use super::*;
    #[ode] fn iter_fold_with_index(du: &mut [f64; 3], u: &[f64; 3]) { du[0] = u.iter().enumerate().rev().fold(0.0, |a, (i, x)| a * 0.5 + x * i as f64); du[1] = (0..3).rev().fold(1.0, |a, i| a * u[i] + i as f64); du[2] = 0.0; }
    meaning_of!(iter_fold_with_index, u: [0.7, 1.011, 1.3439999999999999] => [1.1774999999999998, 3.066548799999999, 0.0]);
}

/// Neighbours by `u.iter().zip(u.iter().skip(1))`.
mod iter_skip_zip_pairs {
    use super::*;
    #[ode] fn iter_skip_zip_pairs(du: &mut [f64; 4], u: &[f64; 4]) { for (i, (a, b)) in u.iter().zip(u.iter().skip(1)).enumerate() { du[i] = b - a; } du[3] = u.iter().zip(u.iter().skip(2)).map(|(a, b)| a * b).sum(); }
    meaning_of!(iter_skip_zip_pairs, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [0.31099999999999994, 0.33299999999999996, 0.355, 2.6584889999999994]);
}

/// Inclusive range in zips and `rev`.
mod iter_take_zip_inclusive {
    use super::*;
    #[ode] fn iter_take_zip_inclusive(du: &mut [f64; 3], u: &[f64; 3]) { let mut s = 0.0; for (x, k) in u.iter().zip((1..=3).rev()) { s = s * 2.0 + x * k as f64; } for (k, x) in (0..3).zip(u).rev() { s = s * 2.0 + x * k as f64; } du[0] = s; du[1] = u[1]; du[2] = u[2]; }
    meaning_of!(iter_take_zip_inclusive, u: [0.7, 1.011, 1.3439999999999999] => [123.07799999999999, 1.011, 1.3439999999999999]);
}

/// A product in a reverse sweep with zeros.
mod iter_product_of_maps_nonlinear {
    use super::*;
    #[ode] fn iter_product_of_maps_nonlinear(du: &mut [f64; 3], u: &[f64; 3]) { du[0] = [u[0] - u[0], u[1], u[2]].iter().product(); du[1] = u.iter().map(|x| x * x).product(); du[2] = u[2]; }
    meaning_of!(iter_product_of_maps_nonlinear, u: [0.7, 1.011, 1.3439999999999999] => [0.0, 0.9046840397414395, 1.3439999999999999]);
}
