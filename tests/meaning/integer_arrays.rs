//! Arrays of integers and of conditions that are made of other arrays: by `map` and `from_fn`, assigned whole, of any length, of constants
//! that nothing tells the kind of.

use crate::*;

#[derive(Components, Clone, Copy)] struct P { rates: [f64; 3], rows: [[f64; 2]; 2], x: f64 }

const INTS: [usize; 3] = [2, 0, 1];
const SHIFTS: [i32; 3] = [-2, 3, 1];
const FLAGS: [bool; 2] = [true, false];
const STEPS: usize = 3;

#[differentiable] fn level(x: f64) -> usize { if x > 1.0 { 2 } else { 1 } }
#[differentiable] fn shift(x: f64) -> i32 { if x > 1.0 { -3 } else { 1 } }
#[differentiable] fn flag(x: f64) -> bool { x > 1.0 }
#[differentiable] fn orders(p: &P) -> [usize; 3] { let mut q = p.rates.map(|_| 0usize); q = q.map(|k| k + 1); q[1] = q[0] + 1; q }
#[differentiable] fn counts(r: [f64; 3]) -> [i16; 3] { let q = r.map(|x| (x * 3.0) as i16); let mut q = q.map(|k| k - 1); q[0] *= 2; q }
#[differentiable] fn weighted(x: f64, k: [usize; 2]) -> f64 { x * k[0] as f64 + x * x * k[1] as f64 }
#[differentiable] fn weighted_ref(x: f64, k: &[i32; 3]) -> f64 { x * k[0] as f64 + x * x * k[1] as f64 }
#[differentiable] fn doubled(k: [i32; 3]) -> [i32; 3] { k.map(|n| 2 * n) }
#[differentiable] fn sums(k: &[u8; 3]) -> u8 { let q = k.map(|n| n / 2); q[0] + q[1] + q[2] }
#[differentiable] fn chosen(z: [f64; 2]) -> [usize; 2] { z.map(|_| INTS[1]) }
#[differentiable] fn bound_first(z: [f64; 3]) -> [usize; 3] { let q = z.map(|_| INTS[2]); q }
#[differentiable] fn along(p: &P) -> [i32; 3] { let q = p.rates.map(|_| SHIFTS[0]); q }
#[differentiable] fn usef(f: [bool; 3], x: f64) -> f64 { if f[0] && !f[1] { x } else { x * x } }

/// An array as long as a field, mapped again and assigned whole.
mod mapped_twice {
    use super::*;
    #[ode] fn mapped_twice(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let mut q = p.rates.map(|x| 0i16); q = q.map(|x| x + 2i16); for i in 0..3 { du[i] = u[i] * q[i] as f64; } }
    meaning_of!(mapped_twice, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [1.4, 2.022, 2.688]);
}

/// Conditions of reals, integers of conditions, reals of integers.
mod kinds_in_a_row {
    use super::*;
    #[ode] fn kinds_in_a_row(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let a = p.rates.map(|x| x > 0.5); let b = a.map(|c| c as u8); let c = b.map(|k| k as f64 * 0.5 + 1.0); for i in 0..3 { du[i] = u[i] * c[i]; } }
    meaning_of!(kinds_in_a_row, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [1.0499999999999998, 1.011, 2.016]);
}

/// Integers of three types, each made of the one before; a cast that wraps.
mod types_in_a_row {
    use super::*;
    #[ode] fn types_in_a_row(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let a = p.rates.map(|_| 300i32); let b = a.map(|k| k as u8); let c = b.map(|k| (k as i64) - 300); for i in 0..3 { du[i] = u[i] * c[i] as f64 + b[i] as f64 + a[i] as f64; } }
    meaning_of!(types_in_a_row, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [164.8, 85.18400000000003, -0.06400000000002137]);
}

/// Rows of integers of rows of reals.
mod rows_of_integers {
    use super::*;
    #[ode] fn rows_of_integers(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let a = p.rows.map(|r| r.map(|x| (x * 10.0) as i32)); let b = a.map(|r| r.map(|k| k.rem_euclid(3) as usize)); du[0] = u[b[0][1]]; du[1] = u[b[1][0]] * a[0][0] as f64; du[2] = u[2] * a[1][1] as f64; }
    meaning_of!(rows_of_integers, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [0.7, 3.0329999999999995, 28.224]);
}

/// Assigned whole in a loop, and an element at a time.
mod mapped_in_a_loop {
    use super::*;
    #[ode] fn mapped_in_a_loop(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let mut q = p.rates.map(|_| 7u8); for i in 0..3 { q = q.map(|k| k.wrapping_mul(11)); q[i] = q[i] / 2; } for i in 0..3 { du[i] = u[i] * q[i] as f64; } }
    meaning_of!(mapped_in_a_loop, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [172.2, 174.903, 67.2]);
}

