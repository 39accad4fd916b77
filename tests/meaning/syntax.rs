//! The forms that syntax allows.

use crate::*;

/// Parentheses and blocks everywhere.
mod syntax_paren_blocks {
    use super::*;
    #[ode] fn syntax_paren_blocks(du: &mut [f64; 1], u: &[f64; 1]) { let x = (({ (u[0]) }) * ({ { 2.0 } })); (du[0]) = { ((x)) + if (x > 1.0) { (1.0) } else { ({ 2.0 }) } }; }
    meaning_of!(syntax_paren_blocks, u: [0.7] => [2.4]);
}

/// `();`, `{}`, `;`, a value thrown away.
mod syntax_unit_statements {
    use super::*;
    #[ode] fn syntax_unit_statements(du: &mut [f64; 1], u: &[f64; 1]) { (); {}; ; u[0] * 2.0; let () = (); du[0] = u[0]; let _unit = { du[0] += 1.0; }; }
    meaning_of!(syntax_unit_statements, u: [0.7] => [1.7]);
}

/// Attributes on statements, expressions and lets.
mod syntax_attributes {
    use super::*;
    #[ode] fn syntax_attributes(du: &mut [f64; 1], u: &[f64; 1]) { #[allow(unused_variables)] let z = 3.0; #[allow(clippy::all)] { du[0] = u[0] * z; } #[allow(unused)] for _ in 0..2 { du[0] += 1.0; } }
    meaning_of!(syntax_attributes, u: [0.7] => [4.1]);
}

/// A block that ends in `if` without `else`.
mod syntax_if_without_else_value {
    use super::*;
    #[ode] fn syntax_if_without_else_value(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = u[0]; if u[0] > 1.0 { du[0] *= 2.0 } if u[0] < 0.5 { if u[0] < -1.0 { du[0] = 3.0 * u[0] } else { du[0] -= 1.0 } } }
    meaning_of!(syntax_if_without_else_value, u: [0.7] => [0.7]);
}

/// `return x;` as the last statement, `return;`.
mod syntax_return_at_end {
    use super::*;
    #[ode] fn syntax_return_at_end(u: [f64; 2]) -> [f64; 2] { let v = [u[1], u[0] * u[0]]; return v; }
    meaning_of!(syntax_return_at_end, u: [0.7, 1.011] => [1.011, 0.48999999999999994]);
}

/// `let x = if a { .. } else if b { return } else { .. }`.
mod syntax_let_chain_of_ifs {
    use super::*;
    #[ode] fn syntax_let_chain_of_ifs(u: [f64; 2]) -> [f64; 2] { let x = if u[0] > 5.0 { 1.0 } else if u[1] < -1.0 { return [u[1], 0.0]; } else { u[0] }; [x, u[1] * x] }
    meaning_of!(syntax_let_chain_of_ifs, u: [0.7, 1.011] => [0.7, 0.7076999999999999]);
}

/// Attributes and docs on the function.
mod syntax_cfg_attr_fn {
    use super::*;
    /// Doc of the model.
    #[doc = "more"]
    #[ode] fn syntax_cfg_attr_fn(u: f64, rate: f64) -> f64 { -rate * u }
    meaning_of!(syntax_cfg_attr_fn, u: [0.7], p: [0.43] => [-0.301]);
}

/// `f(u: f64, p: f64, t: f64) -> f64` with early returns.
mod syntax_all_out_of_place {
    use super::*;
    #[ode] fn syntax_all_out_of_place(u: f64, p: f64, t: f64) -> f64 { if t > 1.0 { return -u * p; } let mut s = 0.0; for k in 0..3 { if k as f64 > u { return s + p; } s += u * t; } s }
    meaning_of!(syntax_all_out_of_place, u: [0.7], p: [0.43], t: 0.37 => [0.6890000000000001]);
}

/// `#[allow(..)]` on the model.
mod syntax_allow_on_model {
    use super::*;
    #[allow(clippy::all, unused_mut)]
    #[ode] fn syntax_allow_on_model(u: f64, rate: f64) -> f64 { let mut x = u; -rate * x }
    meaning_of!(syntax_allow_on_model, u: [0.7], p: [0.43] => [-0.301]);
}

/// Arms with and without braces and commas.
mod syntax_match_arm_forms {
    use super::*;
    #[ode] fn syntax_match_arm_forms(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = 0.0; for k in 0..4 { match k { 0 => { s += 1.0 } 1 => { s += u[0]; } 2 => s *= 2.0, _ => () } } du[0] = s; }
    meaning_of!(syntax_match_arm_forms, u: [0.7] => [3.4]);
}

/// Names declared in nested blocks do not leak.
mod syntax_nested_blocks_scopes {
    use super::*;
    #[ode] fn syntax_nested_blocks_scopes(du: &mut [f64; 1], u: &[f64; 1]) { let x = 1.0; { let x = 2.0; { let x = u[0]; du[0] = x; } du[0] += x; } du[0] += x; }
    meaning_of!(syntax_nested_blocks_scopes, u: [0.7] => [3.7]);
}

/// Comparisons of expressions with casts and negations.
mod syntax_compare_chains {
    use super::*;
    #[ode] fn syntax_compare_chains(du: &mut [f64; 2], u: &[f64; 2]) { let n = 3; du[0] = if -u[0] < -(n as f64) * 0.3 && (n as f64) <= u[1].abs() + 2.9 { u[0] } else { 2.0 }; du[1] = if !(u[1] != u[1]) { u[1] } else { 0.0 }; }
    meaning_of!(syntax_compare_chains, u: [0.7, 1.011] => [2.0, 1.011]);
}

/// Attributes that only functions have.
mod syntax_attributes_of_functions {
    use super::*;
    #[differentiable] #[inline(always)] #[track_caller] fn twice(x: f64) -> f64 { 2.0 * x }
    #[ode] #[inline] #[cold] #[must_use] fn syntax_attributes_of_functions(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = twice(u[0]); }
    meaning_of!(syntax_attributes_of_functions, u: [0.7] => [1.4]);
}
