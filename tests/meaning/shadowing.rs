//! Names that hide other names.

use crate::*;

/// A name shadowed in a block comes back after it.
mod shadow_block_scope {
    use super::*;
    #[ode] fn shadow_block_scope(du: &mut [f64; 1], u: &[f64; 1]) { let x = u[0]; let y = { let x = x * 2.0; let x = x + 1.0; x }; du[0] = y * x; }
    meaning_of!(shadow_block_scope, u: [0.7] => [1.68]);
}

/// The loop variable shadows a name outside and gives it back.
mod shadow_loop_variable {
    use super::*;
    #[ode] fn shadow_loop_variable(du: &mut [f64; 1], u: &[f64; 1]) { let i = 5; let mut s = 0.0; for i in 0..3 { s += u[0] * i as f64; } du[0] = s * i as f64; }
    meaning_of!(shadow_loop_variable, u: [0.7] => [10.499999999999998]);
}

/// A binding in a match arm shadows a real.
mod shadow_match_arm {
    use super::*;
    #[ode] fn shadow_match_arm(du: &mut [f64; 1], u: &[f64; 1]) { let k = u[0]; let y = match 3 { k @ 2..=4 => k as f64, k => k as f64 * 2.0 }; du[0] = y * k; }
    meaning_of!(shadow_match_arm, u: [0.7] => [2.0999999999999996]);
}

/// A closure keeps the name it saw.
mod shadow_after_closure {
    use super::*;
    #[ode] fn shadow_after_closure(du: &mut [f64; 1], u: &[f64; 1]) { let k = u[0]; let g = |x: f64| x * k; let k = 5.0 * k; du[0] = g(2.0) + k; }
    meaning_of!(shadow_after_closure, u: [0.7] => [4.9]);
}

/// Shadow in the block where the closure is called.
mod shadow_after_closure_in_block {
    use super::*;
    #[ode] fn shadow_after_closure_in_block(du: &mut [f64; 1], u: &[f64; 1]) { let k = u[0]; let g = |x: f64| x * k; let y = { let k = 100.0; g(2.0) + k }; du[0] = y * k; }
    meaning_of!(shadow_after_closure_in_block, u: [0.7] => [70.98]);
}

/// An array shadowed after a closure over it.
mod shadow_array_after_closure {
    use super::*;
    #[ode] fn shadow_array_after_closure(du: &mut [f64; 2], u: &[f64; 2]) { let a = [u[0], u[1]]; let g = |i: usize| a[i] * 2.0; let a = [0.5; 2]; du[0] = g(0) + a[0]; du[1] = g(1) * a[1]; }
    meaning_of!(shadow_array_after_closure, u: [0.7, 1.011] => [1.9, 1.011]);
}

/// A closure shadowed by one that calls the first.
mod shadow_closure_by_closure {
    use super::*;
    #[ode] fn shadow_closure_by_closure(du: &mut [f64; 1], u: &[f64; 1]) { let g = |x: f64| x + 1.0; let g = |x: f64| g(x) * 2.0; let g = |x: f64| g(x) - u[0]; du[0] = g(u[0] * u[0]); }
    meaning_of!(shadow_closure_by_closure, u: [0.7] => [2.2800000000000002]);
}

/// The state's own name shadowed by a scalar and by an array.
mod shadow_u_itself {
    use super::*;
    #[ode] fn shadow_u_itself(du: &mut [f64; 2], u: &[f64; 2]) { let u = [u[1], u[0] * 2.0]; let v = u[0]; let u = v * u[1]; du[0] = u; du[1] = u + v; }
    meaning_of!(shadow_u_itself, u: [0.7, 1.011] => [1.4153999999999998, 2.4263999999999997]);
}

/// `du` shadowed by a number in an inner block.
mod shadow_du_name {
    use super::*;
    #[ode] fn shadow_du_name(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = u[0]; let y = { let du = 3.0; du * u[0] }; du[0] += y; }
    meaning_of!(shadow_du_name, u: [0.7] => [2.8]);
}

/// A local array of another name for the result, copied at the end.
mod shadow_du_as_local_then_copy {
    use super::*;
    #[ode] fn shadow_du_as_local_then_copy(du: &mut [f64; 2], u: &[f64; 2]) { let out = du; let r = [u[1] * 2.0, u[0]]; out[0] = r[0]; out[1] = r[1]; }
    meaning_of!(shadow_du_as_local_then_copy, u: [0.7, 1.011] => [2.022, 0.7]);
}

