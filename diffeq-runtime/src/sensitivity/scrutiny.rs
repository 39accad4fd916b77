//! How good the gradient of a sweep is: the error estimate of the discrete adjoint.
//!
//! With the weights `e = b - b̂` of an embedded pair in the place of `b`, the reverse derivative of a step is the gradient's
//! share of the step's error (`StepAdjoint::error`). That costs as much as the reverse derivative itself, so a first sweep
//! asks for it at the longest step and at one step in sixty-four. Where one of these is past the tolerance, and halves of all
//! steps do not settle it (`discrete/repeat.rs`), a second sweep asks at every step, and takes the errors back to the start as the first took the cotangents: what comes out is, to
//! first order, the difference between this gradient and that of the embedded solution, and the errors of fast motions
//! that nothing depends on have died out.

use crate::integrate::Evidence;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;
use crate::space::add_scaled;
use crate::space::assign;
use crate::space::assign_zero;
use crate::stepper::Interval;

/// One step in so many is looked at in a first sweep.
const EVERY: usize = 64;

/// What counts as the size of a sum whose terms cancel, in parts of the sum without signs: a gradient is zero where a loss
/// has its minimum.
const CANCELLED: f64 = 0.01;

/// A step whose own error is a larger part than this says nothing of how fast a cotangent grows.
const BLIND: f64 = 0.1;

/// What a sweep finds out about its error.
pub(super) struct Scrutiny<F: System<T>, T: Real> {
    /// All steps are looked at, and errors taken along.
    pub thorough: bool,
    /// Only sizes are found, and no errors.
    pub sizes: bool,
    longest: usize,
    /// The share of the step at hand.
    pub u_error: F::State,
    pub p_error: F::Params,
    /// What is taken along is the share of the solution's own error, where it is known.
    pub sharp: bool,
    pub u_sharp: F::State,
    pub p_sharp: F::Params,
    /// The cotangent of the parameters before the step at hand was taken back.
    p_before: F::Params,
    /// The errors of all steps so far, at the start of the step at hand.
    pub u_total: F::State,
    pub p_total: F::Params,
    /// The largest cotangent of each component of the state so far, and the sum of what the steps added to those of the
    /// parameters, each without its sign.
    u_size: Vec<f64>,
    p_size: Vec<f64>,
    /// The cotangents of the parameters so far.
    p_net: Vec<f64>,
    /// The largest cotangent of the state at the end of the step at hand, with those of the rows inside.
    largest: f64,
    /// A cotangent grew over a step that is far too long for it: sizes that errors are compared with mean nothing then.
    is_unstable: bool,
    pub evidence: Evidence,
}

impl<F: System<T>, T: Real> Scrutiny<F, T> {
    /// Memory for states and parameters of these shapes.
    pub fn new(u: &F::State, p: &F::Params) -> Self {
        Self {
            thorough: false,
            sizes: false,
            longest: 0,
            u_error: u.zeros_like(),
            p_error: p.zeros_like(),
            sharp: false,
            u_sharp: u.zeros_like(),
            p_sharp: p.zeros_like(),
            p_before: p.zeros_like(),
            u_total: u.zeros_like(),
            p_total: p.zeros_like(),
            u_size: vec![0.0; u.as_slice().len()],
            p_size: Vec::new(),
            p_net: Vec::new(),
            largest: 0.0,
            is_unstable: false,
            evidence: Evidence::of_cotangents(T::EPSILON),
        }
    }

    /// A sweep over these steps begins. A sharp one takes the errors of the solution itself along.
    pub fn start(&mut self, thorough: bool, sharp: bool, steps: &[Interval]) {
        (self.sharp, self.sizes) = (sharp, false);
        (self.thorough, self.is_unstable) = (thorough, false);
        // The last one of them, if several are.
        let mut length = 0.0;
        self.longest = 0;
        for (n, step) in steps.iter().enumerate() {
            if step.h.abs() >= length {
                (self.longest, length) = (n, step.h.abs());
            }
        }
        assign_zero(&mut self.u_total);
        assign_zero(&mut self.p_total);
        self.u_size.fill(0.0);
        if thorough {
            self.p_size.clear();
            self.p_size.resize(self.p_total.as_slice().len(), 0.0);
        }
        self.evidence.clear(thorough);
    }

    /// A sweep over these steps begins, for the sizes alone.
    pub fn start_for_sizes(&mut self, steps: &[Interval]) {
        self.start(true, false, steps);
        self.sizes = true;
    }

