//! The discrete adjoint: reverse mode through the very steps that the solver took.

use std::sync::Arc;

use crate::error::Error;
use crate::integrate::Cause;
use crate::integrate::Ceiling;
use crate::integrate::Observer;
use crate::integrate::PASSES;
use crate::integrate::RowOrigin;
use crate::integrate::STUBBORN;
use crate::integrate::Solution;
use crate::integrate::Solver;
use crate::integrate::Trigger;
use crate::integrate::derivative_enough;
use crate::integrate::derivative_limit;
use crate::problem::Memento;
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
    /// (16 million reals). The gradient is the same to the bit: with fewer states, steps are done again. Times, and states and parameters around events, are always kept.
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
        let mut tape = Tape::new(self.checkpoints, motions, problem.p.clone(), len, remembers);
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

/// Into how many parts all steps are divided at most, before each is looked at for itself.
const PARTS: f64 = 8.0;

/// By how much better a gradient counts at most than the one of longer steps that it is compared with: where steps are far too
/// long, no power of them says anything.
const GAIN: f64 = 16.0;

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
    marks: Option<Vec<Mark>>,
    /// It was done again with all steps divided alike.
    evenly: bool,
    /// Memory for the error of a gradient.
    scrutiny: Option<Scrutiny<F, T>>,
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
    let gradient = Gradient { t0: of_span(gradient.t0), t1: of_span(gradient.t1), ..gradient };
    let gradient = gradient.finite(F::NAME, solver.problem.span.0)?;
    Ok(Gradient { t0: by_time(gradient.t0), t1: by_time(gradient.t1), ..gradient })
}

/// A row of the first solve, as it is found again in another with more steps.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mark {
    /// Behind an event, or at the end of a step that ends on one: its time moves.
    Event { behind: bool },
    /// At a time.
    At(f64),
}

impl Mark {
    /// Whether two marks are one place, but for the rounding of a time.
    fn is(self, other: Self) -> bool {
        match (self, other) {
            (Self::At(a), Self::At(b)) => {
                (a - b).abs() <= 16.0 * f64::EPSILON * f64::max(a.abs(), b.abs()) || a == b
            }
            _ => self == other,
        }
    }
}

/// Where a row is, whatever the steps.
fn mark<V: Clone, P: Clone, T>(tape: &Tape<V, P, T>, row: RowOrigin) -> Mark {
    let Tape { steps, jumps, .. } = tape;
    match row {
        RowOrigin::Start => Mark::At(steps.first().map_or(f64::NEG_INFINITY, |step| step.t)),
        RowOrigin::Inside { step, theta } => Mark::At(steps[step].t + theta * steps[step].h),
        RowOrigin::End { step } if jumps.iter().any(|jump| jump.step == Some(step)) => {
            Mark::Event { behind: false }
        }
        RowOrigin::End { step } => Mark::At(steps[step].end),
        RowOrigin::AfterEvent { .. } => Mark::Event { behind: true },
    }
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
    gradient: Gradient<F::State, F::Params, T>,
    scrutiny: Option<Scrutiny<F, T>>,
}

