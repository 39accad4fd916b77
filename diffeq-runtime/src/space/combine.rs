//! Linear combinations of stages, fused into one pass over memory.

use std::marker::PhantomData;

use crate::real::Real;
use crate::space::Vector;

/// A row of coefficients that is known at compile time: terms whose coefficient is zero are not compiled.
pub trait Row<const S: usize> {
    /// The coefficients.
    const ROW: [f64; S];
}

/// The terms of a row that are not zero, in the order of the row.
struct Terms<R, const S: usize>(PhantomData<R>);

impl<R: Row<S>, const S: usize> Terms<R, S> {
    /// How many there are.
    const COUNT: usize = {
        let (mut count, mut j) = (0, 0);
        while j < S {
            count += (R::ROW[j] != 0.0) as usize;
            j += 1;
        }
        count
    };

    /// Of each, which vector and how much of it.
    const ALL: [(usize, f64); S] = {
        let mut terms = [(0, 0.0); S];
        let (mut m, mut j) = (0, 0);
        while j < S {
            if R::ROW[j] != 0.0 {
                terms[m] = (j, R::ROW[j]);
                m += 1;
            }
            j += 1;
        }
        terms
    };
}

/// What is done with `M` vectors of `n` reals each, and a coefficient for each. It is compiled for numbers of terms, and not for
/// rows: where nothing is inlined, rows of all methods share it.
pub(super) trait WithTerms<T> {
    type Output;
    fn call<const M: usize>(self, columns: [&[T]; M], coefficients: [f64; M]) -> Self::Output;
}

/// Calls a function with the terms of a row that are not zero.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn with_terms<R, T, V, const S: usize, W>(k: &[V; S], function: W) -> W::Output
where
    R: Row<S>,
    T: Real,
    V: Vector<T>,
    W: WithTerms<T>,
{
    macro_rules! count {
        ($($m:literal)*) => {
            // Of the arms just one is compiled.
            match const { Terms::<R, S>::COUNT } {
                $( $m => with_count::<T, V, W, $m>(k, &Terms::<R, S>::ALL, function), )*
                _ => unreachable!("a method has at most {MAX_STAGES} stages"),
            }
        };
    }
    count!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28)
}

/// [`with_terms`] of a row with `M` terms: as above, compiled for numbers of terms.
#[cfg_attr(not(debug_assertions), inline(always))]
fn with_count<T, V, W, const M: usize>(k: &[V], terms: &[(usize, f64)], function: W) -> W::Output
where
    T: Real,
    V: Vector<T>,
    W: WithTerms<T>,
{
    let (mut columns, mut coefficients): ([&[T]; M], _) = ([&[]; M], [0.0; M]);
    let mut m = 0;
    while m < M {
        let (j, coefficient) = terms[m];
        columns[m] = k[j].as_slice();
        coefficients[m] = coefficient;
        m += 1;
    }
    function.call(columns, coefficients)
}

/// Calls a macro with the index and a name for each term that a row may have.
macro_rules! with_names {
    ($callback:ident) => {
        $callback!(
            0 k0, 1 k1, 2 k2, 3 k3, 4 k4, 5 k5, 6 k6, 7 k7, 8 k8, 9 k9, 10 k10, 11 k11, 12 k12, 13 k13, 14 k14,
            15 k15, 16 k16, 17 k17, 18 k18, 19 k19, 20 k20, 21 k21, 22 k22, 23 k23, 24 k24, 25 k25, 26 k26, 27 k27
        )
    };
}
pub(super) use with_names;

/// The most stages, extra ones for dense output included, that a method may have.
pub(super) const MAX_STAGES: usize = 28;

/// All reals of a column that has `n` of them. The slicing tells the compiler the length, so that it drops the bounds checks.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn exactly<T>(column: &[T], n: usize) -> Option<&[T]> {
    if column.len() == n { column.get(..n) } else { None }
}

/// The reals of term `m`, none where there are fewer terms; `$otherwise` where they are not `n`.
macro_rules! term {
    ($columns:ident, $m:literal, $count:ident, $n:expr, $otherwise:expr) => {
        if const { $m < $count } {
            let Some(column) = crate::space::combine::exactly($columns[$m], $n) else { return $otherwise };
            column
        } else {
            &[]
        }
    };
}
pub(super) use term;

/// `Σ_m c_m k_m[i]`, in the order of the terms.
macro_rules! sum {
    ($i:ident, $count:ident, $coefficients:ident, $zero:expr, $term:expr; $($m:literal $k:ident),*) => {{
        let mut sum = $zero;
        $(
            if const { $m < $count } {
                let term = $term($k[$i], $coefficients[$m]);
                // Starting from zero would cost an addition: `0 + x` is not `x` where `x` is `-0`.
                if const { $m == 0 } { sum = term } else { sum += term }
            }
        )*
        sum
    }};
}
pub(super) use sum;

/// `out = base + h Σ_j R_j k_j`, the row `R` being known at compile time.
///
/// Where the lengths differ (a model changed the length of a `Vec`), `out` is filled with NaN, which the solver
/// reports.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn assign_combination<R: Row<S>, T: Real, V: Vector<T>, const S: usize>(
    out: &mut V,
    base: &V,
    h: f64,
    k: &[V; S],
) {
    out.combine::<R, S>(base, h, k);
}

/// [`assign_combination`] of vectors that are slices.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn in_slices<R: Row<S>, T: Real, V: Vector<T>, const S: usize>(
    out: &mut V,
    base: &V,
    h: f64,
    k: &[V; S],
) {
    const { assert!(S <= MAX_STAGES) };
    let (out, base) = (out.as_mut_slice(), base.as_slice());
    with_terms::<R, T, V, S, _>(k, Sum { out, base, h });
}

