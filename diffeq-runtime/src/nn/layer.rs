//! What a network is made of.

use crate::real::Real;
use crate::space::Flat;
use crate::space::Vector;
use crate::space::flat_slice;
use crate::space::flat_slice_mut;

/// What goes into a layer and what comes out: an array of reals.
pub trait Array<T: Real>: Flat<T> + Vector<T> {
    /// `R` arrays, real by real: `tile[n][r]` is real `n` of array `r`.
    type Tile<const R: usize>: Flat<T>;

    /// Zeros.
    const ZERO: Self;

    /// A tile of zeros.
    fn zeros<const R: usize>() -> Self::Tile<R>;

    /// Writes the arrays that begin with these rows; what the rows lack is `rest`.
    fn write_tile<V: Flat<T>, const R: usize>(rows: &[V; R], rest: T, tile: &mut Self::Tile<R>);

    /// Writes the arrays of a tile one after the other.
    fn write_rows<const R: usize>(tile: &Self::Tile<R>, rows: &mut [Self; R]);

    /// Adds a tile of cotangents to those of what it was made of.
    fn add_tile<V: Flat<T>, const R: usize>(tile: &Self::Tile<R>, rows: &mut [V; R], rest: &mut T);
}

impl<T: Real, const N: usize> Array<T> for [T; N] {
    type Tile<const R: usize> = [[T; R]; N];
    const ZERO: Self = [T::ZERO; N];

    #[inline(always)]
    fn zeros<const R: usize>() -> [[T; R]; N] {
        [[T::ZERO; R]; N]
    }

    #[inline(always)]
    fn write_tile<V: Flat<T>, const R: usize>(rows: &[V; R], rest: T, tile: &mut [[T; R]; N]) {
        for (n, tile) in tile.iter_mut().enumerate() {
            for (x, row) in tile.iter_mut().zip(rows) {
                *x = flat_slice(row).get(n).copied().unwrap_or(rest);
            }
        }
    }

    #[inline(always)]
    fn write_rows<const R: usize>(tile: &[[T; R]; N], rows: &mut [[T; N]; R]) {
        for (n, tile) in tile.iter().enumerate() {
            for (x, row) in tile.iter().zip(rows.iter_mut()) {
                row[n] = *x;
            }
        }
    }

    #[inline(always)]
    fn add_tile<V: Flat<T>, const R: usize>(tile: &[[T; R]; N], rows: &mut [V; R], rest: &mut T) {
        for (n, tile) in tile.iter().enumerate() {
            for (x, row) in tile.iter().zip(rows.iter_mut()) {
                *flat_slice_mut(row).get_mut(n).unwrap_or(rest) += *x;
            }
        }
    }
}

/// `R` arrays, real by real.
pub(super) type Tile<T, X, const R: usize> = <X as Array<T>>::Tile<R>;

/// A part of a network.
///
/// Everything is done for a tile of `R` inputs at a time, so that several share what is read of the parameters. What
/// comes out for an input does not depend on the others in its tile. With `FUSED`, products and sums are
/// [fused](Real::fused). Tiles are large: they are written where they
/// belong, not returned. Whatever is a layer is a [`Network`](crate::nn::Network).
pub trait Layer<T: Real, X: Array<T>>: Flat<T> + Vector<T> {
    /// What comes out.
    type Output: Array<T>;
    /// What the way back needs of `R` values on the way there, so that it computes none of them again.
    type Kept<const R: usize>: Flat<T>;

    /// The value at `x`, which lies among what [`pull`](Self::pull) needs or else in `room`. Where it is not `asked`
    /// for it may be anything.
    fn value<'a, const R: usize, const FUSED: bool>(
        &self,
        x: &X::Tile<R>,
        kept: &'a mut Self::Kept<R>,
        room: &'a mut Tile<T, Self::Output, R>,
        asked: bool,
    ) -> &'a Tile<T, Self::Output, R>;

    /// The value at `x` once more.
    fn recall<'a, const R: usize, const FUSED: bool>(
        &self,
        x: &X::Tile<R>,
        kept: &'a Self::Kept<R>,
        room: &'a mut Tile<T, Self::Output, R>,
    ) -> &'a Tile<T, Self::Output, R>;

    /// Writes the value at `x` and its derivative along `x_dot`, and along `self_dot` where there is one.
    fn tangent<const R: usize, const FUSED: bool>(
        &self,
        self_dot: Option<&Self>,
        x: &X::Tile<R>,
        x_dot: &X::Tile<R>,
        y: &mut Tile<T, Self::Output, R>,
        y_dot: &mut Tile<T, Self::Output, R>,
    );

    /// Adds what follows from the cotangent of the value at `x` for `x`, and for the parameters where it is asked for.
    /// The cotangent itself is used as scratch.
    fn pull<const R: usize, const FUSED: bool>(
        &self,
        x: &X::Tile<R>,
        kept: &Self::Kept<R>,
        y_bar: &mut Tile<T, Self::Output, R>,
        self_bar: Option<&mut Self>,
        x_bar: &mut X::Tile<R>,
    );
}
