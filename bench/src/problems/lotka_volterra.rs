//! Lotka and Volterra's predator and prey.

use super::HandWritten;
use super::Problem;
use crate::scalar::Scalar;

/// `x' = alpha x - beta x y`, `y' = -delta y + gamma x y`.
pub struct LotkaVolterra {
    /// `[alpha, beta, delta, gamma]`.
    pub p: [f64; 4],
}

impl Default for LotkaVolterra {
    fn default() -> Self {
        Self { p: [1.5, 1.0, 3.0, 1.0] }
    }
}

impl Problem<2> for LotkaVolterra {
    const END: f64 = 10.0;

    fn start(&self) -> [f64; 2] {
        [1.0, 1.0]
    }

    #[inline]
    fn rhs<S: Scalar>(&self, du: &mut [S; 2], u: &[S; 2]) {
        let [x, y] = *u;
        let [alpha, beta, delta, gamma] = self.p.map(S::from);
        du[0] = alpha * x - beta * x * y;
        du[1] = -delta * y + gamma * x * y;
    }
}

impl HandWritten<2, 4> for LotkaVolterra {
    fn parameters(&self) -> [f64; 4] {
        self.p
    }

    fn state(&self) -> [f64; 2] {
        [1.2, 0.7]
    }

    #[inline]
    fn rhs(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4]) {
        Problem::rhs(&LotkaVolterra { p: *p }, du, u);
    }

    #[inline]
    fn jvp(
        du: &mut [f64; 2],
        du_dot: &mut [f64; 2],
        &[x, y]: &[f64; 2],
        &[dx, dy]: &[f64; 2],
        &[alpha, beta, delta, gamma]: &[f64; 4],
        &[dalpha, dbeta, ddelta, dgamma]: &[f64; 4],
    ) {
        let xy = x * y;
        let dxy = dx * y + x * dy;
        du[0] = alpha * x - beta * xy;
        du[1] = gamma * xy - delta * y;
        du_dot[0] = dalpha * x + alpha * dx - dbeta * xy - beta * dxy;
        du_dot[1] = dgamma * xy + gamma * dxy - ddelta * y - delta * dy;
    }

    #[inline]
    fn vjp(
        &[a, b]: &[f64; 2],
        &[x, y]: &[f64; 2],
        &[alpha, beta, delta, gamma]: &[f64; 4],
        u_bar: &mut [f64; 2],
        p_bar: &mut [f64; 4],
    ) {
        let xy = x * y;
        let xy_bar = gamma * b - beta * a;
        u_bar[0] += alpha * a + y * xy_bar;
        u_bar[1] += x * xy_bar - delta * b;
        p_bar[0] += x * a;
        p_bar[1] -= xy * a;
        p_bar[2] -= y * b;
        p_bar[3] += xy * b;
    }
}

/// The state followed by its derivatives with respect to the four parameters: `S' = df/du S + df/dp`, two reals each.
#[derive(Default)]
pub struct WithSensitivities(pub LotkaVolterra);

impl Problem<10> for WithSensitivities {
    const END: f64 = LotkaVolterra::END;

    fn start(&self) -> [f64; 10] {
        std::array::from_fn(|i| if i < 2 { self.0.start()[i] } else { 0.0 })
    }

    fn rhs<S: Scalar>(&self, du: &mut [S; 10], u: &[S; 10]) {
        let [alpha, beta, delta, gamma] = self.0.p.map(S::from);
        let (x, y) = (u[0], u[1]);
        du[0] = alpha * x - beta * x * y;
        du[1] = -delta * y + gamma * x * y;
        let zero = S::from(0.0);
        let by_parameter = [[x, zero], [-x * y, zero], [zero, -y], [zero, x * y]];
        for (k, [a, b]) in by_parameter.into_iter().enumerate() {
            let (sx, sy) = (u[2 + 2 * k], u[3 + 2 * k]);
            du[2 + 2 * k] = (alpha - beta * y) * sx - beta * x * sy + a;
            du[3 + 2 * k] = gamma * y * sx + (gamma * x - delta) * sy + b;
        }
    }
}
