//! Dense matrices.

use faer::Mat;
use faer::Par;
use faer::dyn_stack::MemBuffer;
use faer::dyn_stack::MemStack;
use faer::linalg::lu::partial_pivoting::factor::lu_in_place;
use faer::linalg::lu::partial_pivoting::factor::lu_in_place_scratch;

use crate::linalg::Singular;
use crate::real::Real;

/// A square matrix in its LU decomposition with row exchanges, `P A = L U`, which `faer` computes.
///
/// Its memory is taken once: factoring another matrix of the same size allocates nothing.
pub struct DenseLu {
    /// `U`, and below its diagonal `L`, whose own is one.
    lu: Mat<f64>,
    /// Row `i` of `P A` is row `rows[i]` of `A`.
    rows: Vec<usize>,
    inverse: Vec<usize>,
    scratch: MemBuffer,
}

impl DenseLu {
    /// The unit matrix of size `n`.
    pub fn new(n: usize) -> Self {
        let scratch = lu_in_place_scratch::<usize, f64>(n, n, Par::Seq, Default::default());
        Self {
            lu: Mat::identity(n, n),
            rows: (0..n).collect(),
            inverse: (0..n).collect(),
            scratch: MemBuffer::new(scratch),
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Factors the matrix whose entry in row `i` and column `j` is `entry(i, j)`.
    ///
    /// # Errors
    ///
    /// A pivot that is zero or not finite: after an error the decomposition means nothing.
    pub fn factor(&mut self, entry: impl Fn(usize, usize) -> f64) -> Result<(), Singular> {
        let Self { lu, rows, inverse, scratch } = self;
        let n = rows.len();
        for j in 0..n {
            for i in 0..n {
                lu[(i, j)] = entry(i, j);
            }
        }
        let memory = MemStack::new(scratch);
        lu_in_place(lu.as_mut(), rows, inverse, Par::Seq, memory, Default::default());
        let regular = (0..n).all(|i| lu[(i, i)] != 0.0 && lu[(i, i)].is_finite());
        if regular { Ok(()) } else { Err(Singular) }
    }

    /// Whether vectors are as long as the matrix; if not, `b` becomes NaN.
    fn fits<T: Real>(&self, b: &mut [T], order: &[T]) -> bool {
        let fits = b.len() == self.len() && order.len() == self.len();
        if !fits {
            b.fill(T::lit(f64::NAN));
        }
        fits
    }

    /// Takes `b` to the `x` with `A x = b`, or to NaN where its length is another; `order` is memory for as many reals.
    pub fn solve<T: Real>(&self, b: &mut [T], order: &mut [T]) {
        if !self.fits(b, order) {
            return;
        }
        let Self { lu, rows, .. } = self;
        for (x, row) in order.iter_mut().zip(rows) {
            *x = b[*row];
        }
        let n = rows.len();
        for j in 0..n {
            for i in j + 1..n {
                let term = order[j].scale(lu[(i, j)]);
                order[i] -= term;
            }
        }
        for j in (0..n).rev() {
            order[j] = order[j].scale(1.0 / lu[(j, j)]);
            for i in 0..j {
                let term = order[j].scale(lu[(i, j)]);
                order[i] -= term;
            }
        }
        b.copy_from_slice(order);
    }

    /// Takes `b` to the `x` with `A^T x = b`, or to NaN where its length is another; `order` is memory for as many reals.
    pub fn solve_transposed<T: Real>(&self, b: &mut [T], order: &mut [T]) {
        if !self.fits(b, order) {
            return;
        }
        let Self { lu, rows, .. } = self;
        order.copy_from_slice(b);
        let n = rows.len();
        for j in 0..n {
            for i in 0..j {
                let term = order[i].scale(lu[(i, j)]);
                order[j] -= term;
            }
            order[j] = order[j].scale(1.0 / lu[(j, j)]);
        }
        for j in (0..n).rev() {
            for i in j + 1..n {
                let term = order[i].scale(lu[(i, j)]);
                order[j] -= term;
            }
        }
        for (x, row) in order.iter().zip(rows) {
            b[*row] = *x;
        }
    }
}

impl std::fmt::Debug for DenseLu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DenseLu").field("lu", &self.lu).field("rows", &self.rows).finish_non_exhaustive()
    }
}
