//! Arrays of integers, conditions and reals that are written.

use crate::*;

/// An integer array as the index, changed by `+=`.
mod intmem_compound_index {
    use super::*;
    #[ode] fn intmem_compound_index(du: &mut [f64; 3], u: &[f64; 3]) { let mut k = [0usize, 1]; k[0] += 2; du[0] = u[k[0]]; du[1] = u[k[1]] * u[k[0]]; du[2] = k[0] as f64; }
    meaning_of!(intmem_compound_index, u: [0.7, 1.011, 1.3439999999999999] => [1.3439999999999999, 1.3587839999999998, 2.0]);
}

/// `k[0] = k[0] + k[1]`, read after.
mod intmem_assign_expression {
    use super::*;
    #[ode] fn intmem_assign_expression(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = [3, 4]; k[0] = k[0] + k[1]; k[1] = k[0] * 2 - k[1]; du[0] = u[0] * k[0] as f64 + k[1] as f64; }
    meaning_of!(intmem_assign_expression, u: [0.7] => [14.899999999999999]);
}

/// `let j = k[0]; k[0] = 7;` then `j` is used twice.
mod intmem_let_plain_then_write {
    use super::*;
    #[ode] fn intmem_let_plain_then_write(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = [3, 4]; let j = k[0]; k[0] = 7; k[1] = j; du[0] = u[0] * j as f64 + (j * k[0] + k[1]) as f64; }
    meaning_of!(intmem_let_plain_then_write, u: [0.7] => [26.1]);
}

/// `k.swap(0, 1)` on integers, used as indices.
mod intmem_swap_method {
    use super::*;
    #[ode] fn intmem_swap_method(du: &mut [f64; 2], u: &[f64; 2]) { let mut k = [0, 1]; k.swap(0, 1); du[0] = u[k[0]] * 2.0; du[1] = u[k[1]]; }
    meaning_of!(intmem_swap_method, u: [0.7, 1.011] => [2.022, 0.7]);
}

/// Counts in an integer array by `n[c] += 1` in a loop.
mod intmem_histogram {
    use super::*;
    #[ode] fn intmem_histogram(du: &mut [f64; 4], u: &[f64; 4]) { let mut n = [0; 2]; for x in u { let c = if *x > 1.1 { 1 } else { 0 }; n[c] += 1; } for i in 0..4 { du[i] = u[i] * n[i % 2] as f64; } }
    meaning_of!(intmem_histogram, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [1.4, 2.022, 2.6879999999999997, 3.3979999999999997]);
}

/// `[a, b] = [b, a + b]` kept in an integer array.
mod intmem_fibonacci {
    use super::*;
    #[ode] fn intmem_fibonacci(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = [1, 1]; for _ in 0..4 { let next = k[0] + k[1]; k[0] = k[1]; k[1] = next; } du[0] = u[0] * k[1] as f64 + k[0] as f64; }
    meaning_of!(intmem_fibonacci, u: [0.7] => [10.6]);
}

/// A comparison of integers kept while the array changes.
mod intmem_condition_before_write {
    use super::*;
    #[ode] fn intmem_condition_before_write(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = [3, 4]; let less = k[0] < k[1]; k[0] = 9; du[0] = if less && k[0] > 4 { u[0] } else { 2.0 }; du[0] += if less { 1.0 } else { 0.0 }; }
    meaning_of!(intmem_condition_before_write, u: [0.7] => [1.7]);
}

/// `powi(k[0])` with an element changed by `-=`.
mod intmem_exponent {
    use super::*;
    #[ode] fn intmem_exponent(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = [5, 1]; k[0] -= 2; let y = u[0].powi(k[0]); k[0] -= k[1]; du[0] = y + u[0].powi(k[0]); }
    meaning_of!(intmem_exponent, u: [0.7] => [0.8329999999999999]);
}

/// `for k in n.iter_mut() { *k += 1 }` on integers.
mod intmem_iter_mut {
    use super::*;
    #[ode] fn intmem_iter_mut(du: &mut [f64; 2], u: &[f64; 2]) { let mut n = [1, 2]; for k in n.iter_mut() { *k += 3; *k *= 2; } du[0] = u[0] * n[0] as f64; du[1] = u[1] * (n[1] - n[0]) as f64; }
    meaning_of!(intmem_iter_mut, u: [0.7, 1.011] => [5.6, 2.022]);
}

/// An integer counter in a tuple part: `t.0 += 1`.
mod intmem_struct_free_counter {
    use super::*;
    #[ode] fn intmem_struct_free_counter(du: &mut [f64; 1], u: &[f64; 1]) { let mut t = (0, 1.0); for i in 0..3 { t.0 += i; t.1 *= u[0]; } du[0] = t.1 * t.0 as f64; }
    meaning_of!(intmem_struct_free_counter, u: [0.7] => [1.0289999999999997]);
}

