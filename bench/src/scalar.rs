//! The scalars that the bench's problems are written over: `f64`, and double-doubles for the references.

use std::ops::Add;
use std::ops::Div;
use std::ops::Mul;
use std::ops::Neg;
use std::ops::Sub;

/// What a right-hand side needs of a number.
pub trait Scalar:
    Copy
    + From<f64>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// Square root.
    fn sqrt(self) -> Self;
    /// The nearest `f64`.
    fn to_f64(self) -> f64;
}

impl Scalar for f64 {
    #[inline]
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    #[inline]
    fn to_f64(self) -> f64 {
        self
    }
}

/// The unevaluated sum `hi + lo` with `|lo| <= ulp(hi) / 2`: about 31 decimal digits.
///
/// Dekker, Numer. Math. 18 (1971) 224-242; Hida, Li & Bailey, ARITH-15 (2001), the "sloppy" variants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DoubleDouble {
    hi: f64,
    lo: f64,
}

/// `a + b` and its rounding error, for `|a| >= |b|`.
#[inline]
fn fast_two_sum(a: f64, b: f64) -> DoubleDouble {
    let hi = a + b;
    DoubleDouble { hi, lo: b - (hi - a) }
}

/// `a + b` and its rounding error.
#[inline]
fn two_sum(a: f64, b: f64) -> DoubleDouble {
    let hi = a + b;
    let bb = hi - a;
    DoubleDouble { hi, lo: (a - (hi - bb)) + (b - bb) }
}

/// The halves of `a`, 26 bits each.
#[inline]
fn split(a: f64) -> (f64, f64) {
    let t = 134_217_729.0 * a; // 2^27 + 1
    let hi = t - (t - a);
    (hi, a - hi)
}

/// `a b` and its rounding error.
#[inline]
fn two_product(a: f64, b: f64) -> DoubleDouble {
    let hi = a * b;
    let (ah, al) = split(a);
    let (bh, bl) = split(b);
    DoubleDouble { hi, lo: ((ah * bh - hi) + ah * bl + al * bh) + al * bl }
}

impl From<f64> for DoubleDouble {
    #[inline]
    fn from(hi: f64) -> Self {
        Self { hi, lo: 0.0 }
    }
}

impl Add for DoubleDouble {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        let s = two_sum(self.hi, other.hi);
        fast_two_sum(s.hi, s.lo + (self.lo + other.lo))
    }
}

impl Neg for DoubleDouble {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self { hi: -self.hi, lo: -self.lo }
    }
}

impl Sub for DoubleDouble {
    type Output = Self;
    #[inline]
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for DoubleDouble {
    type Output = Self;
    #[inline]
    fn mul(self, other: Self) -> Self {
        let p = two_product(self.hi, other.hi);
        fast_two_sum(p.hi, p.lo + (self.hi * other.lo + self.lo * other.hi))
    }
}

impl Div for DoubleDouble {
    type Output = Self;
    #[inline]
    fn div(self, other: Self) -> Self {
        let q1 = self.hi / other.hi;
        let r = self - other * Self::from(q1);
        let q2 = r.hi / other.hi;
        let r = r - other * Self::from(q2);
        let q3 = r.hi / other.hi;
        let q = fast_two_sum(q1, q2);
        fast_two_sum(q.hi, q.lo + q3)
    }
}

impl Scalar for DoubleDouble {
    #[inline]
    fn sqrt(self) -> Self {
        if self.hi <= 0.0 {
            return Self::from(self.hi.sqrt());
        }
        // One Newton step for the square root, written with one division: Karp & Markstein (1997).
        let x = self.hi.sqrt();
        let residual = self - two_product(x, x);
        fast_two_sum(x, residual.hi / (2.0 * x))
    }
    #[inline]
    fn to_f64(self) -> f64 {
        self.hi + self.lo
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2^-100: double-doubles carry about 106 bits, and each operation here loses a few of them.
    const ROUNDING: f64 = 7.9e-31;

    #[test]
    fn arithmetic_inverts_itself_to_thirty_digits() {
        let third = DoubleDouble::from(1.0) / DoubleDouble::from(3.0);
        let one = third * DoubleDouble::from(3.0);
        assert!((one - DoubleDouble::from(1.0)).to_f64().abs() < ROUNDING);
        let root = DoubleDouble::from(2.0).sqrt();
        assert!((root * root - DoubleDouble::from(2.0)).to_f64().abs() < 8.0 * ROUNDING);
        // (1/3 + 1e-25) - 1/3 keeps the small part, which f64 would lose.
        let small = (third + DoubleDouble::from(1e-25)) - third;
        assert!((small.to_f64() / 1e-25 - 1.0).abs() < 1e-5);
    }
}
