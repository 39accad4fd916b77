//! Values whose reals lie inside the value itself.

use std::mem::MaybeUninit;

use crate::real::Real;
use crate::space::Vector;

/// A type that is nothing but reals, one after the other.
///
/// This is the hook for `#[derive(Components)]`: a `#[repr(C)]` struct all of whose fields are `Flat<T>` is
/// `Flat<T>`, and its [`Vector`] implementation is three lines that call [`flat_slice`], [`flat_slice_mut`] and
/// [`flat_zeros`].
///
/// # Safety
///
/// The implementor's memory is a whole number of `T` without padding, every one of them initialised, aligned as `T`
/// is, and any values of `T` written there make a valid value of the implementor. That holds for `T` itself, for
/// arrays of `Flat<T>`, and for `#[repr(C)]` (or `#[repr(transparent)]`) structs whose fields are all `Flat<T>`.
pub unsafe trait Flat<T: Real>: Clone + Send + Sync + 'static {}

// SAFETY: a `T` is one `T`.
unsafe impl<T: Real> Flat<T> for T {}

// SAFETY: an array has no padding between its elements, and each element is a whole number of `T`.
unsafe impl<T: Real, V: Flat<T>, const N: usize> Flat<T> for [V; N] {}

/// The reals of a flat value, in order.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn flat_slice<T: Real, V: Flat<T>>(value: &V) -> &[T] {
    const { assert!(holds_reals::<T, V>()) };
    // SAFETY: by the contract of `Flat`, the value is that many initialised `T`, aligned as they should be.
    unsafe { std::slice::from_raw_parts((value as *const V).cast(), size_of::<V>() / size_of::<T>()) }
}

/// The reals of a flat value, in order.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn flat_slice_mut<T: Real, V: Flat<T>>(value: &mut V) -> &mut [T] {
    const { assert!(holds_reals::<T, V>()) };
    // SAFETY: as above, and by the contract of `Flat` whatever is written leaves a valid value.
    unsafe { std::slice::from_raw_parts_mut((value as *mut V).cast(), size_of::<V>() / size_of::<T>()) }
}

/// A flat value of zeros.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn flat_zeros<T: Real, V: Flat<T>>(value: &V) -> V {
    let mut zeros = value.clone();
    flat_slice_mut(&mut zeros).fill(T::ZERO);
    zeros
}

/// A flat value all of whose reals are this one.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn flat_filled<T: Real, V: Flat<T>>(real: T) -> V {
    const { assert!(holds_reals::<T, V>()) };
    let mut value = MaybeUninit::<V>::uninit();
    let reals = value.as_mut_ptr().cast::<T>();
    for i in 0..size_of::<V>() / size_of::<T>() {
        // SAFETY: by the contract of `Flat` the value has room for that many `T`, aligned as they should be.
        unsafe { reals.add(i).write(real) };
    }
    // SAFETY: by the contract of `Flat` it is nothing but these reals, all of which are written.
    unsafe { value.assume_init() }
}

/// A slice of reals seen as a flat value, without a copy; `None` where there are not exactly as many as it holds.
///
/// ```
/// use diffeq_runtime::space::from_flat;
///
/// let grid: &[[f64; 2]; 2] = from_flat(&[1.0, 2.0, 3.0, 4.0]).unwrap();
/// assert_eq!(grid[1], [3.0, 4.0]);
/// assert!(from_flat::<f64, [f64; 3]>(&[1.0, 2.0]).is_none());
/// ```
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn from_flat<T: Real, V: Flat<T>>(reals: &[T]) -> Option<&V> {
    const { assert!(holds_reals::<T, V>()) };
    // SAFETY: by the contract of `Flat` a value is that many initialised `T` and aligned as they are; the slice has as
    // many, and lives as long as the result.
    (size_of_val(reals) == size_of::<V>()).then(|| unsafe { &*reals.as_ptr().cast() })
}

/// A slice of reals seen as a flat value to write to; see [`from_flat`].
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn from_flat_mut<T: Real, V: Flat<T>>(reals: &mut [T]) -> Option<&mut V> {
    const { assert!(holds_reals::<T, V>()) };
    // SAFETY: as above; the slice is borrowed mutably, and whatever is written to the value are reals.
    (size_of_val(reals) == size_of::<V>()).then(|| unsafe { &mut *reals.as_mut_ptr().cast() })
}

/// A slice of reals seen as flat values one after the other, without a copy; `None` where one of them is incomplete.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn flat_rows<T: Real, V: Flat<T>>(reals: &[T]) -> Option<&[V]> {
    const { assert!(holds_reals::<T, V>()) };
    let count = row_count::<T, V>(reals)?;
    // SAFETY: as for one value, `count` times; flat values have no padding between them.
    Some(unsafe { std::slice::from_raw_parts(reals.as_ptr().cast(), count) })
}

/// A slice of reals seen as flat values to write to; see [`flat_rows`].
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn flat_rows_mut<T: Real, V: Flat<T>>(reals: &mut [T]) -> Option<&mut [V]> {
    const { assert!(holds_reals::<T, V>()) };
    let count = row_count::<T, V>(reals)?;
    // SAFETY: as above; the slice is borrowed mutably, and whatever is written to the values are reals.
    Some(unsafe { std::slice::from_raw_parts_mut(reals.as_mut_ptr().cast(), count) })
}

/// How many `V` a slice holds, if it is made of whole ones; nothing of no size can be counted.
#[cfg_attr(not(debug_assertions), inline(always))]
fn row_count<T, V>(reals: &[T]) -> Option<usize> {
    let bytes = size_of_val(reals);
    (size_of::<V>() > 0 && bytes.is_multiple_of(size_of::<V>())).then(|| bytes / size_of::<V>())
}

