//! What a real number is: `f32`, `f64`, and dual numbers over them.

mod dual;
mod float;
mod lane;
mod lanes;

use std::fmt::Debug;
use std::ops::Add;
use std::ops::AddAssign;
use std::ops::Div;
use std::ops::DivAssign;
use std::ops::Mul;
use std::ops::MulAssign;
use std::ops::Neg;
use std::ops::Sub;
use std::ops::SubAssign;

pub use dual::Dual;
pub use lanes::LANES;
pub use lanes::Lanes;
pub(crate) use lanes::parted;

/// A real number: the scalar that every generated function is generic over.
///
/// The methods have the names and the meaning of those of `f64`. Comparisons look at the value alone, never at a
/// tangent.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no real number",
    label = "reals are `f64` or `f32`",
    note = "write `1.0` for `1`"
)]
pub trait Real:
    Copy
    + Debug
    + Default
    + PartialEq
    + PartialOrd
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
{
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// Unit roundoff of the underlying float (`f64::EPSILON` or `f32::EPSILON`).
    const EPSILON: f64;
    /// How deep derivatives are nested: 0 for a plain number, 1 for dual numbers over those, and so on.
    ///
    /// A number that is zero but for its tangents is zero to any power above this one.
    const NESTING: usize = 0;

    /// How many derivatives it carries, those of derivatives among them; none for a plain number.
    const DERIVATIVES: usize = 0;
    /// Derivative number `i` of these, as `f64`.
    #[inline]
    fn derivative(self, i: usize) -> f64 {
        let _ = i;
        f64::NAN
    }

    /// How many numbers it is: one, or one for each of several solves.
    const WIDTH: usize = 1;
    /// The value of solve `i` of these.
    #[inline(always)]
    fn lane(self, i: usize) -> f64 {
        let _ = i;
        self.value()
    }
    /// The product with a number for each of these solves.
    #[inline(always)]
    fn scale_each(self, factors: &[f64]) -> Self {
        self.scale(factors[0])
    }
    /// Zero where all values are finite, NaN elsewhere.
    #[inline(always)]
    fn zero_if_finite(self) -> f64 {
        self.value() * 0.0
    }

    /// Whether all values of several are finite.
    #[inline(always)]
    fn are_finite(several: &[Self]) -> bool {
        // Without a branch for each: zero times anything not finite is NaN. Several sums, as one would wait for itself.
        let (blocks, rest) = several.as_chunks::<4>();
        let mut sums = [0.0; 4];
        for block in blocks {
            for (sum, x) in sums.iter_mut().zip(block) {
                *sum += x.zero_if_finite();
            }
        }
        let [a, b, c, d] = sums;
        rest.iter().fold((a + b) + (c + d), |sum, x| sum + x.zero_if_finite()) == 0.0
    }

    /// The nearest real to a literal or an integer.
    fn lit(value: f64) -> Self;
    /// The value, without tangents, as `f64`.
    fn value(self) -> f64;
    /// A value that changes at a rate along the first direction of the outermost dual number, and has no other
    /// tangents; for a plain number, the value.
    #[inline]
    fn moving(value: f64, rate: f64) -> Self {
        let _ = rate;
        Self::lit(value)
    }
    /// The same value, all of whose tangents are NaN; for a plain number, the value.
    #[inline]
    fn without_derivative(self) -> Self {
        self
    }
    /// The rate of change that [`moving`](Self::moving) started with, after some arithmetic: exact but for rounding.
    /// Zero for a plain number.
    #[inline]
    fn rate(self) -> f64 {
        0.0
    }
    /// `self * Self::lit(factor)`, without the tangents that a constant does not have.
    #[inline(always)]
    fn scale(self, factor: f64) -> Self {
        self * Self::lit(factor)
    }

    /// Reals that are `f64` as what they are.
    #[doc(hidden)]
    #[inline(always)]
    fn doubles(reals: &[Self]) -> Option<&[f64]> {
        let _ = reals;
        None
    }
    /// See [`doubles`](Real::doubles).
    #[doc(hidden)]
    #[inline(always)]
    fn doubles_mut(reals: &mut [Self]) -> Option<&mut [f64]> {
        let _ = reals;
        None
    }

    /// Sine.
    fn sin(self) -> Self;
    /// Cosine.
    fn cos(self) -> Self;
    /// Tangent.
    fn tan(self) -> Self;
    /// Inverse sine.
    fn asin(self) -> Self;
    /// Inverse cosine.
    fn acos(self) -> Self;
    /// Inverse tangent.
    fn atan(self) -> Self;
    /// Angle of the point `(x, y) = (other, self)`.
    fn atan2(self, other: Self) -> Self;
    /// Hyperbolic sine.
    fn sinh(self) -> Self;
    /// Hyperbolic cosine.
    fn cosh(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Inverse hyperbolic sine.
    fn asinh(self) -> Self;
    /// Inverse hyperbolic cosine.
    fn acosh(self) -> Self;
    /// Inverse hyperbolic tangent.
    fn atanh(self) -> Self;
    /// `e^self`.
    fn exp(self) -> Self;
    /// `2^self`.
    fn exp2(self) -> Self;
    /// `e^self - 1`, exact near zero.
    fn exp_m1(self) -> Self;
    /// Natural logarithm.
    fn ln(self) -> Self;
    /// `ln(1 + self)`, exact near zero.
    fn ln_1p(self) -> Self;
    /// Logarithm to base 2.
    fn log2(self) -> Self;
    /// Logarithm to base 10.
    fn log10(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Cube root.
    fn cbrt(self) -> Self;
    /// `self` to an integer power.
    fn powi(self, exponent: i32) -> Self;
    /// `self` to a real power.
    fn powf(self, exponent: Self) -> Self;
    /// The remainder `self % other`, with the sign of `self`.
    fn rem(self, other: Self) -> Self;
    /// `sqrt(self^2 + other^2)` without overflow.
    fn hypot(self, other: Self) -> Self;
    /// `1 / self`.
    fn recip(self) -> Self;
    /// Absolute value; the derivative at zero is that of the right side.
    fn abs(self) -> Self;
    /// `1` for positive values and `+0`, `-1` for negative values and `-0`; its derivative is zero.
    fn signum(self) -> Self;
    /// Largest integer not above; its derivative is zero.
    fn floor(self) -> Self;
    /// Smallest integer not below; its derivative is zero.
    fn ceil(self) -> Self;
    /// Nearest integer, halves away from zero; its derivative is zero.
    fn round(self) -> Self;
    /// Integer part; its derivative is zero.
    fn trunc(self) -> Self;
    /// The larger of the two, to the bit that of the float: the other one where one of them is NaN. Where they are equal,
    /// the derivative is that of `self`.
    fn max(self, other: Self) -> Self;
    /// The smaller of the two, to the bit that of the float: the other one where one of them is NaN. Where they are
    /// equal, the derivative is that of `self`.
    fn min(self, other: Self) -> Self;
    /// `self` with the sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// `self * factor + summand`, rounded once on floats, as that of `f64` is on every machine.
    #[inline(always)]
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        self * factor + summand
    }
    /// `self * factor + summand`; with `FUSED` rounded once on floats, for machines that do that in one instruction.
    #[inline(always)]
    fn fused<const FUSED: bool>(self, factor: Self, summand: Self) -> Self {
        self * factor + summand
    }
    /// As [`exp`](Real::exp), for loops: on floats without calls, so that vector registers are used, to 1.5 units of
    /// the last place.
    #[inline(always)]
    fn exp_lane<const FUSED: bool>(self) -> Self {
        self.exp()
    }
    /// As [`tanh`](Real::tanh), for loops, to 3 units of the last place.
    #[inline(always)]
    fn tanh_lane<const FUSED: bool>(self) -> Self {
        self.tanh()
    }
    /// `1 / (1 + e^-self)`, for loops, to 3 units of the last place.
    #[inline(always)]
    fn sigmoid<const FUSED: bool>(self) -> Self {
        (Self::ONE + (-self).exp()).recip()
    }
    /// `ln(1 + e^self)`, for loops, to 3 units of the last place; it does not overflow.
    #[inline(always)]
    fn softplus<const FUSED: bool>(self) -> Self {
        self.max(Self::ZERO) + (-self.abs()).exp().ln_1p()
    }
    /// One minus the error function, for loops, to 6 units of the last place.
    fn erfc<const FUSED: bool>(self) -> Self;
    /// Whether value and tangents are finite.
    fn is_finite(self) -> bool;
    /// Whether the value is NaN.
    fn is_nan(self) -> bool;
    /// Whether value and tangents are all zero.
    #[inline]
    fn is_zero(self) -> bool {
        self == Self::ZERO
    }
    /// `self * factor`, but zero where `self` is exactly zero, whatever the factor: infinite, or not a number.
    ///
    /// The chain rule's product where a partial derivative does not exist: what does not vary has the derivative zero.
    #[inline]
    fn zero_or_times(self, factor: Self) -> Self {
        if self.is_zero() { Self::ZERO } else { self * factor }
    }
}

/// The first of some numbers whose value is not finite.
pub(crate) fn first_not_finite<T: Real>(values: &[T]) -> Option<usize> {
    values.iter().position(|x| x.zero_if_finite() != 0.0)
}
