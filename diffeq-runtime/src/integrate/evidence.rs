//! What the steps of a solve say about the error of a derivative that is carried along.
//!
//! Steps are chosen for the value. Where the value rests they grow, however fast its derivative changes: a method is then
//! far outside the domain where it converges for the derivative, and differentiates that exactly. The embedded weights of
//! a pair, applied to the derivatives of its stages, estimate the local error of the derivative as they do that of the
//! value; where it is large, a [`Ceiling`] holds the steps of another solve down.

use crate::error::Error;
use crate::integrate::Options;
use crate::integrate::ceiling::Ceiling;
use crate::integrate::ceiling::Stretch;
use crate::problem::System;
use crate::real::Real;
use crate::space::Tolerance;
use crate::stepper::Interval;

/// How many roundings of the largest derivative an error must exceed to be one.
const ROUNDINGS: f64 = 1e3;

/// One step in so many is looked at while a solve goes forwards, where none grows and none is suspect: more would cost more than
/// a twentieth of a derivative.
const EVERY: usize = 8;

/// A step that is longer by this factor than all that were looked at is looked at as well.
const GROWTH: f64 = 1.2;

/// Into how many parts a step is divided at most, each time that a solve is done again.
const MOST_PARTS: f64 = 64.0;

/// A step whose errors are a larger part than this of what is allowed is followed by one that is looked at: where steps become
/// too long for a derivative, its errors grow from one to the next.
const SUSPECT: f64 = 0.25;

/// How often a solve is done again for the sake of its derivative.
pub(crate) const PASSES: usize = 8;

/// From this time on, steps that did not help are the last: before, they may still be too long to tell.
pub(crate) const STUBBORN: usize = 6;

/// An error that was too large once is brought down to so many relative tolerances of the solve, and not just to what is
/// allowed: an estimate of steps that are far too long may be small by chance.
const ENOUGH: f64 = 4.0;

/// A step with the error of its derivative, relative to the largest derivative known then.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Seen {
    interval: Interval,
    ratio: f64,
    moves: bool,
}

/// The largest size of a derivative so far, and its largest error.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Largest {
    size: f64,
    error: f64,
}

/// The errors of a derivative that steps added: their sum, with signs, and that of their squares.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Added {
    sum: f64,
    squares: f64,
}

/// The errors of derivatives over a solve: of each the largest, and where.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Evidence {
    largest: Vec<Largest>,
    /// The sums of the errors of the solution itself, where they are known of all steps.
    sharper: Vec<f64>,
    steps: Vec<Seen>,
    /// The errors of the step looked at.
    found: Vec<f64>,
    epsilon: f64,
    /// How many directions there are derivatives along: those along one have a size together.
    directions: usize,
    /// What a derivative counts as at least, in parts of the largest along its direction.
    least: f64,
    /// Whether steps are kept, so that others can be made of them.
    keeps: bool,
    /// The sums of sizes and errors of the step looked at; whether the next one is looked at for what they say.
    sums: [f64; 2],
    suspects: bool,
    /// How large an error may be, relative to what it is an error of.
    limit: f64,
    /// Whether a step said anything.
    spoke: bool,
    /// How many steps there were, and the longest that was looked at.
    count: usize,
    longest: f64,
    /// Of a system with a past, what the steps looked at added up to, and how many these are.
    sums_up: bool,
    added: Vec<Added>,
    looks: usize,
    is_finite: bool,
    /// The derivatives may lack what no step sees.
    is_blind: bool,
}

impl Evidence {
    /// Of the tangents of a system, so many of each component. A first solve `keeps` no steps: where its errors are too large
    /// it is done again.
    ///
    /// A component that is small beside others along the same direction counts as a hundredth of them, as absolute tolerances
    /// do it for values.
    pub fn of_tangents<T: Real, F: System<T>>(directions: usize, keeps: bool, options: &Options) -> Self {
        let limit = limit(options).unwrap_or(f64::INFINITY);
        let (epsilon, is_blind, sums_up) = (T::EPSILON, F::HIDES_SWITCHES, F::BREAKS);
        let least = 1e-2;
        Self {
            epsilon,
            keeps,
            directions,
            least,
            limit,
            is_blind,
            sums_up,
            is_finite: true,
            ..Self::default()
        }
    }

    /// Of cotangents: each has units of its own. Where errors are to be summed up, too, [`total`](Self::total) says what they come to.
    pub fn of_cotangents(epsilon: f64, sums_up: bool) -> Self {
        Self { epsilon, keeps: true, directions: 1, sums_up, is_finite: true, ..Self::default() }
    }

    /// Forgets all steps, and keeps those to come or does not.
    pub fn clear(&mut self, keeps: bool) {
        let Self { largest, steps, spoke, is_finite, added, looks, .. } = self;
        (self.keeps, *spoke, *looks) = (keeps, false, 0);
        largest.clear();
        added.clear();
        steps.clear();
        *is_finite = true;
    }

