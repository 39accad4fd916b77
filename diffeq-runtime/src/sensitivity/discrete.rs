//! The discrete adjoint: reverse mode through the very steps that the solver took.

use crate::error::Error;
use crate::integrate::Place;
use crate::integrate::Solution;
use crate::integrate::Solver;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::Adjoint;
use crate::sensitivity::Cotangents;
use crate::sensitivity::Gradient;
use crate::sensitivity::event::DifferentiableEvents;
use crate::sensitivity::event::pull_jump;
use crate::sensitivity::motion::Motions;
use crate::sensitivity::motion::RowMotions;
use crate::sensitivity::motion::Stops;
use crate::sensitivity::step::AdjointMethod;
use crate::sensitivity::step::Bars;
use crate::sensitivity::step::StepAdjoint;
use crate::sensitivity::tape::Tape;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::add_scaled;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Method;
use crate::stepper::Stepper;

/// Reverse mode through the steps of the solver: the exact gradient of the numbers that the solve returned.
///
/// The step sizes count as constants. Valid for every method that is an [`AdjointMethod`], explicit or implicit, for rows
/// inside steps, and through events that are [`Differentiable`](crate::sensitivity::Differentiable).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiscreteAdjoint {
    /// How many states are kept, the initial one among them; all of them where it is `None`, and beside them the
    /// slopes of their stages, and what stages [keep](crate::problem::Rhs::rhs_keeping), as long as these are few (16
    /// million reals). The gradient is the same to the bit: with fewer
    /// states, steps are done again. Times, and states and parameters around events, are always kept.
    pub checkpoints: Option<usize>,
}

impl DiscreteAdjoint {
    /// Keeps at most so many states.
    pub fn checkpoints(count: usize) -> Self {
        Self { checkpoints: Some(count) }
    }
}

impl<F, T, M> Adjoint<F, T, M> for DiscreteAdjoint
where
    F: Vjp<T>,
    T: Real,
    M: AdjointMethod<T, F>,
{
    type Record = DiscreteRecord<F, T, M>;

    fn solve<E: DifferentiableEvents<T, F>>(
        self,
        solver: &Solver<'_, F, T, M, E>,
    ) -> Result<(Solution<F::State, T>, Self::Record), Error> {
        let problem = solver.problem;
        let stops = Stops::new::<T, F, E>(problem.span, &solver.options, &solver.events);
        let len = problem.u0.as_slice().len();
        let u = &problem.u0;
        let stepper = solver.method.stepper(u);
        let (motions, remembers) = (Motions::new(stops), stepper.remembers());
        let mut tape = Tape::new(self.checkpoints, motions, problem.p.clone(), len, remembers);
        let solution = solver.solve_observed(&mut tape)?;
        let record = DiscreteRecord {
            tape,
            rows: RowMotions::new(problem.span, &solver.options)?,
            step: solver.method.adjoint(u, &solver.options.tolerances),
            stepper,
            work: Workspace::new(),
            u: u.clone(),
            scratch: u.clone(),
            row: u.zeros_like(),
        };
        Ok((solution, record))
    }

    fn pull<E: DifferentiableEvents<T, F>>(
        record: &mut Self::Record,
        solver: &Solver<'_, F, T, M, E>,
        cotangents: &Cotangents<'_, F::State, T>,
    ) -> Result<Gradient<F::State, F::Params, T>, Error> {
        record.pull(solver, cotangents)
    }
}

/// What [`DiscreteAdjoint`] keeps of a solve.
pub struct DiscreteRecord<F, T, M>
where
    F: Vjp<T>,
    T: Real,
    M: AdjointMethod<T, F>,
{
    tape: Tape<F::State, F::Params, T>,
    rows: RowMotions,
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
struct Sweep<'a, F: Vjp<T>, T: Real, E> {
    model: &'a F,
    tolerances: &'a Tolerances,
    events: &'a E,
    idxs: Option<&'a [usize]>,
    cotangents: &'a Cotangents<'a, F::State, T>,
    /// Rows and jumps that are still to come.
    rows: usize,
    jumps: usize,
    gradient: Gradient<F::State, F::Params, T>,
}

