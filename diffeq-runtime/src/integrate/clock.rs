//! Time: where the solve is, and the stops that steps must end on.

use std::sync::Arc;

use crate::integrate::ceiling::Ceiling;
use crate::integrate::rhythm::Rhythm;
use crate::stepper::Interval;

/// The time of a solve, without drift.
///
/// The sum of the steps is carried in twice the precision, so that a million steps of 0.1 end where they should; a
/// stop is reached exactly, by a step that ends on it.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    t: f64,
    /// What `t` lacks of the sum of all steps.
    low: f64,
    /// 1 forwards in time, -1 backwards.
    direction: f64,
    /// Where steps must end, in the order in which they come; the last is the end of the span.
    stops: Vec<f64>,
    /// The next of them.
    next: usize,
    /// Where steps must end as well; none comes after the end of the span.
    rhythms: Vec<Rhythm>,
    /// A stop that was found on the way, and may change with every step.
    limit: Option<f64>,
    /// The next of all these.
    stop: f64,
    /// What holds steps down, and which of its stretches comes next.
    ceiling: Option<(Arc<Ceiling>, usize)>,
    /// The times that a model is asked for where the solve is, and at the next stop: just after the one and just before
    /// the other, where these are stops.
    from: f64,
    to: f64,
    /// How the time just beside a stop is found.
    beside: Beside,
}

/// The distance from a stop at which a model is asked for its slope there.
///
/// It is some roundings of the time, so that conditions such as `t < 0.3` and `(t / 0.1).floor()` are clear of their own
/// roundings, and no larger than what stage times are rounded by anyway.
#[derive(Debug, Clone, Copy)]
struct Beside {
    direction: f64,
    /// Relative to the time.
    relative: f64,
    /// Beside zero.
    least: f64,
    /// Whether the end of the span is a stop that was asked for.
    at_end: bool,
}

/// How many roundings of the time that is.
const ROUNDINGS: f64 = 4.0;

impl Beside {
    fn distance(&self, t: f64) -> f64 {
        self.direction * (self.relative * t.abs()).max(self.least)
    }
}

/// A step that misses a stop by less than this part of itself ends on it instead.
const STRETCH: f64 = 1e-9;

impl Clock {
    /// A clock at the start of a span, with stops inside.
    ///
    /// `rounding` is the relative rounding of the times that a model sees.
    pub fn new(span: (f64, f64), mut stops: Vec<f64>, rhythms: Vec<Rhythm>, rounding: f64) -> Self {
        let (t, end) = span;
        let direction = if end >= t { 1.0 } else { -1.0 };
        let (at_start, at_end) = (stops.contains(&t), stops.contains(&end));
        let least = ROUNDINGS * rounding * rounding * f64::max(t.abs(), end.abs());
        let beside = Beside { direction, relative: ROUNDINGS * rounding, least, at_end };
        stops.retain(|stop| (stop - t) * direction > 0.0 && (end - stop) * direction > 0.0);
        stops.push(end);
        stops.sort_by(|a, b| (a * direction).total_cmp(&(b * direction)));
        stops.dedup();
        let from = if at_start { t + beside.distance(t) } else { t };
        let (stop, to) = (end, end);
        let mut clock = Self {
            t,
            low: 0.0,
            direction,
            stops,
            next: 0,
            rhythms,
            limit: None,
            stop,
            from,
            to,
            beside,
            ceiling: None,
        };
        clock.aim();
        clock
    }

    /// Finds the next stop.
    fn aim(&mut self) {
        self.stop = self.soonest();
        let is_plain_end = !self.beside.at_end && self.stops.last() == Some(&self.stop);
        self.to = if is_plain_end { self.stop } else { self.stop - self.beside.distance(self.stop) };
    }

    /// The time that a model is asked for here: just after a stop.
    pub fn from(&self) -> f64 {
        self.from
    }

    /// Where the solve is turns out to be a stop: from here on a model is asked just after it.
    pub fn stand_on_stop(&mut self) {
        if self.remains() {
            self.from = self.t + self.beside.distance(self.t);
        }
    }

    /// The next stop; after the end of the span, that end.
    fn soonest(&self) -> f64 {
        let listed = self.stops[self.next.min(self.stops.len() - 1)];
        let rhythms = self.rhythms.iter().filter_map(Rhythm::next).chain(self.limit);
        rhythms.fold(listed, |stop, t| if (t - stop) * self.direction < 0.0 { t } else { stop })
    }

    pub fn t(&self) -> f64 {
        self.t
    }

    pub fn direction(&self) -> f64 {
        self.direction
    }

    pub fn remains(&self) -> bool {
        self.next < self.stops.len()
    }

    /// From now on steps are no longer than this.
    pub fn hold_down(&mut self, ceiling: Arc<Ceiling>) {
        self.ceiling = Some((ceiling, 0));
    }

    /// The step of at most length `h` (without sign), which ends on the next stop or before.
    #[inline]
    pub fn interval(&self, h: f64) -> Interval {
        if self.ceiling.is_none() {
            return self.free(h);
        }
        let (h, end) = self.held_down(h);
        if end.is_nan() {
            return self.free(h);
        }
        Interval { from: self.from, ..Interval::ending(self.t, h, end) }
    }

