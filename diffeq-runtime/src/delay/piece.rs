//! The interpolant of one step, at times that may carry derivatives.

use crate::real::Real;
use crate::stepper::Interval;

/// The solution over a step: a polynomial for each component.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece<T> {
    pub t: f64,
    pub h: f64,
    pub end: f64,
    /// One over its length on the clock.
    per_length: f64,
    /// Of the polynomials.
    pub degree: usize,
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
        Self {
            t: 0.0,
            h: 0.0,
            end: 0.0,
            per_length: f64::INFINITY,
            degree: 0,
            overlaps: false,
            stretches: Vec::new(),
            coefficients: Vec::new(),
        }
    }

    pub fn over(&mut self, interval: Interval) {
        (self.t, self.h, self.end) = (interval.t, interval.h, interval.end);
        self.per_length = 1.0 / (self.end - self.t);
    }

    /// Which part of the step has passed at a time; below 0 and above 1 beyond it.
    pub fn theta(&self, time: T) -> T {
        if time.value() == self.end {
            T::ONE + (time - T::lit(self.end)).scale(self.per_length)
        } else {
            (time - T::lit(self.t)).scale(self.per_length)
        }
    }

    /// Component `i` of `n` at a time, or its derivative of an order up to two. Before and after the step the polynomial goes
    /// on.
    #[inline]
    pub fn read(&self, n: usize, time: T, i: usize, order: usize) -> T {
        if order > 0 || n == 0 {
            return self.derivative(n, time, i, order);
        }
        self.value(n, self.theta(time), i)
    }

    /// Component `i` of `n` at the end of the step, where the basis has one member left.
    pub fn at_end(&self, n: usize, i: usize) -> T {
        match (self.coefficients.get(i), self.coefficients.get(n + i)) {
            (Some(start), Some(change)) => *start + *change,
            (Some(start), None) if self.degree == 0 => *start,
            _ => T::lit(f64::NAN),
        }
    }

    /// Component `i` of `n` at a part of the step.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn value(&self, n: usize, theta: T, i: usize) -> T {
        // Nested from the inside, two at a time: see `tableau::dense`.
        let rest = T::ONE - theta;
        let (both, degree) = (theta * rest, self.degree);
        let Some(coefficients) = self.coefficients.get(i..degree * n + i + 1) else {
            return T::lit(f64::NAN);
        };
        let mut at = degree * n;
        let mut value = T::ZERO;
        if degree % 2 == 1 {
            value = coefficients[at];
            at -= n;
        }
        while at > 0 {
            value = coefficients[at - n] + rest * coefficients[at] + both * value;
            at -= 2 * n;
        }
        coefficients[0] + theta * value
    }

    fn derivative(&self, n: usize, time: T, i: usize, order: usize) -> T {
        if self.coefficients.len() < (self.degree + 1) * n || i >= n {
            return T::lit(f64::NAN);
        }
        let theta = self.theta(time);
        // Value and derivatives by theta.
        let (mut value, mut slope, mut curvature) = (T::ZERO, T::ZERO, T::ZERO);
        for d in (1..=self.degree).rev() {
            let sum = value + self.coefficients[d * n + i];
            let (factor, rate) = if d % 2 == 1 { (theta, 1.0) } else { (T::ONE - theta, -1.0) };
            if order > 1 {
                curvature = curvature * factor + slope.scale(2.0 * rate);
            }
            slope = slope * factor + sum.scale(rate);
            value = sum * factor;
        }
        match order {
            1 => slope.scale(self.per_length),
            _ => curvature.scale(self.per_length * self.per_length),
        }
    }
}
