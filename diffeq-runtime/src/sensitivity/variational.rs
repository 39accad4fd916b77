//! Continuous forward sensitivities: the equation and its linearisations as one system, with error control over both.
//!
//! With `S = ∂u/∂(u0, p)` the variational equation is
//!
//! ```text
//! du/dt = f(u, p, t),    dS/dt = f_u S + f_p P,    S(t0) = (1, 0),    P = (0, 1)
//! ```
//!
//! a column at a time by Jacobian-vector products (Hairer, Nørsett, Wanner, *Solving Ordinary Differential Equations I*,
//! section I.14; Maly, Petzold, *Numerical methods and software for sensitivity analysis of differential-algebraic
//! systems*, Appl. Numer. Math. 20 (1996), for the simultaneous solution and its error control).

use std::cell::RefCell;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::error::Error;
use crate::integrate::Cause;
use crate::integrate::Ceiling;
use crate::integrate::EventRecord;
use crate::integrate::EventSet;
use crate::integrate::Evidence;
use crate::integrate::Inside;
use crate::integrate::Observer;
use crate::integrate::Options;
use crate::integrate::Solution;
use crate::integrate::Solver;
use crate::integrate::Taken;
use crate::integrate::Trigger;
use crate::integrate::Wants;
use crate::integrate::landing;
use crate::problem::Jvp;
use crate::problem::Model;
use crate::problem::OdeProblem;
use crate::problem::Rhs;
use crate::problem::System;
use crate::problem::check_lengths;
use crate::real::Real;
use crate::sensitivity::SolutionJacobian;
use crate::sensitivity::check_finite;
use crate::sensitivity::event::DifferentiableEvents;
use crate::sensitivity::event::push_jump;
use crate::sensitivity::switch::Switch;
use crate::space::Tolerance;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::stepper::Method;

/// Forward sensitivities with their own error control; for few parameters and initial values.
///
/// [`Solver::jvp`] and dual numbers differentiate the numbers of a solve, whose steps look at the solution alone. Here the
/// steps look at the sensitivities too, so that these are as accurate as the tolerances say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForwardSensitivity {
    /// How many columns are solved for at once; all of them where it is `None`, the default.
    pub chunk: Option<usize>,
    /// Whether the error control looks at the sensitivities. If not, steps are those of a plain solve as long as the errors of
    /// the sensitivities allow it: see [`derivative_tolerance`](Solver::derivative_tolerance). `true` by default.
    pub error_control: bool,
}

impl Default for ForwardSensitivity {
    fn default() -> Self {
        Self { chunk: None, error_control: true }
    }
}

/// The derivatives of what a solve returned by `u0` and by `p`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensitivities<T> {
    /// Of the saved values, by the initial state.
    pub u0: SolutionJacobian<T>,
    /// Of the saved values, by the parameters.
    pub p: SolutionJacobian<T>,
    /// Of the state at the end, by the initial state.
    pub end_u0: SolutionJacobian<T>,
    /// Of the state at the end, by the parameters.
    pub end_p: SolutionJacobian<T>,
}

/// The equation and some of its linearisations: state and parameters, each followed by the columns of its tangents.
pub struct VariationalEquation<'a, F: Jvp<T>, T: Real> {
    model: &'a F,
    buffers: RefCell<TangentBuffers<F, T>>,
    scalar: PhantomData<fn() -> T>,
}

/// One column at a time: what an evaluation of the variational equation reads and writes.
struct TangentBuffers<F: Jvp<T>, T: Real> {
    u: F::State,
    u_dot: F::State,
    p: F::Params,
    p_dot: F::Params,
    du: F::State,
    du_dot: F::State,
}

impl<F: Jvp<T>, T: Real> TangentBuffers<F, T> {
    fn new(u: &F::State, p: &F::Params) -> Self {
        let zeros = || u.zeros_like();
        Self {
            u: zeros(),
            u_dot: zeros(),
            p: p.zeros_like(),
            p_dot: p.zeros_like(),
            du: zeros(),
            du_dot: zeros(),
        }
    }

