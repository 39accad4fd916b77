//! Fields and what helpers return, in literals: whether they are numbers, arrays or structs only their uses tell.

use crate::*;

/// An argument of a struct that is an element of an array before a field of it is read.
mod element_before_field {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Body { pos: f64, vel: [f64; 2] }
    #[differentiable] fn first(k: f64, z: Body) -> f64 { let b = [z, Body { pos: k, ..z }]; b[1].pos * z.vel[0] + b[0].vel[1] }
    #[differentiable] fn pick(k: f64, z: Body) -> f64 { let b = [match k > 1.0 { true => Body { pos: k, vel: z.vel }, _ => z }, z]; b[0].pos + b[1].vel[1] * z.pos }
    #[ode] fn element_before_field(u: Body, p: f64) -> Body { Body { pos: first(p, u), vel: [pick(p, u), pick(u.vel[0], u)] } }
    meaning_of!(element_before_field, u: [0.7, 1.011, 1.344], p: [0.43] => [1.77873, 1.6408, 1.9518]);
}

/// Fields in a literal at the end of a block, of an arm, of a choice: structs.
mod structs_at_the_end_of_arms {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Body { pos: f64, vel: f64 }
    #[derive(Components, Clone, Copy)] struct Pair { a: Body, b: Body, of: [Body; 2] }
    #[ode] fn structs_at_the_end_of_arms(u: &Pair, t: f64) -> Pair { let mut k = match (t > 1.0, u.a.pos > 0.0) { (true, _) => [u.a; 2], (_, true) => { let v = u.b.vel; [u.a, Body { vel: v, ..u.b }] } _ => [u.b, u.a] }; k[0].pos += 0.5 * k[1].vel; let w = if t > 0.0 { let x = t; [u.b, u.of[1]] } else { [u.b, u.a] }; let mut r = Pair { a: k[0], b: w[1], of: { k[1].vel *= t; [u.a, u.of[0]] } }; r = Pair { a: k[1], of: if t > 0.5 { r.of } else { [r.a, r.of[1]] }, ..r }; r }
    meaning_of!(structs_at_the_end_of_arms, u: [0.7, 1.011, 1.344, 1.699, 0.43, 0.68, 0.95, 1.24], t: 0.37 => [1.344, 0.62863, 0.95, 1.24, 1.5495, 1.011, 0.43, 0.68]);
}

/// A field that becomes a row of the derivative: what it is put into tells what it is. And one that becomes a number of what hides it.
mod field_as_a_row {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Body { pos: [f64; 3], mass: f64 }
    #[ode] fn field_as_a_row(du: &mut [[f64; 3]; 2], u: &[[f64; 3]; 2], t: f64) { let Body { pos, mass } = Body { mass: t, pos: u[1] }; let b = Body { mass, pos: u[0] }; let row = b.pos; du[0] = pos; for i in 1..2 { du[i] = row; } let m = b.mass; let mut du2 = [0.0; 2]; du2[0] = m; du[0][2] = du2[0] * u[0][1]; }
    meaning_of!(field_as_a_row, u: [0.7, 1.011, 1.344, 1.699, 0.43, 0.68], t: 0.37 => [1.699, 0.43, 0.37406999999999996, 0.7, 1.011, 1.344]);
}

/// What a helper returns, repeated and taken apart.
mod repeated_result {
    use super::*;
    #[differentiable] fn turn(x: f64, w: [f64; 2]) -> [f64; 3] { [w[1] * x, w[0].sin(), x] }
    #[ode] fn repeated_result(u: [f64; 3]) -> [f64; 3] { let [mut h, r] = [turn(u[0], [u[1], u[2]]); 2]; h[1] *= r[0]; let s: f64 = r.iter().sum(); h = std::array::from_fn(|i| h[i] * s + r[2 - i]); h }
    meaning_of!(repeated_result, u: [0.7, 1.011, 1.344] => [3.040864015550235, 2.8309254963806327, 2.682514297284401]);
}

