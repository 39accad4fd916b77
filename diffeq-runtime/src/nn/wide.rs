//! The work of a network, for the registers of the machine.

use std::marker::PhantomData;

use crate::nn::layer::Array;
use crate::nn::layer::Layer;
use crate::real::Real;
use crate::space::Flat;
use crate::space::flat_filled;
use crate::wide::FUSES;
use crate::wide::Work;
use crate::wide::moderately_wide;
use crate::wide::widest;

/// Whether a network has so few parameters that it is better inlined where it is used.
const fn is_small<L, T>() -> bool {
    size_of::<L>() < 32 * size_of::<T>()
}

/// Does the work on a network.
#[inline(always)]
fn wide<W: Work>(small: bool, work: W) {
    if small {
        work.run::<false>();
    } else if cfg!(debug_assertions) {
        // To the same bits, compiled once: without optimisation there is nothing to win.
        work.run::<FUSES>();
    } else {
        widest(work);
    }
}

/// Computes values. The lanes that a single input has of single precision fill registers of 256 bits; in wider ones values, not
/// derivatives, take a fifth longer.
#[inline(always)]
fn values<T: Real, W: Work, const R: usize>(small: bool, work: W) {
    if const { R == 1 && size_of::<T>() < 8 && !cfg!(debug_assertions) } && !small {
        moderately_wide(work);
    } else {
        wide(small, work);
    }
}

macro_rules! works {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* } = $work:expr;)*) => { $(
        $(#[$doc])*
        struct $name<'a, T: Real, V, X: Array<T>, L: Layer<T, X>, const R: usize> {
            $( $field: $type, )*
        }

        impl<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>, const R: usize> Work for $name<'_, T, V, X, L, R> {
            #[inline(always)]
            fn run<const FUSED: bool>(self) {
                let Self { $($field),* } = self;
                $work
            }
        }
    )* };
}

works! {
    /// The values, and what is kept of them.
    Value {
        net: &'a L, x: Rows<'a, T, V, X, R>, y: Option<&'a mut [L::Output; R]>, kept: &'a mut L::Kept<R>
    } = {
        let (mut tile, mut room) = (X::zeros(), L::Output::zeros());
        x.write_tile(&mut tile);
        let tile = net.value::<R, FUSED>(&tile, kept, &mut room, y.is_some());
        if let Some(y) = y {
            L::Output::write_rows(tile, y);
        }
    };
    /// The values once more.
    Recall { net: &'a L, x: Rows<'a, T, V, X, R>, kept: &'a L::Kept<R>, y: &'a mut [L::Output; R] } = {
        let (mut tile, mut room) = (X::zeros(), L::Output::zeros());
        x.write_tile(&mut tile);
        L::Output::write_rows(net.recall::<R, FUSED>(&tile, kept, &mut room), y);
    };
    /// The values and their derivatives along a direction.
    Tangent {
        net: &'a L, net_dot: Option<&'a L>, x: Rows<'a, T, V, X, R>, x_dot: Rows<'a, T, V, X, R>,
        y: &'a mut [L::Output; R], y_dot: &'a mut [L::Output; R]
    } = {
        let (mut x_tile, mut x_tile_dot) = (X::zeros(), X::zeros());
        x.write_tile(&mut x_tile);
        x_dot.write_tile(&mut x_tile_dot);
        let (mut tile, mut tile_dot) = (L::Output::zeros(), L::Output::zeros());
        net.tangent::<R, FUSED>(net_dot, &x_tile, &x_tile_dot, &mut tile, &mut tile_dot);
        L::Output::write_rows(&tile, y);
        L::Output::write_rows(&tile_dot, y_dot);
    };
    /// The reverse sweep.
    Pull {
        net: &'a L, x: Rows<'a, T, V, X, R>, kept: &'a L::Kept<R>, y_bar: &'a [L::Output; R],
        net_bar: Option<&'a mut L>, x_bar: &'a mut [V; R], rest_bar: &'a mut T
    } = {
        let (mut tile, mut bar, mut tile_bar) = (X::zeros(), X::zeros(), L::Output::zeros());
        x.write_tile(&mut tile);
        L::Output::write_tile(y_bar, T::ZERO, &mut tile_bar);
        net.pull::<R, FUSED>(&tile, kept, &mut tile_bar, net_bar, &mut bar);
        X::add_tile(&bar, x_bar, rest_bar);
    };
}

/// Rows that inputs begin with, and the real that completes them.
struct Rows<'a, T, V, X, const R: usize> {
    rows: &'a [V; R],
    rest: T,
    inputs: PhantomData<X>,
}

impl<T: Real, V: Flat<T>, X: Array<T>, const R: usize> Rows<'_, T, V, X, R> {
    #[inline(always)]
    fn write_tile(&self, tile: &mut X::Tile<R>) {
        X::write_tile(self.rows, self.rest, tile);
    }
}

#[inline(always)]
fn inputs<T, V, X, const R: usize>((rows, rest): (&[V; R], T)) -> Rows<'_, T, V, X, R> {
    Rows { rows, rest, inputs: PhantomData }
}

/// Writes the values at `R` inputs (rows, and what completes each), and what [`pull`] needs of them.
#[inline]
pub(super) fn forward<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>, const R: usize>(
    net: &L,
    x: (&[V; R], T),
    y: &mut [L::Output; R],
    kept: &mut L::Kept<R>,
) {
    values::<T, _, R>(is_small::<L, T>(), Value { net, x: inputs(x), y: Some(y), kept });
}

/// What [`pull`] needs of the values at `R` inputs.
#[inline]
pub(super) fn keep<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>, const R: usize>(
    net: &L,
    x: (&[V; R], T),
) -> L::Kept<R> {
    let mut kept = flat_filled(T::ZERO);
    values::<T, _, R>(is_small::<L, T>(), Value { net, x: inputs(x), y: None, kept: &mut kept });
    kept
}

/// Writes the values at `R` inputs once more.
#[inline]
pub(super) fn recall<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>, const R: usize>(
    net: &L,
    x: (&[V; R], T),
    kept: &L::Kept<R>,
    y: &mut [L::Output; R],
) {
    wide(is_small::<L, T>(), Recall { net, x: inputs(x), kept, y });
}

/// Writes the values at `R` inputs and their derivatives along a direction.
#[inline]
pub(super) fn jvp<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>, const R: usize>(
    net: &L,
    net_dot: Option<&L>,
    x: (&[V; R], T),
    x_dot: (&[V; R], T),
    y: &mut [L::Output; R],
    y_dot: &mut [L::Output; R],
) {
    wide(is_small::<L, T>(), Tangent { net, net_dot, x: inputs(x), x_dot: inputs(x_dot), y, y_dot });
}

/// Adds the cotangents of `R` inputs.
#[inline]
pub(super) fn pull<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>, const R: usize>(
    net: &L,
    x: (&[V; R], T),
    kept: &L::Kept<R>,
    y_bar: &[L::Output; R],
    net_bar: Option<&mut L>,
    (x_bar, rest_bar): (&mut [V; R], &mut T),
) {
    wide(is_small::<L, T>(), Pull { net, x: inputs(x), kept, y_bar, net_bar, x_bar, rest_bar });
}
