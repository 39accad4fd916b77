//! Many inputs at once.

use std::array::from_mut;
use std::array::from_ref;

use crate::error::Error;
use crate::nn::layer::Array;
use crate::nn::layer::Layer;
use crate::nn::wide;
use crate::real::Real;
use crate::space::Flat;
use crate::space::flat_rows;
use crate::space::flat_rows_mut;

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
pub trait Batch<T: Real, X: Array<T>>: Layer<T, X> {
    /// Writes the value of each row of `x` to `y`.
    ///
    /// # Errors
    /// Where `x` is not made of whole rows, or `y` has not as many.
    fn forward_batch(&self, x: &[T], y: &mut [T]) -> Result<(), Error> {
        let x = rows::<T, X>("x", x, None)?;
        let y = rows_mut::<T, Self::Output>("y", y, x.len())?;
        forward::<T, X, X, Self>(self, (x, T::ZERO), y);
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
        jvp::<T, X, X, Self>(self, self_dot, (x, T::ZERO), (x_dot, T::ZERO), y, y_dot);
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
        vjp::<T, X, X, Self>(self, (x, T::ZERO), y_bar, self_bar, (x_bar, &mut { T::ZERO }));
        Ok(())
    }
}

impl<T: Real, X: Array<T>, L: Layer<T, X>> Batch<T, X> for L {}

/// Calls a function on tiles whose lanes fill a cache line; scalars that fill no vector register go one by one.
macro_rules! by_tiles {
    ($function:ident($($argument:expr),*)) => {
        if const { size_of::<T>() == size_of::<f32>() } {
            $function::<T, V, X, L, 16>($($argument),*)
        } else if const { size_of::<T>() == size_of::<f64>() } {
            $function::<T, V, X, L, 8>($($argument),*)
        } else {
            $function::<T, V, X, L, 1>($($argument),*)
        }
    };
}

/// Writes the value at each row of `u` to `y`; the second of the pair completes what the rows lack.
pub(super) fn forward<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>>(
    net: &L,
    u: (&[V], T),
    y: &mut [L::Output],
) {
    by_tiles!(forward_tiles(net, u, y));
}

fn forward_tiles<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>, const R: usize>(
    net: &L,
    (u, rest): (&[V], T),
    y: &mut [L::Output],
) {
    let ((tiles, rows), (y, y_rows)) = (u.as_chunks::<R>(), y.as_chunks_mut::<R>());
    for (u, y) in tiles.iter().zip(y) {
        wide::forward(net, (u, rest), y);
    }
    for (u, y) in rows.iter().zip(y_rows) {
        wide::forward(net, (from_ref(u), rest), from_mut(y));
    }
}

/// [`forward`] with the derivative along `u_dot`, and along `net_dot` where there is one.
pub(super) fn jvp<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>>(
    net: &L,
    net_dot: Option<&L>,
    u: (&[V], T),
    u_dot: (&[V], T),
    y: &mut [L::Output],
    y_dot: &mut [L::Output],
) {
    by_tiles!(jvp_tiles(net, net_dot, u, u_dot, y, y_dot));
}

fn jvp_tiles<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>, const R: usize>(
    net: &L,
    net_dot: Option<&L>,
    (u, rest): (&[V], T),
    (u_dot, rest_dot): (&[V], T),
    y: &mut [L::Output],
    y_dot: &mut [L::Output],
) {
    let ((tiles, rows), (tiles_dot, rows_dot)) = (u.as_chunks::<R>(), u_dot.as_chunks::<R>());
    let ((y, y_rows), (y_dot, y_rows_dot)) = (y.as_chunks_mut::<R>(), y_dot.as_chunks_mut::<R>());
    for ((u, u_dot), (y, y_dot)) in tiles.iter().zip(tiles_dot).zip(y.iter_mut().zip(y_dot)) {
        wide::jvp(net, net_dot, (u, rest), (u_dot, rest_dot), y, y_dot);
    }
    for ((u, u_dot), (y, y_dot)) in rows.iter().zip(rows_dot).zip(y_rows.iter_mut().zip(y_rows_dot)) {
        let (u, u_dot) = ((from_ref(u), rest), (from_ref(u_dot), rest_dot));
        wide::jvp(net, net_dot, u, u_dot, from_mut(y), from_mut(y_dot));
    }
}

/// Adds the cotangents of the parameters, the rows of `u`, and what completes them.
pub(super) fn vjp<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>>(
    net: &L,
    u: (&[V], T),
    y_bar: &[L::Output],
    net_bar: &mut L,
    u_bar: (&mut [V], &mut T),
) {
    by_tiles!(vjp_tiles(net, u, y_bar, net_bar, u_bar));
}

fn vjp_tiles<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>, const R: usize>(
    net: &L,
    (u, rest): (&[V], T),
    y_bar: &[L::Output],
    net_bar: &mut L,
    (u_bar, rest_bar): (&mut [V], &mut T),
) {
    let ((tiles, rows), (y_bar, y_rows_bar)) = (u.as_chunks::<R>(), y_bar.as_chunks::<R>());
    let (tiles_bar, rows_bar) = u_bar.as_chunks_mut::<R>();
    for ((u, y_bar), u_bar) in tiles.iter().zip(y_bar).zip(tiles_bar) {
        wide::vjp(net, (u, rest), y_bar, net_bar, (u_bar, rest_bar));
    }
    for ((u, y_bar), u_bar) in rows.iter().zip(y_rows_bar).zip(rows_bar) {
        wide::vjp(net, (from_ref(u), rest), from_ref(y_bar), net_bar, (from_mut(u_bar), rest_bar));
    }
}

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
