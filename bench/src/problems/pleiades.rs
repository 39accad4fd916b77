//! Seven stars in a plane.

use super::HandWritten;
use super::Problem;
use crate::scalar::Scalar;

/// `x_i'' = sum_j m_j (x_j - x_i) / r_ij^3` and the same for `y`, with `m_i = i`.
///
/// Hairer, Nørsett & Wanner, *Solving ODEs I*, II.10 (10.2). The state is `[x, y, x', y']`, seven reals each. Every
/// pair is visited once and acts on both its stars.
pub struct Pleiades {
    /// The masses.
    pub masses: [f64; 7],
}

impl Default for Pleiades {
    fn default() -> Self {
        Self { masses: [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0] }
    }
}

#[inline]
fn accelerations<S: Scalar>(du: &mut [S; 28], u: &[S; 28], masses: &[f64; 7]) {
    for i in 0..14 {
        du[i] = u[14 + i];
        du[14 + i] = S::from(0.0);
    }
    for i in 0..7 {
        for j in 0..i {
            let dx = u[j] - u[i];
            let dy = u[7 + j] - u[7 + i];
            let r2 = dx * dx + dy * dy;
            let r3 = r2 * r2.sqrt();
            let (mi, mj) = (S::from(masses[i]) / r3, S::from(masses[j]) / r3);
            du[14 + i] = du[14 + i] + mj * dx;
            du[21 + i] = du[21 + i] + mj * dy;
            du[14 + j] = du[14 + j] - mi * dx;
            du[21 + j] = du[21 + j] - mi * dy;
        }
    }
}

impl Problem<28> for Pleiades {
    const END: f64 = 3.0;

    fn start(&self) -> [f64; 28] {
        let mut u = [0.0; 28];
        u[..7].copy_from_slice(&[3.0, 3.0, -1.0, -3.0, 2.0, -2.0, 2.0]);
        u[7..14].copy_from_slice(&[3.0, -3.0, 2.0, 0.0, 0.0, -4.0, 4.0]);
        u[19..21].copy_from_slice(&[1.75, -1.5]);
        u[24..26].copy_from_slice(&[-1.25, 1.0]);
        u
    }

    #[inline]
    fn rhs<S: Scalar>(&self, du: &mut [S; 28], u: &[S; 28]) {
        accelerations(du, u, &self.masses);
    }
}

impl HandWritten<28, 7> for Pleiades {
    fn parameters(&self) -> [f64; 7] {
        self.masses
    }

    fn state(&self) -> [f64; 28] {
        let mut u = self.start();
        for (i, u) in u.iter_mut().enumerate() {
            *u += 0.1 + 0.01 * i as f64;
        }
        u
    }

    #[inline]
    fn rhs(du: &mut [f64; 28], u: &[f64; 28], p: &[f64; 7]) {
        accelerations(du, u, p);
    }

    #[inline]
    fn jvp(
        du: &mut [f64; 28],
        du_dot: &mut [f64; 28],
        u: &[f64; 28],
        u_dot: &[f64; 28],
        p: &[f64; 7],
        p_dot: &[f64; 7],
    ) {
        du[..14].copy_from_slice(&u[14..]);
        du_dot[..14].copy_from_slice(&u_dot[14..]);
        du[14..].fill(0.0);
        du_dot[14..].fill(0.0);
        for i in 0..7 {
            for j in 0..i {
                let (dx, dy) = (u[j] - u[i], u[7 + j] - u[7 + i]);
                let (dx_dot, dy_dot) = (u_dot[j] - u_dot[i], u_dot[7 + j] - u_dot[7 + i]);
                let r2 = dx * dx + dy * dy;
                let w = 1.0 / (r2 * r2.sqrt());
                // d(r^-3) = -3 r^-3 (d . d_dot) / r^2
                let w_dot = -3.0 * w / r2 * (dx * dx_dot + dy * dy_dot);
                let (fx, fy) = (w * dx, w * dy);
                let (fx_dot, fy_dot) = (w_dot * dx + w * dx_dot, w_dot * dy + w * dy_dot);
                du[14 + i] += p[j] * fx;
                du[21 + i] += p[j] * fy;
                du[14 + j] -= p[i] * fx;
                du[21 + j] -= p[i] * fy;
                du_dot[14 + i] += p_dot[j] * fx + p[j] * fx_dot;
                du_dot[21 + i] += p_dot[j] * fy + p[j] * fy_dot;
                du_dot[14 + j] -= p_dot[i] * fx + p[i] * fx_dot;
                du_dot[21 + j] -= p_dot[i] * fy + p[i] * fy_dot;
            }
        }
    }

    #[inline]
    fn vjp(du_bar: &[f64; 28], u: &[f64; 28], p: &[f64; 7], u_bar: &mut [f64; 28], p_bar: &mut [f64; 7]) {
        for i in 0..14 {
            u_bar[14 + i] += du_bar[i];
        }
        for i in 0..7 {
            for j in 0..i {
                let (dx, dy) = (u[j] - u[i], u[7 + j] - u[7 + i]);
                let r2 = dx * dx + dy * dy;
                let w = 1.0 / (r2 * r2.sqrt());
                let (ix, iy) = (du_bar[14 + i], du_bar[21 + i]);
                let (jx, jy) = (du_bar[14 + j], du_bar[21 + j]);
                p_bar[j] += w * (ix * dx + iy * dy);
                p_bar[i] -= w * (jx * dx + jy * dy);
                let (fx_bar, fy_bar) = (p[j] * ix - p[i] * jx, p[j] * iy - p[i] * jy);
                let s = -3.0 * w / r2 * (fx_bar * dx + fy_bar * dy);
                let (dx_bar, dy_bar) = (w * fx_bar + s * dx, w * fy_bar + s * dy);
                u_bar[j] += dx_bar;
                u_bar[i] -= dx_bar;
                u_bar[7 + j] += dy_bar;
                u_bar[7 + i] -= dy_bar;
            }
        }
    }
}
