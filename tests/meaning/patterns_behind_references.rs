//! Patterns behind `&mut`, orderings, destructuring assignments.

use crate::*;

/// `if let [first, .., last] = &mut w[..]`, `last_mut`, `get_mut`.
mod slice_pattern_behind_mut {
    use super::*;
    #[ode] fn slice_pattern_behind_mut(du: &mut [f64; 2], u: &[f64; 2]) { let mut w = [u[0], u[1], 0.3, 0.4]; let (a, b) = w.split_at_mut(2); for (x, y) in a.iter_mut().zip(b.iter_mut()) { std::mem::swap(x, y); *x *= 2.0; } if let [first, .., last] = &mut w[..] { *first += *last; *last = 0.0; } if let Some(x) = w.last_mut() { *x += 7.0; } if let Some(x) = w.get_mut(1) { *x -= 1.0; } du[0] = w[0] * w[3]; du[1] = w[1] + w[2]; }
    meaning_of!(slice_pattern_behind_mut, u: [0.7, 1.3] => [13.299999999999999, 0.5]);
}

/// Arrays, tuples and rows are matched through `&mut`, and written.
mod patterns_behind_mut {
    use super::*;
    #[ode] fn patterns_behind_mut(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = [u[0], u[1], 2.0]; match &mut a { [x, y, 3.0] => *x = *y, [x, .., z] => { *x += *z; *z = u[1]; } } let mut t = (u[0], [1.0, u[1]]); match &mut t { (p, [q, r]) => { *p += *q; *r *= *p; } } let mut rows = [[1.0, u[0]], [u[1], 2.0]]; if let Some([x, y]) = rows.get_mut(1) { std::mem::swap(x, y); *x += 1.0; } if let [[c, _], second] = &mut rows { *c = second[0]; second[1] = 9.0; } du[0] = a[0] * a[2] + t.0 + t.1[1]; du[1] = rows[0][0] + rows[1][0] * rows[1][1]; }
    meaning_of!(patterns_behind_mut, u: [0.7, 1.3] => [7.42, 30.0]);
}

/// Structs are matched through `&mut`, and written.
mod structs_behind_mut {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { x: f64, v: [f64; 2] }
    #[ode] fn structs_behind_mut(du: &mut [f64; 2], u: &[f64; 2]) { let mut q = Q { x: u[0], v: *u }; match &mut q { Q { x, v: [a, b] } if *x > 0.5 => { *x = 2.0 * *a; *b += *x; } Q { x, .. } => *x = 0.0 } let Q { x: ref mut y, v: [ref c, _] } = q; *y += *c; let mut qs = [q, Q { x: 1.0, ..q }]; if let Some(Q { x, v }) = qs.first_mut() { *x -= 1.0; v[0] = 4.0; } if let Some(last) = qs.last_mut() { last.x *= 3.0; } for Q { x, v } in qs.iter_mut() { *x += v[0]; v[1] = *x; } du[0] = qs[0].x + qs[1].x; du[1] = qs[0].v[1] * qs[1].v[0] + q.x; }
    meaning_of!(structs_behind_mut, u: [0.7, 1.3] => [8.8, 5.669999999999999]);
}

/// Items of `iter_mut` are taken apart and written.
mod items_behind_mut {
    use super::*;
    #[ode] fn items_behind_mut(du: &mut [f64; 2], u: &[f64; 2]) { let mut m = [[0.0; 2]; 2]; for (row, x) in m.iter_mut().zip(u) { let [a, b] = row; *a = *x; *b = *a * 2.0; } for [a, b] in &mut m { std::mem::swap(a, b); } for (i, [a, _]) in m.iter_mut().enumerate() { *a += i as f64; } let mut pairs = [(u[0], 1usize), (u[1], 0)]; for (x, k) in pairs.iter_mut() { *x *= 2.0; *k += 1; } if let Some((x, k)) = pairs.iter_mut().find(|(_, k)| *k == 1) { *x = -1.0; *k = 5; } du[0] = m[0][0] * m[1][1] + pairs[0].0; du[1] = m[1][0] + pairs[1].0 * pairs[1].1 as f64; }
    meaning_of!(items_behind_mut, u: [0.7, 1.3] => [3.2199999999999998, -1.4]);
}

/// `match a.total_cmp(&b)`
mod orderings_matched {
    use super::*;
    #[ode] fn orderings_matched(du: &mut [f64; 2], u: &[f64; 2]) { use std::cmp::Ordering; let c = match u[0].total_cmp(&u[1]) { Ordering::Less => u[0], Ordering::Equal => 2.0, Ordering::Greater => u[1] }; let k = 3usize; let d = match k.cmp(&2) { std::cmp::Ordering::Greater => 2.0, _ => 1.0 }; du[0] = c; du[1] = d * u[1]; }
    meaning_of!(orderings_matched, u: [0.7, 1.3] => [0.7, 2.6]);
}

