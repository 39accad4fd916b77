//! What a network is made of, and the products that its layers compute.
//!
//! Loops count indices: over arrays of known sizes they become vector code, which chains of iterators do less reliably.
#![allow(clippy::needless_range_loop)]

use std::array::from_mut;
use std::array::from_ref;

use crate::nn::Network;
use crate::nn::wide;
use crate::real::Real;
use crate::space::Flat;
use crate::space::Vector;

/// A part of a network, with its forward sweep taken apart: what the reverse sweep needs is kept, and computed once.
///
/// Everything is done for `R` inputs at a time, so that several share what is read of the parameters. The results for
/// each are the same bits whatever `R` is. Whatever is a layer is a [`Network`].
pub trait Layer<T: Real, X>: Flat<T> + Vector<T> {
    /// What comes out: an array.
    type Output: Flat<T> + Vector<T>;
    /// What the reverse sweep needs beside the input.
    type Kept<const R: usize>;

    /// The value at `x`.
    fn value<const R: usize>(&self, x: &[X; R]) -> [Self::Output; R];

    /// The value at `x` and its derivative along `x_dot`, and along `self_dot` where there is one.
    fn tangent<const R: usize>(
        &self,
        self_dot: Option<&Self>,
        x: &[X; R],
        x_dot: &[X; R],
    ) -> ([Self::Output; R], [Self::Output; R]);

    /// The value at `x`, with what is kept.
    fn keep<const R: usize>(&self, x: &[X; R]) -> ([Self::Output; R], Self::Kept<R>);

    /// What is kept alone: of the last layer nobody asks the value.
    fn keep_only<const R: usize>(&self, x: &[X; R]) -> Self::Kept<R>;

    /// Adds the product of `y_bar` and the Jacobian at `x` to `self_bar` and `x_bar`.
    fn pull<const R: usize>(
        &self,
        x: &[X; R],
        kept: &Self::Kept<R>,
        y_bar: &[Self::Output; R],
        self_bar: &mut Self,
        x_bar: &mut [X; R],
    );
}

impl<T: Real, X, L: Layer<T, X>> Network<T, X> for L {
    type Output = L::Output;

    #[inline]
    fn forward(&self, x: &X) -> L::Output {
        let [y] = wide::forward(self, from_ref(x));
        y
    }
    #[inline]
    fn jvp(&self, self_dot: &Self, x: &X, x_dot: &X) -> (L::Output, L::Output) {
        let ([y], [y_dot]) = wide::jvp(self, Some(self_dot), from_ref(x), from_ref(x_dot));
        (y, y_dot)
    }
    #[inline]
    fn input_jvp(&self, x: &X, x_dot: &X) -> (L::Output, L::Output) {
        let ([y], [y_dot]) = wide::jvp(self, None, from_ref(x), from_ref(x_dot));
        (y, y_dot)
    }
    #[inline]
    fn vjp(&self, x: &X, y_bar: &L::Output, self_bar: &mut Self, x_bar: &mut X) {
        wide::vjp(self, from_ref(x), from_ref(y_bar), self_bar, from_mut(x_bar));
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

/// `W x + b` for each `x`.
#[inline(always)]
pub(super) fn affine<T: Real, const I: usize, const O: usize, const R: usize>(
    weight: &[[T; I]; O],
    bias: &[T; O],
    x: &[[T; I]; R],
) -> [[T; O]; R] {
    let mut y = [*bias; R];
    if I < LANES {
        // Along the outputs.
        for r in 0..R {
            for o in 0..O {
                y[r][o] += dot(&weight[o], &x[r]);
            }
        }
    } else {
        // A row of weights, once read, serves all.
        for o in 0..O {
            for r in 0..R {
                y[r][o] += dot(&weight[o], &x[r]);
            }
        }
    }
    y
}

/// Adds `y xᵀ` to `W` and `y` to `b` for each pair, in order.
#[inline(always)]
pub(super) fn add_outer<T: Real, const I: usize, const O: usize, const R: usize>(
    weight: &mut [[T; I]; O],
    bias: &mut [T; O],
    y: &[[T; O]; R],
    x: &[[T; I]; R],
) {
    for r in 0..R {
        for o in 0..O {
            bias[o] += y[r][o];
        }
    }
    if I < LANES {
        for r in 0..R {
            for o in 0..O {
                for i in 0..I {
                    weight[o][i] += y[r][o] * x[r][i];
                }
            }
        }
    } else {
        for o in 0..O {
            for i in 0..I {
                let mut sum = weight[o][i];
                for r in 0..R {
                    sum += y[r][o] * x[r][i];
                }
                weight[o][i] = sum;
            }
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
        // Along the rows, four at a time: each is added to all of `x`.
        let whole = O - O % 4;
        for o in (0..whole).step_by(4) {
            for i in 0..I {
                let sum = x[i] + weight[o][i] * y[o] + weight[o + 1][i] * y[o + 1];
                x[i] = sum + weight[o + 2][i] * y[o + 2] + weight[o + 3][i] * y[o + 3];
            }
        }
        for o in whole..O {
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
