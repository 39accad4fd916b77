//! The discrete adjoint: reverse mode through the very steps that the solver took.

mod repeat;

use crate::error::Error;
use crate::integrate::Cause;
use crate::integrate::RowOrigin;
use crate::integrate::Solution;
use crate::integrate::Solver;
use crate::integrate::Trigger;
use crate::problem::Memento;
use crate::problem::Origin;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::Adjoint;
use crate::sensitivity::Cotangents;
use crate::sensitivity::Gradient;
use crate::sensitivity::Pullback;
use crate::sensitivity::RunningCost;
use crate::sensitivity::event::DifferentiableEvents;
use crate::sensitivity::event::pull_jump_of;
use crate::sensitivity::motion::Motions;
use crate::sensitivity::motion::RowMotions;
use crate::sensitivity::motion::Stops;
use crate::sensitivity::rough::check_rough;
use crate::sensitivity::scrutiny::Scrutiny;
use crate::sensitivity::scrutiny::largest;
use crate::sensitivity::step::AdjointMethod;
use crate::sensitivity::step::Bars;
use crate::sensitivity::step::StepAdjoint;
use crate::sensitivity::step::StepMotion;
use crate::sensitivity::switch::Switch;
use crate::sensitivity::tape::Tape;
use crate::sensitivity::trail::Trail;
use crate::sensitivity::trail::WithTrail;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::add_scaled;
use crate::stepper::At;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Method;
use crate::stepper::Stepper;
use crate::stepper::Trace;

/// Reverse mode through the steps of the solver: the exact gradient of the numbers that the solve returned.
///
/// The step sizes count as constants. Valid for every method that is an [`AdjointMethod`], explicit or implicit, for rows
/// inside steps, and through events that are [`Differentiable`](crate::sensitivity::Differentiable).
/// A [running cost](Self::running_cost) is summed over nodes inside the steps, with weights that its own error decides on; its
/// gradient is that of the sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscreteAdjoint<C = ()> {
    /// How many states are kept, the initial one among them; all of them where it is `None`, the default, and beside
    /// them the slopes of their stages, and what stages [keep](crate::problem::Rhs::rhs_keeping), as long as these are few
    /// (16 million reals); of stochastic steps what the path did, and where stages were taken. The gradient is the same to the
    /// bit: with fewer states, steps are done again. Times, and states and parameters around events, are always kept.
    pub checkpoints: Option<usize>,
    cost: C,
}

impl Default for DiscreteAdjoint {
    /// Keeps all states, and adds no cost.
    fn default() -> Self {
        Self { checkpoints: None, cost: () }
    }
}

impl DiscreteAdjoint {
    /// Keeps at most so many states; by default all.
    pub fn checkpoints(count: usize) -> Self {
        Self { checkpoints: Some(count), cost: () }
    }
}

impl<C> DiscreteAdjoint<C> {
    /// Adds `∫ g dt` over the span to the loss; [`Pullback::running_cost`] is its value. By default there is none.
    ///
    /// A few states are kept for each step, whatever [`checkpoints`](Self::checkpoints) says of the others.
    pub fn running_cost<D>(self, cost: D) -> DiscreteAdjoint<D> {
        DiscreteAdjoint { checkpoints: self.checkpoints, cost }
    }
}

impl<F, T, M, E, C> Pullback<'_, '_, F, T, M, E, DiscreteAdjoint<C>>
where
    F: Vjp<T>,
    T: Real,
    M: AdjointMethod<T, F>,
    E: DifferentiableEvents<T, F>,
    C: RunningCost<T, F>,
{
    /// The value of `∫ g dt` over the solve, by sums over its steps that are refined to the tolerances; zero without a
    /// running cost.
    pub fn running_cost(&self) -> T {
        self.record().trail.as_ref().map_or(T::ZERO, |trail| trail.total)
    }
}

