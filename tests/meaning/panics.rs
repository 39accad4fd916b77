//! What panics in Rust panics here.

use crate::*;
use diffeq::problem::Rhs;

/// `clamp` between bounds that are not in order.
mod clamp_out_of_order {
    use super::*;
    #[ode] fn clamp_out_of_order(du: &mut [f64; 1], u: &[f64; 1], p: &[f64; 2]) { du[0] = u[0].clamp(p[0], p[1]); }
    #[test]
    #[should_panic(expected = "min > max")]
    fn panics() { clamp_out_of_order.rhs(&mut [0.0], &[0.7], &[2.0, 1.0], 0.0); }
    meaning_of!(clamp_out_of_order, u: [0.7], p: [1.0, 2.0] => [1.0]);
}

/// `unwrap` of a position that is not there.
mod unwrap_of_nothing {
    use super::*;
    #[ode] fn unwrap_of_nothing(du: &mut [f64; 1], u: &[f64; 1]) { let k = [0.5, 1.0].iter().position(|x| *x > u[0]).unwrap(); du[0] = k as f64 * u[0]; }
    #[test]
    #[should_panic(expected = "None")]
    fn panics() { unwrap_of_nothing.rhs(&mut [0.0], &[5.0], &[], 0.0); }
    meaning_of!(unwrap_of_nothing, u: [0.7] => [0.7]);
}

/// `expect` of an item that is not found.
mod expect_of_nothing {
    use super::*;
    #[ode] fn expect_of_nothing(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = *u.iter().find(|x| **x > 1.0).expect("one is large"); du[1] = u[0]; }
    #[test]
    #[should_panic(expected = "None")]
    fn panics() { expect_of_nothing.rhs(&mut [0.0; 2], &[0.5, 0.7], &[], 0.0); }
    meaning_of!(expect_of_nothing, u: [0.7, 1.3] => [1.3, 0.7]);
}

/// `assert!` in a helper.
mod assertion_in_a_helper {
    use super::*;
    #[differentiable] fn root(x: f64) -> f64 { assert!(x >= 0.0, "negative: {x}"); x.sqrt() }
    #[ode] fn assertion_in_a_helper(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = root(u[0]); }
    #[test]
    #[should_panic]
    fn panics() { assertion_in_a_helper.rhs(&mut [0.0], &[-0.7], &[], 0.0); }
    meaning_of!(assertion_in_a_helper, u: [0.25] => [0.5]);
}

/// `unreachable!` that is reached.
mod reached {
    use super::*;
    #[ode] fn reached(du: &mut [f64; 1], u: &[f64; 1]) { let k = u[0] as i32; du[0] = match k { 0 => u[0], 1 => 1.0, _ => unreachable!("{k}") }; }
    #[test]
    #[should_panic]
    fn panics() { reached.rhs(&mut [0.0], &[7.0], &[], 0.0); }
    meaning_of!(reached, u: [0.7] => [0.7]);
}
