//! Work done with the widest vector registers that the machine has.
//!
//! Each piece of work is compiled once for each kind of registers, and chosen when it runs. Products and sums are never
//! contracted to fused multiply-adds, so that the bits are the same on all. What is compiled this way must be inlined
//! as a whole, which closures are not: hence a struct for each.

use std::marker::PhantomData;

use pulp::Arch;
use pulp::NullaryFnOnce;

use crate::nn::layer::Array;
use crate::nn::layer::Layer;
use crate::nn::layer::Rest;
use crate::real::Real;
use crate::space::Flat;

/// A piece of work on a network.
trait Work: NullaryFnOnce<Output = ()> {
    /// The network has so few parameters that it is better inlined where it is used.
    const SMALL: bool;
}

/// Does the work.
#[inline(always)]
fn wide<W: Work>(work: W) {
    if W::SMALL { work.call() } else { Arch::new().dispatch(work) }
}

macro_rules! works {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* } = $work:expr;)*) => { $(
        $(#[$doc])*
        struct $name<'a, T: Real, V, X: Array<T>, L: Layer<T, X>, const R: usize> {
            $( $field: $type, )*
        }

        impl<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>, const R: usize> Work for $name<'_, T, V, X, L, R> {
            const SMALL: bool = size_of::<L>() < 32 * size_of::<T>();
        }

        impl<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>, const R: usize> NullaryFnOnce
            for $name<'_, T, V, X, L, R>
        {
            type Output = ();
            #[inline(always)]
            fn call(self) {
                let Self { $($field),* } = self;
                $work
            }
        }
    )* };
}

works! {
    /// The values.
    Value { net: &'a L, x: Rows<'a, T, V, X, R>, y: &'a mut [L::Output; R] } = {
        let mut tile = L::Output::zeros();
        net.value(&x.tile(), &mut tile);
        L::Output::write_rows(&tile, y);
    };
    /// The values and their derivatives along a direction.
    Tangent {
        net: &'a L, net_dot: Option<&'a L>, x: Rows<'a, T, V, X, R>, x_dot: Rows<'a, T, V, X, R>,
        y: &'a mut [L::Output; R], y_dot: &'a mut [L::Output; R]
    } = {
        let (mut tile, mut tile_dot) = (L::Output::zeros(), L::Output::zeros());
        net.tangent(net_dot, &x.tile(), &x_dot.tile(), &mut tile, &mut tile_dot);
        L::Output::write_rows(&tile, y);
        L::Output::write_rows(&tile_dot, y_dot);
    };
    /// The reverse sweep, with the forward sweep that it needs.
    Pull {
        net: &'a L, x: Rows<'a, T, V, X, R>, y_bar: &'a [L::Output; R],
        net_bar: &'a mut L, x_bar: &'a mut [V; R], rest_bar: &'a mut T
    } = {
        let mut bar = X::zeros();
        net.pull(&x.tile(), Given(y_bar), net_bar, &mut bar);
        X::add_tile(&bar, x_bar, rest_bar);
    };
}

/// Cotangents that are known.
struct Given<'a, Y, const R: usize>(&'a [Y; R]);

impl<T: Real, Y: Array<T>, const R: usize> Rest<T, Y, R> for Given<'_, Y, R> {
    const ASKS_VALUE: bool = false;

    #[inline(always)]
    fn pull(self, _: &Y::Tile<R>, y_bar: &mut Y::Tile<R>) {
        Y::add_rows(self.0, y_bar);
    }
}

/// Rows that inputs begin with, and the real that completes them.
struct Rows<'a, T, V, X, const R: usize> {
    rows: &'a [V; R],
    rest: T,
    inputs: PhantomData<X>,
}

impl<T: Real, V: Flat<T>, X: Array<T>, const R: usize> Rows<'_, T, V, X, R> {
    #[inline(always)]
    fn tile(&self) -> X::Tile<R> {
        X::tile(self.rows, self.rest)
    }
}

#[inline(always)]
fn inputs<T, V, X, const R: usize>((rows, rest): (&[V; R], T)) -> Rows<'_, T, V, X, R> {
    Rows { rows, rest, inputs: PhantomData }
}

/// Writes the values at `R` inputs: rows, and what completes each.
#[inline]
pub(super) fn forward<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>, const R: usize>(
    net: &L,
    x: (&[V; R], T),
    y: &mut [L::Output; R],
) {
    wide(Value { net, x: inputs(x), y });
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
    wide(Tangent { net, net_dot, x: inputs(x), x_dot: inputs(x_dot), y, y_dot });
}

/// Adds the cotangents of `R` inputs.
#[inline]
pub(super) fn vjp<T: Real, V: Flat<T>, X: Array<T>, L: Layer<T, X>, const R: usize>(
    net: &L,
    x: (&[V; R], T),
    y_bar: &[L::Output; R],
    net_bar: &mut L,
    (x_bar, rest_bar): (&mut [V; R], &mut T),
) {
    wide(Pull { net, x: inputs(x), y_bar, net_bar, x_bar, rest_bar });
}
