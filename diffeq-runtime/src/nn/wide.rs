//! Work done with the widest vector registers that the machine has.
//!
//! Each piece of work is compiled once for each kind of registers, and chosen when it runs. Products and sums are never
//! contracted to fused multiply-adds, so that the bits are the same on all. What is compiled this way must be inlined
//! as a whole, which closures are not: hence a struct for each.

use std::marker::PhantomData;

use pulp::Arch;
use pulp::NullaryFnOnce;

use crate::nn::layer::Layer;
use crate::real::Real;

/// A piece of work on a network.
trait Work: NullaryFnOnce {
    /// The network has so few parameters that it is better inlined where it is used.
    const SMALL: bool;
}

/// Does the work.
#[inline(always)]
fn wide<W: Work>(work: W) -> W::Output {
    if W::SMALL { work.call() } else { Arch::new().dispatch(work) }
}

macro_rules! works {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* } -> $output:ty = $work:expr;)*) => { $(
        $(#[$doc])*
        struct $name<'a, T: Real, X, L: Layer<T, X>, const R: usize> {
            scalar: PhantomData<T>,
            $( $field: $type, )*
        }

        impl<T: Real, X, L: Layer<T, X>, const R: usize> Work for $name<'_, T, X, L, R> {
            const SMALL: bool = size_of::<L>() < 32 * size_of::<T>();
        }

        impl<T: Real, X, L: Layer<T, X>, const R: usize> NullaryFnOnce for $name<'_, T, X, L, R> {
            type Output = $output;
            #[inline(always)]
            fn call(self) -> $output {
                let Self { $($field),*, .. } = self;
                $work
            }
        }
    )* };
}

works! {
    /// The values.
    Value { net: &'a L, x: &'a [X; R] } -> [L::Output; R] = net.value(x);
    /// The values and their derivatives along a direction.
    Tangent {
        net: &'a L, net_dot: Option<&'a L>, x: &'a [X; R], x_dot: &'a [X; R]
    } -> ([L::Output; R], [L::Output; R]) = net.tangent(net_dot, x, x_dot);
    /// The reverse sweep, with the forward sweep that it needs.
    Pull {
        net: &'a L, x: &'a [X; R], y_bar: &'a [L::Output; R], net_bar: &'a mut L, x_bar: &'a mut [X; R]
    } -> () = {
        let kept = net.keep_only(x);
        net.pull(x, &kept, y_bar, net_bar, x_bar);
    };
}

/// The values at `R` inputs.
#[inline]
pub(super) fn forward<T: Real, X, L: Layer<T, X>, const R: usize>(net: &L, x: &[X; R]) -> [L::Output; R] {
    wide(Value { scalar: PhantomData, net, x })
}

/// The values at `R` inputs with their derivatives along a direction.
#[inline]
pub(super) fn jvp<T: Real, X, L: Layer<T, X>, const R: usize>(
    net: &L,
    net_dot: Option<&L>,
    x: &[X; R],
    x_dot: &[X; R],
) -> ([L::Output; R], [L::Output; R]) {
    wide(Tangent { scalar: PhantomData, net, net_dot, x, x_dot })
}

/// Adds the cotangents of `R` inputs.
#[inline]
pub(super) fn vjp<T: Real, X, L: Layer<T, X>, const R: usize>(
    net: &L,
    x: &[X; R],
    y_bar: &[L::Output; R],
    net_bar: &mut L,
    x_bar: &mut [X; R],
) {
    wide(Pull { scalar: PhantomData, net, x, y_bar, net_bar, x_bar });
}
