//! The discrete adjoint of every stochastic one-step method.

use crate::noise::Asks;
use crate::noise::Driven;
use crate::noise::Increment;
use crate::noise::Path;
use crate::problem::Diffusion;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::step::Bars;
use crate::sensitivity::step::StepAdjoint;
use crate::sensitivity::step::StepMotion;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::add_scaled;
use crate::space::assign_zero;
use crate::stepper::At;
use crate::stepper::Failure;
use crate::stepper::Place;
use crate::stepper::Room;
use crate::stepper::Trace;

/// The reverse derivative of the step of a stochastic method.
pub trait PullKernel<T: Real, M: Diffusion<T>>: Sized + 'static {
    /// How much of the path the step asks for.
    const ASKS: Asks;
    /// Memory for states of the shape of `u`.
    fn new(model: &M, u: &M::State) -> Self;
    /// Does the step again, to know its stages, unless it kept them.
    fn begin(&mut self, place: Place<'_, T, M>, noise: &Increment, kept: &[T]);
    /// Takes the cotangent of the state from the step's end to its start, and adds to that of the parameters.
    fn pull(
        &mut self,
        place: Place<'_, T, M>,
        noise: &Increment,
        kept: &[T],
        u_bar: &mut M::State,
        p_bar: &mut M::Params,
        work: &mut Workspace<T>,
    );
}

/// A kernel and what the path did in the step at hand.
#[derive(Debug)]
pub struct SdeAdjoint<K, C, V> {
    /// Made where the model is first seen.
    room: Option<Room<K, C>>,
    /// What rows inside the step add to the cotangents of its start and of its end.
    bars: [V; 2],
}

impl<K, C, V: Clone> SdeAdjoint<K, C, V> {
    /// Memory for states of the shape of `u`.
    pub fn new<T: Real>(u: &V) -> Self
    where
        V: Vector<T>,
    {
        Self { room: None, bars: [u.zeros_like(), u.zeros_like()] }
    }
}

impl<T, M, W, K> StepAdjoint<T, Driven<M, W>> for SdeAdjoint<K, W::Cursor, <M as System<T>>::State>
where
    T: Real,
    M: Diffusion<T>,
    M::Drift: Vjp<T>,
    W: Path,
    K: PullKernel<T, M>,
{
    fn begin(
        &mut self,
        at: At<'_, T, Driven<M, W>>,
        trace: Trace<'_, M::State, T>,
        _: bool,
        _: bool,
    ) -> Result<(), Failure> {
        self.bars.iter_mut().for_each(assign_zero);
        let room = self.room.get_or_insert_with(|| Room::new(at.f, at.u, K::ASKS, K::new(&at.f.model, at.u)));
        let kept = room.recall(at.f, at.interval, trace.kept)?;
        room.kernel.begin(Place::of(at), &room.noise, kept);
        Ok(())
    }

    fn seed(&mut self, theta: f64, cotangent: &M::State) {
        add_scaled(&mut self.bars[0], 1.0 - theta, cotangent);
        add_scaled(&mut self.bars[1], theta, cotangent);
    }

    /// There is none.
    fn seed_slope(
        &mut self,
        _: At<'_, T, Driven<M, W>>,
        _: Trace<'_, M::State, T>,
        _: f64,
        _: &M::State,
    ) -> T {
        T::lit(f64::NAN)
    }

    fn finish(
        &mut self,
        at: At<'_, T, Driven<M, W>>,
        trace: Trace<'_, M::State, T>,
        _: StepMotion,
        bars: Bars<'_, T, Driven<M, W>>,
        work: &mut Workspace<T>,
    ) -> Result<(), Failure> {
        let Bars { u: u_bar, p: p_bar, .. } = bars;
        // The step has begun: there is room.
        let Some(room) = &mut self.room else { return Err(Failure::NotFinite) };
        let kept = room.rest(trace.kept);
        let Room { kernel, noise, .. } = room;
        add_scaled(u_bar, 1.0, &self.bars[1]);
        kernel.pull(Place::of(at), noise, kept, u_bar, p_bar, work);
        add_scaled(u_bar, 1.0, &self.bars[0]);
        Ok(())
    }
}
