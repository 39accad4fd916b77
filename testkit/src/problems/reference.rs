//! Problems without a formula: the end is known from a publication, from an independent integration, or both.
//!
//! Every end value was computed with `testkit/reference/taylor.py` (Taylor series of order 36 and 44 in 40 and 50
//! digits; the two runs agree to at least 27 digits) and rounded to the nearest double. Where a publication gives the
//! value as well, the two agree in all its digits, and the publication is named.

#![allow(clippy::excessive_precision, reason = "the digits are those of the sources")]

use super::Problem;
use super::Solution;
use super::right_hand_side;
use diffeq_runtime::problem::Model;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::problem::System;
use diffeq_runtime::real::Real;

const TAYLOR: &str = "testkit/reference/taylor.py";
const HAIRER: &str = "Hairer, Norsett, Wanner: Solving Ordinary Differential Equations I, 2nd ed.";

right_hand_side! {
    /// The restricted three-body problem, Earth and Moon, in the rotating frame.
    Arenstorf: [T; 4], |du, u, _t| {
        let mu = T::lit(0.012277471);
        let nu = T::ONE - mu;
        let [x, y, vx, vy] = *u;
        let d1 = (x + mu) * (x + mu) + y * y;
        let d2 = (x - nu) * (x - nu) + y * y;
        let (d1, d2) = (d1 * d1.sqrt(), d2 * d2.sqrt());
        let two = T::lit(2.0);
        *du = [
            vx,
            vy,
            x + two * vy - nu * (x + mu) / d1 - mu * (x - nu) / d2,
            y - two * vx - nu * y / d1 - mu * y / d2,
        ];
    }
}

/// Arenstorf's orbit over one period: it ends where it began, after passing close to the Moon.
pub fn arenstorf() -> Problem<Arenstorf, 4> {
    let start = [0.994, 0.0, 0.0, -2.001585106379082522];
    Problem {
        name: "Arenstorf orbit",
        f: Arenstorf,
        u0: start,
        span: (0.0, 17.065216560157962559),
        // Periodic: the reference integration returns to the start within 4e-27.
        solution: Solution::End(start),
        source: HAIRER,
    }
}

right_hand_side! {
    /// Seven stars of masses 1 to 7 in the plane: `x[7], y[7], x'[7], y'[7]`.
    Pleiades: [T; 28], |du, u, _t| {
        for i in 0..14 {
            du[i] = u[i + 14];
            du[i + 14] = T::ZERO;
        }
        for i in 0..7 {
            for j in 0..i {
                let (dx, dy) = (u[j] - u[i], u[j + 7] - u[i + 7]);
                let r2 = dx * dx + dy * dy;
                let inverse_cube = (r2 * r2.sqrt()).recip();
                let (mi, mj) = (T::lit((i + 1) as f64), T::lit((j + 1) as f64));
                du[i + 14] += mj * dx * inverse_cube;
                du[i + 21] += mj * dy * inverse_cube;
                du[j + 14] -= mi * dx * inverse_cube;
                du[j + 21] -= mi * dy * inverse_cube;
            }
        }
    }
}

/// The Pleiades problem to t = 3.
pub fn pleiades() -> Problem<Pleiades, 28> {
    #[rustfmt::skip]
    let u0 = [
        3.0, 3.0, -1.0, -3.0, 2.0, -2.0, 2.0,  3.0, -3.0, 2.0, 0.0, 0.0, -4.0, 4.0,
        0.0, 0.0, 0.0, 0.0, 0.0, 1.75, -1.5,  0.0, 0.0, 0.0, -1.25, 1.0, 0.0, 0.0,
    ];
    let end = [
        0.37061391439705127,
        3.237284092057233,
        -3.2225590324183235,
        0.6597091455775308,
        0.342558170715658,
        1.5621721014006311,
        -0.7003092922212495,
        -3.943437585517392,
        -3.27138097397255,
        5.225081843456544,
        -2.5906124349774693,
        1.1982136933922747,
        -0.24296823449358235,
        1.0914492404289797,
        3.4170038063143147,
        1.3545845016255011,
        -2.5900655978107756,
        2.025053734714241,
        -1.155815100160449,
        -0.8072988170223022,
        0.5952396354208719,
        -3.7412449612340084,
        0.3773459685750629,
        0.9386858869551079,
        0.36679222272005696,
        -0.3474046353808494,
        2.344915448180937,
        -1.947020434263292,
    ];
    Problem {
        name: "Pleiades",
        f: Pleiades,
        u0,
        span: (0.0, 3.0),
        solution: Solution::End(end),
        source: "Mazzia, Magherini: Test Set for IVP Solvers 2.4 (2008), problem plei, reference solution",
    }
}