    /// Whether the next step, of this length, is to be looked at: all of them once a solve is done again, and before one in
    /// eight, each that is longer by a fifth than those before, and each behind one that was hardly good enough. Of a system with
    /// a past all: beside its lookups that is little.
    #[inline]
    pub fn wants(&mut self, h: f64) -> bool {
        self.count += 1;
        let grows = h.abs() > GROWTH * self.longest;
        let wants = self.keeps || self.sums_up || grows || self.suspects || self.count.is_multiple_of(EVERY);
        if wants {
            self.longest = self.longest.max(h.abs());
        }
        wants
    }

    /// Looks at a step: sizes and errors of its derivatives, in one order each time; whether its end may move.
    pub fn look(&mut self, interval: Interval, moves: bool, derivatives: impl Iterator<Item = (f64, f64)>) {
        self.open(0);
        for (i, (size, error)) in derivatives.enumerate() {
            if self.largest.len() == i {
                self.largest.push(Largest::default());
            }
            self.put(i, 1, |_| (size, error));
        }
        self.close(interval, moves);
    }

    /// Begins to look at a step that has so many derivatives: [`put`](Self::put) them, then [`close`](Self::close).
    pub fn open(&mut self, count: usize) {
        self.found.clear();
        self.sums = [0.0; 2];
        if self.largest.len() < count {
            self.largest.resize(count, Largest::default());
        }
    }

    /// Sizes and errors of so many derivatives from number `first` on; those of a step come in their order.
    #[inline(always)]
    pub fn put(&mut self, first: usize, count: usize, each: impl Fn(usize) -> (f64, f64)) {
        let Some(places) = self.largest.get_mut(first..first + count) else { return };
        // A sum is finite if its terms are, and costs no branch for each.
        let [mut sum_of_sizes, mut sum_of_errors] = self.sums;
        for (j, largest) in places.iter_mut().enumerate() {
            let (size, error) = each(j);
            let (size, error) = (size.abs(), error.abs());
            sum_of_sizes += size;
            sum_of_errors += error;
            largest.size = if size > largest.size { size } else { largest.size };
            largest.error = if error > largest.error { error } else { largest.error };
        }
        self.sums = [sum_of_sizes, sum_of_errors];
        if self.sums_up || self.keeps {
            for j in 0..count {
                self.found.push(each(j).1);
            }
            self.keep(first, count);
        }
    }

    /// Adds up the errors just found, where they are, and keeps them where steps are kept.
    fn keep(&mut self, first: usize, count: usize) {
        let found = self.found.len() - count;
        if self.sums_up {
            self.add(first, found);
        }
        if !self.keeps {
            self.found.truncate(found);
        }
    }

    /// Adds up the errors of a step from number `found` on.
    fn add(&mut self, first: usize, found: usize) {
        let errors = &self.found[found..];
        let end = first + errors.len();
        if self.added.len() < end {
            self.added.resize(end, Added::default());
        }
        for (added, &error) in self.added[first..end].iter_mut().zip(errors) {
            added.sum += error;
            added.squares += error * error;
        }
    }

    /// The step has been looked at; whether its end may move.
    pub fn close(&mut self, interval: Interval, moves: bool) {
        (self.spoke, self.looks) = (true, self.looks + 1);
        let [sizes, errors] = self.sums;
        self.is_finite &= sizes + errors < f64::INFINITY;
        self.suspects = errors > SUSPECT * self.limit * sizes;
        if self.keeps {
            let ratio = self.ratio(|i| self.found[i].abs());
            self.steps.push(Seen { interval, ratio, moves });
        }
    }

    /// Takes the error of derivative number `i` in the solution itself for the step looked at last, where the others are those of
    /// one of a lower order beside it.
    pub fn sharpen(&mut self, i: usize, error: f64) {
        self.sharper.resize(self.largest.len(), 0.0);
        if let Some(sum) = self.sharper.get_mut(i) {
            *sum += error.abs();
        }
    }

    /// The derivatives are at least as large as these, where they were looked at.
    pub fn enlarge(&mut self, derivatives: impl Iterator<Item = f64>) {
        for (largest, derivative) in self.largest.iter_mut().zip(derivatives) {
            largest.size = largest.size.max(derivative.abs());
            self.is_finite &= derivative.is_finite();
        }
    }

    /// The event at the end of the step looked at last moves it.
    pub fn moves(&mut self) {
        if let Some(step) = self.steps.last_mut() {
            step.moves = true;
        }
    }

    /// The largest error of a step, relative to the largest size of that derivative.
    ///
    /// Zero where a derivative is not finite: that is for others to say, and no shorter step helps.
    pub fn error(&self) -> f64 {
        if !self.is_finite {
            return 0.0;
        }
        let embedded = self.ratio(|i| self.largest[i].error);
        if self.sharper.is_empty() { embedded } else { embedded.min(self.ratio(|i| self.sharper[i])) }
    }

