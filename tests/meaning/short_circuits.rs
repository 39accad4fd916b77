//! `&&`, `||`, `any`, `all` stop where Rust stops.

use crate::*;

/// `&&` whose right side is a field of a block with an effect.
mod short_circuit_field_of_block {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn short_circuit_field_of_block(du: &mut [f64; 1], u: &[f64; 1]) { let q = Q { a: u[0], b: 1.0 }; let mut s = u[0]; let c = u[0] > 1e9 && ({ s = 0.0; q }).a > 0.0; du[0] = if c { 1.0 } else { s + q.b }; }
    meaning_of!(short_circuit_field_of_block, u: [0.7] => [1.7]);
}

/// `||` whose right side is `!{ .. }`.
mod short_circuit_not_block {
    use super::*;
    #[ode] fn short_circuit_not_block(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = u[0]; let c = u[0] < 1e9 || !{ s = 0.0; true }; du[0] = if c { s } else { 1.0 }; }
    meaning_of!(short_circuit_not_block, u: [0.7] => [0.7]);
}

/// `k != 0 && 6 / k > 1`.
mod short_circuit_division {
    use super::*;
    #[ode] fn short_circuit_division(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in -2..3 { if k != 0 && 6 / k > 2 { s += u[0] * k as f64; } if k == 0 || 6 % k == 0 { s += 1.0; } } du[0] = s; }
    meaning_of!(short_circuit_division, u: [0.7] => [7.1]);
}
