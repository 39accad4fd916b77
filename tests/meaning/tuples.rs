//! Tuples.

use crate::*;

/// `let s = t; t.0 = ..` leaves `s`.
mod tuple_copy_then_write {
    use super::*;
    #[ode] fn tuple_copy_then_write(du: &mut [f64; 2], u: &[f64; 2]) { let mut t = (u[0], u[1]); let s = t; t.0 = 9.0; du[0] = s.0; du[1] = t.0 * s.1; }
    meaning_of!(tuple_copy_then_write, u: [0.7, 1.011] => [0.7, 9.098999999999998]);
}

/// `let (a, .., b) = t`, `let (x, ..) = t`.
mod tuple_rest_pattern {
    use super::*;
    #[ode] fn tuple_rest_pattern(du: &mut [f64; 2], u: &[f64; 2]) { let t = (u[0], 1.0, 2.0, u[1]); let (a, .., b) = t; let (x, ..) = t; du[0] = a * b; du[1] = x + b; }
    meaning_of!(tuple_rest_pattern, u: [0.7, 1.011] => [0.7076999999999999, 1.7109999999999999]);
}

/// `t = (x, y)` after `let mut t`.
mod tuple_assigned_whole {
    use super::*;
    #[ode] fn tuple_assigned_whole(du: &mut [f64; 2], u: &[f64; 2]) { let mut t = (0.0, 1.0); for i in 0..2 { t = (t.1 + u[i], t.0 * 2.0); } du[0] = t.0; du[1] = t.1; }
    meaning_of!(tuple_assigned_whole, u: [0.7, 1.011] => [1.011, 3.4]);
}

/// A tuple given to a closure, then changed.
mod tuple_passed_to_closure_then_changed {
    use super::*;
    #[ode] fn tuple_passed_to_closure_then_changed(du: &mut [f64; 2], u: &[f64; 2]) { let mut t = (u[0], u[1]); let g = |a: f64, b: f64| a - 2.0 * b; let y = g(t.0, t.1); t.0 = 5.0; du[0] = y; du[1] = t.0 * t.1; }
    meaning_of!(tuple_passed_to_closure_then_changed, u: [0.7, 1.011] => [-1.3219999999999998, 5.055]);
}
