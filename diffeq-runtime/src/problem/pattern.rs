//! Where a Jacobian can be other than zero, and which of its columns can be computed at once.

use crate::error::Error;
use crate::problem::Mark;
use crate::problem::Sparsity;
use crate::problem::check_lengths;
use crate::real::Real;
use crate::space::Vector;

/// The places of a matrix that can be other than zero, column by column (compressed sparse columns).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    rows: usize,
    column_starts: Vec<usize>,
    row_indices: Vec<usize>,
}

impl Pattern {
    /// The pattern of `df/du`, for a state of `state_len` reals and `params_len` parameters; sizes that the types fix are
    /// those of the types.
    ///
    /// # Errors
    /// [`Error::Misfit`] for lengths that the model is not written for.
    pub fn of<F: Sparsity>(model: &F, state_len: usize, params_len: usize) -> Result<Pattern, Error> {
        check_lengths::<F>(("u", state_len), params_len)?;
        let (blank, p) = model.blank(state_len, params_len);
        let mut dependencies = |marks: &[Mark]| {
            let (mut u, mut du) = (blank.clone(), blank.clone());
            u.as_mut_slice().copy_from_slice(marks);
            model.dependencies(&mut du, &u, &p, Mark::ZERO);
            du.as_slice().to_vec()
        };
        Ok(Self::found(blank.as_slice(), &mut dependencies))
    }

    /// The pattern of a model that says which marks of `u` each component of `du` depends on: compiled once.
    fn found(blank: &[Mark], dependencies: &mut dyn FnMut(&[Mark]) -> Vec<Mark>) -> Pattern {
        let n = blank.len();
        let mut columns: Vec<Vec<usize>> = vec![Vec::new(); n];
        // 64 columns at a time: a bit for each
        for first in (0..n).step_by(64) {
            let mut marks = blank.to_vec();
            for (bit, mark) in marks[first..].iter_mut().take(64).enumerate() {
                *mark = Mark(1 << bit);
            }
            for (row, mark) in dependencies(&marks).iter().enumerate() {
                for (bit, column) in columns[first..].iter_mut().take(64).enumerate() {
                    if mark.0 >> bit & 1 == 1 {
                        column.push(row);
                    }
                }
            }
        }
        let mut column_starts = vec![0];
        let mut row_indices = Vec::new();
        for column in columns {
            row_indices.extend(column);
            column_starts.push(row_indices.len());
        }
        Pattern { rows: n, column_starts, row_indices }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.column_starts.len() - 1
    }

    /// The number of places.
    pub fn nnz(&self) -> usize {
        self.row_indices.len()
    }

    /// Where each column starts in [`Pattern::row_indices`], and at last where the last one ends.
    pub fn column_starts(&self) -> &[usize] {
        &self.column_starts
    }

    /// The rows of the places, ascending in each column.
    pub fn row_indices(&self) -> &[usize] {
        &self.row_indices
    }

    /// The rows of one column.
    pub fn column(&self, column: usize) -> &[usize] {
        &self.row_indices[self.column_starts[column]..self.column_starts[column + 1]]
    }

    /// Whether an entry can be other than zero.
    pub fn contains(&self, row: usize, column: usize) -> bool {
        column < self.columns() && self.column(column).binary_search(&row).is_ok()
    }

    /// Groups of columns no two of which share a row: each group takes one Jacobian-vector product.
    ///
    /// Greedy, columns with many entries first: Curtis, Powell & Reid, J. Inst. Maths Applics 13 (1974), with the
    /// order of Coleman & More, SIAM J. Numer. Anal. 20 (1983), section 4.
    pub fn coloring(&self) -> Coloring {
        let n = self.columns();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by_key(|c| std::cmp::Reverse(self.column(*c).len()));
        let mut columns_of_row: Vec<Vec<usize>> = vec![Vec::new(); self.rows];
        for column in 0..n {
            for row in self.column(column) {
                columns_of_row[*row].push(column);
            }
        }
        let mut colors = vec![usize::MAX; n];
        // the column for which a color was last seen to be taken
        let mut taken = vec![usize::MAX; n + 1];
        let mut count = 0;
        for column in order {
            for row in self.column(column) {
                for other in &columns_of_row[*row] {
                    if colors[*other] != usize::MAX {
                        taken[colors[*other]] = column;
                    }
                }
            }
            let color = (0..=n).find(|c| taken[*c] != column).unwrap_or(n);
            colors[column] = color;
            count = count.max(color + 1);
        }
        Coloring { colors, count }
    }
}

/// A group for each column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coloring {
    /// The group of each column.
    pub colors: Vec<usize>,
    /// The number of groups.
    pub count: usize,
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use super::*;
    use crate::problem::Model;
    use crate::problem::Rhs;
    use crate::problem::System;

    /// Reads two components and a parameter, and writes them all to each.
    struct Pair;

    impl Model for Pair {
        fn state_len() -> RangeInclusive<usize> {
            2..=2
        }
        fn params_len() -> RangeInclusive<usize> {
            1..=usize::MAX
        }
    }

    impl System<Mark> for Pair {
        type State = Vec<Mark>;
        type Params = Vec<Mark>;
    }
    impl Rhs<Mark> for Pair {
        fn rhs(&self, du: &mut Vec<Mark>, u: &Vec<Mark>, p: &Vec<Mark>, _: Mark) {
            du.fill(u[0] + u[1] + p[0]);
        }
    }

    impl Sparsity for Pair {
        fn blank(&self, state_len: usize, params_len: usize) -> (Vec<Mark>, Vec<Mark>) {
            (vec![Mark::ZERO; state_len], vec![Mark::ZERO; params_len])
        }
        fn dependencies(&self, du: &mut Vec<Mark>, u: &Vec<Mark>, p: &Vec<Mark>, t: Mark) {
            self.rhs(du, u, p, t);
        }
    }

    #[test]
    fn lengths_that_the_model_is_not_written_for_are_refused() {
        let pattern = Pattern::of(&Pair, 2, 1).expect("its own lengths");
        assert_eq!((pattern.rows(), pattern.nnz()), (2, 4));
        for (state_len, params_len) in [(0, 0), (1, 1), (2, 0), (3, 5)] {
            let error = Pattern::of(&Pair, state_len, params_len).unwrap_err();
            assert!(matches!(error, Error::Misfit { .. }), "{error}");
        }
    }
}
