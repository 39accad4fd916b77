//! Patterns.

use crate::*;

/// `let ref a = u[0]`, `let [ref a, b] = w`.
mod pattern_ref_keyword {
    use super::*;
    #[ode] fn pattern_ref_keyword(du: &mut [f64; 2], u: &[f64; 2]) { let w = [u[0] * 2.0, u[1]]; let [ref a, b] = w; let ref c = w[1]; du[0] = a * b; du[1] = *c + b; }
    meaning_of!(pattern_ref_keyword, u: [0.7, 1.011] => [1.4153999999999998, 2.022]);
}

/// `let ref mut a = w[0]; *a += 1.0`.
mod pattern_ref_mut {
    use super::*;
    #[ode] fn pattern_ref_mut(du: &mut [f64; 2], u: &[f64; 2]) { let mut w = [u[0], u[1]]; let ref mut a = w[0]; *a += 1.0; du[0] = w[0]; du[1] = w[1]; }
    meaning_of!(pattern_ref_mut, u: [0.7, 1.011] => [1.7, 1.011]);
}

/// `let [dx, dy] = du; *dx = ..; *dy = ..`.
mod pattern_du_destructured {
    use super::*;
    #[ode] fn pattern_du_destructured(du: &mut [f64; 2], u: &[f64; 2]) { let [dx, dy] = du; *dx = u[1]; *dy = -u[0]; }
    meaning_of!(pattern_du_destructured, u: [0.7, 1.011] => [1.011, -0.7]);
}

/// The argument `[dx, dy]: &mut [f64; 2]`.
mod pattern_arg_du_pattern {
    use super::*;
    #[ode] fn pattern_arg_du_pattern([dx, dy]: &mut [f64; 2], [x, y]: &[f64; 2]) { *dx = *y; *dy = -x * y; }
    meaning_of!(pattern_arg_du_pattern, u: [0.7, 1.011] => [1.011, -0.7076999999999999]);
}

/// Arguments `&[[a, b], [c, d]]`.
mod pattern_arg_nested {
    use super::*;
    #[ode] fn pattern_arg_nested(du: &mut [[f64; 2]; 2], &[[a, b], [c, d]]: &[[f64; 2]; 2], &[k]: &[f64; 1]) { *du = [[d * k, c], [b, a * a]]; }
    meaning_of!(pattern_arg_nested, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998], p: [0.43] => [0.7305699999999999, 1.3439999999999999, 1.011, 0.48999999999999994]);
}

/// `let w @ [a, _] = *u`.
mod pattern_at_binding {
    use super::*;
    #[ode] fn pattern_at_binding(du: &mut [f64; 2], u: &[f64; 2]) { let w @ [a, _] = *u; du[0] = a * w[1]; du[1] = w[0]; }
    meaning_of!(pattern_at_binding, u: [0.7, 1.011] => [0.7076999999999999, 0.7]);
}

/// `let x; if c { x = .. } else { x = .. }`.
mod pattern_late_init {
    use super::*;
    #[ode] fn pattern_late_init(du: &mut [f64; 1], u: &[f64; 1]) { let x; let n; if u[0] > 1.0 { x = u[0]; n = 2; } else { x = -u[0]; n = 3; } du[0] = x.powi(n); }
    meaning_of!(pattern_late_init, u: [0.7] => [-0.3429999999999999]);
}

/// `let (a, b); (a, b) = (..)`.
mod pattern_late_init_tuple {
    use super::*;
    #[ode] fn pattern_late_init_tuple(du: &mut [f64; 2], u: &[f64; 2]) { let (a, b); (a, b) = (u[1], u[0] * 2.0); let c: f64; c = a + b; du[0] = a * c; du[1] = b; }
    meaning_of!(pattern_late_init_tuple, u: [0.7, 1.011] => [2.4375209999999994, 1.4]);
}
