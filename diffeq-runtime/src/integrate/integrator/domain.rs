//! Steps and rows in the domain of a model.

use crate::integrate::integrator::Course;
use crate::problem::System;
use crate::real::Real;
use crate::stepper::At;
use crate::stepper::Stepper;

impl<T: Real, F: System<T>> Course<'_, T, F> {
    /// Whether the end of a step is out of the domain, or a row inside it.
    #[inline]
    pub(super) fn leaves_domain(&mut self, stepper: &mut dyn Stepper<T, F>) -> bool {
        self.domain.is_some_and(|is_out| {
            is_out(&self.next, &self.p, self.interval.end) || self.row_leaves_domain(stepper)
        })
    }

    /// Whether a row inside a step is out of the domain.
    #[cold]
    #[inline(never)]
    pub(super) fn row_leaves_domain(&mut self, stepper: &mut dyn Stepper<T, F>) -> bool {
        let Self { domain: Some(is_out), rows, rows_behind, interval, f, p, u, next, inside, .. } = self
        else {
            return false;
        };
        let interval = *interval;
        let at = At { f: *f, p, interval, u };
        let mut row = *rows_behind;
        while let Some(&t) = rows.get(row)
            && interval.behind(t, interval.end) < 0.0
        {
            if interval.behind(t, interval.t) < 0.0 {
                *rows_behind += 1;
            } else {
                stepper.prepare_dense(at, next);
                stepper.interpolate(at, next, interval.theta(t), inside);
                if is_out(inside, p, t) {
                    return true;
                }
            }
            row += 1;
        }
        false
    }
}
