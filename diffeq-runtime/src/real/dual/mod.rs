//! Dual numbers: a value with the derivatives of that value along `K` directions.
//!
//! Arithmetic on `a + Σ a'_i ε_i` with `ε_i ε_j = 0` carries first derivatives exactly (Clifford, 1873; Griewank &
//! Walther, *Evaluating Derivatives*, 2008, section 3.1). `T` may be a dual number itself: the tangents of the tangents are
//! second derivatives, so that a gradient computed over duals yields exact Hessian-vector products.
//!
//! Two laws hold throughout:
//!
//! * the value is to the bit what the same code computes over `T` alone: tangents never influence it;
//! * a tangent that is exactly zero stays zero, also where a partial derivative is infinite or undefined (`sqrt` at zero,
//!   `powf` with a constant negative base): what does not vary has the derivative zero.

use std::cmp::Ordering;
use std::f64::consts::FRAC_2_SQRT_PI;
use std::f64::consts::LN_2;
use std::f64::consts::LN_10;
use std::ops::Add;
use std::ops::AddAssign;
use std::ops::Div;
use std::ops::DivAssign;
use std::ops::Mul;
use std::ops::MulAssign;
use std::ops::Neg;
use std::ops::Sub;
use std::ops::SubAssign;

use crate::real::Real;

/// `K` tangents, one after the other. A loop, since closures are not inlined into code for wider registers than theirs.
macro_rules! each {
    (|$i:ident| $tangent:expr) => {{
        let mut tangents = [T::ZERO; K];
        for $i in 0..K {
            tangents[$i] = $tangent;
        }
        tangents
    }};
}

/// A body in place for duals of plain numbers, and a function of its own where duals are nested: each level calls the one
/// below. In place, a product of numbers nested four deep would be thousands of products wherever one is written.
macro_rules! outlined {
    ($body:expr) => {
        if const { T::NESTING == 0 } { $body } else { apart(move || $body) }
    };
}

#[inline(never)]
fn apart<R>(body: impl FnOnce() -> R) -> R {
    body()
}

/// A value and its derivatives along `K` directions.
///
/// ```
/// use diffeq_runtime::real::Dual;
/// use diffeq_runtime::real::Real;
///
/// let [x, y] = Dual::variables([3.0_f64, 2.0]);
/// let z = x * x * y.sin();
/// assert_eq!(z.primal, 9.0 * 2.0_f64.sin());
/// assert_eq!(z.tangents, [6.0 * 2.0_f64.sin(), 9.0 * 2.0_f64.cos()]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Dual<T, const K: usize> {
    /// The value.
    pub primal: T,
    /// The derivative of the value along each direction.
    pub tangents: [T; K],
}

impl<T: Real, const K: usize> Dual<T, K> {
    /// A value with its tangents.
    #[inline(always)]
    pub const fn new(primal: T, tangents: [T; K]) -> Self {
        Self { primal, tangents }
    }

    /// A value that does not vary.
    #[inline(always)]
    pub const fn constant(primal: T) -> Self {
        Self { primal, tangents: [T::ZERO; K] }
    }

    /// The `direction`-th independent variable; a constant where `direction >= K`.
    #[inline(always)]
    pub fn variable(primal: T, direction: usize) -> Self {
        let mut x = Self::constant(primal);
        if let Some(tangent) = x.tangents.get_mut(direction) {
            *tangent = T::ONE;
        }
        x
    }

    /// All `K` independent variables at once: the tangents are the unit vectors.
    #[inline(always)]
    pub fn variables(primals: [T; K]) -> [Self; K] {
        std::array::from_fn(|i| Self::variable(primals[i], i))
    }

    /// The chain rule: value `y` and `partial` = dy/dself.
    #[inline(always)]
    fn chain(self, y: T, partial: T) -> Self {
        outlined!({
            let tangents = if partial.is_finite() {
                each!(|i| self.tangents[i] * partial)
            } else {
                each!(|i| self.tangents[i].zero_or_times(partial))
            };
            Self { primal: y, tangents }
        })
    }

    /// The chain rule for two arguments.
    #[inline(always)]
    fn chain2(self, other: Self, y: T, partial: T, other_partial: T) -> Self {
        outlined!({
            let x = self.chain(y, partial);
            let z = other.chain(y, other_partial);
            Self { primal: y, tangents: each!(|i| x.tangents[i] + z.tangents[i]) }
        })
    }

    /// Keeps the value, drops the variation: for piecewise constant functions.
    #[inline(always)]
    fn flat(y: T) -> Self {
        Self::constant(y)
    }
}

impl<T: Real, const K: usize> Default for Dual<T, K> {
    #[inline(always)]
    fn default() -> Self {
        Self::constant(T::ZERO)
    }
}

