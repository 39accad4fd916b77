//! The discrete adjoint of the reversible Heun method.
//!
//! What drift and noise were at the end of a step the next one uses at its start: their cotangents go from step to step, with that
//! of the second approximation. With those of the end, `ȳ`, `z̄`, `f̄`, `ḡ`:
//!
//! ```text
//! f̄ += h ȳ/2,  ḡ += ȳ Wᵀ/2,  z̄ += (∂f/∂z)ᵀ f̄ + (∂g/∂z)ᵀ ḡ,
//! ȳ₀ = ȳ + 2 z̄,  z̄₀ = -z̄,  f̄₀ = h ȳ/2 + h z̄,  ḡ₀ = ȳ Wᵀ/2 + z̄ Wᵀ
//! ```

use crate::noise::Asks;
use crate::noise::Driven;
use crate::noise::Path;
use crate::problem::Diffusion;
use crate::problem::DiffusionVjp;
use crate::problem::NoiseShape;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::step::AdjointMethod;
use crate::sensitivity::step::Bars;
use crate::sensitivity::step::StepAdjoint;
use crate::sensitivity::step::StepMotion;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::add_scaled;
use crate::space::assign;
use crate::space::assign_scaled;
use crate::space::assign_zero;
use crate::stepper::At;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::ReversibleHeun;
use crate::stepper::Room;
use crate::stepper::Trace;
use crate::stepper::leap;

/// Memory for the reverse derivative of a reversible Heun step.
#[derive(Debug)]
pub struct ReversibleHeunAdjoint<V, G, C> {
    /// With the noise at the start of the step, and the cotangent of the noise that both ends share with their neighbours.
    room: Option<Room<[G; 2], C>>,
    f: V,
    /// The second approximation at start and end.
    z: [V; 2],
    is_fresh: bool,
    f_bar: V,
    z_bar: V,
    half: Vec<f64>,
    /// What rows inside the step add to the cotangents of its start and of its end.
    bars: [V; 2],
}

impl<T: Real, M: DiffusionVjp<T>, W: Path> AdjointMethod<T, Driven<M, W>> for ReversibleHeun
where
    M::Drift: Vjp<T>,
{
    type Adjoint = ReversibleHeunAdjoint<M::State, M::Noise, W::Cursor>;
    fn adjoint(&self, u: &M::State, _: &Tolerances) -> Self::Adjoint {
        let zeros = || u.zeros_like();
        ReversibleHeunAdjoint {
            room: None,
            f: zeros(),
            z: [zeros(), zeros()],
            is_fresh: true,
            f_bar: zeros(),
            z_bar: zeros(),
            half: Vec::new(),
            bars: [zeros(), zeros()],
        }
    }
}

/// The two approximations at a time.
pub(super) type Pair<'a, V> = (&'a V, &'a V);

impl<V, G: Clone, C> ReversibleHeunAdjoint<V, G, C> {
    /// Undoes a step from the two approximations at its end: writes the state at its start to `u`, and is then as after
    /// [`begin`](StepAdjoint::begin). `goes_on`: the step undone before began where this one ends.
    pub(super) fn undo<T: Real, M, W>(
        &mut self,
        (f, p, interval): (&Driven<M, W>, &M::Params, Interval),
        (end, z_end): Pair<'_, V>,
        goes_on: bool,
        is_fresh: bool,
        u: &mut V,
    ) -> Result<(), Failure>
    where
        V: Vector<T>,
        G: Vector<T>,
        M: DiffusionVjp<T> + System<T, State = V> + Diffusion<T, Noise = G>,
        W: Path<Cursor = C>,
    {
        self.bars.iter_mut().for_each(assign_zero);
        self.is_fresh = is_fresh;
        let Self { room, f: slope, z: [z, z_next], half, .. } = self;
        let room = room.get_or_insert_with(|| {
            let blank = f.model.blank_noise(end);
            Room::new(f, end, Asks::Values, [blank.clone(), blank])
        });
        room.draw(f, interval)?;
        let (h, w, [g, _]) = (interval.h, &room.noise.w, &mut room.kernel);
        assign(z_next, z_end);
        if !goes_on {
            f.model.drift_and_noise(slope, g, z_end, p, T::lit(interval.to));
        }
        half.clear();
        half.extend(w.iter().map(|w| -0.5 * w));
        // Backwards both are the same formulas, with the signs of time and path changed.
        assign(u, end);
        add_scaled(u, -0.5 * h, slope);
        M::Shape::add_product(g, half, u);
        for ((z, end), z_end) in z.as_mut_slice().iter_mut().zip(end.as_slice()).zip(z_end.as_slice()) {
            *z = end.scale(2.0) - *z_end;
        }
        add_scaled(z, -h, slope);
        for half in half.iter_mut() {
            *half *= 2.0;
        }
        M::Shape::add_product(g, half, z);
        f.model.drift_and_noise(slope, g, z, p, T::lit(interval.from));
        for half in half.iter_mut() {
            *half *= 0.5;
        }
        add_scaled(u, -0.5 * h, slope);
        M::Shape::add_product(g, half, u);
        Ok(())
    }

