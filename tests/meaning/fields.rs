//! Arrays in fields, whose lengths only rustc knows, mapped to what is no real.

use crate::*;

/// To integers, which change and index.
mod field_mapped_to_integers {
    use super::*;
    #[derive(Components, Clone, Copy)] struct St { a: [f64; 2], b: f64 }
    #[ode] fn field_mapped_to_integers(u: &St, p: &[f64; 3]) -> St { let mut n = u.a.map(|x| if x > 1.0 { 2usize } else { 1 }); n[0] += 1; St { a: [p[n[0]] * u.b, p[n[1]] * u.a[0]], b: (n[0] * n.len()) as f64 * u.b } }
    meaning_of!(field_mapped_to_integers, u: [0.7, 1.011, 1.344], p: [0.43, 0.68, 0.95] => [1.2768, 0.6649999999999999, 5.376]);
}

/// To structs, taken apart, and changed.
mod field_mapped_to_structs {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Body { pos: f64, vel: [f64; 2] }
    #[ode] fn field_mapped_to_structs(du: &mut Body, u: &Body) { let k = u.pos.sin(); let [a, mut b] = u.vel.map(|v| Body { pos: v * k, ..*u }); b.vel[0] *= a.pos; let c = [b, a]; du.pos = c[0].vel[0] + c[1].pos; du.vel = u.vel.map(|v| v * b.pos); }
    meaning_of!(field_mapped_to_structs, u: [0.7, 1.011, 1.344] => [1.3097725084943814, 0.8753526859355787, 1.1636736002941819]);
}

/// To rows, in a loop that changes what is mapped.
mod field_mapped_to_rows {
    use super::*;
    #[derive(Components, Clone, Copy)] struct St { a: [f64; 2], b: f64 }
    #[ode] fn field_mapped_to_rows(u: St, t: f64) -> St { let mut s = u; for _ in 0..2 { let rows = s.a.map(|x| [x * s.b, x * x]); s.a = [rows[1][0] - rows[0][1], rows[0][0] * t]; s.b = rows[1][1].sin(); } s }
    meaning_of!(field_mapped_to_rows, u: [0.7, 1.011, 1.344], t: 0.37 => [-0.4577845049588407, 0.27426640405819824, 0.12087453035622847]);
}

/// An array of structs mapped to one of their fields, and to conditions.
mod field_of_structs_mapped {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Body { pos: f64, vel: f64 }
    #[derive(Components, Clone, Copy)] struct Pair { of: [Body; 2] }
    #[ode] fn field_of_structs_mapped(du: &mut Pair, u: &Pair) { let v = u.of.map(|b| b.vel * b.pos); let up = u.of.map(|b| b.pos > 1.0); for i in 0..2 { du.of[i] = Body { pos: u.of[i].vel, vel: if up[i] { v[i] } else { -v[1 - i] } }; } }
    meaning_of!(field_of_structs_mapped, u: [0.7, 1.011, 1.344, 1.699] => [1.011, -2.283456, 1.699, 2.283456]);
}

/// `from_fn` into a field, by an index.
mod field_from_fn {
    use super::*;
    #[derive(Components, Clone, Copy)] struct St { a: [f64; 2], b: f64 }
    #[ode] fn field_from_fn(du: &mut St, u: &St) { let mut s = (u.a, u.b); s.0 = std::array::from_fn(|i| s.1 * u.a[1 - i]); du.a = s.0; du.b = s.0[0] * s.1; }
    meaning_of!(field_from_fn, u: [0.7, 1.011, 1.344] => [1.358784, 0.9408, 1.8262056960000002]);
}

/// A field that is copied, written and put back in a loop: whatever its reverse keeps.
mod field_put_back_in_loop {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Body { pos: f64, vel: [f64; 3] }
    #[differentiable] fn turned(x: &[f64; 3]) -> [f64; 3] { [x[1] * x[2], x[0], x[1].sin()] }
    #[ode] fn field_put_back_in_loop(du: &mut Body, u: &Body, p: [f64; 2], t: f64) { let mut r = Body { pos: t, vel: turned(&u.vel) }; for x in p { let mut v = r.vel; r.vel = r.vel.map(|y| x * y.sin()); v[v.len() - 1] *= r.vel[0] * u.pos; r = Body { pos: r.pos + v[2], vel: v }; } du.pos = r.pos; du.vel = r.vel; }
    meaning_of!(field_put_back_in_loop, u: [0.7, 1.011, 1.344, 1.699], p: [0.43, 0.68], t: 0.37 => [0.6718346505466142, 2.283456, 1.011, 0.07992249543873899]);
}

/// A field beside a row that is written, in one array: the row says what the field is.
mod field_beside_a_row {
    use super::*;
    #[derive(Components, Clone, Copy)] struct St { a: [f64; 2], b: f64 }
    #[ode] fn field_beside_a_row(u: St, t: f64) -> St { let mut f = [u.a, [u.b, u.a[0]]]; f[1][1] += t; St { a: [f[0][1] * f[1][1], f[1][0]], b: f[0][0].sin() } }
    meaning_of!(field_beside_a_row, u: [0.7, 1.011, 1.344], t: 0.37 => [1.0817699999999997, 1.344, 0.644217687237691]);
}

/// The same of a field that is mapped: the row says how long it is.
mod mapped_field_beside_a_row {
    use super::*;
    #[derive(Components, Clone, Copy)] struct St { a: [f64; 2], b: f64 }
    #[ode] fn mapped_field_beside_a_row(u: St, p: &[f64; 2]) -> St { let [m, c] = [u.a.map(|w| w * p[0]), [p[1], u.b]]; St { a: [m[0] * c[1], m[1] + c[0]], b: c[0] * m[1] } }
    meaning_of!(mapped_field_beside_a_row, u: [0.7, 1.011, 1.344], p: [0.43, 0.68] => [0.404544, 1.11473, 0.2956164]);
}
