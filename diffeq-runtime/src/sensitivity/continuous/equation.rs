//! The adjoint equation, as a right-hand side like any other.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::ops::Range;

use crate::integrate::Dense;
use crate::problem::Model;
use crate::problem::Rhs;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::RunningCost;
use crate::sensitivity::continuous::AdjointVariant;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::assign_zero;

/// `dλ/dt = -f_uᵀ λ - g_u`, with `dp̄/dt = -f_pᵀ λ - g_p` and `du/dt = f` where the [`AdjointVariant`] carries them along.
pub struct AdjointEquation<'a, F: Vjp<T>, T: Real, K, C> {
    pub(super) model: &'a F,
    pub(super) cost: &'a C,
    /// The solution during this part of the way, where it is kept.
    pub(super) path: Option<(&'a Dense<T>, Range<usize>)>,
    pub(super) buffers: RefCell<&'a mut CostateBuffers<F, T>>,
    pub(super) variant: PhantomData<fn() -> K>,
}

/// What an evaluation of the adjoint equation writes to.
pub(super) struct CostateBuffers<F: Vjp<T>, T: Real> {
    u: F::State,
    /// The costate, which a VJP consumes.
    lambda: F::State,
    u_bar: F::State,
    slope: F::State,
    p_bar: F::Params,
    work: Workspace<T>,
    /// The step of the path that was looked at last.
    step: usize,
}

impl<F: Vjp<T>, T: Real> CostateBuffers<F, T> {
    pub fn new(u: &F::State, p: &F::Params) -> Self {
        let zeros = || u.zeros_like();
        Self {
            u: zeros(),
            lambda: zeros(),
            u_bar: zeros(),
            slope: zeros(),
            p_bar: p.zeros_like(),
            work: Workspace::new(),
            step: 0,
        }
    }
}

impl<F: Vjp<T>, T: Real, K, C> Model for AdjointEquation<'_, F, T, K, C> {
    const NAME: &'static str = "adjoint equation";
    const DOC: &'static str = F::NAME;
}

impl<F, T, K, C> AdjointEquation<'_, F, T, K, C>
where
    F: Vjp<T>,
    T: Real,
    K: AdjointVariant<F, T>,
    C: RunningCost<T, F>,
{
    /// Writes `u(t)` to the buffers: from the path, or from the state where it is integrated backwards.
    #[inline]
    fn find_u(&self, buffers: &mut CostateBuffers<F, T>, state: &[T], t: f64) {
        let u = buffers.u.as_mut_slice();
        if K::SOLUTION {
            u.copy_from_slice(&state[state.len() - u.len()..]);
        } else if let Some((dense, steps)) = &self.path {
            // Stages follow one another in time: the step looked at last, or one nearby.
            if !steps.contains(&buffers.step) || !dense.covers(buffers.step, t) {
                buffers.step = dense.find(steps.clone(), t);
            }
            dense.value(buffers.step, t, u);
        }
    }

    /// Adds `factor` times `f_pᵀ λ + g_p` at a time to `p_bar`.
    #[inline]
    pub fn pull_params(&self, state: &[T], factor: f64, p: &F::Params, t: f64, p_bar: &mut F::Params) {
        let mut buffers = self.buffers.borrow_mut();
        self.find_u(&mut buffers, state, t);
        let CostateBuffers { u, lambda, u_bar, work, .. } = &mut **buffers;
        let (t, mut t_bar) = (T::lit(t), T::ZERO);
        for (lambda, state) in lambda.as_mut_slice().iter_mut().zip(state) {
            *lambda = state.scale(factor);
        }
        self.model.vjp(lambda, u, p, t, u_bar, p_bar, &mut t_bar, work);
        if !C::IS_NONE {
            self.cost.pull(T::lit(factor), u, p, t, (u_bar, p_bar, &mut t_bar), work);
        }
    }

    /// `w · f` for a cotangent `w` of the solution, at a time.
    pub fn along(&self, w: &[T], state: &[T], p: &F::Params, t: f64) -> T {
        let mut buffers = self.buffers.borrow_mut();
        self.find_u(&mut buffers, state, t);
        let CostateBuffers { u, slope, .. } = &mut **buffers;
        self.model.rhs(slope, u, p, T::lit(t));
        let mut along = T::ZERO;
        for (w, slope) in w.iter().zip(slope.as_slice()) {
            along += *w * *slope;
        }
        along
    }
}

impl<F, T, K, C> System<T> for AdjointEquation<'_, F, T, K, C>
where
    F: Vjp<T>,
    T: Real,
    K: AdjointVariant<F, T>,
    C: RunningCost<T, F>,
{
    type State = K::State;
    type Params = F::Params;
}

impl<F, T, K, C> Rhs<T> for AdjointEquation<'_, F, T, K, C>
where
    F: Vjp<T>,
    T: Real,
    K: AdjointVariant<F, T>,
    C: RunningCost<T, F>,
{
    #[inline]
    fn rhs(&self, out: &mut K::State, state: &K::State, p: &F::Params, t: T) {
        let mut buffers = self.buffers.borrow_mut();
        let (state, out) = (state.as_slice(), out.as_mut_slice());
        self.find_u(&mut buffers, state, t.value());
        let CostateBuffers { u, lambda, u_bar, slope, p_bar, work, .. } = &mut **buffers;
        let n = lambda.as_slice().len();
        lambda.as_mut_slice().copy_from_slice(&state[..n]);
        assign_zero(u_bar);
        let mut t_bar = T::ZERO;
        if K::PARAMS {
            assign_zero(p_bar);
            self.model.vjp(lambda, u, p, t, u_bar, p_bar, &mut t_bar, work);
        } else {
            self.model.state_vjp(lambda, u, p, t, u_bar, work);
        }
        if !C::IS_NONE {
            self.cost.pull(T::ONE, u, p, t, (u_bar, p_bar, &mut t_bar), work);
        }
        let (of_lambda, rest) = out.split_at_mut(n);
        negate(of_lambda, u_bar.as_slice());
        if K::PARAMS {
            let (of_p_bar, of_u) = rest.split_at_mut(p_bar.as_slice().len());
            negate(of_p_bar, p_bar.as_slice());
            if K::SOLUTION {
                self.model.rhs(slope, u, p, t);
                of_u.copy_from_slice(slope.as_slice());
            }
        }
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn negate<T: Real>(out: &mut [T], x: &[T]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out = -*x;
    }
}
