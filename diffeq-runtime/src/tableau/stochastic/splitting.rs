//! Methods that replace the path of a step by a few straight pieces: splitting methods in the form of Runge-Kutta ones. All for
//! the Stratonovich integral.
//!
//! Sources: Foster, dos Reis, Strange, *High order splitting methods for SDEs satisfying a commutativity condition*, SIAM J.
//! Numer. Anal. 62 (2024) 500-532, arXiv:2210.17543; Foster, *On the convergence of adaptive approximations for stochastic
//! differential equations*, arXiv:2311.14201.

use crate::tableau::stochastic::Srk;
use crate::tableau::stochastic::Weight;

const HIGH_ORDER: &str = "Foster, dos Reis, Strange, SIAM J. Numer. Anal. 62 (2024) 500-532";

const ZERO: Weight = Weight::ZERO;

const fn w(factor: f64) -> Weight {
    Weight::of(factor, 0.0)
}

/// SEA, the shifted Euler method for additive noise: strong order 1, local error of second order.
///
/// Source: Foster, dos Reis, Strange, eq. (5.8).
pub const SEA: Srk<2, 2> = Srk {
    b: [[ZERO; 2], [Weight::of(0.5, 1.0), ZERO]],
    alpha: [0.0, 1.0],
    noise_c: [0.0, 1.0],
    // Of noise that changes with time the mean and the slope: exact where it does so linearly.
    beta: [Weight::of(0.5, 1.0), Weight::of(0.5, -1.0)],
    ..Srk::blank("SEA", HIGH_ORDER, 1)
}
.checked();

/// ShARK, the shifted Runge-Kutta method for additive noise: strong order 1.5.
///
/// Source: Foster, dos Reis, Strange, eq. (6.1), with the noise at two times, as in the general form of the method.
pub const SHARK: Srk<3, 3> = Srk {
    a: [[0.0; 3], [0.0; 3], [0.0, 5.0 / 6.0, 0.0]],
    b: [[ZERO; 3], [Weight::of(0.0, 1.0), ZERO, ZERO], [Weight::of(5.0 / 6.0, 1.0), ZERO, ZERO]],
    c: [0.0, 0.0, 5.0 / 6.0],
    noise_a: [[0.0; 3], [0.0; 3], [0.0, 5.0 / 6.0, 0.0]],
    noise_b: [[ZERO; 3], [ZERO; 3], [Weight::of(5.0 / 6.0, 1.0), ZERO, ZERO]],
    noise_c: [0.0, 0.0, 5.0 / 6.0],
    alpha: [0.0, 0.4, 0.6],
    beta: [Weight::of(0.4, 1.2), ZERO, Weight::of(0.6, -1.2)],
    drift_error: [0.0, -0.6, 0.6],
    noise_error: [Weight::of(-0.6, 1.2), ZERO, Weight::of(0.6, -1.2)],
    ..Srk::blank("ShARK", HIGH_ORDER, 2)
}
.checked();

/// ShARK for any noise: strong order 1 where it is commutative, 1/2 where it is not.
///
/// Source: Foster, dos Reis, Strange, eq. (6.1).
pub const GENERAL_SHARK: Srk<3, 3> = Srk {
    a: [[0.0; 3], [0.0; 3], [0.0, 5.0 / 6.0, 0.0]],
    b: [[ZERO; 3], [Weight::of(0.0, 1.0), ZERO, ZERO], [Weight::of(0.0, 1.0), w(5.0 / 6.0), ZERO]],
    c: [0.0, 0.0, 5.0 / 6.0],
    noise_a: [[0.0; 3], [0.0; 3], [0.0, 5.0 / 6.0, 0.0]],
    noise_b: [[ZERO; 3], [Weight::of(0.0, 1.0), ZERO, ZERO], [Weight::of(0.0, 1.0), w(5.0 / 6.0), ZERO]],
    noise_c: [0.0, 0.0, 5.0 / 6.0],
    alpha: [0.0, 0.4, 0.6],
    beta: [ZERO, Weight::of(0.4, 1.2), Weight::of(0.6, -1.2)],
    ..Srk::blank("ShARK (general)", HIGH_ORDER, 2)
}
.checked();

/// SlowRK: strong order 1.5 where the noise is commutative, 1/2 where it is not.
///
/// Source: Foster, dos Reis, Strange, eq. (6.2).
pub const SLOW_RK: Srk<4, 5> = Srk {
    a: [[0.0; 4], [0.0; 4], [0.0; 4], [0.75, 0.0, 0.0, 0.0]],
    b: [[ZERO; 5], [ZERO; 5], [ZERO; 5], [ZERO, ZERO, Weight::of(0.75, 1.5), ZERO, ZERO]],
    c: [0.0, 0.0, 0.0, 0.75],
    noise_a: [
        [0.5, 0.0, 0.0, 0.0],
        [0.5, 0.0, 0.0, 0.0],
        [0.5, 0.0, 0.0, 0.0],
        [0.5, 0.0, 0.0, 0.0],
        [1.0, 0.0, 0.0, 0.0],
    ],
    noise_b: [
        [ZERO; 5],
        [w(0.5), ZERO, ZERO, ZERO, ZERO],
        [ZERO, w(0.5), ZERO, ZERO, ZERO],
        [ZERO, ZERO, w(1.0), ZERO, ZERO],
        [ZERO, w(0.5), ZERO, ZERO, ZERO],
    ],
    noise_c: [0.5, 0.5, 0.5, 0.5, 1.0],
    alpha: [1.0 / 3.0, 0.0, 0.0, 2.0 / 3.0],
    beta: [w(1.0 / 6.0), w(1.0 / 3.0), Weight::of(1.0 / 3.0, 2.0), w(1.0 / 6.0), Weight::of(0.0, -2.0)],
    ..Srk::blank("SlowRK", HIGH_ORDER, 2)
}
.checked();

/// SPaRK, the splitting path Runge-Kutta method, which estimates its error: strong order 1 where the noise is commutative, 1/2
/// where it is not, 1.5 where it is additive.
///
/// Source: Foster, arXiv:2311.14201, definition 1.6.
pub const SPARK: Srk<3, 3> = {
    const ROOT: f64 = 1.732_050_807_568_877_2;
    const SIDE: f64 = (3.0 - ROOT) / 6.0;
    const MIDDLE: f64 = ROOT / 3.0;
    let a = [[0.0; 3], [0.5, 0.0, 0.0], [0.0, 1.0, 0.0]];
    let b = [[ZERO; 3], [Weight::of(0.5, ROOT), ZERO, ZERO], [ZERO, w(1.0), ZERO]];
    let c = [0.0, 0.5, 1.0];
    Srk {
        a,
        b,
        c,
        noise_a: a,
        noise_b: b,
        noise_c: c,
        alpha: [SIDE, MIDDLE, SIDE],
        beta: [Weight::of(SIDE, 1.0), w(MIDDLE), Weight::of(SIDE, -1.0)],
        drift_error: [SIDE - 0.5, MIDDLE, SIDE - 0.5],
        noise_error: [Weight::of(SIDE - 0.5, 1.0), w(MIDDLE), Weight::of(SIDE - 0.5, -1.0)],
        ..Srk::blank("SPaRK", "Foster, arXiv:2311.14201, definition 1.6", 2)
    }
    .checked()
};
