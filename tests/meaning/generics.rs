//! Const generics.

use crate::*;

/// Two const generics, a nested state.
mod generic_two {
    use super::*;
    #[ode] fn generic_two<const N: usize, const M: usize>(du: &mut [[f64; M]; N], u: &[[f64; M]; N]) { for i in 0..N { for j in 0..M { du[i][j] = u[(i + 1) % N][j] * u[i][M - 1 - j]; } } }
    meaning_of!(generic_two::<3, 2>, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998, 2.076, 2.475] => [1.3587839999999998, 1.1892999999999998, 3.5271239999999997, 3.3263999999999996, 1.7325, 2.098836]);
}

/// A const generic that shadows a constant.
mod generic_named_m_shadowing_const {
    use super::*;
    const M: usize = 100;
    #[ode] fn generic_named_m_shadowing_const<const M: usize>(du: &mut [f64; M], u: &[f64; M]) { for i in 0..M { du[i] = u[i] * M as f64; } }
    meaning_of!(generic_named_m_shadowing_const::<3>, u: [0.7, 1.011, 1.3439999999999999] => [2.0999999999999996, 3.0329999999999995, 4.032]);
}

/// A const generic of type `i32`, negative.
mod generic_i32 {
    use super::*;
    #[ode] fn generic_i32<const P: i32>(du: &mut [f64; 1], u: &[f64; 1]) { du[0] = u[0].powi(P) * P as f64; for k in P..P + 2 { du[0] += k as f64; } }
    meaning_of!(generic_i32::<-2>, u: [0.7] => [-7.0816326530612255]);
}

/// A helper with a const generic, called with two lengths.
mod generic_helper_length {
    use super::*;
    #[differentiable] fn total<const N: usize>(a: &[f64; N]) -> f64 { let mut s = 0.0; for x in a { s += x * N as f64; } s }
    #[ode] fn generic_helper_length(du: &mut [f64; 3], u: &[f64; 3]) { let w = [u[0], u[1] * u[2]]; du[0] = total(u); du[1] = total(&w); du[2] = total::<2>(&w) * 2.0; }
    meaning_of!(generic_helper_length, u: [0.7, 1.011, 1.3439999999999999] => [9.165, 4.1175679999999995, 8.235135999999999]);
}

/// `map` and `from_fn` of a generic's length.
mod generic_map_from_fn {
    use super::*;
    #[ode] fn generic_map_from_fn<const N: usize>(du: &mut [f64; N], u: &[f64; N]) { let a = u.map(|x| x * x); let b: [f64; N] = std::array::from_fn(|i| a[N - 1 - i] + i as f64); *du = b; }
    meaning_of!(generic_map_from_fn::<3>, u: [0.7, 1.011, 1.3439999999999999] => [1.8063359999999997, 2.022121, 2.4899999999999998]);
}

/// A helper whose length only the type of its result tells.
mod length_of_the_result {
    use super::*;
    #[differentiable] fn powers<const N: usize>(x: f64) -> [f64; N] { let mut g = [1.0; N]; for i in 1..N { g[i] = g[i - 1] * x; } g }
    #[ode] fn length_of_the_result(u: [f64; 2]) -> [f64; 2] { let a: [f64; 4] = powers(u[0]); let b: [f64; 3] = powers(u[1]); [a[3] * b[1], a[1] + b[2]] }
    meaning_of!(length_of_the_result, u: [0.7, 1.011] => [0.3467729999999999, 1.7221209999999998]);
}

/// Constants that a call gives a helper, where arguments tell them or not, and results are integers.
mod constants_given {
    use super::*;
    const ROWS: usize = 3;
    #[differentiable] fn powers<const N: usize>(x: f64) -> [f64; N] { let mut g = [1.0; N]; for i in 1..N { g[i] = g[i - 1] * x; } g }
    #[differentiable] fn mean<const N: usize>(w: &[f64; N]) -> f64 { let mut s = 0.0; for x in w { s += x; } s / N as f64 }
    #[differentiable] fn next<const N: usize>(i: usize) -> usize { (i + 1) % N }
    #[differentiable] fn share<const N: usize, const M: usize>(i: usize) -> f64 { i as f64 / (N + M) as f64 }
    #[ode] fn constants_given<const K: usize>(du: &mut [f64; K], u: &[f64; K]) { const M: usize = 4; let b = powers::<ROWS>(u[1]); let c = powers::<M>(u[0]); let d = powers::<{ M + 1 }>(0.5 * c[1]); let e = powers::<K>(u[0]); let k = mean::<ROWS>(&b) + mean::<K>(u) + mean::<{ 1 + 3 }>(&c); for i in 0..K { du[i] = e[next::<K>(i)] * k + share::<2, ROWS>(i) * d[4]; } }
    meaning_of!(constants_given::<2>, u: [0.7, 1.011] => [1.7498532333333332, 2.5027915833333334]);
}
