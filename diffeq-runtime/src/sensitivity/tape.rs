//! What a reverse sweep needs to know of a solve.

use crate::checkpoint::Checkpoints;
use crate::integrate::Cause;
use crate::integrate::EventRecord;
use crate::integrate::Observer;
use crate::integrate::RowOrigin;
use crate::integrate::Taken;
use crate::integrate::Wants;
use crate::problem::System;
use crate::real::Real;
use crate::sensitivity::motion::Motions;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::assign;
use crate::spare::Spare;
use crate::spare::Stack;
use crate::stepper::At;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Snapshot;
use crate::stepper::Stepper;
use crate::stepper::Trace;

/// An event with what it left and what it found.
#[derive(Debug, Clone)]
pub(super) struct Jump<V, P> {
    /// What it was.
    pub cause: Cause,
    /// The step at whose end it took place; `None` at the start.
    pub step: Option<usize>,
    pub t: f64,
    /// When the model is asked for its slope behind it.
    pub behind: f64,
    /// The solve ended there.
    pub ends: bool,
    /// When it takes place has no derivative.
    pub displaced: bool,
    pub before: (V, P),
    pub after: (V, P),
}

/// The record of a solve.
#[derive(Debug, Clone)]
pub(super) struct Tape<V: 'static, P: 'static, T: 'static> {
    pub steps: Spare<Vec<Interval>>,
    pub rows: Spare<Vec<RowOrigin>>,
    pub jumps: Vec<Jump<V, P>>,
    pub motions: Motions,
    /// The state before each step, or some of them.
    pub states: Checkpoints<V>,
    /// What the stepper remembered before each of these steps, for a method that remembers.
    memories: Option<Checkpoints<Snapshot<T>>>,
    /// The same before the step that was asked for last.
    memory: Snapshot<T>,
    /// Which part of the method took each step, up to the last that the first part did not.
    by: Vec<u8>,
    stages: Stages<V, T>,
    /// The parameters at the start. Records are moved about, and parameters may be large: they lie elsewhere.
    p0: Spare<Stack<P>>,
}

/// The slopes of the stages of each step, and what the stages kept for their derivatives, so that the way back need not
/// compute them again.
#[derive(Debug, Clone)]
struct Stages<V: 'static, T: 'static> {
    slopes: Spare<Stack<V>>,
    kept: Spare<Vec<T>>,
    /// How many a step has.
    count: usize,
    /// How many reals the stages of a step keep, all together.
    each: usize,
    /// Of how many steps they are here.
    steps: usize,
    /// How many reals a slope has.
    len: usize,
    /// How many reals there is room for.
    room: usize,
}

/// How many reals of stages may be kept: 128 MiB of doubles.
const ROOM: usize = 1 << 24;

impl<V: Clone + 'static, T: 'static> Stages<V, T> {
    /// Those of step `step`: slopes, and what was kept beside them; nothing where they were not kept.
    #[inline]
    fn of(&self, step: usize) -> (&[V], &[T]) {
        let Self { slopes, kept, count, each, steps, .. } = self;
        if step >= *steps {
            return (&[], &[]);
        }
        (&slopes[step * count..(step + 1) * count], &kept[step * each..(step + 1) * each])
    }
}