    /// Takes column `i` of what is carried along; the first, number zero, is state and parameters themselves.
    fn load(&mut self, state: &[T], params: &[T], i: usize) {
        let (n, m) = (self.u.as_slice().len(), self.p.as_slice().len());
        let (u, p) = if i == 0 { (&mut self.u, &mut self.p) } else { (&mut self.u_dot, &mut self.p_dot) };
        u.as_mut_slice().copy_from_slice(&state[i * n..(i + 1) * n]);
        p.as_mut_slice().copy_from_slice(&params[i * m..(i + 1) * m]);
    }
}

impl<F: Jvp<T>, T: Real> Model for VariationalEquation<'_, F, T> {
    const NAME: &'static str = F::NAME;
    fn state_names() -> Vec<String> {
        F::state_names()
    }
    fn param_names() -> Vec<String> {
        F::param_names()
    }
}

impl<F: Jvp<T>, T: Real> System<T> for VariationalEquation<'_, F, T> {
    type State = Vec<T>;
    type Params = Vec<T>;

    const SWITCHES: usize = F::SWITCHES;
    const HIDES_SWITCHES: bool = F::HIDES_SWITCHES;

    fn switching_times(&self, params: &Vec<T>, times: &mut [T]) {
        let buffers = &mut *self.buffers.borrow_mut();
        let m = buffers.p.as_slice().len();
        buffers.p.as_mut_slice().copy_from_slice(&params[..m]);
        self.model.switching_times(&buffers.p, times);
    }

    fn has_no_derivative(&self, state: &mut Vec<T>) {
        let n = self.buffers.borrow().u.as_slice().len();
        state.iter_mut().skip(n).for_each(|u_dot| *u_dot = T::lit(f64::NAN));
    }

    fn switched(&self, which: usize, t: f64, beside: [f64; 2], state: &mut Vec<T>, params: &Vec<T>) {
        let buffers = &mut *self.buffers.borrow_mut();
        buffers.load(state, params, 0);
        let n = buffers.u.as_slice().len();
        let mut switch = Switch::of(self.model);
        let cause = Cause::Switch { which: Some(which), beside };
        let Some(event) = switch.or_event(&(), cause) else { return };
        for column in 1..state.len() / n.max(1) {
            buffers.load(state, params, column);
            let TangentBuffers { u, p, u_dot, p_dot, du, .. } = buffers;
            let (behind, place) = (beside[1], (&*u, &*p));
            let record = EventRecord::of_switch(cause, None, (t, behind), place);
            push_jump(self.model, event, &record, T::ZERO, du, (u_dot, p_dot));
            state[column * n..(column + 1) * n].copy_from_slice(buffers.u_dot.as_slice());
        }
    }
}

impl<F: Jvp<T>, T: Real> Rhs<T> for VariationalEquation<'_, F, T> {
    fn rhs(&self, out: &mut Vec<T>, state: &Vec<T>, params: &Vec<T>, t: T) {
        let buffers = &mut *self.buffers.borrow_mut();
        let n = buffers.u.as_slice().len();
        buffers.load(state, params, 0);
        for column in 1..state.len() / n.max(1) {
            buffers.load(state, params, column);
            let TangentBuffers { u, u_dot, p, p_dot, du_dot, .. } = buffers;
            self.model.tangent(du_dot, u, u_dot, p, p_dot, t, T::ZERO);
            out[column * n..(column + 1) * n].copy_from_slice(du_dot.as_slice());
        }
        self.model.rhs(&mut buffers.du, &buffers.u, &buffers.p, t);
        out[..n].copy_from_slice(buffers.du.as_slice());
    }
}

/// The events of the equation, which take the tangents along.
struct VariationalEvents<'a, E, F: Jvp<T>, T: Real> {
    events: &'a E,
    model: &'a F,
    buffers: RefCell<TangentBuffers<F, T>>,
    /// 1 forwards in time, -1 backwards.
    direction: f64,
}

