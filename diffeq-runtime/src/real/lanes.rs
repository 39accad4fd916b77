//! Several numbers side by side: a real that holds one for each of several solves.
//!
//! A program over such reals does the same to all of them, in vector registers: each number comes out to the bit as by itself, as no
//! operation joins two of them. What a program can't do to all is take two ways at once. Where numbers are compared and the answers
//! differ, or one is asked for as a plain number, the numbers have parted: the program goes on with the answer of the first, and whoever
//! started it asks [`parted`] at the end and does it again, one by one.

use std::cell::Cell;
use std::cmp::Ordering;
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
use crate::wide::each;

/// How many solves go side by side.
pub const LANES: usize = 8;

/// A number for each of several solves.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C, align(64))]
pub struct Lanes([f64; LANES]);

thread_local! {
    static PARTED: Cell<bool> = const { Cell::new(false) };
}

/// Whether numbers that lay side by side have parted on this thread since this was asked last.
pub fn parted() -> bool {
    PARTED.take()
}

/// What the numbers agree on; that of the first where they do not.
#[inline(always)]
fn agreed<R: Copy + PartialEq>(answers: [R; LANES]) -> R {
    // NaN does not agree with itself, which is as well: a solve by itself says best what is wrong.
    if answers.iter().any(|answer| *answer != answers[0]) {
        PARTED.set(true);
    }
    answers[0]
}

impl Lanes {
    /// Those of a function of the number of the solve.
    #[inline(always)]
    pub fn of(f: impl FnMut(usize) -> f64) -> Self {
        Self(each(f))
    }

    #[inline(always)]
    fn map(self, mut f: impl FnMut(f64) -> f64) -> Self {
        Self(each(|i| f(self.0[i])))
    }

    #[inline(always)]
    fn with(self, other: Self, mut f: impl FnMut(f64, f64) -> f64) -> Self {
        Self(each(|i| f(self.0[i], other.0[i])))
    }

    #[inline(always)]
    fn asks(&self, other: &Self, ask: impl Fn(&f64, &f64) -> bool) -> bool {
        agreed(each(|i| ask(&self.0[i], &other.0[i])))
    }
}

impl PartialEq for Lanes {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self.asks(other, f64::eq)
    }
}

impl PartialOrd for Lanes {
    #[inline(always)]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        agreed(each(|i| self.0[i].partial_cmp(&other.0[i])))
    }
    #[inline(always)]
    fn lt(&self, other: &Self) -> bool {
        self.asks(other, f64::lt)
    }
    #[inline(always)]
    fn le(&self, other: &Self) -> bool {
        self.asks(other, f64::le)
    }
    #[inline(always)]
    fn gt(&self, other: &Self) -> bool {
        self.asks(other, f64::gt)
    }
    #[inline(always)]
    fn ge(&self, other: &Self) -> bool {
        self.asks(other, f64::ge)
    }
}

macro_rules! operators {
    ($($operator:ident $method:ident, $assigning:ident $assign:ident;)*) => { $(
        impl $operator for Lanes {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.with(other, <f64 as $operator>::$method)
            }
        }
        impl $assigning for Lanes {
            #[inline(always)]
            fn $assign(&mut self, other: Self) {
                *self = $operator::$method(*self, other);
            }
        }
    )* };
}
operators! {
    Add add, AddAssign add_assign;
    Sub sub, SubAssign sub_assign;
    Mul mul, MulAssign mul_assign;
    Div div, DivAssign div_assign;
}

impl Neg for Lanes {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(f64::neg)
    }
}

/// Each number by itself.
macro_rules! each {
    ($($method:ident $(($other:ident))? $(<$fused:ident>)?;)*) => { $(
        #[inline(always)]
        fn $method $(<const $fused: bool>)? (self $(, $other: Self)?) -> Self {
            each!(@ self $method $($other)? $($fused)?)
        }
    )* };
    (@ $self:ident $method:ident other) => { $self.with(other, <f64 as Real>::$method) };
    (@ $self:ident $method:ident FUSED) => { $self.map(<f64 as Real>::$method::<FUSED>) };
    (@ $self:ident $method:ident) => { $self.map(<f64 as Real>::$method) };
    (@ $self:ident $method:ident $other:ident) => { $self.with($other, <f64 as Real>::$method) };
}

impl Real for Lanes {
    const ZERO: Self = Self([0.0; LANES]);
    const ONE: Self = Self([1.0; LANES]);
    const EPSILON: f64 = f64::EPSILON;
    const WIDTH: usize = LANES;

    #[inline(always)]
    fn lit(value: f64) -> Self {
        Self([value; LANES])
    }
    #[inline(always)]
    fn value(self) -> f64 {
        agreed(self.0)
    }
    #[inline(always)]
    fn lane(self, i: usize) -> f64 {
        self.0[i]
    }
    #[inline(always)]
    fn scale_each(self, factors: &[f64]) -> Self {
        Self(each(|i| self.0[i] * factors[i]))
    }
    #[inline(always)]
    fn zero_if_finite(self) -> f64 {
        self.0.iter().map(|x| x * 0.0).sum()
    }
    #[inline(always)]
    fn are_finite(several: &[Self]) -> bool {
        // Lane by lane, and over the lanes at the end: a sum of one number after the other is no work for vector registers.
        let sums = several.iter().fold(Self::ZERO, |sums, x| sums + x.map(|x| x * 0.0));
        sums.0.iter().fold(true, |finite, sum| finite & (*sum == 0.0))
    }