    /// The second approximation at the start of the step.
    pub(super) fn z(&self) -> &V {
        &self.z[0]
    }
}

impl<T: Real, M: DiffusionVjp<T>, W: Path> StepAdjoint<T, Driven<M, W>>
    for ReversibleHeunAdjoint<M::State, M::Noise, W::Cursor>
where
    M::Drift: Vjp<T>,
{
    fn begin(
        &mut self,
        at: At<'_, T, Driven<M, W>>,
        trace: Trace<'_, M::State, T>,
        _: bool,
        _: bool,
    ) -> Result<(), Failure> {
        self.bars.iter_mut().for_each(assign_zero);
        // Without its memory the step cannot be done again.
        let Some(before) = trace.before else { return Err(Failure::Refused { factor: 1.0 }) };
        let Self { room, f, z: [z, z_next], is_fresh, .. } = self;
        let At { f: Driven { model, .. }, p, interval, u } = at;
        let room = room.get_or_insert_with(|| {
            let blank = model.blank_noise(u);
            Room::new(at.f, u, Asks::Values, [blank.clone(), blank])
        });
        room.draw(at.f, interval)?;
        if before.reals.len() != z.as_slice().len() {
            return Err(Failure::Refused { factor: 1.0 });
        }
        z.as_mut_slice().copy_from_slice(&before.reals);
        *is_fresh = before.numbers.first() == Some(&1.0);
        let [g, _] = &mut room.kernel;
        model.drift_and_noise(f, g, z, p, T::lit(interval.from));
        leap::<T, M>(z_next, (u, z), (f, g), interval.h, &room.noise.w);
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
        _: Trace<'_, M::State, T>,
        _: StepMotion,
        bars: Bars<'_, T, Driven<M, W>>,
        work: &mut Workspace<T>,
    ) -> Result<(), Failure> {
        let Self { room, z: [z, z_next], is_fresh, f_bar, z_bar, half, bars: row_bars, .. } = self;
        let Bars { u: u_bar, p: p_bar, .. } = bars;
        let At { f: Driven { model, .. }, p, interval, .. } = at;
        // The step has begun: there is room.
        let Some(Room { kernel: [_, g_bar], noise, .. }) = room else { return Err(Failure::NotFinite) };
        let (h, mut t_bar) = (interval.h, T::ZERO);
        add_scaled(u_bar, 1.0, &row_bars[1]);
        half.clear();
        half.extend(noise.w.iter().map(|w| 0.5 * w));
        add_scaled(f_bar, 0.5 * h, u_bar);
        M::Shape::add_outer(g_bar, half, u_bar);
        model.drift_and_noise_vjp(
            f_bar,
            g_bar,
            z_next,
            p,
            T::lit(interval.to),
            z_bar,
            p_bar,
            &mut t_bar,
            work,
        );
        assign_scaled(f_bar, 0.5 * h, u_bar);
        add_scaled(f_bar, h, z_bar);
        assign_zero(g_bar);
        M::Shape::add_outer(g_bar, half, u_bar);
        M::Shape::add_outer(g_bar, &noise.w, z_bar);
        add_scaled(u_bar, 2.0, z_bar);
        for bar in z_bar.as_mut_slice() {
            *bar = -*bar;
        }
        if *is_fresh {
            // Both approximations are the state.
            let t = T::lit(interval.from);
            model.drift_and_noise_vjp(f_bar, g_bar, z, p, t, z_bar, p_bar, &mut t_bar, work);
            add_scaled(u_bar, 1.0, z_bar);
            assign_zero(z_bar);
            assign_zero(f_bar);
            assign_zero(g_bar);
        }
        add_scaled(u_bar, 1.0, &row_bars[0]);
        Ok(())
    }
}
