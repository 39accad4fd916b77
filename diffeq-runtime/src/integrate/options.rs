//! What a user may set, and what is refused.

use std::sync::Arc;

use crate::control::Controller;
use crate::control::Pid;
use crate::error::Error;
use crate::error::figure;
use crate::integrate::Grid;
use crate::integrate::named::Named;
use crate::integrate::refuse::refuse;
use crate::real::Real;
use crate::space::Tolerance;
use crate::space::Tolerances;

/// How to solve and what to keep. All times and step sizes are in the units of the span.
#[derive(Debug, Clone)]
pub struct Options {
    /// How large the error of a step may be; by default 1e-6 of the component and 1e-9.
    pub tolerances: Tolerances,
    /// The first step size, or the only one under [`Fixed`](crate::control::Fixed) control; chosen from the problem
    /// where it is `None`, the default.
    pub dt: Option<f64>,
    /// A step that would have to be shorter is an error; by default 0, where only steps that the clock can't tell are too
    /// short.
    pub dt_min: f64,
    /// No step is longer; by default infinite, which leaves it to the span.
    pub dt_max: f64,
    /// No more steps are tried, refused ones included; a million by default.
    pub max_steps: usize,
    /// How the error steers the step size; [`Pid::pi`] by default.
    pub controller: Arc<dyn Controller>,
    /// Times to save at, whatever the steps; `None` by default.
    pub save_at: Option<Grid>,
    /// Whether the start is saved; by default if every step is, or if the grid says so.
    pub save_start: Option<bool>,
    /// Whether the end of every step is saved; by default if there is no `save_at`.
    pub save_every_step: Option<bool>,
    /// Which components are saved; all of them where it is `None`, the default.
    pub save_idxs: Option<Vec<usize>>,
    /// Whether the solution can be asked for its value at any time; `false` by default.
    pub dense: bool,
    /// Times that steps must end on, such as jumps of the right-hand side, see [`Solver::tstops`]; none by default.
    ///
    /// [`Solver::tstops`]: crate::integrate::Solver::tstops
    pub tstops: Vec<f64>,
    /// How large the error of a derivative may be, in relative tolerances: see
    /// [`derivative_tolerance`](crate::integrate::Solver::derivative_tolerance). `None`: it is not looked at. 100 by
    /// default.
    pub derivative_tolerance: Option<f64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tolerances: Tolerances { relative: 1e-6.into(), absolute: 1e-9.into() },
            dt: None,
            dt_min: 0.0,
            dt_max: f64::INFINITY,
            max_steps: 1_000_000,
            controller: Arc::new(Pid::default()),
            save_at: None,
            save_start: None,
            save_every_step: None,
            save_idxs: None,
            dense: false,
            tstops: Vec::new(),
            derivative_tolerance: Some(100.0),
        }
    }
}

/// Whether a time lies in a span, its ends included; NaN does not.
pub(super) fn within(t: f64, (t0, t1): (f64, f64)) -> bool {
    f64::min(t0, t1) <= t && t <= f64::max(t0, t1)
}

impl Options {
    /// Whether two solves with steps of one size, of the same span, take the same steps and keep the same.
    pub(super) fn step_alike(&self, other: &Self) -> bool {
        // All of them are named: none that is added is forgotten here.
        let Self {
            tolerances,
            dt,
            dt_min,
            dt_max,
            max_steps,
            controller: _,
            save_at,
            save_start,
            save_every_step,
            save_idxs,
            dense,
            tstops,
            derivative_tolerance,
        } = self;
        *tolerances == other.tolerances
            && *dt == other.dt
            && *dt_min == other.dt_min
            && *dt_max == other.dt_max
            && *max_steps == other.max_steps
            && *save_at == other.save_at
            && *save_start == other.save_start
            && *save_every_step == other.save_every_step
            && *save_idxs == other.save_idxs
            && *dense == other.dense
            && *tstops == other.tstops
            && *derivative_tolerance == other.derivative_tolerance
    }

    /// Refuses what makes no sense for a problem.
    pub(super) fn check<T: Real>(
        &self,
        named: Named,
        (u0, p): (&[T], &[T]),
        span: (f64, f64),
    ) -> Result<(), Error> {
        check_span(span)?;
        named.check(u0, p, span.0)?;
        let n = u0.len();
        self.check_tolerances::<T>(n)?;
        self.check_steps(span)?;
        if let Some(problem) = self.controller.problem() {
            return Err(refuse(
                "controller",
                problem,
                "start from `Pid::pi()` and change one setting at a time",
            ));
        }
        if let Some(idxs) = &self.save_idxs {
            if idxs.is_empty() {
                return Err(refuse("save_idxs", "is empty", "name at least one component, or leave it out"));
            }
            if let Some(i) = idxs.iter().find(|i| **i >= n) {
                let problem = format!("names component {i} of a state that has {n}");
                return Err(refuse("save_idxs", problem, "components count from zero"));
            }
        }
        let (t0, t1) = span;
        match self.tstops.iter().find(|t| !within(**t, span)) {
            Some(&t) => {
                Err(Error::Time { what: "the stop", t, t0, t1, hint: "give `tstops` inside the span" })
            }
            None => Ok(()),
        }
    }

