//! Options: in variables, in patterns, returned by helpers.

use crate::*;

/// `let Some(x) = o else { return; };`, of an option that is known to be empty, too.
mod let_else_of_an_option {
    use super::*;
    #[ode] fn let_else_of_an_option(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = 0.0; du[1] = 1.0; let Some(x) = u.get(1) else { return; }; du[0] = *x; let Some(y) = u.get(7) else { return; }; du[1] = *y; }
    meaning_of!(let_else_of_an_option, u: [0.7, 1.3] => [1.3, 1.0]);
}

/// `let .. else` in a helper that returns from it.
mod let_else_in_a_helper {
    use super::*;
    #[differentiable] fn lookup(x: f64) -> f64 { const T: [f64; 3] = [0.5, 1.0, 2.0]; let Some(k) = T.iter().position(|t| *t > x) else { return 9.0; }; T[k] * x }
    #[ode] fn let_else_in_a_helper(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = lookup(u[0]); du[1] = lookup(5.0 * u[1]); }
    meaning_of!(let_else_in_a_helper, u: [0.7, 1.3] => [0.7, 9.0]);
}

/// `let 2 = k else { break .. };`, `let (1, j) = pair else { return; };`
mod let_else_of_numbers {
    use super::*;
    #[ode] fn let_else_of_numbers(du: &mut [f64; 2], u: &[f64; 2]) { let k = (u[0] * 2.0) as i32; let s = loop { let 2 = k else { break 0.5; }; break 2.0; }; let (1, j) = (k, k + 1) else { du[0] = 0.0; du[1] = 0.0; return; }; du[0] = s * u[0]; du[1] = j as f64 * u[1]; }
    meaning_of!(let_else_of_numbers, u: [0.7, 1.3] => [0.35, 2.6]);
}

/// `let .. else { continue };`
mod let_else_in_a_loop {
    use super::*;
    #[ode] fn let_else_in_a_loop(du: &mut [f64; 2], u: &[f64; 2]) { let mut s = 0.0; for i in 0..4 { let Some(x) = u.get(i) else { continue }; s += x * (i + 1) as f64; } du[0] = s; du[1] = u[1]; }
    meaning_of!(let_else_in_a_loop, u: [0.7, 1.3] => [3.3, 1.3]);
}

/// A variable that holds an option, matched and given another one.
mod option_in_a_variable {
    use super::*;
    #[ode] fn option_in_a_variable(du: &mut [f64; 2], u: &[f64; 2]) { let mut best: Option<f64> = None; for &x in u { best = match best { None => Some(x), Some(b) if x > b => Some(x), other => other }; } du[0] = best.unwrap(); du[1] = if let Some(b) = best { b * u[0] } else { 0.0 }; }
    meaning_of!(option_in_a_variable, u: [0.7, 1.3] => [1.3, 0.9099999999999999]);
}

/// A tuple of options is matched.
mod options_in_a_tuple {
    use super::*;
    #[ode] fn options_in_a_tuple(du: &mut [f64; 2], u: &[f64; 2]) { let safe = |x: f64| if x > 1.0 { Some(x.ln()) } else { None }; du[0] = safe(u[0]).unwrap_or(-1.0); du[1] = safe(u[1]).map(|y| y * 2.0).unwrap_or_else(|| u[0]); if let (Some(a), None) = (safe(u[1]), safe(u[0])) { du[0] += a; } }
    meaning_of!(options_in_a_tuple, u: [0.7, 1.3] => [-0.7376357355325089, 0.5247285289349821]);
}

/// A helper that returns an option.
mod option_of_a_helper {
    use super::*;
    #[differentiable] fn inv(x: f64) -> Option<f64> { if x == 0.0 { None } else { Some(1.0 / x) } }
    #[ode] fn option_of_a_helper(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = inv(u[0]).unwrap_or(0.0); du[1] = match inv(u[1] - u[1]) { Some(v) => v, None => u[1] }; }
    meaning_of!(option_of_a_helper, u: [0.7, 1.3] => [1.4285714285714286, 1.3]);
}

/// What a loop keeps of the iteration before.
mod option_across_iterations {
    use super::*;
    #[ode] fn option_across_iterations(du: &mut [f64; 2], u: &[f64; 2]) { let mut prev: Option<f64> = None; let mut s = 0.0; for x in u.iter().copied() { if let Some(p) = prev { s += (x - p).abs(); } prev = Some(x); } du[0] = s; du[1] = prev.filter(|x| *x > 2.0).or(Some(0.5)).unwrap(); }
    meaning_of!(option_across_iterations, u: [0.7, 1.3] => [0.6000000000000001, 0.5]);
}

/// `checked_sub` gives an option.
mod checked_arithmetic {
    use super::*;
    #[ode] fn checked_arithmetic(du: &mut [f64; 2], u: &[f64; 2]) { let i = u.len() - 1; let left = i.checked_sub(1).map_or(0.0, |k| u[k]); let right = u.get(i + 1).copied().unwrap_or(left); du[0] = left * right; du[1] = (0..2usize).filter_map(|k| k.checked_sub(1)).map(|k| u[k]).sum(); }
    meaning_of!(checked_arithmetic, u: [0.7, 1.3] => [0.48999999999999994, 0.7]);
}

