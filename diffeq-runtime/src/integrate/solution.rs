//! What a solve leaves behind.

use crate::error::Error;
use crate::integrate::Dense;
use crate::integrate::Evidence;
use crate::integrate::Stats;
use crate::integrate::named::component;
use crate::integrate::refuse::refuse;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;

/// An event that took place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Occurrence {
    /// Which event, from zero, in the order in which they were added to the solver.
    pub event: usize,
    /// When.
    pub t: f64,
}

/// The saved times and states, row by row, the state at the end, and what it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution<V, T> {
    pub(super) times: Vec<f64>,
    /// The rows, one after the other.
    pub(super) values: Vec<T>,
    pub(super) width: usize,
    /// Which components the rows hold, if not all.
    pub(super) idxs: Option<Vec<usize>>,
    pub(super) end: V,
    pub(super) end_time: f64,
    pub(super) dense: Option<Dense<T>>,
    pub(super) occurrences: Vec<Occurrence>,
    pub(super) stats: Stats,
    /// What its steps say about the derivatives that its numbers carry.
    pub(super) evidence: Option<Evidence>,
    pub(super) model: &'static str,
    pub(super) method: &'static str,
    pub(super) names: Vec<String>,
}

impl<V: Vector<T>, T: Real> Solution<V, T> {
    /// Over dual numbers: the largest error that a step added to a derivative, relative to the largest value of that
    /// derivative; an estimate. Of a delayed equation what the errors of all steps come to, with their signs, as errors of the past
    /// drive what comes later. `None` where nothing estimates it, see
    /// [`derivative_tolerance`](crate::integrate::Solver::derivative_tolerance).
    pub fn derivative_error(&self) -> Option<f64> {
        self.evidence.as_ref().and_then(Evidence::estimate)
    }

    /// The saved times.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// How many times are saved.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether no time is saved.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// All saved reals, row after row; a row has [`width`](Self::width) reals.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// How many components a row has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The components saved at time number `i`: all of the state, or those of `save_idxs`.
    ///
    /// # Panics
    ///
    /// Where there is no such row, as a slice does.
    pub fn row(&self, i: usize) -> &[T] {
        &self.values[i * self.width..(i + 1) * self.width]
    }

    /// Which components of the state a row has, in order.
    pub fn saved(&self) -> Vec<usize> {
        self.idxs.clone().unwrap_or_else(|| (0..self.width).collect())
    }

    /// The rows in order of time.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[T]> {
        (0..self.len()).map(|i| self.row(i))
    }

    /// Whether rows are states: `save_idxs` leaves nothing out, and changes no order.
    #[cfg(feature = "dfdx")]
    pub(crate) fn has_whole_rows(&self) -> bool {
        self.idxs.as_ref().is_none_or(|idxs| idxs.iter().copied().eq(0..self.end.as_slice().len()))
    }

    /// The saved states with their times; components that `save_idxs` left out are NaN.
    pub fn iter(&self) -> Rows<'_, V, T> {
        Rows { solution: self, next: 0 }
    }

    /// The state saved at time number `i`; components that `save_idxs` left out are NaN.
    ///
    /// # Panics
    ///
    /// Where there is no such row, as a slice does.
    pub fn state(&self, i: usize) -> V {
        let mut state = self.end.clone();
        match &self.idxs {
            None => state.as_mut_slice().copy_from_slice(self.row(i)),
            Some(idxs) => {
                state.as_mut_slice().fill(T::lit(f64::NAN));
                for (i, value) in idxs.iter().zip(self.row(i)) {
                    state.as_mut_slice()[*i] = *value;
                }
            }
        }
        state
    }

    /// The saved states.
    pub fn states(&self) -> impl ExactSizeIterator<Item = V> {
        (0..self.len()).map(|i| self.state(i))
    }

    /// Component `i` of the state over the saved times.
    ///
    /// # Errors
    ///
    /// Where the state has no such component, or `save_idxs` left it out.
    pub fn component(&self, i: usize) -> Result<Vec<T>, Error> {
        let column = match &self.idxs {
            None => (i < self.width).then_some(i),
            Some(idxs) => idxs.iter().position(|saved| *saved == i),
        };
        match column {
            Some(column) => Ok(self.rows().map(|row| row[column]).collect()),
            None => Err(Error::NotKept {
                what: component("u", &self.names, i),
                hint: "components count from zero; `save_idxs` must name it, or be left out",
            }),
        }
    }

    /// The state at the end of the solve, whatever is saved.
    pub fn end(&self) -> &V {
        &self.end
    }

    /// Where the solve ended: the span's end, or the time of the event or callback that ended it.
    pub fn end_time(&self) -> f64 {
        self.end_time
    }

    /// The state at any time of the span, to the order of the method's interpolant; just before an event there.
    ///
    /// # Errors
    ///
    /// Without `dense(true)`, and for times that the solve did not come to.
    pub fn at(&self, t: f64) -> Result<V, Error> {
        let Some(dense) = &self.dense else {
            let hint = "ask the solver for `.dense(true)`, or `save_at` the times";
            return Err(Error::NotKept { what: format!("its value at t = {t}"), hint });
        };
        let mut state = self.end.clone();
        dense.evaluate(t, state.as_mut_slice())?;
        Ok(state)
    }

    /// The events that took place, in order of time.
    pub fn events(&self) -> &[Occurrence] {
        &self.occurrences
    }

    /// What the solve cost.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// The model's name.
    pub fn model(&self) -> &'static str {
        self.model
    }

    /// The method's name.
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// The names of the saved components, `u[i]` where the model knows none.
    pub fn names(&self) -> Vec<String> {
        let name = |i: usize| self.names.get(i).cloned().unwrap_or_else(|| format!("u[{i}]"));
        match &self.idxs {
            None => (0..self.width).map(name).collect(),
            Some(idxs) => idxs.iter().map(|i| name(*i)).collect(),
        }
    }

    /// The number of a saved time.
    ///
    /// # Errors
    ///
    /// Where the time is not one of the saved ones, to the bit.
    pub fn index_of(&self, t: f64) -> Result<usize, Error> {
        let found = self.times.iter().position(|saved| *saved == t);
        found.ok_or_else(|| refuse("t", format!("= {t} is not a saved time"), "name it in `save_at`"))
    }
}

