//! A gradient that is not good enough is taken again, through steps that the derivative needs.

use std::sync::Arc;

use crate::error::Error;
use crate::integrate::Ceiling;
use crate::integrate::Observer;
use crate::integrate::PASSES;
use crate::integrate::RowOrigin;
use crate::integrate::STUBBORN;
use crate::integrate::Solver;
use crate::integrate::derivative_enough;
use crate::integrate::derivative_limit;
use crate::problem::OdeProblem;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::Cotangents;
use crate::sensitivity::Gradient;
use crate::sensitivity::RunningCost;
use crate::sensitivity::discrete::DiscreteRecord;
use crate::sensitivity::discrete::finite;
use crate::sensitivity::event::DifferentiableEvents;
use crate::sensitivity::motion::Motions;
use crate::sensitivity::motion::Stops;
use crate::sensitivity::scrutiny::Scrutiny;
use crate::sensitivity::scrutiny::largest;
use crate::sensitivity::step::AdjointMethod;
use crate::sensitivity::tape::Tape;
use crate::sensitivity::trail::Trail;
use crate::sensitivity::trail::WithTrail;
use crate::space::Vector;
use crate::stepper::Stepper;

/// Into how many parts all steps are divided at most, before each is looked at for itself.
const PARTS: f64 = 8.0;

/// A step with a larger relative error than this is far too long: half of it is as well, and may agree with it by chance.
const COMPARABLE: f64 = 0.1;

/// By how much better a gradient counts at most than the one of longer steps that it is compared with: where steps are far too
/// long, no power of them says anything.
const GAIN: f64 = 16.0;

/// A row of the first solve, as it is found again in another with more steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mark {
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
fn mark<V: Clone, P: Clone + 'static, T>(tape: &Tape<V, P, T>, row: RowOrigin) -> Mark {
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

