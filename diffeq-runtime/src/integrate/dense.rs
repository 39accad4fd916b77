//! The solution as a function of time: the interpolant of every step.

use crate::error::Error;
use crate::integrate::Integrator;
use crate::integrate::event::EventSet;
use crate::integrate::options::within;
use crate::problem::Rhs;
use crate::real::Real;
use crate::stepper::Interval;
use crate::stepper::Method;
use crate::tableau::dense::factor;

/// One polynomial per step and component.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dense<T> {
    intervals: Vec<Interval>,
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
    pub fn step<F: Rhs<T>, M: Method<T, F>, E: EventSet<T, F>>(
        &mut self,
        integrator: &mut Integrator<'_, T, F, M, E>,
    ) {
        // An event at the very start of a step leaves a step of length zero.
        if integrator.interval().h != 0.0 {
            self.intervals.push(integrator.interval());
            integrator.dense_coefficients(&mut self.coefficients);
        }
    }

    /// Writes the state at a time.
    pub fn evaluate(&self, t: f64, out: &mut [T]) -> Result<(), Error> {
        let (Some(first), Some(last)) = (self.intervals.first(), self.intervals.last()) else {
            return Err(Error::NotKept { what: format!("its value at t = {t}"), hint: "no step was taken" });
        };
        let direction = first.h;
        if !within(t, (first.t, last.end)) {
            let hint = "the solution is known between its first time and its last";
            return Err(Error::Time { what: "the time", t, t0: first.t, t1: last.end, hint });
        }
        let step = self.intervals.partition_point(|step| (t - step.end) * direction > 0.0);
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
        Ok(())
    }
}
