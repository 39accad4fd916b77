//! Activations: functions of one real, applied to each output of a layer.

use std::f64::consts::FRAC_1_SQRT_2;
use std::f64::consts::FRAC_2_SQRT_PI;
use std::fmt::Debug;

use crate::real::Real;
use crate::space::Flat;

/// A function of one real with its derivative, as a type without values.
///
/// Both are generic over the scalar, so that derivatives of derivatives are exact as well; with `FUSED` they may use
/// [fused](Real::fused) operations. A new one is a unit struct,
/// these two functions, and `type Kept<T: Real, X: Flat<T>> = [X; 2];`.
pub trait Activation: Copy + Debug + Default + PartialEq + Send + Sync + 'static {
    /// The slope is infinite somewhere; what does not vary there has the derivative zero all the same.
    const SINGULAR: bool = false;
    /// A function is called for each real, so that a vector register full of them takes no less than each by itself.
    const CALLS: bool = false;

    /// What a layer keeps for the way back, `X` being one real for each of its outputs: values and slopes, `[X; 2]`;
    /// values, `[X; 1]`, where the slope follows from the value by [`slope_at`](Self::slope_at); nothing, `[X; 0]`,
    /// where the function is the identity.
    type Kept<T: Real, X: Flat<T>>: Flat<T>;

    /// The value at `x`.
    fn value<T: Real, const FUSED: bool>(x: T) -> T;

    /// The value at `x`, the same to the bit, and the derivative there.
    fn with_slope<T: Real, const FUSED: bool>(x: T) -> (T, T);

    /// The derivative where the value is `y`; not asked for where slopes are kept.
    fn slope_at<T: Real>(y: T) -> T {
        let _ = y;
        T::lit(f64::NAN)
    }
}

/// The slope of [`LeakyRelu`] below zero: a single float, as dfdx has it for `f64` too.
pub(crate) const LEAK: f64 = 0.05_f32 as f64;

/// `x`: a layer that is linear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity;

impl Activation for Identity {
    type Kept<T: Real, X: Flat<T>> = [X; 0];
    #[inline(always)]
    fn value<T: Real, const FUSED: bool>(x: T) -> T {
        x
    }
    #[inline(always)]
    fn with_slope<T: Real, const FUSED: bool>(x: T) -> (T, T) {
        (x, T::ONE)
    }
}

/// A line for each: the value at `x`, and the derivative in terms of the value `y`, or in terms of `x`.
macro_rules! activations {
    ($($(#[$doc:meta])* $name:ident ($x:ident) = $value:expr, $y:tt => $slope:expr $(, $constant:ident)*;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name;

        impl Activation for $name {
            $( const $constant: bool = true; )*
            #[inline(always)]
            fn value<T: Real, const FUSED: bool>($x: T) -> T {
                $value
            }
            #[inline(always)]
            fn with_slope<T: Real, const FUSED: bool>($x: T) -> (T, T) {
                let y = $value;
                let slope = { let $y = y; $slope };
                (y, slope)
            }
            activations!(@kept $y => $slope);
        }
    )* };
    (@kept _ => $slope:expr) => {
        type Kept<T: Real, X: Flat<T>> = [X; 2];
    };
    (@kept $y:ident => $slope:expr) => {
        type Kept<T: Real, X: Flat<T>> = [X; 1];
        #[inline(always)]
        fn slope_at<T: Real>($y: T) -> T {
            $slope
        }
    };
}

activations! {
    /// The hyperbolic tangent.
    Tanh(x) = x.tanh_lane::<FUSED>(), y => T::ONE - y * y;
    /// `1 / (1 + e^-x)`.
    Sigmoid(x) = x.sigmoid::<FUSED>(), y => y * (T::ONE - y);
    /// `max(x, 0)`, with slope zero at zero.
    Relu(x) = if x > T::ZERO || x.is_nan() { x } else { T::ZERO }, _ => step(x, 0.0);
    /// `x` where it is positive, `0.05 x` elsewhere.
    LeakyRelu(x) = if x < T::ZERO { x.scale(LEAK) } else { x }, _ => if x < T::ZERO { T::lit(LEAK) } else { T::ONE };
    /// `x Φ(x)` with the normal distribution function `Φ` (Hendrycks and Gimpel, 2016).
    Gelu(x) = x * normal::<T, FUSED>(x), _ => normal::<T, FUSED>(x) + x * normal_density::<T, FUSED>(x);
    /// The usual approximation of [`Gelu`]: `x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2`.
    FastGelu(x) = x.scale(0.5) * (T::ONE + cubic(x).0.tanh_lane::<FUSED>()), _ => fast_gelu_slope::<T, FUSED>(x);
    /// `ln(1 + e^x)`.
    Softplus(x) = x.softplus::<FUSED>(), _ => x.sigmoid::<FUSED>();
    /// The sine.
    Sin(x) = x.sin(), _ => x.cos(), CALLS;
    /// The cosine.
    Cos(x) = x.cos(), _ => -x.sin(), CALLS;
    /// `e^x`.
    Exp(x) = x.exp_lane::<FUSED>(), y => y;
    /// The natural logarithm.
    Ln(x) = x.ln(), _ => x.recip(), SINGULAR, CALLS;
    /// The square root.
    Sqrt(x) = x.sqrt(), y => T::lit(0.5) / y, SINGULAR;
    /// `|x|`, with slope zero at zero.
    Abs(x) = x.abs(), _ => step(x, 0.0) - step(-x, 0.0);
    /// `x²`.
    Square(x) = x * x, _ => x.scale(2.0);
    /// `x³`.
    Cube(x) = x * x * x, _ => (x * x).scale(3.0);
}

/// One where `x` is positive, `otherwise` elsewhere.
#[inline(always)]
fn step<T: Real>(x: T, otherwise: f64) -> T {
    if x > T::ZERO { T::ONE } else { T::lit(otherwise) }
}

#[inline(always)]
fn normal<T: Real, const FUSED: bool>(x: T) -> T {
    x.scale(-FRAC_1_SQRT_2).erfc::<FUSED>().scale(0.5)
}

#[inline(always)]
fn normal_density<T: Real, const FUSED: bool>(x: T) -> T {
    (x * x).scale(-0.5).exp_lane::<FUSED>().scale(0.5 * FRAC_1_SQRT_2 * FRAC_2_SQRT_PI)
}

/// `√(2/π) (x + 0.044715 x³)` and its slope.
#[inline(always)]
fn cubic<T: Real>(x: T) -> (T, T) {
    // From here on the hyperbolic tangent is one; the cube of something larger would overflow.
    // Not by `max` and `min`, which would make a number of a NaN.
    let end = T::lit(16.0);
    let x = if x < -end { -end } else { x };
    let x = if x > end { end } else { x };
    let root = FRAC_1_SQRT_2 * FRAC_2_SQRT_PI;
    ((x + (x * x * x).scale(0.044715)).scale(root), (T::ONE + (x * x).scale(3.0 * 0.044715)).scale(root))
}

#[inline(always)]
fn fast_gelu_slope<T: Real, const FUSED: bool>(x: T) -> T {
    let (inner, slope) = cubic(x);
    let y = inner.tanh_lane::<FUSED>();
    (T::ONE + y + x * (T::ONE - y * y) * slope).scale(0.5)
}
