//! Constants and tables, inside and outside of the function.

use crate::*;

/// A `const` table inside the body.
mod const_item_inside_table {
    use super::*;
    #[ode] fn const_item_inside_table(du: &mut [f64; 3], u: &[f64; 3]) { const W: [f64; 3] = [0.25, -0.5, 2.0]; for i in 0..3 { du[i] = W[i] * u[2 - i]; } }
    meaning_of!(const_item_inside_table, u: [0.7, 1.011, 1.3439999999999999] => [0.33599999999999997, -0.5055, 1.4]);
}

/// A table of reals, indexed by a loop and iterated.
mod const_table_outside {
    use super::*;
    const W: [f64; 3] = [0.25, -0.5, 2.0];
    #[ode] fn const_table_outside(du: &mut [f64; 3], u: &[f64; 3]) { for i in 0..3 { du[i] = W[i] * u[2 - i]; } for (d, w) in du.iter_mut().zip(W) { *d += w; } du[0] += W.iter().sum::<f64>(); }
    meaning_of!(const_table_outside, u: [0.7, 1.011, 1.3439999999999999] => [2.336, -1.0055, 3.4]);
}

/// `let mut w = TABLE;` written.
mod const_table_copied_written {
    use super::*;
    const W: [f64; 2] = [0.25, -0.5];
    #[ode] fn const_table_copied_written(du: &mut [f64; 2], u: &[f64; 2]) { let mut w = W; w[0] = u[0]; w[1] += u[1]; du[0] = w[0] * W[0]; du[1] = w[1]; }
    meaning_of!(const_table_copied_written, u: [0.7, 1.011] => [0.175, 0.5109999999999999]);
}

/// A table of indices.
mod const_table_of_integers {
    use super::*;
    const IDX: [usize; 3] = [2, 0, 1];
    #[ode] fn const_table_of_integers(du: &mut [f64; 3], u: &[f64; 3]) { for i in 0..3 { du[i] = u[IDX[i]] * IDX[i] as f64; } }
    meaning_of!(const_table_of_integers, u: [0.7, 1.011, 1.3439999999999999] => [2.6879999999999997, 0.0, 1.011]);
}

/// A table given to a helper by reference and value.
mod const_table_passed_to_helper {
    use super::*;
    const W: [f64; 2] = [0.25, -0.5];
    #[differentiable] fn dot(a: &[f64; 2], b: [f64; 2]) -> f64 { a[0] * b[0] + a[1] * b[1] }
    #[ode] fn const_table_passed_to_helper(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = dot(&W, *u); du[1] = dot(u, W); }
    meaning_of!(const_table_passed_to_helper, u: [0.7, 1.011] => [-0.33049999999999996, -0.33049999999999996]);
}

/// An immutable `static` real and table.
mod const_static {
    use super::*;
    static K: f64 = 1.5; static W: [f64; 2] = [0.5, 2.0];
    #[ode] fn const_static(du: &mut [f64; 2], u: &[f64; 2]) { for i in 0..2 { du[i] = K * u[i] * W[i]; } }
    meaning_of!(const_static, u: [0.7, 1.011] => [0.5249999999999999, 3.0329999999999995]);
}

/// A `const fn` in a constant, used by name.
mod const_fn_call {
    use super::*;
    const fn twice(x: f64) -> f64 { 2.0 * x } const K: f64 = twice(1.25);
    #[ode] fn const_fn_call(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = u[0] * K; }
    meaning_of!(const_fn_call, u: [0.7] => [1.75]);
}

/// An associated table.
mod const_associated_table {
    use super::*;
    struct Butcher; impl Butcher { const B: [f64; 2] = [0.5, 0.25]; }
    #[ode] fn const_associated_table(du: &mut [f64; 2], u: &[f64; 2]) { for i in 0..2 { du[i] = Butcher::B[i] * u[i]; } }
    meaning_of!(const_associated_table, u: [0.7, 1.011] => [0.35, 0.25275]);
}

/// Constants in a module, by path and by `use` inside.
mod const_module_path {
    use super::*;
    mod phys { pub const G: f64 = 9.81; pub mod deep { pub const N: i32 = 3; } }
    #[ode] fn const_module_path(du: &mut [f64; 1], u: &[f64; 1]) { use phys::deep::N; du[0] = u[0] * phys::G + N as f64 + u[0].powi(N); }
    meaning_of!(const_module_path, u: [0.7] => [10.21]);
}

/// Methods on constants: `K.sqrt()`, `-K.abs()`, `K.powi(2)`.
mod const_real_methods {
    use super::*;
    const K: f64 = 2.25;
    #[ode] fn const_real_methods(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = u[0] * K.sqrt() - K.abs() + (-K).abs() + K.powi(2) + K.max(u[0]); }
    meaning_of!(const_real_methods, u: [0.7] => [8.3625]);
}

/// A constant condition.
mod const_condition {
    use super::*;
    const ON: bool = false;
    #[ode] fn const_condition(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = if ON { 2.0 * u[0] } else { u[0] }; if !ON && u[0] > 0.0 { du[0] += 1.0; } }
    meaning_of!(const_condition, u: [0.7] => [1.7]);
}

/// Two constants compared and divided.
mod const_compare_two {
    use super::*;
    const A: i32 = 5; const B: i32 = 2;
    #[ode] fn const_compare_two(du: &mut [f64; 1], u: &[f64; 1]) { let d = A / B * B; du[0] = if A > B { u[0] * d as f64 } else { 0.0 }; }
    meaning_of!(const_compare_two, u: [0.7] => [2.8]);
}