    fn check_tolerances<T: Real>(&self, n: usize) -> Result<(), Error> {
        let Tolerances { relative, absolute } = &self.tolerances;
        for (option, tolerance) in [("rtol", relative), ("atol", absolute)] {
            if let Tolerance::Components(each) = tolerance
                && each.len() != n
            {
                let problem = format!("has {} entries for a state of {n} components", each.len());
                return Err(refuse(option, problem, "give one tolerance for all components or one for each"));
            }
        }
        for i in 0..n.max(1) {
            // Without a component there is still a scalar to look at.
            let (rtol, atol) = (relative.get(i), absolute.get(i));
            for (option, value) in [("rtol", rtol), ("atol", atol)] {
                if n > 0 && !(value >= 0.0 && value.is_finite()) {
                    let problem = format!("is {} for component {i}", figure(value));
                    return Err(refuse(option, problem, "a tolerance is a finite number, not below zero"));
                }
            }
            if rtol == 0.0 && atol == 0.0 {
                let problem = format!("and `atol` are both zero for component {i}");
                return Err(refuse("rtol", problem, "no step has no error: give at least one of them"));
            }
            let smallest = 2.0 * T::EPSILON;
            if rtol > 0.0 && rtol < smallest {
                let problem = format!("is {rtol:e}, below what the number type can hold ({smallest:.1e})");
                return Err(refuse("rtol", problem, "loosen it, or solve in `f64`"));
            }
        }
        Ok(())
    }

    fn check_steps(&self, (t0, t1): (f64, f64)) -> Result<(), Error> {
        let Self { dt, dt_min, dt_max, max_steps, .. } = self;
        if let Some(dt) = dt {
            if !dt.is_finite() || *dt == 0.0 {
                return Err(refuse(
                    "dt",
                    format!("is {}", figure(dt)),
                    "a step size is a finite number, not zero",
                ));
            }
            if dt.signum() != (t1 - t0).signum() {
                let problem = format!("is {}, against the span ({}, {})", figure(dt), figure(t0), figure(t1));
                return Err(refuse("dt", problem, "give it the sign of `t1 - t0`"));
            }
            if dt.abs() < *dt_min {
                let problem = format!("is {}, shorter than dt_min = {}", figure(dt), figure(dt_min));
                return Err(refuse("dt", problem, "give a step of at least `dt_min`, or lower that"));
            }
        }
        if !(*dt_min >= 0.0 && dt_min.is_finite()) {
            return Err(refuse("dt_min", format!("is {}", figure(dt_min)), "give a length, not below zero"));
        }
        if !(*dt_max > 0.0 && dt_max >= dt_min) {
            let problem = format!("is {} with dt_min = {}", figure(dt_max), figure(dt_min));
            return Err(refuse("dt_max", problem, "give a length above zero and above `dt_min`"));
        }
        if let Some(factor) = self.derivative_tolerance
            && !(factor > 0.0 && factor.is_finite())
        {
            let hint = "give a number above zero, or none for derivatives that nothing checks";
            return Err(refuse("derivative_tolerance", format!("is {}", figure(factor)), hint));
        }
        if *max_steps == 0 {
            return Err(refuse("max_steps", "is zero", "a solve takes at least one step"));
        }
        Ok(())
    }
}

/// Refuses spans that are not finite, or have no length.
fn check_span((t0, t1): (f64, f64)) -> Result<(), Error> {
    if !(t0.is_finite() && t1.is_finite() && (t1 - t0).is_finite()) {
        return Err(refuse("span", format!("is ({}, {})", figure(t0), figure(t1)), "give finite times"));
    }
    if t0 == t1 {
        let problem = format!("is ({}, {}), of length zero", figure(t0), figure(t1));
        return Err(refuse("span", problem, "the solution there is `u0`: give an end other than the start"));
    }
    Ok(())
}

/// A span of fewer roundings of the time than this leaves no room for steps and their stages.
const LEAST_ROUNDINGS: f64 = 100.0;

/// Refuses spans inside which the times that a right-hand side sees are hardly told apart.
///
/// The clock is `f64` and precise, but a model gets the time as its scalar. Only for the spans that users give: a piece
/// of the way back between two events may be short.
pub(super) fn check_resolution<T: Real>((t0, t1): (f64, f64)) -> Result<(), Error> {
    let rounding = T::EPSILON * f64::max(t0.abs(), t1.abs());
    // A span that is empty or not finite has a reason of its own.
    if t0 != t1 && (t1 - t0).abs() < LEAST_ROUNDINGS * rounding {
        let problem = format!(
            "is ({}, {}), where the number type tells times {rounding:.1e} apart",
            figure(t0),
            figure(t1)
        );
        let hint = "shift the time so that it begins near zero, or solve in a wider number type";
        return Err(refuse("span", problem, hint));
    }
    Ok(())
}

/// Refuses a step of fixed size that is longer than the span: as [`check_resolution`], for the spans that users give.
pub(super) fn check_fixed(dt: Option<f64>, is_fixed: bool, (t0, t1): (f64, f64)) -> Result<(), Error> {
    match dt {
        // A whole number of steps fills a span but for rounding.
        Some(dt) if is_fixed && dt.abs() * (1.0 - 4.0 * f64::EPSILON) > (t1 - t0).abs() && t0 != t1 => {
            let problem = format!("is {}, longer than the span ({}, {})", figure(dt), figure(t0), figure(t1));
            Err(refuse("dt", problem, "give steps of fixed size that fit into the span"))
        }
        _ => Ok(()),
    }
}

/// Refuses tolerances that a method has no use for.
pub(super) fn check_use(asks_for_tolerances: bool, uses_tolerances: bool, name: &str) -> Result<(), Error> {
    if asks_for_tolerances && !uses_tolerances {
        let hint = "choose a method with one, wrap this one in `Halved`, or give a step size alone; a backward solve has \
                    tolerances of its own";
        let problem = format!("are given to {name}, which has no error estimate to hold against them");
        return Err(refuse("tolerances", problem, hint));
    }
    Ok(())
}
