//! How good a continuous gradient is: the errors of the backward steps, beside what they lead to.
//!
//! Each step keeps to the tolerances, by its error control or by the rule that takes its integral. What that says of the
//! gradient depends on sizes which are known at the end alone: an absolute tolerance is much for a costate of 1e-9, and
//! for an integral that is small beside others. Where such errors may add up to more than is allowed of a derivative, the way
//! back is done again with an absolute tolerance for these sizes.

use crate::integrate::Inside;
use crate::integrate::Integrator;
use crate::integrate::Options;
use crate::integrate::derivative_limit;
use crate::problem::System;
use crate::real::Real;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::stepper::Method;

/// One step in so many is looked at.
const EVERY: usize = 16;

/// A step that is longer by this factor than all that were looked at is looked at as well.
const GROWTH: f64 = 1.5;

/// How many roundings of the largest cotangent an error must exceed to be one.
const ROUNDINGS: f64 = 1e3;

/// What steps did to some numbers, one by one.
#[derive(Debug, Clone, Default)]
pub(super) struct Errors {
    /// The largest size of each.
    sizes: Vec<f64>,
    /// The largest error of a step.
    worst: Vec<f64>,
    /// The errors of all steps, without their signs.
    sums: Vec<f64>,
    /// Whether a step said anything.
    spoke: bool,
}

impl Errors {
    /// A step left number `i` with a size, and added an error to it; so did `count` steps alike.
    #[inline]
    pub fn note(&mut self, i: usize, size: f64, error: f64, count: usize) {
        if self.sizes.len() <= i {
            for list in [&mut self.sizes, &mut self.worst, &mut self.sums] {
                list.resize(i + 1, 0.0);
            }
        }
        self.spoke = true;
        self.sizes[i] = self.sizes[i].max(size.abs());
        self.worst[i] = self.worst[i].max(error.abs());
        self.sums[i] += error.abs() * count as f64;
    }

    /// The largest of all sizes.
    fn largest(&self) -> f64 {
        self.sizes.iter().fold(0.0, |largest, size| largest.max(*size))
    }

    /// Sizes, largest errors and sums of errors, where these are more than rounding.
    fn beyond(&self, rounding: f64) -> impl Iterator<Item = (usize, [f64; 3])> {
        let each = self.sizes.iter().zip(&self.worst).zip(&self.sums).enumerate();
        each.map(|(i, ((size, worst), sum))| (i, [*size, *worst, *sum]))
            .filter(move |(_, [_, worst, _])| *worst > rounding)
    }
}

/// Looks at the steps of a way back.
#[derive(Debug, Clone)]
pub(super) struct Lookout {
    /// Those of the costate.
    costate: Errors,
    longest: f64,
    skipped: usize,
    /// How large an error may be, relative to what it is an error of.
    limit: f64,
}

impl Lookout {
    /// As these options ask for, if they do.
    pub fn new(options: &Options) -> Option<Self> {
        let limit = derivative_limit(options)?;
        Some(Self { costate: Errors::default(), longest: 0.0, skipped: 0, limit })
    }

    /// Looks at the step just taken, or does not: at the costate, the first `n` numbers of the state, and where `params` are
    /// given at those behind.
    #[inline]
    pub fn look<T, F, M>(
        &mut self,
        integrator: &Integrator<'_, T, F, M>,
        n: usize,
        params: Option<(usize, &mut Errors)>,
    ) where
        T: Real,
        F: System<T>,
        M: Method<T, F>,
    {
        self.skipped += 1;
        let h = integrator.interval().h.abs();
        if self.skipped < EVERY && h <= GROWTH * self.longest {
            return;
        }
        self.longest = self.longest.max(h);
        let count = std::mem::take(&mut self.skipped);
        let state = integrator.next().as_slice();
        let note = |of: &mut Errors, first: usize, count_of: usize| {
            for i in 0..count_of {
                let Some(error) = integrator.component_error(first + i) else { return };
                of.note(i, state[first + i].value(), error, count);
            }
        };
        note(&mut self.costate, 0, n);
        if let Some((m, errors)) = params {
            note(errors, n, m);
        }
    }
}