impl<F, T, M, C> Adjoint<F, T, M> for DiscreteAdjoint<C>
where
    F: Vjp<T>,
    T: Real,
    M: AdjointMethod<T, F>,
    C: RunningCost<T, F>,
{
    type Record = DiscreteRecord<F, T, M, C>;

    fn solve<E: DifferentiableEvents<T, F>>(
        self,
        solver: &Solver<'_, F, T, M, E>,
    ) -> Result<(Solution<F::State, T>, Self::Record), Error> {
        check_rough(solver)?;
        let problem = solver.problem;
        let stops = Stops::new::<T, F, E>(problem.span, &solver.options, &solver.events);
        let len = problem.u0.as_slice().len();
        let u = &problem.u0;
        let stepper = solver.method.stepper(u);
        let (motions, remembers) = (Motions::new(stops), stepper.remembers());
        let mut tape = Tape::new(self.checkpoints, motions, &problem.p, len, remembers);
        let accuracy = (solver.method.facts().order, &solver.options.tolerances);
        let mut observer = WithTrail::<F, T, C>::new(&mut tape, &self.cost, (u, &problem.p), accuracy);
        if F::BREAKS {
            problem.model.keep_past(self.checkpoints);
        }
        let solution = solver.solve_observed(&mut observer)?;
        let trail = observer.trail;
        let record = DiscreteRecord {
            past: problem.model.memento(),
            tape,
            trail,
            cost: self.cost,
            rows: RowMotions::new(problem.span, &solver.options)?,
            step: solver.method.adjoint(u, &solver.options.tolerances),
            checkpoints: self.checkpoints,
            marks: None,
            evenly: false,
            scrutiny: None,
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
pub struct DiscreteRecord<F, T, M, C = ()>
where
    F: Vjp<T>,
    T: Real,
    M: AdjointMethod<T, F>,
{
    tape: Tape<F::State, F::Params, T>,
    /// The past of the solve, where the system keeps one.
    past: Option<Memento>,
    /// What a running cost adds.
    trail: Option<Trail<F::State, F::Params, T>>,
    cost: C,
    rows: RowMotions,
    step: M::Adjoint,
    checkpoints: Option<usize>,
    /// The rows of the first solve, once it was done again.
    marks: Option<Vec<repeat::Mark>>,
    /// It was done again with all steps divided alike.
    evenly: bool,
    /// Memory for the error of a gradient.
    // Apart: a record is moved, and this is as large as some sets of parameters.
    scrutiny: Option<Box<Scrutiny<F, T>>>,
    stepper: <M as Method<T, F>>::Stepper,
    work: Workspace<T>,
    /// The state before the step at hand.
    u: F::State,
    scratch: F::State,
    /// The cotangent of the row at hand.
    row: F::State,
}

/// The gradient, if it is finite; where noise drives the solution, without what it does not have.
pub(super) fn finite<F: Vjp<T>, T: Real, M, E>(
    solver: &Solver<'_, F, T, M, E>,
    gradient: Gradient<F::State, F::Params, T>,
) -> Result<Gradient<F::State, F::Params, T>, Error> {
    let by_time = |t| if F::ROUGH { T::lit(f64::NAN) } else { t };
    let of_span = |t| if F::ROUGH { T::ZERO } else { t };
    let error = gradient.error.filter(|_| !F::HIDES_SWITCHES);
    let gradient = Gradient { t0: of_span(gradient.t0), t1: of_span(gradient.t1), error, ..gradient };
    let gradient = gradient.finite(F::NAME, solver.problem.span.0)?;
    Ok(Gradient { t0: by_time(gradient.t0), t1: by_time(gradient.t1), ..gradient })
}

/// Before a step is taken back that is looked at: its share of the error; false where the method tells none.
// Out of line, as what follows a step: most steps are not looked at, and their cotangents stay in registers.
#[inline(never)]
fn look_before<F: Vjp<T>, T: Real>(
    (at, trace): (At<'_, T, F>, Trace<'_, F::State, T>),
    step: &mut impl StepAdjoint<T, F>,
    scrutiny: &mut Scrutiny<F, T>,
    (u_bar, p_bar, inside): (&F::State, &F::Params, f64),
    work: &mut Workspace<T>,
) -> bool {
    scrutiny.begin(u_bar, p_bar, inside);
    if scrutiny.sizes {
        return true;
    }
    let errors = (&mut scrutiny.u_error, &mut scrutiny.p_error);
    if !step.error(at, trace, u_bar, errors, work) {
        return false;
    }
    if scrutiny.thorough
        && scrutiny.sharp
        && let Some(along) = &mut scrutiny.along
    {
        let errors = (&mut along.u_sharp, &mut along.p_sharp);
        scrutiny.sharp = step.error_by_halves(at, trace, errors, work);
    }
    true
}

/// Behind it: the errors of the steps after it go back as well.
#[inline(never)]
fn look_behind<F: Vjp<T>, T: Real>(
    (at, trace): (At<'_, T, F>, Trace<'_, F::State, T>),
    step: &mut impl StepAdjoint<T, F>,
    scrutiny: &mut Scrutiny<F, T>,
    (motion, moves): (StepMotion, bool),
    (u_bar, p_bar): (&F::State, &F::Params),
    work: &mut Workspace<T>,
) -> Result<(), Failure> {
    if scrutiny.thorough
        && !scrutiny.sizes
        && let Some(along) = &mut scrutiny.along
    {
        let (u, p) = (&mut along.u_total, &mut along.p_total);
        step.begin_error(at, trace, motion.stretches())?;
        step.finish_error(at, trace, motion, Bars { u, p, span: &mut [T::ZERO; 2] }, work)?;
    }
    scrutiny.end(at.interval, moves, u_bar, p_bar);
    Ok(())
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
    /// How many of these jumps are events of the solver.
    occurrences: usize,
    /// Cotangents of the times of events from which lags carried breaks on, of the loss and of its error.
    carried: Vec<(f64, [T; 2])>,
    gradient: Gradient<F::State, F::Params, T>,
    scrutiny: Option<&'a mut Scrutiny<F, T>>,
}

impl<F, T, M, C> DiscreteRecord<F, T, M, C>
where
    F: Vjp<T>,
    T: Real,
    M: AdjointMethod<T, F>,
    C: RunningCost<T, F>,
{
    /// From the end of the solve to its start; a system with a past is told of the way.
    fn sweep<E: DifferentiableEvents<T, F>>(
        &mut self,
        solver: &Solver<'_, F, T, M, E>,
        cotangents: &Cotangents<'_, F::State, T>,
        scrutiny: Option<&mut Scrutiny<F, T>>,
    ) -> Result<Gradient<F::State, F::Params, T>, Error> {
        let model = &solver.problem.model;
        let Some(past) = &self.past else { return self.sweep_steps(solver, cotangents, scrutiny) };
        model.turn_back(past);
        let swept = self.sweep_steps(solver, cotangents, scrutiny);
        model.turn_forward();
        match model.complaint() {
            Some(error) => Err(error),
            None => swept,
        }
    }

    fn sweep_steps<E: DifferentiableEvents<T, F>>(
        &mut self,
        solver: &Solver<'_, F, T, M, E>,
        cotangents: &Cotangents<'_, F::State, T>,
        scrutiny: Option<&mut Scrutiny<F, T>>,
    ) -> Result<Gradient<F::State, F::Params, T>, Error> {
        let problem = solver.problem;
        let mut sweep = Sweep {
            model: &problem.model,
            tolerances: &solver.options.tolerances,
            events: &solver.events,
            idxs: solver.options.save_idxs.as_deref(),
            rows: self.tape.rows.len(),
            jumps: self.tape.jumps.len(),
            occurrences: self.tape.events(self.tape.jumps.len()),
            carried: Vec::new(),
            gradient: Gradient {
                u0: cotangents.end.map_or_else(|| problem.u0.zeros_like(), Clone::clone),
                p: problem.p.zeros_like(),
                t0: T::ZERO,
                t1: T::ZERO,
                error: None,
            },
            cotangents,
            scrutiny,
        };
        if let Some(trail) = &self.trail {
            add_scaled(&mut sweep.gradient.p, 1.0, trail.params(sweep.jumps));
        }
        for n in (0..self.tape.steps.len()).rev() {
            self.pull_rows(&mut sweep, |_, origin| origin == RowOrigin::AfterEvent { step: n });
            self.pull_jumps(&mut sweep, Some(n));
            self.pull_rows(&mut sweep, |record, origin| record.is_end(origin, n));
            self.pull_step(&mut sweep, n).map_err(|why| {
                let Interval { t, h, .. } = self.tape.steps[n];
                Error::NoStep { model: F::NAME, t, dt: h, why: why.to_string() }
            })?;
        }
        self.pull_jumps(&mut sweep, None);
        self.pull_rows(&mut sweep, |_, _| true);
        if F::BREAKS {
            sweep.model.rested(&mut sweep.gradient.u0);
        }
        Ok(sweep.gradient)
    }

    /// Adds the cotangents of the next rows back, as long as they are of one kind, to that of the state.
    #[inline]
    fn pull_rows<E>(&mut self, sweep: &mut Sweep<'_, F, T, E>, is_wanted: impl Fn(&Self, RowOrigin) -> bool) {
        while let Some(&origin) = self.tape.rows[..sweep.rows].last()
            && is_wanted(self, origin)
        {
            sweep.rows -= 1;
            sweep.cotangents.row(sweep.rows, sweep.idxs, &mut self.row);
            add_scaled(&mut sweep.gradient.u0, 1.0, &self.row);
        }
    }

    /// Whether a row at the end of step `n` moves with it: its cotangent is then that of the end.
    fn is_end(&self, origin: RowOrigin, n: usize) -> bool {
        if origin != (RowOrigin::End { step: n }) {
            return false;
        }
        let (t, motion) = (self.tape.steps[n].end, self.tape.motions.of(n).at(1.0));
        self.rows.end(t, motion) == motion
    }

    /// From the end of step `n` to its start, with the rows inside.
    fn pull_step<E>(&mut self, sweep: &mut Sweep<'_, F, T, E>, n: usize) -> Result<(), Failure> {
        let Self { tape, trail, rows, stepper, u, scratch, .. } = self;
        let model = sweep.model;
        let nodes = trail.as_ref().filter(|_| !C::IS_NONE).map_or(&[][..], |trail| trail.nodes(n));
        if F::BREAKS {
            model.turn_back_to(n);
        }
        tape.state(n, (model, sweep.tolerances), stepper, scratch, u)?;
        if F::BREAKS && model.lacks(n) {
            let (p, tolerances) = (tape.p(sweep.jumps), sweep.tolerances);
            tape.ready(n, (model, p, tolerances), stepper, u)?;
            stepper.step(At { f: model, p, interval: tape.steps[n], u }, tolerances, scratch)?;
        }
        let (interval, motion) = (tape.steps[n], tape.motions.of(n));
        // How far into the step the next row back is, if it is of this step.
        let theta = |tape: &Tape<_, _, T>, sweep: &Sweep<'_, _, _, _>| match tape.rows[..sweep.rows].last() {
            Some(&RowOrigin::Inside { step, theta }) if step == n => Some(theta),
            Some(&RowOrigin::End { step }) if step == n => Some(1.0),
            _ => None,
        };
        let rows_inside = theta(tape, sweep).is_some();
        let dense = rows_inside || !nodes.is_empty();
        let drifts = rows_inside && !rows.follow(interval, motion);
        let (at, trace) = self.tape.at::<F>(n, sweep.jumps, model, &self.u);
        self.step.begin(at, trace, dense, drifts || motion.stretches())?;
        let looks = sweep.scrutiny.as_mut().is_some_and(|scrutiny| scrutiny.looks_at(n));
        let (mut span_bar, mut inside) = ([T::ZERO; 2], 0.0);
        while let Some(theta) = theta(&self.tape, sweep) {
            sweep.rows -= 1;
            sweep.cotangents.row(sweep.rows, sweep.idxs, &mut self.row);
            self.step.seed(theta, &self.row);
            if looks {
                inside += largest(&self.row);
            }
            if drifts {
                let slope = self.step.seed_slope(at, trace, theta, &self.row);
                let (row, point) = (self.rows.inside(interval.t + theta * interval.h), motion.at(theta));
                for i in 0..2 {
                    span_bar[i] += slope.scale(row[i] - point[i]);
                }
            }
        }
        if !C::IS_NONE
            && let Some(trail) = &self.trail
        {
            for (theta, cotangent) in trail.nodes(n) {
                self.step.seed(*theta, cotangent);
                inside += largest(cotangent);
            }
            let [start, length] = trail.times(n);
            for (i, span_bar) in span_bar.iter_mut().enumerate() {
                *span_bar += start.scale(motion.start[i]) + length.scale(motion.length[i]);
            }
        }
        let Gradient { u0: u_bar, p: p_bar, t0, t1, .. } = &mut sweep.gradient;
        let mut looking = sweep.scrutiny.as_deref_mut().filter(|_| looks);
        if let Some(scrutiny) = &mut looking
            && !look_before((at, trace), &mut self.step, scrutiny, (u_bar, p_bar, inside), &mut self.work)
        {
            looking = None;
        }
        let bars = Bars { u: u_bar, p: p_bar, span: &mut span_bar };
        self.step.finish(at, trace, motion, bars, &mut self.work)?;
        *t0 += span_bar[0];
        *t1 += span_bar[1];
        let Some(scrutiny) = looking else { return Ok(()) };
        let moves = self.tape.jumps.get(sweep.jumps).is_some_and(|jump| jump.step == Some(n));
        look_behind((at, trace), &mut self.step, scrutiny, (motion, moves), (u_bar, p_bar), &mut self.work)
    }

    /// From after the events at the end of a step to before them, last one first.
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
        let mut switch = Switch::of(sweep.model);
        let Some(event) = switch.or_event(sweep.events, jump.cause) else {
            return;
        };
        let (mut time_bar, mut time_error) = (T::ZERO, T::ZERO);
        if jump.cause.is_event() {
            sweep.occurrences -= 1;
            time_bar = sweep.cotangents.event_time(sweep.occurrences);
            for (_, [bar, error]) in sweep.carried.extract_if(.., |(t, _)| *t == jump.t) {
                time_bar += bar;
                time_error += error;
            }
        }
        // Steps that end at a given time move with it, and their share of a cost as well.
        if let Some(trail) = &self.trail
            && matches!(event.trigger(), Trigger::Crossing(_))
        {
            time_bar += trail.fall(sweep.jumps);
        }
        let Gradient { u0: u_bar, p: p_bar, t0, t1, .. } = &mut sweep.gradient;
        let mut error_bar = T::ZERO;
        if let Some(scrutiny) = sweep.scrutiny.as_deref_mut()
            && scrutiny.thorough
            && let Some(along) = &mut scrutiny.along
        {
            let bars = (&mut along.u_total, &mut along.p_total);
            let place = &mut self.scratch;
            (_, error_bar) = pull_jump_of(sweep.model, event, jump, time_error, place, bars, false);
        }
        let bars = (u_bar, &mut *p_bar);
        let (t_bar, condition_bar) =
            pull_jump_of(sweep.model, event, jump, time_bar, &mut self.scratch, bars, true);
        if F::BREAKS
            && let Cause::Break { t, .. } = jump.cause
        {
            match sweep.model.break_origin(t) {
                Origin::Given => {}
                Origin::Start => *t0 -= condition_bar,
                Origin::Anew(t) | Origin::Crossing(t) => {
                    sweep.carried.push((t, [-condition_bar, -error_bar]));
                }
            }
        }
        let motion = jump.step.map_or([1.0, 0.0], |step| self.tape.motions.of(step).at(1.0));
        *t0 += t_bar.scale(motion[0]);
        *t1 += t_bar.scale(motion[1]);
        if let Some(trail) = &self.trail {
            add_scaled(p_bar, 1.0, trail.params(sweep.jumps));
        }
    }
}
