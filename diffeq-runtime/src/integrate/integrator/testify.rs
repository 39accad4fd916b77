//! What a step says about the derivatives that its numbers carry.

use crate::integrate::Evidence;
use crate::integrate::integrator::Course;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;
use crate::stepper::Stepper;

impl<T: Real, F: System<T>> Course<'_, T, F> {
    /// Tells of the step just taken: the sizes of all derivatives at its end, and their errors.
    pub(super) fn testify(&self, stepper: &dyn Stepper<T, F>, evidence: &mut Evidence) {
        let interval = self.interval;
        let derivatives = self.next.as_slice().iter().enumerate().flat_map(|(i, next)| {
            let errors = stepper.component_error(interval, i);
            (0..T::DERIVATIVES).map(move |j| {
                let error = errors.map_or(0.0, |errors| combined(errors.map(|error| error.derivative(j))));
                (next.derivative(j), error)
            })
        });
        evidence.look(interval, false, derivatives);
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
