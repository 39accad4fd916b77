//! The method of steps, over any method.

use crate::delay::Initial;
use crate::delay::WithPast;
use crate::delay::accelerated::Accelerated;
use crate::delay::breaks::Break;
use crate::delay::piece::Piece;
use crate::error::Error;
use crate::problem::Delayed;
use crate::problem::Memento;
use crate::problem::Rhs;
use crate::real::Real;
use crate::space::Tolerances;
use crate::space::Vector;
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

/// A method for delayed equations, made of one for ordinary equations: the interpolants of its steps are the past.
///
/// Where a lookup falls into the step itself the step is taken again, with what is known of it so far, until it no longer
/// changes; a step that does not settle is refused. Where a lag that depends on time or state brings a lookup across a break
/// point of the past, the step ends there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lagging<M>(
    /// The method.
    pub M,
);

impl<F, H, T, M> Method<T, WithPast<F, H, T>> for Lagging<M>
where
    T: Real,
    F: Delayed<T>,
    H: Initial<T, F::State, F::Params>,
    M: Method<T, WithPast<F, H, T>>,
{
    type Stepper = LaggingStepper<M::Stepper, F::State, T>;
    fn stepper(&self, u: &F::State) -> Self::Stepper {
        let facts = self.0.facts();
        LaggingStepper {
            inner: self.0.stepper(u),
            order: facts.order,
            past_counts: if facts.interpolant_order < facts.order { LOW_INTERPOLANT } else { 1.0 },
            solve: None,
            trial: Piece::new(),
            accelerated: Accelerated::new(),
            is_accepted: false,
            inside: u.zeros_like(),
            slope: u.zeros_like(),
        }
    }
    fn facts(&self) -> Facts {
        self.0.facts()
    }
    fn check(
        &self,
        f: &WithPast<F, H, T>,
        place: (&F::State, &F::Params),
        span: (f64, f64),
    ) -> Result<(), Error> {
        self.0.check(f, place, span)
    }
    fn uses_tolerances(&self) -> bool {
        self.0.uses_tolerances()
    }
}

/// By what errors count more where the interpolant has an order less than the method.
///
/// The error estimate is that of the embedded solution, an order above which the solution at the ends of steps is, so that their
/// errors are small parts of the tolerance. The past is that interpolant everywhere, and has the error of the embedded solution:
/// up to 0.73 of it for Tsit5 and 0.74 for DP5, by the norms of what they leave of the order conditions. It drives the solution
/// over all of the span, and does not average out.
const LOW_INTERPOLANT: f64 = 4.0;

/// The stepper of a method inside [`Lagging`].
#[derive(Debug, Clone)]
pub struct LaggingStepper<S, V, T> {
    pub(super) inner: S,
    order: usize,
    /// By what the error of a step counts more than it would for an ordinary equation.
    past_counts: f64,
    /// The past of the solve; none before it begins.
    solve: Option<Memento>,
    /// Memory for the step last taken.
    pub(super) trial: Piece<T>,
    pub(super) accelerated: Accelerated<T>,
    is_accepted: bool,
    /// A state inside the step, and its slope.
    pub(super) inside: V,
    pub(super) slope: V,
}

impl<S, V: Vector<T>, T: Real> LaggingStepper<S, V, T> {
    /// Puts the step down that was kept, now that there is somebody to tell.
    fn flush<F, H>(&mut self, f: &WithPast<F, H, T>)
    where
        F: Delayed<T, State = V>,
        H: Initial<T, V, F::Params>,
    {
        if let Some(solve) = &self.solve {
            f.turn_to(solve.number);
        }
        if std::mem::take(&mut self.is_accepted) {
            f.memory().put_down();
        }
    }

    /// Writes the interpolant of the step last taken.
    pub(super) fn interpolant<F, H>(
        inner: &mut S,
        at: At<'_, T, WithPast<F, H, T>>,
        next: &V,
        out: &mut Piece<T>,
    ) where
        F: Delayed<T, State = V>,
        H: Initial<T, V, F::Params>,
        S: Stepper<T, WithPast<F, H, T>>,
    {
        out.over(at.interval);
        out.coefficients.clear();
        // All at once: it is asked for once a step.
        out.coefficients.reserve((inner.degree() + 1) * at.u.as_slice().len());
        out.coefficients.extend_from_slice(at.u.as_slice());
        inner.prepare_dense(at, next);
        inner.dense_coefficients(at, next, &mut out.coefficients);
        out.degree = (out.coefficients.len() / at.u.as_slice().len().max(1)).saturating_sub(1);
    }
}

