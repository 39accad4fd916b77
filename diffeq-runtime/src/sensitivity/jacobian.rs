//! Forward mode in many directions at once: the solver run over dual numbers.

use crate::error::Error;
use crate::integrate::EventSet;
use crate::integrate::Solution;
use crate::integrate::Solver;
use crate::problem::OdeProblem;
use crate::problem::Rhs;
use crate::real::Dual;
use crate::real::Real;
use crate::sensitivity::check_finite;
use crate::sensitivity::lifted::LiftedRhs;
use crate::sensitivity::lifted::ParamsOf;
use crate::sensitivity::lifted::StateOf;
use crate::space::Lift;
use crate::space::Vector;
use crate::stepper::Method;

/// The derivatives of everything that was saved, by each of the parameters or of the initial values.
#[derive(Debug, Clone, PartialEq)]
pub struct SolutionJacobian<T> {
    /// One column after the other, each laid out as `Solution::values`.
    entries: Vec<T>,
    columns: usize,
    error: Option<f64>,
}

impl<T: Real> SolutionJacobian<T> {
    /// From one column after the other, and an estimate of their error.
    pub(super) fn new(entries: Vec<T>, columns: usize, error: Option<f64>) -> Self {
        Self { entries, columns, error }
    }

    /// The largest error that a step added to a derivative, relative to the largest value of that derivative; an estimate.
    /// `None` where nothing estimates it, see [`derivative_tolerance`](Solver::derivative_tolerance).
    pub fn error(&self) -> Option<f64> {
        self.error
    }

    /// The number of columns: of parameters, or of initial values.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The derivatives of all saved reals by variable `j`, laid out as `Solution::values`.
    ///
    /// # Panics
    ///
    /// Where there is no such column, as a slice does.
    pub fn column(&self, j: usize) -> &[T] {
        let rows = self.entries.len() / self.columns.max(1);
        &self.entries[j * rows..(j + 1) * rows]
    }

    /// The gradient of a loss from its derivatives by `Solution::values`: the transposed Jacobian times these.
    ///
    /// # Errors
    ///
    /// Where there are more or fewer cotangents than saved values.
    pub fn gradient(&self, cotangents: &[T]) -> Result<Vec<T>, Error> {
        let rows = self.entries.len() / self.columns.max(1);
        if self.columns > 0 && cotangents.len() != rows {
            let what = "cotangents of saved values";
            return Err(Error::Shape { what, expected: rows, found: cotangents.len() });
        }
        let column = |j| {
            let mut sum = T::ZERO;
            for (entry, cotangent) in self.column(j).iter().zip(cotangents) {
                sum += *entry * *cotangent;
            }
            sum
        };
        Ok((0..self.columns).map(column).collect())
    }
}