    /// Whether steps said something, and all derivatives are finite.
    pub fn speaks(&self) -> bool {
        self.spoke && self.is_finite
    }

    /// What the errors of so many steps come to, relative to the largest size of that derivative, if the others are as those that
    /// were looked at. Errors of both signs that happen to cancel count as if each had its sign by chance.
    pub fn total(&self, steps: usize) -> f64 {
        if !self.is_finite {
            return 0.0;
        }
        let each = steps as f64 / self.looks.max(1) as f64;
        let of = |added: &Added| f64::max(each * added.sum.abs(), (each * added.squares).sqrt());
        self.ratio(|i| self.added.get(i).map_or(0.0, of))
    }

    /// The error, if something [`speaks`](Self::speaks) of it, and of all of it: the largest of a step, or of a system with a past
    /// the [`total`](Self::total).
    pub fn estimate(&self) -> Option<f64> {
        let error = || if self.sums_up { self.total(self.count) } else { self.error() };
        (self.speaks() && !self.is_blind).then(error)
    }

    /// The error of the step looked at last, where steps are kept.
    pub fn last(&self) -> f64 {
        self.steps.last().map_or(0.0, |step| step.ratio)
    }

    /// The largest of some errors, one for each derivative, relative to the sizes.
    fn ratio(&self, error: impl Fn(usize) -> f64) -> f64 {
        let count = self.directions.max(1);
        let mut worst = 0.0_f64;
        for direction in 0..count {
            // Short loops, as they follow each solve.
            let (mut size, mut i) = (0.0_f64, direction);
            while let Some(of) = self.largest.get(i) {
                (size, i) = (size.max(of.size), i + count);
            }
            let (rounding, least) = (ROUNDINGS * self.epsilon * size, self.least * size);
            i = direction;
            while let Some(of) = self.largest.get(i) {
                let error = error(i);
                if error > rounding {
                    worst = worst.max(error / of.size.max(least));
                }
                i += count;
            }
        }
        worst
    }

    /// That the derivative is not to be had: its error, and where it is largest.
    pub fn failure(&self, model: &'static str, error: f64, limit: f64) -> Error {
        let worst = self.steps.iter().max_by(|a, b| a.ratio.total_cmp(&b.ratio));
        Error::Derivative { model, t: worst.map_or(f64::NAN, |step| step.interval.t), error, limit }
    }

    /// Steps by which the errors fall to the tolerances of the solve, where an error falls with a power of the step.
    pub fn ceiling(&self, options: &Options, exponent: f64) -> Ceiling {
        let wanted = 0.5 * relative(options);
        let stretch = |step: &Seen| {
            // A step that is better than it must be holds none of its neighbours down: it may have been cut short by a stop.
            let parts = (step.ratio / wanted).powf(1.0 / exponent);
            let parts = if parts.is_nan() { MOST_PARTS } else { parts.min(MOST_PARTS) };
            let parts = if parts > 1.0 { parts.ceil() } else { parts };
            let longest = f64::max(step.interval.h.abs() / parts, options.dt_min);
            let reach = f64::INFINITY.copysign(step.interval.h);
            Stretch { end: step.interval.end, longest, reach, ends_a_step: !step.moves }
        };
        let mut stretches: Vec<_> = self.steps.iter().map(stretch).collect();
        // A sweep on its way back sees the last step first.
        if let [first, .., last] = &*self.steps
            && first.interval.behind(last.interval.t, first.interval.t) < 0.0
        {
            stretches.reverse();
        }
        Ceiling::even(stretches)
    }
}

/// The relative tolerance of a solve: what an error of a derivative is measured by. That of the defaults where the solve
/// has none.
fn relative(options: &Options) -> f64 {
    let largest = match &options.tolerances.relative {
        Tolerance::Scalar(tolerance) => *tolerance,
        Tolerance::Components(each) => each.iter().fold(0.0, |largest: f64, each| largest.max(*each)),
    };
    if largest > 0.0 { largest } else { 1e-6 }
}

/// How large the error of a derivative may be, relative to the derivative; `None` where it is not looked at.
pub(crate) fn limit(options: &Options) -> Option<f64> {
    options.derivative_tolerance.map(|factor| {
        let relative = relative(options);
        f64::min(factor * relative, f64::max(LARGEST, LEAST * relative))
    })
}

/// What an error must be brought down to once it was past the limit.
pub(crate) fn enough(options: &Options, limit: f64) -> f64 {
    f64::min(ENOUGH * relative(options), limit)
}

/// However many tolerances are allowed, a derivative with a larger relative error than this is none, unless the tolerances
/// themselves are not much smaller.
const LARGEST: f64 = 2e-3;

/// So many tolerances are allowed in any case.
const LEAST: f64 = 30.0;
