//! Names that generated code could use, too.

use crate::*;

/// A local variable with the model's own name.
mod name_local_like_model {
    use super::*;
    #[ode] fn name_local_like_model(du: &mut [f64; 1], u: &[f64; 1]) { let name_local_like_model = u[0] * 2.0; du[0] = name_local_like_model; }
    meaning_of!(name_local_like_model, u: [0.7] => [1.4]);
}

/// A closure with the name of a helper wins.
mod name_closure_like_helper {
    use super::*;
    #[differentiable] fn gain(x: f64) -> f64 { 2.0 * x }
    #[ode] fn name_closure_like_helper(du: &mut [f64; 1], u: &[f64; 1]) { let y = gain(u[0]); let gain = |x: f64| x * 10.0; du[0] = gain(y); }
    meaning_of!(name_closure_like_helper, u: [0.7] => [14.0]);
}

/// Helpers called `value`, `jvp`, `vjp`, `rhs`, `eval`.
mod name_helper_like_trait_methods {
    use super::*;
    #[differentiable] fn value(x: f64) -> f64 { x * 2.0 }
    #[differentiable] fn jvp(x: f64) -> f64 { x * x }
    #[differentiable] fn vjp(x: f64) -> f64 { x.sin() }
    #[differentiable] fn rhs(x: f64) -> f64 { x + 1.0 }
    #[differentiable] fn eval(x: f64) -> f64 { x - 1.0 }
    #[ode] fn name_helper_like_trait_methods(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = value(u[0]) + jvp(u[0]) * vjp(u[0]) + rhs(u[0]) / eval(u[0] + 10.0); }
    meaning_of!(name_helper_like_trait_methods, u: [0.7] => [1.8909243987052313]);
}

/// A model called `u`, argument `u` too.
mod name_model_u {
    use super::*;
    #[ode] fn u(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = u[0] * u[0]; }
    meaning_of!(u, u: [0.7] => [0.48999999999999994]);
}

/// Models called `value`, `names`, `base`.
mod name_model_value {
    use super::*;
    #[ode] fn value(du: &mut [f64; 1], u: &[f64; 1]) { let value_1 = u[0]; du[0] = value_1 * u[0]; }
    meaning_of!(value, u: [0.7] => [0.48999999999999994]);
}

/// A helper called `f64` and one called `core`.
mod name_helper_core_f64 {
    use super::*;
    #[differentiable] fn core(x: f64) -> f64 { x + 1.0 }
    #[ode] fn name_helper_core_f64(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = core(u[0]) * u[0]; }
    meaning_of!(name_helper_core_f64, u: [0.7] => [1.19]);
}

/// Arguments called `u_dot`, `u_bar`, `p_bar`, `t_dot`.
mod name_args_generated {
    use super::*;
    #[ode] fn name_args_generated(u_bar: &mut [f64; 2], u_dot: &[f64; 2], p_bar: &[f64; 1], t_dot: f64) { u_bar[0] = u_dot[0] * p_bar[0]; u_bar[1] = u_dot[1].sin() * t_dot; }
    meaning_of!(name_args_generated, u: [0.7, 1.011], p: [0.43], t: 0.37 => [0.301, 0.3135244142788978]);
}

/// Arguments called `model`, `this`, `work`, `kept`.
mod name_args_self_like {
    use super::*;
    #[ode] fn name_args_self_like(work: &mut [f64; 2], model: &[f64; 2], kept: &[f64; 1]) { let this = model[0] * kept[0]; let mut w = this; for i in 0..3 { w = w.cos() * model[1]; } work[0] = w; work[1] = this * model[1]; }
    meaning_of!(name_args_self_like, u: [0.7, 1.011], p: [0.43] => [0.8482987783692082, 0.30431099999999994]);
}

/// Locals called `missing`, `real`, `mark`, `lit`, `zero`, `one`, `kind`.
mod name_locals_missing_real {
    use super::*;
    #[ode] fn name_locals_missing_real(du: &mut [f64; 1], u: &[f64; 1]) { let missing = u[0]; let real = missing * 2.0; let mark = real.sin(); let lit = mark + 1.5; let zero = lit - 1.0; let one = zero * zero; du[0] = one + lit; }
    meaning_of!(name_locals_missing_real, u: [0.7] => [4.692010630311248]);
}

/// Constants called `T`, `K`, `U`.
mod name_const_t {
    use super::*;
    const T: f64 = 300.0; const U: usize = 2; const K: f64 = 0.5;
    #[ode] fn name_const_t(du: &mut [f64; 2], u: &[f64; 2]) { for i in 0..U { du[i] = u[i] * K + T; } }
    meaning_of!(name_const_t, u: [0.7, 1.011] => [300.35, 300.5055]);
}

