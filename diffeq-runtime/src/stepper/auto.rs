//! Two methods, and the one that suits the problem where the solve is.

use crate::error::Error;
use crate::problem::System;
use crate::real::Real;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::assign;
use crate::stepper::At;
use crate::stepper::Costs;
use crate::stepper::Facts;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Method;
use crate::stepper::Quality;
use crate::stepper::Snapshot;
use crate::stepper::Stepper;
use crate::stepper::Trace;

/// Takes steps by its first method where they are short beside the fastest time scale of the problem, and by its second
/// where they are not: where its stability, and not its error, limits the first.
///
/// The rate of that time scale is estimated by one evaluation a step: the power method on differences of the right-hand
/// side, as in Sommeijer, Shampine, Verwer, *RKC: an explicit solver for parabolic PDEs*, J. Comput. Appl. Math. 88 (1998)
/// 315-326, section 3.1, going on from the vector of the step before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Auto<A, B> {
    /// Where steps are short.
    pub first: A,
    /// Where they are long.
    pub second: B,
    /// Steps longer than so many times the shortest time scale are long.
    pub long: f64,
    /// Steps shorter than so many times are short.
    pub short: f64,
}

impl<A, B> Auto<A, B> {
    /// Switches where a method of order five is about to be limited by stability, and back well below.
    pub fn new(first: A, second: B) -> Self {
        Self { first, second, long: 3.0, short: 1.0 }
    }
}

/// So many steps in a row have to be long, or short, before the method changes.
const PATIENCE: u32 = 3;

impl<T: Real, F: System<T>, A: Method<T, F>, B: Method<T, F>> Method<T, F> for Auto<A, B> {
    type Stepper = AutoStepper<A::Stepper, B::Stepper, F::State, T>;
    fn stepper(&self, u: &F::State) -> Self::Stepper {
        AutoStepper {
            first: self.first.stepper(u),
            second: self.second.stepper(u),
            limits: [self.long, self.short],
            choice: Choice { second: false, count: 0, direction: Vec::new(), rate: 0.0 },
            inner: Snapshot::EMPTY,
            is_ready: false,
            is_estimated: false,
            h: 0.0,
            start: u.zeros_like(),
            moved: u.zeros_like(),
        }
    }
    fn check(&self, f: &F, place: (&F::State, &F::Params), span: (f64, f64)) -> Result<(), Error> {
        self.first.check(f, place, span)?;
        self.second.check(f, place, span)
    }
    fn facts(&self) -> Facts {
        let (first, second) = (self.first.facts(), self.second.facts());
        // Both have to estimate their error.
        let control_exponent =
            first.control_exponent.and(second.control_exponent).and(first.control_exponent);
        Facts {
            name: "automatic switching",
            order: first.order.min(second.order),
            interpolant_order: first.interpolant_order.min(second.interpolant_order),
            control_exponent,
        }
    }
    fn uses_tolerances(&self) -> bool {
        self.first.uses_tolerances() || self.second.uses_tolerances()
    }
}

/// All that the choice of the method depends on, beside the steps themselves.
#[derive(Debug, Clone)]
struct Choice {
    second: bool,
    /// How many steps in a row asked for the other.
    count: u32,
    /// The direction that changes fastest, as far as it is known.
    direction: Vec<f64>,
    /// How fast that is.
    rate: f64,
}

/// The steppers of both methods.
#[derive(Debug, Clone)]
pub struct AutoStepper<A, B, V, T> {
    first: A,
    second: B,
    limits: [f64; 2],
    choice: Choice,
    /// What the stepper at work remembers where it is not ready.
    inner: Snapshot<T>,
    /// The stepper at work stands where the solve is.
    is_ready: bool,
    /// The rate is that at the start of the step to come.
    is_estimated: bool,
    /// The size of the step last taken.
    h: f64,
    start: V,
    moved: V,
}

impl<A, B, V, T: Real> AutoStepper<A, B, V, T> {
    fn active<F: System<T, State = V>>(&self) -> &dyn Stepper<T, F>
    where
        A: Stepper<T, F>,
        B: Stepper<T, F>,
    {
        if self.choice.second { &self.second } else { &self.first }
    }

    fn active_mut<F: System<T, State = V>>(&mut self) -> &mut dyn Stepper<T, F>
    where
        A: Stepper<T, F>,
        B: Stepper<T, F>,
    {
        if self.choice.second { &mut self.second } else { &mut self.first }
    }

    /// Another step of the power method, at the start of a step; looks at values alone.
    fn estimate<F: System<T, State = V>>(&mut self, (f, p, t, u): (&F, &F::Params, f64, &V))
    where
        V: Vector<T>,
        A: Stepper<T, F>,
        B: Stepper<T, F>,
    {
        self.is_estimated = true;
        let Self { first, second, choice, start, moved, .. } = self;
        let stepper: &mut dyn Stepper<T, F> = if choice.second { second } else { first };
        let Choice { direction, rate, .. } = choice;
        let n = u.as_slice().len();
        if direction.len() != n {
            direction.clear();
            direction.extend((0..n).map(|i| 1.0 + (1.0 + i as f64).sin()));
        }
        let length = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
        let size = u.as_slice().iter().map(|u| u.value() * u.value()).sum::<f64>().sqrt();
        let reach = f64::EPSILON.sqrt() * (1.0 + size);
        assign(start, u);
        for (u, direction) in start.as_mut_slice().iter_mut().zip(direction.iter()) {
            *u += T::lit(direction * reach / length);
        }
        stepper.slope_at(f, p, T::lit(t), start, moved);
        let Some(slope) = stepper.slope(f, p, t, u) else { return };
        let change = |(moved, slope): (&T, &T)| (moved.value() - slope.value()) / reach;
        let changes = || moved.as_slice().iter().zip(slope.as_slice()).map(change);
        let found = changes().map(|x| x * x).sum::<f64>().sqrt();
        if found > 0.0 && found.is_finite() {
            direction.iter_mut().zip(changes()).for_each(|(direction, change)| *direction = change / found);
            *rate = found;
        }
    }
}

