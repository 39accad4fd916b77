//! Steps that end on events.

use crate::error::Error;
use crate::integrate::event::CrossingPoint;
use crate::integrate::integrator::Course;
use crate::integrate::integrator::verdict::Refusal;
use crate::problem::System;
use crate::real::Real;
use crate::stepper::At;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Stepper;

/// Newton's method for the end of a step on an event starts so near that two corrections are the rule.
const MOST_CORRECTIONS: usize = 5;

/// Behind so many it goes on with the secant.
const FEW_CORRECTIONS: usize = 2;

/// Where that does not find it, a bracket is halved so often.
const MOST_HALVINGS: usize = 80;

/// Times that differ by so many roundings of the times of the span are one.
pub(super) const SAME_TIME: f64 = 8.0;

/// What the steps up to the end of the span sum up of rounding: so many roundings of the time, and of the condition, or one
/// for each step if there are more.
const ROUNDINGS_AT_END: f64 = 256.0;

/// Where a step of another length ends: its length, and the condition there.
type End = (f64, f64);

impl<T: Real, F: System<T>> Course<'_, T, F> {
    /// How far apart two times are that count as the same.
    pub(super) fn resolution(&self) -> f64 {
        SAME_TIME * T::EPSILON * self.longest_time
    }

    /// Lets the step just taken end on the first crossing inside it; false where that step has a row out of the domain, so that
    /// a shorter one is to be attempted.
    // Inside the loop over steps its many values would drive the step's own out of registers.
    #[inline(never)]
    pub(super) fn ends_on_crossing(&mut self, stepper: &mut dyn Stepper<T, F>) -> Result<bool, Error> {
        self.meet_crossing(stepper)?;
        if self.watch.due.is_empty() || !self.row_leaves_domain(stepper) {
            return Ok(true);
        }
        self.watch.due.clear();
        self.stats.rejected += 1;
        self.h = self.shorter(stepper, 0.5, Refusal::Domain)?;
        stepper.reject(None);
        Ok(false)
    }

    /// Looks for crossings inside the step just taken; the step is then taken again so that it ends on the first.
    ///
    /// A crossing within rounding of the step's end is one at that end: of a stop, a given time, the end of the span.
    fn meet_crossing(&mut self, stepper: &mut dyn Stepper<T, F>) -> Result<(), Error> {
        let mut is_cut = false;
        // Where another condition has passed through zero at the cut as well, the interpolant of the shorter step tells
        // better than that of the whole one which was first. Each event can be found to come before the others once.
        for _ in 0..self.events.len() {
            let Some(point) = self.first_crossing(stepper) else { break };
            if !point.value.is_finite() {
                return Err(self.condition_not_finite(point));
            }
            let resolution = self.resolution() / self.interval.h.abs();
            let mut is_met = true;
            if 1.0 - point.theta > resolution {
                is_met = self.cut(stepper, point)?;
            } else if is_cut {
                break;
            }
            is_cut = true;
            let Self { watch, events, p, next, interval, .. } = self;
            let t = T::lit(interval.end);
            let gathered =
                watch.gather(point, resolution, &mut |event| events.condition(event, next, p, t).value());
            gathered.map_err(|point| self.condition_not_finite(point))?;
            if !is_met {
                self.watch.due.retain(|event| *event != point.event);
            }
            if self.watch.due.len() <= 1 {
                break;
            }
        }
        if !is_cut {
            self.gather_ahead();
        }
        if self.watch.due.is_empty() {
            self.watch.settle();
        }
        Ok(())
    }

    /// Makes those crossings due that lie after the end of the step, but within rounding of it.
    ///
    /// Behind the end of the span there is no other step to find them: there, all that the steps have summed up of rounding
    /// counts, of the clock and of the state.
    fn gather_ahead(&mut self) {
        let h = self.interval.h.abs();
        let part = (self.resolution() / h).min(1e-2);
        self.watch.gather_ahead(part);
        if self.interval.end != self.span.1 {
            return;
        }
        let roundings = ROUNDINGS_AT_END.max(self.stats.accepted as f64);
        let time = T::EPSILON * self.longest_time * roundings;
        for event in 0..self.events.len() {
            let Some((ahead, value)) = self.watch.ahead(event) else { continue };
            if ahead > 1e-2 || self.watch.due.contains(&event) {
                continue;
            }
            let noise = || roundings * self.rounding_of(event, &self.next, self.interval.end);
            if ahead * h <= time || value.abs() <= noise() {
                self.watch.due.push(event);
            }
        }
        self.watch.due.sort_unstable();
    }

    /// The first place in the step just taken where a condition crosses zero, or is not finite.
    fn first_crossing(&mut self, stepper: &mut dyn Stepper<T, F>) -> Option<CrossingPoint> {
        let Self { watch, events, f, p, u, next, inside, interval, .. } = self;
        let whole = *interval;
        let at = At { f: *f, p, interval: whole, u };
        stepper.prepare_dense(at, next);
        watch.first_crossing((whole.h.abs(), T::EPSILON), &mut |event, theta| {
            let t = T::lit(if theta == 1.0 { whole.end } else { whole.t + theta * whole.h });
            if theta == 1.0 {
                return events.condition(event, next, p, t).value();
            }
            stepper.interpolate(at, next, theta, inside);
            events.condition(event, inside, p, t).value()
        })
    }

    /// Takes a part of a step, of length `h`; returns the condition at its end, and whether it is that of a longer part: where
    /// the path of the noise does not tell times so close apart, the part is the shortest of which it does.
    fn take_part(
        &mut self,
        stepper: &mut dyn Stepper<T, F>,
        whole: Interval,
        event: usize,
        h: f64,
    ) -> Result<(f64, bool), Error> {
        let resolution = self.resolution();
        let Self { events, f, p, u, next, interval, clock, options, .. } = self;
        let mut longer = h;
        let why = loop {
            *interval = if longer == whole.h { whole } else { clock.part(longer) };
            let at = At { f: *f, p, interval: *interval, u };
            match stepper.step(at, &options.tolerances, next) {
                Ok(()) => {
                    let value = events.condition(event, next, p, T::lit(interval.end)).value();
                    return Ok((value, longer != h));
                }
                Err(Failure::Unresolved) if longer != whole.h => {
                    let doubled = f64::max(2.0 * longer.abs(), resolution).min(whole.h.abs());
                    longer = doubled.copysign(whole.h);
                }
                Err(why) => break why,
            }
        };
        Err(Error::NoStep { model: F::NAME, t: interval.t, dt: interval.h, why: why.to_string() })
    }

    /// Takes the step again so that it ends where a condition is zero; false where no step of the method ends on the other side,
    /// and the interpolant did for a moment alone: that is a touch within the error of the step, which ends there.
    fn cut(&mut self, stepper: &mut dyn Stepper<T, F>, point: CrossingPoint) -> Result<bool, Error> {
        let Self { events, f, p, u, next, inside, interval, .. } = self;
        let CrossingPoint { event, theta, side, .. } = point;
        let whole = *interval;
        let at = At { f: *f, p, interval: whole, u };
        // The slope of the condition over the step, for Newton's method.
        let reach = 1e-2 * theta.min(1.0 - theta);
        let mut condition = |theta: f64| {
            stepper.interpolate(at, next, theta, inside);
            events.condition(event, inside, p, T::lit(whole.t + theta * whole.h)).value()
        };
        let slope = (condition(theta + reach) - condition(theta - reach)) / (2.0 * reach * whole.h);
        // The nearest ends on either side of the event.
        let at_start = events.condition(event, u, p, T::lit(whole.t)).value();
        let at_end = events.condition(event, next, p, T::lit(whole.end)).value();
        let mut before = (at_start * side > 0.0).then_some((0.0, at_start));
        let mut behind = (at_end * side < 0.0).then_some((whole.h, at_end));
        // The step that ends on the root of the interpolant misses that of the method by the interpolant's error.
        let mut h = theta * whole.h;
        let mut last = (h, f64::NAN);
        for corrections in 0..=MOST_CORRECTIONS {
            let (residual, is_longer) = self.take_part(stepper, whole, event, h)?;
            let mut correction = residual / slope;
            if is_longer || self.is_settled(correction, residual) && slope * whole.h * side < 0.0 {
                return Ok(true);
            }
            *(if residual * side > 0.0 { &mut before } else { &mut behind }) = Some((h, residual));
            if corrections >= FEW_CORRECTIONS {
                // The interpolant of a method of low order has another slope than its steps have ends: the secant's.
                let secant = (residual - last.1) / (h - last.0);
                if (0.1..10.0).contains(&(secant / slope)) {
                    correction = residual / secant;
                }
            }
            last = (h, residual);
            h -= correction;
            let (first, end) = (before.map_or(0.0, |end| end.0), behind.map_or(whole.h, |end| end.0));
            let is_between = (h - first) * (end - h) > 0.0;
            if !is_between {
                break;
            }
        }
        // Near the start of a step its interpolant may be no better than rounding.
        h = last.0;
        while before.is_none() && h != 0.0 && h.abs() > 1e-3 * last.0.abs() {
            h *= 0.5;
            let (residual, is_longer) = self.take_part(stepper, whole, event, h)?;
            if is_longer {
                return Ok(true);
            }
            before = (residual * side > 0.0).then_some((h, residual));
        }
        match (before, behind) {
            (Some(before), Some(behind)) => {
                self.halve(stepper, (whole, event), before, behind)?;
                Ok(true)
            }
            // The steps of the method do not cross where its interpolant does.
            (before, _) => {
                self.take_part(stepper, whole, event, last.0)?;
                Ok(before.is_none())
            }
        }
    }

    /// Whether a step's end is where its event is, but for rounding.
    fn is_settled(&self, correction: f64, residual: f64) -> bool {
        let Interval { h, end, .. } = self.interval;
        let rounding = 2.0 * T::EPSILON * end.abs().max(h.abs());
        residual == 0.0 || correction.abs() <= rounding
    }

    /// Finds the end of a step between one that ends before an event and one that ends after: by secants, and by halves
    /// where these hardly help.
    #[cold]
    fn halve(
        &mut self,
        stepper: &mut dyn Stepper<T, F>,
        (whole, event): (Interval, usize),
        mut before: End,
        mut behind: End,
    ) -> Result<(), Error> {
        for round in 0..MOST_HALVINGS {
            let width = behind.0 - before.0;
            let secant = (behind.1 - before.1) / width;
            let crosses = before.0 - before.1 / secant;
            let is_inside = (crosses - before.0) * (behind.0 - crosses) > 0.0;
            let h = if round % 2 == 0 && is_inside { crosses } else { before.0 + 0.5 * width };
            let (residual, is_longer) = self.take_part(stepper, whole, event, h)?;
            if is_longer || self.is_settled(residual / secant, residual) || self.is_settled(width, residual) {
                break;
            }
            *(if residual * before.1 > 0.0 { &mut before } else { &mut behind }) = (h, residual);
        }
        Ok(())
    }
}
