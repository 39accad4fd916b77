//! A solve as an iterator.

use crate::error::Error;
use crate::integrate::EventSet;
use crate::integrate::Inside;
use crate::integrate::Integrator;
use crate::integrate::Solver;
use crate::integrate::Stats;
use crate::problem::System;
use crate::real::Real;
use crate::stepper::Method;

/// The end of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct AcceptedStep<V> {
    /// The time.
    pub t: f64,
    /// The size of the step that led here; negative backwards in time.
    pub h: f64,
    /// The state, after the events that took place there.
    pub u: V,
}

/// The steps of a solve, each taken when it is asked for; after an error there are no more.
pub struct Steps<'a, T: Real, F: System<T>, M: Method<T, F>> {
    integrator: Integrator<'a, T, F, M>,
    failed: bool,
}

impl<F: System<T>, T: Real, M: Method<T, F>, E: EventSet<T, F>> Solver<'_, F, T, M, E> {
    /// The steps of the solve, one by one: `for step in solver.steps()? { let step = step?; … }`.
    ///
    /// # Errors
    ///
    /// Options that make no sense; an event at the start that leaves what is not finite, or of another length.
    pub fn steps(&self) -> Result<Steps<'_, T, F, M>, Error> {
        self.check()?;
        let mut integrator = self.integrator()?;
        integrator.begin(&mut ())?;
        Ok(Steps { integrator, failed: false })
    }
}

impl<T: Real, F: System<T>, M: Method<T, F>> Steps<'_, T, F, M> {
    /// What the solve cost so far.
    pub fn stats(&self) -> Stats {
        self.integrator.stats()
    }
}

impl<T: Real, F: System<T>, M: Method<T, F>> Iterator for Steps<'_, T, F, M> {
    type Item = Result<AcceptedStep<F::State>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let integrator = &mut self.integrator;
        let advanced = integrator.advance().and_then(|goes_on| {
            if goes_on {
                integrator.commit(&mut ())?;
            }
            Ok(goes_on)
        });
        match advanced {
            Ok(true) => {
                let (t, h, u) = (integrator.t(), integrator.interval().h, integrator.u().clone());
                Some(Ok(AcceptedStep { t, h, u }))
            }
            Ok(false) => None,
            Err(error) => {
                self.failed = true;
                Some(Err(error))
            }
        }
    }
}
