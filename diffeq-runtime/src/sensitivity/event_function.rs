//! Derivatives of events that are made of functions with `#[differentiable]`: those of the functions.

use crate::integrate::Crossing;
use crate::integrate::Discrete;
use crate::integrate::Of;
use crate::integrate::Periodic;
use crate::integrate::Preset;
use crate::problem::ConditionFn;
use crate::problem::EffectFn;
use crate::problem::PredicateFn;
use crate::problem::Rhs;
use crate::real::Real;
use crate::sensitivity::event::DifferentiableEvent;
use crate::space::Vector;
use crate::space::Workspace;

/// The products of an event: those of its condition, which is a real where it crosses zero, and of its effect.
macro_rules! products {
    ($condition:ty) => {
        fn condition_jvp(
            &self,
            u: &F::State,
            u_dot: &F::State,
            p: &F::Params,
            p_dot: &F::Params,
            t: T,
            t_dot: T,
        ) -> T {
            <$condition as ConditionFn<T, F::State, F::Params>>::tangent((u, u_dot), (p, p_dot), (t, t_dot))
        }

        fn condition_gradient(
            &self,
            u: &F::State,
            p: &F::Params,
            t: T,
            bars: (&mut F::State, &mut F::Params, &mut T),
        ) {
            let mut work = Workspace::new();
            <$condition as ConditionFn<T, F::State, F::Params>>::gradient(u, p, t, bars, &mut work);
        }

        fn affect_jvp(
            &self,
            u: &F::State,
            p: &F::Params,
            t: T,
            (u_dot, p_dot, t_dot): (&mut F::State, &mut F::Params, T),
        ) {
            A::tangent((u, u_dot), (p, p_dot), (t, t_dot));
        }

        fn affect_vjp(
            &self,
            u: &F::State,
            p: &F::Params,
            t: T,
            (u_bar, p_bar, t_bar): (&mut F::State, &mut F::Params, &mut T),
        ) {
            let after = (u_bar.clone(), p_bar.clone());
            u_bar.as_mut_slice().fill(T::ZERO);
            if A::CHANGES_PARAMS {
                p_bar.as_mut_slice().fill(T::ZERO);
            }
            A::pull(u, p, t, after, (u_bar, p_bar, t_bar), &mut Workspace::new());
        }
    };
}

impl<T, F, C, A> DifferentiableEvent<T, F> for Crossing<Of<C>, Of<A>>
where
    T: Real,
    F: Rhs<T>,
    C: ConditionFn<T, F::State, F::Params>,
    A: EffectFn<T, F::State, F::Params>,
{
    products!(C);
}

impl<T, F, C, A> DifferentiableEvent<T, F> for Discrete<Of<C>, Of<A>>
where
    T: Real,
    F: Rhs<T>,
    C: PredicateFn<T, F::State, F::Params>,
    A: EffectFn<T, F::State, F::Params>,
{
    products!(());
}

impl<T, F, A> DifferentiableEvent<T, F> for Periodic<Of<A>>
where
    T: Real,
    F: Rhs<T>,
    A: EffectFn<T, F::State, F::Params>,
{
    products!(());
}

impl<T, F, A> DifferentiableEvent<T, F> for Preset<Of<A>>
where
    T: Real,
    F: Rhs<T>,
    A: EffectFn<T, F::State, F::Params>,
{
    products!(());
}