/// Assigned whole in branches: mapped, and written out.
mod assigned_in_branches {
    use super::*;
    #[ode] fn assigned_in_branches(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let mut q = p.rates.map(|_| 7i64); if u[0] > 0.5 { q = q.map(|k| k + 1); } else { q = [1, 2, 3]; } if u[1] > 2.0 { q = q.map(|k| k + 1); } else { q = [q[2], 2, -3]; } for i in 0..3 { du[i] = u[i] * q[i] as f64; } }
    meaning_of!(assigned_in_branches, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [5.6, 2.022, -4.032]);
}

/// Arrays that are assigned to one another are two arrays.
mod assigned_to_one_another {
    use super::*;
    #[ode] fn assigned_to_one_another(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let mut q = p.rates.map(|_| 7u16); let mut r = q.map(|k| k * 2); r[0] = 1; q = r; r[1] = 5; q[2] += r[1]; r = q; for i in 0..3 { du[i] = u[i] * q[i] as f64 + r[i] as f64; } }
    meaning_of!(assigned_to_one_another, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [1.7, 28.153999999999996, 44.536]);
}

/// Arrays of integers that helpers return, as indices and cast.
mod returned_by_helpers {
    use super::*;
    #[ode] fn returned_by_helpers(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let q = orders(p); let c = counts(p.rates); let d = counts(*u); for i in 0..3 { du[i] = u[q[i]] * c[i] as f64 + d[i] as f64 * u[i]; } }
    meaning_of!(returned_by_helpers, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [3.4219999999999997, -0.6660000000000004, 8.076]);
}

/// Compared with one another and with what is written out.
mod compared_whole {
    use super::*;
    #[ode] fn compared_whole(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let q = p.rates.map(|x| x as i8); let r = q.map(|k| k); du[0] = if q == [0, 0, 1] { u[0] } else { u[1] }; du[1] = if q[0] < q[2] { u[0] } else { u[1] }; du[2] = if q != r { u[0] } else { u[2] * 2.0 }; }
    meaning_of!(compared_whole, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [0.7, 0.7, 2.688]);
}

/// Constants beside integers in literals that nobody uses.
mod literals_of_constants {
    use super::*;
    #[ode] fn literals_of_constants(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let z = [u[0], u[1]]; let q = [[1, 4], z.map(|_| INTS[1])]; let r = [z.map(|_| SHIFTS[1]), [1, 4]]; let s = [[1, INTS[0]], z.map(|_| INTS[1])]; *du = *u; }
    meaning_of!(literals_of_constants, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [0.7, 1.011, 1.344]);
}

/// Conditions mapped, counted, and in a literal that nobody uses.
mod conditions_negated {
    use super::*;
    #[ode] fn conditions_negated(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let a = u.map(|x| x > 1.0); let b = a.map(|c| !c); let n = b.iter().filter(|c| **c).count(); let f = [[true, false], [u[0], u[1]].map(|_| FLAGS[1])]; du[0] = if a[0] || b[1] { u[0] } else { u[1] }; du[1] = u[n]; du[2] = if b[0] && !a[0] { u[2] } else { u[0] }; }
    meaning_of!(conditions_negated, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [1.011, 1.011, 1.344]);
}

/// A helper in a loop is given integers that have changed: the reverse sweep asks for them again.
mod kept_for_a_helper {
    use super::*;
    #[ode] fn kept_for_a_helper(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let mut s = 1.0; for i in 0..3 { let mut k = [0usize, 1]; k[0] += i; k[1] *= i; s += weighted(u[i] * s, k); } *du = [s, s * u[0], u[2]]; }
    meaning_of!(kept_for_a_helper, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [44.422093207371724, 31.095465245160206, 1.344]);
}

/// The same through a reference, and of integers that a helper returns.
mod kept_and_returned {
    use super::*;
    #[ode] fn kept_and_returned(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let q = p.rates.map(|x| x as i32 + 5); let mut s = 1.0; for i in 0..3 { let mut r = q; r[i] += 1; s = (weighted_ref(u[i] * s, &r) * 0.1).sin(); let d = doubled(r); s += d[2] as f64 * u[i] * s; } *du = [s, s * u[0], u[2]]; }
    meaning_of!(kept_and_returned, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [13.218608569252785, 9.253025998476948, 1.344]);
}

/// Made in a loop of its index, and an index themselves.
mod indices_of_a_loop {
    use super::*;
    #[ode] fn indices_of_a_loop(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let mut s = 1.0; for i in 0..3 { let mut q = p.rates.map(|_| i); q[0] += 1; q = q.map(|k| k + 1); s = (s * u[q[0] % 3]).sin() + s * q[1] as f64; } *du = [s, s * u[0], u[2]]; }
    meaning_of!(indices_of_a_loop, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [13.830086364519877, 9.681060455163914, 1.344]);
}

