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
pub(super) trait Work: NullaryFnOnce {
    /// The network has so few parameters that it is better inlined where it is used.
    const SMALL: bool;
}

/// Does the work.
#[inline(always)]
pub(super) fn wide<W: Work>(work: W) -> W::Output {
    if W::SMALL { work.call() } else { Arch::new().dispatch(work) }
}

macro_rules! works {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* } -> $output:ty = $work:expr;)*) => { $(
        $(#[$doc])*
        pub(super) struct $name<'a, T: Real, X, L: Layer<T, X>> {
            pub(super) scalar: PhantomData<T>,
            $( pub(super) $field: $type, )*
        }

        impl<T: Real, X, L: Layer<T, X>> Work for $name<'_, T, X, L> {
            const SMALL: bool = size_of::<L>() < 32 * size_of::<T>();
        }

        impl<T: Real, X, L: Layer<T, X>> NullaryFnOnce for $name<'_, T, X, L> {
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
    /// The value.
    Value { net: &'a L, x: &'a X } -> L::Output = net.value(x);
    /// The value and its derivative along a direction.
    Tangent { net: &'a L, net_dot: Option<&'a L>, x: &'a X, x_dot: &'a X } -> (L::Output, L::Output) =
        net.tangent(net_dot, x, x_dot);
    /// The reverse sweep, with the forward sweep that it needs.
    Pull { net: &'a L, x: &'a X, y_bar: &'a L::Output, net_bar: &'a mut L, x_bar: &'a mut X } -> () = {
        let kept = net.keep_only(x);
        net.pull(x, &kept, y_bar, net_bar, x_bar);
    };
}
