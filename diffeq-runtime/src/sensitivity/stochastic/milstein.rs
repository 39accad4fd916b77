//! The discrete adjoint of Milstein's step.
//!
//! The step has the derivative of the noise along one of its own columns `d`. With the cotangent `N` of that derivative,
//! `N · ∂g/∂u d` has the gradient `(∂g/∂u)ᵀ N` by `d`, and by state and parameters the derivative along `d` of the gradient of
//! `N · g`: one vector-Jacobian product over dual numbers gives all of them.

use crate::noise::Asks;
use crate::noise::Increment;
use crate::problem::Diffusion;
use crate::problem::DiffusionJvp;
use crate::problem::DiffusionVjp;
use crate::problem::NoiseClass;
use crate::problem::NoiseShape;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Dual;
use crate::real::Real;
use crate::sensitivity::stochastic::kernel::PullKernel;
use crate::space::Lift;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::assign;
use crate::space::assign_scaled;
use crate::space::assign_zero;
use crate::stepper::Kernel;
use crate::stepper::MilsteinKernel;
use crate::stepper::Place;
use crate::stepper::twofold;
use crate::stepper::twofold_diagonal;

type Of<T> = Dual<T, 1>;

/// A stochastic model that is one over dual numbers as well, with the same shapes.
pub trait LiftedDiffusion<T: Real, U: Real>:
    Diffusion<
        T,
        State: Lift<T, U, Lifted = <Self as System<U>>::State>,
        Params: Lift<T, U, Lifted = <Self as System<U>>::Params>,
        Noise: Lift<T, U, Lifted = <Self as Diffusion<U>>::Noise>,
    > + Diffusion<U>
{
}

impl<T, U, M> LiftedDiffusion<T, U> for M
where
    T: Real,
    U: Real,
    M: Diffusion<U>
        + Diffusion<
            T,
            State: Lift<T, U, Lifted = <M as System<U>>::State>,
            Params: Lift<T, U, Lifted = <M as System<U>>::Params>,
            Noise: Lift<T, U, Lifted = <M as Diffusion<U>>::Noise>,
        >,
{
}

/// Memory for the reverse derivative of a Milstein step.
#[derive(Debug, Clone)]
pub struct MilsteinPull<V, G, T> {
    f_bar: V,
    g: G,
    g_bar: G,
    /// The cotangent of the derivative of the noise.
    change_bar: G,
    column: V,
    column_bar: V,
    /// The cotangent of the end.
    end_bar: V,
    integrals: Vec<f64>,
    ones: Vec<f64>,
    work: Workspace<Dual<T, 1>>,
}

