//! Crossings over dual numbers.
//!
//! The clock is a plain number, yet the time at which a condition is zero depends on all that the state depends on.
//! Over dual numbers a crossing takes place a *lag* later than the clock says: a number that is zero but for its
//! tangents. Such a number is nilpotent, its power `n + 1` being zero where derivatives are nested `n` deep, so that
//! what is an approximation for other numbers is exact here:
//!
//! * Newton's method with a slope that is right in its value alone gains one power a step: `n` steps find the lag;
//! * a Runge-Kutta step of order 4 moves a state along its solution by a lag, up to four derivatives.

use crate::real::Real;
use crate::space::Vector;
use crate::space::assign;

/// Nodes and weights of the stages that move a state by a lag. Each stage starts from the slope of the one before.
///
/// Kutta, *Beitrag zur näherungsweisen Integration totaler Differentialgleichungen*, Z. Math. Phys. 46 (1901); Euler's
/// step is enough for first derivatives.
pub(crate) const fn stages<T: Real>() -> &'static [(f64, f64)] {
    match T::NESTING {
        0 => &[],
        1 => &[(0.0, 1.0)],
        2..=4 => &[(0.0, 1.0 / 6.0), (0.5, 1.0 / 3.0), (0.5, 1.0 / 3.0), (1.0, 1.0 / 6.0)],
        _ => panic!("derivatives through crossings are exact up to the fourth: nest dual numbers less deep"),
    }
}

/// The solutions of a model with its parameters, near a state.
pub(crate) struct Flow<'a, T, V, P> {
    /// Writes the slope of a state at a time.
    pub slope: &'a mut dyn FnMut(&V, T, &mut V),
    pub p: &'a P,
}

impl<T: Real, V: Vector<T>, P: Vector<T>> Flow<'_, T, V, P> {
    /// Moves a state along its solution from the time `t`, by a lag.
    pub fn shift(&mut self, u: &mut V, t: T, lag: T) {
        if lag.is_zero() {
            return;
        }
        let start = u.clone();
        let (mut argument, mut slope) = (u.clone(), u.zeros_like());
        for (node, weight) in const { stages::<T>() } {
            assign(&mut argument, &start);
            add_product(&mut argument, lag.scale(*node), &slope);
            (self.slope)(&argument, t + lag.scale(*node), &mut slope);
            add_product(u, lag.scale(*weight), &slope);
        }
    }

    /// How much later than the clock says a crossing takes place; zero for plain numbers.
    pub fn lag(&mut self, condition: impl Fn(&V, &P, T) -> T, u: &V, t: f64) -> T {
        let mut lag = T::ZERO;
        if T::NESTING == 0 {
            return lag;
        }
        let slope = self.condition_slope(&condition, u, t);
        let mut moved = u.clone();
        for _ in 0..T::NESTING {
            assign(&mut moved, u);
            self.shift(&mut moved, T::lit(t), lag);
            let condition = condition(&moved, self.p, T::lit(t) + lag);
            // The value is what rounding left of zero.
            lag -= (condition - T::lit(condition.value())).scale(1.0 / slope);
        }
        lag
    }

    /// How fast a condition changes along the solution: its derivative where state and time alone move.
    fn condition_slope(&mut self, condition: impl Fn(&V, &P, T) -> T, u: &V, t: f64) -> f64 {
        let mut moving = u.zeros_like();
        (self.slope)(u, T::lit(t), &mut moving);
        for (x, u) in moving.as_mut_slice().iter_mut().zip(u.as_slice()) {
            *x = T::moving(u.value(), x.value());
        }
        let mut still = self.p.clone();
        for p in still.as_mut_slice() {
            *p = T::lit(p.value());
        }
        condition(&moving, &still, T::moving(t, 1.0)).rate()
    }
}

/// `out += factor x`.
pub(crate) fn add_product<T: Real, V: Vector<T>>(out: &mut V, factor: T, x: &V) {
    for (out, x) in out.as_mut_slice().iter_mut().zip(x.as_slice()) {
        *out += factor * *x;
    }
}