impl<T, F, V, A, B> Stepper<T, F> for AutoStepper<A, B, V, T>
where
    T: Real,
    V: Vector<T>,
    F: System<T, State = V>,
    A: Stepper<T, F>,
    B: Stepper<T, F>,
{
    fn begin(
        &mut self,
        f: &F,
        p: &F::Params,
        t: f64,
        u: &mut V,
        tolerances: &Tolerances,
    ) -> Result<(), Failure> {
        (self.is_ready, self.is_estimated) = (true, false);
        self.active_mut::<F>().begin(f, p, t, u, tolerances)
    }

    fn slope(&mut self, f: &F, p: &F::Params, t: f64, u: &V) -> Option<&V> {
        if self.choice.second { self.second.slope(f, p, t, u) } else { self.first.slope(f, p, t, u) }
    }

    fn slope_at(&mut self, f: &F, p: &F::Params, t: T, u: &V, out: &mut V) -> bool {
        self.active_mut::<F>().slope_at(f, p, t, u, out)
    }

    fn step(&mut self, at: At<'_, T, F>, tolerances: &Tolerances, next: &mut V) -> Result<(), Failure> {
        let At { f, p, interval, u } = at;
        if !self.is_ready {
            let Self { first, second, choice, start, inner, .. } = self;
            let stepper: &mut dyn Stepper<T, F> = if choice.second { second } else { first };
            assign(start, u);
            stepper.begin(f, p, interval.from, start, tolerances)?;
            stepper.load(inner);
            self.is_ready = true;
        }
        if !self.is_estimated {
            self.estimate::<F>((f, p, interval.from, u));
        }
        self.h = interval.h;
        self.active_mut::<F>().step(at, tolerances, next)
    }

    fn quality(&self, at: At<'_, T, F>, next: &V, tolerances: &Tolerances) -> Option<Quality> {
        self.active::<F>().quality(at, next, tolerances)
    }

    fn component_error(&self, interval: Interval, i: usize) -> Option<[T; 2]> {
        self.active::<F>().component_error(interval, i)
    }

    fn degree(&self) -> usize {
        self.first.degree().max(self.second.degree())
    }

    fn prepare_dense(&mut self, at: At<'_, T, F>, next: &V) {
        self.active_mut::<F>().prepare_dense(at, next);
    }

    fn interpolate(&self, at: At<'_, T, F>, next: &V, theta: f64, out: &mut V) {
        self.active::<F>().interpolate(at, next, theta, out);
    }

    fn dense_coefficients(&self, at: At<'_, T, F>, next: &V, out: &mut Vec<T>) {
        let (from, n) = (out.len(), at.u.as_slice().len());
        self.active::<F>().dense_coefficients(at, next, out);
        // Each step has as many, whoever took it.
        out.resize(from + n * Stepper::<T, F>::degree(self), T::ZERO);
    }

    fn trace(&self) -> Trace<'_, V, T> {
        let second = self.choice.second;
        let trace = if second { self.second.trace() } else { self.first.trace() };
        Trace { by: u8::from(second), ..trace }
    }

    fn remembers(&self) -> bool {
        true
    }

    fn save(&self, out: &mut Snapshot<T>) {
        let Choice { second, count, direction, rate } = &self.choice;
        self.active::<F>().save(out);
        out.numbers.extend_from_slice(direction);
        let second = f64::from(u8::from(*second));
        out.numbers.extend([direction.len() as f64, f64::from(*count), *rate, second]);
    }

    fn load(&mut self, from: &Snapshot<T>) {
        let [inner @ .., len, count, rate, second] = from.numbers.as_slice() else { return };
        let (inner, direction) = inner.split_at(inner.len().saturating_sub(*len as usize));
        self.choice = Choice {
            second: *second != 0.0,
            count: *count as u32,
            direction: direction.to_vec(),
            rate: *rate,
        };
        self.inner = Snapshot { reals: from.reals.clone(), numbers: inner.to_vec() };
        // It was perhaps the other that has just begun here.
        (self.is_ready, self.is_estimated) = (false, false);
    }

    fn accept(&mut self) {
        self.active_mut::<F>().accept();
        self.is_estimated = false;
        let Self { choice, limits: [long, short], .. } = self;
        let scales = self.h.abs() * choice.rate;
        let wants_other = if choice.second { scales < *short } else { scales > *long };
        choice.count = if wants_other { choice.count + 1 } else { 0 };
        if choice.count >= PATIENCE {
            (choice.second, choice.count) = (!choice.second, 0);
            (self.inner, self.is_ready) = (Snapshot::EMPTY, false);
        }
    }

    fn reject(&mut self, why: Option<Failure>) {
        self.active_mut::<F>().reject(why);
    }

    fn costs(&self) -> Costs {
        self.first.costs() + self.second.costs()
    }
}
