//! What a reverse sweep needs to know of a solve.

use crate::checkpoint::Checkpoints;
use crate::integrate::EventRecord;
use crate::integrate::Observer;
use crate::integrate::Place;
use crate::problem::Rhs;
use crate::real::Real;
use crate::sensitivity::motion::Motions;
use crate::sensitivity::step::At;
use crate::space::Vector;
use crate::space::assign;
use crate::spare::Spare;
use crate::spare::Stack;
use crate::stepper::Interval;
use crate::stepper::Stepper;

/// An event with what it left and what it found.
#[derive(Debug, Clone)]
pub(super) struct Jump<V, P> {
    /// Which event of the solver.
    pub event: usize,
    /// The step at whose end it took place; `None` at the start.
    pub step: Option<usize>,
    pub t: f64,
    /// The solve ended there.
    pub ends: bool,
    pub before: (V, P),
    pub after: (V, P),
}

/// The record of a solve.
#[derive(Debug, Clone)]
pub(super) struct Tape<V: 'static, P, T: 'static> {
    pub steps: Vec<Interval>,
    pub rows: Vec<Place>,
    pub jumps: Vec<Jump<V, P>>,
    pub motions: Motions,
    /// The state before each step, or some of them.
    pub states: Checkpoints<V>,
    stages: Stages<V, T>,
    /// The parameters at the start.
    pub p0: P,
}

/// The slopes of the stages of each step, and what the stages kept for their derivatives, so that the way back need not
/// compute them again.
#[derive(Debug, Clone)]
struct Stages<V: 'static, T: 'static> {
    slopes: Spare<Stack<V>>,
    kept: Spare<Vec<T>>,
    /// How many a step has.
    count: usize,
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
        let all: &[V] = &self.slopes;
        let Some(slopes) = all.get(step * self.count..(step + 1) * self.count) else { return (&[], &[]) };
        let each = self.kept.len() * self.count / all.len().max(1);
        (slopes, &self.kept[step * each..(step + 1) * each])
    }
}

impl<V: Clone + 'static, P: Clone, T: 'static> Tape<V, P, T> {
    /// A record for states of `len` reals. With `checkpoints` it keeps so many states, and no stages.
    pub fn new(checkpoints: Option<usize>, motions: Motions, p0: P, len: usize) -> Self {
        // With a budget, memory that is left over from other solves would not be within it.
        let states = match checkpoints {
            None => Checkpoints::all_in(Spare::for_vectors::<T>(len)),
            budget => Checkpoints::new(budget),
        };
        let room = if checkpoints.is_none() { ROOM } else { 0 };
        let (slopes, mut kept) = (Spare::for_vectors::<T>(len), Spare::<Vec<T>>::take());
        kept.clear();
        let stages = Stages { slopes, kept, count: 0, len, room };
        Self { steps: Vec::new(), rows: Vec::new(), jumps: Vec::new(), motions, states, stages, p0 }
    }

    /// The parameters behind the first `count` jumps.
    pub fn p(&self, count: usize) -> &P {
        parameters(&self.jumps, &self.p0, count)
    }
}

fn parameters<'a, V, P>(jumps: &'a [Jump<V, P>], p0: &'a P, count: usize) -> &'a P {
    count.checked_sub(1).and_then(|last| jumps.get(last)).map_or(p0, |jump| &jump.after.1)
}

impl<V: Clone + 'static, P: Clone, T: Real> Tape<V, P, T> {
    /// Writes to `out` the state before step `step`, doing steps again where it was not kept.
    pub fn state<F: Rhs<T, State = V, Params = P>>(
        &mut self,
        step: usize,
        f: &F,
        stepper: &mut impl Stepper<T, F>,
        next: &mut V,
        out: &mut V,
    ) where
        V: Vector<T>,
    {
        let Self { steps, jumps, states, p0, .. } = self;
        let mut last = None;
        let state = states.rewind(step, |at, state| {
            // Jumps before this step, and those at its end.
            let before = jumps.partition_point(|jump| jump.step.is_none_or(|step| step < at));
            let behind = jumps.partition_point(|jump| jump.step.is_none_or(|step| step <= at));
            if last.is_none_or(|last| last + 1 != at) {
                stepper.restart();
            }
            stepper.step(f, parameters(jumps, p0, before), steps[at], state, next);
            stepper.accept();
            std::mem::swap(state, next);
            last = Some(at);
            if behind > before {
                assign(state, &jumps[behind - 1].after.0);
                last = None;
            }
        });
        if let Some(state) = state {
            assign(out, state);
        }
    }

    /// Step `step` from `u`, with the parameters behind the first `jumps` jumps.
    pub fn at<'a, F: Rhs<T, State = V, Params = P>>(
        &'a self,
        step: usize,
        jumps: usize,
        f: &'a F,
        u: &'a V,
    ) -> At<'a, T, F> {
        let (known, kept) = self.stages.of(step);
        At { f, p: self.p(jumps), interval: self.steps[step], u, known, kept }
    }
}

impl<T: Copy + 'static, V: Clone + 'static, P: Clone> Observer<T, V, P> for Tape<V, P, T> {
    #[inline]
    fn step(&mut self, step: usize, interval: Interval, u: &V, _: &V) {
        self.states.record(step, u);
        self.motions.record(step, interval.end);
        self.steps.push(interval);
    }

    #[inline]
    fn keeps(&self) -> bool {
        self.stages.room > 0
    }

    #[inline]
    fn slopes(&mut self, slopes: &[V], kept: &[T]) {
        let Stages { slopes: all, kept: all_kept, count, len, room } = &mut self.stages;
        let found = all.len();
        let reals = found * *len + all_kept.len();
        let more = slopes.len() * *len + kept.len();
        // Those of a step are all kept or none, and none behind a step without.
        if found == *count * (self.steps.len() - 1) && reals + more <= *room {
            *count = slopes.len();
            slopes.iter().for_each(|slope| all.push(slope));
            all_kept.extend_from_slice(kept);
        }
    }

    #[inline]
    fn save(&mut self, _: usize, place: Place) {
        self.rows.push(place);
    }

    fn event(&mut self, record: EventRecord<'_, V, P>) {
        let EventRecord { event, step, t, ends, before, after } = record;
        let before = (before.0.clone(), before.1.clone());
        let after = (after.0.clone(), after.1.clone());
        self.jumps.push(Jump { event, step, t, ends, before, after });
    }
}
