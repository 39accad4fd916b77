//! Methods of one and two stages.

use crate::tableau::stochastic::Srk;
use crate::tableau::stochastic::Weight;

/// The Euler-Maruyama method, `u + h f + g W`: strong order 1/2, 1 for additive noise; weak order 1.
///
/// Source: Maruyama, *Continuous Markov processes and stochastic equations*, Rend. Circ. Mat. Palermo 4 (1955) 48-90.
pub const EULER_MARUYAMA: Srk<1, 1> = Srk {
    alpha: [1.0],
    beta: [Weight::W],
    ..Srk::blank("Euler-Maruyama", "Maruyama, Rend. Circ. Mat. Palermo 4 (1955) 48-90", 1)
}
.checked();

/// The Euler-Heun method: the noise is averaged over both ends of the step, the drift is not. Stratonovich; strong order 1/2,
/// and 1 where the noise is commutative.
///
/// Source: Gaines, Lyons, *Variable step size control in the numerical solution of stochastic differential equations*, SIAM J.
/// Appl. Math. 57 (1997) 1455-1484, section 2.
pub const EULER_HEUN: Srk<1, 2> = Srk {
    alpha: [1.0],
    noise_b: [[Weight::ZERO; 2], [Weight::W, Weight::ZERO]],
    noise_c: [0.0, 1.0],
    beta: [Weight::of(0.5, 0.0), Weight::of(0.5, 0.0)],
    ..Srk::blank("Euler-Heun", "Gaines, Lyons, SIAM J. Appl. Math. 57 (1997) 1455-1484", 1)
}
.checked();

/// Platen's method of weak order 2, without derivatives; for noise that is scalar or diagonal. Strong order 1.
///
/// Source: Kloeden, Platen, *Numerical Solution of Stochastic Differential Equations* (1992), eq. 15.1.1 and 15.1.3, of which the
/// mixed terms are zero for such noise.
pub const PLATEN_WEAK2: Srk<2, 3> = Srk {
    a: [[0.0; 2], [1.0, 0.0]],
    b: [[Weight::ZERO; 3], [Weight::W, Weight::ZERO, Weight::ZERO]],
    c: [0.0, 1.0],
    noise_a: [[0.0; 2], [1.0, 0.0], [1.0, 0.0]],
    noise_b: [
        [Weight::ZERO; 3],
        [Weight::root(1.0), Weight::ZERO, Weight::ZERO],
        [Weight::root(-1.0), Weight::ZERO, Weight::ZERO],
    ],
    noise_c: [0.0, 1.0, 1.0],
    alpha: [0.5, 0.5],
    beta: [
        Weight::of(0.5, 0.0),
        Weight { square: 0.5, ..Weight::of(0.25, 0.0) },
        Weight { square: -0.5, ..Weight::of(0.25, 0.0) },
    ],
    ..Srk::blank("Platen (weak order 2)", "Kloeden, Platen, Numerical Solution of SDEs (1992), eq. 15.1.3", 2)
}
.checked();

/// Heun's method for the Stratonovich integral: drift and noise averaged over both ends of the step. Strong order 1/2, and 1
/// where the noise is commutative.
///
/// Source: Rümelin, *Numerical treatment of stochastic differential equations*, SIAM J. Numer. Anal. 19 (1982) 604-613.
pub const STRATONOVICH_HEUN: Srk<2, 2> = Srk {
    a: [[0.0; 2], [1.0, 0.0]],
    b: [[Weight::ZERO; 2], [Weight::W, Weight::ZERO]],
    c: [0.0, 1.0],
    noise_a: [[0.0; 2], [1.0, 0.0]],
    noise_b: [[Weight::ZERO; 2], [Weight::W, Weight::ZERO]],
    noise_c: [0.0, 1.0],
    alpha: [0.5, 0.5],
    beta: [Weight::of(0.5, 0.0), Weight::of(0.5, 0.0)],
    ..Srk::blank("Heun (Stratonovich)", "Rümelin, SIAM J. Numer. Anal. 19 (1982) 604-613", 2)
}
.checked();