/// `let mut x`, changed, then `let x = x`.
mod shadow_mut_then_immut {
    use super::*;
    #[ode] fn shadow_mut_then_immut(du: &mut [f64; 1], u: &[f64; 1]) { let mut x = u[0]; x += 1.0; let x = x; let y = { let mut x = x; x *= 2.0; x }; du[0] = x * y; }
    meaning_of!(shadow_mut_then_immut, u: [0.7] => [5.779999999999999]);
}

/// A `const` in a block shadows one outside.
mod shadow_const_inside_block {
    use super::*;
    const K: f64 = 2.0;
    #[ode] fn shadow_const_inside_block(du: &mut [f64; 1], u: &[f64; 1]) { let y = { const K: f64 = 7.0; u[0] * K }; du[0] = y + K; }
    meaning_of!(shadow_const_inside_block, u: [0.7] => [6.8999999999999995]);
}

/// Different shadows in the arms of an `if`.
mod shadow_in_if_arms {
    use super::*;
    #[ode] fn shadow_in_if_arms(du: &mut [f64; 1], u: &[f64; 1]) { let x = u[0]; let y = if x > 1.0 { let x = x * 2.0; x } else { let x = x - 1.0; x * x }; du[0] = x + y; }
    meaning_of!(shadow_in_if_arms, u: [0.7] => [0.79]);
}

/// A constant captured, then shadowed inside a block.
mod shadow_closure_const_capture {
    use super::*;
    const K: f64 = 3.0;
    #[ode] fn shadow_closure_const_capture(du: &mut [f64; 1], u: &[f64; 1]) { let g = |x: f64| x * K; let y = { const K: f64 = 50.0; g(u[0]) + K }; du[0] = y; }
    meaning_of!(shadow_closure_const_capture, u: [0.7] => [52.1]);
}

/// A lazy `zip(a)` by value of an array that is written before use.
mod shadow_lazy_by_mutation_move {
    use super::*;
    #[ode] fn shadow_lazy_by_mutation_move(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = [u[0], 3.0]; let z = u.iter().zip(a).map(|(x, y)| x * y); a[0] = 100.0; du[0] = z.sum::<f64>() + a[0]; du[1] = u[1]; }
    meaning_of!(shadow_lazy_by_mutation_move, u: [0.7, 1.011] => [103.523, 1.011]);
}

/// A range kept while its bound's array changes.
mod shadow_range_bound_array_element {
    use super::*;
    #[ode] fn shadow_range_bound_array_element(du: &mut [f64; 1], u: &[f64; 1]) { let mut n = [2, 5]; let r = n[0]..n[1]; n[1] = 9; let mut s = 0.0; for k in r { s += u[0] * (k + n[1]) as f64; } du[0] = s; }
    meaning_of!(shadow_range_bound_array_element, u: [0.7] => [25.199999999999996]);
}

/// A helper's closure that shadows its argument.
mod shadow_helper_param_in_closure {
    use super::*;
    #[differentiable] fn h(x: f64, k: f64) -> f64 { let g = |y: f64| y * k + x; let k = 100.0; let x = 50.0; g(2.0) + 0.0 * k * x }
    #[ode] fn shadow_helper_param_in_closure(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = h(u[0], 3.0); }
    meaning_of!(shadow_helper_param_in_closure, u: [0.7] => [6.7]);
}

/// A loop variable in the caller shadows what a closure captured.
mod shadow_loop_var_in_closure {
    use super::*;
    #[ode] fn shadow_loop_var_in_closure(du: &mut [f64; 1], u: &[f64; 1]) { let i = 2; let g = |x: f64| x.powi(i); let mut s = 0.0; for i in 0..3 { s += g(u[0]) * i as f64; } du[0] = s; }
    meaning_of!(shadow_loop_var_in_closure, u: [0.7] => [1.4699999999999998]);
}

/// A name that follows an `else` which returns, and is used in it.
mod shadow_after_else_that_returns {
    use super::*;
    #[ode] fn shadow_after_else_that_returns(du: &mut [f64; 2], u: &[f64; 2], t: f64) { if u[0] > 0.0 { du[0] = t; } else { du[0] = t * u[1]; du[1] = t; return; } let t = 2.0; du[0] += t; du[1] = t * u[0]; }
    meaning_of!(shadow_after_else_that_returns, u: [-0.7, 1.011], t: 0.37 => [0.37406999999999996, 0.37]);
}
