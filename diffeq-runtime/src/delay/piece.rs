//! The interpolant of one step, at times that may carry derivatives.

use crate::real::Real;
use crate::stepper::Interval;

/// The solution over a step: a polynomial for each component.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece<T> {
    pub t: f64,
    pub h: f64,
    pub end: f64,
    /// Lookups of the step fell into itself.
    pub overlaps: bool,
    /// The smooth stretch of the past that each lookup of the step read, in the order in which a right-hand side asks.
    pub stretches: Vec<isize>,
    /// The state at the start, then the coefficients in the basis of [`dense`](crate::tableau::dense); nothing where they were
    /// given up, and are found again when the step is done again.
    pub coefficients: Vec<T>,
}

impl<T: Real> Piece<T> {
    pub fn new() -> Self {
        Self { t: 0.0, h: 0.0, end: 0.0, overlaps: false, stretches: Vec::new(), coefficients: Vec::new() }
    }

    pub fn over(&mut self, interval: Interval) {
        (self.t, self.h, self.end) = (interval.t, interval.h, interval.end);
    }

    /// Which part of the step has passed at a time; below 0 and above 1 beyond it.
    pub fn theta(&self, time: T) -> T {
        let length = self.end - self.t;
        if time.value() == self.end {
            T::ONE + (time - T::lit(self.end)).scale(1.0 / length)
        } else {
            (time - T::lit(self.t)).scale(1.0 / length)
        }
    }

    /// Component `i` of `n` at a time, or its derivative of an order up to two. Before and after the step the polynomial goes
    /// on.
    pub fn read(&self, n: usize, time: T, i: usize, order: usize) -> T {
        let Some(start) = self.coefficients.get(i) else { return T::lit(f64::NAN) };
        let length = self.end - self.t;
        let theta = self.theta(time);
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
            0 => *start + value,
            1 => slope.scale(1.0 / length),
            _ => curvature.scale(1.0 / (length * length)),
        }
    }
}
