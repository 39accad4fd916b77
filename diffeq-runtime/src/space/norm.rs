//! Norms of a state, weighted by the tolerances, over values alone: a tangent never steers a step.

use crate::real::Real;
use crate::space::Row;
use crate::space::Vector;
use crate::space::combine::MAX_STAGES;
use crate::space::combine::WithTerms;
use crate::space::combine::sum;
use crate::space::combine::term;
use crate::space::combine::with_names;
use crate::space::combine::with_terms;

/// A tolerance: one for all components, or one for each.
#[derive(Debug, Clone, PartialEq)]
pub enum Tolerance {
    /// The same for all components.
    Scalar(f64),
    /// One for each component of the state.
    Components(Vec<f64>),
}

impl Tolerance {
    /// The tolerance of component `i`; NaN where there is none.
    #[inline]
    pub fn get(&self, i: usize) -> f64 {
        match self {
            Self::Scalar(tolerance) => *tolerance,
            Self::Components(tolerances) => tolerances.get(i).copied().unwrap_or(f64::NAN),
        }
    }
}

impl From<f64> for Tolerance {
    fn from(tolerance: f64) -> Self {
        Self::Scalar(tolerance)
    }
}

impl From<Vec<f64>> for Tolerance {
    fn from(tolerances: Vec<f64>) -> Self {
        Self::Components(tolerances)
    }
}

impl<const N: usize> From<[f64; N]> for Tolerance {
    fn from(tolerances: [f64; N]) -> Self {
        Self::Components(tolerances.into())
    }
}

/// How large an error may be: `relative · |u_i| + absolute`, component by component.
#[derive(Debug, Clone, PartialEq)]
pub struct Tolerances {
    /// Relative to the component's size.
    pub relative: Tolerance,
    /// Whatever the component's size.
    pub absolute: Tolerance,
}

impl Tolerance {
    /// Changes each.
    pub(crate) fn each(&mut self, change: impl Fn(f64) -> f64) {
        match self {
            Self::Scalar(tolerance) => *tolerance = change(*tolerance),
            Self::Components(each) => each.iter_mut().for_each(|each| *each = change(*each)),
        }
    }

    /// The smallest of all.
    fn least(&self) -> f64 {
        match self {
            Self::Scalar(tolerance) => *tolerance,
            Self::Components(each) => each.iter().fold(f64::INFINITY, |a, b| a.min(*b)),
        }
    }
}

impl Tolerances {
    /// The smallest relative one: for what has other components than the state.
    pub(crate) fn least_relative(&self) -> f64 {
        self.relative.least()
    }

    /// The smallest absolute one.
    pub(crate) fn least_absolute(&self) -> f64 {
        self.absolute.least()
    }

    /// The largest error that component `i` may have where its size is `size`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn scale(&self, i: usize, size: f64) -> f64 {
        self.of(i).scale(size)
    }

    /// What holds for component `i`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn of(&self, i: usize) -> Bounds {
        Bounds { relative: self.relative.get(i), absolute: self.absolute.get(i) }
    }
}

/// The tolerances of one component.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    relative: f64,
    absolute: f64,
}

impl Bounds {
    /// The largest error that it may have where its size is `size`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn scale(self, size: f64) -> f64 {
        scale(self.relative, self.absolute, size)
    }
}

/// Never zero: where state and absolute tolerance are zero, an error of zero is small enough.
#[cfg_attr(not(debug_assertions), inline(always))]
fn scale(relative: f64, absolute: f64, size: f64) -> f64 {
    f64::max(absolute + relative * size, f64::MIN_POSITIVE)
}

/// The mean of `(h Σ_j R_j k_j[i] / scale_i)²` over the components, with the larger of `|u_i|` and `|next_i|` as
/// the size (Hairer, Nørsett, Wanner I, eq. II.4.11); NaN where anything is not finite.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn error_mean_square<R: Row<S>, T: Real, V: Vector<T>, const S: usize>(
    h: f64,
    k: &[V; S],
    u: &V,
    next: &V,
    tolerances: &Tolerances,
) -> f64 {
    V::mean_square::<R, S>(h, k, u, next, tolerances)
}

/// [`error_mean_square`] of vectors that are slices.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn in_slices<R: Row<S>, T: Real, V: Vector<T>, const S: usize>(
    h: f64,
    k: &[V; S],
    u: &V,
    next: &V,
    tolerances: &Tolerances,
) -> f64 {
    const { assert!(S <= MAX_STAGES) };
    let (u, next) = (u.as_slice(), next.as_slice());
    with_terms::<R, T, V, S, _>(k, MeanSquare { h, u, next, tolerances })
}

pub(super) struct MeanSquare<'a, T> {
    pub h: f64,
    pub u: &'a [T],
    pub next: &'a [T],
    pub tolerances: &'a Tolerances,
}

impl<T: Real> WithTerms<T> for MeanSquare<'_, T> {
    type Output = f64;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn call<const M: usize>(self, columns: [&[T]; M], coefficients: [f64; M]) -> f64 {
        let Self { h, u, next, tolerances } = self;
        match (&tolerances.relative, &tolerances.absolute) {
            (&Tolerance::Scalar(relative), &Tolerance::Scalar(absolute)) => {
                mean_square(columns, coefficients, h, u, next, |_, size| scale(relative, absolute, size))
            }
            _ => mean_square_by_components(columns, coefficients, h, u, next, tolerances),
        }
    }
}

