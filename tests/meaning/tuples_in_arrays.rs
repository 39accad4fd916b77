//! Tuples in arrays, and tuples of integers.

use crate::*;

/// `for (x, w) in [(a, 1.0), ..]`
mod array_of_tuples {
    use super::*;
    #[ode] fn array_of_tuples(du: &mut [f64; 2], u: &[f64; 2]) { let pairs = [(u[0], 1.0), (u[1], 2.0), (0.5, u[0])]; let mut s = 0.0; for (x, w) in pairs { s += x * w; } du[0] = s; du[1] = pairs[1].0 * pairs[2].1; }
    meaning_of!(array_of_tuples, u: [0.7, 1.3] => [3.65, 0.9099999999999999]);
}

/// Iterators over an array of tuples.
mod array_of_tuples_iterated {
    use super::*;
    #[ode] fn array_of_tuples_iterated(du: &mut [f64; 2], u: &[f64; 2]) { let pairs = [(u[0], 1.0), (u[1], 2.0)]; let s: f64 = pairs.iter().map(|(x, w)| x * w).sum(); du[0] = s; for &(x, w) in pairs.iter() { du[0] += x - w; } du[1] = pairs.iter().map(|p| p.0).sum::<f64>(); }
    meaning_of!(array_of_tuples_iterated, u: [0.7, 1.3] => [2.3, 2.0]);
}

/// Tuples of integers and reals.
mod array_of_tuples_with_integers {
    use super::*;
    #[ode] fn array_of_tuples_with_integers(du: &mut [f64; 2], u: &[f64; 2]) { let rx = [(0, 1, 0.3), (1, 0, 0.2)]; du[0] = 0.0; du[1] = 0.0; for (from, to, k) in rx { let r = k * u[from]; du[from] -= r; du[to] += r; } }
    meaning_of!(array_of_tuples_with_integers, u: [0.7, 1.3] => [0.05000000000000002, -0.05000000000000002]);
}

/// The same with its type.
mod array_of_tuples_typed {
    use super::*;
    #[ode] fn array_of_tuples_typed(du: &mut [f64; 2], u: &[f64; 2]) { let rx: [(usize, usize, f64); 2] = [(0, 1, 0.3), (1, 0, 0.2)]; du[0] = 0.0; du[1] = 0.0; for &(from, to, k) in &rx { let r = k * u[from]; du[from] -= r; du[to] += r; } }
    meaning_of!(array_of_tuples_typed, u: [0.7, 1.3] => [0.05000000000000002, -0.05000000000000002]);
}

/// Parts of tuples in an array are written.
mod array_of_tuples_that_changes {
    use super::*;
    #[ode] fn array_of_tuples_that_changes(du: &mut [f64; 2], u: &[f64; 2]) { let mut pairs = [(u[0], 1.0), (u[1], 2.0)]; pairs[0].1 = u[1]; pairs[1] = (3.0, u[0]); for p in pairs.iter_mut() { p.0 += 1.0; } let (a, b) = pairs[0]; du[0] = a * b; du[1] = pairs[1].0 * pairs[1].1; }
    meaning_of!(array_of_tuples_that_changes, u: [0.7, 1.3] => [2.21, 2.8]);
}

/// Helpers that take and return `(i32, f64)`.
mod tuple_of_signed_integers {
    use super::*;
    #[differentiable] fn split(x: f64) -> (i32, f64) { let k = x.floor() as i32; (k - 1, x - k as f64) }
    #[differentiable] fn weight(p: (i32, f64)) -> f64 { p.0 as f64 * p.1 }
    #[ode] fn tuple_of_signed_integers(du: &mut [f64; 2], u: &[f64; 2]) { let (k, w) = split(u[1] * 3.0); du[0] = k as f64 + w; du[1] = weight(split(u[0])) + weight((k, u[0])); }
    meaning_of!(tuple_of_signed_integers, u: [0.7, 1.3] => [2.9000000000000004, 0.7]);
}

/// `|(p, q): (f64, f64)| ..`
mod closure_of_a_tuple {
    use super::*;
    #[ode] fn closure_of_a_tuple(du: &mut [f64; 2], u: &[f64; 2]) { let pair = |x: f64| (x, x * x); let (a, b) = pair(u[0]); let swap = |(p, q): (f64, f64)| (q, p); let (c, d) = swap(pair(u[1])); du[0] = a * c; du[1] = b - d; }
    meaning_of!(closure_of_a_tuple, u: [0.7, 1.3] => [1.183, -0.81]);
}

/// Tuples in an array change places.
mod tuples_swapped {
    use super::*;
    #[ode] fn tuples_swapped(du: &mut [f64; 2], u: &[f64; 2]) { let ranked = { let mut r = [(u[0], 0usize), (u[1], 1)]; if r[0].0 < r[1].0 { r.swap(0, 1); } r }; let (best, which) = ranked[0]; du[which] = best; du[1 - which] = ranked[1].0 * 2.0; }
    meaning_of!(tuples_swapped, u: [0.7, 1.3] => [1.4, 1.3]);
}

/// A tuple is searched for.
mod tuple_found {
    use super::*;
    #[ode] fn tuple_found(du: &mut [f64; 2], u: &[f64; 2]) { let table: [(f64, [f64; 2]); 2] = [(0.5, [1.0, 2.0]), (1.5, [u[0], u[1]])]; let hit = table.iter().find(|(t, _)| *t > u[0]); if let Some((t, row)) = hit { du[0] = t * row[0]; du[1] = row[1]; } else { du[0] = 0.0; du[1] = 0.0; } }
    meaning_of!(tuple_found, u: [0.7, 1.3] => [1.0499999999999998, 1.3]);
}

/// A helper returns a real, a condition and an array.
mod tuple_of_everything {
    use super::*;
    #[differentiable] fn rates(x: f64, on: bool, n: i32) -> (f64, bool, [f64; 2]) { let y = if on { x.powi(n) } else { 0.0 }; (y, y > 0.5, [x, y]) }
    #[ode] fn tuple_of_everything(du: &mut [f64; 2], u: &[f64; 2]) { let (y, hot, [a, b]) = rates(u[0], true, 2); let r = rates(u[1], hot, 3); du[0] = y + a * b; du[1] = r.0 + if r.1 { r.2[0] } else { r.2[1] }; }
    meaning_of!(tuple_of_everything, u: [0.7, 1.3] => [0.8329999999999999, 0.0]);
}

/// `(1, x) | (2, x) => ..`
mod alternatives_that_bind {
    use super::*;
    #[ode] fn alternatives_that_bind(du: &mut [f64; 2], u: &[f64; 2]) { let k = (u[0] * 2.0) as i32; let y = match (k, u[1]) { (1, x) | (2, x) => x * 2.0, (_, x) => -x }; du[0] = y; du[1] = match (1, k) { (3, j) | (j, 1) => j as f64 * u[1], _ => 0.0 }; }
    meaning_of!(alternatives_that_bind, u: [0.7, 1.3] => [2.6, 1.3]);
}

/// `(1, x) | (x, 1) => ..`
mod alternatives_that_bind_other_parts {
    use super::*;
    #[ode] fn alternatives_that_bind_other_parts(du: &mut [f64; 2], u: &[f64; 2]) { let a = (u[0] * 2.0) as i32; let b = (u[1] * 3.0) as i32; let y = match (a, b) { (1, x) | (x, 1) => x as f64, _ => 0.5 }; du[0] = y * u[0]; du[1] = u[1]; }
    meaning_of!(alternatives_that_bind_other_parts, u: [0.7, 1.3] => [2.0999999999999996, 1.3]);
}