impl<F, T, M, E> Solver<'_, F, T, M, E>
where
    T: Real,
    F: Rhs<T> + Clone,
    M: Method<T, F>,
    E: EventSet<T, F>,
{
    /// Solves the problem and returns, with the solution, its derivatives by all parameters.
    ///
    /// One solve over [`Dual`] numbers carries `K` derivatives; there are as many solves as it takes. Where the
    /// parameters are few, this is the fastest gradient.
    ///
    /// # Errors
    ///
    /// Where the solve fails: see [`solve`](Solver::solve); where a derivative is not finite.
    #[allow(clippy::type_complexity)]
    pub fn parameter_jacobian<const K: usize>(
        &self,
    ) -> Result<(Solution<StateOf<F, T>, T>, SolutionJacobian<T>), Error>
    where
        F: LiftedRhs<T, Dual<T, K>>,
        M: Method<Dual<T, K>, F>,
        E: EventSet<Dual<T, K>, F>,
    {
        let columns = self.problem.p.as_slice().len();
        self.dual_jacobian(columns, |u, p, first| (constants(u), variables(p, first)))
    }

    /// Solves the problem and returns, with the solution, its derivatives by all components of the initial state.
    ///
    /// See [`parameter_jacobian`](Self::parameter_jacobian).
    ///
    /// # Errors
    ///
    /// Where the solve fails: see [`solve`](Solver::solve); where a derivative is not finite.
    #[allow(clippy::type_complexity)]
    pub fn initial_jacobian<const K: usize>(
        &self,
    ) -> Result<(Solution<StateOf<F, T>, T>, SolutionJacobian<T>), Error>
    where
        F: LiftedRhs<T, Dual<T, K>>,
        M: Method<Dual<T, K>, F>,
        E: EventSet<Dual<T, K>, F>,
    {
        let columns = self.problem.u0.as_slice().len();
        self.dual_jacobian(columns, |u, p, first| (variables(u, first), constants(p)))
    }

    /// Solves over dual numbers until all columns are there; `seed(u0, p, first)` makes the columns from `first` on.
    #[allow(clippy::type_complexity)]
    fn dual_jacobian<const K: usize>(
        &self,
        columns: usize,
        seed: impl Fn(&StateOf<F, T>, &ParamsOf<F, T>, usize) -> (StateOf<F, Dual<T, K>>, ParamsOf<F, Dual<T, K>>),
    ) -> Result<(Solution<StateOf<F, T>, T>, SolutionJacobian<T>), Error>
    where
        F: LiftedRhs<T, Dual<T, K>>,
        M: Method<Dual<T, K>, F>,
        E: EventSet<Dual<T, K>, F>,
    {
        let mut entries = Vec::new();
        let (mut solution, mut error) = (None, None::<f64>);
        let OdeProblem { model, u0, span, p } = self.problem;
        for first in (0..columns.max(1)).step_by(K.max(1)) {
            let (u0_dual, p_dual) = seed(u0, p, first);
            let problem = OdeProblem::new(model.clone(), u0_dual, *span, p_dual);
            let values =
                |u: &StateOf<F, Dual<T, K>>, q: &ParamsOf<F, Dual<T, K>>| (primals(u0, u), primals(p, q));
            let solved: Solution<_, Dual<T, K>> = self.over(&problem, values).solve()?;
            error = larger(error, solved.derivative_error());
            for k in 0..K.min(columns - first) {
                let start = entries.len();
                extend_by_tangents(&mut entries, solved.values(), k);
                // The error control did not look at them.
                check_finite(F::NAME, &entries[start..], |i| {
                    let (row, column) = (i / solved.width(), first + k);
                    (solved.times()[row], format!("a derivative, in column {column} of the Jacobian,"))
                })?;
            }
            if solution.is_none() {
                let end = primals(u0, solved.end());
                solution = Some(solved.over(end, |x| x.primal));
            }
        }
        let Some(solution) = solution else {
            return Ok((self.solve()?, SolutionJacobian::new(entries, columns, error)));
        };
        Ok((solution, SolutionJacobian::new(entries, columns, error)))
    }
}

/// The larger of two errors, as far as they are known.
fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.into_iter().chain(b).reduce(f64::max)
}

/// Adds tangent `k` of some numbers to others: apart, so that it is compiled for numbers alone.
fn extend_by_tangents<T: Real, const K: usize>(entries: &mut Vec<T>, values: &[Dual<T, K>], k: usize) {
    entries.extend(values.iter().map(|x| x.tangents[k]));
}

/// The values of a lifted vector, in the shape of `like`.
fn primals<T: Real, V: Vector<T>, const K: usize>(like: &V, lifted: &impl Vector<Dual<T, K>>) -> V {
    let mut x = like.clone();
    for (x, lifted) in x.as_mut_slice().iter_mut().zip(lifted.as_slice()) {
        *x = lifted.primal;
    }
    x
}

/// The vector without tangents.
fn constants<T: Real, V: Lift<T, Dual<T, K>>, const K: usize>(x: &V) -> V::Lifted {
    x.lift(&mut Dual::constant)
}

/// The vector with tangent `k` one in component `first + k`.
fn variables<T: Real, V: Lift<T, Dual<T, K>>, const K: usize>(x: &V, first: usize) -> V::Lifted {
    let mut next = 0_usize;
    x.lift(&mut |x| {
        let dual = next.checked_sub(first).map_or(Dual::constant(x), |k| Dual::variable(x, k));
        next += 1;
        dual
    })
}