/// What a way back says of its gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Findings {
    /// The largest error that a step added, relative to the largest size of what it was added to.
    pub error: f64,
    /// The absolute tolerance to go back with instead, where the one at hand may have been too large.
    absolute: Option<f64>,
    /// How large the error may be.
    limit: f64,
}

impl Findings {
    /// Of the costate and the cotangents of the parameters, which the state holds behind it where `joined`; `None` where
    /// nothing was looked at.
    pub fn new<T: Real>(
        lookout: &Lookout,
        params: &Errors,
        tolerances: &Tolerances,
        joined: bool,
    ) -> Option<Self> {
        let costate = &lookout.costate;
        if !costate.spoke {
            return None;
        }
        let limit = lookout.limit;
        let rounding = ROUNDINGS * T::EPSILON * f64::max(costate.largest(), params.largest());
        let relative = tolerances.least_relative();
        let n = costate.sizes.len();
        let absolute_of = |place: Option<usize>| match place {
            Some(i) => tolerances.absolute.get(i),
            None => tolerances.least_absolute(),
        };
        let of_costate = costate.beyond(rounding).map(|(i, each)| (Some(i), each));
        let of_params = params.beyond(rounding).map(|(i, each)| (joined.then_some(n + i), each));
        let mut findings = Self { error: 0.0, absolute: None, limit };
        for (place, [size, worst, sum]) in of_costate.chain(of_params) {
            let enough = relative * size;
            findings.error = findings.error.max(worst / size);
            if sum > limit * size && absolute_of(place) > MUCH * enough {
                let least = findings.absolute.unwrap_or(f64::INFINITY).min(enough);
                findings.absolute = Some(least.max(rounding));
            }
        }
        // Below rounding there is nothing to be had.
        findings.absolute = findings.absolute.filter(|wanted| *wanted < tolerances.least_absolute());
        Some(findings)
    }

    /// What to do after so many ways back.
    pub fn verdict<T: Real>(self, pass: usize, stricter: &mut Stricter, tolerances: &Tolerances) -> Verdict {
        let Self { error, absolute, limit } = self;
        if pass == 0 && absolute.is_some() {
            stricter.absolute = absolute;
            return Verdict::Again;
        }
        if error <= limit {
            return Verdict::Good;
        }
        let factor = ENOUGH * limit / error;
        if pass >= PASSES || factor * tolerances.least_relative() < 10.0 * T::EPSILON {
            return Verdict::Poor { error, limit };
        }
        stricter.factor *= factor;
        Verdict::Again
    }
}

/// An absolute tolerance that is larger by this factor than the relative one allows is much: less hardly changes a way back.
const MUCH: f64 = 10.0;

/// How often a way back is gone again at most.
const PASSES: usize = 4;

/// What part of the limit the errors are brought down to where they were past it.
const ENOUGH: f64 = 0.25;

/// What a way back gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    /// A gradient.
    Good,
    /// Nothing yet: another way back is to be stricter.
    Again,
    /// An error that does not get smaller.
    Poor { error: f64, limit: f64 },
}

/// How much stricter than it was told a way back is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stricter {
    /// The largest absolute tolerance.
    absolute: Option<f64>,
    /// What part of the tolerances holds.
    factor: f64,
}

impl Default for Stricter {
    fn default() -> Self {
        Self { absolute: None, factor: 1.0 }
    }
}

impl Stricter {
    /// Tolerances that are stricter.
    pub fn apply(self, tolerances: &mut Tolerances) {
        let Tolerances { relative, absolute } = tolerances;
        absolute.each(|each| self.factor * self.absolute.map_or(each, |most| each.min(most)));
        relative.each(|each| self.factor * each);
    }
}
