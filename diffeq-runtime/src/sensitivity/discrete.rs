//! The discrete adjoint: reverse mode through the very steps that the solver took.

mod detached;

pub use detached::Detached;

use crate::error::Error;
use crate::integrate::Flow;
use crate::integrate::Options;
use crate::integrate::Place;
use crate::integrate::Solution;
use crate::integrate::Solver;
use crate::integrate::Trigger;
use crate::integrate::add_product;
use crate::problem::OdeProblem;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::Cotangents;
use crate::sensitivity::Gradient;
use crate::sensitivity::event::DifferentiableEvents;
use crate::sensitivity::motion::Motions;
use crate::sensitivity::motion::RowMotions;
use crate::sensitivity::motion::Stops;
use crate::sensitivity::shift::shift_vjp;
use crate::sensitivity::step::AdjointMethod;
use crate::sensitivity::step::StepAdjoint;
use crate::sensitivity::tape::Tape;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::add_scaled;
use crate::space::dot;
use crate::stepper::Method;

/// Reverse mode through the steps of the solver: the exact gradient of the numbers that the solve returned.
///
/// The step sizes count as constants. Valid for every explicit Runge-Kutta method, for rows inside steps, and through
/// events that are [`Differentiable`](crate::sensitivity::Differentiable).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiscreteAdjoint {
    /// How many states are kept, the initial one among them; all of them where it is `None`. The gradient is the same to
    /// the bit: with fewer states, steps are done again. Times, and states and parameters around events, are always kept.
    pub checkpoints: Option<usize>,
}

impl DiscreteAdjoint {
    /// Keeps at most so many states.
    pub fn checkpoints(count: usize) -> Self {
        Self { checkpoints: Some(count) }
    }
}

impl<F, T, M, E> Solver<'_, F, T, M, E>
where
    F: Vjp<T>,
    T: Real,
    M: AdjointMethod<T, F>,
    E: DifferentiableEvents<T, F>,
{
    /// Solves the problem, and returns with the solution what takes cotangents of it back to `u0`, `p`, `t0` and `t1`.
    ///
    /// ```
    /// use diffeq_runtime::integrate::Grid;
    /// use diffeq_runtime::problem::{Model, OdeProblem, Rhs, Vjp};
    /// use diffeq_runtime::sensitivity::DiscreteAdjoint;
    /// use diffeq_runtime::space::Workspace;
    /// use diffeq_runtime::stepper::Tsit5;
    ///
    /// /// du/dt = -p u; `#[ode]` writes this.
    /// struct Decay;
    /// impl Model for Decay {}
    /// impl Rhs<f64> for Decay {
    ///     type State = f64;
    ///     type Params = f64;
    ///     fn rhs(&self, du: &mut f64, u: &f64, p: &f64, _t: f64) {
    ///         *du = -p * u;
    ///     }
    /// }
    /// impl Vjp<f64> for Decay {
    ///     fn vjp(
    ///         &self, du_bar: &mut f64, u: &f64, p: &f64, _t: f64,
    ///         u_bar: &mut f64, p_bar: &mut f64, _t_bar: &mut f64, _work: &mut Workspace<f64>,
    ///     ) {
    ///         *u_bar -= p * *du_bar;
    ///         *p_bar -= u * *du_bar;
    ///     }
    /// }
    ///
    /// let problem = OdeProblem::new(Decay, 2.0, (0.0, 1.0), 0.5);
    /// let solver = problem.solver(Tsit5).tolerances(1e-10, 1e-10).save_at(Grid::points([1.0]));
    /// let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default())?;
    /// // The loss is u(1) = u0 exp(-p (t1 - t0)): its cotangent is one.
    /// let gradient = pullback.call(&[1.0])?;
    /// assert!((gradient.u0 - (-0.5_f64).exp()).abs() < 1e-9);
    /// assert!((gradient.p + 2.0 * (-0.5_f64).exp()).abs() < 1e-9);
    /// assert!((gradient.t1 + 0.5 * solution.end()).abs() < 1e-9);
    /// # Ok::<(), diffeq_runtime::error::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the solve fails: see [`solve`](Solver::solve).
    #[allow(clippy::type_complexity)]
    pub fn vjp(
        &self,
        adjoint: DiscreteAdjoint,
    ) -> Result<(Solution<F::State, T>, Pullback<'_, F, T, M, E>), Error> {
        let problem = self.problem;
        let stops = Stops::new::<T, F, E>(problem.span, &self.options, &self.events);
        let mut tape = Tape::new(adjoint.checkpoints, Motions::new(stops), problem.p.clone());
        let solution = self.solve_observed(&mut tape)?;
        let u = &problem.u0;
        let pullback = Pullback {
            problem,
            options: &self.options,
            events: &self.events,
            tape,
            rows: RowMotions::new(problem.span, &self.options)?,
            step: self.method.adjoint(u),
            stepper: self.method.stepper(u),
            work: Workspace::new(),
            u: u.clone(),
            scratch: u.clone(),
            row: u.zeros_like(),
        };
        Ok((solution, pullback))
    }
}