/// An option of a tuple, whose type is not written.
mod option_of_a_tuple {
    use super::*;
    #[ode] fn option_of_a_tuple(du: &mut [f64; 2], u: &[f64; 2]) { let mut last = None; for (i, x) in u.iter().enumerate() { if *x > 0.5 { last = Some((i, *x)); } } du[0] = match last { Some((i, x)) if i > 0 => x * i as f64, Some((_, x)) => -x, None => 0.0 }; du[1] = if last.is_none() { 1.0 } else { u[0] }; }
    meaning_of!(option_of_a_tuple, u: [0.7, 1.3] => [1.3, 0.7]);
}

/// Options of helpers are mapped, matched together and handed on.
mod options_of_helpers {
    use super::*;
    #[derive(Components, Clone, Copy)] struct P { k: f64, n: f64 }
    #[differentiable] fn hill(x: f64, p: &P) -> Option<f64> { if x <= 0.0 { return None; } let y = x.powf(p.n); Some(y / (p.k + y)) }
    #[differentiable] fn both(x: f64, y: f64, p: &P) -> Option<f64> { let a = hill(x, p); match (a, hill(y, p)) { (Some(a), Some(b)) => Some(a * b), (Some(a), None) => Some(a), _ => None } }
    #[ode] fn options_of_helpers(du: &mut [f64; 2], u: &[f64; 2], p: &P) { du[0] = hill(u[0], p).map(|v| v * 2.0).unwrap_or(0.0); let r = both(u[0], u[1] - 1.0, p); du[1] = if let Some(x) = r { x } else { 0.0 } + both(-1.0, u[0], p).unwrap_or(0.25) + hill(u[1], p).map_or(0.0, |h| h * h); }
    meaning_of!(options_of_helpers, u: [0.7, 1.3], p: [0.3, 0.4] => [1.485878876912366, 1.369987968794168]);
}

/// `next` of chunks.
mod chunks_one_by_one {
    use super::*;
    #[ode] fn chunks_one_by_one(du: &mut [f64; 4], u: &[f64; 4]) { let total: f64 = u.chunks_exact(2).map(|c| c[0] * c[1]).sum(); let mut ch = u.chunks(3); let a = ch.next().unwrap(); let b = ch.next().unwrap(); du[0] = total; du[1] = a.iter().sum::<f64>() * b[0]; du[2] = a.len() as f64 + b.len() as f64 * u[0]; du[3] = if ch.next().is_none() { u[3] } else { 0.0 }; }
    meaning_of!(chunks_one_by_one, u: [0.7, 1.3, 0.2, 0.9] => [1.0899999999999999, 1.9800000000000002, 3.7, 0.9]);
}

/// `if let .. && ..`, and a range in `if let`.
mod let_chain {
    use super::*;
    #[ode] fn let_chain(du: &mut [f64; 2], u: &[f64; 2]) { let x = u[0]; let y = if let 0.5..=1.0 = x { x * 2.0 } else { x }; let z = if let Some(k) = [1.0, 2.0].iter().position(|t| *t > x) && k < 1 { 5.0 } else { 6.0 }; du[0] = y; du[1] = z * u[1]; }
    meaning_of!(let_chain, u: [0.7, 1.3] => [1.4, 6.5]);
}

/// Elements that are there in one branch, and not in the other.
mod elements_of_either_option {
    use super::*;
    #[ode] fn elements_of_either_option(du: &mut [f64; 2], u: &[f64; 2]) { let mut s = 1.0; for k in 0..4 { let x = match k { 0 => u.first(), 1 => u.last(), _ => u.get(k) }; s += x.copied().unwrap_or(3.0); let y = if u[0] > 0.0 { u.get(k) } else { u.get(k + 1) }; s += y.map_or(7.0, |y| y * 2.0); } du[0] = s; du[1] = u[0]; }
    meaning_of!(elements_of_either_option, u: [0.7, 1.3] => [27.0, 0.7]);
}

/// `m = match k { 0 => Some(x), .., _ => break };`
mod option_left_by_break {
    use super::*;
    #[ode] fn option_left_by_break(du: &mut [f64; 2], u: &[f64; 2]) { let mut m: Option<f64> = None; for k in 0..5 { m = match k { 0 => Some(u[0]), 1 if u[1] > 0.0 => m.map(|x| x * 2.0), _ => break }; } du[0] = m.unwrap_or(9.0); du[1] = u[0]; }
    meaning_of!(option_left_by_break, u: [0.7, 1.3] => [1.4, 0.7]);
}

/// `if let Some(x) = if .. { u.get(k) } else { break } { .. }`, past the end of `u`.
mod element_or_break {
    use super::*;
    #[ode] fn element_or_break(du: &mut [f64; 2], u: &[f64; 2]) { let mut s = 1.0; for k in 0..4 { if let Some(x) = (if k < 3 { u.get(k) } else { break }) { s += *x; } else { s += 100.0; } } du[0] = s; du[1] = u[0]; }
    meaning_of!(element_or_break, u: [0.7, 1.3] => [103.0, 0.7]);
}