/// An `if` between an array and what is made of it.
mod choices_of_arrays {
    use super::*;
    #[ode] fn choices_of_arrays(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let q = p.rates.map(|_| 4i32); let r = if u[0] > 0.5 { q.map(|k| k + 1) } else { q }; let s = if u[0] < 0.5 { q } else { [1, 2, 3] }; for i in 0..3 { du[i] = u[i] * r[i] as f64 + s[i] as f64; } }
    meaning_of!(choices_of_arrays, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [4.5, 7.055, 9.72]);
}

/// Mapped and taken apart.
mod taken_apart {
    use super::*;
    #[ode] fn taken_apart(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let q = p.rates.map(|_| 4u64); let [a, b, c] = q.map(|k| k + 1); let [x, ..] = q; *du = [u[0] * a as f64, u[1] * b as f64, u[2] * (c - x) as f64]; }
    meaning_of!(taken_apart, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [3.5, 5.055, 1.344]);
}

/// Swapped, reversed, rotated, filled.
mod changed_in_place {
    use super::*;
    #[ode] fn changed_in_place(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let mut q = p.rates.map(|x| (x * 10.0) as i32); q.swap(0, 1); q.reverse(); let mut r = q.map(|k| k as i8); r.fill(-3); r[1] = 2; q.rotate_left(1); for i in 0..3 { du[i] = u[i] * q[i] as f64 + r[i] as f64; } }
    meaning_of!(changed_in_place, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [3.3, -2.0439999999999996, 19.848000000000003]);
}

/// Of a copy of a field; of reals made of it.
mod of_a_copy {
    use super::*;
    #[ode] fn of_a_copy(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let rates = p.rates; let a = rates.map(|_| -1i8); let b = rates.map(|x| x * 2.0); let c = b.map(|x| x as i8 - 1); for i in 0..3 { du[i] = u[i] * b[i] * a[i] as f64 + c[i] as f64; } }
    meaning_of!(of_a_copy, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [-1.26, -0.19120000000000004, -2.5696000000000003]);
}

/// Mapped arrays as the rows of another.
mod rows_of_mapped {
    use super::*;
    #[ode] fn rows_of_mapped(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let mut m = [p.rates.map(|_| 1), p.rates.map(|_| 2)]; m[1][0] += 1; m[0] = m[1].map(|k| k * 2); let c = m.map(|row| row[0] - 9); *du = [u[0] * m[0][0] as f64, u[1] * m[1][2] as f64, u[2] * c[1] as f64]; }
    meaning_of!(rows_of_mapped, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [4.199999999999999, 2.022, -8.064]);
}

/// Conditions of rows of reals, and reals of them.
mod conditions_of_rows {
    use super::*;
    #[ode] fn conditions_of_rows(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let a = p.rates.map(|x| [x, 2.0 * x]); let b = a.map(|r| r[0] > r[1]); let c = a.map(|r| r[1] * r[0]); *du = [if b[1] { u[0] * c[0] } else { u[1] }, u[1] * c[1], u[2] * a[2][1]]; }
    meaning_of!(conditions_of_rows, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [1.134, 0.32352000000000003, 4.5696]);
}

/// By reference to a helper that maps them.
mod inside_of_helpers {
    use super::*;
    #[ode] fn inside_of_helpers(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let q = p.rates.map(|x| (x.abs() * 20.0) as u8); let n = sums(&q); let r = q.map(|k| k % 2); du[0] = u[0] * n as f64; du[1] = if r == [0, 0, 0] { u[1] } else { u[0] }; du[2] = if q.map(|k| k / 30) == [0, 0, 1] { u[2] } else { u[0] }; }
    meaning_of!(inside_of_helpers, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [21.0, 1.011, 1.344]);
}

/// Changed where the state says, and then an index.
mod depending_on_the_state {
    use super::*;
    #[ode] fn depending_on_the_state(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let mut s = u[0]; let mut q = p.rates.map(|_| 0usize); for i in 0..3 { if u[i] > 1.0 { q = q.map(|k| k + i); } else { q[i] = 2; } s = s * u[q[i] % 3] + 0.1 * q[1] as f64 * s; } *du = [s, u[q[0] % 3], u[2]]; }
    meaning_of!(depending_on_the_state, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [1.0452287999999998, 1.344, 1.344]);
}

/// A closure that counts its calls.
mod counted_by_a_closure {
    use super::*;
    #[ode] fn counted_by_a_closure(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let mut q = p.rates.map(|_| 0i16); let mut n = 0; let r = q.map(|k| { n += 1; k + n }); let w = p.rows.map(|row| row.map(|_| { n += 1; n })); for i in 0..3 { du[i] = u[i] * r[i] as f64; } du[0] += w[1][0] as f64; }
    meaning_of!(counted_by_a_closure, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [6.7, 2.022, 4.032]);
}

