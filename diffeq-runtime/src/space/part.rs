//! What lies beside reals in a tuple.

use crate::real::Real;
use crate::space::Workspace;

/// A part of a tuple that a `#[differentiable]` function returns: reals in any arrangement, and integers and conditions,
/// which have no derivative and stay as they are.
pub trait Part<T: Real> {
    /// The same with zeros for its reals.
    fn zeros_like(&self) -> Self;
    /// All its reals become zero.
    fn clear(&mut self);
    /// Adds the reals of `src`.
    fn add_all(&mut self, src: &Self);
    /// Keeps it until the reverse sweep asks for it.
    fn push_all(&self, work: &mut Workspace<T>);
    /// Takes back what was kept last.
    fn pop_all(&mut self, work: &mut Workspace<T>);
}

/// For what is nothing but reals: over its slice. Names carry a number, as all do that stand in a module of the user's.
#[macro_export]
#[doc(hidden)]
macro_rules! part_of_vector {
    ($scalar:ty) => {
        fn zeros_like(&self) -> Self {
            $crate::codegen::Vector::<$scalar>::zeros_like(self)
        }
        fn clear(&mut self) {
            $crate::codegen::clear::<$scalar, _>(self);
        }
        fn add_all(&mut self, src_1: &Self) {
            $crate::codegen::add_all::<$scalar, _>(self, src_1);
        }
        fn push_all(&self, work_1: &mut $crate::codegen::Workspace<$scalar>) {
            work_1.push_all(self);
        }
        fn pop_all(&mut self, work_1: &mut $crate::codegen::Workspace<$scalar>) {
            work_1.pop_all(self);
        }
    };
}

impl<T: Real> Part<T> for T {
    fn zeros_like(&self) -> Self {
        T::ZERO
    }
    fn clear(&mut self) {
        *self = T::ZERO;
    }
    fn add_all(&mut self, src: &Self) {
        *self += *src;
    }
    fn push_all(&self, work: &mut Workspace<T>) {
        work.push(*self);
    }
    fn pop_all(&mut self, work: &mut Workspace<T>) {
        *self = work.pop();
    }
}

impl<T: Real, P: Part<T> + Copy, const N: usize> Part<T> for [P; N] {
    fn zeros_like(&self) -> Self {
        self.map(|part| part.zeros_like())
    }
    fn clear(&mut self) {
        self.iter_mut().for_each(P::clear);
    }
    fn add_all(&mut self, src: &Self) {
        self.iter_mut().zip(src).for_each(|(part, src)| part.add_all(src));
    }
    fn push_all(&self, work: &mut Workspace<T>) {
        self.iter().for_each(|part| part.push_all(work));
    }
    fn pop_all(&mut self, work: &mut Workspace<T>) {
        self.iter_mut().rev().for_each(|part| part.pop_all(work));
    }
}

macro_rules! inert {
    ($($ty:ty: $kept:expr, $back:expr;)*) => { $(
        impl<T: Real> Part<T> for $ty {
            fn zeros_like(&self) -> Self {
                *self
            }
            fn clear(&mut self) {}
            fn add_all(&mut self, _: &Self) {}
            fn push_all(&self, work: &mut Workspace<T>) {
                work.push_index($kept(*self));
            }
            fn pop_all(&mut self, work: &mut Workspace<T>) {
                *self = $back(work.pop_index());
            }
        }
    )* };
}

inert! {
    bool: usize::from, |kept| kept != 0;
    usize: |n| n, |n| n;
    u8: |n| n as usize, |n| n as u8;
    u16: |n| n as usize, |n| n as u16;
    u32: |n| n as usize, |n| n as u32;
    u64: |n| n as usize, |n| n as u64;
    isize: |n| n as usize, |n| n as isize;
    i8: |n| n as usize, |n| n as i8;
    i16: |n| n as usize, |n| n as i16;
    i32: |n| n as usize, |n| n as i32;
    i64: |n| n as usize, |n| n as i64;
}

macro_rules! tuples {
    ($(($($part:ident $n:tt)*) ($($back:tt)*);)*) => { $(
        impl<T: Real, $($part: Part<T>),*> Part<T> for ($($part,)*) {
            fn zeros_like(&self) -> Self {
                ($(self.$n.zeros_like(),)*)
            }
            fn clear(&mut self) {
                $(self.$n.clear();)*
            }
            fn add_all(&mut self, src: &Self) {
                $(self.$n.add_all(&src.$n);)*
            }
            fn push_all(&self, work: &mut Workspace<T>) {
                $(self.$n.push_all(work);)*
            }
            fn pop_all(&mut self, work: &mut Workspace<T>) {
                $(self.$back.pop_all(work);)*
            }
        }
    )* };
}

tuples! {
    (A 0) (0);
    (A 0 B 1) (1 0);
    (A 0 B 1 C 2) (2 1 0);
    (A 0 B 1 C 2 D 3) (3 2 1 0);
    (A 0 B 1 C 2 D 3 E 4) (4 3 2 1 0);
    (A 0 B 1 C 2 D 3 E 4 F 5) (5 4 3 2 1 0);
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6) (6 5 4 3 2 1 0);
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7) (7 6 5 4 3 2 1 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_comes_back() {
        let before = (1.5, 3_usize, [2.0, -1.0], (true, -4_i32));
        let mut work = Workspace::<f64>::new();
        before.push_all(&mut work);
        let mut after = (0.0, 0, [0.0; 2], (false, 0));
        after.pop_all(&mut work);
        assert_eq!(before, after);
    }

    #[test]
    fn integers_have_no_derivative() {
        let mut x = (1.5, 3_usize, [2.0, -1.0]);
        Part::<f64>::add_all(&mut x, &(1.0, 8, [1.0, 1.0]));
        assert_eq!(x, (2.5, 3, [3.0, 0.0]));
        assert_eq!(Part::<f64>::zeros_like(&x), (0.0, 3, [0.0; 2]));
        Part::<f64>::clear(&mut x);
        assert_eq!(x, (0.0, 3, [0.0; 2]));
    }
}
