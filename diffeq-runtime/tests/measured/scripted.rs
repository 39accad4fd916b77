//! A path that does what a test says.

use diffeq_runtime::error::Error;
use diffeq_runtime::noise::*;

/// What happens in each of some steps of one size.
#[derive(Debug, Clone)]
pub struct Scripted {
    pub h: f64,
    /// Increments and areas, step after step.
    pub steps: Vec<Increment>,
}

impl Path for Scripted {
    type Cursor = ();

    fn cursor(&self, _: usize) {}

    fn check(&self, _: usize, _: (f64, f64), _: Asks) -> Result<(), Error> {
        Ok(())
    }

    fn increment(&self, (): &mut (), from: f64, to: f64, out: &mut Increment) -> Result<(), Unresolved> {
        assert!(((to - from) / self.h - 1.0).abs() < 1e-9, "a step from {from} to {to}");
        let step = &self.steps[(from / self.h).round() as usize];
        for (to, from) in [(&mut out.w, &step.w), (&mut out.h, &step.h), (&mut out.areas, &step.areas)] {
            let len = to.len();
            to.copy_from_slice(&from[..len]);
        }
        Ok(())
    }
}
