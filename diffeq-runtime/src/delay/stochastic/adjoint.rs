//! Back through the steps of a stochastic delayed equation, along the path that the solve took.
//!
//! What lookups are handed goes to the steps that they fell into, as for every delayed equation: see `delay/adjoint.rs`.

use crate::delay::Initial;
use crate::delay::WithPast;
use crate::delay::complaint::Complaint;
use crate::delay::pull::Taking;
use crate::delay::stochastic::kernel::EulerHeunPastKernel;
use crate::delay::stochastic::kernel::PastKernel;
use crate::delay::stochastic::kernel::Seen;
use crate::delay::stochastic::kernel::processes;
use crate::noise::Asks;
use crate::noise::Driven;
use crate::noise::Increment;
use crate::noise::Path;
use crate::problem::DelayedDiffusion;
use crate::problem::DelayedDiffusionJvp;
use crate::problem::DelayedDiffusionVjp;
use crate::problem::DelayedVjp;
use crate::problem::NoiseShape;
use crate::problem::Past;
use crate::problem::PastCotangent;
use crate::real::Dual;
use crate::real::Real;
use crate::sensitivity::Bars;
use crate::sensitivity::MilsteinPull;
use crate::sensitivity::StepAdjoint;
use crate::sensitivity::StepMotion;
use crate::space::Lift;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::add_scaled;
use crate::space::assign_scaled;
use crate::space::assign_zero;
use crate::stepper::At;
use crate::stepper::Failure;
use crate::stepper::MilsteinKernel;
use crate::stepper::Room;
use crate::stepper::Trace;

/// The reverse derivative of the step of a stochastic method for delayed models.
pub trait PastPull<T: Real, M: DelayedDiffusion<T>>: Sized + 'static {
    /// How much of the path the step asks for.
    const ASKS: Asks;
    /// Memory for states of the shape of `u`.
    fn new(model: &M, u: &M::State) -> Self;
    /// Takes the cotangent of the state from the step's end to its start, and adds to those of the parameters and of the past.
    fn pull<A: Past<T, M::State>>(
        &mut self,
        seen: Seen<'_, T, M, A>,
        noise: &Increment,
        past_bar: &mut impl PastCotangent<T, M::State>,
        bars: (&mut M::State, &mut M::Params),
        work: &mut Workspace<T>,
    );
}

/// The reverse of [`EulerPastKernel`](crate::delay::EulerPastKernel).
#[derive(Debug, Clone)]
pub struct EulerPastPull<V, G> {
    f_bar: V,
    g_bar: G,
}

impl<T: Real, M: DelayedDiffusionVjp<T>> PastPull<T, M> for EulerPastPull<M::State, M::Noise> {
    const ASKS: Asks = Asks::Values;

    fn new(model: &M, u: &M::State) -> Self {
        Self { f_bar: u.zeros_like(), g_bar: model.blank_noise(u) }
    }

    fn pull<A: Past<T, M::State>>(
        &mut self,
        seen: Seen<'_, T, M, A>,
        noise: &Increment,
        past_bar: &mut impl PastCotangent<T, M::State>,
        (u_bar, p_bar): (&mut M::State, &mut M::Params),
        work: &mut Workspace<T>,
    ) {
        let Self { f_bar, g_bar } = self;
        let Seen { model, past, p, interval, u } = seen;
        assign_scaled(f_bar, interval.h, u_bar);
        assign_zero(g_bar);
        M::Shape::add_outer(g_bar, &noise.w, u_bar);
        let (t, mut t_bar) = (T::lit(interval.from), T::ZERO);
        // The cotangent of the end is that of the start already, but for drift and noise.
        model.drift_and_noise_vjp(f_bar, g_bar, u, past, past_bar, p, t, u_bar, p_bar, &mut t_bar, work);
    }
}

/// The reverse of [`EulerHeunPastKernel`].
#[derive(Debug, Clone)]
pub struct EulerHeunPastPull<V, G> {
    stages: EulerHeunPastKernel<V, G>,
    end: V,
    f_bar: V,
    g_bar: G,
    g_ahead_bar: G,
    ahead_bar: V,
}

impl<T: Real, M: DelayedDiffusionVjp<T>> PastPull<T, M> for EulerHeunPastPull<M::State, M::Noise> {
    const ASKS: Asks = Asks::Values;

    fn new(model: &M, u: &M::State) -> Self {
        let g_bar = model.blank_noise(u);
        Self {
            stages: <EulerHeunPastKernel<M::State, M::Noise> as PastKernel<T, M>>::new(model, u),
            end: u.zeros_like(),
            f_bar: u.zeros_like(),
            g_ahead_bar: g_bar.clone(),
            g_bar,
            ahead_bar: u.zeros_like(),
        }
    }

