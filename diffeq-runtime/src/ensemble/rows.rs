//! What statistics are made of: rows of numbers at the same times for all trajectories.

use crate::error::Error;
use crate::integrate::Solution;
use crate::space::Vector;

/// Rows of numbers at times. A state alone is one row, without a time.
pub trait Rows {
    /// The time of each row; none for a row without one.
    fn times(&self) -> &[f64];
    /// The numbers, row after row.
    fn numbers(&self) -> &[f64];
}

impl<V: Vector<f64>> Rows for Solution<V, f64> {
    fn times(&self) -> &[f64] {
        Solution::times(self)
    }
    fn numbers(&self) -> &[f64] {
        self.values()
    }
}

/// Times, and rows of numbers at them, row after row.
impl Rows for (Vec<f64>, Vec<f64>) {
    fn times(&self) -> &[f64] {
        &self.0
    }
    fn numbers(&self) -> &[f64] {
        &self.1
    }
}

impl Rows for f64 {
    fn times(&self) -> &[f64] {
        &[]
    }
    fn numbers(&self) -> &[f64] {
        std::slice::from_ref(self)
    }
}

impl Rows for Vec<f64> {
    fn times(&self) -> &[f64] {
        &[]
    }
    fn numbers(&self) -> &[f64] {
        self
    }
}

impl<const N: usize> Rows for [f64; N] {
    fn times(&self) -> &[f64] {
        &[]
    }
    fn numbers(&self) -> &[f64] {
        self
    }
}

/// The times and the width that all trajectories share.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    pub(super) times: Vec<f64>,
    pub(super) len: usize,
}

impl Frame {
    pub(super) fn of(rows: &impl Rows) -> Self {
        Self { times: rows.times().to_vec(), len: rows.numbers().len() }
    }

    /// How many numbers a row has.
    pub(super) fn width(&self) -> usize {
        self.len / self.times.len().max(1)
    }

    /// The place of row `i`.
    pub(super) fn row(&self, i: usize) -> std::ops::Range<usize> {
        i * self.width()..(i + 1) * self.width()
    }

    /// One number of each row.
    ///
    /// # Panics
    ///
    /// Where rows have no such number: those that follow are of other rows.
    pub(super) fn column<'a>(&self, numbers: &'a [f64], component: usize) -> impl Iterator<Item = f64> + 'a {
        let width = self.width();
        assert!(component < width, "there is no component {component} in rows of {width} numbers");
        numbers.iter().skip(component).step_by(width).copied()
    }

    /// Refuses rows that are not where those before are: their mean would be one of different things.
    pub(super) fn check(&self, times: &[f64], len: usize) -> Result<(), Error> {
        if self.times == times && self.len == len {
            return Ok(());
        }
        let place = self.times.iter().zip(times).find(|(a, b)| a != b);
        let message = match place {
            Some((a, b)) => {
                format!("one trajectory has a row at t = {a:e} where another has one at t = {b:e}")
            }
            None => format!(
                "one trajectory has {} rows with {} numbers in all, another {} with {len}",
                self.times.len(),
                self.len,
                times.len()
            ),
        };
        let hint = "give all the same `save_at`, and no event that ends the solve";
        Err(Error::Layer { layer: "ensemble", message: format!("{message}; {hint}") })
    }
}
