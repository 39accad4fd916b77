//! The laws of a stochastic delayed equation: over a past that is known it is a stochastic equation like any other.
//!
//! As for a [delayed](crate::late) one the past moves with the state once, and rests once. The class of its noise is what it is to
//! the present state: where the past moves with it nothing is claimed.

use crate::check::Report;
use crate::late::Along;
use crate::late::Known;
use crate::late::Late;
use crate::late::Onto;
use crate::late::PlainLate;
use crate::stochastic::check_all;
use crate::stochastic::check_values;
use crate::stochastic::print;
use diffeq::problem::Delayed;
use diffeq::problem::DelayedDiffusion;
use diffeq::problem::DelayedDiffusionJvp;
use diffeq::problem::DelayedDiffusionSparsity;
use diffeq::problem::DelayedDiffusionVjp;
use diffeq::problem::DelayedJvp;
use diffeq::problem::DelayedSparsity;
use diffeq::problem::DelayedVjp;
use diffeq::problem::Diffusion;
use diffeq::problem::DiffusionJvp;
use diffeq::problem::DiffusionSparsity;
use diffeq::problem::DiffusionVjp;
use diffeq::problem::General;
use diffeq::problem::Mark;
use diffeq::problem::Model;
use diffeq::problem::NoiseClass;
use diffeq::problem::Stochastic;
use diffeq::problem::System;
use diffeq::real::Real;
use diffeq::space::Vector;
use diffeq::space::Workspace;
use std::marker::PhantomData;
use testkit::laws::D;

type State<M, T> = <M as DelayedDiffusion<T>>::State;
type Params<M, T> = <M as DelayedDiffusion<T>>::Params;
type Noise<M, T> = <M as DelayedDiffusion<T>>::Noise;
type Shapes<M, T> = (State<M, T>, Params<M, T>);

/// A stochastic delayed equation over a past that is known; `C` is the class that its noise then has.
struct Over<M, C, const MOVES: bool>(M, PhantomData<fn() -> C>);

impl<M: Clone, C, const MOVES: bool> Clone for Over<M, C, MOVES> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<M: Model, C: 'static, const MOVES: bool> Model for Over<M, C, MOVES> {
    const NAME: &'static str = M::NAME;
}

impl<M: Stochastic, C: NoiseClass + 'static, const MOVES: bool> Stochastic for Over<M, C, MOVES> {
    type Interpretation = M::Interpretation;
    type Class = C;
    type Drift = Late<M::Drift, MOVES>;
    fn drift(&self) -> Self::Drift {
        Late(self.0.drift())
    }
}

impl<T: Real, M: DelayedDiffusion<T>, C: 'static, const MOVES: bool> System<T> for Over<M, C, MOVES> {
    type State = State<M, T>;
    type Params = Params<M, T>;
}

impl<T: Real, M: DelayedDiffusion<T>, C: NoiseClass + 'static, const MOVES: bool> Diffusion<T>
    for Over<M, C, MOVES>
{
    type Noise = Noise<M, T>;
    type Shape = M::Shape;
    fn blank_noise(&self, u: &State<M, T>) -> Noise<M, T> {
        self.0.blank_noise(u)
    }
    fn noise(&self, noise: &mut Noise<M, T>, u: &State<M, T>, p: &Params<M, T>, t: T) {
        self.0.noise(noise, u, &Known::<_, _, MOVES>::of(u), p, t);
    }
    fn drift_and_noise(
        &self,
        du: &mut State<M, T>,
        noise: &mut Noise<M, T>,
        u: &State<M, T>,
        p: &Params<M, T>,
        t: T,
    ) {
        self.0.drift_and_noise(du, noise, u, &Known::<_, _, MOVES>::of(u), p, t);
    }
}

impl<T: Real, M: DelayedDiffusionJvp<T>, C: NoiseClass + 'static, const MOVES: bool> DiffusionJvp<T>
    for Over<M, C, MOVES>
{
    fn noise_jvp(
        &self,
        noise: &mut Noise<M, T>,
        noise_dot: &mut Noise<M, T>,
        u: &State<M, T>,
        u_dot: &State<M, T>,
        p: &Params<M, T>,
        p_dot: &Params<M, T>,
        t: T,
        t_dot: T,
    ) {
        let (past, past_dot) = (Known::<_, _, MOVES>::of(u), Along::<_, MOVES>(u_dot));
        self.0.noise_jvp(noise, noise_dot, u, u_dot, &past, &past_dot, p, p_dot, t, t_dot);
    }

    fn noise_state_jvp(
        &self,
        noise_dot: &mut Noise<M, T>,
        u: &State<M, T>,
        u_dot: &State<M, T>,
        p: &Params<M, T>,
        t: T,
    ) {
        if MOVES {
            let mut noise = self.0.blank_noise(u);
            return self.noise_jvp(&mut noise, noise_dot, u, u_dot, p, &p.zeros_like(), t, T::ZERO);
        }
        self.0.noise_state_jvp(noise_dot, &Known::<_, _, MOVES>::of(u), u, u_dot, p, t);
    }
}