    /// The length of a step under the ceiling, and where it ends; NaN where that is for the next stop to say, and the length is
    /// without sign.
    ///
    /// Two numbers, since these are returned in registers: an interval that a call writes lies in memory, on the hot path as well,
    /// and what is written there number by number and read as a whole makes the processor wait.
    #[cold]
    #[inline(never)]
    fn held_down(&self, h: f64) -> (f64, f64) {
        let Some(stretch) = self.ceiling.as_ref().and_then(|(ceiling, next)| ceiling.stretches.get(*next))
        else {
            return (h, f64::NAN);
        };
        let reach = ((stretch.reach - self.t) - self.low) * self.direction;
        if stretch.longest.min(h) >= reach && (self.stop - stretch.reach) * self.direction > 0.0 {
            return (reach * self.direction, stretch.reach);
        }
        let h = f64::min(h, stretch.longest);
        let remaining = (stretch.end - self.t) - self.low;
        let reaches = self.free(h).h.abs() * (1.0 + STRETCH) >= remaining.abs();
        let comes_first = (self.stop - stretch.end) * self.direction > 0.0;
        if reaches && stretch.ends_a_step && comes_first { (remaining, stretch.end) } else { (h, f64::NAN) }
    }

    #[inline]
    fn free(&self, h: f64) -> Interval {
        let stop = self.stop;
        let remaining = (stop - self.t) - self.low;
        if h * (1.0 + STRETCH) >= remaining.abs() {
            // Between stops that rounding hardly tells apart there is no room.
            let sided =
                Interval { from: self.from, to: self.to, ..Interval::ending(self.t, remaining, stop) };
            let is_wide = (self.to - self.from) * self.direction > 0.5 * remaining.abs();
            return if is_wide { sided } else { Interval { to: stop, ..sided } };
        }
        let h = h * self.direction;
        Interval { from: self.from, ..Interval::ending(self.t, h, self.sum(h).0) }
    }

    /// How many steps of length `h` (without sign) end before the next stop and before a time, for sure: one or two less than do.
    pub fn steps_before(&self, time: f64, h: f64) -> usize {
        if self.ceiling.is_some() {
            return 0;
        }
        let nearest = if (time - self.stop) * self.direction < 0.0 { time } else { self.stop };
        // Zero where that is less, or no number.
        ((nearest - self.t) * self.direction / h - 2.0) as usize
    }

    /// The [`interval`](Self::interval) of a step of length `h` that is one of these, and what its end lacks of the sum of all steps.
    #[inline(always)]
    pub fn plain(&self, h: f64) -> (Interval, f64) {
        let h = h * self.direction;
        let (end, low) = self.sum(h);
        (Interval { from: self.from, ..Interval::ending(self.t, h, end) }, low)
    }

    /// Moves to the end of such a step.
    #[inline(always)]
    pub fn follow(&mut self, (interval, low): (Interval, f64)) {
        (self.t, self.low, self.from) = (interval.end, low, interval.end);
    }

    /// The part of a step of length `h` (with sign) that ends at `t + h`, inside a step that was found too long.
    pub fn part(&self, h: f64) -> Interval {
        Interval { from: self.from, ..Interval::ending(self.t, h, self.sum(h).0) }
    }

    /// Moves to the end of a step.
    #[inline(always)]
    pub fn advance(&mut self, interval: Interval) {
        if interval.end == self.stop && self.remains() {
            self.pass();
        } else {
            (self.t, self.low) = self.sum(interval.h);
            self.from = self.t;
        }
        if let Some((ceiling, next)) = &mut self.ceiling {
            ceiling.advance(next, interval.end, self.direction);
        }
    }

    /// Moves to the next stop, and aims at the one after it.
    #[inline(never)]
    fn pass(&mut self) {
        (self.t, self.low) = (self.stop, 0.0);
        self.next += usize::from(self.stops[self.next] == self.stop);
        for rhythm in &mut self.rhythms {
            rhythm.pass(self.stop);
        }
        self.limit = self.limit.filter(|limit| *limit != self.stop);
        // Behind the end of the span a model is not asked.
        self.from = self.t + if self.remains() { self.beside.distance(self.t) } else { 0.0 };
        self.aim();
    }

    /// The next step ends here at the latest, and exactly if it comes so far; none of those set before counts any more.
    pub fn limit(&mut self, limit: Option<f64>) {
        if self.remains() {
            self.limit = limit;
            self.aim();
        }
    }

    /// Ends the solve here.
    pub fn stop(&mut self) {
        self.next = self.stops.len();
    }

    /// The time after a step of length `h`, and what it lacks (Knuth's two-sum).
    #[inline]
    fn sum(&self, h: f64) -> (f64, f64) {
        let h = h + self.low;
        let sum = self.t + h;
        let of_h = sum - self.t;
        (sum, (self.t - (sum - of_h)) + (h - of_h))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plain sum of a million tenths is off by 1e-6.
    #[test]
    fn a_million_tenths_do_not_drift() {
        let mut clock = Clock::new((0.0, 1e6), vec![], vec![], f64::EPSILON);
        for n in 1..=1_000_000 {
            let interval = clock.interval(0.1);
            clock.advance(interval);
            // The tenth itself is off by 5.6e-18, a million of them by half a unit in the last place of 1e5.
            assert!((clock.t() - n as f64 / 10.0).abs() <= 1.5e-11, "{n}: {}", clock.t());
        }
    }

    #[test]
    fn stops_are_met_exactly_in_either_direction() {
        for (span, stops) in [((0.0, 1.0), vec![0.7, 0.3, 0.3, 2.0]), ((1.0, 0.0), vec![0.3, -1.0, 0.7, 1.0])]
        {
            let mut clock = Clock::new(span, stops, vec![], f64::EPSILON);
            let mut ends = vec![];
            while clock.remains() {
                let interval = clock.interval(0.2);
                clock.advance(interval);
                ends.push(clock.t());
            }
            for stop in [0.3, 0.7, span.1] {
                assert!(ends.contains(&stop), "{ends:?}");
            }
            assert_eq!(ends.len(), 6);
        }
    }
}
