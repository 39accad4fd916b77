//! The same shape over another scalar.

use crate::real::Real;
use crate::space::Flat;
use crate::space::Vector;

/// A vector that exists over the scalar `U` as well: `[f64; 2]` and `[Dual<f64, 4>; 2]`.
///
/// This is how a solve over floats becomes one over dual numbers.
pub trait Lift<T: Real, U: Real>: Vector<T> {
    /// The same shape over `U`.
    type Lifted: Vector<U>;
    /// The vector whose reals are those of `self`, in order, sent through `f`.
    fn lift(&self, f: &mut impl FnMut(T) -> U) -> Self::Lifted;
}

impl<T: Real, U: Real> Lift<T, U> for T {
    type Lifted = U;
    fn lift(&self, f: &mut impl FnMut(T) -> U) -> U {
        f(*self)
    }
}

impl<T: Real, U: Real, V, const N: usize> Lift<T, U> for [V; N]
where
    V: Lift<T, U> + Flat<T>,
    V::Lifted: Flat<U>,
{
    type Lifted = [V::Lifted; N];
    fn lift(&self, f: &mut impl FnMut(T) -> U) -> Self::Lifted {
        std::array::from_fn(|i| self[i].lift(f))
    }
}

impl<T: Real, U: Real> Lift<T, U> for Vec<T> {
    type Lifted = Vec<U>;
    fn lift(&self, f: &mut impl FnMut(T) -> U) -> Vec<U> {
        self.iter().map(|x| f(*x)).collect()
    }
}

impl<T: Real, U: Real> Lift<T, U> for () {
    type Lifted = ();
    fn lift(&self, _: &mut impl FnMut(T) -> U) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::Dual;

    #[test]
    fn every_shape_keeps_its_order() {
        let mut count = 0.0;
        let mut number = |x: f64| {
            count += 1.0;
            Dual::new(x, [count])
        };
        let lifted = [[1.0, 2.0], [3.0, 4.0]].lift(&mut number);
        assert_eq!(lifted[1][0].primal, 3.0);
        assert_eq!(lifted[1][0].tangents, [3.0]);
        assert_eq!(vec![7.0, 8.0].lift(&mut number)[1].tangents, [6.0]);
        assert_eq!(9.0.lift(&mut number).tangents, [7.0]);
    }
}
