//! What is known of a real's value while a program is written: it lies between two numbers.
//!
//! Programs must stay where every function is defined and smooth enough to be compared at 1e-12, so the writer knows
//! an interval for each expression and chooses operations that the interval allows.

/// All reals from `lo` to `hi`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub lo: f64,
    pub hi: f64,
}

impl Interval {
    pub const fn new(lo: f64, hi: f64) -> Self {
        Self { lo, hi }
    }

    pub fn point(x: f64) -> Self {
        Self::new(x, x)
    }

    /// The largest size of a value.
    pub fn size(self) -> f64 {
        self.lo.abs().max(self.hi.abs())
    }

    /// The smallest size of a value.
    pub fn distance_to_zero(self) -> f64 {
        if self.lo > 0.0 {
            self.lo
        } else if self.hi < 0.0 {
            -self.hi
        } else {
            0.0
        }
    }

    pub fn within(self, other: Interval) -> bool {
        self.lo >= other.lo && self.hi <= other.hi
    }

    pub fn hull(self, other: Interval) -> Self {
        Self::new(self.lo.min(other.lo), self.hi.max(other.hi))
    }

    pub fn add(self, other: Interval) -> Self {
        Self::new(self.lo + other.lo, self.hi + other.hi)
    }

    pub fn sub(self, other: Interval) -> Self {
        Self::new(self.lo - other.hi, self.hi - other.lo)
    }

    pub fn neg(self) -> Self {
        Self::new(-self.hi, -self.lo)
    }

    pub fn mul(self, other: Interval) -> Self {
        Self::of_corners([self.lo * other.lo, self.lo * other.hi, self.hi * other.lo, self.hi * other.hi])
    }

    /// The quotient; `other` must not contain zero.
    pub fn div(self, other: Interval) -> Self {
        self.mul(Self::new(1.0 / other.hi, 1.0 / other.lo))
    }

    pub fn scale(self, factor: f64) -> Self {
        self.mul(Self::point(factor))
    }

    pub fn square(self) -> Self {
        Self::new(self.distance_to_zero().powi(2), self.size().powi(2))
    }

    pub fn abs(self) -> Self {
        Self::new(self.distance_to_zero(), self.size())
    }

    /// The image under a function that grows everywhere.
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self::new(f(self.lo), f(self.hi))
    }

    /// The sum of `count` values of this interval, any of which may be left out.
    pub fn sum_of(self, count: usize) -> Self {
        Self::new(self.lo.min(0.0) * count as f64, self.hi.max(0.0) * count as f64)
    }

    fn of_corners(corners: [f64; 4]) -> Self {
        let lo = corners.iter().copied().fold(f64::INFINITY, f64::min);
        let hi = corners.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self::new(lo, hi)
    }
}
