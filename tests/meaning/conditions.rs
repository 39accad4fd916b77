//! Conditions as values.

use crate::*;

/// A closure with an effect on the right of `&&`.
mod bool_short_circuit_closure {
    use super::*;
    #[ode] fn bool_short_circuit_closure(du: &mut [f64; 1], u: &[f64; 1]) { let mut c = 0.0; let mut probe = |x: f64| { c += 1.0; x > 0.0 }; let a = u[0] > 1e9 && probe(1.0); let b = u[0] < 1e9 || probe(2.0); let d = probe(u[0]); du[0] = c + if a || (b && d) { u[0] } else { 2.0 }; }
    meaning_of!(bool_short_circuit_closure, u: [0.7] => [1.7]);
}

/// `a ^ b` on conditions.
mod bool_xor_caret {
    use super::*;
    #[ode] fn bool_xor_caret(du: &mut [f64; 2], u: &[f64; 2]) { let a = u[0] > 1.0; let b = u[1] > 1.0; du[0] = if a ^ b { u[0] } else { 2.0 }; du[1] = u[1]; }
    meaning_of!(bool_xor_caret, u: [0.7, 1.011] => [0.7, 1.011]);
}

/// `b &= c`, `b |= c`.
mod bool_assign_ops {
    use super::*;
    #[ode] fn bool_assign_ops(du: &mut [f64; 2], u: &[f64; 2]) { let mut b = u[0] > 0.0; b &= u[1] > 0.5; b |= u[0] < -5.0; du[0] = if b { u[0] } else { 2.0 }; du[1] = u[1]; }
    meaning_of!(bool_assign_ops, u: [0.7, 1.011] => [0.7, 1.011]);
}

/// An array of conditions, written and counted.
mod bool_array_counted {
    use super::*;
    #[ode] fn bool_array_counted(du: &mut [f64; 3], u: &[f64; 3]) { let mut up = [false; 3]; for i in 0..3 { up[i] = u[i] > 1.0; } let mut n = 0; for i in 0..3 { if up[i] != up[(i + 1) % 3] { n += 1; } } for i in 0..3 { du[i] = u[i] * n as f64; } }
    meaning_of!(bool_array_counted, u: [0.7, 1.011, 1.3439999999999999] => [1.4, 2.022, 2.6879999999999997]);
}

/// A helper that returns a condition.
mod bool_from_helper {
    use super::*;
    #[differentiable] fn big(x: f64) -> bool { x > 1.0 }
    #[ode] fn bool_from_helper(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = if big(u[0]) { u[0] } else { -u[0] }; let b: bool = big(u[1]); du[1] = if b { 1.0 } else { u[1] }; }
    meaning_of!(bool_from_helper, u: [0.7, 1.011] => [-0.7, 1.0]);
}

/// `then`, `then_some` are outside.
mod bool_then {
    use super::*;
    #[ode] fn bool_then(du: &mut [f64; 1], u: &[f64; 1]) { let x = (u[0] > 0.0).then_some(2.0).unwrap_or(1.0); du[0] = u[0] * x; }
    meaning_of!(bool_then, u: [0.7] => [1.4]);
}

/// A condition carried by a loop decides the next step.
mod bool_loop_carried_condition {
    use super::*;
    #[ode] fn bool_loop_carried_condition(du: &mut [f64; 3], u: &[f64; 3]) { let mut seen = false; let mut s = 0.0; for x in u { if seen { s += x; } seen = seen || *x > 0.9; } du[0] = s; du[1] = if seen { 1.0 } else { 0.0 }; du[2] = u[2]; }
    meaning_of!(bool_loop_carried_condition, u: [0.7, 1.011, 1.3439999999999999] => [1.3439999999999999, 1.0, 1.3439999999999999]);
}

/// A condition assigned in branches, used after.
mod bool_mutated_in_branches {
    use super::*;
    #[ode] fn bool_mutated_in_branches(du: &mut [f64; 1], u: &[f64; 1]) { let mut b = true; if u[0] > 1.0 { b = false; } else if u[0] > 0.5 { b = u[0] < 0.8; } du[0] = if b { u[0] } else { u[0] * u[0] }; }
    meaning_of!(bool_mutated_in_branches, u: [0.7] => [0.7]);
}

/// `all` of `any` over a matrix.
mod bool_closure_all_any_nested {
    use super::*;
    #[ode] fn bool_closure_all_any_nested(du: &mut [f64; 2], u: &[f64; 2]) { let m = [[u[0], -1.0], [u[1], 2.0]]; let b = m.iter().all(|r| r.iter().any(|x| *x > 0.5)); let c = m.iter().any(|r| r.iter().all(|x| *x > 0.0)); du[0] = if b { u[0] } else { 1.0 }; du[1] = if c { u[1] * 2.0 } else { u[1] }; }
    meaning_of!(bool_closure_all_any_nested, u: [0.7, 1.011] => [0.7, 2.022]);
}

/// `u.map(|x| x > 1.0)`.
mod bool_array_map {
    use super::*;
    #[ode] fn bool_array_map(du: &mut [f64; 2], u: &[f64; 2]) { let on = u.map(|x| x > 1.0); for i in 0..2 { du[i] = if on[i] { u[i] } else { 2.0 }; } }
    meaning_of!(bool_array_map, u: [0.7, 1.011] => [2.0, 1.011]);
}