/// `from_fn` into what is as long as a field, and into a row while the closure changes what it is a row of.
mod from_fn_as_long_as_its_place {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Body { pos: [f64; 2], vel: f64 }
    #[ode] fn from_fn_as_long_as_its_place(u: Body, t: f64) -> Body { let mut g = u.pos.map(|x| Body { vel: x, ..u }); g = std::array::from_fn(|i| Body { pos: [t, g[i].vel], vel: u.pos[1 - i] }); let mut m = [g[0].pos, g[1].pos]; let k = (t > 0.1) as usize; m[k] = std::array::from_fn(|j| { m = [m[j], m[1]]; m[0][j] * u.vel }); Body { pos: m[1], vel: g[1].vel * m[0][1] } }
    meaning_of!(from_fn_as_long_as_its_place, u: [0.7, 1.011, 1.344], t: 0.37 => [0.49728, 1.358784, 0.7076999999999999]);
}

/// A constant in a tuple, which changes and is an integer or a real by what it meets.
mod constants_in_a_tuple {
    use super::*;
    const STEPS: usize = 3;
    const GAIN: f64 = -0.8;
    #[ode] fn constants_in_a_tuple(u: [f64; 2]) -> [f64; 2] { let mut e = (u[0].tanh(), STEPS, GAIN); e.1 %= 2; e.2 *= u[1]; [u[e.1] * e.0, e.2 + e.1 as f64] }
    meaning_of!(constants_in_a_tuple, u: [0.7, 1.011] => [0.6110158226654523, 0.19120000000000004]);
}

/// A real by the name of an integer argument that it is made of.
mod real_by_an_integers_name {
    use super::*;
    #[differentiable] fn weight(n: i64) -> f64 { 0.3 * n as f64 + 0.2 }
    #[differentiable] fn mixed(x: usize, y: f64) -> f64 { let x = weight(x as i64 + 1); (x / (1.0 + x * x)).exp() * y }
    #[ode] fn real_by_an_integers_name(u: [f64; 2]) -> [f64; 2] { [mixed(2, u[0]), mixed(0, u[1])] }
    meaning_of!(real_by_an_integers_name, u: [0.7, 1.011] => [1.1514967439584323, 1.5082347693153242]);
}

/// Rows of fields that change, and what a field is mapped to: where the time alone moves, and back.
mod rows_of_fields {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Body { pos: f64, vel: [f64; 2] }
    #[derive(Components, Clone, Copy)] struct Tank { a: [f64; 2], b: Body }
    #[ode] fn rows_of_fields(u: Tank, p: [f64; 2], t: f64) -> Tank { let mut m = [u.a, u.b.vel]; let x = m[0][0].tanh() * m[1][p.len() - 1]; if t > 1.0 { m = std::array::from_fn(|i| m[i].map(|_| p[i])) } else { m = [m[1], m[0]]; m[1][1] += 0.14 * (t * t).sin(); } let g = u.a.map(|v| Body { pos: v * t, vel: m[0] }); Tank { a: m[1], b: Body { pos: x + g[1].pos, vel: g[0].vel } } }
    meaning_of!(rows_of_fields, u: [0.7, 1.011, 1.344, 1.699, 0.43], p: [0.68, 0.95], t: 0.37 => [0.7, 1.0301061891255805, 0.6339481441603803, 1.699, 0.43]);
}