impl<T: Real, const K: usize> From<T> for Dual<T, K> {
    #[inline(always)]
    fn from(primal: T) -> Self {
        Self::constant(primal)
    }
}

/// Comparisons look at the value alone, so that both sides of a branch are taken as over `T`.
impl<T: Real, const K: usize> PartialEq for Dual<T, K> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self.primal == other.primal
    }
}

impl<T: Real, const K: usize> PartialOrd for Dual<T, K> {
    #[inline(always)]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.primal.partial_cmp(&other.primal)
    }
}

impl<T: Real, const K: usize> Add for Dual<T, K> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        outlined!({
            Self {
                primal: self.primal + other.primal,
                tangents: each!(|i| self.tangents[i] + other.tangents[i]),
            }
        })
    }
}

impl<T: Real, const K: usize> Sub for Dual<T, K> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        outlined!({
            Self {
                primal: self.primal - other.primal,
                tangents: each!(|i| self.tangents[i] - other.tangents[i]),
            }
        })
    }
}

#[allow(clippy::suspicious_arithmetic_impl)] // The product rule has other operators in it.
impl<T: Real, const K: usize> Mul for Dual<T, K> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        outlined!({
            let (x, y) = (self.primal, other.primal);
            Self { primal: x * y, tangents: each!(|i| self.tangents[i] * y + x * other.tangents[i]) }
        })
    }
}

#[allow(clippy::suspicious_arithmetic_impl)] // The quotient rule has other operators in it.
impl<T: Real, const K: usize> Div for Dual<T, K> {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        outlined!({
            let quotient = self.primal / other.primal;
            // One division for all tangents; the quotient itself is divided as over `T`.
            let inverse = other.primal.recip();
            Self {
                primal: quotient,
                tangents: each!(|i| (self.tangents[i] - quotient * other.tangents[i]) * inverse),
            }
        })
    }
}

impl<T: Real, const K: usize> Neg for Dual<T, K> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        outlined!(Self { primal: -self.primal, tangents: each!(|i| -self.tangents[i]) })
    }
}

