//! The problems as a user of `diffeq` writes them: each a function under `#[ode]`.

use diffeq::prelude::*;

use crate::problems::POINTS;
use crate::problems::SIDE;

/// Predator and prey.
#[ode]
pub fn lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4]) {
    let [x, y] = *u;
    let [alpha, beta, delta, gamma] = *p;
    du[0] = alpha * x - beta * x * y;
    du[1] = -delta * y + gamma * x * y;
}

/// Convection.
#[ode]
pub fn lorenz(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 3]) {
    let [x, y, z] = *u;
    let [sigma, rho, beta] = *p;
    du[0] = sigma * (y - x);
    du[1] = x * (rho - z) - y;
    du[2] = x * y - beta * z;
}

/// Seven stars: `[x, y, x', y']`, and their masses.
#[ode]
pub fn pleiades(du: &mut [f64; 28], u: &[f64; 28], masses: &[f64; 7]) {
    for i in 0..14 {
        du[i] = u[14 + i];
        du[14 + i] = 0.0;
    }
    for i in 0..7 {
        for j in 0..i {
            let dx = u[j] - u[i];
            let dy = u[7 + j] - u[7 + i];
            let r2 = dx * dx + dy * dy;
            let r3 = r2 * r2.sqrt();
            let mi = masses[i] / r3;
            let mj = masses[j] / r3;
            du[14 + i] += mj * dx;
            du[21 + i] += mj * dy;
            du[14 + j] -= mi * dx;
            du[21 + j] -= mi * dy;
        }
    }
}

/// A reaction with diffusion, no flux through the boundary: `[u, v]` on a square, and `[b, a, alpha]`.
#[ode]
pub fn brusselator(du: &mut [[[f64; SIDE]; SIDE]; 2], u: &[[[f64; SIDE]; SIDE]; 2], p: &[f64; 3]) {
    let [b, a, alpha] = *p;
    let scale = alpha * ((SIDE - 1) * (SIDE - 1)) as f64;
    for i in 0..SIDE {
        let down: usize = if i == 0 { 1 } else { i - 1 };
        let up: usize = if i == SIDE - 1 { SIDE - 2 } else { i + 1 };
        for j in 0..SIDE {
            let left: usize = if j == 0 { 1 } else { j - 1 };
            let right: usize = if j == SIDE - 1 { SIDE - 2 } else { j + 1 };
            let x = u[0][i][j];
            let y = u[1][i][j];
            let lap_x = u[0][down][j] + u[0][up][j] + u[0][i][left] + u[0][i][right] - 4.0 * x;
            let lap_y = u[1][down][j] + u[1][up][j] + u[1][i][left] + u[1][i][right] - 4.0 * y;
            let xxy = x * x * y;
            du[0][i][j] = b + xxy - (a + 1.0) * x + scale * lap_x;
            du[1][i][j] = a * x - xxy + scale * lap_y;
        }
    }
}

/// Growth and diffusion on a line without flux through its ends.
#[ode]
pub fn fisher(du: &mut [f64; POINTS], u: &[f64; POINTS], p: &[f64; 2]) {
    let [r, d] = *p;
    for i in 0..POINTS {
        let left = u[if i == 0 { 1 } else { i - 1 }];
        let right = u[if i == POINTS - 1 { POINTS - 2 } else { i + 1 }];
        du[i] = r * u[i] * (1.0 - u[i]) + d * (left + right - 2.0 * u[i]);
    }
}

