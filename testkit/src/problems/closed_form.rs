//! Problems with a formula for the solution: the ones to measure orders on.

use super::Problem;
use super::Solution;
use super::right_hand_side;
use diffeq_runtime::problem::Model;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::problem::System;
use diffeq_runtime::real::Real;

right_hand_side! {
    /// `u' = -u`.
    Decay: [T; 1], |du, u, _t| {
        du[0] = -u[0];
    }
}

/// Linear, scalar, autonomous: the order of every method, but blind to most order conditions.
pub fn decay() -> Problem<Decay, 1> {
    Problem {
        name: "decay",
        f: Decay,
        u0: [1.0],
        span: (0.0, 1.0),
        solution: Solution::Formula(|t| [(-t).exp()]),
        source: "exponential function",
    }
}

right_hand_side! {
    /// `u' = u (1 - u)`.
    Logistic: [T; 1], |du, u, _t| {
        du[0] = u[0] * (T::ONE - u[0]);
    }
}

/// Nonlinear, scalar, autonomous.
pub fn logistic() -> Problem<Logistic, 1> {
    Problem {
        name: "logistic",
        f: Logistic,
        u0: [0.25],
        span: (0.0, 2.0),
        solution: Solution::Formula(|t| [1.0 / (1.0 + 3.0 * (-t).exp())]),
        source: "separation of variables",
    }
}

right_hand_side! {
    /// `u' = -2 t u^2`.
    Bell: [T; 1], |du, u, t| {
        du[0] = T::lit(-2.0) * t * u[0] * u[0];
    }
}

/// Nonlinear, scalar, non-autonomous: a wrong node `c` shows here and nowhere above.
pub fn bell() -> Problem<Bell, 1> {
    Problem {
        name: "bell",
        f: Bell,
        u0: [1.0],
        span: (0.0, 2.0),
        solution: Solution::Formula(|t| [1.0 / (1.0 + t * t)]),
        source: "separation of variables",
    }
}

right_hand_side! {
    /// `u' = u cos t`.
    ModulatedGrowth: [T; 1], |du, u, t| {
        du[0] = u[0] * t.cos();
    }
}

/// Linear, scalar, non-autonomous.
pub fn modulated_growth() -> Problem<ModulatedGrowth, 1> {
    Problem {
        name: "modulated growth",
        f: ModulatedGrowth,
        u0: [1.0],
        span: (0.0, 3.0),
        solution: Solution::Formula(|t| [t.sin().exp()]),
        source: "DETEST A3: Hull, Enright, Fellen, Sedgwick, SIAM J. Numer. Anal. 9 (1972)",
    }
}

right_hand_side! {
    /// `x'' = -x` as a system.
    Oscillator: [T; 2], |du, u, _t| {
        du[0] = u[1];
        du[1] = -u[0];
    }
}

/// Linear system with purely imaginary eigenvalues.
pub fn oscillator() -> Problem<Oscillator, 2> {
    Problem {
        name: "oscillator",
        f: Oscillator,
        u0: [1.0, 0.0],
        span: (0.0, 3.0),
        solution: Solution::Formula(|t| [t.cos(), -t.sin()]),
        source: "cosine and sine",
    }
}

right_hand_side! {
    /// Four equations, each fed by the others and by time, through a root, an exponential and a logarithm.
    CoupledExponentials: [T; 4], |du, u, t| {
        let two_t = T::lit(2.0) * t;
        du[0] = two_t * u[1].powf(T::lit(0.2)) * u[3];
        du[1] = T::lit(5.0) * two_t * (T::lit(5.0) * (u[2] - T::ONE)).exp() * u[3];
        du[2] = two_t * u[3];
        du[3] = -two_t * u[0].ln();
    }
}

/// Nonlinear, non-autonomous, coupled: every elementary differential takes part.
pub fn coupled_exponentials() -> Problem<CoupledExponentials, 4> {
    Problem {
        name: "coupled exponentials",
        f: CoupledExponentials,
        u0: [1.0, 1.0, 1.0, 1.0],
        span: (0.0, 1.0),
        solution: Solution::Formula(|t| {
            let s = (t * t).sin();
            [s.exp(), (5.0 * s).exp(), s + 1.0, (t * t).cos()]
        }),
        source: "by substitution, with s = sin t^2",
    }
}