/// Apart, so that the steps of most solves, whose tolerances are one for all components, are not laid out around it.
#[inline(never)]
fn mean_square_by_components<T: Real, const M: usize>(
    columns: [&[T]; M],
    coefficients: [f64; M],
    h: f64,
    u: &[T],
    next: &[T],
    tolerances: &Tolerances,
) -> f64 {
    mean_square(columns, coefficients, h, u, next, |i, size| tolerances.scale(i, size))
}

/// How many sums [`mean_square`] keeps.
const LANES: usize = 4;

#[cfg_attr(not(debug_assertions), inline(always))]
fn mean_square<T: Real, const M: usize>(
    columns: [&[T]; M],
    coefficients: [f64; M],
    h: f64,
    u: &[T],
    next: &[T],
    scale: impl Fn(usize, f64) -> f64,
) -> f64 {
    let n = u.len();
    if n == 0 {
        return 0.0;
    }
    macro_rules! body {
        ($($m:literal $k:ident),*) => {{
            if next.len() != n {
                return f64::NAN;
            }
            $( let $k: &[T] = term!(columns, $m, M, n, f64::NAN); )*
            // Several sums side by side: one alone would wait for each addition, and could not use vector registers. Nor could these
            // beside sums of another kind.
            let mut sums = [0.0; LANES];
            // Not a closure: in a long vector it would be a call for each component.
            macro_rules! square {
                ($i:expr) => {{
                    let i = $i;
                    let error = sum!(i, M, coefficients, 0.0, |k: T, c: f64| k.value() * c; $($m $k),*);
                    let (before, after) = (u[i].value().abs(), next[i].value().abs());
                    let ratio = error / scale(i, if before >= after { before } else { after });
                    ratio * ratio
                }};
            }
            let (blocks, rest) = (n / LANES, n % LANES);
            for chunk in 0..blocks {
                for (lane, sum) in sums.iter_mut().enumerate() {
                    *sum += square!(chunk * LANES + lane);
                }
            }
            // An infinite state has an infinite scale, which would hide it.
            let mut squares: f64 = sums.iter().sum();
            for i in n - rest..n {
                squares += square!(i) + next[i].zero_if_finite();
            }
            if T::are_finite(&next[..n - rest]) { h * h * squares / n as f64 } else { f64::NAN }
        }};
    }
    with_names!(body)
}

/// The root mean square of `x_i / scale_i`, the size being that of `u_i`.
pub fn weighted_norm<T: Real, V: Vector<T>>(x: &V, u: &V, tolerances: &Tolerances) -> f64 {
    let (x, u) = (x.as_slice(), u.as_slice());
    let squares = x.iter().zip(u).enumerate().map(|(i, (x, u))| {
        let ratio = x.value() / tolerances.scale(i, u.value().abs());
        ratio * ratio
    });
    if x.is_empty() { 0.0 } else { (squares.sum::<f64>() / x.len() as f64).sqrt() }
}

/// Whether every value is finite; looks at values, not at tangents.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn all_finite<T: Real, V: Vector<T>>(x: &V) -> bool {
    x.values_are_finite()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct One;
    impl Row<2> for One {
        const ROW: [f64; 2] = [0.0, 1.0];
    }

    fn tolerances(relative: impl Into<Tolerance>, absolute: impl Into<Tolerance>) -> Tolerances {
        Tolerances { relative: relative.into(), absolute: absolute.into() }
    }

    #[test]
    fn scalar_and_component_tolerances_agree() {
        let (u, next, k) = ([1.0, -4.0], [2.0, 1.0], [[0.0; 2], [0.5, 0.25]]);
        let scalar = error_mean_square::<One, f64, _, 2>(0.1, &k, &u, &next, &tolerances(0.5, 1.0));
        let expected = ((0.05_f64 / 2.0).powi(2) + (0.025_f64 / 3.0).powi(2)) / 2.0;
        assert!((scalar - expected).abs() < 1e-15);
        let each = tolerances([0.5, 0.5], vec![1.0, 1.0]);
        assert_eq!(error_mean_square::<One, f64, _, 2>(0.1, &k, &u, &next, &each), scalar);
    }

    #[test]
    fn what_is_not_finite_is_seen() {
        let tolerances = tolerances(0.5, 1.0);
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let k = [[0.0; 2], [0.5, 0.25]];
            assert!(
                error_mean_square::<One, f64, _, 2>(0.1, &k, &[1.0, 1.0], &[1.0, bad], &tolerances).is_nan()
            );
            assert!(!all_finite::<f64, _>(&[1.0, bad]));
        }
        assert!(all_finite::<f64, _>(&[1.0, -1e300]));
        // Wherever it is: among the components that are summed side by side, and behind them.
        let k = [[0.0; 6], [0.5; 6]];
        for i in 0..6 {
            let mut next = [1.0; 6];
            assert!(error_mean_square::<One, f64, _, 2>(0.1, &k, &[1.0; 6], &next, &tolerances).is_finite());
            next[i] = f64::INFINITY;
            assert!(error_mean_square::<One, f64, _, 2>(0.1, &k, &[1.0; 6], &next, &tolerances).is_nan());
        }
    }

    #[test]
    fn nothing_to_measure_is_no_error() {
        let tolerances = tolerances(1e-3, 0.0);
        assert_eq!(
            error_mean_square::<One, f64, _, 2>(0.1, &[[0.0], [0.0]], &[0.0], &[0.0], &tolerances),
            0.0
        );
        assert_eq!(weighted_norm::<f64, [f64; 0]>(&[], &[], &tolerances), 0.0);
    }
}
