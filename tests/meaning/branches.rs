//! Branches and blocks as values.

use crate::*;

/// An index out of range that a branch avoids.
mod if_guards_index {
    use super::*;
    #[ode] fn if_guards_index(du: &mut [f64; 3], u: &[f64; 3]) { for i in 0..3 { du[i] = if i > 0 { u[i - 1] } else { 0.0 } + if i + 1 < 3 { u[i + 1] } else { 1.0 }; } }
    meaning_of!(if_guards_index, u: [0.7, 1.011, 1.3439999999999999] => [1.011, 2.0439999999999996, 2.011]);
}

/// The value of an `if` is a field that changes.
mod if_value_field_then_write {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn if_value_field_then_write(du: &mut [f64; 1], u: &[f64; 1]) { let mut q = Q { a: u[0], b: 2.0 }; let y = if u[0] < 1e9 { q.a } else { q.b } + { q.a = 50.0; q.b }; du[0] = y + q.a; }
    meaning_of!(if_value_field_then_write, u: [0.7] => [52.7]);
}

/// The value of a block is an element that changes.
mod block_value_element_then_write {
    use super::*;
    #[ode] fn block_value_element_then_write(du: &mut [f64; 1], u: &[f64; 1]) { let mut q = [u[0], 2.0]; let y = { q[1] += 1.0; q[0] } + { q[0] = 50.0; q[1] }; du[0] = y + q[0]; }
    meaning_of!(block_value_element_then_write, u: [0.7] => [53.7]);
}