/// Structs in an array that a loop makes anew, kept for the way back; a helper's array that is overwritten by an argument.
mod kept_by_a_loop {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Body { pos: f64, vel: [f64; 3] }
    #[differentiable] fn scaled(x: f64, z: [f64; 2]) -> f64 { x * z[0] + z[1].sin() }
    #[differentiable] fn same(x: [f64; 3]) -> [f64; 3] { [x[1], x[2], x[0]] }
    #[ode] fn kept_by_a_loop(u: Body, p: [f64; 3], t: f64) -> Body { let mut s = u.vel.iter().zip(p).fold(1.38, |f: f64, (&v, q)| scaled(0.63 * q * f, { let [mut d, _] = [u, u]; [d.pos, v] })); for k in 0..2 { if s > 0.2 { let mut w = same(p); w = p; w.copy_from_slice(&p); s += 0.1 * (w[k] * w[0]).sin(); } } let mut m = u.vel; m[1] = m.iter().copied().enumerate().zip(u.vel.iter().copied()).skip(1).map(|((i, w), r)| 0.48 * scaled(w, [r, t])).sum::<f64>(); Body { pos: s, vel: m } }
    meaning_of!(kept_by_a_loop, u: [0.7, 1.011, 1.344, 1.699], p: [0.43, 0.68, 0.95], t: 0.37 => [1.5865600602086707, 1.011, 2.5997605746863632, 1.699]);
}

/// Integers as many as a field has elements, changed where a real decides it.
mod integers_as_many_as_a_field {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Body { pos: f64, vel: [f64; 3] }
    #[ode] fn integers_as_many_as_a_field(u: [f64; 2], p: &Body) -> [f64; 2] { let mut c = p.vel.map(|_| 2u8); if u[0] > 0.5 && { c[1] += 1; u[1] > 0.0 } { c[2] = c[1] * 2; } let hit = c.iter().skip(1).any(|n| { c.len() > 2 && *n > 3 }); let f = c.into_iter().step_by(2).fold(0.5, |s: f64, n| s * u[0] + n as f64); [f, if hit { u[1] } else { p.pos }] }
    meaning_of!(integers_as_many_as_a_field, u: [0.7, 1.011], p: [0.43, 0.68, 0.95, 1.24] => [7.645, 1.011]);
}

/// What a field is mapped to by a helper, by what it is assigned to; what lies in one literal with an element.
mod mapped_by_a_helper {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Body { pos: f64, vel: [f64; 2] }
    #[differentiable] fn pair(x: f64) -> [f64; 2] { [x.sin(), x * x] }
    #[differentiable] fn body(x: f64) -> Body { Body { pos: x, vel: [x * x, 0.5] } }
    #[ode] fn mapped_by_a_helper(u: Body, t: f64) -> Body { let mut c = u.vel.map(|x| pair(x * t)); c = [c[1], [u.pos, t]]; let b = u.vel.map(|x| body(x)); let m = [b[1], Body { pos: t, ..u }]; let w = [c[1], c[0]]; Body { pos: m[0].pos * w[0][1], vel: m[1].vel.map(|v| v * w[1][0]) } }
    meaning_of!(mapped_by_a_helper, u: [0.7, 1.011, 1.344], t: 0.37 => [0.49728, 0.48228414766774447, 0.6411373832497019]);
}

/// A map among the rows of a literal whose type is written.
mod map_in_a_typed_literal {
    use super::*;
    const ORDER: [usize; 3] = [2, 0, 1];
    #[derive(Components, Clone, Copy)] struct Body { pos: f64, vel: [f64; 2] }
    #[ode] fn map_in_a_typed_literal(u: Body, t: f64) -> Body { let n: [[usize; 2]; 2] = [[1, 5 % 3], u.vel.map(|_| ORDER[1])]; let mut m: [[f64; 2]; 2] = [u.vel.map(|v| v * t), [t, u.pos]]; m = [{ m[0][0] += 1.0; [u.pos, t] }, std::array::from_fn(|i| m[0][i] * u.vel[n[1][i]])]; Body { pos: m[n[1][0]][n[0][0]], vel: m[n[0][0]] } }
    meaning_of!(map_in_a_typed_literal, u: [0.7, 1.011, 1.344], t: 0.37 => [0.37, 1.3891847699999997, 0.50275008]);
}