impl<V: Clone + 'static, P: Clone + 'static, T: Clone + 'static> Tape<V, P, T> {
    /// A record for states of `len` reals. With `checkpoints` it keeps so many states, and no stages; beside them what
    /// the stepper remembers, if it does.
    pub fn new(checkpoints: Option<usize>, motions: Motions, p: &P, len: usize, remembers: bool) -> Self {
        // With a budget, memory that is left over from other solves would not be within it.
        let states = match checkpoints {
            None => Checkpoints::all_in(Spare::for_vectors::<T>(len)),
            budget => Checkpoints::new(budget),
        };
        let room = if checkpoints.is_none() { ROOM } else { 0 };
        let (slopes, kept) = (Spare::for_vectors::<T>(len), Spare::cleared());
        let stages = Stages { slopes, kept, count: 0, each: 0, steps: 0, len, room };
        let mut p0 = Spare::for_vectors::<T>(0);
        p0.push(p);
        Self {
            steps: Spare::cleared(),
            rows: Spare::cleared(),
            jumps: Vec::new(),
            motions,
            states,
            memories: remembers.then(|| Checkpoints::new(checkpoints)),
            memory: Snapshot::EMPTY,
            by: Vec::new(),
            stages,
            p0,
        }
    }

    /// Keeps a step's time and start.
    #[inline]
    pub fn start(&mut self, taken: &Taken<'_, V, T>) {
        self.states.record(taken.step, taken.u);
        if let Some(memories) = &mut self.memories {
            memories.record(taken.step, taken.before);
        }
        self.steps.push(taken.interval);
    }

    /// How many of the first `count` jumps are events of the solver.
    pub fn events(&self, count: usize) -> usize {
        self.jumps[..count].iter().filter(|jump| jump.cause.is_event()).count()
    }

    /// The parameters after the first `count` jumps.
    pub fn p(&self, count: usize) -> &P {
        parameters(&self.jumps, &self.p0, count)
    }
}

fn parameters<'a, V, P>(jumps: &'a [Jump<V, P>], p0: &'a [P], count: usize) -> &'a P {
    count.checked_sub(1).and_then(|last| jumps.get(last)).map_or(&p0[0], |jump| &jump.after.1)
}

impl<V: Clone + 'static, P: Clone + 'static, T: Real> Tape<V, P, T> {
    /// Writes to `out` the state before step `step`, doing steps again where it was not kept.
    ///
    /// # Errors
    ///
    /// Where a step can't be done again.
    #[inline]
    pub fn state<F: System<T, State = V, Params = P>>(
        &mut self,
        step: usize,
        system: (&F, &Tolerances),
        stepper: &mut dyn Stepper<T, F>,
        next: &mut V,
        out: &mut V,
    ) -> Result<(), Failure>
    where
        V: Vector<T>,
    {
        if self.memories.is_some() || self.states.is_thin() {
            return self.state_again(step, system, stepper, next, out);
        }
        if let Some(state) = self.states.get(step) {
            assign(out, state);
        }
        Ok(())
    }

    /// [`state`](Self::state) where not all is kept, or the stepper remembers.
    #[inline(never)]
    fn state_again<F: System<T, State = V, Params = P>>(
        &mut self,
        step: usize,
        (f, tolerances): (&F, &Tolerances),
        stepper: &mut dyn Stepper<T, F>,
        next: &mut V,
        out: &mut V,
    ) -> Result<(), Failure>
    where
        V: Vector<T>,
    {
        let Self { steps, jumps, states, memories, memory, p0, .. } = self;
        let (mut done, mut begun) = (Ok(()), false);
        // What the stepper remembers before each step from the second on that is done again.
        let (mut first, mut trail) = (0, Vec::new());
        let state = states.rewind(step, |at, state| {
            // Jumps before this step, and those at its end.
            let before = jumps.partition_point(|jump| jump.step.is_none_or(|step| step < at));
            let behind = jumps.partition_point(|jump| jump.step.is_none_or(|step| step <= at));
            let p = parameters(jumps, p0, before);
            if !begun {
                note(&mut done, stepper.begin(f, p, steps[at].from, state, tolerances));
                if let Some(memory) = memories.as_ref().and_then(|memories| memories.get(at)) {
                    stepper.load(memory);
                }
                (first, begun) = (at, true);
            } else if steps[at].begins_anew() {
                note(&mut done, stepper.begin(f, p, steps[at].from, state, tolerances));
            }
            let from = At { f, p, interval: steps[at], u: state };
            note(&mut done, stepper.step(from, tolerances, next));
            stepper.accept();
            std::mem::swap(state, next);
            if behind > before {
                assign(state, &jumps[behind - 1].after.0);
                let p = parameters(jumps, p0, behind);
                note(&mut done, stepper.begin(f, p, steps[at].end, state, tolerances));
            } else if memories.is_some()
                && let Some(following) = steps.get(at + 1).filter(|step| step.begins_anew())
            {
                // What it remembers before that step is what it does after it began there.
                note(&mut done, stepper.begin(f, p, following.from, state, tolerances));
            }
            if memories.is_some() {
                stepper.save(memory);
                trail.push(memory.clone());
            }
        });
        if let Some(state) = state {
            assign(out, state);
        }
        if let Some(memories) = memories
            && let Some(found) = memories.rewind(step, |at, memory| memory.clone_from(&trail[at - first]))
        {
            memory.clone_from(found);
        }
        done
    }

