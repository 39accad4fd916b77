//! Lookups that move keep to a smooth stretch of the past during a step: where they would leave it the step ends.

use crate::delay::Initial;
use crate::delay::WithPast;
use crate::delay::breaks::Break;
use crate::delay::breaks::Crossing;
use crate::delay::lagging::LaggingStepper;
use crate::delay::settle::ROUNDS;
use crate::problem::Delayed;
use crate::problem::Origin;
use crate::problem::Rhs;
use crate::real::Real;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::assign;
use crate::stepper::At;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Stepper;

/// At how many places of a step a lookup is looked at for a break point that it passes.
const SAMPLES: usize = 10;

impl<S, V: Vector<T>, T: Real> LaggingStepper<S, V, T> {
    /// The time at which a lookup comes to a barrier at the end of the step last offered, with its derivatives: those of the
    /// lookup's time along the solution, by the implicit function theorem.
    ///
    /// What it is later than on the clock is nilpotent, so that Newton's method is exact after as many rounds as derivatives
    /// are nested where its slope is; this one is good to a part of a thousand, and each round gains as much.
    #[cold]
    pub(super) fn exact<F, H>(&mut self, at: At<'_, T, WithPast<F, H, T>>, crossing: Crossing) -> T
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

    /// Refuses a step inside of which a lookup leaves its stretch, which becomes a stop; takes a step again at whose start one has
    /// left it, on the other side.
    pub(super) fn keep_to_stretches<F, H>(
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
        // Each time a lookup goes over one barrier. In branches of the right-hand side they may change places.
        let barriers = at.f.memory().barriers.len();
        for _ in 0..=barriers {
            self.inner.prepare_dense(at, next);
            let Some((theta, found)) = self.crossing(at, next) else { return Ok(()) };
            let mut memory = at.f.memory();
            // Closer to the start than clocks tell, the step stands on the barrier.
            let least = 64.0 * f64::EPSILON * f64::max(at.interval.t.abs(), at.interval.end.abs());
            if found.time > at.interval.t + least {
                if found.time < at.interval.end && found.order <= memory.breaks.highest {
                    memory.breaks.add(found);
                    return Err(Failure::Refused { factor: theta });
                }
                return Ok(());
            }
            let Some(crossing) = found.crossing else { return Ok(()) };
            memory.goes_over(crossing);
            drop(memory);
            // The slope at the start was one of the other side.
            assign(&mut self.inside, at.u);
            self.inner.begin(at.f, at.p, at.interval.from, &mut self.inside, tolerances)?;
            self.settled(at, tolerances, next)?;
        }
        Err(Failure::Diverged { iterations: ROUNDS })
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
            nearest = Some((
                high,
                Break {
                    crossing: Some(crossing),
                    is_found: true,
                    ..Break::new(time, T::lit(time), order, Origin::Given)
                },
            ));
        }
        nearest
    }
}
