//! The Brusselator with diffusion on a square.

use super::HandWritten;
use super::Problem;
use crate::scalar::Scalar;

/// Points along a side.
pub const SIDE: usize = 32;
/// Points of the grid.
const POINTS: usize = SIDE * SIDE;
/// Reals of the state: `u`, then `v`.
pub const LEN: usize = 2 * POINTS;

/// `u' = b + u^2 v - (a + 1) u + alpha lap u`, `v' = a u - u^2 v + alpha lap v`, no flux through the boundary.
///
/// Hairer, Nørsett & Wanner, *Solving ODEs I*, II.10 (10.15): `b = 1`, `a = 3.4`, and the diffusion that is not stiff,
/// `alpha = 2e-3`, on 32 x 32 points.
pub struct Brusselator {
    /// `[b, a, alpha]`.
    pub p: [f64; 3],
}

impl Default for Brusselator {
    fn default() -> Self {
        Self { p: [1.0, 3.4, 2e-3] }
    }
}

/// The neighbours of an index, mirrored at the boundary.
#[inline]
fn neighbours(i: usize) -> (usize, usize) {
    (if i == 0 { 1 } else { i - 1 }, if i == SIDE - 1 { SIDE - 2 } else { i + 1 })
}

#[inline]
fn reaction_diffusion<S: Scalar>(du: &mut [S; LEN], u: &[S; LEN], p: &[S; 3]) {
    let [b, a, alpha] = *p;
    let scale = alpha * S::from(((SIDE - 1) * (SIDE - 1)) as f64);
    let (four, a_plus_one) = (S::from(4.0), a + S::from(1.0));
    let (x, y) = u.as_chunks::<SIDE>().0.split_at(SIDE);
    let (dx, dy) = du.as_chunks_mut::<SIDE>().0.split_at_mut(SIDE);
    for i in 0..SIDE {
        let (down, up) = neighbours(i);
        let mut point = |j: usize, left: usize, right: usize| {
            let lap_x = x[down][j] + x[up][j] + x[i][left] + x[i][right] - four * x[i][j];
            let lap_y = y[down][j] + y[up][j] + y[i][left] + y[i][right] - four * y[i][j];
            let xxy = x[i][j] * x[i][j] * y[i][j];
            dx[i][j] = b + xxy - a_plus_one * x[i][j] + scale * lap_x;
            dy[i][j] = a * x[i][j] - xxy + scale * lap_y;
        };
        point(0, 1, 1);
        for j in 1..SIDE - 1 {
            point(j, j - 1, j + 1);
        }
        point(SIDE - 1, SIDE - 2, SIDE - 2);
    }
}

impl Problem<LEN> for Brusselator {
    const END: f64 = 7.5;

    fn start(&self) -> [f64; LEN] {
        let step = 1.0 / (SIDE - 1) as f64;
        std::array::from_fn(|k| {
            let (i, j) = (k % POINTS / SIDE, k % SIDE);
            if k < POINTS { 0.5 + step * i as f64 } else { 1.0 + 5.0 * step * j as f64 }
        })
    }

    #[inline]
    fn rhs<S: Scalar>(&self, du: &mut [S; LEN], u: &[S; LEN]) {
        reaction_diffusion(du, u, &self.p.map(S::from));
    }
}

impl HandWritten<LEN, 3> for Brusselator {
    fn parameters(&self) -> [f64; 3] {
        self.p
    }

    fn state(&self) -> [f64; LEN] {
        self.start()
    }

    #[inline]
    fn rhs(du: &mut [f64; LEN], u: &[f64; LEN], p: &[f64; 3]) {
        reaction_diffusion(du, u, p);
    }

    #[inline]
    fn jvp(
        du: &mut [f64; LEN],
        du_dot: &mut [f64; LEN],
        u: &[f64; LEN],
        u_dot: &[f64; LEN],
        &[b, a, alpha]: &[f64; 3],
        &[b_dot, a_dot, alpha_dot]: &[f64; 3],
    ) {
        let square = ((SIDE - 1) * (SIDE - 1)) as f64;
        let (scale, scale_dot) = (alpha * square, alpha_dot * square);
        for i in 0..SIDE {
            let (down, up) = neighbours(i);
            for j in 0..SIDE {
                let (left, right) = neighbours(j);
                let laplacian = |u: &[f64; LEN], at: usize| {
                    u[at + SIDE * down + j]
                        + u[at + SIDE * up + j]
                        + u[at + SIDE * i + left]
                        + u[at + SIDE * i + right]
                        - 4.0 * u[at + SIDE * i + j]
                };
                let k = SIDE * i + j;
                let (x, y, x_dot, y_dot) = (u[k], u[POINTS + k], u_dot[k], u_dot[POINTS + k]);
                let xxy = x * x * y;
                let xxy_dot = x * (2.0 * y * x_dot + x * y_dot);
                let (lap_x, lap_y) = (laplacian(u, 0), laplacian(u, POINTS));
                du[k] = b + xxy - (a + 1.0) * x + scale * lap_x;
                du[POINTS + k] = a * x - xxy + scale * lap_y;
                du_dot[k] = b_dot + xxy_dot - a_dot * x - (a + 1.0) * x_dot
                    + scale_dot * lap_x
                    + scale * laplacian(u_dot, 0);
                du_dot[POINTS + k] =
                    a_dot * x + a * x_dot - xxy_dot + scale_dot * lap_y + scale * laplacian(u_dot, POINTS);
            }
        }
    }

    #[inline]
    fn vjp(
        du_bar: &[f64; LEN],
        u: &[f64; LEN],
        &[_, a, alpha]: &[f64; 3],
        u_bar: &mut [f64; LEN],
        p_bar: &mut [f64; 3],
    ) {
        let square = ((SIDE - 1) * (SIDE - 1)) as f64;
        let scale = alpha * square;
        for i in 0..SIDE {
            let (down, up) = neighbours(i);
            for j in 0..SIDE {
                let (left, right) = neighbours(j);
                let k = SIDE * i + j;
                let (x, y) = (u[k], u[POINTS + k]);
                let (x_bar, y_bar) = (du_bar[k], du_bar[POINTS + k]);
                let xxy_bar = x_bar - y_bar;
                u_bar[k] += 2.0 * x * y * xxy_bar - (a + 1.0) * x_bar + a * y_bar;
                u_bar[POINTS + k] += x * x * xxy_bar;
                p_bar[0] += x_bar;
                p_bar[1] -= x * xxy_bar;
                for (at, bar) in [(0, x_bar), (POINTS, y_bar)] {
                    let (around, centre) =
                        ([SIDE * down + j, SIDE * up + j, SIDE * i + left, SIDE * i + right], at + k);
                    let mut laplacian = -4.0 * u[centre];
                    u_bar[centre] -= 4.0 * scale * bar;
                    for neighbour in around {
                        laplacian += u[at + neighbour];
                        u_bar[at + neighbour] += scale * bar;
                    }
                    p_bar[2] += square * laplacian * bar;
                }
            }
        }
    }
}