/// Structs called `Real`, `Mark`, `Vector`, `Workspace`.
mod name_struct_real {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Real { a: f64, b: f64 }
    #[derive(Components, Clone, Copy)] struct Mark { k: f64 }
    #[ode] fn name_struct_real(du: &mut Real, u: &Real, p: &Mark) { du.a = u.b * p.k; du.b = -u.a * u.a; }
    meaning_of!(name_struct_real, u: [0.7, 1.011], p: [0.43] => [0.43472999999999995, -0.48999999999999994]);
}

/// Names `_x`, `__`, `x__`, `_1`.
mod name_underscored {
    use super::*;
    #[ode] fn name_underscored(du: &mut [f64; 1], u: &[f64; 1]) { let _x = u[0]; let __ = _x * 2.0; let x__ = __ + _x; let _1 = x__ * x__; du[0] = _1; }
    meaning_of!(name_underscored, u: [0.7] => [4.409999999999998]);
}

/// Labels named like variables.
mod name_lifetime_like_label {
    use super::*;
    #[allow(unused_labels)]
    #[ode] fn name_lifetime_like_label(du: &mut [f64; 1], u: &[f64; 1]) { let x = u[0]; let mut s = 0.0; 'x: for i in 0..3 { 's: for j in 0..3 { if j == 2 { continue 'x; } if i == 2 { break 's; } s += x * (i + j) as f64; } s += 100.0; } du[0] = s; }
    meaning_of!(name_lifetime_like_label, u: [0.7] => [102.8]);
}

/// Helper arguments called `x_dot`, `work`, `out`.
mod name_helper_args_like_names {
    use super::*;
    #[differentiable] fn h(x: f64, x_dot: f64, work: f64) -> f64 { let out = x * x_dot; let x_bar = out + work; x_bar * x }
    #[ode] fn name_helper_args_like_names(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = h(u[0], u[1], 2.0); du[1] = h(u[1], u[0], u[1]); }
    meaning_of!(name_helper_args_like_names, u: [0.7, 1.011] => [1.89539, 1.7376056999999996]);
}

/// A closure and a number of one name in nested scopes.
mod name_closure_and_variable_same {
    use super::*;
    #[ode] fn name_closure_and_variable_same(du: &mut [f64; 1], u: &[f64; 1]) { let g = |x: f64| x + 1.0; let y = { let g = g(u[0]); g * 2.0 }; du[0] = g(y); }
    meaning_of!(name_closure_and_variable_same, u: [0.7] => [4.4]);
}

/// Variables called `f64`, `usize`, `i32`.
mod name_variable_like_type {
    use super::*;
    #[allow(non_camel_case_types)]
    #[ode] fn name_variable_like_type(du: &mut [f64; 1], u: &[f64; 1]) { let f64 = u[0] * 2.0; let usize = 3; du[0] = f64 * usize as f64; }
    meaning_of!(name_variable_like_type, u: [0.7] => [4.199999999999999]);
}

/// A module called `std` or `diffeq` beside the model.
mod name_module_like_crate {
    use super::*;
    mod core { pub const G: f64 = 2.0; }
    mod real { pub const H: f64 = 3.0; }
    #[ode] fn name_module_like_crate(du: &mut [f64; 1], u: &[f64; 1]) { let mut s = u[0]; for _ in 0..2 { s = s * s * core::G; } du[0] = s.max(real::H); }
    meaning_of!(name_module_like_crate, u: [0.7] => [3.0]);
}

/// A local with the name of a field, and the field.
mod name_struct_field_and_local {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn name_struct_field_and_local(du: &mut Q, u: &Q) { let a = u.b; let b = u.a * a; du.a = a + u.a; du.b = b - u.b; }
    meaning_of!(name_struct_field_and_local, u: [0.7, 1.011] => [1.7109999999999999, -0.3033]);
}

/// Models called as the second variable of a name might be.
mod name_model_like_second_variable {
    use super::*;
    #[ode] fn y2(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = -u[0]; }
    #[ode] fn x2(du: &mut [f64; 1], u: &[f64; 1]) { let f = |x: f64| { let y = x * x; y * y + y }; let x = u[0]; let x = x * x + 1.0; let x = x * x; du[0] = f(x) * f(u[0]) + x; }
    meaning_of!(x2, u: [0.5] => [4.188084602355957]);
}
