//! Many inputs at once.

use std::array::from_fn;

use crate::error::Error;
use crate::nn::layer::Array;
use crate::nn::layer::Layer;
use crate::nn::wide;
use crate::real::Real;
use crate::space::Flat;
use crate::space::flat_filled;
use crate::space::flat_rows;
use crate::space::flat_rows_mut;

/// A network on many inputs, which lie one after the other: `x` is `B` rows of `I` reals, `y` `B` rows of `O`.
///
/// Each row of the result is the same to the bit whatever the batch around it, and to rounding what
/// [`Network`](crate::nn::Network) gives for the row by itself. Cotangents of the parameters are summed in the order of
/// the rows. Nothing allocates.
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
        forward::<T, X, X, Self>(self, (x, T::ZERO), y, None);
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
        vjp::<T, X, X, Self>(self, (x, T::ZERO), None, y_bar, Some(self_bar), (x_bar, &mut { T::ZERO }));
        Ok(())
    }
}

impl<T: Real, X: Array<T>, L: Layer<T, X>> Batch<T, X> for L {}

/// Calls a function on tiles whose lanes fill a cache line; scalars that fill no vector register go one by one.
macro_rules! by_tiles {
    ($function:ident::<$($generic:ident),*>($($argument:expr),*)) => {
        if const { size_of::<T>() == size_of::<f32>() } {
            $function::<$($generic,)* 16>($($argument),*)
        } else if const { size_of::<T>() == size_of::<f64>() } {
            $function::<$($generic,)* 8>($($argument),*)
        } else {
            $function::<$($generic,)* 1>($($argument),*)
        }
    };
}

/// The rows of a tile that not all rows of a batch fill: its last one stands in for those that are missing, so that
/// what is finite stays finite.
fn filled_up<V: Clone, const R: usize>(rows: &[V]) -> [V; R] {
    from_fn(|r| rows[r.min(rows.len() - 1)].clone())
}

/// How many reals are kept of `count` rows.
pub(super) fn kept_of<T: Real, X: Array<T>, L: Layer<T, X>>(count: usize) -> usize {
    fn of_tiles<T: Real, X: Array<T>, L: Layer<T, X>, const R: usize>(count: usize) -> usize {
        count.div_ceil(R) * size_of::<L::Kept<R>>() / size_of::<T>()
    }
    by_tiles!(of_tiles::<T, X, L>(count))
}

/// Writes the value at each row of `u` to `y`; the second of the pair completes what the rows lack. Keeps what the way
/// back needs, where there is room for it: [`kept_of`] reals.
pub(super) fn forward<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>>(
    net: &L,
    u: (&[V], T),
    y: &mut [L::Output],
    kept: Option<&mut [T]>,
) {
    by_tiles!(forward_tiles::<T, V, X, L>(net, u, y, kept));
}

fn forward_tiles<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>, const R: usize>(
    net: &L,
    (u, rest): (&[V], T),
    y: &mut [L::Output],
    kept: Option<&mut [T]>,
) {
    let mut unused = flat_filled::<T, L::Kept<R>>(T::ZERO);
    let mut kept = kept.and_then(flat_rows_mut::<T, L::Kept<R>>).unwrap_or_default().iter_mut();
    let ((tiles, rows), (y, y_rows)) = (u.as_chunks::<R>(), y.as_chunks_mut::<R>());
    for (u, y) in tiles.iter().zip(y) {
        wide::forward(net, (u, rest), y, kept.next().unwrap_or(&mut unused));
    }
    if !rows.is_empty() {
        let mut y = from_fn(|_| L::Output::ZERO);
        wide::forward(net, (&filled_up(rows), rest), &mut y, kept.next().unwrap_or(&mut unused));
        y_rows.clone_from_slice(&y[..rows.len()]);
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
    by_tiles!(jvp_tiles::<T, V, X, L>(net, net_dot, u, u_dot, y, y_dot));
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
    if !rows.is_empty() {
        let (mut y, mut y_dot) = (from_fn(|_| L::Output::ZERO), from_fn(|_| L::Output::ZERO));
        let (u, u_dot) = ((&filled_up(rows), rest), (&filled_up(rows_dot), rest_dot));
        wide::jvp::<T, V, X, L, R>(net, net_dot, u, u_dot, &mut y, &mut y_dot);
        y_rows.clone_from_slice(&y[..rows.len()]);
        y_rows_dot.clone_from_slice(&y_dot[..rows.len()]);
    }
}

/// Adds the cotangents of the parameters, the rows of `u`, and what completes them. What [`forward`] kept is computed
/// again where it is not given.
pub(super) fn vjp<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>>(
    net: &L,
    u: (&[V], T),
    kept: Option<&[T]>,
    y_bar: &[L::Output],
    net_bar: Option<&mut L>,
    u_bar: (&mut [V], &mut T),
) {
    by_tiles!(vjp_tiles::<T, V, X, L>(net, u, kept, y_bar, net_bar, u_bar));
}

fn vjp_tiles<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>, const R: usize>(
    net: &L,
    (u, rest): (&[V], T),
    kept: Option<&[T]>,
    y_bar: &[L::Output],
    mut net_bar: Option<&mut L>,
    (u_bar, rest_bar): (&mut [V], &mut T),
) {
    let mut kept = kept.and_then(flat_rows::<T, L::Kept<R>>).unwrap_or_default().iter();
    let mut pull = |u: &[V; R], y_bar: &[L::Output; R], u_bar: &mut [V; R]| {
        let again;
        let kept = match kept.next() {
            Some(kept) => kept,
            None => {
                again = wide::keep(net, (u, rest));
                &again
            }
        };
        wide::pull(net, (u, rest), kept, y_bar, net_bar.as_deref_mut(), (u_bar, rest_bar));
    };
    let ((tiles, rows), (y_bar, y_rows_bar)) = (u.as_chunks::<R>(), y_bar.as_chunks::<R>());
    let (tiles_bar, rows_bar) = u_bar.as_chunks_mut::<R>();
    for ((u, y_bar), u_bar) in tiles.iter().zip(y_bar).zip(tiles_bar) {
        pull(u, y_bar, u_bar);
    }
    if !rows.is_empty() {
        let mut u_bar = filled_up(rows_bar);
        // Rows that stand in for others have the cotangent zero.
        let y_bar = from_fn(|r| y_rows_bar.get(r).cloned().unwrap_or(L::Output::ZERO));
        pull(&filled_up(rows), &y_bar, &mut u_bar);
        rows_bar.clone_from_slice(&u_bar[..rows.len()]);
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