impl<F, T, M> DiscreteRecord<F, T, M>
where
    F: Vjp<T>,
    T: Real,
    M: AdjointMethod<T, F>,
{
    fn pull<E: DifferentiableEvents<T, F>>(
        &mut self,
        solver: &Solver<'_, F, T, M, E>,
        cotangents: &Cotangents<'_, F::State, T>,
    ) -> Result<Gradient<F::State, F::Params, T>, Error> {
        cotangents.fit(solver, self.tape.rows.len(), self.tape.jumps.len())?;
        let problem = solver.problem;
        let mut sweep = Sweep {
            model: &problem.model,
            tolerances: &solver.options.tolerances,
            events: &solver.events,
            idxs: solver.options.save_idxs.as_deref(),
            rows: self.tape.rows.len(),
            jumps: self.tape.jumps.len(),
            gradient: Gradient {
                u0: cotangents.end.map_or_else(|| problem.u0.zeros_like(), Clone::clone),
                p: problem.p.zeros_like(),
                t0: T::ZERO,
                t1: T::ZERO,
            },
            cotangents,
        };
        for n in (0..self.tape.steps.len()).rev() {
            self.pull_rows(&mut sweep, |_, place| place == Place::AfterEvent { step: n });
            self.pull_jumps(&mut sweep, Some(n));
            self.pull_rows(&mut sweep, |record, place| record.is_end(place, n));
            self.pull_step(&mut sweep, n).map_err(|why| {
                let Interval { t, h, .. } = self.tape.steps[n];
                Error::NoStep { model: F::NAME, t, dt: h, why: why.to_string() }
            })?;
        }
        self.pull_jumps(&mut sweep, None);
        self.pull_rows(&mut sweep, |_, _| true);
        sweep.gradient.finite(F::NAME, problem.span.0)
    }

    /// Adds the cotangents of the next rows back, as long as they are of one kind, to that of the state.
    #[inline]
    fn pull_rows<E>(&mut self, sweep: &mut Sweep<'_, F, T, E>, is_wanted: impl Fn(&Self, Place) -> bool) {
        while let Some(&place) = self.tape.rows[..sweep.rows].last()
            && is_wanted(self, place)
        {
            sweep.rows -= 1;
            sweep.cotangents.row(sweep.rows, sweep.idxs, &mut self.row);
            add_scaled(&mut sweep.gradient.u0, 1.0, &self.row);
        }
    }

    /// Whether a row at the end of step `n` moves with it: its cotangent is then that of the end.
    fn is_end(&self, place: Place, n: usize) -> bool {
        let (t, motion) = (self.tape.steps[n].end, self.tape.motions.of(n).at(1.0));
        place == Place::End { step: n } && self.rows.end(t, motion) == motion
    }

    /// From the end of step `n` to its start, with the rows inside.
    fn pull_step<E>(&mut self, sweep: &mut Sweep<'_, F, T, E>, n: usize) -> Result<(), Failure> {
        let Self { tape, rows, stepper, u, scratch, .. } = self;
        let model = sweep.model;
        tape.state(n, (model, sweep.tolerances), stepper, scratch, u)?;
        let (interval, motion) = (tape.steps[n], tape.motions.of(n));
        // How far into the step the next row back is, if it is of this step.
        let theta = |tape: &Tape<_, _, T>, sweep: &Sweep<'_, _, _, _>| match tape.rows[..sweep.rows].last() {
            Some(&Place::Inside { step, theta }) if step == n => Some(theta),
            Some(&Place::End { step }) if step == n => Some(1.0),
            _ => None,
        };
        let dense = theta(tape, sweep).is_some();
        let drifts = dense && !rows.follow(interval, motion);
        let (at, trace) = self.tape.at::<F>(n, sweep.jumps, model, &self.u);
        self.step.begin(at, trace, dense, drifts || motion.stretches())?;
        let mut span_bar = [T::ZERO; 2];
        while let Some(theta) = theta(&self.tape, sweep) {
            sweep.rows -= 1;
            sweep.cotangents.row(sweep.rows, sweep.idxs, &mut self.row);
            self.step.seed(theta, &self.row);
            if drifts {
                let slope = self.step.seed_slope(at, trace, theta, &self.row);
                let (row, point) = (self.rows.inside(interval.t + theta * interval.h), motion.at(theta));
                for i in 0..2 {
                    span_bar[i] += slope.scale(row[i] - point[i]);
                }
            }
        }
        let Gradient { u0: u_bar, p: p_bar, t0, t1 } = &mut sweep.gradient;
        let bars = Bars { u: u_bar, p: p_bar, span: &mut span_bar };
        self.step.finish(at, trace, motion, bars, &mut self.work)?;
        *t0 += span_bar[0];
        *t1 += span_bar[1];
        Ok(())
    }

    /// From behind the events at the end of a step to before them, last one first.
    #[inline]
    fn pull_jumps<E: DifferentiableEvents<T, F>>(
        &mut self,
        sweep: &mut Sweep<'_, F, T, E>,
        step: Option<usize>,
    ) {
        while let Some(jump) = self.tape.jumps[..sweep.jumps].last()
            && jump.step == step
        {
            self.pull_jump(sweep);
        }
    }

    #[cold]
    fn pull_jump<E: DifferentiableEvents<T, F>>(&mut self, sweep: &mut Sweep<'_, F, T, E>) {
        sweep.jumps -= 1;
        let jump = &self.tape.jumps[sweep.jumps];
        let Some(event) = sweep.events.differentiable(jump.event) else {
            return;
        };
        let time_bar = sweep.cotangents.event_time(sweep.jumps);
        let Gradient { u0: u_bar, p: p_bar, t0, t1 } = &mut sweep.gradient;
        let t_bar = pull_jump(sweep.model, event, jump, time_bar, &mut self.scratch, (u_bar, p_bar));
        let motion = jump.step.map_or([1.0, 0.0], |step| self.tape.motions.of(step).at(1.0));
        *t0 += t_bar.scale(motion[0]);
        *t1 += t_bar.scale(motion[1]);
    }
}
