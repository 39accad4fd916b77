//! The method of steps, over any method.

use crate::delay::Initial;
use crate::delay::WithPast;
use crate::delay::breaks::Break;
use crate::delay::breaks::Crossing;
use crate::delay::piece::Piece;
use crate::problem::Delayed;
use crate::problem::Memento;
use crate::problem::Rhs;
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
        LaggingStepper {
            inner: self.0.stepper(u),
            order: self.0.facts().order,
            solve: None,
            trial: Piece::new(),
            spare: Piece::new(),
            is_accepted: false,
            inside: u.zeros_like(),
            slope: u.zeros_like(),
        }
    }
    fn facts(&self) -> Facts {
        self.0.facts()
    }
    fn uses_tolerances(&self) -> bool {
        self.0.uses_tolerances()
    }
}

/// A step is repeated as often before it is refused.
const ROUNDS: u32 = 24;
/// A step has settled where it changes by this part of what the tolerances allow.
const SETTLED: f64 = 1e-3;
/// The same where repeating it changes it no less.
const RESTED: f64 = 0.1;
/// At how many places of a step a lookup is looked at for a break point that it passes.
const SAMPLES: usize = 10;

/// The stepper of a method inside [`Lagging`].
#[derive(Debug, Clone)]
pub struct LaggingStepper<S, V, T> {
    inner: S,
    order: usize,
    /// The past of the solve; none before it begins.
    solve: Option<Memento>,
    /// Memory for the step last taken.
    trial: Piece<T>,
    spare: Piece<T>,
    is_accepted: bool,
    /// A state inside the step, and its slope.
    inside: V,
    slope: V,
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
    fn interpolant<F, H>(inner: &mut S, at: At<'_, T, WithPast<F, H, T>>, next: &V, out: &mut Piece<T>)
    where
        F: Delayed<T, State = V>,
        H: Initial<T, V, F::Params>,
        S: Stepper<T, WithPast<F, H, T>>,
    {
        out.over(at.interval);
        out.coefficients.clear();
        out.coefficients.extend_from_slice(at.u.as_slice());
        inner.prepare_dense(at, next);
        inner.dense_coefficients(at, next, &mut out.coefficients);
    }

    /// How far two interpolants are apart, one being what the tolerances allow; the largest of values and derivatives.
    fn distance(&self, a: &Piece<T>, b: &Piece<T>, u: &V, tolerances: &Tolerances) -> f64 {
        let n = u.as_slice().len().max(1);
        let mut largest = 0.0_f64;
        // Below rounding nothing settles; coefficients are differences of slopes of all sizes.
        let most =
            |reals: &[T], part: &dyn Fn(T) -> f64| reals.iter().map(|x| part(*x).abs()).fold(0.0, f64::max);
        let mut compare = |part: &dyn Fn(T) -> f64| {
            let rounding =
                64.0 * T::EPSILON * f64::max(most(u.as_slice(), part), most(&a.coefficients, part));
            for (c, (a, b)) in a.coefficients.iter().zip(&b.coefficients).enumerate() {
                let size = f64::max(part(u.as_slice()[c % n]).abs(), part(*a).abs());
                // No function of the basis is larger than two to this power.
                let basis = f64::powi(0.5, (c / n) as i32 - 1).min(1.0);
                let apart = basis * f64::max((part(*a) - part(*b)).abs() - rounding, 0.0);
                largest = largest.max(apart / tolerances.scale(c % n, size));
            }
        };
        compare(&|x| x.value());
        for d in 0..T::DERIVATIVES {
            compare(&|x| x.derivative(d));
        }
        largest
    }

    /// A step that is repeated as long as it looks up itself.
    fn settled<F, H>(
        &mut self,
        at: At<'_, T, WithPast<F, H, T>>,
        tolerances: &Tolerances,
        next: &mut V,
    ) -> Result<(), Failure>
    where
        F: Delayed<T, State = V>,
        H: Initial<T, V, F::Params>,
        S: Stepper<T, WithPast<F, H, T>>,
    {
        self.inner.step(at, tolerances, next)?;
        let mut rounds = 1;
        let mut before = f64::INFINITY;
        while at.f.memory().inside {
            let mut found = std::mem::replace(&mut self.spare, Piece::new());
            Self::interpolant(&mut self.inner, at, next, &mut found);
            let distance =
                at.f.memory().guessed().map(|guess| self.distance(&found, guess, at.u, tolerances));
            if let Some(distance) = distance {
                if distance <= SETTLED {
                    self.spare = found;
                    return Ok(());
                }
                // What no longer comes nearer and is small is rounding.
                let rests = rounds > 3 && (distance >= 0.9 * before || distance.is_nan());
                if rests && distance <= RESTED {
                    self.spare = found;
                    return Ok(());
                }
                if rounds >= ROUNDS || (rests && (distance >= 4.0 * before || distance.is_nan())) {
                    self.spare = found;
                    return Err(Failure::Diverged { iterations: rounds });
                }
                before = distance;
            }
            if let Some(spare) = at.f.memory().guess(found) {
                self.spare = spare;
            }
            self.inner.reject(None);
            self.inner.step(at, tolerances, next)?;
            rounds += 1;
        }
        Ok(())
    }

    /// A step once more, on the way back: over the same interval, with the lookups that it had.
    #[cold]
    fn again<F, H>(
        &mut self,
        at: At<'_, T, WithPast<F, H, T>>,
        tolerances: &Tolerances,
        next: &mut V,
    ) -> Result<(), Failure>
    where
        F: Delayed<T, State = V>,
        H: Initial<T, V, F::Params>,
        S: Stepper<T, WithPast<F, H, T>>,
    {
        let step = {
            let mut memory = at.f.memory();
            let step = memory.goes_to(at.interval.t, true).ok_or(Failure::NotFinite)?;
            memory.attempt(at.interval, at.u.as_slice());
            step
        };
        let done = self.settled(at, tolerances, next);
        let Self { inner, trial, .. } = self;
        Self::interpolant(inner, at, next, trial);
        at.f.memory().put_again(step, trial);
        done
    }

    /// The time at which a lookup comes to a barrier at the end of the step last offered, with its derivatives: those of the
    /// lookup's time along the solution, by the implicit function theorem.
    ///
    /// What it is later than on the clock is nilpotent, so that Newton's method is exact after as many rounds as derivatives
    /// are nested where its slope is; this one is good to a part of a thousand, and each round gains as much.
    #[cold]
    fn exact<F, H>(&mut self, at: At<'_, T, WithPast<F, H, T>>, crossing: Crossing) -> T
    where
        F: Delayed<T, State = V>,
        H: Initial<T, V, F::Params>,
    {
        let Interval { h, end, to, .. } = at.interval;
        let barrier = at.f.memory().barrier(crossing.at).map_or(T::lit(f64::NAN), |barrier| barrier.exact);
        let mut gap = |lag: T| {
            {
                let memory = at.f.memory();
                for (i, u) in self.inside.as_mut_slice().iter_mut().enumerate() {
                    *u = memory.trial.read(memory.n, T::lit(end) + lag, i, 0);
                }
            }
            at.f.rhs(&mut self.slope, &self.inside, at.p, T::lit(to) + lag);
            let asked = at.f.memory().seen.get(crossing.lookup).map(|seen| seen.last);
            asked.map_or(T::lit(f64::NAN), |asked| asked - barrier)
        };
        let part = 1e-3 * h;
        let slope = (gap(T::ZERO) - gap(T::lit(-part))).value() / part;
        let mut lag = T::ZERO;
        for _ in 0..6 * T::NESTING.max(1) {
            let gap = gap(lag);
            lag -= (gap - T::lit(gap.value())).scale(1.0 / slope);
        }
        let gap = gap(lag);
        let rest = (gap - T::lit(gap.value())).scale(1.0 / slope);
        let settled = (0..T::DERIVATIVES).all(|i| {
            rest.derivative(i).abs() <= 1e-9 * f64::max(lag.derivative(i).abs(), f64::MIN_POSITIVE)
                || rest.derivative(i).abs() <= 1e-13 * f64::max(end.abs(), 1.0)
        });
        if settled { T::lit(end) + lag } else { T::lit(f64::NAN) }
    }

    /// Where inside the step a lookup comes to the end of its stretch: which part of the step, and the barrier.
    fn crossing<F, H>(&mut self, at: At<'_, T, WithPast<F, H, T>>, next: &V) -> Option<(f64, Break<T>)>
    where
        F: Delayed<T, State = V>,
        H: Initial<T, V, F::Params>,
        S: Stepper<T, WithPast<F, H, T>>,
    {
        let Interval { t, h, .. } = at.interval;
        let mut nearest: Option<(f64, Break<T>)> = None;
        let lookups = at.f.memory().seen.len();
        for lookup in 0..lookups {
            let (seen, stretch, (from, to)) = {
                let memory = at.f.memory();
                let seen = memory.seen[lookup];
                let Some(stretch) = seen.stretch else { continue };
                (seen, stretch, memory.bounds(stretch))
            };
            let room = |edge: f64| 1e-12 * f64::max(1e-3, f64::max(edge.abs(), t.abs()));
            let (edge, sign, beyond) = if seen.highest > to + room(to) {
                (to, 1.0, stretch + 1)
            } else if seen.lowest < from - room(from) {
                (from, -1.0, stretch - 1)
            } else {
                continue;
            };
            let mut gap = |theta: f64| {
                self.inner.interpolate(at, next, theta, &mut self.inside);
                at.f.rhs(&mut self.slope, &self.inside, at.p, T::lit(at.interval.t + theta * h));
                let asked = at.f.memory().seen.get(lookup).map_or(f64::NAN, |seen| seen.last.value());
                (asked - edge) * sign
            };
            let mut low = 0.0;
            let mut high = None;
            for n in 1..=SAMPLES {
                let theta = n as f64 / SAMPLES as f64;
                if gap(theta) > room(edge) {
                    high = Some(theta);
                    break;
                }
                low = theta;
            }
            let Some(mut high) = high else { continue };
            for _ in 0..60 {
                let middle = 0.5 * (low + high);
                if gap(middle) > 0.0 { high = middle } else { low = middle }
            }
            if nearest.as_ref().is_some_and(|(theta, _)| *theta <= high) {
                continue;
            }
            let memory = at.f.memory();
            let order =
                memory.barriers.iter().find(|barrier| barrier.time == edge).map_or(1, |b| b.order + 1);
            let crossing = Crossing { lookup, to: beyond, at: edge };
            let time = t + high * h;
            let (exact, lags) = (T::lit(time), Vec::new());
            nearest = Some((high, Break { time, exact, order, lags, crossing: Some(crossing) }));
        }
        nearest
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
            self.inner.prepare_dense(at, next);
            if let Some((theta, found)) = self.crossing(at, next) {
                let mut memory = at.f.memory();
                // Closer to the start than clocks tell, the step stands on the barrier.
                let least = 64.0 * f64::EPSILON * f64::max(at.interval.t.abs(), at.interval.end.abs());
                if found.time > at.interval.t + least && found.time < at.interval.end {
                    if found.order <= memory.breaks.highest {
                        memory.breaks.add(found);
                        return Err(Failure::Refused { factor: theta });
                    }
                } else if let Some(crossing) = found.crossing {
                    memory.goes_over(crossing);
                    drop(memory);
                    // The slope at the start was one of the other side.
                    assign(&mut self.inside, at.u);
                    self.inner.begin(at.f, at.p, at.interval.from, &mut self.inside, tolerances)?;
                    self.settled(at, tolerances, next)?;
                }
            }
        }
        let Self { inner, trial, slope, .. } = self;
        Self::interpolant(inner, at, next, trial);
        at.f.memory().offer(trial);
        if WithPast::<F, H, T>::MOVES {
            let crossed = at.f.memory().breaks.crossed(at.interval.end).cloned();
            if let Some(Break { order, crossing: Some(crossing), .. }) = crossed {
                // Where the lookup really is at the end: the last question may have been one of a stage inside.
                at.f.rhs(slope, next, at.p, T::lit(at.interval.to));
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
        self.inner.quality(at, next, tolerances)
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