/// What a type that claims to be flat can be asked: whole reals, and no stricter alignment.
const fn holds_reals<T, V>() -> bool {
    size_of::<T>() > 0 && size_of::<V>().is_multiple_of(size_of::<T>()) && align_of::<V>() == align_of::<T>()
}

impl<T: Real> Vector<T> for T {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn as_slice(&self) -> &[T] {
        std::slice::from_ref(self)
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn as_mut_slice(&mut self) -> &mut [T] {
        std::slice::from_mut(self)
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn zeros_like(&self) -> Self {
        T::ZERO
    }
}

impl<T: Real, V: Flat<T>, const N: usize> Vector<T> for [V; N] {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn as_slice(&self) -> &[T] {
        flat_slice(self)
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn as_mut_slice(&mut self) -> &mut [T] {
        flat_slice_mut(self)
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn zeros_like(&self) -> Self {
        flat_zeros(self)
    }
}

/// Reals, or rows of them.
impl<T: Real, V: Flat<T>> Vector<T> for Vec<V> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn as_slice(&self) -> &[T] {
        const { assert!(holds_reals::<T, V>()) };
        // SAFETY: by the contract of `Flat` each value is that many initialised `T`, without padding between them.
        unsafe { std::slice::from_raw_parts(self.as_ptr().cast(), size_of_val(&**self) / size_of::<T>()) }
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn as_mut_slice(&mut self) -> &mut [T] {
        const { assert!(holds_reals::<T, V>()) };
        let count = size_of_val(&**self) / size_of::<T>();
        // SAFETY: as above; the vector is borrowed mutably, and whatever is written leaves valid values.
        unsafe { std::slice::from_raw_parts_mut(self.as_mut_ptr().cast(), count) }
    }
    fn zeros_like(&self) -> Self {
        vec![flat_filled(T::ZERO); self.len()]
    }
}

/// No reals at all: the parameters of a model that has none.
impl<T: Real> Vector<T> for () {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn as_slice(&self) -> &[T] {
        &[]
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn as_mut_slice(&mut self) -> &mut [T] {
        &mut []
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn zeros_like(&self) -> Self {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_arrays_are_one_slice() {
        let mut grid = [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]];
        assert_eq!(Vector::<f64>::as_slice(&grid), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        Vector::<f64>::as_mut_slice(&mut grid)[6] = -7.0;
        assert_eq!(grid[1][1][0], -7.0);
        assert_eq!(Vector::<f64>::zeros_like(&grid), [[[0.0; 2]; 2]; 2]);
    }

    #[test]
    fn rows_of_any_number_are_one_slice() {
        let mut rows = vec![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
        assert_eq!(Vector::<f64>::as_slice(&rows), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        Vector::<f64>::as_mut_slice(&mut rows)[3] = -4.0;
        assert_eq!(rows[1][1], -4.0);
        assert_eq!(Vector::<f64>::zeros_like(&rows), vec![[0.0; 2]; 3]);
        assert!(Vector::<f64>::as_slice(&vec![[0.0_f64; 0]; 3]).is_empty());
    }

    #[test]
    fn empty_vectors_are_empty_slices() {
        assert!(Vector::<f32>::as_slice(&[0.0_f32; 0]).is_empty());
        assert!(Vector::<f32>::as_slice(&[[0.0_f32; 3]; 0]).is_empty());
        assert!(Vector::<f64>::as_mut_slice(&mut ()).is_empty());
    }

    #[test]
    fn structs_of_reals_join_by_two_lines() {
        #[derive(Clone)]
        #[repr(C)]
        struct RatesOf<T> {
            growth: T,
            decay: [T; 2],
        }
        // SAFETY: `repr(C)`, and every field is `Flat<T>`.
        unsafe impl<T: Real> Flat<T> for RatesOf<T> {}
        let mut rates = RatesOf { growth: 1.0_f32, decay: [2.0, 3.0] };
        flat_slice_mut::<f32, _>(&mut rates)[2] = 4.0;
        assert_eq!(flat_slice::<f32, _>(&rates), [1.0, 2.0, 4.0]);
        assert_eq!((rates.growth, rates.decay), (1.0, [2.0, 4.0]));
        assert_eq!(flat_zeros::<f32, _>(&rates).decay, [0.0; 2]);
        let filled: RatesOf<f32> = flat_filled(3.0_f32);
        assert_eq!((filled.growth, filled.decay), (3.0, [3.0; 2]));
    }
    #[test]
    fn slices_are_seen_as_values() {
        let mut reals = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(from_flat::<f64, [[f64; 3]; 2]>(&reals), Some(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]));
        assert_eq!(from_flat::<f64, [f64; 5]>(&reals), None);
        assert_eq!(from_flat::<f64, [f64; 0]>(&reals), None);
        assert_eq!(from_flat::<f64, [f64; 0]>(&reals[..0]), Some(&[]));
        from_flat_mut::<f64, [[f64; 2]; 3]>(&mut reals).expect("six reals")[2][1] = -6.0;
        assert_eq!(reals[5], -6.0);
        assert_eq!(flat_rows::<f64, [f64; 2]>(&reals[..4]), Some(&[[1.0, 2.0], [3.0, 4.0]][..]));
        assert_eq!(flat_rows::<f64, [f64; 4]>(&reals), None);
        assert_eq!(flat_rows::<f64, [f64; 0]>(&reals), None);
        flat_rows_mut::<f64, [f64; 3]>(&mut reals).expect("two rows")[1][0] = -4.0;
        assert_eq!(reals[3], -4.0);
    }
}
