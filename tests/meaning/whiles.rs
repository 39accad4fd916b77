//! Loops with a condition.

use crate::*;

/// The counter goes back through `&mut`.
mod while_counter_lowered_by_alias {
    use super::*;
    #[ode] fn while_counter_lowered_by_alias(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = 0; let mut once = true; let mut s = 0.0; while k < 4 { s += u[0] * (k + 1) as f64; if k == 2 && once { once = false; let r = &mut k; *r -= 2; } k += 1; } du[0] = s; }
    meaning_of!(while_counter_lowered_by_alias, u: [0.7] => [10.5]);
}

/// The bound is an element of an array that a method changes.
mod while_bound_array_swapped {
    use super::*;
    #[ode] fn while_bound_array_swapped(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = 0; let mut b = [2, 5]; let mut s = 0.0; while k < b[0] { s += u[0] * (k + 1) as f64; if k == 1 { b.swap(0, 1); } k += 1; } du[0] = s; }
    meaning_of!(while_bound_array_swapped, u: [0.7] => [10.5]);
}

/// The bound grows in a closure that is called in the body.
mod while_bound_in_closure {
    use super::*;
    #[ode] fn while_bound_in_closure(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = 0; let mut n = 2; let mut s = 0.0; while k < n { s += u[0] * (k + 1) as f64; let mut grow = |d: i32| n += d; if k == 1 { grow(3); } k += 1; } du[0] = s; }
    meaning_of!(while_bound_in_closure, u: [0.7] => [10.5]);
}

/// The counter's name is bound by a match inside.
mod while_counter_in_match_binding {
    use super::*;
    #[ode] fn while_counter_in_match_binding(du: &mut [f64; 1], u: &[f64; 1]) { let mut k = 0; let mut s = 0.0; while k < 3 { s += match k * 2 { 0 => 1.0, k => u[0] * k as f64 }; k += 1; } du[0] = s; }
    meaning_of!(while_counter_in_match_binding, u: [0.7] => [5.199999999999999]);
}

/// `continue 'w` of a labelled `while`.
mod while_labelled_itself {
    use super::*;
    #[ode] fn while_labelled_itself(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; let mut k = 0; 'w: while k < 6 { k += 1; for j in 0..3 { if j * k == 4 { continue 'w; } s += u[0] * j as f64; } s += 1.0; } du[0] = s; }
    meaning_of!(while_labelled_itself, u: [0.7] => [13.1]);
}