/// Twenty species, twenty-five reactions.
#[ode]
pub fn pollution(du: &mut [f64; 20], u: &[f64; 20], k: &[f64; 25]) {
    let r1 = k[0] * u[0];
    let r2 = k[1] * u[1] * u[3];
    let r3 = k[2] * u[4] * u[1];
    let r4 = k[3] * u[6];
    let r5 = k[4] * u[6];
    let r6 = k[5] * u[6] * u[5];
    let r7 = k[6] * u[8];
    let r8 = k[7] * u[8] * u[5];
    let r9 = k[8] * u[10] * u[1];
    let r10 = k[9] * u[10] * u[0];
    let r11 = k[10] * u[12];
    let r12 = k[11] * u[9] * u[1];
    let r13 = k[12] * u[13];
    let r14 = k[13] * u[0] * u[5];
    let r15 = k[14] * u[2];
    let r16 = k[15] * u[3];
    let r17 = k[16] * u[3];
    let r18 = k[17] * u[15];
    let r19 = k[18] * u[15];
    let r20 = k[19] * u[16] * u[5];
    let r21 = k[20] * u[18];
    let r22 = k[21] * u[18];
    let r23 = k[22] * u[0] * u[3];
    let r24 = k[23] * u[18] * u[0];
    let r25 = k[24] * u[19];
    du[0] = -r1 - r10 - r14 - r23 - r24 + r2 + r3 + r9 + r11 + r12 + r22 + r25;
    du[1] = -r2 - r3 - r9 - r12 + r1 + r21;
    du[2] = -r15 + r1 + r17 + r19 + r22;
    du[3] = -r2 - r16 - r17 - r23 + r15;
    du[4] = -r3 + 2.0 * r4 + r6 + r7 + r13 + r20;
    du[5] = -r6 - r8 - r14 - r20 + r3 + 2.0 * r18;
    du[6] = -r4 - r5 - r6 + r13;
    du[7] = r4 + r5 + r6 + r7;
    du[8] = -r7 - r8;
    du[9] = -r12 + r7 + r9;
    du[10] = -r9 - r10 + r8 + r11;
    du[11] = r9;
    du[12] = -r11 + r10;
    du[13] = -r13 + r12;
    du[14] = r14;
    du[15] = -r18 - r19 + r16;
    du[16] = -r20;
    du[17] = r20;
    du[18] = -r21 - r22 - r24 + r23 + r25;
    du[19] = -r25 + r24;
}

#[cfg(test)]
mod tests {
    use diffeq::problem::Rhs;

    use super::*;
    use crate::problems::Brusselator;
    use crate::problems::Fisher;
    use crate::problems::HandWritten;
    use crate::problems::Lorenz;
    use crate::problems::LotkaVolterra;
    use crate::problems::Pleiades;
    use crate::problems::Pollution;
    use crate::problems::Problem;
    use diffeq::space::Vector;

    /// The same sums in another order: a few units in the last place of the largest term.
    fn agree<F: Rhs<f64>>(
        f: F,
        mut u: F::State,
        mut p: F::Params,
        (u0, p0): (&[f64], &[f64]),
        expected: &[f64],
    ) {
        u.as_mut_slice().copy_from_slice(u0);
        p.as_mut_slice().copy_from_slice(p0);
        let du = f.eval(&u, &p, 0.0);
        let size = expected.iter().fold(1.0_f64, |m, x| m.max(x.abs()));
        for (a, b) in du.as_slice().iter().zip(expected) {
            assert!((a - b).abs() <= 1e-14 * size, "{a} {b}");
        }
    }

    fn by_hand<M: HandWritten<N, P>, const N: usize, const P: usize>(
        model: &M,
    ) -> ([f64; N], [f64; P], [f64; N]) {
        let (u, p, mut du) = (model.state(), model.parameters(), [0.0; N]);
        M::rhs(&mut du, &u, &p);
        (u, p, du)
    }

    #[test]
    fn both_forms_of_each_problem_are_the_same_function() {
        let (u, p, du) = by_hand(&LotkaVolterra::default());
        agree(lotka_volterra, [0.0; 2], [0.0; 4], (&u, &p), &du);
        let (u, p, du) = by_hand(&Pleiades::default());
        agree(pleiades, [0.0; 28], [0.0; 7], (&u, &p), &du);
        let (u, p, du) = by_hand(&Brusselator::default());
        agree(brusselator, [[[0.0; SIDE]; SIDE]; 2], [0.0; 3], (&u, &p), &du);
        let (u, p, du) = by_hand(&Pollution);
        agree(pollution, [0.0; 20], [0.0; 25], (&u, &p), &du);
        let (u, p, du) = by_hand(&Fisher);
        agree(fisher, [0.0; POINTS], [0.0; 2], (&u, &p), &du);
        let lorenz_problem = Lorenz::default();
        let (u, mut du) = ([1.5, -2.0, 20.0], [0.0; 3]);
        lorenz_problem.rhs(&mut du, &u);
        agree(lorenz, [0.0; 3], [0.0; 3], (&u, &lorenz_problem.p), &du);
    }
}
