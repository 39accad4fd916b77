//! Constants outside a model, where generated code hands them on.

use std::marker::PhantomData;

use crate::real::Real;

/// The type of a constant that generated code reads over `T`: `f64` becomes `T`, wherever it lies; integers and conditions
/// stay.
#[diagnostic::on_unimplemented(
    message = "a constant of type `{Self}` can't be handed to a differentiated function",
    note = "numbers, arrays, tuples and structs that derive `Components` can, and other types that are `Copy`"
)]
pub trait Constant<T: Real> {
    /// The type over `T`.
    type Lifted;
    /// The type of its tangent: nothing for what has no derivative.
    type Twin;
    /// The value over `T`.
    fn lifted(&self) -> Self::Lifted;
    /// Its tangent as a part of something larger: reals are zero, the rest stays.
    fn still(&self) -> Self::Lifted;
    /// Its tangent, and the start of its cotangent.
    fn twin(&self) -> Self::Twin;
}

macro_rules! reals {
    ($($ty:ty)*) => { $(
        impl<T: Real> Constant<T> for $ty {
            type Lifted = T;
            type Twin = T;
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn lifted(&self) -> T {
                T::lit(f64::from(*self))
            }
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn still(&self) -> T {
                T::ZERO
            }
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn twin(&self) -> T {
                T::ZERO
            }
        }
    )* };
}

macro_rules! inert {
    ($($ty:ty)*) => { $(
        impl<T: Real> Constant<T> for $ty {
            type Lifted = $ty;
            type Twin = ();
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn lifted(&self) -> $ty {
                *self
            }
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn still(&self) -> $ty {
                *self
            }
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn twin(&self) {}
        }
    )* };
}

reals!(f64 f32);
inert!(bool usize u8 u16 u32 u64 u128 isize i8 i16 i32 i64 i128);

impl<T: Real, C: Constant<T>, const N: usize> Constant<T> for [C; N] {
    type Lifted = [C::Lifted; N];
    type Twin = [C::Lifted; N];
    #[inline]
    fn lifted(&self) -> Self::Lifted {
        std::array::from_fn(|i| self[i].lifted())
    }
    #[inline]
    fn still(&self) -> Self::Lifted {
        std::array::from_fn(|i| self[i].still())
    }
    #[inline]
    fn twin(&self) -> Self::Twin {
        self.still()
    }
}

macro_rules! tuples {
    ($(($($part:ident $n:tt)*))*) => { $(
        impl<T: Real, $($part: Constant<T>),*> Constant<T> for ($($part,)*) {
            type Lifted = ($($part::Lifted,)*);
            type Twin = ($($part::Lifted,)*);
            #[inline]
            fn lifted(&self) -> Self::Lifted {
                ($(self.$n.lifted(),)*)
            }
            #[inline]
            fn still(&self) -> Self::Lifted {
                ($(self.$n.still(),)*)
            }
            #[inline]
            fn twin(&self) -> Self::Twin {
                self.still()
            }
        }
    )* };
}

tuples! {
    (A 0)
    (A 0 B 1)
    (A 0 B 1 C 2)
    (A 0 B 1 C 2 D 3)
    (A 0 B 1 C 2 D 3 E 4)
    (A 0 B 1 C 2 D 3 E 4 F 5)
}

/// A constant of whatever type, to be asked by a method: [`ByTrait`] where it has the one, else [`ByCopy`].
///
/// Its type is not visible to the macro. Method lookup tries the methods of `Asked` itself before those of `&Asked`, which
/// is how rustc is made to choose.
#[derive(Debug)]
pub struct Asked<'c, T, C>(&'c C, PhantomData<T>);

impl<'c, T, C> Asked<'c, T, C> {
    /// Asks about a constant.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn about(constant: &'c C) -> Self {
        Asked(constant, PhantomData)
    }
}

/// A constant of a type that has a form over `T`.
pub trait ByTrait {
    /// The type over `T`.
    type Lifted;
    /// The type of its tangent.
    type Twin;
    /// The value over `T`.
    fn lifted(&self) -> Self::Lifted;
    /// Its tangent.
    fn twin(&self) -> Self::Twin;
}

/// A constant of any other type that is `Copy`: an enum, say. It is handed on as it is and has no derivative.
pub trait ByCopy {
    /// Its type.
    type Plain;
    /// The value.
    fn lifted(&self) -> Self::Plain;
    /// Nothing.
    fn twin(&self);
}

impl<T: Real, C: Constant<T>> ByTrait for Asked<'_, T, C> {
    type Lifted = C::Lifted;
    type Twin = C::Twin;
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn lifted(&self) -> C::Lifted {
        self.0.lifted()
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn twin(&self) -> C::Twin {
        self.0.twin()
    }
}

impl<T, C: Copy> ByCopy for &Asked<'_, T, C> {
    type Plain = C;
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn lifted(&self) -> C {
        *self.0
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn twin(&self) {}
}

/// What no type is: rustc names the type of a constant that can be neither lifted nor copied by it.
#[diagnostic::on_unimplemented(
    message = "a constant of type `{Self}` can't be used in a differentiated function",
    label = "it is used here",
    note = "write `#[derive(Components)]` on a struct of reals, `#[derive(Clone, Copy)]` on an enum"
)]
pub trait Usable {
    /// What it would be.
    type Form;
}

/// A constant of a type that is neither. Method lookup comes here last.
pub trait Otherwise {
    /// Its type.
    type Constant: ?Sized;
    /// Nothing that there is.
    fn lifted(self) -> <Self::Constant as Usable>::Form
    where
        Self::Constant: Usable;
    /// Nothing.
    fn twin(self);
}

impl<T, C> Otherwise for Asked<'_, T, C> {
    type Constant = C;
    fn lifted(self) -> C::Form
    where
        C: Usable,
    {
        unreachable!()
    }
    fn twin(self) {}
}

/// A constant over `T`, whatever its type.
#[macro_export]
#[doc(hidden)]
macro_rules! constant {
    ($constant:expr, $scalar:ty) => {{
        #[allow(unused_imports)]
        use $crate::codegen::{ByCopy as _, ByTrait as _, Otherwise as _};
        (&$crate::codegen::Asked::<$scalar, _>::about(&$constant)).lifted()
    }};
}

/// The tangent of a constant, whatever its type.
#[macro_export]
#[doc(hidden)]
macro_rules! constant_twin {
    ($constant:expr, $scalar:ty) => {{
        #[allow(unused_imports)]
        use $crate::codegen::{ByCopy as _, ByTrait as _, Otherwise as _};
        (&$crate::codegen::Asked::<$scalar, _>::about(&$constant)).twin()
    }};
}

#[cfg(test)]
mod tests {
    use crate::real::Dual;
    use crate::real::Real;

    const TABLE: [(f64, usize); 2] = [(1.5, 3), (2.5, 4)];

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Pace {
        Slow,
    }

    #[test]
    fn reals_are_lifted_and_the_rest_stays() {
        let lifted: [(Dual<f64, 1>, usize); 2] = constant!(TABLE, Dual<f64, 1>);
        assert_eq!((lifted[1].0.value(), lifted[1].1), (2.5, 4));
        assert_eq!(constant_twin!(TABLE, f64), [(0.0, 3), (0.0, 4)]);
    }

    #[test]
    fn a_type_of_the_users_is_handed_on() {
        assert_eq!(constant!(Pace::Slow, f64), Pace::Slow);
        constant_twin!(Pace::Slow, f64);
        constant_twin!(3_i32, f64);
    }
}
