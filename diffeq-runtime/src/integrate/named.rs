//! A model as errors speak of it: what refuses its numbers is compiled once for a kind of number, and not for each model.

use crate::error::Error;
use crate::problem::Model;
use crate::problem::check_lengths;
use crate::real::Real;
use crate::real::first_not_finite;

/// What a model is called, and what its numbers are.
#[derive(Clone, Copy)]
pub(super) struct Named {
    pub model: &'static str,
    pub states: fn() -> Vec<String>,
    pub params: fn() -> Vec<String>,
    /// Refuses a state and parameters of lengths that the model is not written for.
    check_lengths: fn((&'static str, usize), usize) -> Result<(), Error>,
}

impl Named {
    pub const fn of<F: Model>() -> Self {
        Self {
            model: F::NAME,
            states: F::state_names,
            params: F::param_names,
            check_lengths: check_lengths::<F>,
        }
    }

    /// Refuses an initial state and parameters that are not of the model's lengths, or not finite.
    pub fn check<T: Real>(self, u0: &[T], p: &[T], t: f64) -> Result<(), Error> {
        (self.check_lengths)(("u0", u0.len()), p.len())?;
        let look_at = [
            "it came in with `u0`: look at where the initial state is computed",
            "it came in with the parameters: look at where `p` is computed, or read from",
        ];
        for ((what, names, values), cause) in
            [("u", self.states, u0), ("p", self.params, p)].into_iter().zip(look_at)
        {
            if let Some(i) = first_not_finite(values) {
                let (component, value, cause) =
                    (component(what, &names(), i), values[i].value(), cause.to_string());
                return Err(Error::NotFinite { model: self.model, t, dt: 0.0, component, value, cause });
            }
        }
        Ok(())
    }

    /// Refuses a slope at the start that is not as long as the state, or not finite.
    pub fn check_slope<T: Real>(self, slope: &[T], expected: usize, t: f64) -> Result<(), Error> {
        let (model, found) = (self.model, slope.len());
        if found != expected {
            return Err(Error::Length { model, t, expected, found });
        }
        let Some(i) = first_not_finite(slope) else { return Ok(()) };
        let (component, value) = (component("du", &(self.states)(), i), slope[i].value());
        let cause = format!("`u0` and `p` are finite: {LOOK_FOR}");
        Err(Error::NotFinite { model, t, dt: 0.0, component, value, cause })
    }

    /// Refuses what an event at `t`, behind a step of `dt`, left of state and parameters if it is not finite, or not as long as before.
    pub fn check_affect<T: Real>(
        self,
        (event, t, dt): (usize, f64, f64),
        [u_before, u]: [&[T]; 2],
        [p_before, p]: [&[T]; 2],
    ) -> Result<(), Error> {
        let model = self.model;
        for (before, after) in [(u_before, u), (p_before, p)] {
            let (expected, found) = (before.len(), after.len());
            if expected != found {
                return Err(Error::Length { model, t, expected, found });
            }
        }
        for (what, names, values) in [("u", self.states, u), ("p", self.params, p)] {
            if let Some(i) = first_not_finite(values) {
                let component = format!("{} after event {event}", component(what, &names(), i));
                let (value, cause) =
                    (values[i].value(), "look for what the event's effect computes".to_string());
                return Err(Error::NotFinite { model, t, dt, component, value, cause });
            }
        }
        Ok(())
    }

    /// The error for a step from `t` whose end is not finite, or whose derivatives are not, out of the state at its end and the slope
    /// there; `growth` says of a component, or of none, whether it grows without bound.
    pub fn not_finite_step<T: Real>(
        self,
        (t, dt): (f64, f64),
        expected: usize,
        (next, slope): (&[T], &[T]),
        growth: &mut dyn FnMut(Option<usize>) -> Option<String>,
    ) -> Error {
        let model = self.model;
        for found in [slope.len(), next.len()] {
            if found != expected {
                return Error::Length { model, t, expected, found };
            }
        }
        let cause = |growth: Option<String>| growth.unwrap_or_else(|| LOOK_FOR.to_string());
        // The state before the derivative: a derivative of a state that is not finite says nothing.
        for (what, values) in [("u", next), ("du", slope)] {
            if let Some(i) = first_not_finite(values) {
                let (component, value) = (component(what, &(self.states)(), i), values[i].value());
                return Error::NotFinite { model, t, dt, component, value, cause: cause(growth(Some(i))) };
            }
        }
        let component = "du inside the step".to_string();
        Error::NotFinite { model, t, dt, component, value: f64::NAN, cause: cause(growth(None)) }
    }
}

/// What makes a derivative infinite or NaN.
const LOOK_FOR: &str = "look for a division by zero, a root or logarithm of a negative number, or a component of `du` \
     that is never assigned; `is_out_of_domain` keeps steps away from states in which there is no derivative";

/// How a component is called: by its name if the model knows it, and by its index.
pub(super) fn component(what: &str, names: &[String], i: usize) -> String {
    match names.get(i) {
        Some(name) => format!("{what}[{i}] (`{name}`)"),
        None => format!("{what}[{i}]"),
    }
}
