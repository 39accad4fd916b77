//! Reverse mode that undoes the steps, in the place of keeping states.

use crate::error::Error;
use crate::integrate::EventRecord;
use crate::integrate::Observer;
use crate::integrate::RowOrigin;
use crate::integrate::Solution;
use crate::integrate::Solver;
use crate::integrate::Taken;
use crate::integrate::Wants;
use crate::noise::Driven;
use crate::noise::Path;
use crate::problem::DiffusionVjp;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::Adjoint;
use crate::sensitivity::Cotangents;
use crate::sensitivity::Gradient;
use crate::sensitivity::discrete::finite;
use crate::sensitivity::event::DifferentiableEvents;
use crate::sensitivity::event::pull_jump;
use crate::sensitivity::motion::Motions;
use crate::sensitivity::motion::Stops;
use crate::sensitivity::rough::check_rough;
use crate::sensitivity::step::AdjointMethod;
use crate::sensitivity::step::Bars;
use crate::sensitivity::step::StepAdjoint;
use crate::sensitivity::stochastic::back::RowsBack;
use crate::sensitivity::stochastic::back::check_tolerance;
use crate::sensitivity::stochastic::reversible::ReversibleHeunAdjoint;
use crate::sensitivity::switch::Switch;
use crate::sensitivity::tape::Tape;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::add_scaled;
use crate::space::assign;
use crate::space::weighted_norm;
use crate::stepper::Interval;
use crate::stepper::ReversibleHeun;
use crate::stepper::Trace;

/// Reverse mode for [`ReversibleHeun`], which goes back from the end by undoing the steps: the gradient of the numbers that the solve
/// returned, to rounding, without keeping states.
///
/// Kept are the times of the steps, and states where the solve stops: at times to save at, stops and events. Undoing a step is
/// exact but for rounding, which grows with the way back as the solution does that way; what comes out at the start is compared
/// with what the solve began with.
///
/// Source: Kidger, Foster, Li, Lyons, *Efficient and accurate gradients for neural SDEs*, NeurIPS 2021, arXiv:2105.13493, algorithm
/// 2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReversibleAdjoint {
    /// How far off the way back may come out, relative to the state and absolute, before it is
    /// [`Error::Reconstruction`]; `1e-6` by default.
    pub tolerance: f64,
}

impl Default for ReversibleAdjoint {
    fn default() -> Self {
        Self { tolerance: 1e-6 }
    }
}

/// Keeps of a solve what can't be undone: where it stopped.
struct Landmarks<V: 'static, P: 'static, T: 'static> {
    tape: Tape<V, P, T>,
    /// Steps after which the method began anew, with both approximations at their ends; the last step of all.
    ends: Vec<(usize, V, V)>,
    /// The same of the step at hand.
    last: Option<(usize, V, V)>,
    /// The steps that began anew.
    fresh: Vec<usize>,
}

impl<V: Vector<T>, P: Clone, T: Real> Observer<T, V, P> for Landmarks<V, P, T> {
    fn wants(&self) -> Wants {
        Wants { snapshots: true, ..Wants::NOTHING }
    }

    fn step(&mut self, taken: &Taken<'_, V, T>) {
        if taken.before.numbers.first() == Some(&1.0) {
            self.ends.extend(self.last.take());
            self.fresh.push(taken.step);
        }
        if let [z] = taken.trace.stages {
            match &mut self.last {
                Some((step, u, z_end)) => {
                    *step = taken.step;
                    assign(u, taken.next);
                    assign(z_end, z);
                }
                last => *last = Some((taken.step, taken.next.clone(), z.clone())),
            }
        }
        self.tape.step(&Taken { trace: Trace::NONE, ..*taken });
    }

    fn save(&mut self, row: usize, origin: RowOrigin) {
        Observer::<T, V, P>::save(&mut self.tape, row, origin);
    }

    fn event(&mut self, record: EventRecord<'_, V, P>) {
        Observer::<T, V, P>::event(&mut self.tape, record);
    }
}

/// What [`ReversibleAdjoint`] keeps of a solve.
pub struct ReversibleRecord<T: Real, M: DiffusionVjp<T>, W: Path> {
    adjoint: ReversibleAdjoint,
    marks: Landmarks<M::State, M::Params, T>,
    step: ReversibleHeunAdjoint<M::State, M::Noise, W::Cursor>,
    work: Workspace<T>,
    /// Both approximations at the end of the step at hand, and the state at its start.
    end: M::State,
    z: M::State,
    start: M::State,
    row: M::State,
}