    each! {
        sin; cos; tan; asin; acos; atan; sinh; cosh; tanh; asinh; acosh; atanh;
        exp; exp2; exp_m1; ln; ln_1p; log2; log10; sqrt; cbrt; recip;
        abs; signum; floor; ceil; round; trunc;
        atan2(y); powf(y); rem(y); hypot(y); max(y); min(y); copysign(y); zero_or_times(y);
        exp_lane<FUSED>; tanh_lane<FUSED>; sigmoid<FUSED>; softplus<FUSED>; erfc<FUSED>;
    }

    #[inline(always)]
    fn powi(self, exponent: i32) -> Self {
        self.map(|x| x.powi(exponent))
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        Self(each(|i| self.0[i].mul_add(factor.0[i], summand.0[i])))
    }
    #[inline(always)]
    fn fused<const FUSED: bool>(self, factor: Self, summand: Self) -> Self {
        Self(each(|i| self.0[i].fused::<FUSED>(factor.0[i], summand.0[i])))
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        agreed(self.0.map(f64::is_finite))
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        agreed(self.0.map(f64::is_nan))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_agree_stay_together() {
        let x = Lanes::of(|i| 1.0 + i as f64);
        parted();
        assert!(x > Lanes::ZERO && x != Lanes::ZERO && (x * x).sqrt() == x && !x.is_nan());
        assert_eq!(x.partial_cmp(&Lanes::lit(9.0)), Some(Ordering::Less));
        assert_eq!(Lanes::lit(2.0).value(), 2.0);
        assert!(!parted());
    }

    #[test]
    fn one_number_that_is_not_finite_is_seen() {
        let all = [Lanes::of(|i| i as f64), Lanes::lit(-1e300), Lanes::lit(f64::MAX)];
        assert!(Lanes::are_finite(&all) && Lanes::are_finite(&[]));
        for (place, lane) in (0..all.len()).flat_map(|place| (0..LANES).map(move |lane| (place, lane))) {
            for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                let mut all = all;
                all[place].0[lane] = bad;
                assert!(!Lanes::are_finite(&all));
            }
        }
    }

    #[test]
    fn numbers_that_do_not_have_parted() {
        let x = Lanes::of(|i| i as f64);
        for ask in [
            |x: Lanes| x > Lanes::ONE,
            |x: Lanes| x == Lanes::ONE,
            |x: Lanes| x.is_zero(),
            |x: Lanes| x.partial_cmp(&Lanes::ONE).is_none(),
            |x: Lanes| x.value() > 0.0,
            |x: Lanes| (x / x).is_nan(),
            |x: Lanes| x.ln().is_finite(),
        ] {
            parted();
            ask(x);
            assert!(parted());
            assert!(!parted());
        }
    }

    /// Every function of a real, number by number.
    #[test]
    fn each_number_comes_out_as_by_itself() {
        let (x, y) =
            ([-1.3, 0.2, 7.5, -0.0, 1e3, 0.9, -0.4, 2.0], [0.4, -2.5, 1.0, 3.0, -1.1, 0.0, 2.0, 0.7]);
        let of = |x: [f64; LANES]| Lanes::of(|i| x[i]);
        macro_rules! alike {
            ($f:expr) => {{
                fn apply<T: Real>(x: T, y: T) -> T {
                    let f: fn(T, T) -> T = $f;
                    f(x, y)
                }
                let all = apply(of(x), of(y));
                for i in 0..LANES {
                    let one: f64 = apply(x[i], y[i]);
                    assert_eq!(
                        all.lane(i).to_bits(),
                        one.to_bits(),
                        "{} of {} and {}",
                        stringify!($f),
                        x[i],
                        y[i]
                    );
                }
            }};
        }
        macro_rules! all_alike {
            ($($f:expr),* $(,)?) => { $( alike!($f); )* };
        }
        all_alike!(
            |x, y| x + y,
            |x, y| x - y,
            |x, y| x * y,
            |x, y| x / y,
            |x, _| -x,
            |x, _| x.sin(),
            |x, _| x.cos(),
            |x, _| x.tan(),
            |x, _| x.atan(),
            |x, _| x.sinh(),
            |x, _| x.cosh(),
            |x, _| x.tanh(),
            |x, _| x.asinh(),
            |x, _| x.exp(),
            |x, _| x.exp2(),
            |x, _| x.exp_m1(),
            |x, _| x.abs().ln(),
            |x, _| x.abs().ln_1p(),
            |x, _| x.abs().log2(),
            |x, _| x.abs().log10(),
            |x, _| x.abs().sqrt(),
            |x, _| x.cbrt(),
            |x, _| x.recip(),
            |x, _| x.signum(),
            |x, _| x.floor(),
            |x, _| x.ceil(),
            |x, _| x.round(),
            |x, _| x.trunc(),
            |x, y| x.atan2(y),
            |x, y| x.abs().powf(y),
            |x, y| x.rem(y),
            |x, y| x.hypot(y),
            |x, y| x.max(y),
            |x, y| x.min(y),
            |x, y| x.copysign(y),
            |x, y| x.zero_or_times(y),
            |x, y| x.mul_add(y, x),
            |x, y| x.fused::<true>(y, x),
            |x, _| x.powi(3),
            |x, _| x.exp_lane::<true>(),
            |x, _| x.tanh_lane::<true>(),
            |x, _| x.sigmoid::<false>(),
            |x, _| x.softplus::<true>(),
            |x, _| x.erfc::<true>(),
            |x, _| x.scale(0.3),
        );
    }
}