/// The saved times and states, in order: `for (t, u) in &solution`.
impl<'a, V: Vector<T>, T: Real> IntoIterator for &'a Solution<V, T> {
    type Item = (f64, V);
    type IntoIter = Rows<'a, V, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The saved times and states, in order.
#[derive(Debug, Clone)]
pub struct Rows<'a, V, T> {
    solution: &'a Solution<V, T>,
    next: usize,
}

impl<V: Vector<T>, T: Real> Iterator for Rows<'_, V, T> {
    type Item = (f64, V);

    fn next(&mut self) -> Option<Self::Item> {
        let t = *self.solution.times.get(self.next)?;
        self.next += 1;
        Some((t, self.solution.state(self.next - 1)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let rest = self.solution.len() - self.next;
        (rest, Some(rest))
    }
}

impl<V: Vector<T>, T: Real> ExactSizeIterator for Rows<'_, V, T> {}

impl<V, T: Real> Solution<V, T> {
    /// The same solution over another scalar; `end` is the state at its end.
    pub(crate) fn over<W, U>(self, end: W, value: impl Fn(T) -> U) -> Solution<W, U> {
        let Self {
            times,
            values,
            width,
            idxs,
            end_time,
            dense,
            occurrences,
            stats,
            evidence,
            model,
            method,
            names,
            ..
        } = self;
        let values = values.into_iter().map(&value).collect();
        let dense = dense.map(|dense| dense.over(value));
        Solution {
            times,
            values,
            width,
            idxs,
            end,
            end_time,
            dense,
            occurrences,
            stats,
            evidence,
            model,
            method,
            names,
        }
    }
}

impl<V, T: Real> Solution<V, T> {
    /// The solution of another model whose state is the first part of this one's: the components `idxs` of each row, or
    /// as many as `end` has. Without dense output.
    pub(crate) fn part<F: System<T>>(self, end: F::State, idxs: Option<Vec<usize>>) -> Solution<F::State, T> {
        let columns = idxs.clone().unwrap_or_else(|| (0..end.as_slice().len()).collect());
        let rows = self.values.chunks_exact(self.width.max(1));
        let values = rows.flat_map(|row| columns.iter().map(|i| row[*i])).collect();
        Solution {
            times: self.times,
            values,
            width: columns.len(),
            idxs,
            end,
            end_time: self.end_time,
            dense: None,
            occurrences: self.occurrences,
            stats: self.stats,
            evidence: self.evidence,
            model: F::NAME,
            method: self.method,
            names: F::state_names(),
        }
    }
}

impl<V: Vector<T>, T: Real> std::fmt::Display for Solution<V, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { model, method, end_time, stats, .. } = self;
        writeln!(f, "{model} by {method} to t = {end_time}: {stats}")?;
        write!(f, "{:>14}", "t")?;
        for name in self.names() {
            write!(f, " {name:>16}")?;
        }
        // Long solutions show their start and their end.
        const SHOWN: usize = 10;
        for (i, (t, row)) in self.times.iter().zip(self.rows()).enumerate() {
            if self.len() > 2 * SHOWN && i == SHOWN {
                write!(f, "\n{:>14}", "...")?;
            }
            if i < SHOWN || i + SHOWN >= self.len() {
                write!(f, "\n{t:>14.8}")?;
                for value in row {
                    write!(f, " {:>16.9e}", value.value())?;
                }
            }
        }
        Ok(())
    }
}