right_hand_side! {
    /// Lorenz' equations with the classical parameters 10, 28, 8/3.
    Lorenz: [T; 3], |du, u, _t| {
        let [x, y, z] = *u;
        du[0] = T::lit(10.0) * (y - x);
        du[1] = x * (T::lit(28.0) - z) - y;
        du[2] = x * y - T::lit(8.0 / 3.0) * z;
    }
}

/// Lorenz' equations from (1, 0, 0) to t = 10: errors grow about ten-thousandfold on the way.
pub fn lorenz() -> Problem<Lorenz, 3> {
    Problem {
        name: "Lorenz",
        f: Lorenz,
        u0: [1.0, 0.0, 0.0],
        span: (0.0, 10.0),
        solution: Solution::End([-5.85768538242409, -5.831082486426101, 23.93213298702756]),
        source: TAYLOR,
    }
}

right_hand_side! {
    /// Van der Pol's oscillator with mu = 5.
    VanDerPol: [T; 2], |du, u, _t| {
        du[0] = u[1];
        du[1] = T::lit(5.0) * (T::ONE - u[0] * u[0]) * u[1] - u[0];
    }
}

/// Van der Pol's oscillator, mu = 5, from (2, 0) to t = 20: slow arcs and fast jumps, not yet stiff.
pub fn van_der_pol() -> Problem<VanDerPol, 2> {
    Problem {
        name: "Van der Pol, mu = 5",
        f: VanDerPol,
        u0: [2.0, 0.0],
        span: (0.0, 20.0),
        solution: Solution::End([-1.601296879542854, 0.19832667633866208]),
        source: TAYLOR,
    }
}

right_hand_side! {
    /// The Brusselator without diffusion, A = 1, B = 3.
    Brusselator: [T; 2], |du, u, _t| {
        let [x, y] = *u;
        du[0] = T::ONE + x * x * y - T::lit(4.0) * x;
        du[1] = T::lit(3.0) * x - x * x * y;
    }
}

/// The Brusselator to t = 20.
pub fn brusselator() -> Problem<Brusselator, 2> {
    Problem {
        name: "Brusselator",
        f: Brusselator,
        u0: [1.5, 3.0],
        span: (0.0, 20.0),
        solution: Solution::End([0.49863707126834783, 4.596780349452011]),
        source: HAIRER,
    }
}

right_hand_side! {
    /// Euler's equations of a rigid body without forces.
    RigidBody: [T; 3], |du, u, _t| {
        du[0] = u[1] * u[2];
        du[1] = -u[0] * u[2];
        du[2] = T::lit(-0.51) * u[0] * u[1];
    }
}

/// Euler's rigid body to t = 20: problem B5 of DETEST.
pub fn rigid_body() -> Problem<RigidBody, 3> {
    Problem {
        name: "rigid body",
        f: RigidBody,
        u0: [0.0, 1.0, 1.0],
        span: (0.0, 20.0),
        solution: Solution::End([-0.9396570798729204, -0.34211777540007493, 0.7414126596199953]),
        source: "DETEST B5: Hull, Enright, Fellen, Sedgwick, SIAM J. Numer. Anal. 9 (1972)",
    }
}

right_hand_side! {
    /// Duffing's oscillator, damped and driven: `x'' + x'/2 + x^3 = cos t`.
    Duffing: [T; 2], |du, u, t| {
        du[0] = u[1];
        du[1] = t.cos() - u[0] * u[0] * u[0] - T::lit(0.5) * u[1];
    }
}

/// Duffing's oscillator from (1, 0) to t = 10: nonlinear and non-autonomous.
pub fn duffing() -> Problem<Duffing, 2> {
    Problem {
        name: "Duffing",
        f: Duffing,
        u0: [1.0, 0.0],
        span: (0.0, 10.0),
        solution: Solution::End([-1.4846165111063014, -0.37472509060211223]),
        source: TAYLOR,
    }
}
