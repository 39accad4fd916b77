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
use crate::problem::Stochastic;
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
    /// Memory for states of the shape of `u` and noise of that of `g`.
    pub(crate) fn of(u: &V, g: G, processes: impl Fn(&G) -> usize) -> Self {
        let n = processes(&g);
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

    /// The noise at the start of the step, which is known before its reverse derivative is taken.
    pub(crate) fn noise(&mut self) -> &mut G {
        &mut self.g
    }

    /// Adds to the cotangents what the derivative of the noise along `column` contributes, and writes that of the column.
    fn change<P: Vector<T> + Lift<T, Of<T>>>(
        &mut self,
        (u, p): (&V, &P),
        (u_bar, p_bar): (&mut V, &mut P),
        noise_vjp: &impl NoiseVjp<V::Lifted, P::Lifted, G::Lifted, T>,
    ) where
        V: Lift<T, Of<T>, Lifted: Vector<Of<T>>>,
        G: Lift<T, Of<T>>,
        P::Lifted: Vector<Of<T>>,
    {
        let Self { change_bar, column, column_bar, work, .. } = self;
        let mut along = column.as_slice().iter();
        let mut moving = |x| Dual::new(x, [along.next().copied().unwrap_or(T::ZERO)]);
        let u = u.lift(&mut moving);
        let p = p.lift(&mut Dual::constant);
        let mut noise_bar = change_bar.lift(&mut Dual::constant);
        let (mut u_dual, mut p_dual) = (u.zeros_like(), p.zeros_like());
        noise_vjp(&mut noise_bar, (&u, &p), (&mut u_dual, &mut p_dual), work);
        let bars = u_bar.as_mut_slice().iter_mut().zip(column_bar.as_mut_slice());
        for ((u_bar, column_bar), found) in bars.zip(u_dual.as_slice()) {
            *u_bar += found.tangents[0];
            *column_bar = found.primal;
        }
        for (p_bar, found) in p_bar.as_mut_slice().iter_mut().zip(p_dual.as_slice()) {
            *p_bar += found.tangents[0];
        }
    }

    /// The reverse of the step: `noise_vjp` is the vector-Jacobian product of the noise over dual numbers, `both_vjp` that of drift and
    /// noise, which takes their cotangents to those of state and parameters.
    pub(crate) fn reverse<M, S, P>(
        &mut self,
        (h, noise): (f64, &Increment),
        (u, p): (&V, &P),
        (u_bar, p_bar): (&mut V, &mut P),
        noise_vjp: impl NoiseVjp<V::Lifted, P::Lifted, G::Lifted, T>,
        both_vjp: impl FnOnce((&mut V, &mut G), (&mut V, &mut P)),
    ) where
        M: Stochastic,
        S: NoiseShape<T, V, G>,
        P: Vector<T> + Lift<T, Of<T>, Lifted: Vector<Of<T>>>,
        V: Lift<T, Of<T>, Lifted: Vector<Of<T>>>,
        G: Lift<T, Of<T>>,
    {
        assign_scaled(&mut self.f_bar, h, u_bar);
        assign_zero(&mut self.g_bar);
        S::add_outer(&mut self.g_bar, &noise.w, u_bar);
        // What is added on the way is not the cotangent of the end.
        assign(&mut self.end_bar, u_bar);
        if <M::Class as NoiseClass>::IS_ADDITIVE {
        } else if <M::Class as NoiseClass>::IS_DIAGONAL {
            twofold_diagonal::<M::Interpretation>(noise, h, &mut self.integrals);
            assign_zero(&mut self.column);
            S::add_product(&self.g, &self.ones, &mut self.column);
            assign_zero(&mut self.change_bar);
            S::add_outer(&mut self.change_bar, &self.integrals, &self.end_bar);
            self.change((u, p), (u_bar, p_bar), &noise_vjp);
            S::add_outer(&mut self.g_bar, &self.ones, &self.column_bar);
        } else {
            for j in 0..noise.w.len() {
                twofold::<M::Interpretation>(noise, h, j, &mut self.integrals);
                assign_zero(&mut self.column);
                S::add_column(&self.g, j, 1.0, &mut self.column);
                assign_zero(&mut self.change_bar);
                S::add_outer(&mut self.change_bar, &self.integrals, &self.end_bar);
                self.change((u, p), (u_bar, p_bar), &noise_vjp);
                S::add_to_column(&mut self.g_bar, j, 1.0, &self.column_bar);
            }
        }
        // The cotangent of the end is that of the start already, but for drift and noise.
        both_vjp((&mut self.f_bar, &mut self.g_bar), (u_bar, p_bar));
    }
}

/// The vector-Jacobian product of a noise over dual numbers, at the time of the step.
pub(crate) trait NoiseVjp<V, P, G, T: Real>:
    Fn(&mut G, (&V, &P), (&mut V, &mut P), &mut Workspace<Of<T>>)
{
}
impl<V, P, G, T: Real, N: Fn(&mut G, (&V, &P), (&mut V, &mut P), &mut Workspace<Of<T>>)> NoiseVjp<V, P, G, T>
    for N
{
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
        Self::of(u, <M as Diffusion<T>>::blank_noise(model, u), |g| <M as Diffusion<T>>::Shape::processes(g))
    }

    fn begin(&mut self, place: Place<'_, T, M>, _: &Increment, _: &[T]) {
        let Place { model, p, interval, u, .. } = place;
        <M as Diffusion<T>>::noise(model, &mut self.g, u, p, T::lit(interval.from));
    }

    fn pull(
        &mut self,
        place: Place<'_, T, M>,
        noise: &Increment,
        _: &[T],
        u_bar: &mut <M as System<T>>::State,
        p_bar: &mut <M as System<T>>::Params,
        work: &mut Workspace<T>,
    ) {
        let Place { model, p, interval, u, .. } = place;
        let t = T::lit(interval.from);
        self.reverse::<M, <M as Diffusion<T>>::Shape, _>(
            (interval.h, noise),
            (u, p),
            (u_bar, p_bar),
            |noise_bar: &mut <M as Diffusion<Of<T>>>::Noise, (u, p), (u_bar, p_bar), work| {
                let (t, mut t_bar) = (Dual::lit(interval.from), Dual::ZERO);
                model.noise_vjp(noise_bar, u, p, t, u_bar, p_bar, &mut t_bar, work);
            },
            |(f_bar, g_bar), (u_bar, p_bar)| {
                let mut t_bar = T::ZERO;
                <M as DiffusionVjp<T>>::drift_and_noise_vjp(
                    model, f_bar, g_bar, u, p, t, u_bar, p_bar, &mut t_bar, work,
                );
            },
        );
    }
}