/// `last` and `find` of tuples.
mod last_of_tuples {
    use super::*;
    #[ode] fn last_of_tuples(du: &mut [f64; 2], u: &[f64; 2], t: f64) { let events = [(0.2, 1.0), (0.5, 2.0), (0.9, 4.0)]; let done = events.iter().filter(|e| e.0 <= t); let total: f64 = done.clone().map(|e| e.1).sum(); let last = done.last(); let next = events.iter().find(|(at, _)| *at > t).map(|&(at, _)| at - t); du[0] = total * u[0] + last.map_or(0.0, |e| e.1); du[1] = next.unwrap_or(f64::MAX).min(1.0) * u[1]; }
    meaning_of!(last_of_tuples, u: [0.7, 1.3], t: 0.6 => [4.1, 0.39000000000000007]);
}

/// `(a[0], _, a[2]) = ..`, `[x, ..] = a`.
mod assignments_that_take_apart {
    use super::*;
    #[ode] fn assignments_that_take_apart(du: &mut [f64; 2], u: &[f64; 2]) { let mut x = u[0]; let mut y = u[1]; for _ in 0..3 { (x, y) = (y, x + y); [x, y] = [x * 0.5, y]; } let mut arr = [0.0; 3]; (arr[0], _, arr[2]) = (x, 1.0, y); [arr[1], ..] = arr; let z; (z, du[0]) = (arr[1], arr[0] + arr[2]); du[1] = z; }
    meaning_of!(assignments_that_take_apart, u: [0.7, 1.3] => [4.975, 1.325]);
}

/// `partition_point` of a static table.
mod partition_point_in_an_inner_function {
    use super::*;
    #[ode] fn partition_point_in_an_inner_function(du: &mut [f64; 2], u: &[f64; 2]) { const EPS: f64 = 1e-6; static TABLE: [(f64, f64); 3] = [(0.0, 1.0), (1.0, 3.0), (2.0, 2.0)]; fn lookup(x: f64) -> f64 { let k = TABLE.partition_point(|&(t, _)| t <= x); if k == 0 { return TABLE[0].1; } if k == TABLE.len() { return TABLE[k - 1].1; } let ((x0, y0), (x1, y1)) = (TABLE[k - 1], TABLE[k]); y0 + (y1 - y0) * (x - x0) / (x1 - x0 + EPS) } du[0] = lookup(u[0]); du[1] = lookup(u[1]) * lookup(5.0); }
    meaning_of!(partition_point_in_an_inner_function, u: [0.7, 1.3] => [2.3999986000013998, 5.4000005999994]);
}

/// A helper with an enum and a function of its own.
mod items_of_a_helper {
    use super::*;
    #[differentiable] fn outer(x: f64) -> f64 { #[derive(Clone, Copy)] enum Side { L, R } let side = if x > 1.0 { Side::R } else { Side::L }; let w = match side { Side::L => 1.0, Side::R => 2.0 }; fn inner(v: f64, w: f64) -> f64 { if v < 0.0 { return 0.0; } v * w } inner(x, w) + inner(-x, w) }
    #[ode] fn items_of_a_helper(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = outer(u[0]); du[1] = outer(u[1]); }
    meaning_of!(items_of_a_helper, u: [0.7, 1.3] => [0.7, 2.6]);
}

/// Methods that return arrays, structs, conditions and integers.
mod methods_that_return_anything {
    use super::*;
    #[derive(Components, Clone, Copy)] struct P { k: f64, m: f64 }
    #[differentiable] impl P { fn rate(&self, x: f64) -> f64 { self.k * x / (self.m + x) } fn both(&self, x: [f64; 2]) -> [f64; 2] { x.map(|v| self.rate(v)) } fn scaled(&self, s: f64) -> P { P { k: self.k * s, ..*self } } fn sum(&self, x: &[f64]) -> f64 { x.iter().map(|v| self.rate(*v)).sum() } fn is_fast(&self) -> bool { self.k > 0.2 } fn level(&self, x: f64) -> usize { if x > self.m { 1 } else { 0 } } }
    #[ode] fn methods_that_return_anything(du: &mut [f64; 2], u: &[f64; 2], p: &P) { let q = p.scaled(2.0); let v = q.both(*u); du[0] = if p.is_fast() { v[0] } else { v[1] } + u[p.level(u[0])]; du[1] = p.scaled(0.5).sum(u) + q.rate(v[1]) + [1.0, 2.0][q.level(0.1)]; }
    meaning_of!(methods_that_return_anything, u: [0.7, 1.3], p: [0.3, 0.4] => [1.6818181818181819, 1.530708373012966]);
}
