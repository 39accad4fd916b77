//! What a network is made of, and the products that its layers compute.
//!
//! Loops count indices: over arrays of known sizes they become vector code, which chains of iterators do less reliably.
#![allow(clippy::needless_range_loop)]

use std::marker::PhantomData;

use crate::nn::Network;
use crate::nn::wide::Pull;
use crate::nn::wide::Tangent;
use crate::nn::wide::Value;
use crate::nn::wide::wide;
use crate::real::Real;
use crate::space::Flat;
use crate::space::Vector;

/// A part of a network, with its forward sweep taken apart: what the reverse sweep needs is kept, and computed once.
///
/// Whatever is a layer is a [`Network`].
pub trait Layer<T: Real, X>: Flat<T> + Vector<T> {
    /// What comes out: an array.
    type Output: Vector<T>;
    /// What the reverse sweep needs beside the input.
    type Kept;

    /// The value at `x`.
    fn value(&self, x: &X) -> Self::Output;

    /// The value at `x` and its derivative along `x_dot`, and along `self_dot` where there is one.
    fn tangent(&self, self_dot: Option<&Self>, x: &X, x_dot: &X) -> (Self::Output, Self::Output);

    /// The value at `x`, with what is kept.
    fn keep(&self, x: &X) -> (Self::Output, Self::Kept);

    /// What is kept alone: of the last layer nobody asks the value.
    fn keep_only(&self, x: &X) -> Self::Kept;

    /// Adds the product of `y_bar` and the Jacobian at `x` to `self_bar` and `x_bar`.
    fn pull(&self, x: &X, kept: &Self::Kept, y_bar: &Self::Output, self_bar: &mut Self, x_bar: &mut X);
}

impl<T: Real, X, L: Layer<T, X>> Network<T, X> for L {
    type Output = L::Output;

    #[inline]
    fn forward(&self, x: &X) -> L::Output {
        wide(Value { scalar: PhantomData, net: self, x })
    }
    #[inline]
    fn jvp(&self, self_dot: &Self, x: &X, x_dot: &X) -> (L::Output, L::Output) {
        wide(Tangent { scalar: PhantomData, net: self, net_dot: Some(self_dot), x, x_dot })
    }
    #[inline]
    fn input_jvp(&self, x: &X, x_dot: &X) -> (L::Output, L::Output) {
        wide(Tangent { scalar: PhantomData, net: self, net_dot: None, x, x_dot })
    }
    #[inline]
    fn vjp(&self, x: &X, y_bar: &L::Output, self_bar: &mut Self, x_bar: &mut X) {
        wide(Pull { scalar: PhantomData, net: self, x, y_bar, net_bar: self_bar, x_bar });
    }
}

/// How many sums a long dot product keeps: one alone would wait for each addition, and use no vector registers.
const LANES: usize = 8;

/// `a · b`.
#[inline(always)]
pub(super) fn dot<T: Real, const N: usize>(a: &[T; N], b: &[T; N]) -> T {
    let mut sum = T::ZERO;
    let whole = if N < LANES { 0 } else { N - N % LANES };
    if whole > 0 {
        let mut sums = [T::ZERO; LANES];
        let (a, b) = (a.as_chunks::<LANES>().0, b.as_chunks::<LANES>().0);
        for (a, b) in a.iter().zip(b) {
            for lane in 0..LANES {
                sums[lane] += a[lane] * b[lane];
            }
        }
        sum = sum_lanes(sums);
    }
    for i in whole..N {
        sum += a[i] * b[i];
    }
    sum
}

/// `W x + b`.
#[inline(always)]
pub(super) fn affine<T: Real, const I: usize, const O: usize>(
    weight: &[[T; I]; O],
    bias: &[T; O],
    x: &[T; I],
) -> [T; O] {
    let mut y = *bias;
    for o in 0..O {
        y[o] += dot(&weight[o], x);
    }
    y
}

/// Adds `y xᵀ` to `W` and `y` to `b`.
#[inline(always)]
pub(super) fn add_outer<T: Real, const I: usize, const O: usize>(
    weight: &mut [[T; I]; O],
    bias: &mut [T; O],
    y: &[T; O],
    x: &[T; I],
) {
    for o in 0..O {
        bias[o] += y[o];
    }
    for o in 0..O {
        for i in 0..I {
            weight[o][i] += y[o] * x[i];
        }
    }
}

/// Adds `Wᵀ y` to `x`.
#[inline(always)]
pub(super) fn add_transposed<T: Real, const I: usize, const O: usize>(
    x: &mut [T; I],
    weight: &[[T; I]; O],
    y: &[T; O],
) {
    if I >= LANES {
        // Along the rows: each is added to all of `x`.
        for o in 0..O {
            for i in 0..I {
                x[i] += weight[o][i] * y[o];
            }
        }
        return;
    }
    // Few columns: several sums of each, over whole chunks of rows.
    let mut sums = [[T::ZERO; LANES]; I];
    let whole = O - O % LANES;
    for start in (0..whole).step_by(LANES) {
        for i in 0..I {
            for lane in 0..LANES {
                sums[i][lane] += weight[start + lane][i] * y[start + lane];
            }
        }
    }
    for i in 0..I {
        let mut sum = sum_lanes(sums[i]);
        for o in whole..O {
            sum += weight[o][i] * y[o];
        }
        x[i] += sum;
    }
}

/// The sum of a few, in pairs.
#[inline(always)]
fn sum_lanes<T: Real>([a, b, c, d, e, f, g, h]: [T; LANES]) -> T {
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}
