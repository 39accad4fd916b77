//! Slices.

use crate::*;

/// `u[n - 1]`, `u.len() - 1 - i`, `is_empty`.
mod slice_runtime_last {
    use super::*;
    #[ode] fn slice_runtime_last(du: &mut [f64], u: &[f64]) { let n = u.len(); for i in 0..n { du[i] = u[n - 1 - i] * u[n - 1]; } if !u.is_empty() { du[0] += 1.0; } }
    meaning_of!(slice_runtime_last, u: [0.7, 1.011, 1.3439999999999999] => [2.806336, 1.3587839999999998, 0.9407999999999999]);
}

/// `du.copy_from_slice(u)`, then in place.
mod slice_copy_to_du {
    use super::*;
    #[ode] fn slice_copy_to_du(du: &mut [f64], u: &[f64]) { du.copy_from_slice(u); for i in 1..du.len() { du[i] += du[i - 1]; } }
    meaning_of!(slice_copy_to_du, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [0.7, 1.7109999999999999, 3.0549999999999997, 4.754]);
}

/// `let w: &[f64] = &a;`, `&a[..]`.
mod slice_local_as_ref {
    use super::*;
    #[ode] fn slice_local_as_ref(du: &mut [f64; 2], u: &[f64; 2]) { let w: &[f64] = u; du[0] = w[0] * w.len() as f64; du[1] = w.iter().sum(); }
    meaning_of!(slice_local_as_ref, u: [0.7, 1.011] => [1.4, 1.7109999999999999]);
}

/// `first`, `last`, `get`.
mod slice_first_last_get {
    use super::*;
    #[ode] fn slice_first_last_get(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = u.first().unwrap() * 2.0; du[1] = *u.last().unwrap(); }
    meaning_of!(slice_first_last_get, u: [0.7, 1.011] => [1.4, 1.011]);
}
