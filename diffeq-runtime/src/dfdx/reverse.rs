//! Reverse mode: a solve as one operation on the tape.

use std::cell::OnceCell;
use std::rc::Rc;

use dfdx::shapes::Axes2;
use dfdx::tensor::Cpu;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor::TensorFrom;
use dfdx::tensor_ops::PermuteTo;
use dfdx::tensor_ops::ReshapeTo;
use dfdx::tensor_ops::SelectTo;

use super::convert::whole_states;
use super::inputs::SolveInputs;
use super::shape::TensorShape;
use super::tape::Scalar;
use crate::error::Error;
use crate::integrate::Solution;
use crate::integrate::Solver;
use crate::problem::OdeProblem;
use crate::problem::Vjp;
use crate::sensitivity::Adjoint;
use crate::sensitivity::AdjointMethod;
use crate::sensitivity::Cotangents;
use crate::sensitivity::DifferentiableEvents;
use crate::sensitivity::DiscreteAdjoint;
use crate::sensitivity::GaussAdjoint;
use crate::stepper::Method;

/// A solution, and its saved states as a tensor on the tape.
#[derive(Debug)]
pub struct Traced<U: TensorShape<E>, E: Scalar, T> {
    /// The solution: times, dense output, statistics.
    pub solution: Solution<U, E>,
    /// The saved states, time first: for states `[f64; 2]` a `Tensor<(usize, Const<2>), f64, _, _>`.
    pub series: Tensor<U::Series, E, Cpu, T>,
    /// What becomes of the backward pass.
    pub backward: Backward,
}

/// What became of the backward pass of a solve.
///
/// dfdx's backward pass carries no errors of ours: where an adjoint fails there, the gradients are NaN, and the reason is
/// here. Only continuous adjoints can fail, such as [`Backsolve`](crate::sensitivity::Backsolve).
#[derive(Debug, Clone, Default)]
pub struct Backward(Rc<OnceCell<Error>>);

impl Backward {
    /// To be asked after `backward`.
    ///
    /// # Errors
    /// Why the gradients are NaN.
    pub fn check(&self) -> Result<(), Error> {
        self.0.get().map_or(Ok(()), |error| Err(error.clone()))
    }
}

impl<U: TensorShape<E>, E: Scalar, T: Tape<E, Cpu>> Traced<U, E, T> {
    /// Component `i` of the state over the saved times, counted as in [`Vector::as_slice`](crate::space::Vector::as_slice).
    ///
    /// # Errors
    /// Where the state has no such component.
    pub fn component(self, i: usize) -> Result<Tensor<(usize,), E, Cpu, T>, Error> {
        let width = self.solution.width();
        if i >= width {
            return Err(Error::NotKept {
                what: format!("a component number {i}"),
                hint: "components count from zero",
            });
        }
        let rows = self.series.try_reshape_like(&(self.solution.len(), width))?;
        let columns = rows.try_permute::<(usize, usize), Axes2<1, 0>>()?;
        Ok(columns.try_select(Cpu::default().try_tensor(i)?)?)
    }
}

/// A solve as an operation on the tape, its gradient by reverse mode through the very steps of the solver.
///
/// `inputs` is a tensor `p`, or a pair `(u0, p)`; the solver gives method, options, and what the inputs leave open.
/// The gradient is that of the numbers returned, exact to rounding. It goes wherever the inputs came from: parameters,
/// initial states, the layers before.
///
/// # Errors
/// Where the solve fails: see [`Solver::solve`]; with `save_idxs` (take components off the tensor instead); or if the
/// inputs' sizes do not fit. The backward pass does not fail.
pub fn diffeq_rd<E, F, M, Ev, I, U, P>(
    inputs: I,
    solver: &Solver<'_, F, E, M, Ev>,
) -> Result<Traced<U, E, I::Tape>, Error>
where
    E: Scalar,
    U: TensorShape<E>,
    P: TensorShape<E>,
    F: Clone + Vjp<E, State = U, Params = P> + 'static,
    M: AdjointMethod<E, F> + 'static,
    Ev: DifferentiableEvents<E, F> + Clone + 'static,
    I: SolveInputs<E, U, P>,
{
    diffeq_with(inputs, solver, DiscreteAdjoint::default())
}

