//! Digital filters: I, PI and PID control are one formula.

use crate::control::Attempt;
use crate::control::Controller;
use crate::control::ErrorHistory;
use crate::control::Verdict;

/// The next step size from the errors `ε` of this step and of the two before:
///
/// `h_{n+1} = h_n · safety · (ε_n^-β1 · ε_{n-1}^-β2 · ε_{n-2}^-β3)^(1/k)`, `k` being the power of `h` with which the
/// error falls, and the factor kept between `min_factor` and `max_factor`.
///
/// Source: Söderlind, *Digital filters in adaptive time-stepping*, ACM Trans. Math. Softw. 29 (2003) 1-26, section 3
/// and table 3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pid {
    /// The exponents, times the power of `h` with which the error falls; 0.7, -0.4 and 0 by default.
    pub beta: [f64; 3],
    /// How much shorter than the errors allow: below one, so that few steps are rejected; 0.9 by default.
    pub safety: f64,
    /// The most that a step shrinks; to 0.2 of its size by default.
    pub min_factor: f64,
    /// The most that a step grows; tenfold by default.
    pub max_factor: f64,
}

impl Pid {
    /// Control with any exponents: `Pid::new([1.0 / 18.0, 1.0 / 9.0, 1.0 / 18.0])` is Söderlind's H312PID filter.
    pub const fn new(beta: [f64; 3]) -> Self {
        Self { beta, safety: 0.9, min_factor: 0.2, max_factor: 10.0 }
    }

    /// Elementary control: the error of this step alone decides. Cheapest where the error falls evenly.
    pub const fn i() -> Self {
        Self::new([1.0, 0.0, 0.0])
    }

    /// Proportional-integral control, smoother where the step size meets the limit of stability; the default.
    ///
    /// Source: Gustafsson, ACM Trans. Math. Softw. 17 (1991) 533-554, section 4: exponents 0.7 and -0.4.
    pub const fn pi() -> Self {
        Self::new([0.7, -0.4, 0.0])
    }

    /// The control of Hairer's DOPRI5: exponents `1 - 0.75 · 0.2` and `-0.2` (his `beta` 0.04 times 5).
    ///
    /// Source: Hairer, Wanner, *Solving Ordinary Differential Equations II*, 2nd ed. (1996), section IV.2, eq. 2.43c.
    pub const fn hairer() -> Self {
        Self::new([0.85, -0.2, 0.0])
    }

    /// Söderlind's H312PID filter: smooth step sizes where the error estimate is rough.
    pub const fn h312pid() -> Self {
        Self::new([1.0 / 18.0, 1.0 / 9.0, 1.0 / 18.0])
    }
}

impl Default for Pid {
    fn default() -> Self {
        Self::pi()
    }
}

/// Errors below this are as good as none: the next step may grow as much as it may.
const SMALLEST: f64 = 1e-20;

impl Controller for Pid {
    #[inline]
    fn judge(&self, history: &mut ErrorHistory, attempt: Attempt) -> Verdict {
        let Attempt { error, h, exponent, .. } = attempt;
        // Not finite: how much too long the step was is not known, only that it was.
        if !error.is_finite() {
            history.rejected = true;
            return Verdict::Retry { factor: self.min_factor.min(0.1) };
        }
        let log_error = error.max(SMALLEST).ln();
        let scale = 1.0 / exponent;
        if error > 1.0 {
            history.rejected = true;
            // The errors before were small enough, and say nothing about why this one is not.
            let factor = self.safety * (-scale * log_error).exp();
            // Shorter in any case, also where the user's limit is nearer to one than ours.
            return Verdict::Retry { factor: factor.clamp(self.min_factor, f64::max(0.99, self.min_factor)) };
        }
        let [b1, b2, b3] = self.beta;
        let [before, long_before] = history.log_errors;
        let exponent = -scale * (b1 * log_error + b2 * before + b3 * long_before);
        let mut factor = (self.safety * exponent.exp()).clamp(self.min_factor, self.max_factor);
        // A step that was just found too long does not grow again at once (Hairer's DOPRI5).
        if history.rejected {
            factor = factor.min(1.0);
        }
        *history =
            ErrorHistory { log_errors: [log_error, before], steps: [h, history.steps[0]], rejected: false };
        Verdict::Accept { factor }
    }

    fn problem(&self) -> Option<String> {
        let Self { beta, safety, min_factor, max_factor } = *self;
        if !beta.iter().all(|b| b.is_finite()) || beta.iter().sum::<f64>() <= 0.0 {
            return Some(format!("has exponents {beta:?} that do not sum to a positive number"));
        }
        // Written so that NaN fails.
        let holds = 0.0 < safety && safety <= 1.0 && 0.0 < min_factor && min_factor < 1.0 && 1.0 < max_factor;
        (!holds).then(|| format!("has safety {safety}, min_factor {min_factor}, max_factor {max_factor}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Errors of the model `ε = φ h^k` settle at the fixed point of the formula, for every filter.
    #[test]
    fn every_filter_settles_where_safety_says() {
        for pid in [Pid::i(), Pid::pi(), Pid::hairer(), Pid::h312pid()] {
            let (mut history, mut h, exponent) = (ErrorHistory::EMPTY, 1.0, 5.0);
            let mut accepted = 0;
            for _ in 0..500 {
                let error = 1e3 * f64::powi(h, 5);
                match pid.judge(&mut history, Attempt::new(error, h, exponent)) {
                    Verdict::Accept { factor } => (h, accepted) = (h * factor, accepted + 1),
                    Verdict::Retry { factor } => h *= factor,
                }
            }
            // At the fixed point the factor is one: ln ε · Σβ = k ln(safety).
            let expected = (5.0 * 0.9_f64.ln() / pid.beta.iter().sum::<f64>()).exp();
            let error = 1e3 * h.powi(5);
            assert!((error / expected).ln().abs() < 1e-6, "{pid:?}: {error} and not {expected}");
            assert!(accepted > 450, "{pid:?} rejects: {accepted}");
        }
    }

    #[test]
    fn bad_errors_and_bad_settings_are_seen() {
        let attempt = |error| Attempt::new(error, 1.0, 5.0);
        for bad in [f64::NAN, f64::INFINITY] {
            assert_eq!(
                Pid::pi().judge(&mut ErrorHistory::EMPTY.clone(), attempt(bad)),
                Verdict::Retry { factor: 0.1 }
            );
        }
        assert_eq!(
            Pid::pi().judge(&mut ErrorHistory::EMPTY.clone(), attempt(0.0)),
            Verdict::Accept { factor: 10.0 }
        );
        // A limit on shrinking above the factor that a refused step shrinks by at least.
        let timid = Pid { min_factor: 0.995, ..Pid::pi() };
        assert_eq!(timid.problem(), None);
        assert_eq!(
            timid.judge(&mut ErrorHistory::EMPTY.clone(), attempt(2.0)),
            Verdict::Retry { factor: 0.995 }
        );
        assert_eq!(Pid::pi().problem(), None);
        assert!(Pid { safety: f64::NAN, ..Pid::pi() }.problem().is_some());
        assert!(Pid::new([0.0; 3]).problem().is_some());
    }
}
