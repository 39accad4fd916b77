//! A wave that runs along a line: growth and diffusion.

use super::HandWritten;

/// Points on the line.
pub const POINTS: usize = 512;

/// `u' = r u (1 - u) + d u_xx`, no flux through the ends.
///
/// Fisher, *The wave of advance of advantageous genes*, Annals of Eugenics 7 (1937). A stencil with one index, whose ends are
/// conditions inside the loop, as they are written most often. Only its derivatives are timed.
pub struct Fisher;

/// The sum of both neighbours less twice the point itself, mirrored at the ends.
#[inline(always)]
fn laplacian(u: &[f64; POINTS], i: usize) -> f64 {
    let left = if i == 0 { u[1] } else { u[i - 1] };
    let right = if i == POINTS - 1 { u[POINTS - 2] } else { u[i + 1] };
    left + right - 2.0 * u[i]
}

/// Calls `f` with each point and the sum of its neighbours less twice itself; the inner points have no branch.
#[inline(always)]
fn each(u: &[f64; POINTS], mut f: impl FnMut(usize, f64)) {
    f(0, laplacian(u, 0));
    for i in 1..POINTS - 1 {
        f(i, u[i - 1] + u[i + 1] - 2.0 * u[i]);
    }
    f(POINTS - 1, laplacian(u, POINTS - 1));
}

impl HandWritten<POINTS, 2> for Fisher {
    fn parameters(&self) -> [f64; 2] {
        [0.7, 0.3]
    }

    fn state(&self) -> [f64; POINTS] {
        std::array::from_fn(|i| 1.0 / (1.0 + (0.05 * (i as f64 - 200.0)).exp()))
    }

    #[inline]
    fn rhs(du: &mut [f64; POINTS], u: &[f64; POINTS], &[r, d]: &[f64; 2]) {
        each(u, |i, lap| du[i] = r * u[i] * (1.0 - u[i]) + d * lap);
    }

    #[inline]
    fn jvp(
        du: &mut [f64; POINTS],
        du_dot: &mut [f64; POINTS],
        u: &[f64; POINTS],
        u_dot: &[f64; POINTS],
        &[r, d]: &[f64; 2],
        &[r_dot, d_dot]: &[f64; 2],
    ) {
        let mut point = |i: usize, lap: f64, lap_dot: f64| {
            let growth = u[i] * (1.0 - u[i]);
            du[i] = r * growth + d * lap;
            du_dot[i] = r_dot * growth + r * (1.0 - 2.0 * u[i]) * u_dot[i] + d_dot * lap + d * lap_dot;
        };
        point(0, laplacian(u, 0), laplacian(u_dot, 0));
        for i in 1..POINTS - 1 {
            point(i, u[i - 1] + u[i + 1] - 2.0 * u[i], u_dot[i - 1] + u_dot[i + 1] - 2.0 * u_dot[i]);
        }
        point(POINTS - 1, laplacian(u, POINTS - 1), laplacian(u_dot, POINTS - 1));
    }

    #[inline]
    fn vjp(
        du_bar: &[f64; POINTS],
        u: &[f64; POINTS],
        &[r, d]: &[f64; 2],
        u_bar: &mut [f64; POINTS],
        p_bar: &mut [f64; 2],
    ) {
        each(u, |i, lap| {
            p_bar[0] += u[i] * (1.0 - u[i]) * du_bar[i];
            p_bar[1] += lap * du_bar[i];
        });
        // The diffusion of the cotangents, with the mirror transposed: the ends hand on twice what they have.
        let [first, last] = [du_bar[0], du_bar[POINTS - 1]];
        for i in 1..POINTS - 1 {
            u_bar[i] +=
                r * (1.0 - 2.0 * u[i]) * du_bar[i] + d * (du_bar[i - 1] + du_bar[i + 1] - 2.0 * du_bar[i]);
        }
        u_bar[0] += r * (1.0 - 2.0 * u[0]) * first + d * (du_bar[1] - 2.0 * first);
        u_bar[POINTS - 1] += r * (1.0 - 2.0 * u[POINTS - 1]) * last + d * (du_bar[POINTS - 2] - 2.0 * last);
        u_bar[1] += d * first;
        u_bar[POINTS - 2] += d * last;
    }
}
