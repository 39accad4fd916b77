//! Numbers of which nothing here tells whether they are integers or reals: constants, and what helpers return. They are what
//! they meet.

use crate::*;

const STEPS: usize = 3;
const SHIFTS: [i32; 3] = [-2, 3, 1];
const GAIN: f64 = -0.8;

/// A constant among the integers of an array.
mod constant_in_integer_array {
    use super::*;
    #[ode] fn constant_in_integer_array(u: [f64; 2]) -> [f64; 2] { let mut n = [[1, STEPS], [STEPS, STEPS]]; n[0][0] += n[1][1]; [u[0] * (n[0][0] % 3) as f64, u[n[0][1] - 2]] }
    meaning_of!(constant_in_integer_array, u: [0.7, 1.011] => [0.7, 1.011]);
}

/// Methods that reals and integers have, of constants: decided by an argument, by what follows, by a type.
mod methods_of_constants {
    use super::*;
    #[ode] fn methods_of_constants(u: [f64; 3]) -> [f64; 3] { let n = (1..=2).contains(&SHIFTS[0].abs()) as usize; let h = |k: i32, x: f64| x.powi(k); let m = STEPS.min(u.len()).max(1) - 1; [u[n] * GAIN.abs(), h(SHIFTS[0].abs(), u[1]), u[m] * (SHIFTS[1].max(SHIFTS[2]) + 1) as f64 * GAIN.max(GAIN.signum())] }
    meaning_of!(methods_of_constants, u: [0.7, 1.011, 1.344] => [0.8088, 1.0221209999999998, -4.300800000000001]);
}

/// What a helper of reals returns is an integer: in arithmetic, in methods, both at once.
mod integer_of_helper {
    use super::*;
    #[differentiable] fn level(x: f64) -> usize { if x > 1.0 { 5 } else { 2 } }
    #[differentiable] fn shift(x: f64) -> i32 { if x > 1.0 { -3 } else { 1 } }
    #[ode] fn integer_of_helper(u: [f64; 3]) -> [f64; 3] { let k = -shift(u[1]) + 1; [u[level(u[0]) % 3], u[level(u[1]).min(2)].powi(shift(u[2]).abs() - 1), u[level(u[1]) % level(u[0])] * k as f64] }
    meaning_of!(integer_of_helper, u: [0.7, 1.011, 1.344] => [1.344, 1.8063360000000002, 4.044]);
}

/// An array of structs that a helper returns.
mod structs_of_helper {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { a: f64, b: f64 }
    #[differentiable] fn make(x: f64) -> Q { Q { a: x * x, b: x.sin() } }
    #[ode] fn structs_of_helper(u: [f64; 2]) -> [f64; 2] { let [r, s] = u.map(|x| make(x)); let mut both = [make(u[1]), make(u[0])]; both[1] = Q { a: both[0].b, ..r }; [r.a * s.b, both[1].a + both[0].a * both[1].b] }
    meaning_of!(structs_of_helper, u: [0.7, 1.011] => [0.41520800809908087, 1.5058317085319348]);
}

/// An index out of range where nobody comes.
mod index_where_nobody_comes {
    use super::*;
    #[ode] fn index_where_nobody_comes(u: [f64; 2]) -> [f64; 2] { let x = match 3 { r @ 0..=1 => u[r], 2 | 3 => u[0] * u[1], r => u[r] }; [x, u[1] - x] }
    meaning_of!(index_where_nobody_comes, u: [0.7, 1.011] => [0.7076999999999999, 0.3033]);
}

/// A negative literal that is cast.
mod literal_that_is_cast {
    use super::*;
    #[ode] fn literal_that_is_cast(u: [f64; 2]) -> [f64; 2] { [u[(-1i32 as usize) % 2] * (300i32 as u8) as f64, u[(-3isize).rem_euclid(2) as usize] * (-1i8 as u16) as f64] }
    meaning_of!(literal_that_is_cast, u: [0.7, 1.011] => [44.483999999999995, 66255.885]);
}

/// Helpers without reals around them: of a condition that compares reals, and of a constant.
mod helpers_of_integers {
    use super::*;
    const ORDER: [usize; 3] = [2, 0, 1];
    #[differentiable] fn above(k: u8) -> bool { let x = k as f64 * 0.3; x > 0.5 && { let y = x * x; y < 2.0 } }
    #[differentiable] fn weight(n: usize) -> f64 { n as f64 * 0.25 }
    #[ode] fn helpers_of_integers(u: [f64; 2]) -> [f64; 2] { let x = if above(2) { u[0].tanh() } else { u[1] }; [weight(ORDER[0]) * x, if above(1) { u[0] } else { weight(ORDER[2]) * x * u[1] }] }
    meaning_of!(helpers_of_integers, u: [0.7, 1.011] => [0.3021838885585818, 0.15275395566636307]);
}

/// Constants in literals, which are integers by the uses of their elements: taken apart, repeated, at the end of an arm.
mod constants_in_literals {
    use super::*;
    const ORDER: [usize; 3] = [2, 0, 1];
    #[ode] fn constants_in_literals(u: [f64; 3], t: f64) -> [f64; 3] { let [e, d] = [[STEPS, STEPS - 2]; 2]; let [v, _] = match (t > 1.0) as i32 { 0 if t > 0.1 => [ORDER[1], ORDER[2]], 1 => [1usize, 2], _ => [2, 2] }; let w = [ORDER[0], STEPS]; let x = match d[d[1] % 2] { n if n > 2 => u[e[0] - 1], _ => t }; [x * u[v], u[w[0]] * (w[1] % 2) as f64, u[d[1]] + e[1] as f64] }
    meaning_of!(constants_in_literals, u: [0.7, 1.011, 1.344], t: 0.37 => [0.259, 1.344, 2.011]);
}

/// A constant in a variable that changes, an integer by a method of it.
mod constant_with_a_method {
    use super::*;
    const ORDER: [usize; 3] = [2, 0, 1];
    #[ode] fn constant_with_a_method(u: [f64; 3]) -> [f64; 3] { let mut n = STEPS; let mut a = [u[0], u[1]]; a[(n + n).min(1).max(0)] *= 2.0; n -= 2; let push: [usize; 2] = a.map(|_| ORDER[1]); let mut g = GAIN; g = g.max(0.3) * u[2]; [a[n], u[push[0]] * g, a[0] + push[1] as f64] }
    meaning_of!(constant_with_a_method, u: [0.7, 1.011, 1.344] => [2.022, 0.28224, 0.7]);
}
