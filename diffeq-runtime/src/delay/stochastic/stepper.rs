//! The stepper of every stochastic method for delayed equations.

use crate::delay::Initial;
use crate::delay::WithPast;
use crate::delay::stochastic::kernel::PastKernel;
use crate::delay::stochastic::kernel::Seen;
use crate::delay::stochastic::kernel::processes;
use crate::noise::Driven;
use crate::noise::Path;
use crate::problem::DelayedDiffusion;
use crate::problem::Rhs;
use crate::real::Real;
use crate::space::Tolerances;
use crate::stepper::At;
use crate::stepper::Costs;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Quality;
use crate::stepper::Room;
use crate::stepper::Stepper;
use crate::stepper::Trace;
use crate::stepper::straight_coefficients;
use crate::stepper::straight_line;

/// A kernel and what the path does in the step at hand.
///
/// Between the ends of a step the solution is the straight line. What lookups read there is off by a bridge of the size of the root
/// of the step, which is independent of what the present increments do and has no mean: sums of it are of the order of the method
/// as long as lookups move on with time.
#[derive(Debug, Clone)]
pub struct PastStepper<K, C> {
    /// Made where the model is first seen.
    room: Option<Room<K, C>>,
    evaluations: usize,
}

impl<K, C> PastStepper<K, C> {
    pub(super) fn new() -> Self {
        Self { room: None, evaluations: 0 }
    }
}

impl<T, M, W, H, K> Stepper<T, WithPast<Driven<M, W>, H, T>> for PastStepper<K, W::Cursor>
where
    T: Real,
    M: DelayedDiffusion<T>,
    W: Path,
    H: Initial<T, M::State, M::Params>,
    K: PastKernel<T, M>,
{
    fn begin(
        &mut self,
        f: &WithPast<Driven<M, W>, H, T>,
        _: &M::Params,
        _: f64,
        u: &mut M::State,
        _: &Tolerances,
    ) -> Result<(), Failure> {
        let driven = &f.model;
        self.room.get_or_insert_with(|| {
            let kernel = K::new(&driven.model, u);
            Room::of_processes(driven, processes(&driven.model, u), K::ASKS, kernel)
        });
        Ok(())
    }

    fn slope(
        &mut self,
        _: &WithPast<Driven<M, W>, H, T>,
        _: &M::Params,
        _: f64,
        _: &M::State,
    ) -> Option<&M::State> {
        None
    }

    fn slope_at(
        &mut self,
        f: &WithPast<Driven<M, W>, H, T>,
        p: &M::Params,
        t: T,
        u: &M::State,
        out: &mut M::State,
    ) -> bool {
        f.rhs(out, u, p, t);
        true
    }

    #[inline]
    fn step(
        &mut self,
        at: At<'_, T, WithPast<Driven<M, W>, H, T>>,
        _: &Tolerances,
        next: &mut M::State,
    ) -> Result<(), Failure> {
        // A step follows a beginning.
        let Some(room) = &mut self.room else { return Err(Failure::NotFinite) };
        let At { f, p, interval, u } = at;
        room.draw(&f.model, interval)?;
        let past = &f.ask(u, p, T::lit(interval.from));
        let seen = Seen { model: &f.model.model, past, p, interval, u };
        room.kernel.step(seen, &room.noise, next);
        self.evaluations += 1;
        Ok(())
    }

    fn quality(
        &self,
        _: At<'_, T, WithPast<Driven<M, W>, H, T>>,
        _: &M::State,
        _: &Tolerances,
    ) -> Option<Quality> {
        None
    }

    fn component_error(&self, _: Interval, _: usize) -> Option<[T; 2]> {
        None
    }

    fn degree(&self) -> usize {
        1
    }

    fn prepare_dense(&mut self, _: At<'_, T, WithPast<Driven<M, W>, H, T>>, _: &M::State) {}

    fn interpolate(
        &self,
        at: At<'_, T, WithPast<Driven<M, W>, H, T>>,
        next: &M::State,
        theta: f64,
        out: &mut M::State,
    ) {
        straight_line(at.u, next, theta, out);
    }

    fn dense_coefficients(
        &self,
        at: At<'_, T, WithPast<Driven<M, W>, H, T>>,
        next: &M::State,
        out: &mut Vec<T>,
    ) {
        straight_coefficients(at.u, next, out);
    }

    fn trace(&self) -> Trace<'_, M::State, T> {
        Trace::NONE
    }

    fn accept(&mut self) {}

    fn costs(&self) -> Costs {
        Costs { rhs: self.evaluations, ..Costs::default() }
    }
}