    /// By how much another gradient differs from that of the sweep for sizes just done, relative to them.
    pub fn difference(&mut self, one: (&F::State, &F::Params), other: (&F::State, &F::Params)) -> f64 {
        assign(&mut self.u_total, one.0);
        add_scaled(&mut self.u_total, -1.0, other.0);
        assign(&mut self.p_total, one.1);
        add_scaled(&mut self.p_total, -1.0, other.1);
        self.error(0.0)
    }

    /// Whether step `n` is looked at.
    #[inline]
    pub fn looks_at(&self, n: usize) -> bool {
        self.thorough || n == self.longest || n % EVERY == EVERY - 1
    }

    /// Before a step that is looked at, inside of which there are rows with cotangents of this size.
    pub fn begin(&mut self, u_bar: &F::State, p_bar: &F::Params, rows: f64) {
        assign_zero(&mut self.u_error);
        assign_zero(&mut self.p_error);
        if self.thorough && self.sharp {
            assign_zero(&mut self.u_sharp);
            assign_zero(&mut self.p_sharp);
        }
        assign(&mut self.p_before, p_bar);
        enlarge(&mut self.u_size, u_bar);
        self.largest = largest(u_bar) + rows;
    }

    /// Behind it; whether an event moves its end.
    pub fn end(&mut self, interval: Interval, moves: bool, u_bar: &F::State, p_bar: &F::Params) {
        let Self { u_error, p_error, p_before, u_size, p_size, evidence, .. } = self;
        enlarge(u_size, u_bar);
        let (u_error, p_error) = (u_error.as_slice(), p_error.as_slice());
        let (bars, befores) = (p_bar.as_slice(), p_before.as_slice());
        let (n, m) = (u_error.len(), p_error.len());
        evidence.open(n + m);
        evidence.put(0, n, |i| (u_size[i], u_error[i].value()));
        evidence.put(n, m, |j| {
            let (bar, share) = (bars[j].value(), (bars[j] - befores[j]).value());
            (f64::max(bar.abs(), share.abs()), p_error[j].value())
        });
        evidence.close(interval, moves);
        self.is_unstable |= self.thorough && evidence.last() > BLIND && largest(u_bar) > 2.0 * self.largest;
        if self.thorough {
            for (size, (bar, before)) in
                p_size.iter_mut().zip(p_bar.as_slice().iter().zip(p_before.as_slice()))
            {
                *size += (*bar - *before).value().abs();
            }
            self.p_net.clear();
            self.p_net.extend(p_bar.as_slice().iter().map(|bar| bar.value()));
            let (u, p) =
                if self.sharp { (&self.u_sharp, &self.p_sharp) } else { (&self.u_error, &self.p_error) };
            add_scaled(&mut self.u_total, 1.0, u);
            add_scaled(&mut self.p_total, 1.0, p);
        }
    }

    /// The sweep is over, and nothing grew on the way but by what was added: derivatives count as what they came to at least.
    /// A sweep that looks at few steps may have seen none where they were that large.
    pub fn close(&mut self, u_bar: &F::State, p_bar: &F::Params) {
        let ends = u_bar.as_slice().iter().chain(p_bar.as_slice());
        self.evidence.enlarge(ends.map(|bar| bar.value()));
    }

    /// The error of the gradient, relative to what the steps added up to: of single steps, or after a thorough sweep of all.
    /// `local` is the largest of a single step.
    pub fn error(&self, local: f64) -> f64 {
        if !self.thorough {
            return local;
        }
        if self.is_unstable {
            return f64::INFINITY;
        }
        let of_u = self.u_size.iter().zip(self.u_total.as_slice());
        // Where the steps' shares cancel, what is left is held to a tighter bound than their sum.
        let nets = self.p_size.iter().zip(&self.p_net).map(|(sum, net)| f64::max(net.abs(), CANCELLED * sum));
        let of_p = nets.zip(self.p_total.as_slice());
        let mut totals = Evidence::of_cotangents(T::EPSILON);
        let interval = Interval::new(0.0, 0.0);
        totals.look(
            interval,
            false,
            of_u.map(|(size, error)| (*size, error)).chain(of_p).map(|(size, error)| (size, error.value())),
        );
        totals.error()
    }
}

pub(super) fn largest<T: Real>(values: &impl Vector<T>) -> f64 {
    values.as_slice().iter().fold(0.0, |largest, value| largest.max(value.value().abs()))
}

fn enlarge<T: Real>(sizes: &mut [f64], values: &impl Vector<T>) {
    for (size, value) in sizes.iter_mut().zip(values.as_slice()) {
        *size = size.max(value.value().abs());
    }
}