impl<T: Real, const K: usize> AddAssign for Dual<T, K> {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<T: Real, const K: usize> SubAssign for Dual<T, K> {
    #[inline(always)]
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl<T: Real, const K: usize> MulAssign for Dual<T, K> {
    #[inline(always)]
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl<T: Real, const K: usize> DivAssign for Dual<T, K> {
    #[inline(always)]
    fn div_assign(&mut self, other: Self) {
        *self = *self / other;
    }
}

impl<T: Real, const K: usize> Real for Dual<T, K> {
    const ZERO: Self = Self::constant(T::ZERO);
    const ONE: Self = Self::constant(T::ONE);
    const EPSILON: f64 = T::EPSILON;
    const NESTING: usize = if K == 0 { T::NESTING } else { T::NESTING + 1 };
    const DERIVATIVES: usize = T::DERIVATIVES + K * (1 + T::DERIVATIVES);
    fn derivative(self, i: usize) -> f64 {
        let Some(i) = i.checked_sub(T::DERIVATIVES) else { return self.primal.derivative(i) };
        let tangent = self.tangents[i / (1 + T::DERIVATIVES)];
        (i % (1 + T::DERIVATIVES)).checked_sub(1).map_or(tangent.value(), |i| tangent.derivative(i))
    }

    #[inline(always)]
    fn lit(value: f64) -> Self {
        Self::constant(T::lit(value))
    }
    #[inline(always)]
    fn value(self) -> f64 {
        self.primal.value()
    }
    #[inline]
    fn moving(value: f64, rate: f64) -> Self {
        if K == 0 {
            return Self::constant(T::moving(value, rate));
        }
        let mut x = Self::lit(value);
        x.tangents[0] = T::lit(rate);
        x
    }
    #[inline]
    fn without_derivative(self) -> Self {
        Self { primal: self.primal.without_derivative(), tangents: [T::lit(f64::NAN); K] }
    }
    #[inline]
    fn rate(self) -> f64 {
        self.tangents.first().map_or_else(|| self.primal.rate(), |x_dot| x_dot.value())
    }
    #[inline(always)]
    fn scale(self, factor: f64) -> Self {
        outlined!({
            Self { primal: self.primal.scale(factor), tangents: each!(|i| self.tangents[i].scale(factor)) }
        })
    }

    #[inline(always)]
    fn sin(self) -> Self {
        outlined!(self.chain(self.primal.sin(), self.primal.cos()))
    }
    #[inline(always)]
    fn cos(self) -> Self {
        outlined!(self.chain(self.primal.cos(), -self.primal.sin()))
    }
    #[inline(always)]
    fn tan(self) -> Self {
        outlined!({
            let y = self.primal.tan();
            self.chain(y, T::ONE + y * y)
        })
    }
    #[inline(always)]
    fn asin(self) -> Self {
        outlined!({
            let x = self.primal;
            // (1 - x)(1 + x), not 1 - x^2: no cancellation near the ends.
            self.chain(x.asin(), ((T::ONE - x) * (T::ONE + x)).sqrt().recip())
        })
    }
    #[inline(always)]
    fn acos(self) -> Self {
        outlined!({
            let x = self.primal;
            self.chain(x.acos(), -((T::ONE - x) * (T::ONE + x)).sqrt().recip())
        })
    }
    #[inline(always)]
    fn atan(self) -> Self {
        outlined!({
            let x = self.primal;
            self.chain(x.atan(), (T::ONE + x * x).recip())
        })
    }
    #[inline(always)]
    fn atan2(self, other: Self) -> Self {
        outlined!({
            let (y, x) = (self.primal, other.primal);
            // Divided twice by the radius, not once by its square, which overflows and underflows earlier.
            let radius = y.hypot(x);
            if radius == T::ZERO {
                Self::constant(y.atan2(x))
            } else {
                self.chain2(other, y.atan2(x), x / radius / radius, -(y / radius / radius))
            }
        })
    }
    #[inline(always)]
    fn rem(self, other: Self) -> Self {
        outlined!({
            let y = self.primal.rem(other.primal);
            // `self = q other + y` with a whole number `q`, which does not move.
            let q = ((self.primal - y) / other.primal).round();
            self.chain2(other, y, T::ONE, -q)
        })
    }
    #[inline(always)]
    fn sinh(self) -> Self {
        outlined!(self.chain(self.primal.sinh(), self.primal.cosh()))
    }
    #[inline(always)]
    fn cosh(self) -> Self {
        outlined!(self.chain(self.primal.cosh(), self.primal.sinh()))
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        outlined!({
            let y = self.primal.tanh();
            self.chain(y, T::ONE - y * y)
        })
    }
    #[inline(always)]
    fn asinh(self) -> Self {
        outlined!({
            let x = self.primal;
            self.chain(x.asinh(), x.hypot(T::ONE).recip())
        })
    }
    #[inline(always)]
    fn acosh(self) -> Self {
        outlined!({
            let x = self.primal;
            self.chain(x.acosh(), ((x - T::ONE).sqrt() * (x + T::ONE).sqrt()).recip())
        })
    }
    #[inline(always)]
    fn atanh(self) -> Self {
        outlined!({
            let x = self.primal;
            self.chain(x.atanh(), ((T::ONE - x) * (T::ONE + x)).recip())
        })
    }
    #[inline(always)]
    fn exp(self) -> Self {
        outlined!({
            let y = self.primal.exp();
            self.chain(y, y)
        })
    }
    #[inline(always)]
    fn exp2(self) -> Self {
        outlined!({
            let y = self.primal.exp2();
            self.chain(y, y * T::lit(LN_2))
        })
    }
    #[inline(always)]
    fn exp_m1(self) -> Self {
        outlined!({
            // Not y + 1: that is zero from x = -37 on.
            self.chain(self.primal.exp_m1(), self.primal.exp())
        })
    }
    #[inline(always)]
    fn ln(self) -> Self {
        outlined!(self.chain(self.primal.ln(), self.primal.recip()))
    }
    #[inline(always)]
    fn ln_1p(self) -> Self {
        outlined!(self.chain(self.primal.ln_1p(), (T::ONE + self.primal).recip()))
    }
    #[inline(always)]
    fn log2(self) -> Self {
        outlined!(self.chain(self.primal.log2(), (self.primal * T::lit(LN_2)).recip()))
    }
    #[inline(always)]
    fn log10(self) -> Self {
        outlined!(self.chain(self.primal.log10(), (self.primal * T::lit(LN_10)).recip()))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        outlined!({
            let y = self.primal.sqrt();
            self.chain(y, T::lit(0.5) / y)
        })
    }
    #[inline(always)]
    fn cbrt(self) -> Self {
        outlined!({
            let y = self.primal.cbrt();
            self.chain(y, (T::lit(3.0) * y * y).recip())
        })
    }
    #[inline(always)]
    fn powi(self, exponent: i32) -> Self {
        outlined!({
            if exponent == 0 {
                return Self::flat(self.primal.powi(0));
            }
            let x = self.primal;
            // Saturating: no float tells x^(-2^31) from x^(-2^31 - 1).
            self.chain(x.powi(exponent), T::lit(f64::from(exponent)) * x.powi(exponent.saturating_sub(1)))
        })
    }
    #[inline(always)]
    fn powf(self, exponent: Self) -> Self {
        outlined!({
            let (x, y) = (self.primal, exponent.primal);
            let z = x.powf(y);
            // Zeros win over infinities: y x^(y-1) vanishes at x = y = 0, and x^y ln x at x = 0 < y.
            let by_base = y.zero_or_times(x.powf(y - T::ONE));
            if exponent.tangents.iter().all(|&y_dot| y_dot.is_zero()) {
                return self.chain(z, by_base);
            }
            self.chain2(exponent, z, by_base, z.zero_or_times(x.ln()))
        })
    }
    #[inline(always)]
    fn hypot(self, other: Self) -> Self {
        outlined!({
            let radius = self.primal.hypot(other.primal);
            if radius == T::ZERO {
                // The kink: zero is the middle of the subgradients.
                return Self::constant(radius);
            }
            self.chain2(other, radius, self.primal / radius, other.primal / radius)
        })
    }
    #[inline(always)]
    fn recip(self) -> Self {
        outlined!({
            let y = self.primal.recip();
            self.chain(y, -(y * y))
        })
    }
    #[inline(always)]
    fn abs(self) -> Self {
        outlined!({
            let tangents = if self.primal < T::ZERO { (-self).tangents } else { self.tangents };
            Self { primal: self.primal.abs(), tangents }
        })
    }
    #[inline(always)]
    fn signum(self) -> Self {
        Self::flat(self.primal.signum())
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Self::flat(self.primal.floor())
    }
    #[inline(always)]
    fn ceil(self) -> Self {
        Self::flat(self.primal.ceil())
    }
    #[inline(always)]
    fn round(self) -> Self {
        Self::flat(self.primal.round())
    }
    #[inline(always)]
    fn trunc(self) -> Self {
        Self::flat(self.primal.trunc())
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        let tangents = if self >= other || other.is_nan() { self.tangents } else { other.tangents };
        Self { primal: self.primal.max(other.primal), tangents }
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        let tangents = if self <= other || other.is_nan() { self.tangents } else { other.tangents };
        Self { primal: self.primal.min(other.primal), tangents }
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        let (x, y) = (self.primal, factor.primal);
        Self {
            primal: x.mul_add(y, summand.primal),
            tangents: each!(|i| self.tangents[i] * y + x * factor.tangents[i] + summand.tangents[i]),
        }
    }
    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        outlined!({
            let y = self.primal.copysign(sign.primal);
            Self { primal: y, tangents: if y == self.primal { self.tangents } else { (-self).tangents } }
        })
    }
    #[inline(always)]
    fn fused<const FUSED: bool>(self, factor: Self, summand: Self) -> Self {
        let Self { primal: x, tangents: x_dot } = self;
        let Self { primal: y, tangents: y_dot } = factor;
        let mut sum = Self { primal: x.fused::<FUSED>(y, summand.primal), ..summand };
        // A loop: a closure would not be compiled for machines that fuse.
        for (i, sum_dot) in sum.tangents.iter_mut().enumerate() {
            *sum_dot = x_dot[i].fused::<FUSED>(y, x.fused::<FUSED>(y_dot[i], *sum_dot));
        }
        sum
    }
    #[inline(always)]
    fn exp_lane<const FUSED: bool>(self) -> Self {
        let y = self.primal.exp_lane::<FUSED>();
        self.chain(y, y)
    }
    #[inline(always)]
    fn tanh_lane<const FUSED: bool>(self) -> Self {
        let y = self.primal.tanh_lane::<FUSED>();
        self.chain(y, T::ONE - y * y)
    }
    #[inline(always)]
    fn sigmoid<const FUSED: bool>(self) -> Self {
        let y = self.primal.sigmoid::<FUSED>();
        self.chain(y, y * (T::ONE - y))
    }
    #[inline(always)]
    fn softplus<const FUSED: bool>(self) -> Self {
        self.chain(self.primal.softplus::<FUSED>(), self.primal.sigmoid::<FUSED>())
    }
    #[inline(always)]
    fn erfc<const FUSED: bool>(self) -> Self {
        let x = self.primal;
        self.chain(x.erfc::<FUSED>(), (-(x * x)).exp_lane::<FUSED>().scale(-FRAC_2_SQRT_PI))
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        outlined!(self.primal.is_finite() && self.tangents.iter().all(|x_dot| x_dot.is_finite()))
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.primal.is_nan()
    }
    #[inline(always)]
    fn is_zero(self) -> bool {
        outlined!(self.primal.is_zero() && self.tangents.iter().all(|x_dot| x_dot.is_zero()))
    }
    #[inline(always)]
    fn zero_or_times(self, factor: Self) -> Self {
        outlined!({
            let (x, y) = (self.primal, factor.primal);
            Self {
                primal: x.zero_or_times(y),
                tangents: each!(|i| self.tangents[i].zero_or_times(y) + x.zero_or_times(factor.tangents[i])),
            }
        })
    }
}

#[cfg(test)]
mod tests;