impl<'x, E, F, T> EventSet<T, VariationalEquation<'x, F, T>> for VariationalEvents<'_, E, F, T>
where
    E: DifferentiableEvents<T, F>,
    F: Jvp<T>,
    T: Real,
{
    fn len(&self) -> usize {
        self.events.len()
    }

    fn trigger(&self, i: usize) -> Trigger<'_> {
        self.events.trigger(i)
    }

    fn condition(&self, i: usize, state: &Vec<T>, params: &Vec<T>, t: T) -> T {
        let mut buffers = self.buffers.borrow_mut();
        buffers.load(state, params, 0);
        self.events.condition(i, &buffers.u, &buffers.p, t)
    }

    fn next(&self, i: usize, state: &Vec<T>, params: &Vec<T>, t: f64) -> Option<f64> {
        let mut buffers = self.buffers.borrow_mut();
        buffers.load(state, params, 0);
        self.events.next(i, &buffers.u, &buffers.p, t)
    }

    fn affect(&self, i: usize, state: &mut Vec<T>, params: &mut Vec<T>, t: T) -> ControlFlow<()> {
        let buffers = &mut *self.buffers.borrow_mut();
        buffers.load(state, params, 0);
        let (n, m) = (buffers.u.as_slice().len(), buffers.p.as_slice().len());
        let (mut u, mut p) = (buffers.u.clone(), buffers.p.clone());
        let flow = self.events.affect(i, &mut u, &mut p, t);
        if u.as_slice().len() != n || p.as_slice().len() != m {
            // The solve looks at the lengths of what it gave, and refuses these.
            state.clear();
            params.clear();
            return flow;
        }
        let Some(event) = self.events.differentiable(i) else { return flow };
        let lands = !landing(self.model, (&buffers.p, &p), t.value()).is_empty();
        // As the clock has it, which stands on a stop there.
        let just_after = t.value() + self.direction * 4.0 * T::EPSILON * t.value().abs();
        for column in 1..state.len() / n.max(1) {
            buffers.load(state, params, column);
            let TangentBuffers { u: u_before, p: p_before, u_dot, p_dot, du, .. } = buffers;
            let record = EventRecord {
                cause: Cause::Event(i),
                step: None,
                t: t.value(),
                behind: if lands { just_after } else { t.value() },
                ends: flow.is_break(),
                displaced: false,
                before: (u_before, p_before),
                after: (&u, &p),
            };
            push_jump(self.model, event, &record, T::ZERO, du, (u_dot, p_dot));
            state[column * n..(column + 1) * n].copy_from_slice(buffers.u_dot.as_slice());
            params[column * m..(column + 1) * m].copy_from_slice(buffers.p_dot.as_slice());
        }
        state[..n].copy_from_slice(u.as_slice());
        params[..m].copy_from_slice(p.as_slice());
        flow
    }
}

