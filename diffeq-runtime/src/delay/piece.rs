//! The interpolant of one step, at times that may carry derivatives.

use crate::real::Real;
use crate::stepper::Interval;

/// Which stretch of the past is read at a time where two meet, for lookups that come there by their own root.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Side {
    pub at: f64,
    pub stretch: isize,
    /// How far beyond that time a stage looked.
    pub reach: f64,
}

/// The solution over a step: a polynomial for each component.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece<T> {
    pub t: f64,
    pub h: f64,
    pub end: f64,
    /// Lookups of the step fell into itself.
    pub overlaps: bool,
    /// On which stretch lookups are that stand on the end of one, where the step begins and where it ends.
    pub sides: [Option<Side>; 2],
    /// The state at the start, then the coefficients in the basis of [`dense`](crate::tableau::dense).
    pub coefficients: Vec<T>,
}

impl<T: Real> Piece<T> {
    pub fn new() -> Self {
        Self { t: 0.0, h: 0.0, end: 0.0, overlaps: false, sides: [None; 2], coefficients: Vec::new() }
    }

    pub fn over(&mut self, interval: Interval) {
        (self.t, self.h, self.end) = (interval.t, interval.h, interval.end);
    }

    /// Component `i` of `n` at a time, or its derivative of an order up to two. Before and after the step the polynomial goes
    /// on.
    pub fn read(&self, n: usize, time: T, i: usize, order: usize) -> T {
        let length = self.end - self.t;
        let theta = if time.value() == self.end {
            T::ONE + (time - T::lit(self.end)).scale(1.0 / length)
        } else {
            (time - T::lit(self.t)).scale(1.0 / length)
        };
        let degree = self.coefficients.len() / n.max(1);
        // Value and derivatives by theta, nested from the inside: see `tableau::dense`.
        let (mut value, mut slope, mut curvature) = (T::ZERO, T::ZERO, T::ZERO);
        for d in (1..degree).rev() {
            let sum = value + self.coefficients[d * n + i];
            let (factor, rate) = if d % 2 == 1 { (theta, 1.0) } else { (T::ONE - theta, -1.0) };
            curvature = curvature * factor + slope.scale(2.0 * rate);
            slope = slope * factor + sum.scale(rate);
            value = sum * factor;
        }
        match order {
            0 => self.coefficients[i] + value,
            1 => slope.scale(1.0 / length),
            _ => curvature.scale(1.0 / (length * length)),
        }
    }
}
