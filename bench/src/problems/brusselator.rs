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

/// A row of the grid for one species, and its neighbours: `[this, the row before, the row after]`.
type Rows<'a, S> = [&'a [S; SIDE]; 3];

#[inline(always)]
fn laplacian<S: Scalar>([row, down, up]: Rows<'_, S>, (left, j, right): (usize, usize, usize)) -> S {
    down[j] + up[j] + row[left] + row[right] - S::from(4.0) * row[j]
}

#[inline]
fn reaction_diffusion<S: Scalar>(du: &mut [S; LEN], u: &[S; LEN], p: &[S; 3]) {
    let (x, y) = u.as_chunks::<SIDE>().0.split_at(SIDE);
    let (dx, dy) = du.as_chunks_mut::<SIDE>().0.split_at_mut(SIDE);
    for (i, (dx, dy)) in dx.iter_mut().zip(dy).enumerate() {
        let (down, up) = neighbours(i);
        let (x, y) = ([&x[i], &x[down], &x[up]], [&y[i], &y[down], &y[up]]);
        // The inner points in a loop of their own, which has no branches and is vectorised.
        for j in 1..SIDE - 1 {
            (dx[j], dy[j]) = slope(x, y, (j - 1, j, j + 1), p);
        }
        (dx[0], dy[0]) = slope(x, y, (1, 0, 1), p);
        (dx[SIDE - 1], dy[SIDE - 1]) = slope(x, y, (SIDE - 2, SIDE - 1, SIDE - 2), p);
    }
}

/// The slopes of both species at a point.
#[inline(always)]
fn slope<S: Scalar>(
    x: Rows<'_, S>,
    y: Rows<'_, S>,
    at: (usize, usize, usize),
    &[b, a, alpha]: &[S; 3],
) -> (S, S) {
    let scale = alpha * S::from(((SIDE - 1) * (SIDE - 1)) as f64);
    let (lap_x, lap_y) = (laplacian(x, at), laplacian(y, at));
    let (x, y) = (x[0][at.1], y[0][at.1]);
    let xxy = x * x * y;
    (b + xxy - (a + S::from(1.0)) * x + scale * lap_x, a * x - xxy + scale * lap_y)
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

/// The values around a point of one species: itself, and the sum of its neighbours less four times itself.
type Around = (f64, f64);

/// The slopes and their tangents at a point.
#[inline(always)]
fn slope_dot(
    (x, lap_x): Around,
    (y, lap_y): Around,
    (x_dot, lap_x_dot): Around,
    (y_dot, lap_y_dot): Around,
    &[b, a, alpha]: &[f64; 3],
    &[b_dot, a_dot, alpha_dot]: &[f64; 3],
) -> [f64; 4] {
    let square = ((SIDE - 1) * (SIDE - 1)) as f64;
    let (scale, scale_dot) = (alpha * square, alpha_dot * square);
    let (xxy, xxy_dot) = (x * x * y, x * (2.0 * y * x_dot + x * y_dot));
    [
        b + xxy - (a + 1.0) * x + scale * lap_x,
        a * x - xxy + scale * lap_y,
        b_dot + xxy_dot - a_dot * x - (a + 1.0) * x_dot + scale_dot * lap_x + scale * lap_x_dot,
        a_dot * x + a * x_dot - xxy_dot + scale_dot * lap_y + scale * lap_y_dot,
    ]
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
        p: &[f64; 3],
        p_dot: &[f64; 3],
    ) {
        let (u, u_dot) = (u.as_chunks::<SIDE>().0, u_dot.as_chunks::<SIDE>().0);
        let (dx, dy) = du.as_chunks_mut::<SIDE>().0.split_at_mut(SIDE);
        let (dx_dot, dy_dot) = du_dot.as_chunks_mut::<SIDE>().0.split_at_mut(SIDE);
        for i in 0..SIDE {
            let (down, up) = neighbours(i);
            let species = [(u, 0), (u, SIDE), (u_dot, 0), (u_dot, SIDE)];
            let rows = species.map(|(u, at)| [&u[at + i], &u[at + down], &u[at + up]]);
            let (dx, dy, dx_dot, dy_dot) = (&mut dx[i], &mut dy[i], &mut dx_dot[i], &mut dy_dot[i]);
            macro_rules! point {
                ($left:expr, $j:expr, $right:expr) => {{
                    let [x, y, x_dot, y_dot] =
                        rows.map(|rows| (rows[0][$j], laplacian(rows, ($left, $j, $right))));
                    [dx[$j], dy[$j], dx_dot[$j], dy_dot[$j]] = slope_dot(x, y, x_dot, y_dot, p, p_dot);
                }};
            }
            for j in 1..SIDE - 1 {
                point!(j - 1, j, j + 1);
            }
            point!(1, 0, 1);
            point!(SIDE - 2, SIDE - 1, SIDE - 2);
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
        let (x, y) = u.as_chunks::<SIDE>().0.split_at(SIDE);
        let (dx_bar, dy_bar) = du_bar.as_chunks::<SIDE>().0.split_at(SIDE);
        let (x_bar, y_bar) = u_bar.as_chunks_mut::<SIDE>().0.split_at_mut(SIDE);
        // The reaction: point by point.
        for i in 0..SIDE {
            for j in 0..SIDE {
                let (x, y, dx_bar, dy_bar) = (x[i][j], y[i][j], dx_bar[i][j], dy_bar[i][j]);
                let xxy_bar = dx_bar - dy_bar;
                x_bar[i][j] += 2.0 * x * y * xxy_bar - (a + 1.0) * dx_bar + a * dy_bar;
                y_bar[i][j] += x * x * xxy_bar;
                p_bar[0] += dx_bar;
                p_bar[1] -= x * xxy_bar;
            }
        }
        // The diffusion: of the cotangents, with the mirror at the boundary transposed.
        for (u, du_bar, u_bar) in [(x, dx_bar, x_bar), (y, dy_bar, y_bar)] {
            for i in 0..SIDE {
                let (down, up) = neighbours(i);
                let rows = [&u[i], &u[down], &u[up]];
                let mut total = laplacian(rows, (1, 0, 1)) * du_bar[i][0];
                for (j, bar) in du_bar[i].iter().enumerate().take(SIDE - 1).skip(1) {
                    total += laplacian(rows, (j - 1, j, j + 1)) * bar;
                }
                total += laplacian(rows, (SIDE - 2, SIDE - 1, SIDE - 2)) * du_bar[i][SIDE - 1];
                p_bar[2] += square * total;

                let bar = du_bar[i].map(|bar| scale * bar);
                for j in 0..SIDE {
                    u_bar[down][j] += bar[j];
                    u_bar[up][j] += bar[j];
                    u_bar[i][j] -= 4.0 * bar[j];
                }
                for j in 1..SIDE - 1 {
                    u_bar[i][j - 1] += bar[j];
                    u_bar[i][j + 1] += bar[j];
                }
                u_bar[i][1] += 2.0 * bar[0];
                u_bar[i][SIDE - 2] += 2.0 * bar[SIDE - 1];
            }
        }
    }
}
