//! The user's own types: what the function that a model was made of takes and returns.

use std::slice::Iter;
use std::slice::IterMut;

/// A type as the user wrote it, over `f64`, out of flat reals and back: `f64`, arrays, structs that derive `Components`,
/// networks.
///
/// A model's state is a `QOf<T>`, its function takes a `Q`; whoever calls that function goes through this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a state, a parameter or what a differentiated function takes and returns",
    note = "write `#[derive(Components)]` on the struct; its fields are `f64`, arrays of it, and such structs"
)]
pub trait Own: Sized {
    /// Whether an `f32` is among the reals, so that the function rounds otherwise than over `f64`.
    const SINGLE: bool = false;
    /// The value of these reals, in order; what is missing is NaN.
    fn read(reals: &mut Iter<'_, f64>) -> Self;
    /// Its reals, in order.
    fn write(&self, reals: &mut IterMut<'_, f64>);
}

impl Own for f64 {
    #[inline]
    fn read(reals: &mut Iter<'_, f64>) -> f64 {
        reals.next().copied().unwrap_or(f64::NAN)
    }
    #[inline]
    fn write(&self, reals: &mut IterMut<'_, f64>) {
        if let Some(real) = reals.next() {
            *real = *self;
        }
    }
}

impl Own for f32 {
    const SINGLE: bool = true;
    #[inline]
    fn read(reals: &mut Iter<'_, f64>) -> f32 {
        f64::read(reals) as f32
    }
    #[inline]
    fn write(&self, reals: &mut IterMut<'_, f64>) {
        f64::from(*self).write(reals);
    }
}

impl<V: Own, const N: usize> Own for [V; N] {
    const SINGLE: bool = V::SINGLE;
    #[inline]
    fn read(reals: &mut Iter<'_, f64>) -> Self {
        std::array::from_fn(|_| V::read(reals))
    }
    #[inline]
    fn write(&self, reals: &mut IterMut<'_, f64>) {
        self.iter().for_each(|value| value.write(reals));
    }
}

/// The value of flat reals.
#[inline]
pub fn read<V: Own>(reals: &[f64]) -> V {
    V::read(&mut reals.iter())
}

/// The reals of what a function returned.
#[inline]
pub fn write<V: Own>(reals: &mut [f64], value: V) {
    value.write(&mut reals.iter_mut());
}

/// The reals of what a function writes to; it finds NaN there.
#[inline]
pub fn write_in_place<V: Own>(reals: &mut [f64], function: impl FnOnce(&mut V)) {
    let mut value = V::read(&mut [].iter());
    function(&mut value);
    value.write(&mut reals.iter_mut());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_written_in_order() {
        let rows: [[f64; 2]; 2] = read(&[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(rows, [[1.0, 2.0], [3.0, 4.0]]);
        let mut flat = [0.0; 4];
        write(&mut flat, rows);
        assert_eq!(flat, [1.0, 2.0, 3.0, 4.0]);
        assert!(read::<[f64; 2]>(&[1.0])[1].is_nan());
        const { assert!(<[[f32; 2]; 2]>::SINGLE && !<[f64; 2]>::SINGLE) };
    }

    #[test]
    fn what_is_not_written_is_nan() {
        let mut flat = [0.0; 2];
        write_in_place(&mut flat, |du: &mut [f64; 2]| du[1] = 3.0);
        assert!(flat[0].is_nan() && flat[1] == 3.0);
    }
}
