//! What has no derivative where noise drives the solution: anything by time.

use crate::error::Error;
use crate::integrate::EventSet;
use crate::integrate::Solver;
use crate::integrate::Trigger;
use crate::integrate::rough_crossing;
use crate::integrate::rough_switch;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Real;
use crate::space::Vector;
use crate::space::Workspace;

/// Refuses events at times that move, and switching times that do.
pub(super) fn check_rough<F: Vjp<T>, T: Real, M, E: EventSet<T, F>>(
    solver: &Solver<'_, F, T, M, E>,
) -> Result<(), Error> {
    if !F::ROUGH {
        return Ok(());
    }
    check_rough_events(&solver.events)?;
    let (f, p) = (&solver.problem.model, &solver.problem.p);
    let mut p_bar = p.zeros_like();
    f.switching_gradient(p, &vec![T::ONE; F::SWITCHES], &mut p_bar, &mut Workspace::new());
    if p_bar.as_slice().iter().all(|bar| bar.is_zero()) { Ok(()) } else { Err(rough_switch()) }
}

/// Refuses crossings.
pub(super) fn check_rough_events<F: System<T>, T: Real>(events: &impl EventSet<T, F>) -> Result<(), Error> {
    let crosses = |i| matches!(events.trigger(i), Trigger::Crossing(_));
    if F::ROUGH && (0..events.len()).any(crosses) { Err(rough_crossing()) } else { Ok(()) }
}

/// The error for a span that moves.
pub(super) fn rough_span() -> Error {
    Error::Option {
        option: "span",
        problem: "moves, where noise drives the solution: it has no derivative by time".to_string(),
        hint: "differentiate by `u0` and `p`",
    }
}

/// Refuses a direction along which switching times move.
pub(super) fn check_rough_direction<F: System<T>, T: Real>(
    f: &F,
    p: &F::Params,
    p_dot: &F::Params,
) -> Result<(), Error> {
    if !F::ROUGH {
        return Ok(());
    }
    let mut dots = vec![T::ZERO; F::SWITCHES];
    f.switching_tangents(p, p_dot, &mut dots);
    if dots.iter().all(|dot| dot.is_zero()) { Ok(()) } else { Err(rough_switch()) }
}

/// Refuses an adjoint that solves the equation of the derivative, and knows nothing of noise.
pub(super) fn refuse_rough<F: System<T>, T: Real>() -> Result<(), Error> {
    if F::ROUGH {
        return Err(Error::Option {
            option: "adjoint",
            problem: "integrates an ordinary equation backwards, where noise drives the solution".to_string(),
            hint: "take `DiscreteAdjoint`, or `StochasticBacksolve` for Stratonovich equations, which go back along the path",
        });
    }
    Ok(())
}

/// The same of a system that keeps its past: its equation backwards asks for what comes later.
pub(super) fn refuse_past<F: System<T>, T: Real>(f: &F) -> Result<(), Error> {
    if f.memento().is_some() {
        return Err(Error::Option {
            option: "adjoint",
            problem: "integrates an ordinary equation backwards, where the solution depends on its past"
                .to_string(),
            hint: "take `DiscreteAdjoint`, which goes back through the lookups of the steps",
        });
    }
    Ok(())
}
