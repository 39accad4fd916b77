//! How good the gradient of a sweep is: the error estimate of the discrete adjoint.
//!
//! With the weights `e = b - b̂` of an embedded pair in the place of `b`, the reverse derivative of a step is the gradient's
//! share of the step's error (`StepAdjoint::error`). That costs as much as the reverse derivative itself, so a first sweep
//! asks for it at the longest step and at one step in sixty-four; of a system with a past at more of them, whose errors it sums up. Where one of these is past the tolerance, and halves of all
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

/// The same of a system with a past, whose errors are summed up; and so many at least. A look costs as much as the way back
/// through the step.
const EVERY_OF_PAST: usize = 32;
const LEAST_OF_PAST: usize = 3;

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
    looks: Looks,
    /// The next step on the way back that is looked at.
    due: usize,
    /// How many steps there are.
    steps: usize,
    /// The share of the step at hand.
    pub u_error: F::State,
    pub p_error: F::Params,
    /// What is taken along is the share of the solution's own error, where it is known.
    pub sharp: bool,
    /// The cotangent of the parameters before the step at hand was taken back.
    p_before: F::Params,
    /// Of a sweep that looks at all steps.
    pub along: Option<Box<Along<F::State, F::Params>>>,
    /// The largest cotangent of each component of the state so far, and the sum of what the steps added to those of the
    /// parameters, each without its sign. Of a system of one unit the norms of all, here and below.
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

/// The number of no step.
const NONE: usize = usize::MAX;

/// The steps that a sweep looks at: the longest, and of all from a first one on one in so many.
#[derive(Debug, Clone, Copy)]
struct Looks {
    longest: usize,
    every: usize,
    first: usize,
}

impl Looks {
    const ALL: Self = Self { longest: 0, every: 1, first: 0 };

    /// The last of them before step `end`.
    fn last_before(self, end: usize) -> Option<usize> {
        let last = end.checked_sub(1)?;
        let of_many = last.checked_sub(self.first).map(|behind| last - behind % self.every);
        of_many.max(Some(self.longest).filter(|longest| *longest < end))
    }
}

/// What is taken along where all steps are looked at.
pub(super) struct Along<V, P> {
    /// The share of the step at hand in the solution's own error.
    pub u_sharp: V,
    pub p_sharp: P,
    /// The errors of all steps so far, at the start of the step at hand.
    pub u_total: V,
    pub p_total: P,
}

impl<F: System<T>, T: Real> Scrutiny<F, T> {
    /// Memory for states and parameters of these shapes.
    pub fn new(u: &F::State, p: &F::Params) -> Self {
        Self {
            thorough: false,
            sizes: false,
            looks: Looks::ALL,
            due: NONE,
            steps: 0,
            u_error: u.zeros_like(),
            p_error: p.zeros_like(),
            sharp: false,
            p_before: p.zeros_like(),
            along: None,
            u_size: vec![0.0; if F::ONE_UNIT { 1 } else { u.as_slice().len() }],
            p_size: Vec::new(),
            p_net: Vec::new(),
            largest: 0.0,
            is_unstable: false,
            evidence: Evidence::of_cotangents(T::EPSILON, F::BREAKS),
        }
    }

