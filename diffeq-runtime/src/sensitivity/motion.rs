//! How the steps of a solve move with its span.
//!
//! The step sizes that the error control chose count as constants. The start of the solve is `t0`, so that steps move
//! with it, up to the first one that ends on a stop: the end of the span, a `tstops`, the given time of an event. Such
//! a step changes its length, and what follows it moves as the stop does.

use crate::error::Error;
use crate::integrate::EventSet;
use crate::integrate::Grid;
use crate::integrate::Options;
use crate::integrate::Trigger;
use crate::problem::Rhs;
use crate::real::Real;
use crate::sensitivity::step::Motion;
use crate::sensitivity::step::StepMotion;
use crate::stepper::Interval;

/// The times that steps end on by intention.
#[derive(Debug, Clone)]
pub(super) struct Stops {
    span: (f64, f64),
    /// Stops that do not move, in ascending order.
    fixed: Vec<f64>,
    /// Periods counted from the start.
    periods: Vec<f64>,
}

impl Stops {
    pub fn new<T: Real, F: Rhs<T>, E: EventSet<T, F>>(
        span: (f64, f64),
        options: &Options,
        events: &E,
    ) -> Self {
        let mut fixed = options.tstops.clone();
        let mut periods = Vec::new();
        for i in 0..events.len() {
            match events.trigger(i) {
                Trigger::Times(times) => fixed.extend_from_slice(times),
                Trigger::Period(period) => periods.push(period),
                Trigger::Crossing(_) | Trigger::Step | Trigger::Next => {}
            }
        }
        fixed.sort_by(f64::total_cmp);
        Self { span, fixed, periods }
    }

    /// How the stop at `t` moves; `None` where `t` is none.
    fn motion(&self, t: f64) -> Option<Motion> {
        let (t0, t1) = self.span;
        if t == t1 {
            return Some([0.0, 1.0]);
        }
        let at = self.fixed.partition_point(|stop| *stop < t);
        if self.fixed.get(at) == Some(&t) {
            return Some([0.0, 0.0]);
        }
        let is_multiple = |period: &f64| {
            let period = period.copysign(t1 - t0);
            t == t0 + period * ((t - t0) / period).round()
        };
        self.periods.iter().any(is_multiple).then_some([1.0, 0.0])
    }
}

/// How the rows of a solution move with the span.
#[derive(Debug, Clone)]
pub(super) struct RowMotions {
    span: (f64, f64),
    grid: Option<Grid>,
    /// The times of the grid, where the ends of steps are saved as well.
    times: Option<Vec<f64>>,
}

impl RowMotions {
    pub fn new(span: (f64, f64), options: &Options) -> Result<Self, Error> {
        let grid = options.save_at.clone();
        let times = match &grid {
            Some(grid) if options.save_every_step == Some(true) => Some(grid.times(span)?),
            _ => None,
        };
        Ok(Self { span, grid, times })
    }

    /// A row inside a step, at the time `t`.
    pub fn inside(&self, t: f64) -> Motion {
        self.grid.as_ref().map_or([0.0; 2], |grid| grid.motion(t, self.span))
    }

    /// A row at the end of a step, at the time `t`, which moves by `end`.
    pub fn end(&self, t: f64, end: Motion) -> Motion {
        let is_of_grid = self.grid.is_some() && self.times.as_ref().is_none_or(|times| times.contains(&t));
        if t == self.span.1 || !is_of_grid { end } else { self.inside(t) }
    }

    /// Whether rows of a step move with it, all of them.
    pub fn follow(&self, interval: Interval, motion: StepMotion) -> bool {
        !motion.stretches() && [interval.t, interval.end].iter().all(|t| self.inside(*t) == motion.start)
    }
}

/// The motion of every step, kept as the steps that end on a stop.
#[derive(Debug, Clone)]
pub(super) struct Motions {
    stops: Stops,
    /// Steps that end on a stop, and how it moves.
    pinned: Vec<(usize, Motion)>,
}

impl Motions {
    pub fn new(stops: Stops) -> Self {
        Self { stops, pinned: Vec::new() }
    }

    /// Takes note of a step; to be called for steps 0, 1, 2, … in order.
    #[inline]
    pub fn record(&mut self, step: usize, end: f64) -> StepMotion {
        let start = self.pinned.last().map_or([1.0, 0.0], |(_, motion)| *motion);
        match self.stops.motion(end) {
            Some(motion) => {
                self.pinned.push((step, motion));
                StepMotion { start, length: [motion[0] - start[0], motion[1] - start[1]] }
            }
            None => StepMotion { start, length: [0.0; 2] },
        }
    }

    /// The motion of a step that was recorded.
    pub fn of(&self, step: usize) -> StepMotion {
        let before = self.pinned.partition_point(|(pinned, _)| *pinned < step);
        let start = before.checked_sub(1).map_or([1.0, 0.0], |i| self.pinned[i].1);
        let length = match self.pinned.get(before) {
            Some((pinned, motion)) if *pinned == step => [motion[0] - start[0], motion[1] - start[1]],
            _ => [0.0; 2],
        };
        StepMotion { start, length }
    }
}
