//! The cotangent of a helper's result, as the helper's reverse form takes it.

use crate::real::Real;

/// How a cotangent is handed on: a real by value, an aggregate behind `&mut`.
///
/// A macro does not see what a helper returns; where nothing beside the call tells, rustc finds it out here, by the
/// helper's own signature.
pub trait Cotangent<S> {
    /// The same cotangent in the form that the helper asks for.
    fn handed(self) -> S;
}

impl<T: Real> Cotangent<T> for &mut T {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn handed(self) -> T {
        *self
    }
}

macro_rules! inert {
    ($($ty:ty)*) => { $(
        impl Cotangent<$ty> for &mut $ty {
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn handed(self) -> $ty {
                *self
            }
        }
    )* };
}

// What has no derivative is its own cotangent, and nobody looks at it.
inert!(bool usize u8 u16 u32 u64 isize i8 i16 i32 i64);

impl<'a, V> Cotangent<&'a mut V> for &'a mut V {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn handed(self) -> &'a mut V {
        self
    }
}

/// The cotangent in the form that a helper's `vjp` asks for.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn seed<S, C: Cotangent<S>>(cotangent: C) -> S {
    cotangent.handed()
}

#[cfg(test)]
mod tests {
    use super::seed;

    #[test]
    fn the_callee_decides() {
        fn of_real(x: f64) -> f64 {
            x
        }
        fn of_array(x: &mut [f64; 2]) -> f64 {
            x[0] + x[1]
        }
        assert_eq!(of_real(seed(&mut 3.0)), 3.0);
        assert_eq!(of_array(seed(&mut [3.0, 4.0])), 7.0);
    }
}
