//! How long steps may be, stretch by stretch of the span.

use crate::stepper::Interval;

/// A part of the span, with the longest step inside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stretch {
    /// Where it ends.
    pub end: f64,
    /// The longest step, without sign.
    pub longest: f64,
    /// The time that no step from inside may pass.
    pub reach: f64,
    /// Whether a step must end where it ends. Not where an event may move.
    pub ends_a_step: bool,
}

/// The stretches of a span in the order in which a solve comes to them.
///
/// A solve that is done again for its derivative takes steps that end where those of before did, and others between.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ceiling {
    pub stretches: Vec<Stretch>,
}

/// By how much the longest step may differ from one stretch to the next.
const UNEVEN: f64 = 10.0;

impl Ceiling {
    /// One that rises and falls slowly: a step that seemed good by chance between others is held down with them.
    pub fn even(mut stretches: Vec<Stretch>) -> Self {
        for i in 1..stretches.len() {
            stretches[i].longest = stretches[i].longest.min(UNEVEN * stretches[i - 1].longest);
        }
        for i in (1..stretches.len()).rev() {
            stretches[i - 1].longest = stretches[i - 1].longest.min(UNEVEN * stretches[i].longest);
        }
        Self { stretches }
    }

    /// Steps of a solve, each in so many parts; `moves` says where an event may move the end of one.
    pub fn divided(steps: &[Interval], parts: f64, shortest: f64, moves: &dyn Fn(usize) -> bool) -> Self {
        let stretch = |(n, step): (usize, &Interval)| Stretch {
            end: step.end,
            longest: f64::max(step.h.abs() / parts, shortest),
            reach: f64::INFINITY.copysign(step.h),
            ends_a_step: !moves(n),
        };
        Self { stretches: steps.iter().enumerate().map(stretch).collect() }
    }

    /// Whether it holds nothing down: a solve under it is the same again, to be looked at.
    pub fn is_idle(&self) -> bool {
        self.stretches.is_empty()
    }

    /// The stretch that a step from `t` begins in, from number `next` on.
    pub fn advance(&self, next: &mut usize, t: f64, direction: f64) {
        while let Some(stretch) = self.stretches.get(*next)
            && (t - stretch.end) * direction >= 0.0
        {
            *next += 1;
        }
    }
}
