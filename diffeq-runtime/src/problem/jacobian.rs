//! The Jacobian `df/du` as a sparse matrix.

use crate::error::Error;
use crate::problem::Coloring;
use crate::problem::Jacobian;
use crate::problem::Pattern;
use crate::problem::Rhs;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;

/// The entries of `df/du` in compressed sparse columns, with the memory to compute them.
///
/// As many Jacobian-vector products are taken as the pattern needs colors; [`SparseJacobian::evaluate`] allocates
/// nothing.
///
/// ```ignore
/// let mut jacobian = SparseJacobian::new(&model, &u, &p)?;
/// jacobian.evaluate(&model, &u, &p, 0.0)?;
/// assert_eq!(jacobian.get(0, 1), -1.0);
/// ```
#[derive(Debug, Clone)]
pub struct SparseJacobian<T: Real, S: Vector<T>> {
    pattern: Pattern,
    coloring: Coloring,
    values: Vec<T>,
    u_dot: S,
    du_dot: S,
    /// How many parameters the pattern was found for.
    params: usize,
}

impl<T: Real, S: Vector<T>> SparseJacobian<T, S> {
    /// Finds the pattern and a coloring for states and parameters of these lengths. All entries are zero.
    ///
    /// # Errors
    /// [`Error::Misfit`] for lengths that the model is not written for.
    pub fn new<F>(model: &F, u: &S, p: &<F as System<T>>::Params) -> Result<Self, Error>
    where
        F: Jacobian<T> + Rhs<T, State = S>,
    {
        let (len, params) = (u.as_slice().len(), p.as_slice().len());
        let pattern = Pattern::of(model, len, params)?;
        let coloring = pattern.coloring();
        let values = vec![T::ZERO; pattern.nnz()];
        Ok(Self { pattern, coloring, values, u_dot: u.zeros_like(), du_dot: u.zeros_like(), params })
    }

    /// Computes the entries at a point.
    ///
    /// # Errors
    /// [`Error::Shape`] for a state or parameters of other lengths than this was made for.
    pub fn evaluate<F>(&mut self, model: &F, u: &S, p: &<F as System<T>>::Params, t: T) -> Result<(), Error>
    where
        F: Jacobian<T> + Rhs<T, State = S>,
    {
        for (what, found, expected) in [
            ("components of `u`", u.as_slice().len(), self.pattern.columns()),
            ("components of `p`", p.as_slice().len(), self.params),
        ] {
            if found != expected {
                return Err(Error::Shape { what, expected, found });
            }
        }
        for color in 0..self.coloring.count {
            let colors = &self.coloring.colors;
            for (dot, c) in self.u_dot.as_mut_slice().iter_mut().zip(colors) {
                *dot = if *c == color { T::ONE } else { T::ZERO };
            }
            model.state_jvp(&mut self.du_dot, u, &self.u_dot, p, t);
            let du_dot = self.du_dot.as_slice();
            for (column, _) in colors.iter().enumerate().filter(|(_, c)| **c == color) {
                let places = self.pattern.column_starts()[column]..self.pattern.column_starts()[column + 1];
                for place in places {
                    self.values[place] = du_dot[self.pattern.row_indices()[place]];
                }
            }
        }
        Ok(())
    }

    /// The pattern.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// The groups of columns that are computed at once.
    pub fn coloring(&self) -> &Coloring {
        &self.coloring
    }

    /// The entries in the pattern's order.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// An entry; zero outside of the pattern.
    pub fn get(&self, row: usize, column: usize) -> T {
        if column >= self.pattern.columns() {
            return T::ZERO;
        }
        let start = self.pattern.column_starts()[column];
        self.pattern.column(column).binary_search(&row).map_or(T::ZERO, |at| self.values[start + at])
    }
}