right_hand_side! {
    /// Kepler's problem in the plane: `x'' = -x / |x|^3`.
    Kepler: [T; 4], |du, u, _t| {
        let r2 = u[0] * u[0] + u[1] * u[1];
        let inverse_cube = (r2 * r2.sqrt()).recip();
        du[0] = u[2];
        du[1] = u[3];
        du[2] = -u[0] * inverse_cube;
        du[3] = -u[1] * inverse_cube;
    }
}

/// Kepler's problem from the pericentre to t = 20, eccentricity 0.3 or 0.9: problems D2 and D5 of DETEST.
///
/// # Panics
/// For any other eccentricity: the formulas are plain functions, one for each.
pub fn kepler(eccentricity: f64) -> Problem<Kepler, 4> {
    let solution: fn(f64) -> [f64; 4] = match eccentricity {
        0.3 => |t| kepler_orbit(0.3, t),
        0.9 => |t| kepler_orbit(0.9, t),
        other => panic!("no Kepler problem of eccentricity {other} here"),
    };
    let e = eccentricity;
    Problem {
        name: if e == 0.3 { "Kepler, e = 0.3" } else { "Kepler, e = 0.9" },
        f: Kepler,
        u0: [1.0 - e, 0.0, 0.0, ((1.0 + e) / (1.0 - e)).sqrt()],
        span: (0.0, 20.0),
        solution: Solution::Formula(solution),
        source: "DETEST D2, D5: Hull, Enright, Fellen, Sedgwick, SIAM J. Numer. Anal. 9 (1972); Kepler's equation",
    }
}

/// Position and velocity from Kepler's equation `E - e sin E = t`.
fn kepler_orbit(e: f64, t: f64) -> [f64; 4] {
    // Newton's method on a convex branch: started on the far side of the root it cannot overshoot.
    let turn = (t / std::f64::consts::TAU).round() * std::f64::consts::TAU;
    let rest = t - turn;
    let mut anomaly = std::f64::consts::PI.copysign(rest);
    for _ in 0..100 {
        let step = (anomaly - e * anomaly.sin() - rest) / (1.0 - e * anomaly.cos());
        anomaly -= step;
        if step.abs() < 1e-16 {
            break;
        }
    }
    let (sin, cos) = anomaly.sin_cos();
    let (minor, speed) = ((1.0 - e * e).sqrt(), 1.0 / (1.0 - e * cos));
    [cos - e, minor * sin, -sin * speed, minor * cos * speed]
}

right_hand_side! {
    /// `u_k' = t^(k-1) + …`, products of earlier components, for the monomials `u_k = t^k`, `k` from 1 to 10.
    Monomials: [T; 10], |du, u, t| {
        // z(k) is the monomial of degree k; z(0) = 1.
        let z = |k: usize| if k == 0 { T::ONE } else { u[k - 1] };
        let mut power = T::ONE;
        for degree in 1..=10 {
            let mut sum = power;
            for k in 0..degree {
                sum += z(k) * z(degree - 1 - k);
            }
            // Each of the degree + 1 terms equals t^(degree - 1).
            du[degree - 1] = sum * T::lit(degree as f64 / (degree as f64 + 1.0));
            power *= t;
        }
    }
}

/// A triangular system solved by the monomials `t, t^2, … t^10`.
///
/// Every elementary differential of order above `k` vanishes in component `k`. A method of order `p` therefore has the
/// components up to `p` exactly, and the error of component `p + 1` is `C h^p` to the last bit of the theory: its slope
/// is the order, however small `C` is beside the terms that follow in other problems.
pub fn monomials() -> Problem<Monomials, 10> {
    Problem {
        name: "monomials",
        f: Monomials,
        u0: [0.0; 10],
        span: (0.0, 1.0),
        solution: Solution::Formula(|t| std::array::from_fn(|k| t.powi(k as i32 + 1))),
        source: "by substitution",
    }
}
