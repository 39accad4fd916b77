//! Costs that accumulate along a solution: `∫ g(u, p, t) dt` over the span, beside the loss of its saved states.

use crate::problem::Rhs;
use crate::problem::Vjp;
use crate::real::Real;
use crate::space::Vector;
use crate::space::Workspace;

/// The integrand `g(u, p, t)` of a cost, with its gradient.
///
/// `()` is no cost. [`Integrand`] makes one of a function with `#[ode]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a running cost for problems with the right-hand side `{F}`",
    note = "wrap an `#[ode]` of the same state and parameters, whose first component is the cost: `Integrand(cost)`"
)]
pub trait RunningCost<T: Real, F: Rhs<T>> {
    /// Nothing to integrate.
    const IS_NONE: bool = false;

    /// The cost per time.
    fn value(&self, u: &F::State, p: &F::Params, t: T) -> T;

    /// Adds `weight` times the gradient of [`value`](Self::value) to `u_bar`, `p_bar` and `t_bar`.
    #[allow(clippy::too_many_arguments)]
    fn pull(
        &self,
        weight: T,
        u: &F::State,
        p: &F::Params,
        t: T,
        bars: (&mut F::State, &mut F::Params, &mut T),
        work: &mut Workspace<T>,
    );
}

impl<T: Real, F: Rhs<T>> RunningCost<T, F> for () {
    const IS_NONE: bool = true;
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn value(&self, _: &F::State, _: &F::Params, _: T) -> T {
        T::ZERO
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn pull(
        &self,
        _: T,
        _: &F::State,
        _: &F::Params,
        _: T,
        _: (&mut F::State, &mut F::Params, &mut T),
        _: &mut Workspace<T>,
    ) {
    }
}

/// The first component that an `#[ode]` of the same state and parameters writes, as a cost; the others are not looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Integrand<G>(
    /// The function.
    pub G,
);

impl<T: Real, F: Rhs<T>, G: Vjp<T, State = F::State, Params = F::Params>> RunningCost<T, F> for Integrand<G> {
    fn value(&self, u: &F::State, p: &F::Params, t: T) -> T {
        self.0.eval(u, p, t).as_slice().first().copied().unwrap_or(T::ZERO)
    }

    fn pull(
        &self,
        weight: T,
        u: &F::State,
        p: &F::Params,
        t: T,
        (u_bar, p_bar, t_bar): (&mut F::State, &mut F::Params, &mut T),
        work: &mut Workspace<T>,
    ) {
        let mut cost_bar = u.zeros_like();
        if let Some(first) = cost_bar.as_mut_slice().first_mut() {
            *first = weight;
        }
        self.0.vjp(&mut cost_bar, u, p, t, u_bar, p_bar, t_bar, work);
    }
}