    fn pull<A: Past<T, M::State>>(
        &mut self,
        seen: Seen<'_, T, M, A>,
        noise: &Increment,
        past_bar: &mut impl PastCotangent<T, M::State>,
        (u_bar, p_bar): (&mut M::State, &mut M::Params),
        work: &mut Workspace<T>,
    ) {
        let Self { stages, end, f_bar, g_bar, g_ahead_bar, ahead_bar } = self;
        let Seen { model, past, p, interval, u } = seen;
        stages.step(seen, noise, end);
        let (t, mut t_bar) = (T::lit(interval.from), T::ZERO);
        assign_scaled(f_bar, interval.h, u_bar);
        assign_scaled(end, 0.5, u_bar);
        for g_bar in [&mut *g_bar, &mut *g_ahead_bar] {
            assign_zero(g_bar);
            M::Shape::add_outer(g_bar, &noise.w, end);
        }
        assign_zero(ahead_bar);
        model.noise_vjp(g_ahead_bar, &stages.ahead, past, past_bar, p, t, ahead_bar, p_bar, &mut t_bar, work);
        add_scaled(u_bar, 1.0, ahead_bar);
        M::Shape::add_outer(g_bar, &noise.w, ahead_bar);
        model.drift_and_noise_vjp(f_bar, g_bar, u, past, past_bar, p, t, u_bar, p_bar, &mut t_bar, work);
    }
}

/// The past of a noise that looks at none: what would ask it has no number.
struct Nothing<'a, V>(&'a V);

impl<T: Real, V: Vector<T>> Past<T, V> for Nothing<'_, V> {
    type Place = ();
    fn find(&self, _: T) {}
    fn read(&self, (): &(), _: usize, _: usize) -> T {
        T::lit(f64::NAN)
    }
    fn blank(&self) -> V {
        self.0.zeros_like()
    }
}

/// A stochastic delayed model that is one over dual numbers as well, with the same shapes.
pub trait LiftedDelayedDiffusion<T: Real, U: Real>:
    DelayedDiffusion<
        T,
        State: Lift<T, U, Lifted = <Self as DelayedDiffusion<U>>::State>,
        Params: Lift<T, U, Lifted = <Self as DelayedDiffusion<U>>::Params>,
        Noise: Lift<T, U, Lifted = <Self as DelayedDiffusion<U>>::Noise>,
    > + DelayedDiffusion<U>
{
}

impl<T, U, M> LiftedDelayedDiffusion<T, U> for M
where
    T: Real,
    U: Real,
    M: DelayedDiffusion<U>
        + DelayedDiffusion<
            T,
            State: Lift<T, U, Lifted = <M as DelayedDiffusion<U>>::State>,
            Params: Lift<T, U, Lifted = <M as DelayedDiffusion<U>>::Params>,
            Noise: Lift<T, U, Lifted = <M as DelayedDiffusion<U>>::Noise>,
        >,
{
}

impl<T, M> PastPull<T, M>
    for MilsteinPull<<M as DelayedDiffusion<T>>::State, <M as DelayedDiffusion<T>>::Noise, T>
where
    T: Real,
    M: LiftedDelayedDiffusion<T, Dual<T, 1>>
        + DelayedDiffusionJvp<T>
        + DelayedDiffusionVjp<T>
        + DelayedDiffusionVjp<Dual<T, 1>>,
{
    const ASKS: Asks = <MilsteinKernel<
        <M as DelayedDiffusion<T>>::State,
        <M as DelayedDiffusion<T>>::Noise,
    > as PastKernel<T, M>>::ASKS;

    fn new(model: &M, u: &<M as DelayedDiffusion<T>>::State) -> Self {
        let g = <M as DelayedDiffusion<T>>::blank_noise(model, u);
        Self::of(u, g, |g| <M as DelayedDiffusion<T>>::Shape::processes(g))
    }

    fn pull<A: Past<T, <M as DelayedDiffusion<T>>::State>>(
        &mut self,
        seen: Seen<'_, T, M, A>,
        noise: &Increment,
        past_bar: &mut impl PastCotangent<T, <M as DelayedDiffusion<T>>::State>,
        bars: (&mut <M as DelayedDiffusion<T>>::State, &mut <M as DelayedDiffusion<T>>::Params),
        work: &mut Workspace<T>,
    ) {
        let Seen { model, past, p, interval, u } = seen;
        let t = T::lit(interval.from);
        <M as DelayedDiffusion<T>>::noise(model, self.noise(), u, past, p, t);
        self.reverse::<M, <M as DelayedDiffusion<T>>::Shape, _>(
            (interval.h, noise),
            (u, p),
            bars,
            |noise_bar: &mut <M as DelayedDiffusion<Dual<T, 1>>>::Noise, (u, p), (u_bar, p_bar), work| {
                let (t, mut t_bar) = (Dual::lit(interval.from), Dual::ZERO);
                let past = &Nothing(u);
                model.noise_vjp(noise_bar, u, past, &mut (), p, t, u_bar, p_bar, &mut t_bar, work);
            },
            |(f_bar, g_bar), (u_bar, p_bar)| {
                let mut t_bar = T::ZERO;
                <M as DelayedDiffusionVjp<T>>::drift_and_noise_vjp(
                    model, f_bar, g_bar, u, past, past_bar, p, t, u_bar, p_bar, &mut t_bar, work,
                );
            },
        );
    }
}

