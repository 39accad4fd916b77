//! Parts of arrays that are handed on, and patterns of slices.

use crate::*;

/// `&u[..i]` is given to a helper.
mod part_of_run_time_length {
    use super::*;
    #[differentiable] fn total(x: &[f64]) -> f64 { x.iter().sum() }
    #[ode] fn part_of_run_time_length(du: &mut [f64; 4], u: &[f64; 4]) { for i in 0..4 { du[i] = total(&u[..i]) - total(&u[i..]); } }
    meaning_of!(part_of_run_time_length, u: [0.7, 1.3, 0.4, 0.2] => [-2.6, -1.2000000000000002, 1.4, 2.1999999999999997]);
}

/// Parts of a slice are given to a helper.
mod part_of_a_slice {
    use super::*;
    #[differentiable] fn mean(x: &[f64]) -> f64 { x.iter().sum::<f64>() / x.len() as f64 }
    #[ode] fn part_of_a_slice(du: &mut [f64], u: &[f64]) { let n = u.len(); let h = n / 2; for i in 0..n { du[i] = u[i] * mean(&u[h..n]); } du[0] += mean(&u[..h]); }
    meaning_of!(part_of_a_slice, u: [0.7, 1.3, 0.4, 0.2] => [1.21, 0.39000000000000007, 0.12000000000000002, 0.06000000000000001]);
}

/// Chunks are given to a helper.
mod chunk_handed_on {
    use super::*;
    #[differentiable] fn norm(x: &[f64]) -> f64 { x.iter().map(|v| v * v).sum::<f64>().sqrt() }
    #[ode] fn chunk_handed_on(du: &mut [f64], u: &[f64]) { for (d, c) in du.chunks_mut(2).zip(u.chunks(2)) { let n = norm(c); d[0] = c[1] / n; d[1] = -c[0] * n; } }
    meaning_of!(chunk_handed_on, u: [0.7, 1.3, 0.4, 0.2] => [0.8804710999221753, -1.033537614216338, 0.4472135954999579, -0.1788854381999832]);
}

/// Two parts of one slice are given to a helper at once.
mod two_parts_of_one {
    use super::*;
    #[differentiable] fn dot(a: &[f64], b: &[f64]) -> f64 { a.iter().zip(b).map(|(x, y)| x * y).sum() }
    #[ode] fn two_parts_of_one(du: &mut [f64], u: &[f64]) { let h = u.len() / 2; let d = dot(&u[..h], &u[h..]); for i in 0..u.len() { du[i] = d * u[i] - dot(&u[i..], &u[..u.len() - i]); } }
    meaning_of!(two_parts_of_one, u: [0.7, 1.3, 0.4, 0.2] => [-2.0020000000000002, -0.8079999999999999, -0.324, -0.03199999999999997]);
}

/// Parts of an array that changes, and of a table.
mod part_of_what_changes {
    use super::*;
    const W: [f64; 4] = [1.0, 0.5, 0.25, 2.0];
    #[differentiable] fn dot(a: &[f64], b: &[f64]) -> f64 { let mut s = 0.0; for i in 0..a.len().min(b.len()) { s += a[i] * b[i]; } s }
    #[ode] fn part_of_what_changes(du: &mut [f64; 4], u: &[f64; 4]) { let mut w = *u; for i in 0..4 { du[i] = dot(&w[i..], &W[..4 - i]) + dot(&w[..i], &w[i..]); w[i] *= 2.0; } }
    meaning_of!(part_of_what_changes, u: [0.7, 1.3, 0.4, 0.2] => [1.85, 3.37, 1.58, 0.48]);
}

/// Parts of arrays of arrays and of integers.
mod part_of_rows {
    use super::*;
    #[differentiable] fn total(m: &[[f64; 2]]) -> f64 { m.iter().map(|r| r[0] - r[1]).sum() }
    #[differentiable] fn count(k: &[usize]) -> usize { k.iter().sum() }
    #[ode] fn part_of_rows(du: &mut [[f64; 2]; 2], u: &[[f64; 2]; 2]) { let ks = [1usize, 2, 3]; for i in 0..2 { du[i][0] = total(&u[i..]) * count(&ks[i..]) as f64; du[i][1] = total(&u[..i + 1]) + total(&u[1..2]); } }
    meaning_of!(part_of_rows, u: [0.7, 1.3, 0.4, 0.2] => [-2.4000000000000004, -0.4000000000000001, 1.0, -0.20000000000000007]);
}

