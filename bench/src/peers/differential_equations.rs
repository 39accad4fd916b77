//! The crate `differential-equations`: Dormand-Prince and Verner pairs on arrays.

use ::differential_equations::prelude::*;

use super::Contender;
use super::End;
use super::MAX_STEPS;
use crate::problems::Problem;

const LIBRARY: &str = "differential-equations";

/// Its Dormand-Prince methods, and of its Verner pairs the efficient ones of each order.
pub fn methods<P: Problem<N>, const N: usize>() -> Vec<Contender<P, N>> {
    vec![
        Contender::new(LIBRARY, "dopri5", |p, end, tol| {
            solve(p, end, ExplicitRungeKutta::dopri5().rtol(tol).atol(tol).max_steps(MAX_STEPS))
        }),
        Contender::new(LIBRARY, "dop853", |p, end, tol| {
            solve(p, end, ExplicitRungeKutta::dop853().rtol(tol).atol(tol).max_steps(MAX_STEPS))
        }),
        Contender::new(LIBRARY, "rkv656e", |p, end, tol| {
            solve(p, end, ExplicitRungeKutta::rkv656e().rtol(tol).atol(tol).max_steps(MAX_STEPS))
        }),
        Contender::new(LIBRARY, "rkv766e", |p, end, tol| {
            solve(p, end, ExplicitRungeKutta::rkv766e().rtol(tol).atol(tol).max_steps(MAX_STEPS))
        }),
        Contender::new(LIBRARY, "rkv877e", |p, end, tol| {
            solve(p, end, ExplicitRungeKutta::rkv877e().rtol(tol).atol(tol).max_steps(MAX_STEPS))
        }),
        Contender::new(LIBRARY, "rkv988e", |p, end, tol| {
            solve(p, end, ExplicitRungeKutta::rkv988e().rtol(tol).atol(tol).max_steps(MAX_STEPS))
        }),
    ]
}

struct System<'a, P, const N: usize>(&'a P);

impl<P: Problem<N>, const N: usize> ODE<f64, [f64; N]> for System<'_, P, N> {
    #[inline]
    fn diff(&self, _: f64, u: &[f64; N], du: &mut [f64; N]) {
        self.0.rhs(du, u);
    }
}

/// Saves the end alone.
struct Last(f64);

impl<const N: usize> Solout<f64, [f64; N]> for Last {
    fn solout<I>(
        &mut self,
        t: f64,
        _: f64,
        u: &[f64; N],
        _: &[f64; N],
        _: &mut I,
        solution: &mut Solution<f64, [f64; N]>,
    ) -> ControlFlag<f64, [f64; N]>
    where
        I: Interpolation<f64, [f64; N]> + ?Sized,
    {
        if t >= self.0 {
            solution.push(t, *u);
        }
        ControlFlag::Continue
    }
}

fn solve<P, M, const N: usize>(problem: &P, end: f64, mut method: M) -> Option<End<N>>
where
    P: Problem<N>,
    M: ::differential_equations::ode::OrdinaryNumericalMethod<f64, [f64; N]> + Interpolation<f64, [f64; N]>,
{
    let solution = ::differential_equations::ode::solve_ode(
        &mut method,
        &System(problem),
        0.0,
        end,
        &problem.start(),
        // The solver may stop within rounding of the end.
        &mut Last(end * (1.0 - 1e-12)),
    )
    .ok()?;
    Some(End { u: *solution.y.last()?, evaluations: solution.evals.function })
}
