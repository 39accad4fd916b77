//! Structs of components.

use crate::*;

/// `*du = St { .. }` with nested literals.
mod struct_whole_assign {
    use super::*;
    #[derive(Components, Clone, Copy)] struct In { a: f64, b: f64 }
    #[derive(Components, Clone, Copy)] struct St { i: In, c: f64 }
    #[ode] fn struct_whole_assign(du: &mut St, u: &St) { *du = St { c: u.i.a, i: In { b: u.c * u.c, a: u.i.b } }; du.c += du.i.b; }
    meaning_of!(struct_whole_assign, u: [0.7, 1.011, 1.3439999999999999] => [1.011, 1.8063359999999997, 2.5063359999999997]);
}

/// `r = Q { a: r.b, b: r.a }` in a loop, returned.
mod struct_returned_self_overwrite {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn struct_returned_self_overwrite(u: Q) -> Q { let mut r = u; for _ in 0..3 { r = Q { a: r.b, b: r.a + r.b }; } r }
    meaning_of!(struct_returned_self_overwrite, u: [0.7, 1.011] => [2.7219999999999995, 4.433]);
}

/// `*du = Q { a: du.b, b: du.a }` after both were written.
mod struct_du_read_in_literal {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn struct_du_read_in_literal(du: &mut Q, u: &Q) { du.a = u.a; du.b = u.b * u.b; *du = Q { a: du.b, b: du.a }; }
    meaning_of!(struct_du_read_in_literal, u: [0.7, 1.011] => [1.0221209999999998, 0.7]);
}

/// `for B { x, v } in u.b`.
mod struct_array_of_structs_pattern {
    use super::*;
    #[derive(Components, Clone, Copy)] struct B { x: f64, v: f64 }
    #[derive(Components, Clone, Copy)] struct St { b: [B; 2] }
    #[ode] fn struct_array_of_structs_pattern(du: &mut St, u: &St) { let mut s = 0.0; for B { x, v } in u.b { s += x * v; } for (i, B { x, .. }) in u.b.iter().enumerate() { du.b[i] = B { x: s, v: x * 2.0 }; } }
    meaning_of!(struct_array_of_structs_pattern, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [2.9911559999999997, 1.4, 2.9911559999999997, 2.6879999999999997]);
}

/// Parameters by value with a pattern.
mod struct_params_by_value {
    use super::*;
    #[derive(Components, Clone, Copy)] struct P { k: f64, g: f64 }
    #[ode] fn struct_params_by_value(u: [f64; 2], P { k, g }: P, t: f64) -> [f64; 2] { [u[1] * k, -u[0] * g + t] }
    meaning_of!(struct_params_by_value, u: [0.7, 1.011], p: [0.43, 0.6799999999999999], t: 0.37 => [0.43472999999999995, -0.10599999999999993]);
}

/// A struct of one field.
mod struct_single_field {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64 }
    #[ode] fn struct_single_field(du: &mut Q, u: &Q) { du.a = -u.a * u.a; }
    meaning_of!(struct_single_field, u: [0.7] => [-0.48999999999999994]);
}

/// Shorthand `Q { a, b }` with shadowed names.
mod struct_shorthand_init {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn struct_shorthand_init(du: &mut Q, u: &Q) { let a = u.b; let b = a * u.a; let a = a + 1.0; *du = Q { b, a }; }
    meaning_of!(struct_shorthand_init, u: [0.7, 1.011] => [2.011, 0.7076999999999999]);
}

/// A struct in a tuple, changed after.
mod struct_in_tuple {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn struct_in_tuple(du: &mut Q, u: &Q) { let mut q = *u; let t = (q, q.a); q.a = 9.0; du.a = t.0.a + q.b; du.b = t.1 * q.a; }
    meaning_of!(struct_in_tuple, u: [0.7, 1.011] => [1.7109999999999999, 6.3]);
}

/// `u.clone()`, which is written again.
mod struct_cloned {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[ode] fn struct_cloned(du: &mut Q, u: &Q) { let mut v = u.clone(); v.a *= v.b; let w = v.clone(); v.b = 0.0; *du = Q { a: w.a + v.b, b: w.b + u.a }; }
    meaning_of!(struct_cloned, u: [0.7, 1.011] => [0.7076999999999999, 1.7109999999999999]);
}