/// Parts of a field.
mod part_of_a_field {
    use super::*;
    #[derive(Components, Clone, Copy)] struct P { r: [f64; 4] }
    #[differentiable] fn total(m: &[f64]) -> f64 { m.iter().sum() }
    #[ode] fn part_of_a_field(du: &mut [f64; 4], u: &[f64; 4], p: &P) { for i in 0..4 { du[i] = total(&p.r[..i]) * u[i] + total(&p.r[1..3]) + total(&u[i / 2..i]); } }
    meaning_of!(part_of_a_field, u: [0.7, 1.3, 0.4, 0.2], p: [0.3, 0.4, 0.5, 0.6] => [0.9, 1.99, 2.48, 2.8400000000000003]);
}

/// Parts of the state and of the parameters.
mod parts_of_both {
    use super::*;
    const W: [f64; 4] = [1.0, 0.5, 0.25, 2.0];
    #[differentiable] fn dot(a: &[f64], b: &[f64]) -> f64 { a.iter().zip(b).map(|(x, y)| x * y).sum() }
    #[ode] fn parts_of_both(du: &mut [f64], u: &[f64], p: &[f64]) { let n = u.len(); for i in 0..n { du[i] = dot(&u[i..], &p[..n - i]) + dot(p, u) * dot(&W[..n / 2], &p[..n / 2]); } }
    meaning_of!(parts_of_both, u: [0.7, 1.3, 0.4, 0.2], p: [0.3, 0.4, 0.5, 0.6] => [1.5749999999999997, 1.1749999999999998, 0.7249999999999999, 0.585]);
}

/// `let [first, mid @ .., last] = u else { .. };`
mod ends_and_middle {
    use super::*;
    #[ode] fn ends_and_middle(du: &mut [f64], u: &[f64]) { let [first, mid @ .., last] = u else { return }; du[0] = *first; for (i, m) in mid.iter().enumerate() { du[i + 1] = m * first; } du[u.len() - 1] = last - mid.len() as f64; }
    meaning_of!(ends_and_middle, u: [0.7, 1.3, 0.2, 0.9, 0.4, 1.1] => [0.7, 0.9099999999999999, 0.13999999999999999, 0.63, 0.27999999999999997, -2.9]);
}

/// Windows and chunks by patterns.
mod patterns_of_chunks {
    use super::*;
    #[ode] fn patterns_of_chunks(du: &mut [f64], u: &[f64]) { for w in u.windows(2) { if let &[a, b] = w { du[0] = a - b; } } for (i, c) in u.chunks(2).enumerate() { match c { [x, y] => { du[2 * i] = *y; du[2 * i + 1] = -*x; } [x] => du[2 * i] = *x, _ => unreachable!() } } let Some((first, rest)) = u.split_first() else { return }; du[0] += first * rest.len() as f64; }
    meaning_of!(patterns_of_chunks, u: [0.7, 1.3, 0.2, 0.9, 0.4, 1.1] => [4.8, -0.7, 0.9, -0.2, 1.1, -0.4]);
}

/// `rotate_left`
mod rotate_left {
    use super::*;
    #[ode] fn rotate_left(du: &mut [f64; 4], u: &[f64; 4]) { let mut a = *u; a.rotate_left(1); for i in 0..4 { du[i] = a[i] - u[i]; } }
    meaning_of!(rotate_left, u: [0.7, 1.3, 0.2, 0.9] => [0.6000000000000001, -1.1, 0.7, -0.20000000000000007]);
}

/// `rotate_right`, and of a part.
mod rotate_right {
    use super::*;
    #[ode] fn rotate_right(du: &mut [f64; 4], u: &[f64; 4]) { let mut a = *u; a.rotate_right(3); a[1..].rotate_left(2); for i in 0..4 { du[i] = a[i] * u[i]; } }
    meaning_of!(rotate_right, u: [0.7, 1.3, 0.2, 0.9] => [0.9099999999999999, 0.9099999999999999, 0.04000000000000001, 0.81]);
}

/// `rotate_right` of the derivative.
mod rotate_derivative {
    use super::*;
    #[ode] fn rotate_derivative(du: &mut [f64], u: &[f64]) { for i in 0..u.len() { du[i] = u[i]; } du.rotate_right(1); du[0] *= 2.0; }
    meaning_of!(rotate_derivative, u: [0.7, 1.3, 0.2, 0.9] => [1.8, 0.7, 1.3, 0.2]);
}
