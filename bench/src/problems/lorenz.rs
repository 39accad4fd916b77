//! Lorenz' convection: chaotic.

use super::Problem;
use crate::scalar::Scalar;

/// `x' = sigma (y - x)`, `y' = x (rho - z) - y`, `z' = x y - beta z`.
///
/// Errors grow like `exp(0.906 t)`: at `t = 100` a perturbation of one unit in the last place has grown by 1e39, and no
/// two solvers agree in any digit. The *work* is therefore that of the whole interval, and the *error* is taken where a
/// trajectory still has a meaning, at eight times up to `t = 10` (growth 1e4), with the same settings.
pub struct Lorenz {
    /// `[sigma, rho, beta]`.
    pub p: [f64; 3],
}

impl Default for Lorenz {
    fn default() -> Self {
        Self { p: [10.0, 28.0, 8.0 / 3.0] }
    }
}

impl Problem<3> for Lorenz {
    const END: f64 = 100.0;

    fn start(&self) -> [f64; 3] {
        [1.0, 0.0, 0.0]
    }

    #[inline]
    fn rhs<S: Scalar>(&self, du: &mut [S; 3], u: &[S; 3]) {
        let [x, y, z] = *u;
        let [sigma, rho, beta] = self.p.map(S::from);
        du[0] = sigma * (y - x);
        du[1] = x * (rho - z) - y;
        du[2] = x * y - beta * z;
    }

    fn checks() -> [f64; 8] {
        std::array::from_fn(|i| 10.0 * (i + 1) as f64 / 8.0)
    }
}