    /// Makes a stepper ready for the step of which [`state`](Self::state) has just found the start, `u`.
    ///
    /// # Errors
    ///
    /// Where a solve can't begin there.
    pub fn ready<F: System<T, State = V, Params = P>>(
        &self,
        step: usize,
        (f, p, tolerances): (&F, &P, &Tolerances),
        stepper: &mut dyn Stepper<T, F>,
        u: &mut V,
    ) -> Result<(), Failure> {
        stepper.begin(f, p, self.steps[step].from, u, tolerances)?;
        if self.memories.is_some() {
            stepper.load(&self.memory);
        }
        Ok(())
    }

    /// Step `step`, of which [`state`](Self::state) has just found the start, `u`, with the parameters after the first `jumps`
    /// jumps; and what is known of it.
    // Returned through memory, it would be read before it is written through.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn at<'a, F: System<T, State = V, Params = P>>(
        &'a self,
        step: usize,
        jumps: usize,
        f: &'a F,
        u: &'a V,
    ) -> (At<'a, T, F>, Trace<'a, V, T>) {
        let (stages, kept) = self.stages.of(step);
        let by = self.by.get(step).copied().unwrap_or(0);
        let before = self.memories.as_ref().map(|_| &self.memory);
        (At { f, p: self.p(jumps), interval: self.steps[step], u }, Trace { stages, kept, by, before })
    }
}

/// Remembers the first failure.
fn note(done: &mut Result<(), Failure>, result: Result<(), Failure>) {
    *done = done.and(result);
}

impl<T: Copy + 'static, V: Clone + 'static, P: Clone + 'static> Observer<T, V, P> for Tape<V, P, T> {
    #[inline]
    fn wants(&self) -> Wants {
        Wants { kept: self.stages.room > 0, snapshots: self.memories.is_some(), inside: false }
    }

    #[inline]
    fn step(&mut self, taken: &Taken<'_, V, T>) {
        let Taken { step, interval, trace, .. } = *taken;
        self.start(taken);
        self.motions.record(step, interval.end);
        if trace.by != 0 {
            self.by.resize(step, 0);
            self.by.push(trace.by);
        }
        let Trace { stages: slopes, kept, .. } = trace;
        let Stages { slopes: all, kept: all_kept, count, each, steps, len, room } = &mut self.stages;
        if step == 0 {
            (*count, *each) = (slopes.len(), kept.len());
        }
        let reals = (*steps + 1) * (*count * *len + *each);
        // Those of a step are all kept or none, none after a step without, and as many each time.
        if *steps == step && (slopes.len(), kept.len()) == (*count, *each) && reals <= *room {
            all.extend_from_slice(slopes);
            all_kept.extend_from_slice(kept);
            *steps += 1;
        }
    }

    #[inline]
    fn save(&mut self, _: usize, origin: RowOrigin) {
        self.rows.push(origin);
    }

    fn event(&mut self, record: EventRecord<'_, V, P>) {
        let EventRecord { cause, step, t, behind, ends, displaced, before, after } = record;
        let before = (before.0.clone(), before.1.clone());
        let after = (after.0.clone(), after.1.clone());
        self.jumps.push(Jump { cause, step, t, behind, ends, displaced, before, after });
    }
}
