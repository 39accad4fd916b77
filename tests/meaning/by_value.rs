//! Loops and consumers that take arrays by value.

use crate::*;

/// `for x in helper(a)` while `a` is written.
mod for_over_helper_result {
    use super::*;
    #[differentiable] fn rot(a: [f64; 2]) -> [f64; 2] { [-a[1], a[0]] }
    #[ode] fn for_over_helper_result(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; for (i, x) in rot(a).into_iter().enumerate() { a[i] += x; } du[0] = a[0]; du[1] = a[1]; }
    meaning_of!(for_over_helper_result, u: [0.7, 1.011] => [-0.31099999999999994, 1.7109999999999999]);
}

/// `for x in if c { a } else { b }` while both are written.
mod for_over_if_value {
    use super::*;
    #[ode] fn for_over_if_value(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; let b = [1.0, 2.0]; for x in if u[0] < 1e9 { a } else { b } { a[1] += x; } du[0] = a[0]; du[1] = a[1]; }
    meaning_of!(for_over_if_value, u: [0.7, 1.011] => [0.7, 2.7219999999999995]);
}

/// `for x in t.0` while `t.0` is written.
mod for_over_tuple_part {
    use super::*;
    #[ode] fn for_over_tuple_part(du: &mut [f64; 2], u: &[f64; 2]) { let mut t = ([u[0], u[1]], 1.0); for x in t.0 { t.0[1] += x; } du[0] = t.0[0]; du[1] = t.0[1] * t.1; }
    meaning_of!(for_over_tuple_part, u: [0.7, 1.011] => [0.7, 2.7219999999999995]);
}

/// `a.map(|x| { a[1] += x; x })`.
mod map_on_array_with_write {
    use super::*;
    #[ode] fn map_on_array_with_write(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = *u; let b = a.map(|x| { a[1] += x; x * 2.0 }); du[0] = b[1]; du[1] = a[1] + b[0]; }
    meaning_of!(map_on_array_with_write, u: [0.7, 1.011] => [2.022, 4.122]);
}