impl<F, T, M, E> Solver<'_, F, T, M, E>
where
    F: Jvp<T>,
    T: Real,
    M: Method<T, F> + for<'x> Method<T, VariationalEquation<'x, F, T>>,
    E: DifferentiableEvents<T, F>,
{
    /// Solves the problem together with its variational equation; the solution, and its derivatives by `u0` and `p`.
    ///
    /// The solution has no dense output, and callbacks and `is_out_of_domain` are not asked.
    ///
    /// ```
    /// use diffeq_runtime::integrate::Grid;
    /// use diffeq_runtime::problem::{Jvp, Model, OdeProblem, Rhs, System};
    /// use diffeq_runtime::sensitivity::ForwardSensitivity;
    /// use diffeq_runtime::stepper::Tsit5;
    ///
    /// /// du/dt = -p u; `#[ode]` writes this.
    /// struct Decay;
    /// impl Model for Decay {}
    /// impl System<f64> for Decay {
    ///     type State = f64;
    ///     type Params = f64;
    /// }
    /// impl Rhs<f64> for Decay {
    ///     fn rhs(&self, du: &mut f64, u: &f64, p: &f64, _t: f64) {
    ///         *du = -p * u;
    ///     }
    /// }
    /// impl Jvp<f64> for Decay {
    ///     fn jvp(
    ///         &self, du: &mut f64, du_dot: &mut f64, u: &f64, u_dot: &f64, p: &f64, p_dot: &f64, _t: f64, _t_dot: f64,
    ///     ) {
    ///         *du = -p * u;
    ///         *du_dot = -p_dot * u - p * u_dot;
    ///     }
    /// }
    ///
    /// let problem = OdeProblem::new(Decay, 2.0, (0.0, 1.0), 0.5);
    /// let solver = problem.solver(Tsit5).tolerances(1e-10, 1e-10).save_at(Grid::points([1.0]));
    /// let (solution, sensitivities) = solver.sensitivities(ForwardSensitivity::default())?;
    /// assert!((sensitivities.p.column(0)[0] + solution.row(0)[0]).abs() < 1e-9);
    /// assert!((sensitivities.end_u0.column(0)[0] - (-0.5_f64).exp()).abs() < 1e-9);
    /// # Ok::<(), diffeq_runtime::error::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the solve fails; where chunks save the ends of steps, which are others for each.
    #[allow(clippy::type_complexity)]
    pub fn sensitivities(
        &self,
        method: ForwardSensitivity,
    ) -> Result<(Solution<F::State, T>, Sensitivities<T>), Error> {
        let problem = self.problem;
        let (n, m) = (problem.u0.as_slice().len(), problem.p.as_slice().len());
        // Of the model's own state: the joint one may have any length.
        check_lengths::<F>(("u0", n), m)?;
        let chunk = method.chunk.unwrap_or(n + m).max(1);
        let idxs = self.options.save_idxs.clone().unwrap_or_else(|| (0..n).collect());
        let mut columns = Vec::new();
        let mut ends = Vec::new();
        let (mut first, mut error) = (None::<Solution<F::State, T>>, None::<f64>);
        for start in (0..(n + m).max(1)).step_by(chunk) {
            let count = chunk.min(n + m - start);
            let (solution, estimate) = self.with_columns(start, count, method.error_control)?;
            error = [error, estimate].into_iter().flatten().reduce(f64::max);
            for column in 1..=count {
                let rows = (0..solution.len()).map(|i| solution.row(i));
                columns.extend(rows.flat_map(|row| idxs.iter().map(move |i| row[column * n + i])));
                ends.extend_from_slice(&solution.end()[column * n..(column + 1) * n]);
            }
            let rows = solution.len();
            let mut end = problem.u0.clone();
            end.as_mut_slice().copy_from_slice(&solution.end()[..n]);
            let first = first.get_or_insert_with(|| solution.part::<F>(end, self.options.save_idxs.clone()));
            if first.len() != rows {
                return Err(Error::Option {
                    option: "chunk",
                    problem: "takes other steps for each chunk, whose ends are saved".into(),
                    hint: "name the times by `save_at`, or solve for all columns at once",
                });
            }
        }
        let Some(solution) = first else {
            return Err(Error::Shape { what: "columns", expected: 1, found: 0 });
        };
        let of_u0 = solution.values().len() * n;
        let of_p = columns.split_off(of_u0);
        let end_p = ends.split_off(n * n);
        let sensitivities = Sensitivities {
            u0: SolutionJacobian::new(columns, n, error),
            p: SolutionJacobian::new(of_p, m, error),
            end_u0: SolutionJacobian::new(ends, n, error),
            end_p: SolutionJacobian::new(end_p, m, error),
        };
        Ok((solution, sensitivities))
    }

    /// The solution with `count` columns of sensitivities after each state: by `u0` first, then by `p`. And an estimate of
    /// their error.
    #[allow(clippy::type_complexity)]
    fn with_columns(
        &self,
        start: usize,
        count: usize,
        error_control: bool,
    ) -> Result<(Solution<Vec<T>, T>, Option<f64>), Error> {
        let OdeProblem { model, u0, span, p } = self.problem;
        let (n, m) = (u0.as_slice().len(), p.as_slice().len());
        let mut state = vec![T::ZERO; n * (1 + count)];
        let mut params = vec![T::ZERO; m * (1 + count)];
        state[..n].copy_from_slice(u0.as_slice());
        params[..m].copy_from_slice(p.as_slice());
        for column in 0..count {
            match start + column {
                i if i < n => state[(1 + column) * n + i] = T::ONE,
                i => params[(1 + column) * m + i - n] = T::ONE,
            }
        }
        let buffers = || RefCell::new(TangentBuffers::new(u0, p));
        let equation = VariationalEquation { model, buffers: buffers(), scalar: PhantomData };
        let problem = OdeProblem::new(equation, state, *span, params);
        // Without error control the state's tolerances are smaller than those that the derivative is measured by.
        let smaller = if error_control { 1.0 } else { ((1 + count) as f64).sqrt() };
        let options = Options {
            derivative_tolerance: self.options.derivative_tolerance.map(|factor| factor * smaller),
            tolerances: tolerances(&self.options.tolerances, n, count, error_control),
            save_idxs: None,
            dense: false,
            ..self.options.clone()
        };
        let direction = (span.1 - span.0).signum();
        let events = VariationalEvents { events: &self.events, model, buffers: buffers(), direction };
        let solver = problem.solver(self.method.clone()).options(options).events(events);
        let checks = solver.options.derivative_tolerance.is_some()
            && solver.options.controller.is_adaptive()
            && Method::<T, F>::facts(&self.method).control_exponent.is_some();
        let solve = |ceiling: Option<&Arc<Ceiling>>| {
            let evidence =
                checks.then(|| Evidence::of_tangents::<T, F>(count, ceiling.is_some(), &solver.options));
            let mut columns = Columns { n, count, next: Vec::new(), looks: false, evidence, displaced: None };
            let solution = solver.run::<dyn Observer<_, _, _>>(ceiling, &mut columns);
            if let Some(t) = columns.displaced {
                check_finite(F::NAME, &[T::lit(f64::NAN)], |_| (t, "the sensitivity of u".to_string()))?;
            }
            let solution = solution?;
            let error = columns.evidence.as_ref().and_then(Evidence::estimate);
            Ok((solution, error, columns.evidence))
        };
        let (solution, error, _) = solver.refined(solve, |(_, _, evidence)| evidence.as_ref())?;
        Ok((solution, error))
    }
}