/// Adds what the past's cotangents are for the state.
fn add<T: Real, V: Vector<T>>(u_bar: &mut V, past_bar: &V) {
    for (to, bar) in u_bar.as_mut_slice().iter_mut().zip(past_bar.as_slice()) {
        *to += *bar;
    }
}

impl<T: Real, M: DelayedDiffusionVjp<T>, C: NoiseClass + 'static, const MOVES: bool> DiffusionVjp<T>
    for Over<M, C, MOVES>
{
    fn noise_vjp(
        &self,
        noise_bar: &mut Noise<M, T>,
        u: &State<M, T>,
        p: &Params<M, T>,
        t: T,
        u_bar: &mut State<M, T>,
        p_bar: &mut Params<M, T>,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    ) {
        let (past, mut past_bar) = (Known::<_, _, MOVES>::of(u), Onto::<_, MOVES>(u.zeros_like()));
        self.0.noise_vjp(noise_bar, u, &past, &mut past_bar, p, t, u_bar, p_bar, t_bar, work);
        add(u_bar, &past_bar.0);
    }

    fn drift_and_noise_vjp(
        &self,
        du_bar: &mut State<M, T>,
        noise_bar: &mut Noise<M, T>,
        u: &State<M, T>,
        p: &Params<M, T>,
        t: T,
        u_bar: &mut State<M, T>,
        p_bar: &mut Params<M, T>,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    ) {
        let (past, mut past_bar) = (Known::<_, _, MOVES>::of(u), Onto::<_, MOVES>(u.zeros_like()));
        let to = (&mut *u_bar, p_bar, t_bar);
        self.0.drift_and_noise_vjp(du_bar, noise_bar, u, &past, &mut past_bar, p, t, to.0, to.1, to.2, work);
        add(u_bar, &past_bar.0);
    }
}

impl<M: DelayedDiffusionSparsity, C: NoiseClass + 'static, const MOVES: bool> DiffusionSparsity
    for Over<M, C, MOVES>
{
    fn noise_dependencies(
        &self,
        noise: &mut Noise<M, Mark>,
        u: &State<M, Mark>,
        p: &Params<M, Mark>,
        t: Mark,
    ) {
        self.0.noise_dependencies(noise, u, p, t);
        if MOVES {
            // A past that moves with the state is no part of what the pattern is of.
            let all = u.as_slice().iter().fold(Mark::ZERO, |all, mark| all | *mark);
            noise.as_mut_slice().fill(all);
        }
    }
}

/// Checks the values of a model and prints what came of it.
pub fn late_stochastic_values<M: DelayedDiffusion<f64>>(
    name: &str,
    model: M,
    shapes: Shapes<M, f64>,
    plain: PlainLate<'_>,
    seed: u64,
) {
    let over = Over::<M, General, true>(model, PhantomData);
    print(name, &check_values(over, shapes, &|u, p, t| plain(u, p, t, true), seed));
}

/// Checks a model and prints what came of it.
pub fn late_stochastic<M>(
    name: &str,
    model: M,
    shapes: Shapes<M, f64>,
    duals: Shapes<M, D>,
    plain: PlainLate<'_>,
    seed: u64,
) where
    M: DelayedDiffusionJvp<f64>
        + DelayedDiffusionVjp<f64>
        + DelayedDiffusion<D>
        + DelayedDiffusionSparsity
        + Stochastic<
            Class: 'static,
            Drift: DelayedJvp<f64>
                       + DelayedVjp<f64>
                       + DelayedSparsity
                       + Delayed<f64, State = State<M, f64>, Params = Params<M, f64>>
                       + Delayed<D, State = State<M, D>, Params = Params<M, D>>,
        >,
{
    let moving = Over::<M, General, true>(model.clone(), PhantomData);
    let resting = Over::<M, <M as Stochastic>::Class, false>(model, PhantomData);
    let mut report: Report =
        check_all(moving, shapes.clone(), duals.clone(), &|u, p, t| plain(u, p, t, true), seed);
    if report.failures.is_empty() {
        let of_resting = check_all(resting, shapes, duals, &|u, p, t| plain(u, p, t, false), seed);
        report.worst = report.worst.max(of_resting.worst);
        report.failures.extend(of_resting.failures);
    }
    print(name, &report);
}