/// What helpers return beside integers and conditions, in literals that nobody uses.
mod results_beside_integers {
    use super::*;
    #[ode] fn results_beside_integers(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let c = [[true, flag(u[0])], [u[1], u[2]].map(|x| flag(x))]; let d = [[1usize, level(u[0])], [u[1], u[2]].map(|x| level(x))]; let e = [[1, 2], [u[1], u[2]].map(|x| shift(x))]; *du = *u; }
    meaning_of!(results_beside_integers, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [0.7, 1.011, 1.344]);
}

/// An array of constants has a name before a literal tells what it is.
mod named_before {
    use super::*;
    #[ode] fn named_before(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let z = [u[0], u[1]]; let q = z.map(|_| INTS[1]); let r = [[1, 2], q]; *du = [u[r[1][0]], u[1], u[2]]; }
    meaning_of!(named_before, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [0.7, 1.011, 1.344]);
}

/// Constants in one arm, integers in the other.
mod either_arm {
    use super::*;
    #[ode] fn either_arm(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let z = [u[0], u[1]]; let q = if u[0] > 1.0 { [1, 2] } else { z.map(|_| INTS[1]) }; *du = [u[q[1]], u[1], u[2]]; }
    meaning_of!(either_arm, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [0.7, 1.011, 1.344]);
}

/// An array of constants in a comparison, as an index, and summed up.
mod compared_and_indexed {
    use super::*;
    #[ode] fn compared_and_indexed(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let z = [u[0], u[1]]; let q = [0usize, 2]; du[0] = if q == z.map(|_| INTS[0]) { u[0] } else { u[1] }; du[1] = u[z.map(|_| INTS[1])[0]]; du[2] = u[2] * z.map(|_| INTS[0]).iter().sum::<usize>() as f64; }
    meaning_of!(compared_and_indexed, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [1.011, 0.7, 5.376]);
}

/// Arrays of constants whose elements are indices and are cast.
mod iterated {
    use super::*;
    #[ode] fn iterated(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let z = [u[0], u[1]]; let mut s = 0.0; for k in z.map(|_| INTS[1]) { s += u[k]; } for k in p.rates.map(|_| SHIFTS[1]) { s += u[0] * k as f64; } *du = [s, u[1], u[2]]; }
    meaning_of!(iterated, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [7.699999999999999, 1.011, 1.344]);
}

/// Helpers that return arrays of constants.
mod returned_constants {
    use super::*;
    #[ode] fn returned_constants(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let z = [u[0], u[1]]; let [a, b] = z.map(|_| INTS[0]); let q = chosen(z); let r = bound_first(*u); let v = along(p); *du = [u[a], u[q[0]] * v[1] as f64, u[r[2]] + b as f64]; }
    meaning_of!(returned_constants, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [1.344, -1.4, 3.011]);
}

/// Arrays of constants in tuples.
mod in_tuples {
    use super::*;
    #[ode] fn in_tuples(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let z = [u[0], u[1]]; let t = (z.map(|_| INTS[0]), 1); let v = (p.rates.map(|_| SHIFTS[0]), u[0]); *du = [u[t.0[1]], u[t.1] * v.0[1] as f64, u[2] * v.1]; }
    meaning_of!(in_tuples, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [1.344, -2.022, 0.9408]);
}

/// A helper in a loop is given conditions that have changed.
mod conditions_kept {
    use super::*;
    #[ode] fn conditions_kept(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let mut s = u[0]; for i in 0..2 { let mut f = p.rates.map(|x| x > 0.1 * i as f64); f[i] = !f[i]; s = usef(f, s * u[i]) + s; f = f.map(|c| !c); s = (usef(f, s) * u[2]).sin(); } *du = [s, u[1], u[2]]; }
    meaning_of!(conditions_kept, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [-0.9479105409745688, 1.011, 1.344]);
}

/// What a closure does is done once, whatever is found out of its array.
mod effects_once {
    use super::*;
    #[ode] fn effects_once(du: &mut [f64; 3], u: &[f64; 3], p: &P) { let mut n = 0; let q = [[1, 4], [u[0], u[1]].map(|_| { n += 1; INTS[n] })]; let mut m = 0; let r = [[u[0], u[1]].map(|_| { m += 1; INTS[1] }), [m, 4]]; *du = [u[n], u[m], u[q[1][0]] + r[1][0] as f64]; }
    meaning_of!(effects_once, u: [0.7, 1.011, 1.344], p: [0.9, -0.4, 1.7, 0.35, 1.2, -0.8, 2.1, 0.6] => [1.344, 1.344, 2.7]);
}