impl<F, T, M, C> DiscreteRecord<F, T, M, C>
where
    F: Vjp<T>,
    T: Real,
    M: AdjointMethod<T, F>,
    C: RunningCost<T, F>,
{
    fn pull<E: DifferentiableEvents<T, F>>(
        &mut self,
        solver: &Solver<'_, F, T, M, E>,
        cotangents: &Cotangents<'_, F::State, T>,
    ) -> Result<Gradient<F::State, F::Params, T>, Error> {
        let occurrences = self.tape.events(self.tape.jumps.len());
        cotangents.fit(solver, self.tape.rows.len(), occurrences)?;
        let facts = solver.method.facts();
        let exponent = facts.control_exponent.filter(|_| solver.options.controller.is_adaptive());
        let (Some(exponent), Some(limit)) = (exponent, derivative_limit(&solver.options)) else {
            return finite(solver, self.sweep(solver, cotangents, None)?.0);
        };
        let enough = derivative_enough(&solver.options, limit);
        let mut scrutiny =
            self.scrutiny.take().unwrap_or_else(|| Scrutiny::new(&solver.problem.u0, &solver.problem.p));
        let mut before = f64::INFINITY;
        for pass in 0..=PASSES {
            // What was done again once was so for a reason.
            let is_first = self.marks.is_none() || self.evenly;
            for thorough in [false, true].into_iter().skip(usize::from(!is_first)) {
                // Whether to do it again at all is decided by the errors of the solution itself. How short steps must be those of
                // the embedded one say, which are larger: few steps are far too long where one is.
                scrutiny.start(thorough, is_first && !F::BREAKS, &self.tape.steps);
                let (mut gradient, found) = self.sweep(solver, cotangents, Some(scrutiny))?;
                let Some(found) = found else { return finite(solver, gradient) };
                scrutiny = found;
                let mut local = scrutiny.evidence.error();
                if !thorough && local > limit && largest(&gradient.u0) <= self.seeds(solver, cotangents) {
                    scrutiny.close(&gradient.u0, &gradient.p);
                    local = scrutiny.evidence.error();
                }
                let error = scrutiny.error(local);
                gradient.error = scrutiny.evidence.speaks().then_some(error);
                // Where all steps are as good as those of other solves, so is the gradient, however many there are.
                let is_refined = !is_first && local <= enough;
                // Shorter steps that do not help once will not help twice.
                let is_last = pass == PASSES || (pass > STUBBORN && thorough && local > 0.5 * before);
                let is_fine = error <= limit && (is_first || is_last);
                if is_refined || is_fine {
                    self.scrutiny = Some(scrutiny);
                    return finite(solver, gradient);
                }
                if !thorough && F::BREAKS {
                    continue;
                }
                if !thorough {
                    match self.compare(solver, cotangents, scrutiny, gradient, limit)? {
                        (Some(gradient), scrutiny) => {
                            self.scrutiny = Some(scrutiny);
                            return finite(solver, gradient);
                        }
                        (None, back) => scrutiny = back,
                    }
                    continue;
                }
                before = local;
                let ceiling = Arc::new(scrutiny.evidence.ceiling(&solver.options, exponent));
                self.evenly = false;
                if is_last || self.again(solver, &ceiling)?.is_none() {
                    return Err(scrutiny.evidence.failure(F::NAME, error, limit));
                }
            }
        }
        unreachable!("the last pass returns")
    }

    /// Compares a gradient with those of the same steps, all of them divided: where they differ as the order of the method
    /// says, the first that is good enough, with its error, by extrapolation to the limit (Richardson 1911; Hairer, Nørsett,
    /// Wanner, *Solving Ordinary Differential Equations I*, section II.4). `None`, with the steps as they were, where far more
    /// steps are needed, and not everywhere.
    #[cold]
    #[allow(clippy::type_complexity)] // A gradient, and the memory that was lent.
    fn compare<E: DifferentiableEvents<T, F>>(
        &mut self,
        solver: &Solver<'_, F, T, M, E>,
        cotangents: &Cotangents<'_, F::State, T>,
        mut scrutiny: Scrutiny<F, T>,
        first: Gradient<F::State, F::Params, T>,
        limit: f64,
    ) -> Result<(Option<Gradient<F::State, F::Params, T>>, Scrutiny<F, T>), Error> {
        let (order, before) = (solver.method.facts().order as f64, (self.marks.clone(), self.evenly));
        let mut originals = None;
        let (mut coarse, mut parts, mut next) = (first, 1.0, 2.0);
        while next <= PARTS {
            let tape = originals.as_ref().map_or(&self.tape, |(tape, _)| tape);
            let moves = |n: usize| tape.jumps.iter().any(|jump| jump.step == Some(n));
            let ceiling = Ceiling::divided(&tape.steps, next, solver.options.dt_min, moves);
            let Some(replaced) = self.again(solver, &Arc::new(ceiling))? else { break };
            originals.get_or_insert(replaced);
            scrutiny.start_for_sizes(&self.tape.steps);
            let (mut fine, found) = self.sweep(solver, cotangents, Some(scrutiny))?;
            let Some(found) = found else { unreachable!("what was lent comes back") };
            scrutiny = found;
            let difference = scrutiny.difference((&coarse.u0, &coarse.p), (&fine.u0, &fine.p));
            let ratio = f64::powf(next / parts, order).min(GAIN);
            let (of_coarse, of_fine) = (difference * ratio / (ratio - 1.0), difference / (ratio - 1.0));
            if parts == 1.0 && of_coarse <= limit {
                coarse.error = Some(of_coarse);
                break;
            }
            if of_fine <= 0.5 * limit {
                fine.error = Some(of_fine);
                self.evenly = true;
                return Ok((Some(fine), scrutiny));
            }
            // What makes a quarter of the limit, if the errors go on to fall so.
            let wanted = next * (of_fine / (0.25 * limit)).powf(1.0 / order);
            (coarse, parts) = (fine, next);
            next = if wanted.is_nan() { f64::INFINITY } else { f64::max(wanted.ceil(), next + 1.0) };
        }
        if let Some((tape, trail)) = originals {
            (self.tape, self.trail) = (tape, trail);
            (self.marks, self.evenly) = before;
        }
        let is_good = parts == 1.0 && coarse.error.is_some_and(|error| error <= limit);
        Ok((is_good.then_some(coarse), scrutiny))
    }

    /// The largest cotangents of all rows and of the end together: what the cotangent of the state is at most, where nothing
    /// grows on the way back.
    #[cold]
    fn seeds<E: DifferentiableEvents<T, F>>(
        &mut self,
        solver: &Solver<'_, F, T, M, E>,
        cotangents: &Cotangents<'_, F::State, T>,
    ) -> f64 {
        let idxs = solver.options.save_idxs.as_deref();
        let mut sum = cotangents.end.map_or(0.0, largest);
        for row in 0..self.tape.rows.len() {
            cotangents.row(row, idxs, &mut self.row);
            sum += largest(&self.row);
        }
        sum
    }

    /// Solves again under a ceiling: the tape of before. `None`, and nothing has changed, where it came out with other rows or
    /// events, or took too many steps.
    #[allow(clippy::type_complexity)] // A tape and what a cost adds to it.
    fn again<E: DifferentiableEvents<T, F>>(
        &mut self,
        solver: &Solver<'_, F, T, M, E>,
        ceiling: &Arc<Ceiling>,
    ) -> Result<Option<(Tape<F::State, F::Params, T>, Option<Trail<F::State, F::Params, T>>)>, Error> {
        let problem = solver.problem;
        let marks = match &self.marks {
            Some(marks) => marks.clone(),
            None => self.tape.rows.iter().map(|row| mark(&self.tape, *row)).collect(),
        };
        let stops = Stops::new::<T, F, E>(problem.span, &solver.options, &solver.events);
        let (len, remembers) = (problem.u0.as_slice().len(), self.stepper.remembers());
        let mut tape = Tape::new(self.checkpoints, Motions::new(stops), problem.p.clone(), len, remembers);
        let accuracy = (solver.method.facts().order, &solver.options.tolerances);
        let start = (&problem.u0, &problem.p);
        if F::BREAKS {
            problem.model.keep_past(self.checkpoints);
        }
        let mut observer = WithTrail::<F, T, C>::new(&mut tape, &self.cost, start, accuracy);
        match solver.run::<dyn Observer<_, _, _>>(Some(ceiling), &mut observer) {
            Err(Error::StepBudget { .. }) => return Ok(None),
            solved => solved?,
        };
        let trail = observer.trail;
        // The ends of steps that were not there before are no rows.
        let mut wanted = marks.iter().peekable();
        let rows = std::mem::take(&mut *tape.rows);
        let is_wanted = |row: &RowOrigin| wanted.next_if(|wanted| mark(&tape, *row).is(**wanted)).is_some();
        let rows: Vec<_> = rows.into_iter().filter(is_wanted).collect();
        if rows.len() != marks.len() || tape.jumps.len() != self.tape.jumps.len() {
            return Ok(None);
        }
        *tape.rows = rows;
        let before = (std::mem::replace(&mut self.tape, tape), std::mem::replace(&mut self.trail, trail));
        self.marks = Some(marks);
        self.past = problem.model.memento();
        Ok(Some(before))
    }

    /// From the end of the solve to its start; a system with a past is told of the way.
    #[allow(clippy::type_complexity)]
    fn sweep<E: DifferentiableEvents<T, F>>(
        &mut self,
        solver: &Solver<'_, F, T, M, E>,
        cotangents: &Cotangents<'_, F::State, T>,
        scrutiny: Option<Scrutiny<F, T>>,
    ) -> Result<(Gradient<F::State, F::Params, T>, Option<Scrutiny<F, T>>), Error> {
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

    #[allow(clippy::type_complexity)]
    fn sweep_steps<E: DifferentiableEvents<T, F>>(
        &mut self,
        solver: &Solver<'_, F, T, M, E>,
        cotangents: &Cotangents<'_, F::State, T>,
        scrutiny: Option<Scrutiny<F, T>>,
    ) -> Result<(Gradient<F::State, F::Params, T>, Option<Scrutiny<F, T>>), Error> {
        let problem = solver.problem;
        let mut sweep = Sweep {
            model: &problem.model,
            tolerances: &solver.options.tolerances,
            events: &solver.events,
            idxs: solver.options.save_idxs.as_deref(),
            rows: self.tape.rows.len(),
            jumps: self.tape.jumps.len(),
            occurrences: self.tape.events(self.tape.jumps.len()),
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
        Ok((sweep.gradient, sweep.scrutiny))
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
        let (t, motion) = (self.tape.steps[n].end, self.tape.motions.of(n).at(1.0));
        origin == RowOrigin::End { step: n } && self.rows.end(t, motion) == motion
    }

    /// From the end of step `n` to its start, with the rows inside.
    fn pull_step<E>(&mut self, sweep: &mut Sweep<'_, F, T, E>, n: usize) -> Result<(), Failure> {
        let Self { tape, trail, rows, stepper, u, scratch, .. } = self;
        let model = sweep.model;
        let nodes = trail.as_ref().map_or(&[][..], |trail| trail.nodes(n));
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
        let looks = sweep.scrutiny.as_ref().is_some_and(|scrutiny| scrutiny.looks_at(n));
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
        if let Some(trail) = &self.trail {
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
        let mut looking = sweep.scrutiny.as_mut().filter(|_| looks);
        if let Some(scrutiny) = &mut looking {
            scrutiny.begin(u_bar, p_bar, inside);
            let errors = (&mut scrutiny.u_error, &mut scrutiny.p_error);
            if scrutiny.sizes {
                // No errors.
            } else if !self.step.error(at, trace, u_bar, errors, &mut self.work) {
                looking = None;
            } else if scrutiny.thorough && scrutiny.sharp {
                let errors = (&mut scrutiny.u_sharp, &mut scrutiny.p_sharp);
                scrutiny.sharp = self.step.error_by_halves(at, trace, errors, &mut self.work);
            }
        }
        let bars = Bars { u: u_bar, p: p_bar, span: &mut span_bar };
        self.step.finish(at, trace, motion, bars, &mut self.work)?;
        *t0 += span_bar[0];
        *t1 += span_bar[1];
        if let Some(scrutiny) = looking {
            if scrutiny.thorough && !scrutiny.sizes {
                let (u, p) = (&mut scrutiny.u_total, &mut scrutiny.p_total);
                self.step.begin_error(at, trace, motion.stretches())?;
                let bars = Bars { u, p, span: &mut [T::ZERO; 2] };
                self.step.finish_error(at, trace, motion, bars, &mut self.work)?;
            }
            let moves = self.tape.jumps.get(sweep.jumps).is_some_and(|jump| jump.step == Some(n));
            scrutiny.end(interval, moves, u_bar, p_bar);
        }
        Ok(())
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
        let mut time_bar = T::ZERO;
        if jump.cause.is_event() {
            sweep.occurrences -= 1;
            time_bar = sweep.cotangents.event_time(sweep.occurrences);
        }
        // Steps that end at a given time move with it, and their share of a cost as well.
        if let Some(trail) = &self.trail
            && matches!(event.trigger(), Trigger::Crossing(_))
        {
            time_bar += trail.fall(sweep.jumps);
        }
        let Gradient { u0: u_bar, p: p_bar, t0, t1, .. } = &mut sweep.gradient;
        if let Some(scrutiny) = &mut sweep.scrutiny
            && scrutiny.thorough
        {
            let bars = (&mut scrutiny.u_total, &mut scrutiny.p_total);
            pull_jump_of(sweep.model, event, jump, T::ZERO, &mut self.scratch, bars, false);
        }
        let bars = (u_bar, &mut *p_bar);
        let (t_bar, condition_bar) =
            pull_jump_of(sweep.model, event, jump, time_bar, &mut self.scratch, bars, true);
        if F::BREAKS && matches!(jump.cause, Cause::Break { t, .. } if sweep.model.break_of_start(t)) {
            *t0 -= condition_bar;
        }
        let motion = jump.step.map_or([1.0, 0.0], |step| self.tape.motions.of(step).at(1.0));
        *t0 += t_bar.scale(motion[0]);
        *t1 += t_bar.scale(motion[1]);
        if let Some(trail) = &self.trail {
            add_scaled(p_bar, 1.0, trail.params(sweep.jumps));
        }
    }
}
