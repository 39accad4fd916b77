//! The products that layers compute: by the weights, by their transpose, and of two vectors.
//!
//! Inputs come as tiles: real `n` of all `R` inputs lies in `x[n]`, so that the lanes of a vector register are inputs
//! that see the same weight, and a block of sums stays in registers; each input's terms are added in order. A single
//! input has no such lanes; its registers run along the weights, with several sums for each output.
//!
//! Loops count indices: over arrays of known sizes they become vector code, which chains of iterators do less reliably.
#![allow(clippy::needless_range_loop)]

use std::array::from_fn;
use std::array::from_mut;
use std::array::from_ref;

use crate::real::Real;

/// How many sums a long dot product keeps: one alone would wait for each addition, and use no vector registers.
const LANES: usize = 8;

/// How many rows of a tile are summed at once: they fill half of the registers.
const BLOCK: usize = 4;

/// Writes `W x + b` for each input.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn affine<const FUSED: bool, T: Real, const I: usize, const O: usize, const R: usize>(
    weight: &[[T; I]; O],
    bias: &[T; O],
    x: &[[T; R]; I],
    y: &mut [[T; R]; O],
) {
    if const { R == 1 } {
        for o in 0..O {
            y[o] = [add_dot::<FUSED, _>(bias[o], &weight[o], x.as_flattened()); R];
        }
        return;
    }
    let ((blocks, rest), (biases, biases_rest)) = (weight.as_chunks::<BLOCK>(), bias.as_chunks::<BLOCK>());
    let (sums, sums_rest) = y.as_chunks_mut::<BLOCK>();
    for ((w, b), y) in blocks.iter().zip(biases).zip(sums) {
        *y = weighted::<FUSED, _, _, _>(|i| from_fn(|k| w[k][i]), x, b.map(|b| [b; R]));
    }
    if const { !O.is_multiple_of(BLOCK) } {
        for ((w, b), y) in rest.iter().zip(biases_rest).zip(sums_rest) {
            [*y] = weighted::<FUSED, _, _, _>(|i| [w[i]], x, [[*b; R]]);
        }
    }
}

/// Adds `y xᵀ` to `W` and `y` to `b` for each input, in order.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn add_outer<const FUSED: bool, T: Real, const I: usize, const O: usize, const R: usize>(
    weight: &mut [[T; I]; O],
    bias: &mut [T; O],
    y: &[[T; R]; O],
    x: &[[T; R]; I],
) {
    for o in 0..O {
        for r in 0..R {
            bias[o] += y[o][r];
        }
    }
    if const { R == 1 } {
        for o in 0..O {
            for i in 0..I {
                weight[o][i] = y[o][0].fused::<FUSED>(x[i][0], weight[o][i]);
            }
        }
        return;
    }
    // A square of `x` at a time, transposed: now the lanes are weights.
    for start in (0..I).step_by(R.max(1)) {
        let width = R.min(I - start);
        let mut square = [[T::ZERO; R]; R];
        for l in 0..width {
            for r in 0..R {
                square[r][l] = x[start + l][r];
            }
        }
        let ((blocks, rest), (y, y_rest)) = (weight.as_chunks_mut::<BLOCK>(), y.as_chunks::<BLOCK>());
        for (w, y) in blocks.iter_mut().zip(y) {
            add_square::<FUSED, _, _, _, _>(w, start, width, y, &square);
        }
        if const { !O.is_multiple_of(BLOCK) } {
            for (w, y) in rest.iter_mut().zip(y_rest) {
                add_square::<FUSED, _, _, _, _>(from_mut(w), start, width, from_ref(y), &square);
            }
        }
    }
}

/// Adds `Wᵀ y` to `x` for each input.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn add_transposed<const FUSED: bool, T: Real, const I: usize, const O: usize, const R: usize>(
    x: &mut [[T; R]; I],
    weight: &[[T; I]; O],
    y: &[[T; R]; O],
) {
    if const { R == 1 } {
        return add_transposed_single::<FUSED, _, _, _>(x.as_flattened_mut(), weight, y.as_flattened());
    }
    let (blocks, rest) = x.as_chunks_mut::<BLOCK>();
    for (k, x) in blocks.iter_mut().enumerate() {
        *x = weighted::<FUSED, _, _, _>(|o| weight[o].as_chunks::<BLOCK>().0[k], y, *x);
    }
    if const { !I.is_multiple_of(BLOCK) } {
        for (k, x) in rest.iter_mut().enumerate() {
            [*x] = weighted::<FUSED, _, _, _>(|o| [weight[o][I - I % BLOCK + k]], y, [*x]);
        }
    }
}

/// How many of `n` terms are summed in lanes; what remains is added at the end.
const fn whole(n: usize) -> usize {
    if n < LANES { 0 } else { n - n % LANES }
}

