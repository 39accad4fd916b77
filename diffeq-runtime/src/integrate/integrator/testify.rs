//! What a step says about the derivatives that its numbers carry.

use crate::integrate::Evidence;
use crate::integrate::integrator::Course;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;
use crate::stepper::At;
use crate::stepper::Stepper;
use crate::stepper::halves;

impl<T: Real, F: System<T>> Course<'_, T, F> {
    /// Tells of the step just taken: the sizes of all derivatives at its end, and their errors.
    pub(super) fn testify(&self, stepper: &dyn Stepper<T, F>, evidence: &mut Evidence) {
        let interval = self.interval;
        let next = self.next.as_slice();
        evidence.open(next.len() * T::DERIVATIVES);
        for (i, next) in next.iter().enumerate() {
            let Some([error, second]) = stepper.component_error(interval, i) else { return };
            let first = i * T::DERIVATIVES;
            if second.is_zero() {
                evidence.put(first, T::DERIVATIVES, |j| (next.derivative(j), error.derivative(j)));
            } else {
                let error = |j| combined([error, second].map(|error| error.derivative(j)));
                evidence.put(first, T::DERIVATIVES, |j| (next.derivative(j), error(j)));
            }
        }
        evidence.close(interval, false);
    }

    /// Tells by how much the derivatives differ from those of two steps of half the length.
    pub(super) fn testify_by_halves(&self, probe: &mut dyn Stepper<T, F>, evidence: &mut Evidence) {
        let Self { f, p, options, interval, .. } = self;
        let tolerances = &options.tolerances;
        let mut ends = [self.u.clone(), self.u.clone(), self.u.clone()];
        let [start, middle, end] = &mut ends;
        let [first, second] = halves(*interval);
        let taken = probe.begin(f, p, first.t, start, tolerances).and_then(|()| {
            probe.step(At { f: *f, p, interval: first, u: start }, tolerances, middle)?;
            probe.accept();
            probe.step(At { f: *f, p, interval: second, u: middle }, tolerances, end)
        });
        // What can't be done says nothing: the other errors then decide.
        let error = |whole: f64, halves: f64| if taken.is_ok() { whole - halves } else { f64::INFINITY };
        for (i, (whole, halves)) in self.next.as_slice().iter().zip(ends[2].as_slice()).enumerate() {
            for j in 0..T::DERIVATIVES {
                let error = error(whole.derivative(j), halves.derivative(j));
                evidence.sharpen(i * T::DERIVATIVES + j, error);
            }
        }
    }
}

/// One error out of two estimates; the second is zero for methods that have one.
///
/// The first, of a lower order than the solution's, times how it compares with a second of a lower order still: as the
/// solve does it for norms (Hairer, Nørsett, Wanner I, eq. II.10.17). Where steps are far too long the comparison says
/// nothing, so it lowers the first by a factor of ten at most.
pub(crate) fn combined([first, second]: [f64; 2]) -> f64 {
    if second == 0.0 || first == 0.0 {
        return first;
    }
    first * f64::max(first.abs() / first.hypot(0.1 * second), 0.1)
}
