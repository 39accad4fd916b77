//! Functions, statics and types inside a body.

use crate::*;

/// A function inside the body.
mod inner_function {
    use super::*;
    #[ode] fn inner_function(du: &mut [f64; 2], u: &[f64; 2]) { fn sq(x: f64) -> f64 { x * x } du[0] = sq(u[0]); du[1] = sq(u[1]) + sq(2.0); }
    meaning_of!(inner_function, u: [0.7, 1.3] => [0.48999999999999994, 5.69]);
}

/// Items stand after their uses.
mod inner_function_after_its_use {
    use super::*;
    #[ode] fn inner_function_after_its_use(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = mm(u[0], 0.3); du[1] = mm(u[1], K); const K: f64 = 0.4; fn mm(x: f64, k: f64) -> f64 { if x < 0.0 { return 0.0; } x / (k + x) } }
    meaning_of!(inner_function_after_its_use, u: [0.7, 1.3] => [0.7, 0.7647058823529411]);
}

/// A helper inside the body.
mod inner_function_with_attribute {
    use super::*;
    #[ode] fn inner_function_with_attribute(du: &mut [f64; 2], u: &[f64; 2]) { #[differentiable] fn sq(x: f64) -> f64 { x * x } du[0] = sq(u[0]); du[1] = sq(u[1]) + sq(2.0); }
    meaning_of!(inner_function_with_attribute, u: [0.7, 1.3] => [0.48999999999999994, 5.69]);
}

/// `static` inside the body.
mod inner_static {
    use super::*;
    #[ode] fn inner_static(du: &mut [f64; 2], u: &[f64; 2]) { static K: [f64; 2] = [0.3, 0.5]; static G: f64 = 2.0; du[0] = K[0] * u[0]; du[1] = K[1] * u[1] * G; }
    meaning_of!(inner_static, u: [0.7, 1.3] => [0.21, 1.3]);
}

/// A table of tuples inside the body.
mod inner_table_of_tuples {
    use super::*;
    #[ode] fn inner_table_of_tuples(du: &mut [f64; 2], u: &[f64; 2]) { const K: [[f64; 2]; 2] = [[0.3, 0.5], [0.1, 0.2]]; const N: usize = 2; const R: &[(usize, usize, f64)] = &[(0, 1, 0.2), (1, 0, 0.4)]; for i in 0..N { du[i] = 0.0; for j in 0..N { du[i] += K[i][j] * u[j]; } } for &(a, b, k) in R { du[a] -= k * u[a]; du[b] += k * u[a]; } }
    meaning_of!(inner_table_of_tuples, u: [0.7, 1.3] => [1.24, -0.050000000000000044]);
}

/// An enum inside the body.
mod inner_enum {
    use super::*;
    #[ode] fn inner_enum(du: &mut [f64; 2], u: &[f64; 2]) { enum Phase { Up, Down } let ph = if u[0] > 1.0 { Phase::Up } else { Phase::Down }; du[0] = match ph { Phase::Up => u[0], Phase::Down => -u[1] }; du[1] = u[0]; }
    meaning_of!(inner_enum, u: [0.7, 1.3] => [-1.3, 0.7]);
}

/// `type` inside the body.
mod inner_alias {
    use super::*;
    #[ode] fn inner_alias(du: &mut [f64; 2], u: &[f64; 2]) { type Row = [f64; 2]; let r: Row = [u[0], u[1]]; du[0] = r[1]; du[1] = r[0]; }
    meaning_of!(inner_alias, u: [0.7, 1.3] => [1.3, 0.7]);
}

/// Functions inside the body that take slices and return tuples early.
mod inner_functions_of_slices {
    use super::*;
    #[ode] fn inner_functions_of_slices(du: &mut [f64; 2], u: &[f64; 2]) { fn horner(c: &[f64], x: f64) -> f64 { c.iter().rev().fold(0.0, |acc, k| acc * x + k) } fn pair(x: f64) -> (f64, f64) { if x > 1.0 { return (x, 0.0); } (0.0, x) } const C: [f64; 3] = [1.0, -0.5, 0.25]; let (a, b) = pair(u[1]); du[0] = horner(&C, u[0]) + a; du[1] = horner(&[u[0], u[1]], 2.0) - b; }
    meaning_of!(inner_functions_of_slices, u: [0.7, 1.3] => [2.0725, 3.3]);
}

/// Constants of a type inside the body.
mod inner_constants_of_a_type {
    use super::*;
    #[ode] fn inner_constants_of_a_type(du: &mut [f64; 2], u: &[f64; 2]) { struct K; impl K { const A: f64 = 2.0; } #[derive(Clone, Copy, PartialEq)] enum Mode { On, Off } let m = if u[0] > 1.0 { Mode::On } else { Mode::Off }; let gain = if m == Mode::On { K::A } else { 1.0 }; du[0] = gain * u[0]; du[1] = match m { Mode::On => 0.0, Mode::Off => u[1] }; }
    meaning_of!(inner_constants_of_a_type, u: [0.7, 1.3] => [0.7, 1.3]);
}

/// `type` after its use.
mod inner_alias_after_its_use {
    use super::*;
    #[ode] fn inner_alias_after_its_use(du: &mut [f64; 4], u: &[f64; 4]) { let m = u.iter().cloned().fold(f64::NEG_INFINITY, f64::max); let lo = u.iter().copied().fold(f64::INFINITY, f64::min); let e: Vec4 = u.map(|x| (x - m).exp()); let z: f64 = e.iter().sum(); for (d, x) in du.iter_mut().zip(e) { *d = x / z - lo; } type Vec4 = [f64; 4]; }
    meaning_of!(inner_alias_after_its_use, u: [0.7, 1.3, 0.2, 0.9] => [0.015051348471410708, 0.19184910509908826, -0.06956476373954384, 0.06266431016904489]);
}

/// A struct inside the body, whose values are computed with.
mod inner_struct_of_values {
    use super::*;
    #[ode] fn inner_struct_of_values(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 2]) { #[derive(Components, Clone, Copy)] struct Flow { a: f64, b: f64 } let l = Flow { a: u[0] * p[0], b: u[1] }; let m = [Flow { a: l.b, ..l }, l]; du[0] = m[0].a * m[0].b; du[1] = m[1].a + p[1]; }
    meaning_of!(inner_struct_of_values, u: [0.7, 1.3], p: [0.5, 0.25] => [1.6900000000000002, 0.6]);
}
