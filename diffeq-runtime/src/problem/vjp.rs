//! Other ways to a vector-Jacobian product than the generated one.

use std::ops::RangeInclusive;

use crate::problem::Jvp;
use crate::problem::Model;
use crate::problem::Rhs;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Real;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::dot;

/// A right-hand side whose vector-Jacobian products go over the dense Jacobian, a column at a time by Jacobian-vector
/// products: exact, for models that have those alone, and to check the generated ones.
///
/// One product takes as many evaluations as there are states and parameters.
#[derive(Debug, Clone, Copy, Default)]
pub struct DenseVjp<F>(
    /// The right-hand side.
    pub F,
);

/// A right-hand side whose vector-Jacobian products are central differences: for closures, and nothing that must be
/// exact.
///
/// The step is `ε^(1/3)` of a component, or of one for components below one; the error is about `ε^(2/3)`: 4e-11 in `f64`,
/// 2e-5 in `f32`. One product takes twice as many evaluations as there are states and parameters.
#[derive(Debug, Clone, Copy, Default)]
pub struct NumericalVjp<F>(
    /// The right-hand side.
    pub F,
);

/// The right-hand side of another type, as its own.
macro_rules! as_its_own {
    ($($wrapper:ident)*) => { $(
        impl<F: Model> Model for $wrapper<F> {
            const NAME: &'static str = F::NAME;
            const DOC: &'static str = F::DOC;
            fn state_names() -> Vec<String> {
                F::state_names()
            }
            fn param_names() -> Vec<String> {
                F::param_names()
            }
            fn state_len() -> RangeInclusive<usize> {
                F::state_len()
            }
            fn params_len() -> RangeInclusive<usize> {
                F::params_len()
            }
            const WRITTEN: bool = F::WRITTEN;
            fn written(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
                F::written(du, u, p, t);
            }
            fn compiled(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
                F::compiled(du, u, p, t);
            }
        }

        impl<T: Real, F: Rhs<T>> System<T> for $wrapper<F> {
            type State = F::State;
            type Params = F::Params;

            const SWITCHES: usize = F::SWITCHES;
            const HIDES_SWITCHES: bool = F::HIDES_SWITCHES;
            const ONE_UNIT: bool = F::ONE_UNIT;
            fn switching_times(&self, p: &F::Params, times: &mut [T]) {
                self.0.switching_times(p, times);
            }
            fn switching_tangents(&self, p: &F::Params, p_dot: &F::Params, dots: &mut [T]) {
                self.0.switching_tangents(p, p_dot, dots);
            }
            fn switching_gradient(
                &self,
                p: &F::Params,
                bars: &[T],
                p_bar: &mut F::Params,
                work: &mut Workspace<T>,
            ) {
                self.0.switching_gradient(p, bars, p_bar, work);
            }
        }
        impl<T: Real, F: Rhs<T>> Rhs<T> for $wrapper<F> {
            #[inline(always)]
            fn rhs(&self, du: &mut F::State, u: &F::State, p: &F::Params, t: T) {
                self.0.rhs(du, u, p, t);
            }
        }
    )* };
}

as_its_own!(DenseVjp NumericalVjp);

impl<T: Real, F: Jvp<T>> Vjp<T> for DenseVjp<F> {
    fn vjp(
        &self,
        du_bar: &mut F::State,
        u: &F::State,
        p: &F::Params,
        t: T,
        u_bar: &mut F::State,
        p_bar: &mut F::Params,
        t_bar: &mut T,
        _: &mut Workspace<T>,
    ) {
        let (mut u_dot, mut p_dot) = (u.zeros_like(), p.zeros_like());
        let mut du_dot = u.zeros_like();
        let mut column = |u_dot: &F::State, p_dot: &F::Params, t_dot: T| {
            self.0.tangent(&mut du_dot, u, u_dot, p, p_dot, t, t_dot);
            dot(du_bar, &du_dot)
        };
        for (i, bar) in u_bar.as_mut_slice().iter_mut().enumerate() {
            u_dot.as_mut_slice()[i] = T::ONE;
            *bar += column(&u_dot, &p_dot, T::ZERO);
            u_dot.as_mut_slice()[i] = T::ZERO;
        }
        for (i, bar) in p_bar.as_mut_slice().iter_mut().enumerate() {
            p_dot.as_mut_slice()[i] = T::ONE;
            *bar += column(&u_dot, &p_dot, T::ZERO);
            p_dot.as_mut_slice()[i] = T::ZERO;
        }
        *t_bar += column(&u_dot, &p_dot, T::ONE);
    }
}

impl<T: Real, F: Rhs<T>> Vjp<T> for NumericalVjp<F> {
    fn vjp(
        &self,
        du_bar: &mut F::State,
        u: &F::State,
        p: &F::Params,
        t: T,
        u_bar: &mut F::State,
        p_bar: &mut F::Params,
        t_bar: &mut T,
        _: &mut Workspace<T>,
    ) {
        let (mut u, mut p, mut du) = (u.clone(), p.clone(), u.zeros_like());
        let mut along = |u: &F::State, p: &F::Params, t: T| {
            self.0.rhs(&mut du, u, p, t);
            dot(du_bar, &du)
        };
        for (i, bar) in u_bar.as_mut_slice().iter_mut().enumerate() {
            let x = u.as_slice()[i];
            *bar += difference(x, |x| {
                u.as_mut_slice()[i] = x;
                along(&u, &p, t)
            });
            u.as_mut_slice()[i] = x;
        }
        for (i, bar) in p_bar.as_mut_slice().iter_mut().enumerate() {
            let x = p.as_slice()[i];
            *bar += difference(x, |x| {
                p.as_mut_slice()[i] = x;
                along(&u, &p, t)
            });
            p.as_mut_slice()[i] = x;
        }
        *t_bar += difference(t, |t| along(&u, &p, t));
    }
}

/// The slope of a function at `x`.
fn difference<T: Real>(x: T, mut f: impl FnMut(T) -> T) -> T {
    let step = T::EPSILON.cbrt() * x.value().abs().max(1.0);
    let (right, left) = (x + T::lit(step), x - T::lit(step));
    // The step that was taken is the one after rounding.
    let width = (right - left).value();
    (f(right) - f(left)).scale(1.0 / width)
}
