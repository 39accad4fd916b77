//! The derivatives of a loss by a solution.

use crate::error::Error;
use crate::real::Real;
use crate::space::Vector;

/// The derivatives of a loss by what a solve returned: saved states, the state at the end, the times of events.
///
/// Made from the saved states' alone by `(&cotangents).into()`, one state for each saved time.
#[derive(Debug, Clone)]
pub struct Cotangents<'a, V, T> {
    rows: Rows<'a, V, T>,
    pub(super) end: Option<&'a V>,
    event_times: &'a [T],
}

#[derive(Debug, Clone)]
enum Rows<'a, V, T> {
    None,
    /// One state for each saved time; components that `save_idxs` left out are not looked at.
    States(&'a [V]),
    /// Laid out as `Solution::values`.
    Values(&'a [T]),
}

impl<'a, V: Vector<T>, T: Real> Cotangents<'a, V, T> {
    /// One state for each saved time; components that `save_idxs` left out are not looked at.
    pub fn states(states: &'a [V]) -> Self {
        Self { rows: Rows::States(states), end: None, event_times: &[] }
    }

    /// The derivatives by [`Solution::values`](crate::integrate::Solution::values), in the same order.
    pub fn values(values: &'a [T]) -> Self {
        Self { rows: Rows::Values(values), end: None, event_times: &[] }
    }

    /// The derivatives by [`Solution::end`](crate::integrate::Solution::end), whatever is saved.
    pub fn end(end: &'a V) -> Self {
        Self { rows: Rows::None, end: Some(end), event_times: &[] }
    }

    /// Those by the state at the end as well.
    pub fn and_end(self, end: &'a V) -> Self {
        Self { end: Some(end), ..self }
    }

    /// Those by the times of the events that took place as well: one for each of
    /// [`Solution::events`](crate::integrate::Solution::events).
    pub fn and_event_times(self, event_times: &'a [T]) -> Self {
        Self { event_times, ..self }
    }

    /// Refuses cotangents that do not fit a solution with `rows` rows of `width` components, states of length `n` and
    /// `events` events.
    pub(super) fn check(&self, rows: usize, width: usize, n: usize, events: usize) -> Result<(), Error> {
        let equal = |what, expected, found| {
            if expected == found { Ok(()) } else { Err(Error::Shape { what, expected, found }) }
        };
        let length = |state: &V| equal("components in a cotangent", n, state.as_slice().len());
        match self.rows {
            Rows::None => {}
            Rows::States(states) => {
                equal("cotangents of saved states", rows, states.len())?;
                states.iter().try_for_each(length)?;
            }
            Rows::Values(values) => equal("cotangents of saved values", rows * width, values.len())?,
        }
        if let Some(end) = self.end {
            length(end)?;
        }
        if !self.event_times.is_empty() {
            equal("cotangents of event times", events, self.event_times.len())?;
        }
        Ok(())
    }

    /// Writes the cotangent of a row to `out`.
    #[inline]
    pub(super) fn row(&self, row: usize, idxs: Option<&[usize]>, out: &mut V) {
        let out = out.as_mut_slice();
        match (&self.rows, idxs) {
            (Rows::None, _) => out.fill(T::ZERO),
            (Rows::States(states), None) => out.copy_from_slice(states[row].as_slice()),
            (Rows::States(states), Some(idxs)) => {
                out.fill(T::ZERO);
                for &i in idxs {
                    out[i] = states[row].as_slice()[i];
                }
            }
            (Rows::Values(values), None) => {
                out.copy_from_slice(&values[row * out.len()..(row + 1) * out.len()])
            }
            (Rows::Values(values), Some(idxs)) => {
                out.fill(T::ZERO);
                for (&i, value) in idxs.iter().zip(&values[row * idxs.len()..]) {
                    out[i] += *value;
                }
            }
        }
    }

    /// The cotangent of the time of an event.
    pub(super) fn event_time(&self, event: usize) -> T {
        self.event_times.get(event).copied().unwrap_or(T::ZERO)
    }
}

impl<'a, V: Vector<T>, T: Real> From<&'a [V]> for Cotangents<'a, V, T> {
    fn from(states: &'a [V]) -> Self {
        Self::states(states)
    }
}

impl<'a, V: Vector<T>, T: Real> From<&'a Vec<V>> for Cotangents<'a, V, T> {
    fn from(states: &'a Vec<V>) -> Self {
        Self::states(states)
    }
}

impl<'a, V: Vector<T>, T: Real, const N: usize> From<&'a [V; N]> for Cotangents<'a, V, T> {
    fn from(states: &'a [V; N]) -> Self {
        Self::states(states)
    }
}
