//! The problems, as a person writes them: plain functions over any scalar, and their derivatives by hand.

mod brusselator;
mod fisher;
mod lorenz;
mod lotka_volterra;
mod pleiades;
mod pollution;

pub use brusselator::Brusselator;
pub use brusselator::SIDE;
pub use fisher::Fisher;
pub use fisher::POINTS;
pub use lorenz::Lorenz;
pub use lotka_volterra::LotkaVolterra;
pub use lotka_volterra::WithSensitivities;
pub use pleiades::Pleiades;
pub use pollution::Pollution;

use crate::scalar::Scalar;

/// An autonomous initial value problem from `t = 0`, with a state of `N` reals.
pub trait Problem<const N: usize>: 'static {
    /// The final time.
    const END: f64;
    /// The initial state.
    fn start(&self) -> [f64; N];
    /// The right-hand side.
    fn rhs<S: Scalar>(&self, du: &mut [S; N], u: &[S; N]);
    /// The times at which a solution is compared with the reference, in order.
    ///
    /// Eight of them, so that a component that crosses its reference by luck does not pass for accuracy.
    fn checks() -> [f64; 8] {
        std::array::from_fn(|i| Self::END * (i + 1) as f64 / 8.0)
    }
}

/// The derivatives of a right-hand side, written by hand: what generated code is compared with.
pub trait HandWritten<const N: usize, const P: usize> {
    /// The parameters.
    fn parameters(&self) -> [f64; P];
    /// A state at which no term vanishes.
    fn state(&self) -> [f64; N];
    /// The right-hand side.
    fn rhs(du: &mut [f64; N], u: &[f64; N], p: &[f64; P]);
    /// The right-hand side and its derivative along `(u_dot, p_dot)`.
    fn jvp(
        du: &mut [f64; N],
        du_dot: &mut [f64; N],
        u: &[f64; N],
        u_dot: &[f64; N],
        p: &[f64; P],
        p_dot: &[f64; P],
    );
    /// Adds `du_bar^T df/d(u, p)` to `u_bar` and `p_bar`.
    fn vjp(du_bar: &[f64; N], u: &[f64; N], p: &[f64; P], u_bar: &mut [f64; N], p_bar: &mut [f64; P]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Central differences with steps of 1e-6 relative agree with exact derivatives to about 1e-9 of the terms' size.
    const FINITE_DIFFERENCE: f64 = 1e-7;

    fn derivatives_agree<M: HandWritten<N, P>, const N: usize, const P: usize>(model: &M) {
        let (u, p) = (model.state(), model.parameters());
        let u_dot: [f64; N] = std::array::from_fn(|i| u[i] * (0.3 + 0.7 * (i as f64).sin()));
        let p_dot: [f64; P] = std::array::from_fn(|i| p[i] * (0.4 + 0.6 * (i as f64).cos()));
        let w: [f64; N] = std::array::from_fn(|i| (1.7 * i as f64 + 0.2).cos());
        let mut du = [0.0; N];
        let mut du_dot = [0.0; N];
        M::jvp(&mut du, &mut du_dot, &u, &u_dot, &p, &p_dot);

        let mut plain = [0.0; N];
        M::rhs(&mut plain, &u, &p);
        let at = |s: f64| {
            let mut du = [0.0; N];
            let u = std::array::from_fn(|i| u[i] + s * u_dot[i]);
            let p = std::array::from_fn(|i| p[i] + s * p_dot[i]);
            M::rhs(&mut du, &u, &p);
            du
        };
        let (plus, minus) = (at(1e-6), at(-1e-6));
        let size = du_dot.iter().fold(1.0_f64, |m, x| m.max(x.abs()));
        for i in 0..N {
            assert!((du[i] - plain[i]).abs() <= 1e-12 * (1.0 + plain[i].abs()) * size, "value {i}");
            let difference = (plus[i] - minus[i]) / 2e-6;
            assert!(
                (difference - du_dot[i]).abs() < FINITE_DIFFERENCE * size,
                "{i}: {difference} {}",
                du_dot[i]
            );
        }

        let mut u_bar = [0.0; N];
        let mut p_bar = [0.0; P];
        M::vjp(&w, &u, &p, &mut u_bar, &mut p_bar);
        let forward: f64 = w.iter().zip(&du_dot).map(|(a, b)| a * b).sum();
        let reverse = u_bar.iter().zip(&u_dot).map(|(a, b)| a * b).sum::<f64>()
            + p_bar.iter().zip(&p_dot).map(|(a, b)| a * b).sum::<f64>();
        // Both are exact; thousands of terms are added in another order.
        assert!((forward - reverse).abs() < 1e-11 * size * N as f64, "{forward} {reverse}");
    }

    #[test]
    fn derivatives_by_hand_agree_with_each_other_and_with_differences() {
        derivatives_agree(&LotkaVolterra::default());
        derivatives_agree(&Pleiades::default());
        derivatives_agree(&Brusselator::default());
        derivatives_agree(&Pollution);
        derivatives_agree(&Fisher);
    }
}
