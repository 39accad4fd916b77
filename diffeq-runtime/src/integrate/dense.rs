//! The solution as a function of time: the interpolant of every step.

use std::ops::Range;

use crate::error::Error;
use crate::integrate::Inside;
use crate::integrate::options::within;
use crate::real::Real;
use crate::stepper::Interval;
use crate::tableau::dense::factor;

/// The piece of time of a step: an [`Interval`] without the times that a model is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Piece {
    t: f64,
    h: f64,
    end: f64,
}

impl Piece {
    fn theta(&self, t: f64) -> f64 {
        Interval::ending(self.t, self.h, self.end).theta(t)
    }
}

/// One polynomial per step and component.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dense<T> {
    intervals: Vec<Piece>,
    /// For each step the state at its start, then the coefficients of its interpolant.
    coefficients: Vec<T>,
}

impl<T: Real> Dense<T> {
    pub fn new() -> Self {
        Self { intervals: Vec::new(), coefficients: Vec::new() }
    }

    /// The same polynomials over another scalar.
    pub fn over<U>(self, value: impl Fn(T) -> U) -> Dense<U> {
        Dense { intervals: self.intervals, coefficients: self.coefficients.into_iter().map(value).collect() }
    }

    /// Keeps the step just taken.
    pub fn step<V>(&mut self, step: &mut dyn Inside<T, V>) {
        self.push(step.interval(), |out| step.coefficients(out));
    }

    /// Keeps a step; `coefficients` appends the state at its start, then the coefficients of its interpolant.
    pub fn push(&mut self, interval: Interval, coefficients: impl FnOnce(&mut Vec<T>)) {
        // An event at the very start of a step leaves a step of length zero.
        if interval.h != 0.0 {
            let Interval { t, h, end, .. } = interval;
            self.intervals.push(Piece { t, h, end });
            coefficients(&mut self.coefficients);
        }
    }

    /// Forgets all steps, and keeps the memory.
    pub fn clear(&mut self) {
        self.intervals.clear();
        self.coefficients.clear();
    }

    /// How many steps are kept.
    pub fn len(&self) -> usize {
        self.intervals.len()
    }

    /// Where each step begins and ends.
    pub fn ends(&self) -> impl DoubleEndedIterator<Item = (f64, f64)> {
        self.intervals.iter().map(|step| (step.t, step.end))
    }

    /// Which of some steps a time lies in; the earlier one where two meet, and the nearest where none does.
    pub fn find(&self, steps: Range<usize>, t: f64) -> usize {
        let (first, last) = (steps.start, steps.end.max(steps.start + 1) - 1);
        let before = |step: &Piece| (t - step.end) * step.h.signum() > 0.0;
        (first + self.intervals[steps].partition_point(before)).min(last)
    }

    /// Whether a time lies in a step, its ends included.
    pub fn covers(&self, step: usize, t: f64) -> bool {
        self.intervals.get(step).is_some_and(|step| within(t, (step.t, step.end)))
    }

    /// Writes the state at a time of a step.
    pub fn value(&self, step: usize, t: f64, out: &mut [T]) {
        let size = self.coefficients.len() / self.intervals.len();
        let coefficients = &self.coefficients[step * size..(step + 1) * size];
        let theta = self.intervals[step].theta(t);
        // Nested in the basis of `tableau::dense`, from the inside: u + θ(c_1 + (1 - θ)(c_2 + θ(c_3 + …))).
        out.fill(T::ZERO);
        for (d, power) in coefficients.chunks_exact(out.len().max(1)).enumerate().rev() {
            let outer = factor(d + 1, theta);
            for (out, coefficient) in out.iter_mut().zip(power) {
                *out = out.scale(outer) + *coefficient;
            }
        }
    }

    /// Writes the state at a time.
    pub fn evaluate(&self, t: f64, out: &mut [T]) -> Result<(), Error> {
        let (Some(first), Some(last)) = (self.intervals.first(), self.intervals.last()) else {
            return Err(Error::NotKept { what: format!("its value at t = {t}"), hint: "no step was taken" });
        };
        if !within(t, (first.t, last.end)) {
            let hint = "the solution is known between its first time and its last";
            return Err(Error::Time { what: "the time", t, t0: first.t, t1: last.end, hint });
        }
        self.value(self.find(0..self.len(), t), t, out);
        Ok(())
    }
}
