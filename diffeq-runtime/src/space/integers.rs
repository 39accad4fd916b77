//! Integers on a workspace whose type only rustc knows.

use std::marker::PhantomData;

use crate::real::Real;
use crate::space::Workspace;

/// An integer that a workspace can keep.
pub trait Integer: Copy {
    /// Its bits, the sign carried on.
    fn wide(self) -> u128;
    /// The integer of these bits.
    fn narrow(bits: u128) -> Self;
}

macro_rules! integers {
    ($($ty:ident)*) => { $(
        impl Integer for $ty {
            #[inline]
            fn wide(self) -> u128 {
                self as u128
            }
            #[inline]
            fn narrow(bits: u128) -> Self {
                bits as $ty
            }
        }
    )* };
}

integers! { u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize }

/// Keeps integers of one type: what is taken back has the type of what was kept, where nothing else tells it to rustc, such
/// as an argument of a function that is defined elsewhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Integers<I>(PhantomData<I>);

impl<I: Integer> Integers<I> {
    /// Of a type that is found out.
    #[inline]
    pub fn new() -> Self {
        Self(PhantomData)
    }
    /// Keeps an integer until the reverse sweep asks for it.
    #[inline]
    pub fn push<T: Real>(&self, work: &mut Workspace<T>, i: I) {
        work.push_wide(i.wide());
    }
    /// The integer kept last.
    #[inline]
    pub fn pop<T: Real>(&self, work: &mut Workspace<T>) -> I {
        I::narrow(work.pop_wide())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_come_back_as_they_were() {
        fn check<I: Integer + PartialEq + std::fmt::Debug>(values: &[I]) {
            let (kept, mut work) = (Integers::new(), Workspace::<f64>::new());
            for &i in values {
                kept.push(&mut work, i);
            }
            for &i in values.iter().rev() {
                assert_eq!(kept.pop(&mut work), i);
            }
        }
        check(&[i8::MIN, -1, 0, i8::MAX]);
        check(&[u64::MAX, 0, 1 << 63]);
        check(&[i64::MIN, -1, i64::MAX]);
        check(&[i128::MIN, -1, i128::MAX, 1 << 70]);
        check(&[u128::MAX, 0, 1 << 100]);
        check(&[usize::MAX, 7]);
    }
}
