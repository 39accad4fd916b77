//! Jumps out of what would have been a value: nothing of the statement is done.

use crate::*;

/// `m = if .. { .. } else { break };`
mod assignment_left_by_break {
    use super::*;
    #[ode] fn assignment_left_by_break(du: &mut [f64; 2], u: &[f64; 2]) { let mut m = 3.0; for k in 0..4 { m = if k < 2 { m * u[1] } else { break }; } du[0] = m; du[1] = u[0]; }
    meaning_of!(assignment_left_by_break, u: [0.7, 1.3] => [5.07, 0.7]);
}

/// A machine of integer states, whose last one ends the loop.
mod states_until_the_last {
    use super::*;
    #[ode] fn states_until_the_last(du: &mut [f64; 2], u: &[f64; 2]) { let mut mode = 0u8; let mut x = u[0]; for _ in 0..9 { mode = match mode { 0 => { x *= u[1]; 1 } 1 if x > 1.0 => 3, 1 => 0, _ => break }; } du[0] = x; du[1] = mode as f64 * u[1]; }
    meaning_of!(states_until_the_last, u: [0.7, 1.3] => [1.1829999999999998, 3.9000000000000004]);
}

/// `du[1] = if .. { .. } else { return };`
mod component_left_by_return {
    use super::*;
    #[ode] fn component_left_by_return(du: &mut [f64; 2], u: &[f64; 2]) { *du = *u; du[1] = if u[0] > 1.0 { 2.0 } else { return }; du[0] = 9.0; }
    meaning_of!(component_left_by_return, u: [0.7, 1.3] => [0.7, 1.3]);
}

/// `s *= match .. { None => break };`
mod product_left_by_break {
    use super::*;
    #[ode] fn product_left_by_break(du: &mut [f64; 2], u: &[f64; 2]) { let mut s = 1.0; for i in 0..5 { s *= match u.get(i) { Some(x) => *x, None => break }; } du[0] = s; du[1] = u[0]; }
    meaning_of!(product_left_by_break, u: [0.7, 1.3] => [0.9099999999999999, 0.7]);
}

/// A zero keeps its sign where nothing is added.
mod sum_left_by_break {
    use super::*;
    #[ode] fn sum_left_by_break(du: &mut [f64; 2], u: &[f64; 2]) { let mut s = -0.0; for i in 0..5 { s += if u[i % 2] > 2.0 { u[0] } else { break }; } du[0] = s; du[1] = u[0]; }
    value_of!(sum_left_by_break, u: [0.7, 1.3] => [-0.0, 0.7]);
}

/// Rows and tuples, `break` and `continue`.
mod rows_and_tuples_left {
    use super::*;
    #[ode] fn rows_and_tuples_left(du: &mut [f64; 2], u: &[f64; 2]) { let mut w = [[1.0, 2.0], [3.0, u[1]]]; let mut q = (1.0, 2); for i in 0..4 { w[i % 2] = if i < 2 { [u[0], u[1] * i as f64] } else { break }; q = if i == 0 { continue } else { (q.0 * u[0], q.1 + 1) }; } du[0] = w[0][1] + w[1][1] * q.0; du[1] = w[1][0] * q.1 as f64; }
    meaning_of!(rows_and_tuples_left, u: [0.7, 1.3] => [0.9099999999999999, 2.0999999999999996]);
}

/// `match if .. { k } else { break } { .. }`
mod match_on_what_leaves {
    use super::*;
    #[ode] fn match_on_what_leaves(du: &mut [f64; 2], u: &[f64; 2]) { let mut s = 0.0; for k in 1..4 { match if k < 3 { k } else { break } { 0 => s += 10.0, _ => s += u[1] } } du[0] = s; du[1] = u[0]; }
    meaning_of!(match_on_what_leaves, u: [0.7, 1.3] => [2.6, 0.7]);
}

/// `if (if .. { .. } else { continue }) { .. }`, also before a jump of its own.
mod condition_that_leaves {
    use super::*;
    #[ode] fn condition_that_leaves(du: &mut [f64; 2], u: &[f64; 2]) { let mut s = 0.0; for k in 0..4 { if !(if k < 2 { u[0] > 1.0 } else { continue }) { s += u[1]; } if (if k < 1 { false } else { break }) { break; } s += 1.0; } du[0] = s; du[1] = u[0]; }
    meaning_of!(condition_that_leaves, u: [0.7, 1.3] => [3.5999999999999996, 0.7]);
}

/// `for j in 0..(if .. { k } else { break }) { .. }`
mod loop_over_what_leaves {
    use super::*;
    #[ode] fn loop_over_what_leaves(du: &mut [f64; 2], u: &[f64; 2]) { let mut s = 0.0; for k in 1..4 { for _ in 0..(if k < 3 { k } else { break }) { s += u[1]; } for x in [1.0, if k < 2 { 2.0 } else { continue }] { s += x; } } du[0] = s; du[1] = u[0]; }
    meaning_of!(loop_over_what_leaves, u: [0.7, 1.3] => [6.8999999999999995, 0.7]);
}
