//! Whether an attempt is a step, and how long the next one is.

use crate::control::Attempt;
use crate::control::Verdict;
use crate::error::Error;
use crate::integrate::integrator::Course;
use crate::problem::System;
use crate::real::Real;
use crate::space::all_finite;
use crate::stepper::Failure;
use crate::stepper::Quality;
use crate::stepper::Stepper;

/// Why an attempt was refused.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Refusal {
    Error,
    NotFinite,
    Domain,
    Failed(Failure),
}

impl<T: Real, F: System<T>> Course<'_, T, F> {
    /// The verdict on a step.
    #[inline]
    pub(super) fn judge(
        &mut self,
        quality: Option<Quality>,
        stepper: &mut dyn Stepper<T, F>,
    ) -> (Verdict, Refusal) {
        let exponent = self.exponent.unwrap_or(1.0);
        let quality = quality.unwrap_or(Quality { error: 0.0, exponent, wish: None, iterations: 0 });
        let Quality { error, exponent, wish, iterations } = quality;
        let refusal = if error.is_finite() { Refusal::Error } else { Refusal::NotFinite };
        let attempt = Attempt { error, h: self.interval.h.abs(), exponent, iterations, wish };
        // Asked before the controller, which remembers what it accepts.
        if error <= 1.0 && self.leaves_domain(stepper) {
            return (Verdict::Retry { factor: 0.5 }, Refusal::Domain);
        }
        (self.options.controller.judge(&mut self.history, attempt), refusal)
    }

    /// Whether a step of fixed size can be taken.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn stands(&mut self, stepper: &mut dyn Stepper<T, F>) -> bool {
        all_finite(&self.next) && !self.leaves_domain(stepper)
    }

    /// Why it can't.
    #[cold]
    #[inline(never)]
    pub(super) fn refused(&mut self, stepper: &mut dyn Stepper<T, F>) -> Error {
        if all_finite(&self.next) {
            Error::OutOfDomain { model: F::NAME, t: self.interval.t, dt: self.interval.h }
        } else {
            self.not_finite(stepper, self.interval)
        }
    }

    /// A step that failed is tried again, shorter, as far as steps may be shorter.
    #[cold]
    #[inline(never)]
    pub(super) fn failed(&mut self, why: Failure) -> (Verdict, Refusal) {
        self.stats.failed += 1;
        let factor = self.options.controller.failed(&mut self.history, why);
        (Verdict::Retry { factor }, Refusal::Failed(why))
    }

    /// A step size within the limits that the user set.
    #[inline]
    pub(super) fn limited(&self, h: f64) -> f64 {
        h.min(self.options.dt_max).max(self.options.dt_min)
    }

    /// The size of the next attempt after a refused one, if there is a shorter one.
    #[cold]
    #[inline(never)]
    pub(super) fn shorter(
        &mut self,
        stepper: &mut dyn Stepper<T, F>,
        factor: f64,
        refusal: Refusal,
    ) -> Result<f64, Error> {
        let interval = self.interval;
        let h = interval.h.abs() * factor;
        let shortest = self.options.dt_min.max(4.0 * f64::EPSILON * interval.t.abs()).max(f64::MIN_POSITIVE);
        let fixed = self.exponent.is_none();
        let is_hopeless = refusal == Refusal::Failed(Failure::Unresolved);
        if refusal == Refusal::Domain {
            self.left_domain_from = interval.t;
        }
        if h > shortest && !fixed && !is_hopeless {
            return Ok(h);
        }
        let (model, t, dt) = (F::NAME, interval.t, interval.h);
        Err(match refusal {
            Refusal::NotFinite => self.not_finite(stepper, interval),
            // That brought the steps down to where a path tells no times apart.
            Refusal::Failed(Failure::Unresolved) if self.left_domain_from == interval.t => {
                Error::OutOfDomain { model, t, dt }
            }
            Refusal::Domain => Error::OutOfDomain { model, t, dt },
            Refusal::Error => self.underflow(stepper, interval),
            Refusal::Failed(why) => Error::NoStep { model, t, dt, why: why.to_string() },
        })
    }
}