pub(super) struct Sum<'a, T> {
    pub out: &'a mut [T],
    pub base: &'a [T],
    pub h: f64,
}

impl<T: Real> WithTerms<T> for Sum<'_, T> {
    type Output = ();

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn call<const M: usize>(self, columns: [&[T]; M], coefficients: [f64; M]) {
        let Self { out, base, h } = self;
        let n = out.len();
        let h = T::lit(h);
        macro_rules! body {
        ($($m:literal $k:ident),*) => {
            let Some(base) = exactly(base, n) else { return out.fill(T::lit(f64::NAN)) };
            $( let $k: &[T] = term!(columns, $m, M, n, out.fill(T::lit(f64::NAN))); )*
            for i in 0..n {
                out[i] = base[i] + h * sum!(i, M, coefficients, T::ZERO, T::scale; $($m $k),*);
            }
        };
    }
        with_names!(body);
    }
}

/// `out = base + Σ_j w_j k_j` over the terms of a row `R` that are not zero, with weights that only the run knows.
///
/// Where the lengths differ, `out` is filled with NaN.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn assign_weighted<R: Row<S>, T: Real, V: Vector<T>, const S: usize>(
    out: &mut V,
    base: &V,
    weights: &[f64; S],
    k: &[V; S],
) {
    out.combine_weighted::<R, S>(base, weights, k);
}

/// [`assign_weighted`] of vectors that are slices.
#[cfg_attr(not(debug_assertions), inline(always))]
// Unrolled, with the zeros of the row left out: loops over numbers of stages, as of all else here.
#[allow(clippy::needless_range_loop)]
pub(super) fn weighted_in_slices<R: Row<S>, T: Real, V: Vector<T>, const S: usize>(
    out: &mut V,
    base: &V,
    weights: &[f64; S],
    k: &[V; S],
) {
    if const { std::mem::needs_drop::<V>() } {
        // Long vectors on the heap: a pass for each stage is vector code without bounds checks.
        out.set(base);
        for j in 0..S {
            if R::ROW[j] != 0.0 {
                out.increase(weights[j], &k[j]);
            }
        }
        return;
    }
    for (i, out) in out.as_mut_slice().iter_mut().enumerate() {
        let mut sum = base.as_slice()[i];
        for j in 0..S {
            if R::ROW[j] != 0.0 {
                sum += k[j].as_slice()[i].scale(weights[j]);
            }
        }
        *out = sum;
    }
}

/// `out += factor x`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn add_scaled<T: Real, V: Vector<T>>(out: &mut V, factor: f64, x: &V) {
    out.increase(factor, x);
}

/// `out = factor x`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn assign_scaled<T: Real, V: Vector<T>>(out: &mut V, factor: f64, x: &V) {
    out.set_scaled(factor, x);
}

/// `out = x`, in the memory that `out` has.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn assign<T: Real, V: Vector<T>>(out: &mut V, x: &V) {
    out.set(x);
}

/// `out = x`, where nobody needs the content of `x` any more: whichever of copying and swapping is cheaper.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn assign_from<T: Real, V: Vector<T>>(out: &mut V, x: &mut V) {
    // A `Vec` is three words whatever its length; an array is its content, and swapping moves it twice.
    if const { size_of::<V>() <= 64 && std::mem::needs_drop::<V>() } {
        std::mem::swap(out, x)
    } else {
        assign(out, x)
    }
}

/// `out = 0`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn assign_zero<T: Real, V: Vector<T>>(out: &mut V) {
    out.set_zero();
}

/// `Σ_i x_i y_i`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn dot<T: Real, V: Vector<T>>(x: &V, y: &V) -> T {
    x.inner(y)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thirds;
    impl Row<3> for Thirds {
        const ROW: [f64; 3] = [0.0, 1.0 / 3.0, -2.0 / 3.0];
    }

    #[test]
    fn a_combination_is_what_it_says_for_every_shape() {
        let stages = [[f64::NAN; 2], [3.0, 6.0], [9.0, -3.0]];
        let mut out = [0.0; 2];
        assign_combination::<Thirds, f64, _, 3>(&mut out, &[1.0, 1.0], 0.5, &stages);
        assert_eq!(out, [1.0 + 0.5 * (1.0 - 6.0), 1.0 + 0.5 * (2.0 + 2.0)]);

        let mut out = vec![0.0; 2];
        assign_combination::<Thirds, f64, _, 3>(&mut out, &vec![1.0; 2], 0.5, &stages.map(|k| k.to_vec()));
        assert_eq!(out, [-1.5, 3.0]);
    }

    #[test]
    fn a_changed_length_is_nan_and_not_a_panic() {
        let mut out = vec![0.0; 2];
        let stages = [vec![1.0; 2], vec![1.0; 2], vec![1.0; 3]];
        assign_combination::<Thirds, f64, _, 3>(&mut out, &vec![1.0; 2], 0.5, &stages);
        assert!(out[0].is_nan() && out[1].is_nan());
    }

    #[test]
    fn the_small_operations() {
        let mut out = vec![1.0_f32, 2.0];
        add_scaled(&mut out, 2.0, &vec![1.0, -1.0]);
        assert_eq!(out, [3.0, 0.0]);
        assert_eq!(dot(&out, &vec![2.0, 5.0]), 6.0);
        assign(&mut out, &vec![4.0, 5.0]);
        assert_eq!(out, [4.0, 5.0]);
        assign_zero(&mut out);
        assert_eq!(out, [0.0, 0.0]);
    }
}