impl<F, H, T, S> Stepper<T, WithPast<F, H, T>> for LaggingStepper<S, F::State, T>
where
    T: Real,
    F: Delayed<T>,
    H: Initial<T, F::State, F::Params>,
    S: Stepper<T, WithPast<F, H, T>>,
{
    fn begin(
        &mut self,
        f: &WithPast<F, H, T>,
        p: &F::Params,
        t: f64,
        u: &mut F::State,
        tolerances: &Tolerances,
    ) -> Result<(), Failure> {
        if f.is_back() {
            let mut memory = f.memory();
            memory.goes_to(t, true);
            memory.current.clear();
            memory.current.extend_from_slice(u.as_slice());
            drop(memory);
            return self.inner.begin(f, p, t, u, tolerances);
        }
        match self.solve {
            None => {
                self.solve = Some(f.begin(t, u, p, self.order));
                let is_refused = f.memory().complaint.is_some();
                if is_refused || !f.compare(u, p, t) {
                    return Err(Failure::NotFinite);
                }
            }
            Some(_) => {
                self.flush(f);
                f.memory().resume(t, u.as_slice());
                f.take_lags(p);
                if f.memory().complaint.is_some() {
                    return Err(Failure::NotFinite);
                }
            }
        }
        f.memory().choose_anew();
        self.inner.begin(f, p, t, u, tolerances)
    }

    fn slope(&mut self, f: &WithPast<F, H, T>, p: &F::Params, t: f64, u: &F::State) -> Option<&F::State> {
        self.flush(f);
        self.inner.slope(f, p, t, u)
    }

    fn slope_at(
        &mut self,
        f: &WithPast<F, H, T>,
        p: &F::Params,
        t: T,
        u: &F::State,
        out: &mut F::State,
    ) -> bool {
        self.flush(f);
        f.memory().loose = true;
        let there_is = self.inner.slope_at(f, p, t, u, out);
        f.memory().loose = false;
        there_is
    }

    fn step(
        &mut self,
        at: At<'_, T, WithPast<F, H, T>>,
        tolerances: &Tolerances,
        next: &mut F::State,
    ) -> Result<(), Failure> {
        if at.f.is_back() {
            return self.again(at, tolerances, next);
        }
        self.flush(at.f);
        at.f.memory().attempt(at.interval, at.u.as_slice());
        if cfg!(debug_assertions) && !at.f.compare(at.u, at.p, at.interval.from) {
            return Err(Failure::NotFinite);
        }
        if at.interval.h < 0.0 {
            return Err(Failure::NotFinite);
        }
        self.settled(at, tolerances, next)?;
        if WithPast::<F, H, T>::MOVES {
            self.keep_to_stretches(at, tolerances, next)?;
        }
        at.f.memory().offer(&mut self.trial);
        if WithPast::<F, H, T>::MOVES {
            let crossed = at.f.memory().breaks.crossed(at.interval.end).cloned();
            if let Some(Break { order, crossing: Some(crossing), .. }) = crossed {
                // Where the lookup really is at the end: the last question may have been one of a stage inside.
                at.f.rhs(&mut self.slope, next, at.p, T::lit(at.interval.to));
                if T::DERIVATIVES > 0 && order <= T::NESTING.max(1) {
                    let exact = self.exact(at, crossing);
                    if let Some(found) = at.f.memory().breaks.crossed(at.interval.end) {
                        found.exact = exact;
                    }
                }
            }
        }
        Ok(())
    }

    fn quality(
        &self,
        at: At<'_, T, WithPast<F, H, T>>,
        next: &F::State,
        tolerances: &Tolerances,
    ) -> Option<Quality> {
        let quality = self.inner.quality(at, next, tolerances)?;
        Some(Quality { error: self.past_counts * quality.error, ..quality })
    }

    fn component_error(&self, interval: Interval, i: usize) -> Option<[T; 2]> {
        self.inner.component_error(interval, i)
    }

    fn degree(&self) -> usize {
        self.inner.degree()
    }

    fn prepare_dense(&mut self, at: At<'_, T, WithPast<F, H, T>>, next: &F::State) {
        self.inner.prepare_dense(at, next);
    }

    fn interpolate(&self, at: At<'_, T, WithPast<F, H, T>>, next: &F::State, theta: f64, out: &mut F::State) {
        self.inner.interpolate(at, next, theta, out);
    }

    fn dense_coefficients(&self, at: At<'_, T, WithPast<F, H, T>>, next: &F::State, out: &mut Vec<T>) {
        self.inner.dense_coefficients(at, next, out);
    }

    fn trace(&self) -> Trace<'_, F::State, T> {
        self.inner.trace()
    }

    fn keep(&mut self, f: &WithPast<F, H, T>, u: &F::State) {
        self.inner.keep(f, u);
    }

    fn remembers(&self) -> bool {
        self.inner.remembers()
    }

    fn save(&self, out: &mut Snapshot<T>) {
        self.inner.save(out);
    }

    fn load(&mut self, from: &Snapshot<T>) {
        self.inner.load(from);
    }

    fn accept(&mut self) {
        // A stepper without a solve does the steps of another again.
        self.is_accepted = self.solve.is_some();
        self.inner.accept();
    }

    fn reject(&mut self, why: Option<Failure>) {
        self.inner.reject(why);
    }

    fn costs(&self) -> Costs {
        self.inner.costs()
    }
}