    /// A sweep over these steps begins. A sharp one takes the errors of the solution itself along.
    pub fn start(&mut self, thorough: bool, sharp: bool, steps: &[Interval]) {
        (self.sharp, self.sizes) = (sharp, false);
        (self.thorough, self.is_unstable) = (thorough, false);
        let length = |step: &Interval| step.h.abs();
        let largest = steps.iter().map(length).fold(0.0, |largest, h| if h > largest { h } else { largest });
        // The last one of them, if several are.
        let longest = steps.iter().rposition(|step| length(step) >= largest).unwrap_or(0);
        self.steps = steps.len();
        self.looks = match thorough {
            true => Looks::ALL,
            // In the middle of each part: a last step is what others left.
            false if F::BREAKS => {
                let part = (self.steps / LEAST_OF_PAST).clamp(1, EVERY_OF_PAST);
                Looks { longest, every: part, first: part / 2 }
            }
            false => Looks { longest, every: EVERY, first: EVERY - 1 },
        };
        self.due = self.looks.last_before(self.steps).unwrap_or(NONE);
        self.u_size.fill(0.0);
        if thorough {
            self.p_size.clear();
            self.p_size.resize(if F::ONE_UNIT { 1 } else { self.p_error.as_slice().len() }, 0.0);
            let Self { along, u_error: u, p_error: p, .. } = self;
            let along = along.get_or_insert_with(|| {
                Box::new(Along {
                    u_sharp: u.zeros_like(),
                    p_sharp: p.zeros_like(),
                    u_total: u.zeros_like(),
                    p_total: p.zeros_like(),
                })
            });
            assign_zero(&mut along.u_total);
            assign_zero(&mut along.p_total);
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
        if let Some(along) = &mut self.along {
            let Along { u_total, p_total, .. } = &mut **along;
            assign(u_total, one.0);
            add_scaled(u_total, -1.0, other.0);
            assign(p_total, one.1);
            add_scaled(p_total, -1.0, other.1);
        }
        self.error(0.0)
    }

    /// Whether step `n` is looked at; asked of each, last one first.
    #[inline]
    pub fn looks_at(&mut self, n: usize) -> bool {
        let is_due = n == self.due;
        if is_due {
            self.due = self.looks.last_before(n).unwrap_or(NONE);
        }
        is_due
    }

    /// Before a step that is looked at, inside of which there are rows with cotangents of this size.
    pub fn begin(&mut self, u_bar: &F::State, p_bar: &F::Params, rows: f64) {
        if !self.sizes {
            assign_zero(&mut self.u_error);
            assign_zero(&mut self.p_error);
        }
        if self.thorough
            && self.sharp
            && let Some(along) = &mut self.along
        {
            assign_zero(&mut along.u_sharp);
            assign_zero(&mut along.p_sharp);
        }
        assign(&mut self.p_before, p_bar);
        self.enlarge(u_bar);
        self.largest = largest(u_bar) + rows;
    }

    /// The sizes of the state's cotangent are these at least.
    #[inline]
    fn enlarge(&mut self, u_bar: &F::State) {
        if F::ONE_UNIT {
            self.u_size[0] = self.u_size[0].max(norm(u_bar.as_slice()));
            return;
        }
        for (size, value) in self.u_size.iter_mut().zip(u_bar.as_slice()) {
            *size = size.max(value.value().abs());
        }
    }

    /// Behind it; whether an event moves its end.
    pub fn end(&mut self, interval: Interval, moves: bool, u_bar: &F::State, p_bar: &F::Params) {
        self.enlarge(u_bar);
        let Self { u_error, p_error, p_before, u_size, evidence, .. } = self;
        let (u_error, p_error) = (u_error.as_slice(), p_error.as_slice());
        let (bars, befores) = (p_bar.as_slice(), p_before.as_mut_slice());
        // What the step added, in the place of what there was before.
        for (before, bar) in befores.iter_mut().zip(bars) {
            *before = *bar - *before;
        }
        let shares = &*befores;
        let of_all = if F::ONE_UNIT { [norm(bars), norm(shares)] } else { [0.0; 2] };
        if !self.sizes {
            if F::ONE_UNIT {
                evidence.open(2);
                evidence.put(0, 1, |_| (u_size[0], norm(u_error)));
                evidence.put(1, 1, |_| (f64::max(of_all[0], of_all[1]), norm(p_error)));
            } else {
                let (n, m) = (u_error.len(), p_error.len());
                evidence.open(n + m);
                evidence.put(0, n, |i| (u_size[i], u_error[i].value()));
                evidence.put(n, m, |j| {
                    (f64::max(bars[j].value().abs(), shares[j].value().abs()), p_error[j].value())
                });
            }
            evidence.close(interval, moves);
            self.is_unstable |=
                self.thorough && evidence.last() > BLIND && largest(u_bar) > 2.0 * self.largest;
        }
        if self.thorough {
            self.p_net.clear();
            if F::ONE_UNIT {
                self.p_size[0] += of_all[1];
                self.p_net.push(of_all[0]);
            } else {
                for (size, share) in self.p_size.iter_mut().zip(shares) {
                    *size += share.value().abs();
                }
                self.p_net.extend(bars.iter().map(|bar| bar.value()));
            }
            if !self.sizes
                && let Some(along) = &mut self.along
            {
                let Along { u_sharp, p_sharp, u_total, p_total } = &mut **along;
                let (u, p) = if self.sharp { (&*u_sharp, &*p_sharp) } else { (&self.u_error, &self.p_error) };
                add_scaled(u_total, 1.0, u);
                add_scaled(p_total, 1.0, p);
            }
        }
    }

    /// The sweep is over, and nothing grew on the way but by what was added: derivatives count as what they came to at least.
    /// A sweep that looks at few steps may have seen none where they were that large.
    pub fn close(&mut self, u_bar: &F::State, p_bar: &F::Params) {
        let (u_bar, p_bar) = (u_bar.as_slice(), p_bar.as_slice());
        if F::ONE_UNIT {
            self.evidence.enlarge([norm(u_bar), norm(p_bar)].into_iter());
        } else {
            self.evidence.enlarge(u_bar.iter().chain(p_bar).map(|bar| bar.value()));
        }
    }

    /// What the errors of all steps come to, by those of the few that a first sweep looked at, for the gradient that came of it.
    pub fn total(&mut self, u_bar: &F::State, p_bar: &F::Params) -> f64 {
        self.close(u_bar, p_bar);
        self.evidence.total(self.steps)
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
        let Some(along) = &self.along else { return local };
        let (u_total, p_total) = (along.u_total.as_slice(), along.p_total.as_slice());
        // Where the steps' shares cancel, what is left is held to a tighter bound than their sum.
        let nets = self.p_size.iter().zip(&self.p_net).map(|(sum, net)| f64::max(net.abs(), CANCELLED * sum));
        let sizes = self.u_size.iter().copied().chain(nets);
        let mut totals = Evidence::of_cotangents(T::EPSILON, false);
        let interval = Interval::new(0.0, 0.0);
        if F::ONE_UNIT {
            totals.look(interval, false, sizes.zip([norm(u_total), norm(p_total)]));
        } else {
            let errors = u_total.iter().chain(p_total).map(|error| error.value());
            totals.look(interval, false, sizes.zip(errors));
        }
        totals.error()
    }
}

pub(super) fn largest<T: Real>(values: &impl Vector<T>) -> f64 {
    values.as_slice().iter().fold(0.0, |largest, value| largest.max(value.value().abs()))
}

/// The root of the sum of the squares.
fn norm<T: Real>(values: &[T]) -> f64 {
    let squares = |scale: f64| {
        // Apart, as one sum would wait for itself.
        let mut sums = [0.0; 8];
        let (blocks, rest) = values.as_chunks::<8>();
        for block in blocks {
            for (sum, value) in sums.iter_mut().zip(block) {
                *sum += (value.value() * scale).powi(2);
            }
        }
        let rest = rest.iter().map(|value| (value.value() * scale).powi(2)).sum::<f64>();
        let [a, b, c, d, e, f, g, h] = sums;
        ((a + e) + (c + g)) + ((b + f) + (d + h)) + rest
    };
    let sum = squares(1.0);
    if sum > 1e-200 && sum < f64::INFINITY {
        return sum.sqrt();
    }
    // Squares of the smallest and the largest are none.
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.value().abs()));
    let scale = f64::clamp(largest, f64::MIN_POSITIVE, f64::MAX);
    scale * squares(1.0 / scale).sqrt()
}

