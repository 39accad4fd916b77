//! Whole computations.

use crate::*;

/// One long expression with every operator.
mod value_deep_expression {
    use super::*;
    #[ode] fn value_deep_expression(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = ((u[0] + 1.5) * (u[1] - 0.5) / (u[0] * u[0] + 1.0) - -u[1]) % 3.0 + (u[0] - u[1]).abs().sqrt(); du[1] = u[0].sin().mul_add(2.0, 1.0) * if u[1] > 1.0 { u[1] } else { -1.0 }; }
    meaning_of!(value_deep_expression, u: [0.7, 1.011] => [2.323170384039249, 2.313608163594611]);
}

/// Writes at an index that depends on the state.
mod value_dynamic_index_write {
    use super::*;
    #[ode] fn value_dynamic_index_write(du: &mut [f64; 3], u: &[f64; 3]) { let mut a = [1.0; 3]; let k = if u[0] > 1.0 { 2 } else { 0 }; a[k] += u[1]; a[(k + 1) % 3] *= u[2]; for i in 0..3 { du[i] = a[i] * u[i]; } }
    meaning_of!(value_dynamic_index_write, u: [0.7, 1.011, 1.3439999999999999] => [1.4077, 1.3587839999999998, 1.3439999999999999]);
}

/// The largest component and where it is.
mod value_argmax {
    use super::*;
    #[ode] fn value_argmax(du: &mut [f64; 3], u: &[f64; 3]) { let mut best = 0; for i in 1..3 { if u[i] > u[best] { best = i; } } for i in 0..3 { du[i] = if i == best { u[best] * 2.0 } else { u[best] - u[i] }; } }
    meaning_of!(value_argmax, u: [0.7, 1.011, 1.3439999999999999] => [0.6439999999999999, 0.33299999999999996, 2.6879999999999997]);
}

/// Five Newton steps with a guarded division.
mod value_newton_fixed {
    use super::*;
    #[ode] fn value_newton_fixed(du: &mut [f64; 1], u: &[f64; 1], p: &[f64; 1]) { let mut x = p[0]; for _ in 0..5 { let g = x * x - u[0].abs() - 1.0; let d = 2.0 * x; x = if d.abs() > 1e-6 { x - g / d } else { x + 1.0 }; } du[0] = x; }
    meaning_of!(value_newton_fixed, u: [0.7], p: [0.43] => [1.3038404818235827]);
}

/// All of `du` written before an early return.
mod value_du_partial_then_early_return {
    use super::*;
    #[ode] fn value_du_partial_then_early_return(du: &mut [f64; 2], u: &[f64; 2]) { *du = [0.5; 2]; if u[0] < -1.0 { return; } du[1] = u[0] * u[1]; if u[1] > 0.0 { du[0] = du[1]; return; } du[0] = -u[0]; }
    meaning_of!(value_du_partial_then_early_return, u: [0.7, 1.011] => [0.7076999999999999, 0.7076999999999999]);
}

/// `position`, `find`, `unwrap_or`.
mod value_iter_position {
    use super::*;
    #[ode] fn value_iter_position(du: &mut [f64; 2], u: &[f64; 2]) { let k = u.iter().position(|x| *x > 1.0).unwrap_or(0); du[0] = u[k]; du[1] = u[1]; }
    meaning_of!(value_iter_position, u: [0.7, 1.011] => [1.011, 1.011]);
}

/// Arrays of negative integers, compound assignment.
mod value_integer_array_arith {
    use super::*;
    #[ode] fn value_integer_array_arith(du: &mut [f64; 2], u: &[f64; 2]) { let mut k = [-3, 2, -1]; k[0] += 5; k[1] -= 7; k[2] *= k[1]; k.swap(0, 2); let mut s = 0; for x in k { s += x * x; } du[0] = u[0] * k[0] as f64 + k[1] as f64; du[1] = u[1] * s as f64; }
    meaning_of!(value_integer_array_arith, u: [0.7, 1.011] => [-1.5, 54.593999999999994]);
}

/// Copies of integer arrays.
mod value_integer_array_copy {
    use super::*;
    #[ode] fn value_integer_array_copy(du: &mut [f64; 2], u: &[f64; 2]) { let mut k = [0, 1]; let j = k; k[0] = 1; k[1] = 0; du[0] = u[j[0]] * 2.0 + u[k[0]]; du[1] = u[j[1]] * k[1] as f64 + u[k[1]]; }
    meaning_of!(value_integer_array_copy, u: [0.7, 1.011] => [2.4109999999999996, 0.7]);
}