/// Looks at the errors of columns: they may rest where the solution moves and the other way round, and be small beside an
/// absolute tolerance.
struct Columns<T> {
    /// How long a column is, and how many there are behind the state.
    n: usize,
    count: usize,
    /// The end of the step at hand, if it is looked at.
    next: Vec<T>,
    looks: bool,
    evidence: Option<Evidence>,
    /// When an event took place of which nothing says how its time moves.
    displaced: Option<f64>,
}

impl<T: Real> Observer<T, Vec<T>, Vec<T>> for Columns<T> {
    fn wants(&self) -> Wants {
        Wants { inside: self.evidence.is_some(), ..Wants::NOTHING }
    }

    fn step(&mut self, taken: &Taken<'_, Vec<T>, T>) {
        self.looks = self.evidence.as_mut().is_some_and(|evidence| evidence.wants(taken.interval.h));
        if self.looks {
            self.next.clone_from(taken.next);
        }
    }

    fn inside(&mut self, step: &mut dyn Inside<T, Vec<T>>) {
        let Self { n, count, next, evidence, .. } = self;
        if let Some(evidence) = evidence
            && self.looks
        {
            // All columns of a component, then those of the next one.
            let places = (0..*n).flat_map(|i| (1..=*count).map(move |column| (column, i)));
            let places = places.map(|(column, i)| column * *n + i);
            let errors = places.map(|at| (next[at].value(), step.component_error(at).unwrap_or(0.0)));
            evidence.look(step.interval(), false, errors);
        }
    }

    fn event(&mut self, record: EventRecord<'_, Vec<T>, Vec<T>>) {
        if record.displaced {
            self.displaced.get_or_insert(record.t);
        }
        if let Some(evidence) = &mut self.evidence {
            evidence.moves();
        }
    }
}

/// The tolerances of the joint system.
fn tolerances(of: &Tolerances, n: usize, count: usize, error_control: bool) -> Tolerances {
    if error_control {
        let each = |tolerance: &Tolerance| match tolerance {
            Tolerance::Scalar(_) => tolerance.clone(),
            Tolerance::Components(each) => Tolerance::Components(each.repeat(1 + count)),
        };
        return Tolerances { relative: each(&of.relative), absolute: each(&of.absolute) };
    }
    // The mean goes over all components: those of the state count more, the others not at all, and it is the state's.
    let weight = 1.0 / ((1 + count) as f64).sqrt();
    let each = |tolerance: &Tolerance, of_column: f64| {
        let state = (0..n).map(|i| tolerance.get(i) * weight);
        Tolerance::Components(state.chain(std::iter::repeat_n(of_column, n * count)).collect())
    };
    Tolerances { relative: each(&of.relative, 0.0), absolute: each(&of.absolute, 1e300) }
}