/// An element at an index that changes later, read before.
mod intmem_real_index_kept {
    use super::*;
    #[ode] fn intmem_real_index_kept(du: &mut [f64; 2], u: &[f64; 2]) { let mut k = [0, 1]; let mut a = *u; let x = a[k[0]]; k[0] = 1; a[0] = 50.0; du[0] = x + a[k[0]]; du[1] = a[k[0] - 1] + x; }
    meaning_of!(intmem_real_index_kept, u: [0.7, 1.011] => [1.7109999999999999, 50.7]);
}

/// Sorting indices by the state.
mod intmem_sort_permutation {
    use super::*;
    #[ode] fn intmem_sort_permutation(du: &mut [f64; 3], u: &[f64; 3]) { let mut p = [0, 1, 2]; for i in 0..3 { for j in 0..2 { if u[p[j]] > u[p[j + 1]] { let t = p[j]; p[j] = p[j + 1]; p[j + 1] = t; } } let _ = i; } for i in 0..3 { du[i] = u[p[i]] * (i + 1) as f64; } }
    meaning_of!(intmem_sort_permutation, u: [0.7, 1.011, 1.3439999999999999] => [0.7, 2.022, 4.032]);
}

/// `let n = k[0] * 2;` kept by name while the element changes, used twice.
mod intmem_named_let_of_compound {
    use super::*;
    #[ode] fn intmem_named_let_of_compound(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = [3, 4]; let n = k[0] * 2; let m = n + k[1]; k[0] = 100; k[1] = 200; du[0] = u[0] * m as f64 + (n * m) as f64; }
    meaning_of!(intmem_named_let_of_compound, u: [0.7] => [67.0]);
}

/// `k[0].max(k[1])` kept while elements change.
mod intmem_min_max {
    use super::*;
    #[ode] fn intmem_min_max(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = [3, 4]; let m = k[0].max(k[1]); let d = k[1] - k[0]; k[1] = 1; du[0] = u[0] * m as f64 + (m + d * k[1]) as f64; }
    meaning_of!(intmem_min_max, u: [0.7] => [7.8]);
}

/// An index in an array set in both branches.
mod intmem_pattern_store_in_branches {
    use super::*;
    #[ode] fn intmem_pattern_store_in_branches(du: &mut [f64; 2], u: &[f64; 2]) { let mut k = [0, 0]; if u[0] > 1.0 { k[0] = 1; } else { k[0] = 0; } du[0] = u[k[0]]; du[1] = u[k[1]] * 2.0; }
    meaning_of!(intmem_pattern_store_in_branches, u: [0.7, 1.011] => [0.7, 1.4]);
}

/// The same with an integer variable.
mod intmem_pattern_scalar_in_branch {
    use super::*;
    #[ode] fn intmem_pattern_scalar_in_branch(du: &mut [f64; 3], u: &[f64; 3]) { let mut k = 1; if u[0] > 1.0 { k = 2; } du[0] = u[k]; du[1] = u[k - 1]; du[2] = u[2]; }
    meaning_of!(intmem_pattern_scalar_in_branch, u: [0.7, 1.011, 1.3439999999999999] => [1.011, 0.7, 1.3439999999999999]);
}

/// A counter in an array that counts where the state is large, as an index.
mod intmem_pattern_counter_in_loop {
    use super::*;
    #[ode] fn intmem_pattern_counter_in_loop(du: &mut [f64; 4], u: &[f64; 4]) { let mut n = [0usize]; for i in 0..3 { if u[i] > 0.9 { n[0] += 1; } } for i in 0..4 { du[i] = u[n[0]] * u[i]; } }
    meaning_of!(intmem_pattern_counter_in_loop, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [0.9407999999999999, 1.3587839999999998, 1.8063359999999997, 2.2834559999999997]);
}

/// `a[0] *= 5.0`, read twice after.
mod realmem_compound_read_twice {
    use super::*;
    #[ode] fn realmem_compound_read_twice(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; a[0] *= 5.0; a[1] /= a[0]; du[0] = a[0] * a[0]; du[1] = a[1] + a[0]; }
    meaning_of!(realmem_compound_read_twice, u: [0.7, 1.011] => [12.25, 3.7888571428571427]);
}

/// A comparison of fields kept while they change.
mod realmem_field_condition_before_write {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn realmem_field_condition_before_write(du: &mut Q, u: &Q) { let mut q = *u; let less = q.a < q.b; q.a = 100.0; du.a = if less { q.a * u.b } else { q.b }; du.b = q.a * u.a; }
    meaning_of!(realmem_field_condition_before_write, u: [0.7, 1.011] => [101.1, 70.0]);
}
