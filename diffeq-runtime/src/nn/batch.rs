//! Many inputs at once.

use crate::error::Error;
use crate::nn::layer::Layer;
use crate::nn::wide;
use crate::real::Real;
use crate::space::Flat;
use crate::space::flat_rows;
use crate::space::flat_rows_mut;

/// How many inputs share what is read of the parameters.
pub(super) const ROWS: usize = 8;

/// A network on many inputs, which lie one behind the other: `x` is `B` rows of `I` reals, `y` `B` rows of `O`.
///
/// Each row of the result is to the bit what the row gives by itself, whatever the batch around it. Cotangents of the
/// parameters are summed in the order of the rows. Nothing allocates.
///
/// ```
/// use diffeq_runtime::nn::Batch;
/// use diffeq_runtime::nn::Dense;
///
/// let layer: Dense<2, 1> = Dense::new([[1.0, 2.0]], [0.5]);
/// let mut y = [0.0; 3];
/// layer.forward_batch(&[1.0, 0.0, 0.0, 1.0, 1.0, 1.0], &mut y)?;
/// assert_eq!(y, [1.5, 2.5, 3.5]);
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
pub trait Batch<T: Real, X: Flat<T>>: Layer<T, X> {
    /// Writes the value of each row of `x` to `y`.
    ///
    /// # Errors
    /// Where `x` is not made of whole rows, or `y` has not as many.
    fn forward_batch(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        let x = rows::<T, X>("x", x, None)?;
        let y = rows_mut::<T, Self::Output>("y", y, x.len())?;
        let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<ROWS>(), y.as_chunks_mut::<ROWS>());
        for (x, y) in x.iter().zip(y) {
            *y = wide::forward(self, x);
        }
        for (x, y) in x_rest.iter().zip(y_rest) {
            [*y] = wide::forward(self, std::array::from_ref(x));
        }
        Ok(())
    }

    /// Writes the value of each row of `x` to `y`, and its derivative along `x_dot`, and along `self_dot` where there
    /// is one, to `y_dot`.
    ///
    /// # Errors
    /// Where `x` is not made of whole rows, or the others have not as many.
    fn jvp_batch(
        &self,
        self_dot: Option<&Self>,
        x: &[T],
        x_dot: &[T],
        y: &mut [T],
        y_dot: &mut [T],
    ) -> Result<(), Error> {
        let x = rows::<T, X>("x", x, None)?;
        let x_dot = rows::<T, X>("x_dot", x_dot, Some(x.len()))?;
        let y = rows_mut::<T, Self::Output>("y", y, x.len())?;
        let y_dot = rows_mut::<T, Self::Output>("y_dot", y_dot, x.len())?;
        let ((x, x_rest), (x_dot, x_dot_rest)) = (x.as_chunks::<ROWS>(), x_dot.as_chunks::<ROWS>());
        let ((y, y_rest), (y_dot, y_dot_rest)) = (y.as_chunks_mut::<ROWS>(), y_dot.as_chunks_mut::<ROWS>());
        for ((x, x_dot), (y, y_dot)) in x.iter().zip(x_dot).zip(y.iter_mut().zip(y_dot)) {
            (*y, *y_dot) = wide::jvp(self, self_dot, x, x_dot);
        }
        for ((x, x_dot), (y, y_dot)) in x_rest.iter().zip(x_dot_rest).zip(y_rest.iter_mut().zip(y_dot_rest)) {
            ([*y], [*y_dot]) =
                wide::jvp(self, self_dot, std::array::from_ref(x), std::array::from_ref(x_dot));
        }
        Ok(())
    }

    /// Adds the products of the rows of `y_bar` and the Jacobians at the rows of `x` to `self_bar` and the rows of
    /// `x_bar`.
    ///
    /// # Errors
    /// Where `x` is not made of whole rows, or the others have not as many.
    fn vjp_batch(&self, x: &[T], y_bar: &[T], self_bar: &mut Self, x_bar: &mut [T]) -> Result<(), Error> {
        let x = rows::<T, X>("x", x, None)?;
        let y_bar = rows::<T, Self::Output>("y_bar", y_bar, Some(x.len()))?;
        let x_bar = rows_mut::<T, X>("x_bar", x_bar, x.len())?;
        let ((x, x_rest), (y_bar, y_bar_rest)) = (x.as_chunks::<ROWS>(), y_bar.as_chunks::<ROWS>());
        let (x_bar, x_bar_rest) = x_bar.as_chunks_mut::<ROWS>();
        for ((x, y_bar), x_bar) in x.iter().zip(y_bar).zip(x_bar) {
            wide::vjp(self, x, y_bar, self_bar, x_bar);
        }
        for ((x, y_bar), x_bar) in x_rest.iter().zip(y_bar_rest).zip(x_bar_rest) {
            let (x, y_bar) = (std::array::from_ref(x), std::array::from_ref(y_bar));
            wide::vjp(self, x, y_bar, self_bar, std::array::from_mut(x_bar));
        }
        Ok(())
    }
}

impl<T: Real, X: Flat<T>, L: Layer<T, X>> Batch<T, X> for L {}

fn rows<'a, T: Real, X: Flat<T>>(name: &str, reals: &'a [T], count: Option<usize>) -> Result<&'a [X], Error> {
    let found = reals.len();
    flat_rows::<T, X>(reals)
        .filter(|rows| count.is_none_or(|count| rows.len() == count))
        .ok_or_else(|| misfit::<T, X>(name, found, count))
}

fn rows_mut<'a, T: Real, X: Flat<T>>(
    name: &str,
    reals: &'a mut [T],
    count: usize,
) -> Result<&'a mut [X], Error> {
    let found = reals.len();
    flat_rows_mut::<T, X>(reals)
        .filter(|rows| rows.len() == count)
        .ok_or_else(|| misfit::<T, X>(name, found, Some(count)))
}

fn misfit<T: Real, X: Flat<T>>(name: &str, found: usize, count: Option<usize>) -> Error {
    let width = size_of::<X>() / size_of::<T>();
    let expected = match count {
        Some(count) => format!("{count} rows of {width}"),
        None => format!("whole rows of {width}"),
    };
    Error::Layer { layer: "nn", message: format!("`{name}` has {found} reals, not {expected}") }
}
