//! Options of conditions, and folds that end early.

use crate::*;

/// `try_fold`: ends where the closure gives none, and not later.
mod folds_that_end {
    use super::*;
    #[ode] fn folds_that_end(u: [f64; 4], p: f64) -> [f64; 4] { let mut n = 0usize; let s = u.iter().try_fold(0.3, |s, x| { n += 1; if *x > 1.2 { None } else { Some(s + x * p) } }); let t = u.iter().enumerate().try_fold(1.0, |s: f64, (i, &x)| (x > p || i == 3).then(|| s * x - p)); let k = [3i32, 5, 7].iter().try_fold(1i32, |a, b| if a > 20 { None } else { Some(a * b) }); [s.unwrap_or(p), t.unwrap_or(0.5), n as f64 * u[1], if let Some(k) = k { k as f64 * u[2] } else { p }] }
    meaning_of!(folds_that_end, u: [0.7, 1.011, 1.344, 0.43], p: [0.68] => [0.68, -1.3537000576000002, 3.0329999999999995, 141.12]);
}

/// `try_fold` of a pair and of an array.
mod folds_of_pairs {
    use super::*;
    #[ode] fn folds_of_pairs(u: [f64; 3], t: f64) -> [f64; 3] { let a = u.iter().try_fold((0.0, 1.0), |(s, m), x| if s > 3.0 { None } else { Some((s + x, m * x)) }); let (s, m) = a.unwrap_or((t, t)); let w = (0..3).try_fold([t, 1.0], |w, i| if w[0] > 1.5 { None } else { Some([w[0] + u[i], w[1] * u[i]]) }); let w = w.unwrap_or([m, s]); [s, m * t, w[0] - w[1]] }
    meaning_of!(folds_of_pairs, u: [0.7, 1.011, 1.344], t: 0.37 => [3.0549999999999997, 0.35192505599999996, -2.1038512]);
}

/// `then` computes where the condition holds, `then_some` always.
mod then_and_then_some {
    use super::*;
    #[ode] fn then_and_then_some(u: [f64; 3], t: f64) -> [f64; 3] { let mut n = 0.0; let a = (u[0] > 1.0).then(|| { n += 1.0; u[1].ln() }); let b = (u[0] < 1.0).then(|| { n += 2.0; u[1] * t }); let c = (t > 1.0).then_some({ n += 4.0; u[2] }).unwrap_or(t); let d = (u[1] > 1.0).then_some(u[2]).map_or(t, |x| x * x); [a.unwrap_or(n), b.unwrap_or(n) * d, c + n * u[0]] }
    meaning_of!(then_and_then_some, u: [0.7, 1.011, 1.344], t: 0.37 => [6.0, 0.67569610752, 4.569999999999999]);
}

/// Entries of tables, of structs and of rows, taken from an array at once.
mod entries_of_tables {
    use super::*;
    #[derive(Clone, Copy)] struct Node { x: f64, w: f64 }
    const NODES: [Node; 3] = [Node { x: 0.1, w: 0.2 }, Node { x: 0.3, w: 0.5 }, Node { x: 0.7, w: 1.5 }];
    const ROWS: [[f64; 2]; 3] = [[0.1, 0.2], [0.5, 0.6], [1.5, 2.0]];
    const ORDER: [usize; 3] = [1, 0, 1];
    #[ode] fn entries_of_tables(u: [f64; 2]) -> [f64; 2] { let i = if u[0] > 0.5 { 1usize } else { 0 }; let [a, b] = [NODES[i], NODES[i + 1]]; let [c, d] = [ROWS[i], ROWS[2]]; let [k, l] = [ORDER[i], ORDER[2]]; let [x, mut y] = [ROWS[k][0], NODES[l].w]; y *= u[0]; [u[k] * a.x + u[l] * b.w + c[0] * d[1], x * u[1] + y] }
    meaning_of!(entries_of_tables, u: [0.7, 1.011] => [2.7264999999999997, 0.45109999999999995]);
}
