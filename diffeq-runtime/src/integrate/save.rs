//! The saving.

use crate::error::Error;
use crate::integrate::Inside;
use crate::integrate::Integrator;
use crate::integrate::Observer;
use crate::integrate::Options;
use crate::integrate::RowOrigin;
use crate::integrate::Solution;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;
use crate::stepper::Method;

/// Writes to the solution what the options ask for, step after step.
pub(super) struct Saver {
    times: Vec<f64>,
    next: usize,
    /// The time of the row that is saved next; no number where every step is one.
    due: f64,
    start: bool,
    every_step: bool,
    idxs: Option<Vec<usize>>,
}

impl Saver {
    pub fn new(options: &Options, span: (f64, f64)) -> Result<Self, Error> {
        let mut times = match &options.save_at {
            Some(grid) => grid.times(span)?,
            None => Vec::new(),
        };
        let every_step = options.save_every_step.unwrap_or(options.save_at.is_none());
        let on_grid = times.first() == Some(&span.0);
        let start = options.save_start.unwrap_or(every_step || on_grid);
        // The start is saved once, and not as a point of the grid.
        let duplicates = times.iter().take_while(|t| **t == span.0).count();
        times.drain(..duplicates.min(if start { 1 } else { usize::MAX }));
        let mut saver =
            Self { times, next: 0, due: f64::NAN, start, every_step, idxs: options.save_idxs.clone() };
        saver.aim(span.1 - span.0);
        Ok(saver)
    }

    /// How many rows are sure to come.
    pub fn rows(&self) -> usize {
        self.times.len() + usize::from(self.start)
    }

    /// How many components are kept of a state with `n`.
    pub fn width(&self, n: usize) -> usize {
        self.idxs.as_ref().map_or(n, Vec::len)
    }

    /// The row of the start.
    pub fn begin<T: Real, V: Vector<T>, P, O: Observer<T, V, P> + ?Sized>(
        &self,
        t: f64,
        u: &V,
        solution: &mut Solution<V, T>,
        observer: &mut O,
    ) {
        if self.start {
            self.row(t, u, RowOrigin::Start, solution, observer);
        }
    }

    /// Whether the end of every step is saved.
    pub fn saves_all(&self) -> bool {
        self.every_step
    }

    /// The time of the row that is saved next.
    pub fn due(&self) -> f64 {
        self.due
    }

    /// Finds what is saved next, where time runs in this direction.
    fn aim(&mut self, direction: f64) {
        let never = f64::INFINITY.copysign(direction);
        self.due = if self.every_step { f64::NAN } else { self.times.get(self.next).map_or(never, |t| *t) };
    }

    /// The rows inside the step just taken and at its end.
    #[inline]
    pub fn step<T: Real, F: System<T>, M: Method<T, F>, O: Observer<T, F::State, F::Params> + ?Sized>(
        &mut self,
        integrator: &mut Integrator<'_, T, F, M>,
        solution: &mut Solution<F::State, T>,
        observer: &mut O,
    ) {
        let interval = integrator.interval();
        let is_before = interval.behind(interval.end, self.due) < 0.0;
        if !is_before {
            self.rows_of_step(integrator, solution, observer);
            self.aim(interval.h);
        }
    }

    fn rows_of_step<T: Real, F: System<T>, M: Method<T, F>, O: Observer<T, F::State, F::Params> + ?Sized>(
        &mut self,
        integrator: &mut Integrator<'_, T, F, M>,
        solution: &mut Solution<F::State, T>,
        observer: &mut O,
    ) {
        let (step, interval) = (integrator.step_index(), integrator.interval());
        let mut end_is_saved = false;
        while let Some(&t) = self.times.get(self.next)
            && interval.behind(interval.end, t) >= 0.0
        {
            if t == interval.end {
                self.row(t, integrator.next(), RowOrigin::End { step }, solution, observer);
                end_is_saved = true;
            } else {
                let theta = interval.theta(t);
                self.row(t, integrator.state(theta), RowOrigin::Inside { step, theta }, solution, observer);
            }
            self.next += 1;
        }
        if self.every_step && !end_is_saved {
            self.row(interval.end, integrator.next(), RowOrigin::End { step }, solution, observer);
        }
    }

    /// The row after an event, where every step is saved.
    pub fn event<T: Real, V: Vector<T>, P, O: Observer<T, V, P> + ?Sized>(
        &self,
        t: f64,
        step: usize,
        u: &V,
        solution: &mut Solution<V, T>,
        observer: &mut O,
    ) {
        if self.every_step {
            self.row(t, u, RowOrigin::AfterEvent { step }, solution, observer);
        }
    }

    #[inline]
    fn row<T: Real, V: Vector<T>, P, O: Observer<T, V, P> + ?Sized>(
        &self,
        t: f64,
        u: &V,
        origin: RowOrigin,
        solution: &mut Solution<V, T>,
        observer: &mut O,
    ) {
        observer.save(solution.times.len(), origin);
        solution.times.push(t);
        match &self.idxs {
            None => solution.values.extend_from_slice(u.as_slice()),
            Some(idxs) => {
                for &i in idxs {
                    solution.values.push(u.as_slice()[i]);
                }
            }
        }
    }
}