#[cfg(test)]
mod tests {
    use super::Looks;
    use super::norm;

    #[test]
    fn on_the_way_back_no_look_is_left_out() {
        for steps in 0..70 {
            for (longest, every, first) in
                [(0, 1, 0), (7, 4, 3), (3, 4, 3), (9, 5, 2), (0, 64, 63), (2, 3, 1)]
            {
                let looks = Looks { longest, every, first };
                let wanted = (0..steps).rev().filter(|n| *n == longest || n % every == first);
                let got = std::iter::successors(looks.last_before(steps), |n| looks.last_before(*n));
                assert!(got.eq(wanted), "{looks:?} of {steps}");
            }
        }
    }

    #[test]
    fn norms_of_all_sizes() {
        let ones = [3.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 12.0];
        // No norm but that of nothing is zero, and none of numbers is infinite.
        for scale in [1.0, 1e-160, 1e-300, 1e160, 1e300, 0.0] {
            let (got, want) = (norm(&ones.map(|x| x * scale)), 13.0 * scale);
            assert!((got - want).abs() <= 1e-14 * want, "{got} for {want}");
        }
        assert!(norm(&[1.0, f64::NAN]).is_nan() && !norm(&[1.0, f64::INFINITY]).is_finite());
        assert_eq!(norm::<f64>(&[]), 0.0);
    }
}