/// `sum + a · b`: lanes in two turns, of which neither waits for the other, nor for what does not fill lanes.
#[cfg_attr(not(debug_assertions), inline(always))]
fn add_dot<const FUSED: bool, T: Real>(mut sum: T, a: &[T], b: &[T]) -> T {
    let whole = whole(a.len());
    for i in whole..a.len() {
        sum = a[i].fused::<FUSED>(b[i], sum);
    }
    if whole == 0 {
        return sum;
    }
    let mut sums = [[T::ZERO; LANES]; 2];
    let chunks = a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0);
    for (turn, (a, b)) in chunks.enumerate() {
        for lane in 0..LANES {
            sums[turn % 2][lane] = a[lane].fused::<FUSED>(b[lane], sums[turn % 2][lane]);
        }
    }
    let [even, odd] = sums;
    sum + sum_lanes(through_memory(from_fn(|lane| even[lane] + odd[lane])))
}

/// Adds to `sum` the terms `w_i x_i` in order, for `B` rows `w`.
#[cfg_attr(not(debug_assertions), inline(always))]
fn weighted<const FUSED: bool, T: Real, const R: usize, const B: usize>(
    w: impl Fn(usize) -> [T; B],
    x: &[[T; R]],
    mut sum: [[T; R]; B],
) -> [[T; R]; B] {
    for (i, x) in x.iter().enumerate() {
        let w = w(i);
        for k in 0..B {
            for r in 0..R {
                sum[k][r] = w[k].fused::<FUSED>(x[r], sum[k][r]);
            }
        }
    }
    sum
}

/// Sums that lie in memory for a moment. Vector code is found backwards from stores: without any, the lanes of a long
/// sum come out two by two.
#[inline(always)]
fn through_memory<S>(sums: S) -> S {
    std::hint::black_box(sums)
}

/// The sum of what the lanes have, in pairs.
#[cfg_attr(not(debug_assertions), inline(always))]
fn sum_lanes<T: Real>([a, b, c, d, e, f, g, h]: [T; LANES]) -> T {
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// Adds the products of `B` rows of `y` and the rows of a square to the weights of `width` columns from `start` on.
#[cfg_attr(not(debug_assertions), inline(always))]
fn add_square<const FUSED: bool, T: Real, const I: usize, const R: usize, const B: usize>(
    weight: &mut [[T; I]; B],
    start: usize,
    width: usize,
    y: &[[T; R]; B],
    square: &[[T; R]; R],
) {
    let mut sum = [[T::ZERO; R]; B];
    for k in 0..B {
        sum[k][..width].copy_from_slice(&weight[k][start..][..width]);
    }
    let sum = weighted::<FUSED, _, _, _>(|r| from_fn(|k| y[k][r]), square, sum);
    for k in 0..B {
        weight[k][start..][..width].copy_from_slice(&sum[k][..width]);
    }
}

/// [`add_transposed`] of one input.
#[cfg_attr(not(debug_assertions), inline(always))]
fn add_transposed_single<const FUSED: bool, T: Real, const I: usize, const O: usize>(
    x: &mut [T],
    weight: &[[T; I]; O],
    y: &[T],
) {
    if const { I >= LANES } {
        // Along the rows, four at a time: each is added to all of `x`.
        let whole = O - O % 4;
        for o in (0..whole).step_by(4) {
            for i in 0..I {
                for k in o..o + 4 {
                    x[i] = weight[k][i].fused::<FUSED>(y[k], x[i]);
                }
            }
        }
        for o in whole..O {
            for i in 0..I {
                x[i] = weight[o][i].fused::<FUSED>(y[o], x[i]);
            }
        }
        return;
    }
    // Few columns: several sums of each, over whole chunks of rows, side by side as the weights are; two turns as above.
    let mut sums = [[[T::ZERO; I]; LANES]; 2];
    let whole = whole(O);
    for (turn, start) in (0..whole).step_by(LANES).enumerate() {
        for lane in 0..LANES {
            for i in 0..I {
                let sum = &mut sums[turn % 2][lane][i];
                *sum = weight[start + lane][i].fused::<FUSED>(y[start + lane], *sum);
            }
        }
    }
    for o in whole..O {
        for i in 0..I {
            x[i] = weight[o][i].fused::<FUSED>(y[o], x[i]);
        }
    }
    if whole == 0 {
        return;
    }
    let [even, odd] = sums;
    let sums: [[T; I]; LANES] = from_fn(|lane| from_fn(|i| even[lane][i] + odd[lane][i]));
    // pairs of doubles fill their registers as it is
    let sums = if const { size_of::<T>() < 8 } { through_memory(sums) } else { sums };
    for i in 0..I {
        x[i] += sum_lanes(from_fn(|lane| sums[lane][i]));
    }
}