/// Takes cotangents of a solution back to what the solution depends on.
pub struct Pullback<'a, F, T, M, E>
where
    F: Vjp<T>,
    T: Real,
    M: AdjointMethod<T, F>,
{
    problem: &'a OdeProblem<F, T>,
    options: &'a Options,
    events: &'a E,
    tape: Tape<F::State, F::Params>,
    rows: RowMotions<'a>,
    step: M::Adjoint,
    stepper: <M as Method<T, F>>::Stepper,
    work: Workspace<T>,
    /// The state before the step at hand.
    u: F::State,
    scratch: F::State,
    /// The cotangent of the row at hand.
    row: F::State,
}

/// The cotangents of a sweep on its way back.
struct Sweep<'a, V, P, T> {
    cotangents: &'a Cotangents<'a, V, T>,
    /// Rows and jumps that are still to come.
    rows: usize,
    jumps: usize,
    gradient: Gradient<V, P, T>,
}

impl<F, T, M, E> Pullback<'_, F, T, M, E>
where
    F: Vjp<T>,
    T: Real,
    M: AdjointMethod<T, F>,
    E: DifferentiableEvents<T, F>,
{
    /// The gradient of the loss whose derivatives by the saved states are the cotangents: one state for each saved
    /// time, or [`Cotangents`] for losses of the end and of the times of events.
    ///
    /// May be called again with other cotangents. Allocates nothing per step if states have a fixed size.
    ///
    /// # Errors
    ///
    /// Where there are more or fewer cotangents than saved states, or they have another length.
    pub fn call<'c>(
        &mut self,
        cotangents: impl Into<Cotangents<'c, F::State, T>>,
    ) -> Result<Gradient<F::State, F::Params, T>, Error> {
        let cotangents = cotangents.into();
        let problem = self.problem;
        let width = self.options.save_idxs.as_ref().map_or(problem.u0.as_slice().len(), Vec::len);
        cotangents.check(self.tape.rows.len(), width, problem.u0.as_slice().len(), self.tape.jumps.len())?;
        let mut sweep = Sweep {
            rows: self.tape.rows.len(),
            jumps: self.tape.jumps.len(),
            gradient: Gradient {
                u0: cotangents.end.map_or_else(|| problem.u0.zeros_like(), Clone::clone),
                p: problem.p.zeros_like(),
                t0: T::ZERO,
                t1: T::ZERO,
            },
            cotangents: &cotangents,
        };
        for n in (0..self.tape.steps.len()).rev() {
            self.pull_rows(&mut sweep, |_, place| place == Place::AfterEvent { step: n });
            self.pull_jumps(&mut sweep, Some(n));
            self.pull_rows(&mut sweep, |pullback, place| pullback.is_end(place, n));
            self.pull_step(&mut sweep, n);
        }
        self.pull_jumps(&mut sweep, None);
        self.pull_rows(&mut sweep, |_, _| true);
        Ok(sweep.gradient)
    }

    /// Adds the cotangents of the next rows back, as long as they are of one kind, to that of the state.
    #[inline]
    fn pull_rows(
        &mut self,
        sweep: &mut Sweep<'_, F::State, F::Params, T>,
        is_wanted: impl Fn(&Self, Place) -> bool,
    ) {
        while let Some(&place) = self.tape.rows[..sweep.rows].last()
            && is_wanted(self, place)
        {
            sweep.rows -= 1;
            sweep.cotangents.row(sweep.rows, self.options.save_idxs.as_deref(), &mut self.row);
            add_scaled(&mut sweep.gradient.u0, 1.0, &self.row);
        }
    }

    /// Whether a row at the end of step `n` moves with it: its cotangent is then that of the end.
    fn is_end(&self, place: Place, n: usize) -> bool {
        let (t, motion) = (self.tape.steps[n].end, self.tape.motions.of(n).at(1.0));
        place == Place::End { step: n } && self.rows.end(t, motion) == motion
    }

    /// From the end of step `n` to its start, with the rows inside.
    fn pull_step(&mut self, sweep: &mut Sweep<'_, F::State, F::Params, T>, n: usize) {
        let Self { problem, options, tape, rows, stepper, u, scratch, .. } = self;
        tape.state(n, &problem.model, stepper, scratch, u);
        let (interval, motion) = (tape.steps[n], tape.motions.of(n));
        // How far into the step the next row back is, if it is of this step.
        let theta = |tape: &Tape<_, _>, sweep: &Sweep<'_, _, _, _>| match tape.rows[..sweep.rows].last() {
            Some(&Place::Inside { step, theta }) if step == n => Some(theta),
            Some(&Place::End { step }) if step == n => Some(1.0),
            _ => None,
        };
        let dense = theta(tape, sweep).is_some();
        let drifts = dense && !rows.follow(interval, motion);
        let at = self.tape.at::<T, F>(n, sweep.jumps, &problem.model, &self.u);
        self.step.begin(&at, dense, drifts || motion.stretches());
        let mut span_bar = [T::ZERO; 2];
        while let Some(theta) = theta(&self.tape, sweep) {
            sweep.rows -= 1;
            sweep.cotangents.row(sweep.rows, options.save_idxs.as_deref(), &mut self.row);
            self.step.seed(theta, &self.row);
            if drifts {
                let slope = self.step.seed_slope(theta, &self.row);
                let (row, point) = (self.rows.inside(interval.t + theta * interval.h), motion.at(theta));
                for i in 0..2 {
                    span_bar[i] += slope.scale(row[i] - point[i]);
                }
            }
        }
        let Gradient { u0: u_bar, p: p_bar, t0, t1 } = &mut sweep.gradient;
        self.step.finish(&at, motion, u_bar, p_bar, &mut span_bar, &mut self.work);
        *t0 += span_bar[0];
        *t1 += span_bar[1];
    }

    /// From behind the events at the end of a step to before them, last one first.
    #[inline]
    fn pull_jumps(&mut self, sweep: &mut Sweep<'_, F::State, F::Params, T>, step: Option<usize>) {
        while let Some(jump) = self.tape.jumps[..sweep.jumps].last()
            && jump.step == step
        {
            self.pull_jump(sweep);
        }
    }

    /// The reverse of the formulas in [`event`](crate::sensitivity::event).
    #[cold]
    fn pull_jump(&mut self, sweep: &mut Sweep<'_, F::State, F::Params, T>) {
        sweep.jumps -= 1;
        let jump = &self.tape.jumps[sweep.jumps];
        let Some(event) = self.events.differentiable(jump.event) else {
            return;
        };
        let f = &self.problem.model;
        let (p, p_behind) = (&jump.before.1, &jump.after.1);
        let t = T::lit(jump.t);
        let mut u = jump.before.0.clone();
        let crosses = matches!(event.trigger(), Trigger::Crossing(_));
        let mut flow = Flow::new(f, p);
        let lag = if crosses { flow.lag(self.events, jump.event, &u, jump.t) } else { T::ZERO };
        flow.shift(&mut u, t, lag);
        let at = t + lag;
        let (slope, work) = (&mut self.scratch, &mut self.work);
        let Gradient { u0: u_bar, p: p_bar, t0, t1 } = &mut sweep.gradient;
        let time_bar = sweep.cotangents.event_time(sweep.jumps);
        let (mut lag_bar, mut t_bar) = (time_bar, time_bar);
        if crosses && !jump.ends {
            let mut behind = u.clone();
            // Whether the solve ends there is known.
            let _ = self.events.affect(jump.event, &mut behind, &mut p.clone(), at);
            shift_vjp(f, (&behind, u_bar), (p_behind, p_bar), (at, &mut t_bar), -lag, work);
            f.rhs(slope, &behind, p_behind, at);
            lag_bar += -dot(u_bar, slope);
        }
        let mut affect_t_bar = T::ZERO;
        event.affect_vjp(&u, p, at, (&mut *u_bar, &mut *p_bar, &mut affect_t_bar));
        t_bar += affect_t_bar;
        if crosses {
            f.rhs(slope, &u, p, at);
            lag_bar += affect_t_bar + dot(u_bar, slope);
            let (mut u_g, mut p_g, mut t_g) = (u.zeros_like(), p.zeros_like(), T::ZERO);
            event.condition_gradient(&u, p, at, (&mut u_g, &mut p_g, &mut t_g));
            let factor = -lag_bar / (dot(&u_g, slope) + t_g);
            add_product(u_bar, factor, &u_g);
            add_product(p_bar, factor, &p_g);
            t_bar += factor * t_g;
            shift_vjp(f, (&jump.before.0, u_bar), (p, p_bar), (t, &mut t_bar), lag, work);
        }
        let motion = jump.step.map_or([1.0, 0.0], |step| self.tape.motions.of(step).at(1.0));
        *t0 += t_bar.scale(motion[0]);
        *t1 += t_bar.scale(motion[1]);
    }
}
