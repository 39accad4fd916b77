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
pub(super) struct Tape<V, P> {
    pub steps: Vec<Interval>,
    pub rows: Vec<Place>,
    pub jumps: Vec<Jump<V, P>>,
    pub motions: Motions,
    /// The state before each step, or some of them.
    pub states: Checkpoints<V>,
    slopes: Slopes<V>,
    /// The parameters at the start.
    pub p0: P,
}

/// The slopes of the stages of each step, so that the way back need not compute them again.
#[derive(Debug, Clone)]
struct Slopes<V> {
    kept: Vec<V>,
    /// How many a step has.
    stages: usize,
    /// How many may be kept.
    room: usize,
}

/// How many reals may be kept as slopes: 128 MiB of doubles.
const ROOM: usize = 1 << 24;

impl<V: Clone, P: Clone> Tape<V, P> {
    /// A record for states of `len` reals. With `checkpoints` it keeps so many states, and no slopes.
    pub fn new(checkpoints: Option<usize>, motions: Motions, p0: P, len: usize) -> Self {
        let states = Checkpoints::new(checkpoints);
        let room = if checkpoints.is_none() { ROOM / len.max(1) } else { 0 };
        let slopes = Slopes { kept: Vec::new(), stages: 0, room };
        Self { steps: Vec::new(), rows: Vec::new(), jumps: Vec::new(), motions, states, slopes, p0 }
    }

    /// The slopes of the stages of a step; none where they were not kept.
    #[inline]
    fn slopes(&self, step: usize) -> &[V] {
        let Slopes { kept, stages, .. } = &self.slopes;
        kept.get(step * stages..(step + 1) * stages).unwrap_or_default()
    }

    /// The parameters behind the first `count` jumps.
    pub fn p(&self, count: usize) -> &P {
        parameters(&self.jumps, &self.p0, count)
    }
}

fn parameters<'a, V, P>(jumps: &'a [Jump<V, P>], p0: &'a P, count: usize) -> &'a P {
    count.checked_sub(1).and_then(|last| jumps.get(last)).map_or(p0, |jump| &jump.after.1)
}

impl<V: Clone, P: Clone> Tape<V, P> {
    /// Writes to `out` the state before step `step`, doing steps again where it was not kept.
    pub fn state<T: Real, F: Rhs<T, State = V, Params = P>>(
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
    pub fn at<'a, T: Real, F: Rhs<T, State = V, Params = P>>(
        &'a self,
        step: usize,
        jumps: usize,
        f: &'a F,
        u: &'a V,
    ) -> At<'a, T, F> {
        At { f, p: self.p(jumps), interval: self.steps[step], u, known: self.slopes(step) }
    }
}

impl<T, V: Clone, P: Clone> Observer<T, V, P> for Tape<V, P> {
    #[inline]
    fn step(&mut self, step: usize, interval: Interval, u: &V, _: &V) {
        self.states.record(step, u);
        self.motions.record(step, interval.end);
        self.steps.push(interval);
    }

    #[inline]
    fn slopes(&mut self, slopes: &[V]) {
        let Slopes { kept, stages, room } = &mut self.slopes;
        // Those of a step are all kept or none, and none behind a step without.
        if kept.len() == *stages * (self.steps.len() - 1) && kept.len() + slopes.len() <= *room {
            *stages = slopes.len();
            kept.extend_from_slice(slopes);
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