impl<F, T, M, C> DiscreteRecord<F, T, M, C>
where
    F: Vjp<T>,
    T: Real,
    M: AdjointMethod<T, F>,
    C: RunningCost<T, F>,
{
    /// The gradient by these cotangents, with its error; through other steps where it is too large.
    pub(super) fn pull<E: DifferentiableEvents<T, F>>(
        &mut self,
        solver: &Solver<'_, F, T, M, E>,
        cotangents: &Cotangents<'_, F::State, T>,
    ) -> Result<Gradient<F::State, F::Params, T>, Error> {
        let occurrences = self.tape.events(self.tape.jumps.len());
        cotangents.fit(solver, self.tape.rows.len(), occurrences)?;
        let facts = solver.method.facts();
        let exponent = facts.control_exponent.filter(|_| solver.options.controller.is_adaptive());
        let (Some(exponent), Some(limit)) = (exponent, derivative_limit(&solver.options)) else {
            return finite(solver, self.sweep(solver, cotangents, None)?);
        };
        let OdeProblem { u0, p, .. } = solver.problem;
        let mut scrutiny = self.scrutiny.take().unwrap_or_else(|| Box::new(Scrutiny::new(u0, p)));
        let gradient = self.pull_closely(solver, cotangents, &mut scrutiny, (exponent, limit))?;
        self.scrutiny = Some(scrutiny);
        finite(solver, gradient)
    }

    /// The gradient with its error at most the limit, where an error falls with a power of the steps.
    fn pull_closely<E: DifferentiableEvents<T, F>>(
        &mut self,
        solver: &Solver<'_, F, T, M, E>,
        cotangents: &Cotangents<'_, F::State, T>,
        scrutiny: &mut Scrutiny<F, T>,
        (exponent, limit): (f64, f64),
    ) -> Result<Gradient<F::State, F::Params, T>, Error> {
        let enough = derivative_enough(&solver.options, limit);
        let mut before = f64::INFINITY;
        for pass in 0..=PASSES {
            // What was done again once was so for a reason.
            let is_first = self.marks.is_none() || self.evenly;
            for thorough in [false, true].into_iter().skip(usize::from(!is_first)) {
                // Whether to do it again at all is decided by the errors of the solution itself. How short steps must be those of
                // the embedded one say, which are larger: few steps are far too long where one is.
                scrutiny.start(thorough, is_first && !F::BREAKS, &self.tape.steps);
                let mut gradient = self.sweep(solver, cotangents, Some(scrutiny))?;
                let mut local = scrutiny.evidence.error();
                if !thorough && local > limit && largest(&gradient.u0) <= self.seeds(solver, cotangents) {
                    scrutiny.close(&gradient.u0, &gradient.p);
                    local = scrutiny.evidence.error();
                }
                let error = scrutiny.error(local);
                // What a past is off by drives all that comes later: single steps say little of it.
                let sums_up = F::BREAKS && !thorough;
                let told = if sums_up { scrutiny.total(&gradient.u0, &gradient.p) } else { error };
                let speaks = scrutiny.evidence.speaks();
                gradient.error = speaks.then_some(told);
                // Those looked at may be the ones that have none.
                let says_nothing = sums_up && speaks && told == 0.0;
                // Where all steps are as good as those of other solves, so is the gradient, however many there are.
                let is_refined = !is_first && local <= enough;
                // Shorter steps that do not help once will not help twice.
                let is_last = pass == PASSES || (pass > STUBBORN && thorough && local > 0.5 * before);
                let is_fine = error <= limit && (is_first || is_last);
                if is_refined || (is_fine && !says_nothing) {
                    return Ok(gradient);
                }
                if !thorough && (F::BREAKS || local > COMPARABLE) {
                    continue;
                }
                if !thorough {
                    match self.compare(solver, cotangents, scrutiny, gradient, limit)? {
                        Some(gradient) => return Ok(gradient),
                        None => continue,
                    }
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
    #[allow(clippy::type_complexity)] // A gradient, if there is one.
    fn compare<E: DifferentiableEvents<T, F>>(
        &mut self,
        solver: &Solver<'_, F, T, M, E>,
        cotangents: &Cotangents<'_, F::State, T>,
        scrutiny: &mut Scrutiny<F, T>,
        first: Gradient<F::State, F::Params, T>,
        limit: f64,
    ) -> Result<Option<Gradient<F::State, F::Params, T>>, Error> {
        let (order, before) = (solver.method.facts().order as f64, (self.marks.clone(), self.evenly));
        let mut originals = None;
        let (mut coarse, mut parts, mut next) = (first, 1.0, 2.0);
        while next <= PARTS {
            let tape = originals.as_ref().map_or(&self.tape, |(tape, _)| tape);
            let moves = |n: usize| tape.jumps.iter().any(|jump| jump.step == Some(n));
            let ceiling = Ceiling::divided(&tape.steps, next, solver.options.dt_min, &moves);
            let Some(replaced) = self.again(solver, &Arc::new(ceiling))? else { break };
            originals.get_or_insert(replaced);
            scrutiny.start_for_sizes(&self.tape.steps);
            let mut fine = self.sweep(solver, cotangents, Some(scrutiny))?;
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
                return Ok(Some(fine));
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
        Ok(is_good.then_some(coarse))
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
            None => {
                let mut marks = Vec::with_capacity(self.tape.rows.len());
                for row in self.tape.rows.iter() {
                    marks.push(mark(&self.tape, *row));
                }
                marks
            }
        };
        let stops = Stops::new::<T, F, E>(problem.span, &solver.options, &solver.events);
        let (len, remembers) = (problem.u0.as_slice().len(), self.stepper.remembers());
        let mut tape = Tape::new(self.checkpoints, Motions::new(stops), &problem.p, len, remembers);
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
        let mut rows = Vec::with_capacity(marks.len());
        for row in std::mem::take(&mut *tape.rows) {
            if marks.get(rows.len()).is_some_and(|wanted| mark(&tape, row).is(*wanted)) {
                rows.push(row);
            }
        }
        if rows.len() != marks.len() || tape.jumps.len() != self.tape.jumps.len() {
            return Ok(None);
        }
        *tape.rows = rows;
        let before = (std::mem::replace(&mut self.tape, tape), std::mem::replace(&mut self.trail, trail));
        self.marks = Some(marks);
        self.past = problem.model.memento();
        Ok(Some(before))
    }
}
