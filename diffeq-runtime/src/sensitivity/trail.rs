//! A running cost beside the steps of a discrete adjoint: where it was looked at, and what that adds to cotangents.
//!
//! The cost of a step is a sum over nodes inside it, of states that the interpolant gives. Such a sum is as good as a loss of
//! rows at these nodes, whose cotangents are the gradients of the cost times its weights: so the gradient is the derivative of
//! the very numbers that were added up. Which nodes is decided by the cost and its gradient together: where a cost rests, its
//! gradient may not.

use crate::integrate::EventRecord;
use crate::integrate::Inside;
use crate::integrate::Observer;
use crate::integrate::RowOrigin;
use crate::integrate::Taken;
use crate::integrate::Wants;
use crate::problem::Rhs;
use crate::real::Real;
use crate::sensitivity::RunningCost;
use crate::sensitivity::continuous::Sums;
use crate::sensitivity::continuous::integrate;
use crate::sensitivity::continuous::nodes;
use crate::sensitivity::tape::Tape;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::add_scaled;
use crate::space::assign_zero;

/// What a running cost adds, step by step.
#[derive(Debug, Clone)]
pub(super) struct Trail<V, P, T> {
    /// How far inside each node is, and the cotangent of the state there.
    nodes: Vec<(f64, V)>,
    /// The first node of each step, and of the one to come.
    first: Vec<usize>,
    /// The cotangents of the start and of the length of each step.
    times: Vec<[T; 2]>,
    /// Those of the parameters, between one event and the next.
    params: Vec<P>,
    /// What the cost per time loses at each event.
    falls: Vec<T>,
    /// The cost.
    pub total: T,
}

impl<V, P: Vector<T>, T: Real> Trail<V, P, T> {
    fn new(p: &P) -> Self {
        let (nodes, times, falls) = (Vec::new(), Vec::new(), Vec::new());
        Self { nodes, first: vec![0], times, params: vec![p.zeros_like()], falls, total: T::ZERO }
    }

    /// The nodes of step `n`, with the cotangents of the states there.
    pub fn nodes(&self, n: usize) -> &[(f64, V)] {
        &self.nodes[self.first[n]..self.first[n + 1]]
    }

    /// The cotangents of the start and of the length of step `n`.
    pub fn times(&self, n: usize) -> [T; 2] {
        self.times[n]
    }

    /// The cotangent of the parameters between the first `jumps` events and the next.
    pub fn params(&self, jumps: usize) -> &P {
        &self.params[jumps]
    }

    /// What the cost per time loses at an event.
    pub fn fall(&self, jump: usize) -> T {
        self.falls[jump]
    }
}

/// Writes a tape, and a trail beside it if there is a cost.
pub(super) struct WithTrail<'a, F: Rhs<T>, T: Real, C> {
    pub tape: &'a mut Tape<F::State, F::Params, T>,
    pub trail: Option<Trail<F::State, F::Params, T>>,
    cost: &'a C,
    /// The order of the method that solves, and its tolerances.
    order: usize,
    tolerances: &'a Tolerances,
    /// Memory, if there is a cost.
    #[allow(clippy::type_complexity)] // Memory of three shapes.
    room: Option<Box<Room<F::State, F::Params, T>>>,
}

/// Memory for the sums over a step.
struct Room<V, P, T> {
    sums: Sums<Vec<T>>,
    /// The integrals of the cost and of its gradient by parameters and state.
    sum: Vec<T>,
    u_bar: V,
    p_bar: P,
    work: Workspace<T>,
}

impl<'a, F: Rhs<T>, T: Real, C: RunningCost<T, F>> WithTrail<'a, F, T, C> {
    pub fn new(
        tape: &'a mut Tape<F::State, F::Params, T>,
        cost: &'a C,
        (u, p): (&F::State, &F::Params),
        (order, tolerances): (usize, &'a Tolerances),
    ) -> Self {
        Self {
            tape,
            trail: (!C::IS_NONE).then(|| Trail::new(p)),
            cost,
            order,
            tolerances,
            room: (!C::IS_NONE).then(|| {
                Box::new(Room {
                    sums: Sums::default(),
                    sum: vec![T::ZERO; 1 + p.as_slice().len() + u.as_slice().len()],
                    u_bar: u.zeros_like(),
                    p_bar: p.zeros_like(),
                    work: Workspace::new(),
                })
            }),
        }
    }
}

impl<F, T, C> Observer<T, F::State, F::Params> for WithTrail<'_, F, T, C>
where
    F: Rhs<T>,
    T: Real,
    C: RunningCost<T, F>,
{
    #[inline]
    fn wants(&self) -> Wants {
        Wants { inside: !C::IS_NONE, ..Observer::<T, F::State, F::Params>::wants(self.tape) }
    }

    #[inline]
    fn step(&mut self, taken: &Taken<'_, F::State, T>) {
        self.tape.step(taken);
    }

    fn inside(&mut self, step: &mut dyn Inside<T, F::State>) {
        let Self { tape, trail, cost, order, tolerances, room } = self;
        let (Some(trail), Some(room)) = (trail, room) else { return };
        let Room { sums, sum, u_bar, p_bar, work } = &mut **room;
        let (interval, p) = (step.interval(), tape.p(tape.jumps.len()));
        let mut look = |theta: f64, weight: f64| {
            let (t, mut t_bar) = (T::lit(interval.t + theta * interval.h), T::ZERO);
            assign_zero(u_bar);
            assign_zero(p_bar);
            let u = step.state(theta);
            let value = cost.value(u, p, t);
            cost.pull(T::lit(weight), u, p, t, (&mut *u_bar, &mut *p_bar, &mut t_bar), work);
            (value, t_bar, u_bar.clone(), p_bar.clone())
        };
        let mut integrand = |theta: f64, factor: f64, sum: &mut Vec<T>| {
            let (value, _, u_bar, p_bar) = look(theta, factor);
            sum[0] += value.scale(factor);
            let gradient = p_bar.as_slice().iter().chain(u_bar.as_slice());
            sum[1..].iter_mut().zip(gradient).for_each(|(sum, x)| *sum += *x);
        };
        integrate(interval.h, *order, &mut integrand, sum, tolerances, sums);
        let mut times = [T::ZERO; 2];
        for (theta, weight) in nodes(*order, sums) {
            let (value, t_bar, u_bar, p_bar) = look(theta, weight * interval.h);
            trail.total += value.scale(weight * interval.h);
            times[0] += t_bar;
            times[1] += t_bar.scale(theta) + value.scale(weight);
            trail.nodes.push((theta, u_bar));
            if let Some(params) = trail.params.last_mut() {
                add_scaled(params, 1.0, &p_bar);
            }
        }
        trail.first.push(trail.nodes.len());
        trail.times.push(times);
    }

    #[inline]
    fn save(&mut self, row: usize, origin: RowOrigin) {
        Observer::<T, F::State, F::Params>::save(self.tape, row, origin);
    }

    fn event(&mut self, record: EventRecord<'_, F::State, F::Params>) {
        if let Some(trail) = &mut self.trail {
            let (t, (before, after)) = (T::lit(record.t), (record.before, record.after));
            let mut fall = self.cost.value(before.0, before.1, t);
            if !record.ends {
                fall += -self.cost.value(after.0, after.1, t);
            }
            trail.falls.push(fall);
            trail.params.push(after.1.zeros_like());
        }
        self.tape.event(record);
    }
}