/// Array lengths by expressions of constants.
mod const_array_length_expr {
    use super::*;
    const N: usize = 2;
    #[ode] fn const_array_length_expr(du: &mut [f64; N + 1], u: &[f64; N + 1]) { let mut a = [0.0; 2 * N - 1]; for i in 0..2 * N - 1 { a[i] = u[i] * 2.0; } for i in 0..N + 1 { du[i] = a[N - i]; } }
    meaning_of!(const_array_length_expr, u: [0.7, 1.011, 1.3439999999999999] => [2.6879999999999997, 2.022, 1.4]);
}

/// A nested table of signed integers inside the body.
mod const_inside_signed_table {
    use super::*;
    #[ode] fn const_inside_signed_table(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 2]) { const S: [[i32; 2]; 2] = [[-1, 1], [2, -3]]; let r = [p[0] * u[0], p[1] * u[1]]; for i in 0..2 { du[i] = (0..2).map(|j| S[i][j] as f64 * r[j]).sum(); } }
    meaning_of!(const_inside_signed_table, u: [0.7, 1.011], p: [0.43, 0.6799999999999999] => [0.3864799999999999, -1.4604399999999997]);
}

/// A table of indices inside the body, iterated.
mod const_inside_index_table {
    use super::*;
    #[ode] fn const_inside_index_table(du: &mut [f64; 3], u: &[f64; 3]) { const IDX: [usize; 3] = [2, 0, 1]; let mut n = 0; for i in IDX { du[i] = u[n] * IDX[n] as f64; n += 1; } }
    meaning_of!(const_inside_index_table, u: [0.7, 1.011, 1.3439999999999999] => [0.0, 1.3439999999999999, 1.4]);
}

/// `for x in W` of a constant table, `W` as a fresh copy each time.
mod const_inside_table_by_value_written {
    use super::*;
    #[ode] fn const_inside_table_by_value_written(du: &mut [f64; 2], u: &[f64; 2]) { const W: [f64; 2] = [0.25, -0.5]; let mut s = 0.0; for x in W { s += x * u[0]; } let [a, b] = W; du[0] = s + a; du[1] = b * u[1] + W.iter().sum::<f64>(); }
    meaning_of!(const_inside_table_by_value_written, u: [0.7, 1.011] => [0.07500000000000001, -0.7555]);
}

/// Constants `i32` inside the body, used in arithmetic below zero.
mod const_inside_int_typed {
    use super::*;
    #[ode] fn const_inside_int_typed(du: &mut [f64; 1], u: &[f64; 1]) { const A: i32 = 3; const B: i32 = A - 5; let mut s = 0.0; for k in B..A { s += u[0] * (k * B) as f64 + k as f64; } du[0] = s; }
    meaning_of!(const_inside_int_typed, u: [0.7] => [0.0]);
}

/// A table by a match, in a loop.
mod const_lookup_by_match {
    use super::*;
    #[ode] fn const_lookup_by_match(du: &mut [f64; 3], u: &[f64; 3]) { for i in 0..3 { let w = match i { 0 => 0.25, 1 => -0.5, _ => 2.0 }; du[i] = w * u[2 - i]; } }
    meaning_of!(const_lookup_by_match, u: [0.7, 1.011, 1.3439999999999999] => [0.33599999999999997, -0.5055, 1.4]);
}

/// A comparison of constants as a condition.
mod const_bool_by_comparison {
    use super::*;
    const ORDER: usize = 2;
    #[ode] fn const_bool_by_comparison(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = if ORDER == 2 { u[0] * u[0] } else { u[0] }; if ORDER > 2 { du[0] += 100.0; } match ORDER { 1 => du[0] += 1.0, 2 => du[0] += 2.0, _ => {} } }
    meaning_of!(const_bool_by_comparison, u: [0.7] => [2.4899999999999998]);
}

/// Constants of `f32` that are converted where they stand, their arithmetic among themselves included; comparisons of two.
mod constants_of_f32 {
    use super::*;
    const RATE: f32 = 0.1;
    const GAIN: f32 = 0.3;
    const LEVELS: [f32; 3] = [0.1, 0.2, 0.7];
    #[ode] fn constants_of_f32(u: &[f64; 3]) -> [f64; 3] { let x = RATE; let y: f64 = GAIN.into(); let mut s = 0.0; for i in 0..3 { s += LEVELS[i] as f64 * u[i]; } let z = if RATE < GAIN { f64::from(-RATE) } else { 1.0 }; [u[0] * x as f64 * y, u[1] * (RATE * GAIN) as f64 + z, s + f64::from(LEVELS[2])] }
    meaning_of!(constants_of_f32, u: [0.7, 1.011, 1.344] => [0.021000001147389424, -0.0696700002849102, 1.9129999761134386]);
}

/// In a function over `f32` they are what they are.
mod constants_of_a_function_over_f32 {
    use super::*;
    const RATE: f32 = 0.1;
    #[differentiable] fn slowed(x: f32) -> f32 { x * RATE + RATE.sin() }
    #[test]
    fn are_those_of_f32() { assert_eq!(slowed::value::<f32>(0.7).to_bits(), slowed(0.7_f32).to_bits()); }
}
