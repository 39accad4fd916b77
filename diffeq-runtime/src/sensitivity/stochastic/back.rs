//! What adjoints that make a solve once more on the way back have in common.

use crate::error::Error;
use crate::integrate::RowOrigin;
use crate::real::Real;
use crate::sensitivity::Cotangents;
use crate::space::Vector;
use crate::space::add_scaled;

/// The rows of a solve, from the last on, whose cotangents have yet to be added.
pub(super) struct RowsBack<'a, V, T> {
    /// Those that are left.
    pub origins: &'a [RowOrigin],
    pub cotangents: &'a Cotangents<'a, V, T>,
    pub idxs: Option<&'a [usize]>,
    /// Memory for one row.
    pub row: &'a mut V,
}

impl<V: Vector<T>, T: Real> RowsBack<'_, V, T> {
    /// Adds the cotangents of the next rows, as long as they are `wanted`.
    pub fn add(&mut self, u_bar: &mut V, wanted: impl Fn(RowOrigin) -> bool) {
        while let Some((&origin, before)) = self.origins.split_last()
            && wanted(origin)
        {
            self.origins = before;
            self.cotangents.row(before.len(), self.idxs, self.row);
            add_scaled(u_bar, 1.0, self.row);
        }
    }

    /// Those at the end of step `n`.
    pub fn add_at_end(&mut self, u_bar: &mut V, n: usize) {
        self.add(u_bar, |origin| origin == RowOrigin::End { step: n });
    }

    /// Those inside step `n`: steps end where rows are saved, so that they lie at its start. So do rows at the start of the span, but
    /// for the first.
    pub fn add_at_start(&mut self, u_bar: &mut V, n: usize) {
        self.add(u_bar, |origin| matches!(origin, RowOrigin::Inside { step, .. } if step == n));
    }
}

/// Refuses a tolerance that no comparison passes, or none fails.
pub(super) fn check_tolerance(tolerance: f64) -> Result<(), Error> {
    if tolerance.is_nan() || tolerance <= 0.0 {
        let problem = format!("is {tolerance}");
        return Err(Error::Option { option: "tolerance", problem, hint: "give a number above zero" });
    }
    Ok(())
}