/// A solve as an operation on the tape, its gradient by a continuous adjoint: [`GaussAdjoint`] to the tolerances of the
/// solve. For other adjoints, checkpoints, methods of their own: [`diffeq_with`].
///
/// `inputs` is a tensor `p`, or a pair `(u0, p)`, as for [`diffeq_rd`].
///
/// # Errors
/// See [`diffeq_rd`]; of the backward pass, see [`Backward`].
pub fn diffeq_adjoint<E, F, M, Ev, I, U, P>(
    inputs: I,
    solver: &Solver<'_, F, E, M, Ev>,
) -> Result<Traced<U, E, I::Tape>, Error>
where
    E: Scalar,
    U: TensorShape<E>,
    P: TensorShape<E>,
    F: Clone + Vjp<E, State = U, Params = P> + 'static,
    M: Method<E, F, Stepper: 'static>,
    Ev: DifferentiableEvents<E, F> + Clone + 'static,
    I: SolveInputs<E, U, P>,
{
    diffeq_with(inputs, solver, GaussAdjoint::default())
}

/// The same with a choice of how the gradient is computed: any [`Adjoint`], such as one with fewer states in memory.
///
/// # Errors
/// See [`diffeq_rd`]; of the backward pass, see [`Backward`].
pub fn diffeq_with<E, F, M, Ev, I, U, P, A>(
    inputs: I,
    solver: &Solver<'_, F, E, M, Ev>,
    adjoint: A,
) -> Result<Traced<U, E, I::Tape>, Error>
where
    E: Scalar,
    U: TensorShape<E>,
    P: TensorShape<E>,
    F: Clone + Vjp<E, State = U, Params = P> + 'static,
    M: Method<E, F>,
    Ev: DifferentiableEvents<E, F> + Clone + 'static,
    I: SolveInputs<E, U, P>,
    A: Adjoint<F, E, M, Record: 'static>,
{
    let start = inputs.operands(&solver.problem.u0, &solver.problem.p)?;
    let problem = OdeProblem::new(solver.problem.model.clone(), start.u0, solver.problem.span, start.p);
    if !<I::Tape as Tape<E, Cpu>>::OWNS_TAPE {
        // Nothing to keep for a backward pass.
        let solution = solver.on(&problem).solve()?;
        let shape = whole_states(&solution)?;
        let values = solution.values().to_vec();
        let never = |_: &[E]| Ok((Vec::new(), Vec::new()));
        let series = start.operands.record(values, shape, never)?;
        return Ok(Traced { series, solution, backward: Backward::default() });
    }
    let (solution, mut record) = {
        let solver = solver.on(&problem);
        let (solution, pullback) = solver.vjp(adjoint)?;
        (solution, pullback.detach())
    };
    let shape = whole_states(&solution)?;
    // The backward pass may come when the caller's solver is gone: it gets what it needs of it.
    let (method, options, events) = (solver.method.clone(), solver.options.clone(), solver.events.clone());
    let backward = Backward::default();
    let failure = backward.clone();
    let pullback = move |y_bar: &[E]| {
        let solver = problem.solver(method).options(options).events(events);
        match A::pull(&mut record, &solver, &Cotangents::values(y_bar)) {
            Ok(gradient) => Ok((gradient.u0.as_slice().to_vec(), gradient.p.as_slice().to_vec())),
            // Nobody should take what comes back for a gradient.
            Err(error) => {
                // A tape runs backwards once.
                let _ = failure.0.set(error);
                let nan = |len| vec![E::lit(f64::NAN); len];
                Ok((nan(problem.u0.as_slice().len()), nan(problem.p.as_slice().len())))
            }
        }
    };
    let series = start.operands.record(solution.values().to_vec(), shape, pullback)?;
    Ok(Traced { solution, series, backward })
}
