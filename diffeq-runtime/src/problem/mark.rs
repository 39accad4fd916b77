//! Dependencies in the place of reals, and operations on whole aggregates that generated code calls.

use std::ops::Add;
use std::ops::AddAssign;
use std::ops::BitOr;
use std::ops::Div;
use std::ops::DivAssign;
use std::ops::Mul;
use std::ops::MulAssign;
use std::ops::Neg;
use std::ops::Sub;
use std::ops::SubAssign;

use crate::real::Real;
use crate::space::Vector;

/// Which inputs, of up to 64 at a time, a value depends on: one bit each.
///
/// A mark is a [`Real`] whose every operation is the union, so that states of marks have the shapes of states of
/// numbers. It has no value: comparing marks says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd)]
pub struct Mark(pub u64);

impl Mark {
    /// Depends on every input.
    pub const ALL: Mark = Mark(u64::MAX);

    /// Depends on what either depends on.
    #[inline]
    pub const fn union(self, other: Mark) -> Mark {
        Mark(self.0 | other.0)
    }
}

impl BitOr for Mark {
    type Output = Mark;
    #[inline]
    fn bitor(self, other: Mark) -> Mark {
        self.union(other)
    }
}

macro_rules! unions {
    ($($op:ident $method:ident $assign:ident $assign_method:ident),*) => { $(
        impl $op for Mark {
            type Output = Mark;
            #[inline]
            fn $method(self, other: Mark) -> Mark {
                self.union(other)
            }
        }
        impl $assign for Mark {
            #[inline]
            fn $assign_method(&mut self, other: Mark) {
                *self = self.union(other);
            }
        }
    )* };
}
unions!(Add add AddAssign add_assign, Sub sub SubAssign sub_assign, Mul mul MulAssign mul_assign, Div div DivAssign div_assign);

impl Neg for Mark {
    type Output = Mark;
    #[inline]
    fn neg(self) -> Mark {
        self
    }
}

macro_rules! keeps {
    ($($method:ident)*) => { $(fn $method(self) -> Self { self })* };
}
macro_rules! joins {
    ($($method:ident)*) => { $(fn $method(self, other: Self) -> Self { self | other })* };
}
macro_rules! drops {
    ($($method:ident)*) => { $(fn $method(self) -> Self { Mark::ZERO })* };
}

impl Real for Mark {
    const ZERO: Self = Mark(0);
    const ONE: Self = Mark(0);
    const EPSILON: f64 = f64::EPSILON;

    fn lit(_: f64) -> Self {
        Mark::ZERO
    }
    fn value(self) -> f64 {
        0.0
    }
    keeps! { sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp exp2 exp_m1 ln ln_1p log2 log10 sqrt cbrt recip abs }
    joins! { atan2 powf rem hypot max min copysign }
    drops! { signum floor ceil round trunc }
    fn erfc<const FUSED: bool>(self) -> Self {
        self
    }
    fn powi(self, _: i32) -> Self {
        self
    }
    fn is_finite(self) -> bool {
        true
    }
    fn is_nan(self) -> bool {
        false
    }
}

/// Adds `src` to `dst`, element by element.
#[inline]
pub fn add_all<T: Real, V: Vector<T>>(dst: &mut V, src: &V) {
    for (x, y) in dst.as_mut_slice().iter_mut().zip(src.as_slice()) {
        *x += *y;
    }
}

/// Sets every element to zero.
#[inline]
pub fn clear<T: Real, V: Vector<T>>(v: &mut V) {
    v.as_mut_slice().fill(T::ZERO);
}

/// Zeros in the shape of `v`.
#[inline]
pub fn zeros_like<T: Real, V: Vector<T>>(v: &V) -> V {
    v.zeros_like()
}

/// Marks every element as depending on every input: what is said of code whose indices depend on reals.
pub fn depend_on_everything<V: Vector<Mark>>(v: &mut V) {
    v.as_mut_slice().fill(Mark::ALL);
}
