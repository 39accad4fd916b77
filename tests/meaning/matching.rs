//! `match`.

use crate::*;

/// Negative literals and ranges.
mod match_negative_literals {
    use super::*;
    #[ode] fn match_negative_literals(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in -2..3i32 { s += match k { -2 => u[0], -1..=0 => 2.0, _ => u[0] * u[0] }; } du[0] = s; }
    meaning_of!(match_negative_literals, u: [0.7] => [5.680000000000001]);
}

/// A guard with an effect is run only where its pattern holds.
mod match_guard_effect {
    use super::*;
    #[ode] fn match_guard_effect(du: &mut [f64; 1], u: &[f64; 1]) { let mut c = 0.0; let mut s = 0.0; for k in 0..4 { s += match k { 1 if { c += 1.0; false } => 100.0, 0..=2 if { c += 10.0; u[0] > 0.0 } => u[0], _ => 2.0 }; } du[0] = s + c; }
    meaning_of!(match_guard_effect, u: [0.7] => [35.1]);
}

/// `n @ 1..=3`, `n @ (5 | 7)`.
mod match_at_bindings {
    use super::*;
    #[ode] fn match_at_bindings(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in 0..9 { s += match k { n @ 1..=3 => u[0] * n as f64, n @ (5 | 7) => -(n as f64), _ => 0.25 }; } du[0] = s; }
    meaning_of!(match_at_bindings, u: [0.7] => [-6.800000000000001]);
}

/// Nested tuples with `..`.
mod match_nested_tuple {
    use super::*;
    #[ode] fn match_nested_tuple(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for i in 0..4 { s += match ((i, i * i), i % 2 == 0) { ((0, _), _) => 1.0, ((_, 4), true) => u[0], ((a, ..), false) => a as f64, _ => 7.0 }; } du[0] = s; }
    meaning_of!(match_nested_tuple, u: [0.7] => [5.7]);
}

/// Arms as blocks with effects, unit arms.
mod match_statement_effects {
    use super::*;
    #[ode] fn match_statement_effects(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = 0.0; du[1] = 1.0; for k in 0..5 { match k { 0 => {} 1 => du[0] += u[1], 2 => { du[1] *= u[0]; du[0] -= 1.0; } _ => du[1] += du[0], } } }
    meaning_of!(match_statement_effects, u: [0.7, 1.011] => [0.010999999999999899, 0.7219999999999998]);
}

/// Arms are tuples.
mod match_value_tuple {
    use super::*;
    #[ode] fn match_value_tuple(du: &mut [f64; 2], u: &[f64; 2]) { for i in 0..2 { let (a, n) = match i { 0 => (u[1], 2), _ => (u[0] * 2.0, 3) }; du[i] = a.powi(n); } }
    meaning_of!(match_value_tuple, u: [0.7, 1.011] => [1.0221209999999998, 2.7439999999999993]);
}

/// Match on `k * k % 5 - 1`.
mod match_integer_arithmetic {
    use super::*;
    #[ode] fn match_integer_arithmetic(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in 0..6 { s = s + match k * k % 5 - 1 { -1 => u[0], 0 => 2.0, 3 => -u[0], _ => 100.0 }; } du[0] = s; }
    meaning_of!(match_integer_arithmetic, u: [0.7] => [4.0]);
}

/// Match on a block with an effect.
mod match_on_block {
    use super::*;
    #[ode] fn match_on_block(du: &mut [f64; 1], u: &[f64; 1]) { let mut c = 0; let mut s = 0.0; for _ in 0..4 { s += match { c += 1; c % 3 } { 0 => u[0], 1 => 2.0, _ => -1.0 }; } du[0] = s * c as f64; }
    meaning_of!(match_on_block, u: [0.7] => [14.8]);
}

/// Arms that bind a name of an outer real, used after the match.
mod match_bind_shadow_then_outer {
    use super::*;
    #[ode] fn match_bind_shadow_then_outer(du: &mut [f64; 1], u: &[f64; 1]) { let x = u[0]; let mut s = 0.0; for k in 0..3 { s += match k { x if x > 1 => x as f64 * 0.5, x => (x + 1) as f64 } * x; } du[0] = s; }
    meaning_of!(match_bind_shadow_then_outer, u: [0.7] => [2.8]);
}

/// Ranges with constants as bounds.
mod match_range_const_bounds {
    use super::*;
    const LO: i32 = -1; const HI: i32 = 2;
    #[ode] fn match_range_const_bounds(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in -3..5 { s = s * 1.5 + match k { LO..=HI => u[0], HI.. => 2.0, _ => -1.0 }; } du[0] = s; }
    meaning_of!(match_range_const_bounds, u: [0.7] => [-10.679687499999995]);
}

/// Match on a comparison of integers in loops.
mod match_bool_literal_expr {
    use super::*;
    #[ode] fn match_bool_literal_expr(du: &mut [f64; 3], u: &[f64; 3]) { for i in 0..3 { du[i] = match i % 2 == 0 { true if i > 0 => u[i] * 3.0, true => u[i], false => match u[i] > 1.0 { true => 1.0, false => u[0] } }; } }
    meaning_of!(match_bool_literal_expr, u: [0.7, 1.011, 1.3439999999999999] => [0.7, 1.0, 4.032]);
}