impl<T: Real, M: DiffusionVjp<T>, W: Path> Adjoint<Driven<M, W>, T, ReversibleHeun> for ReversibleAdjoint
where
    M::Drift: Vjp<T>,
    ReversibleHeun:
        AdjointMethod<T, Driven<M, W>, Adjoint = ReversibleHeunAdjoint<M::State, M::Noise, W::Cursor>>,
{
    type Record = ReversibleRecord<T, M, W>;

    fn solve<E: DifferentiableEvents<T, Driven<M, W>>>(
        self,
        solver: &Solver<'_, Driven<M, W>, T, ReversibleHeun, E>,
    ) -> Result<(Solution<M::State, T>, Self::Record), Error> {
        check_tolerance(self.tolerance)?;
        check_rough(solver)?;
        let (problem, u) = (solver.problem, &solver.problem.u0);
        let stops = Stops::new::<T, Driven<M, W>, E>(problem.span, &solver.options, &solver.events);
        let len = u.as_slice().len();
        let tape = Tape::new(Some(1), Motions::new(stops), &problem.p, len, false);
        let mut marks = Landmarks { tape, ends: Vec::new(), last: None, fresh: Vec::new() };
        let solution = solver.solve_observed(&mut marks)?;
        let last = marks.last.take();
        marks.ends.extend(last);
        let record = ReversibleRecord {
            adjoint: self,
            marks,
            step: solver.method.adjoint(u, &solver.options.tolerances),
            work: Workspace::new(),
            end: u.clone(),
            z: u.clone(),
            start: u.clone(),
            row: u.zeros_like(),
        };
        Ok((solution, record))
    }

    fn pull<E: DifferentiableEvents<T, Driven<M, W>>>(
        record: &mut Self::Record,
        solver: &Solver<'_, Driven<M, W>, T, ReversibleHeun, E>,
        cotangents: &Cotangents<'_, M::State, T>,
    ) -> Result<Gradient<M::State, M::Params, T>, Error> {
        let tape = &record.marks.tape;
        cotangents.fit(solver, tape.rows.len(), tape.events(tape.jumps.len()))?;
        let gradient = record.sweep(solver, cotangents)?;
        finite(solver, gradient)
    }
}

impl<T: Real, M: DiffusionVjp<T>, W: Path> ReversibleRecord<T, M, W>
where
    M::Drift: Vjp<T>,
{
    fn sweep<E: DifferentiableEvents<T, Driven<M, W>>>(
        &mut self,
        solver: &Solver<'_, Driven<M, W>, T, ReversibleHeun, E>,
        cotangents: &Cotangents<'_, M::State, T>,
    ) -> Result<Gradient<M::State, M::Params, T>, Error> {
        let Self { marks: Landmarks { tape, ends, fresh, .. }, step, work, end, z, start, row, adjoint } =
            self;
        let (problem, idxs) = (solver.problem, solver.options.save_idxs.as_deref());
        let model = &problem.model;
        let (mut jumps, mut marks, mut anew) = (tape.jumps.len(), ends.len(), fresh.len());
        let mut gradient = Gradient {
            u0: cotangents.end.map_or_else(|| problem.u0.zeros_like(), Clone::clone),
            p: problem.p.zeros_like(),
            t0: T::ZERO,
            t1: T::ZERO,
            error: None,
        };
        let mut rows = RowsBack { origins: &tape.rows, cotangents, idxs, row };
        for n in (0..tape.steps.len()).rev() {
            let interval = tape.steps[n];
            rows.add(&mut gradient.u0, |origin| origin == RowOrigin::AfterEvent { step: n });
            while let Some(jump) = tape.jumps[..jumps].last()
                && jump.step == Some(n)
            {
                jumps -= 1;
                let mut switch = Switch::of(model);
                if let Some(event) = switch.or_event(&solver.events, jump.cause) {
                    let bars = (&mut gradient.u0, &mut gradient.p);
                    pull_jump(model, event, jump, T::ZERO, start, bars);
                }
            }
            rows.add_at_end(&mut gradient.u0, n);
            let goes_on = match ends[..marks].last() {
                Some((at, u_end, z_end)) if *at == n => {
                    marks -= 1;
                    assign(end, u_end);
                    assign(z, z_end);
                    false
                }
                _ => {
                    assign(end, start);
                    assign(z, step.z());
                    true
                }
            };
            let is_fresh = fresh[..anew].last() == Some(&n);
            let p = tape.p(jumps);
            let undone = step.undo((model, p, interval), (end, z), goes_on, is_fresh, start);
            let at = crate::stepper::At { f: model, p, interval, u: &*start };
            let bars = Bars { u: &mut gradient.u0, p: &mut gradient.p, span: &mut [T::ZERO; 2] };
            let finished = undone.and_then(|()| step.finish(at, Trace::NONE, tape.motions.of(n), bars, work));
            finished.map_err(|why| {
                let Interval { t, h, .. } = interval;
                Error::NoStep { model: M::NAME, t, dt: h, why: why.to_string() }
            })?;
            rows.add_at_start(&mut gradient.u0, n);
            if is_fresh {
                anew -= 1;
                // Both approximations were one there.
                adjoint.compare::<T, M>(start, step.z(), interval.t)?;
            }
        }
        while let Some(jump) = tape.jumps[..jumps].last() {
            jumps -= 1;
            let mut switch = Switch::of(model);
            if let Some(event) = switch.or_event(&solver.events, jump.cause) {
                pull_jump(model, event, jump, T::ZERO, start, (&mut gradient.u0, &mut gradient.p));
            }
        }
        // The first row is the state before events at the start.
        rows.add(&mut gradient.u0, |_| true);
        Ok(gradient)
    }
}

impl ReversibleAdjoint {
    /// Refuses a way back that does not come out where the solve was.
    fn compare<T: Real, M: DiffusionVjp<T>>(&self, u: &M::State, z: &M::State, t: f64) -> Result<(), Error> {
        let tolerances = Tolerances { relative: self.tolerance.into(), absolute: self.tolerance.into() };
        let mut off = u.clone();
        add_scaled(&mut off, -1.0, z);
        let error = weighted_norm(&off, u, &tolerances);
        // Written so that NaN fails.
        if error <= 1.0 {
            return Ok(());
        }
        Err(Error::Reconstruction { model: M::NAME, t, error, limit: 1.0, cause: String::new() })
    }
}
