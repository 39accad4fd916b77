//! Pullbacks that outlive the solver that they came from.

use crate::error::Error;
use crate::integrate::Solver;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::DifferentiableEvents;
use crate::sensitivity::discrete::Pullback;
use crate::sensitivity::motion::RowMotions;
use crate::sensitivity::step::AdjointMethod;
use crate::sensitivity::tape::Tape;
use crate::space::Workspace;
use crate::stepper::Method;

/// What a [`Pullback`] knows of its solve, apart from the solver: for a reverse sweep that happens elsewhere, later.
pub struct Detached<F, T, M>
where
    F: Vjp<T>,
    T: Real,
    M: AdjointMethod<T, F>,
{
    tape: Tape<F::State, F::Params>,
    step: M::Adjoint,
    stepper: <M as Method<T, F>>::Stepper,
    work: Workspace<T>,
    u: F::State,
    scratch: F::State,
    row: F::State,
}

impl<F, T, M, E> Pullback<'_, F, T, M, E>
where
    F: Vjp<T>,
    T: Real,
    M: AdjointMethod<T, F>,
{
    /// Lets go of the solver.
    pub fn detach(self) -> Detached<F, T, M> {
        let Self { tape, step, stepper, work, u, scratch, row, .. } = self;
        Detached { tape, step, stepper, work, u, scratch, row }
    }
}

impl<F, T, M> Detached<F, T, M>
where
    F: Vjp<T>,
    T: Real,
    M: AdjointMethod<T, F>,
{
    /// The pullback again. The solver must have the problem, the options and the events of the one that it came from.
    ///
    /// # Errors
    /// If that solver's options make no sense for its problem.
    pub fn attach<'a, E>(self, solver: &'a Solver<'_, F, T, M, E>) -> Result<Pullback<'a, F, T, M, E>, Error>
    where
        E: DifferentiableEvents<T, F>,
    {
        let Self { tape, step, stepper, work, u, scratch, row } = self;
        let (problem, options, events) = (solver.problem, &solver.options, &solver.events);
        let rows = RowMotions::new(problem.span, options)?;
        Ok(Pullback { problem, options, events, tape, rows, step, stepper, work, u, scratch, row })
    }
}
