//! Every layer is a network on single inputs.

use std::array::from_mut;
use std::array::from_ref;

use crate::nn::Network;
use crate::nn::layer::Array;
use crate::nn::layer::Layer;
use crate::nn::wide;
use crate::real::Real;
use crate::space::flat_filled;
use crate::space::from_flat;
use crate::space::from_flat_mut;

impl<T: Real, X: Array<T>, L: Layer<T, X>> Network<T, X> for L {
    type Output = L::Output;

    #[inline]
    fn forward(&self, x: &X) -> L::Output {
        let mut y = L::Output::ZERO;
        wide::forward(self, (from_ref(x), T::ZERO), from_mut(&mut y), &mut flat_filled(T::ZERO));
        y
    }
    const KEPT: usize = size_of::<L::Kept<1>>() / size_of::<T>();

    #[inline]
    fn forward_keeping(&self, x: &X, kept: &mut [T]) -> L::Output {
        let Some(kept) = from_flat_mut(kept) else { return self.forward(x) };
        let mut y = L::Output::ZERO;
        wide::forward(self, (from_ref(x), T::ZERO), from_mut(&mut y), kept);
        y
    }
    #[inline]
    fn recall(&self, x: &X, kept: &[T]) -> L::Output {
        let Some(kept) = from_flat(kept) else { return self.forward(x) };
        let mut y = L::Output::ZERO;
        wide::recall(self, (from_ref(x), T::ZERO), kept, from_mut(&mut y));
        y
    }
    #[inline]
    fn vjp_of_kept(&self, x: &X, kept: &[T], y_bar: &L::Output, self_bar: &mut Self, x_bar: &mut X) {
        let Some(kept) = from_flat(kept) else { return self.vjp(x, y_bar, self_bar, x_bar) };
        let (x, x_bar) = ((from_ref(x), T::ZERO), (from_mut(x_bar), &mut { T::ZERO }));
        wide::pull(self, x, kept, from_ref(y_bar), Some(self_bar), x_bar);
    }
    #[inline]
    fn jvp(&self, self_dot: &Self, x: &X, x_dot: &X) -> (L::Output, L::Output) {
        tangent(self, Some(self_dot), x, x_dot)
    }
    #[inline]
    fn input_jvp(&self, x: &X, x_dot: &X) -> (L::Output, L::Output) {
        tangent(self, None, x, x_dot)
    }
    #[inline]
    fn vjp(&self, x: &X, y_bar: &L::Output, self_bar: &mut Self, x_bar: &mut X) {
        pull(self, x, y_bar, Some(self_bar), x_bar);
    }
    #[inline]
    fn input_vjp(&self, x: &X, y_bar: &L::Output, x_bar: &mut X) {
        pull(self, x, y_bar, None, x_bar);
    }
}

#[inline]
fn pull<T: Real, X: Array<T>, L: Layer<T, X>>(
    net: &L,
    x: &X,
    y_bar: &L::Output,
    net_bar: Option<&mut L>,
    x_bar: &mut X,
) {
    let (x, x_bar) = ((from_ref(x), T::ZERO), (from_mut(x_bar), &mut { T::ZERO }));
    let kept = wide::keep(net, x);
    wide::pull(net, x, &kept, from_ref(y_bar), net_bar, x_bar);
}

#[inline]
fn tangent<T: Real, X: Array<T>, L: Layer<T, X>>(
    net: &L,
    net_dot: Option<&L>,
    x: &X,
    x_dot: &X,
) -> (L::Output, L::Output) {
    let (mut y, mut y_dot) = (L::Output::ZERO, L::Output::ZERO);
    let (x, x_dot) = ((from_ref(x), T::ZERO), (from_ref(x_dot), T::ZERO));
    wide::jvp(net, net_dot, x, x_dot, from_mut(&mut y), from_mut(&mut y_dot));
    (y, y_dot)
}
