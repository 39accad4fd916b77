//! What leaves loops, blocks and closures with a value.

use crate::*;

/// `break [a, b];`
mod break_with_an_array {
    use super::*;
    #[ode] fn break_with_an_array(du: &mut [f64; 2], u: &[f64; 2]) { let mut k = 0; let mut a = *u; let r = loop { a[0] *= 0.5; k += 1; if k == 3 || a[0] < 0.1 { break [a[0], a[1] + k as f64]; } }; du[0] = r[0]; du[1] = r[1]; }
    meaning_of!(break_with_an_array, u: [0.7, 1.3] => [0.0875, 4.3]);
}

/// `break a;` of two arrays, which change later.
mod break_with_either_array {
    use super::*;
    #[ode] fn break_with_either_array(du: &mut [f64; 2], u: &[f64; 2]) { let mut k = 0; let mut a = *u; let r = loop { a[0] += 0.5; k += 1; if k > 3 { break a; } if a[0] > 1.5 { break *u; } }; a[1] = 0.0; du[0] = r[0]; du[1] = r[1] + a[0]; }
    meaning_of!(break_with_either_array, u: [0.7, 1.3] => [0.7, 3.0]);
}

/// `break 'b [a, b];`
mod block_left_with_an_array {
    use super::*;
    #[ode] fn block_left_with_an_array(du: &mut [f64; 2], u: &[f64; 2]) { let r = 'b: { if u[0] > 0.5 { break 'b [u[1], u[0]]; } [0.0, 1.0] }; du[0] = r[0]; du[1] = r[1] * 2.0; }
    meaning_of!(block_left_with_an_array, u: [0.7, 1.3] => [1.3, 1.4]);
}

/// `break q;`
mod break_with_a_struct {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { x: f64, v: f64 }
    #[ode] fn break_with_a_struct(du: &mut [f64; 2], u: &[f64; 2]) { let mut q = Q { x: u[0], v: u[1] }; let mut n = 0; let r = loop { q.x += 0.1 * q.v; n += 1; if n == 4 { break q; } }; du[0] = r.x; du[1] = r.v; }
    meaning_of!(break_with_a_struct, u: [0.7, 1.3] => [1.2199999999999998, 1.3]);
}

/// `return` leaves the closure.
mod return_in_a_closure {
    use super::*;
    #[ode] fn return_in_a_closure(du: &mut [f64; 2], u: &[f64; 2]) { let clip = |x: f64| -> f64 { if x > 1.0 { return 1.0; } if x < 0.0 { return 0.0; } x * x }; du[0] = clip(u[0]) + clip(u[1]); du[1] = [u[0], -u[1]].map(clip).iter().sum(); }
    meaning_of!(return_in_a_closure, u: [0.7, 1.3] => [1.49, 0.48999999999999994]);
}

/// `break (a, [b; 2]);`, out of two loops.
mod break_with_arrays_in_tuples {
    use super::*;
    #[ode] fn break_with_arrays_in_tuples(du: &mut [f64; 2], u: &[f64; 2]) { let r = 'outer: loop { let mut n = 0; loop { n += 1; if n > 3 { break 'outer [u[0] * n as f64, u[1]]; } if u[0] > 1e30 { break; } } }; let s = loop { break (r[0], [r[1]; 2]); }; du[0] = s.0; du[1] = s.1[1]; }
    meaning_of!(break_with_arrays_in_tuples, u: [0.7, 1.3] => [2.8, 1.3]);
}

/// `assert!`, `panic!` and `unreachable!` that do not happen.
mod assertions {
    use super::*;
    #[ode] fn assertions(du: &mut [f64; 2], u: &[f64; 2]) { assert!(u.len() == 2, "two"); assert_eq!(u.len(), 2); debug_assert!(u[0] < 10.0); if u[0] > 1e6 { panic!("too large: {}", u[0]); } let k = match u.len() { 2 => 1.0, _ => unreachable!("length") }; du[0] = k * u[1]; du[1] = -u[0]; }
    meaning_of!(assertions, u: [0.7, 1.3] => [1.3, -0.7]);
}

/// `_ => unreachable!()`
mod unreachable_arm {
    use super::*;
    #[ode] fn unreachable_arm(du: &mut [f64; 2], u: &[f64; 2]) { let z = match u[0] { x if x < 0.0 => -x, x if (0.0..1.0).contains(&x) => x * x, x => x.sqrt() }; let k = match u[1] { v if v > 2.0 => 3, v if v > 1.0 => 2, _ => 1 }; du[0] = z * k as f64; du[1] = match k { 1 | 3 => u[0], n @ 2 => u[1] * n as f64, _ => unreachable!() }; }
    meaning_of!(unreachable_arm, u: [0.7, 1.3] => [0.9799999999999999, 2.6]);
}

/// `std::mem::replace`
mod replace_in_memory {
    use super::*;
    #[ode] fn replace_in_memory(du: &mut [f64; 2], u: &[f64; 2]) { let mut a = [u[0], u[1], 2.0]; let (l, r) = a.split_at_mut(1); std::mem::swap(&mut l[0], &mut r[1]); a.swap(0, 1); let t = std::mem::replace(&mut a[2], 5.0); a.reverse(); du[0] = a[0] + t; du[1] = a[1] * a[2]; }
    meaning_of!(replace_in_memory, u: [0.7, 1.3] => [5.7, 2.6]);
}

/// `std::mem::take`
mod take_of_a_variable {
    use super::*;
    #[ode] fn take_of_a_variable(du: &mut [f64; 2], u: &[f64; 2]) { let (mut a, mut b) = (u[0], u[1]); if a < b { std::mem::swap(&mut a, &mut b); } let old = std::mem::take(&mut b); du[0] = a - old; du[1] = b + a; }
    meaning_of!(take_of_a_variable, u: [0.7, 1.3] => [0.6000000000000001, 1.3]);
}
