//! The discrete adjoint of an implicit step: the transposed system of its last Newton iteration.
//!
//! From `v = u + h f(v, p, t + h)` with the cotangent `λ` of `v`: `(I - h ∂f/∂u)ᵀ w = λ`, and `ū = w`,
//! `p̄ += h (∂f/∂p)ᵀ w`, `t̄ = h (∂f/∂t)ᵀ w`, `h̄ = f · w + t̄`.

use crate::problem::Jacobian;
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
use crate::space::assign_zero;
use crate::space::dot;
use crate::stepper::At;
use crate::stepper::Failure;
use crate::stepper::ImplicitEuler;
use crate::stepper::ImplicitEulerStepper;
use crate::stepper::Iteration;
use crate::stepper::Stepper;
use crate::stepper::Trace;

/// Memory for the reverse derivative of an implicit Euler step.
#[derive(Debug)]
pub struct ImplicitEulerAdjoint<V, T> {
    stepper: ImplicitEulerStepper<V, T>,
    iteration: Iteration<V, T>,
    tolerances: Tolerances,
    /// The end of the step.
    end: V,
    /// The cotangent of the solution of the linear system.
    w: V,
    k_bar: V,
    residual: V,
    /// What rows inside the step add to the cotangents of its start and of its end.
    bars: [V; 2],
}

impl<T: Real, F: Jacobian<T> + Vjp<T>> AdjointMethod<T, F> for ImplicitEuler {
    type Adjoint = ImplicitEulerAdjoint<<F as System<T>>::State, T>;
    fn adjoint(&self, u: &<F as System<T>>::State, tolerances: &Tolerances) -> Self::Adjoint {
        ImplicitEulerAdjoint {
            stepper: ImplicitEulerStepper::new(u),
            iteration: Iteration::new(u),
            tolerances: tolerances.clone(),
            end: u.zeros_like(),
            w: u.zeros_like(),
            k_bar: u.zeros_like(),
            residual: u.zeros_like(),
            bars: [u.zeros_like(), u.zeros_like()],
        }
    }
}

impl<T, F, V> StepAdjoint<T, F> for ImplicitEulerAdjoint<V, T>
where
    T: Real,
    V: Vector<T>,
    F: Jacobian<T> + Vjp<T> + System<T, State = V>,
{
    fn begin(&mut self, at: At<'_, T, F>, trace: Trace<'_, V, T>, _: bool, _: bool) -> Result<(), Failure> {
        self.bars.iter_mut().for_each(assign_zero);
        if let [end] = trace.stages {
            assign(&mut self.end, end);
            return Ok(());
        }
        assign(&mut self.w, at.u);
        self.stepper.begin(at.f, at.p, at.interval.from, &mut self.w, &self.tolerances)?;
        self.stepper.step(at, &self.tolerances, &mut self.end)
    }

    fn seed(&mut self, theta: f64, cotangent: &V) {
        add_scaled(&mut self.bars[0], 1.0 - theta, cotangent);
        add_scaled(&mut self.bars[1], theta, cotangent);
    }

    fn seed_slope(&mut self, at: At<'_, T, F>, _: Trace<'_, V, T>, _: f64, cotangent: &V) -> T {
        (dot(&self.end, cotangent) - dot(at.u, cotangent)).scale(1.0 / at.interval.h)
    }

    /// Of half the step less its length times the slope at its start, as in the steps.
    #[cold]
    fn error(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, V, T>,
        u_bar: &V,
        (u_error, p_error): (&mut V, &mut <F as System<T>>::Params),
        work: &mut Workspace<T>,
    ) -> bool {
        let rows = std::array::from_fn(|_| u_bar.zeros_like());
        let rows: [V; 2] = std::mem::replace(&mut self.bars, rows);
        let mut half = u_bar.zeros_like();
        add_scaled(&mut half, 0.5, u_bar);
        add_scaled(&mut half, 0.5, &rows[1]);
        assign(u_error, &half);
        let still = StepMotion { start: [0.0; 2], length: [0.0; 2] };
        let bars = Bars { u: &mut *u_error, p: &mut *p_error, span: &mut [T::ZERO; 2] };
        let done = self.finish(at, trace, still, bars, work);
        self.bars = rows;
        add_scaled(u_error, -1.0, &half);
        let mut k_bar = half.zeros_like();
        add_scaled(&mut k_bar, -at.interval.h, &half);
        let t = T::lit(at.interval.from);
        at.f.vjp(&mut k_bar, at.u, at.p, t, u_error, p_error, &mut T::lit(0.0), work);
        done.is_ok()
    }

    fn finish(
        &mut self,
        at: At<'_, T, F>,
        _: Trace<'_, V, T>,
        motion: StepMotion,
        bars: Bars<'_, T, F>,
        work: &mut Workspace<T>,
    ) -> Result<(), Failure> {
        let Self { iteration, end, w, k_bar, residual, bars: [start_bar, end_bar], .. } = self;
        let At { f, p, interval, u } = at;
        let Bars { u: u_bar, p: p_bar, span: span_bar } = bars;
        let (h, t) = (interval.h, T::lit(interval.to));
        add_scaled(u_bar, 1.0, end_bar);
        iteration.factor((f, p), t, end, h)?;
        // The matrix is that of the values: each round is exact in one more power of the tangents.
        assign(residual, u_bar);
        assign_zero(w);
        for round in 0..=T::NESTING {
            iteration.solve_transposed(residual);
            add_scaled(w, 1.0, residual);
            if round < T::NESTING {
                assign_zero(residual);
                assign_zero(k_bar);
                add_scaled(k_bar, h, w);
                f.state_vjp(k_bar, end, p, t, residual, work);
                for ((r, bar), w) in
                    residual.as_mut_slice().iter_mut().zip(u_bar.as_slice()).zip(w.as_slice())
                {
                    *r += *bar - *w;
                }
            }
        }
        let stretch = (dot(end, w) - dot(u, w)).scale(1.0 / h);
        assign_zero(k_bar);
        add_scaled(k_bar, h, w);
        let mut t_bar = T::ZERO;
        // The cotangent of the state is known already.
        f.vjp(k_bar, end, p, t, residual, p_bar, &mut t_bar, work);
        let end_motion = motion.at(1.0);
        for (i, bar) in span_bar.iter_mut().enumerate() {
            *bar += t_bar.scale(end_motion[i]) + stretch.scale(motion.length[i]);
        }
        assign(u_bar, w);
        add_scaled(u_bar, 1.0, start_bar);
        Ok(())
    }
}
