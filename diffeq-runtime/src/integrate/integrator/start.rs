//! The start of a solve: the first slope, the first step size, the events there.

use crate::control::initial_step;
use crate::error::Error;
use crate::integrate::integrator::Course;
use crate::integrate::integrator::Observe;
use crate::integrate::integrator::failure::LOOK_FOR;
use crate::integrate::options::component;
use crate::integrate::refuse::refuse;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;
use crate::space::assign;
use crate::stepper::Facts;
use crate::stepper::Stepper;

impl<T: Real, F: System<T>> Course<'_, T, F> {
    /// The first slope, and the first step size.
    pub(super) fn start(
        &mut self,
        stepper: &mut dyn Stepper<T, F>,
        span: (f64, f64),
        facts: Facts,
    ) -> Result<(), Error> {
        self.begin_stepper(stepper)?;
        self.check_slope(stepper)?;
        self.h = self.first_h(stepper, span, facts)?;
        self.look_ahead();
        Ok(())
    }

    /// Starts the stepper where the solve is.
    pub(super) fn begin_stepper(&mut self, stepper: &mut dyn Stepper<T, F>) -> Result<(), Error> {
        let t = self.clock.from();
        let begun = stepper.begin(self.f, &self.p, t, &mut self.u, &self.options.tolerances);
        begun.map_err(|why| Error::NoStep { model: F::NAME, t, dt: 0.0, why: why.to_string() })
    }

    /// Refuses a derivative at the start that is not finite, or not as long as the state.
    fn check_slope(&self, stepper: &mut dyn Stepper<T, F>) -> Result<(), Error> {
        let t = self.clock.from();
        let Some(slope) = stepper.slope(self.f, &self.p, t, &self.u) else { return Ok(()) };
        let (expected, found) = (self.u.as_slice().len(), slope.as_slice().len());
        if found != expected {
            return Err(Error::Length { model: F::NAME, t, expected, found });
        }
        match slope.as_slice().iter().position(|x| x.zero_if_finite() != 0.0) {
            None => Ok(()),
            Some(i) => {
                let (component, value) = (component("du", &F::state_names(), i), slope.as_slice()[i].value());
                let cause = format!("`u0` and `p` are finite: {}", LOOK_FOR);
                Err(Error::NotFinite { model: F::NAME, t, dt: 0.0, component, value, cause })
            }
        }
    }

    fn first_h(
        &mut self,
        stepper: &mut dyn Stepper<T, F>,
        (t0, t1): (f64, f64),
        facts: Facts,
    ) -> Result<f64, Error> {
        let longest = self.options.dt_max.min((t1 - t0).abs());
        match (self.options.dt, self.exponent) {
            (Some(dt), None) if dt.abs() > self.options.dt_max => {
                let problem = format!("is {dt}, longer than dt_max = {}", self.options.dt_max);
                Err(refuse("dt", problem, "give steps of fixed size at most `dt_max`, or raise that"))
            }
            (Some(dt), _) => Ok(dt.abs().min(longest)),
            (None, None) => {
                let hint = "steps of fixed size need one: `.dt(0.01)`";
                Err(refuse("dt", format!("is missing for {} without error control", facts.name), hint))
            }
            (None, Some(exponent)) => {
                let Self { f, p, u, inside, .. } = self;
                let Some(slope) = stepper.slope(f, p, self.clock.from(), u) else {
                    // Where noise drives, steps grow slowly, and one that is too long is soon found to be.
                    let part = if F::ROUGH { 1e-2 } else { 1e-3 };
                    return Ok((part * longest).max(self.options.dt_min));
                };
                assign(inside, slope);
                let slope_at = |u: &F::State, t, out: &mut F::State| {
                    stepper.slope_at(f, p, t, u, out);
                };
                let (tolerances, direction) = (&self.options.tolerances, self.clock.direction());
                let h = initial_step((u, t0), inside, slope_at, direction, exponent, tolerances, longest);
                Ok(h.max(self.options.dt_min))
            }
        }
    }

    pub(super) fn begin(
        &mut self,
        stepper: &mut dyn Stepper<T, F>,
        observe: &mut Observe<'_, F::State, F::Params>,
    ) -> Result<(), Error> {
        let t = self.clock.t();
        let looked = self.watch.look(t, |_| 0.0);
        looked.map_err(|point| self.condition_not_finite(point))?;
        self.events_take_place(stepper, None, observe)?;
        self.look_ahead();
        if self.watch.has_crossings() {
            // None is stuck, since none has arrived.
            let _ = self.take_stances(stepper);
        }
        Ok(())
    }
}