impl<V: Vector<T>, G: Vector<T>, T: Real> MilsteinPull<V, G, T> {
    /// Adds to the cotangents what the derivative of the noise along `column` contributes, and writes that of the column.
    fn change<M>(&mut self, place: Place<'_, T, M>, u_bar: &mut V, p_bar: &mut <M as System<T>>::Params)
    where
        M: LiftedDiffusion<T, Of<T>> + Diffusion<T, Noise = G> + System<T, State = V> + DiffusionVjp<Of<T>>,
    {
        let Self { change_bar, column, column_bar, work, .. } = self;
        let Place { model, p, interval, u, .. } = place;
        let mut along = column.as_slice().iter();
        let mut moving = |x| Dual::new(x, [along.next().copied().unwrap_or(T::ZERO)]);
        let u = u.lift(&mut moving);
        let p = p.lift(&mut Dual::constant);
        let mut noise_bar = change_bar.lift(&mut Dual::constant);
        let (mut u_dual, mut p_dual, mut t_bar) = (u.zeros_like(), p.zeros_like(), Dual::ZERO);
        let t = Dual::lit(interval.from);
        model.noise_vjp(&mut noise_bar, &u, &p, t, &mut u_dual, &mut p_dual, &mut t_bar, work);
        let bars = u_bar.as_mut_slice().iter_mut().zip(column_bar.as_mut_slice());
        for ((u_bar, column_bar), found) in bars.zip(u_dual.as_slice()) {
            *u_bar += found.tangents[0];
            *column_bar = found.primal;
        }
        for (p_bar, found) in p_bar.as_mut_slice().iter_mut().zip(p_dual.as_slice()) {
            *p_bar += found.tangents[0];
        }
    }
}

impl<T, M> PullKernel<T, M> for MilsteinPull<<M as System<T>>::State, <M as Diffusion<T>>::Noise, T>
where
    T: Real,
    M: LiftedDiffusion<T, Of<T>> + DiffusionJvp<T> + DiffusionVjp<T> + DiffusionVjp<Of<T>>,
    M::Drift: Vjp<T>,
{
    const ASKS: Asks =
        <MilsteinKernel<<M as System<T>>::State, <M as Diffusion<T>>::Noise> as Kernel<T, M>>::ASKS;

    fn new(model: &M, u: &<M as System<T>>::State) -> Self {
        let g = <M as Diffusion<T>>::blank_noise(model, u);
        let n = <M as Diffusion<T>>::Shape::processes(&g);
        Self {
            f_bar: u.zeros_like(),
            g_bar: g.clone(),
            change_bar: g.clone(),
            g,
            column: u.zeros_like(),
            column_bar: u.zeros_like(),
            end_bar: u.zeros_like(),
            integrals: vec![0.0; n],
            ones: vec![1.0; n],
            work: Workspace::new(),
        }
    }

    fn begin(&mut self, place: Place<'_, T, M>, _: &Increment) {
        let Place { model, p, interval, u, .. } = place;
        <M as Diffusion<T>>::noise(model, &mut self.g, u, p, T::lit(interval.from));
    }

    fn pull(
        &mut self,
        place: Place<'_, T, M>,
        noise: &Increment,
        u_bar: &mut <M as System<T>>::State,
        p_bar: &mut <M as System<T>>::Params,
        work: &mut Workspace<T>,
    ) {
        let Place { model, p, interval, u, .. } = place;
        let (h, t) = (interval.h, T::lit(interval.from));
        assign_scaled(&mut self.f_bar, h, u_bar);
        assign_zero(&mut self.g_bar);
        <M as Diffusion<T>>::Shape::add_outer(&mut self.g_bar, &noise.w, u_bar);
        // What is added on the way is not the cotangent of the end.
        assign(&mut self.end_bar, u_bar);
        if <M::Class as NoiseClass>::IS_ADDITIVE {
        } else if <M::Class as NoiseClass>::IS_DIAGONAL {
            twofold_diagonal::<M::Interpretation>(noise, h, &mut self.integrals);
            assign_zero(&mut self.column);
            <M as Diffusion<T>>::Shape::add_product(&self.g, &self.ones, &mut self.column);
            assign_zero(&mut self.change_bar);
            <M as Diffusion<T>>::Shape::add_outer(&mut self.change_bar, &self.integrals, &self.end_bar);
            self.change(place, u_bar, p_bar);
            <M as Diffusion<T>>::Shape::add_outer(&mut self.g_bar, &self.ones, &self.column_bar);
        } else {
            for j in 0..noise.w.len() {
                twofold::<M::Interpretation>(noise, h, j, &mut self.integrals);
                assign_zero(&mut self.column);
                <M as Diffusion<T>>::Shape::add_column(&self.g, j, 1.0, &mut self.column);
                assign_zero(&mut self.change_bar);
                <M as Diffusion<T>>::Shape::add_outer(&mut self.change_bar, &self.integrals, &self.end_bar);
                self.change(place, u_bar, p_bar);
                <M as Diffusion<T>>::Shape::add_to_column(&mut self.g_bar, j, 1.0, &self.column_bar);
            }
        }
        let mut t_bar = T::ZERO;
        let (f_bar, g_bar) = (&mut self.f_bar, &mut self.g_bar);
        // The cotangent of the end is that of the start already, but for drift and noise.
        <M as DiffusionVjp<T>>::drift_and_noise_vjp(
            model, f_bar, g_bar, u, p, t, u_bar, p_bar, &mut t_bar, work,
        );
    }
}