/// A kernel and what the path did in the step at hand.
#[derive(Debug)]
pub struct PastAdjoint<K, C, V> {
    /// Made where the model is first seen.
    room: Option<Room<K, C>>,
    /// What rows and lookups inside the step add to the cotangents of its start and of its end.
    bars: [V; 2],
}

impl<K, C, V> PastAdjoint<K, C, V> {
    pub(super) fn new<T: Real>(u: &V) -> Self
    where
        V: Vector<T>,
    {
        Self { room: None, bars: [u.zeros_like(), u.zeros_like()] }
    }
}

impl<T, M, W, H, K> StepAdjoint<T, WithPast<Driven<M, W>, H, T>> for PastAdjoint<K, W::Cursor, M::State>
where
    T: Real,
    M: DelayedDiffusion<T>,
    M::Drift: DelayedVjp<T>,
    W: Path,
    H: Initial<T, M::State, M::Params>,
    K: PastPull<T, M>,
{
    fn begin(
        &mut self,
        at: At<'_, T, WithPast<Driven<M, W>, H, T>>,
        _: Trace<'_, M::State, T>,
        _: bool,
        _: bool,
    ) -> Result<(), Failure> {
        self.bars.iter_mut().for_each(assign_zero);
        let (driven, u) = (&at.f.model, at.u);
        let room = self.room.get_or_insert_with(|| {
            Room::of_processes(driven, processes(&driven.model, u), K::ASKS, K::new(&driven.model, u))
        });
        room.draw(driven, at.interval)
    }

    fn seed(&mut self, theta: f64, cotangent: &M::State) {
        add_scaled(&mut self.bars[0], 1.0 - theta, cotangent);
        add_scaled(&mut self.bars[1], theta, cotangent);
    }

    /// There is none.
    fn seed_slope(
        &mut self,
        _: At<'_, T, WithPast<Driven<M, W>, H, T>>,
        _: Trace<'_, M::State, T>,
        _: f64,
        _: &M::State,
    ) -> T {
        T::lit(f64::NAN)
    }

    fn finish(
        &mut self,
        at: At<'_, T, WithPast<Driven<M, W>, H, T>>,
        _: Trace<'_, M::State, T>,
        _: StepMotion,
        bars: Bars<'_, T, WithPast<Driven<M, W>, H, T>>,
        work: &mut Workspace<T>,
    ) -> Result<(), Failure> {
        let (Bars { u: u_bar, p: p_bar, .. }, At { f, p, interval, u }) = (bars, at);
        // The step has begun: there is room.
        let Some(Room { kernel, noise, .. }) = &mut self.room else { return Err(Failure::NotFinite) };
        add_scaled(u_bar, 1.0, &self.bars[1]);
        let t = T::lit(interval.from);
        f.asks_back(u, p, t);
        let before = f.found();
        {
            let past = &f.ask(u, p, t);
            let seen = Seen { model: &f.model.model, past, p, interval, u };
            kernel.pull(seen, noise, &mut Taking { of: f }, (u_bar, p_bar), work);
        }
        f.pull_history(before, p, p_bar);
        if WithPast::<Driven<M, W>, H, T>::has_moving_lags()
            && p_bar.as_slice().iter().any(|bar| bar.value().is_nan())
        {
            f.memory().complaint = Some(Complaint::RoughLag { t: interval.t });
            return Err(Failure::NotFinite);
        }
        add_scaled(u_bar, 1.0, &self.bars[0]);
        Ok(())
    }
}

impl<M, W, H, T> WithPast<Driven<M, W>, H, T>
where
    T: Real,
    M: DelayedDiffusion<T>,
    W: Path,
    H: Initial<T, M::State, M::Params>,
{
    /// Whether lags depend on the time, and so perhaps on parameters as well, which is seen where derivatives meet them.
    fn has_moving_lags() -> bool {
        Self::kinds().any(|kind| !kind.is_fixed())
    }
}
