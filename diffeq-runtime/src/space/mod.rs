//! What a state is: contiguous reals, and the few operations on them that carry a solver's cost.
//!
//! [`Vector`] is all that a solver asks of a state. Types whose reals lie inside the value itself (a real, arrays of
//! any nesting, structs of such fields) say so by [`Flat`] and get their slices from [`flat_slice`]; `Vec<T>` has its
//! own implementation. The operations ([`assign_combination`] and its like) are functions over any [`Vector`],
//! inlined and monomorphised, so that a fixed size unrolls. A vector whose reals live elsewhere, such as on a GPU,
//! overrides the methods behind them ([`Vector::combine`] and its like).

#[doc(hidden)]
pub mod assigned;
mod checked;
mod combine;
mod constant;
// A value that is nothing but reals is seen as a slice of them, and a slice as the value, without a copy: pointers are cast,
// under the contract of the trait `Flat`.
#[allow(unsafe_code)]
mod flat;
mod integers;
mod lift;
mod norm;
#[doc(hidden)]
pub mod outside;
mod own;
mod part;
mod seed;
#[cfg(debug_assertions)]
mod shared;
mod values;

#[doc(hidden)]
pub use checked::Checked;
#[doc(hidden)]
pub use checked::Passes;
pub use combine::Row;
pub use combine::add_scaled;
pub use combine::assign;
pub use combine::assign_combination;
pub use combine::assign_from;
pub use combine::assign_scaled;
pub use combine::assign_weighted;
pub use combine::assign_zero;
pub use combine::dot;
#[doc(hidden)]
pub use constant::Asked;
#[doc(hidden)]
pub use constant::ByCopy;
#[doc(hidden)]
pub use constant::ByTrait;
#[doc(hidden)]
pub use constant::Constant;
#[doc(hidden)]
pub use constant::Otherwise;
pub use flat::Flat;
pub(crate) use flat::flat_filled;
pub use flat::flat_rows;
pub use flat::flat_rows_mut;
pub use flat::flat_slice;
pub use flat::flat_slice_mut;
pub use flat::flat_zeros;
pub use flat::from_flat;
pub use flat::from_flat_mut;
pub use integers::Integer;
pub use integers::Integers;
pub use lift::Lift;
pub use norm::Tolerance;
pub use norm::Tolerances;
pub use norm::all_finite;
pub use norm::error_mean_square;
pub use norm::weighted_norm;
#[doc(hidden)]
pub use own::Own;
#[doc(hidden)]
pub use own::read;
#[doc(hidden)]
pub use own::write;
#[doc(hidden)]
pub use own::write_in_place;
pub use part::Part;
#[doc(hidden)]
pub use seed::Cotangent;
#[doc(hidden)]
pub use seed::seed;
#[doc(hidden)]
pub use values::DifferentiableMethods;
#[doc(hidden)]
pub use values::Values;

use crate::real::Real;

/// A state or a set of parameters: reals that lie one after the other in memory.
///
/// Implemented by a real itself, `[V; N]` at any nesting, `Vec<T>`, and structs that derive `Components`.
pub trait Vector<T: Real>: Clone + 'static {
    /// The reals, in order.
    fn as_slice(&self) -> &[T];
    /// The reals, in order.
    fn as_mut_slice(&mut self) -> &mut [T];
    /// A vector of the same shape, all zeros.
    fn zeros_like(&self) -> Self;

    /// `self = base + h Σ_j R_j k_j`: see [`assign_combination`].
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn combine<R: Row<S>, const S: usize>(&mut self, base: &Self, h: f64, k: &[Self; S]) {
        combine::in_slices::<R, T, Self, S>(self, base, h, k);
    }
    /// See [`assign_weighted`].
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn combine_weighted<R: Row<S>, const S: usize>(
        &mut self,
        base: &Self,
        weights: &[f64; S],
        k: &[Self; S],
    ) {
        combine::weighted_in_slices::<R, T, Self, S>(self, base, weights, k);
    }
    /// `self = factor x`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn set_scaled(&mut self, factor: f64, x: &Self) {
        for (out, x) in self.as_mut_slice().iter_mut().zip(x.as_slice()) {
            *out = x.scale(factor);
        }
    }
    /// `self += factor x`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn increase(&mut self, factor: f64, x: &Self) {
        for (out, x) in self.as_mut_slice().iter_mut().zip(x.as_slice()) {
            *out += x.scale(factor);
        }
    }
    /// `self = x`, in the memory that `self` has.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn set(&mut self, x: &Self) {
        if self.as_slice().len() == x.as_slice().len() {
            self.as_mut_slice().copy_from_slice(x.as_slice());
        } else {
            self.clone_from(x);
        }
    }
    /// `self = 0`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn set_zero(&mut self) {
        self.as_mut_slice().fill(T::ZERO);
    }
    /// `Σ_i x_i y_i`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn inner(&self, other: &Self) -> T {
        let mut sum = T::ZERO;
        for (x, y) in self.as_slice().iter().zip(other.as_slice()) {
            sum += *x * *y;
        }
        sum
    }
    /// See [`error_mean_square`].
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn mean_square<R: Row<S>, const S: usize>(
        h: f64,
        k: &[Self; S],
        u: &Self,
        next: &Self,
        tolerances: &Tolerances,
    ) -> f64 {
        norm::in_slices::<R, T, Self, S>(h, k, u, next, tolerances)
    }
    /// Whether every value is finite; looks at values, not at tangents.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn values_are_finite(&self) -> bool {
        T::are_finite(self.as_slice())
    }
}

/// A struct of named reals; `#[derive(Components)]` writes the implementation.
///
/// `struct Rates { growth: f64, decay: [f64; 2] }` gets a twin `RatesOf<T> { growth: T, decay: [T; 2] }`, and
/// `<Rates as Components>::Of<T>` is that twin, so that one source serves every scalar. A number and an array are such types,
/// too, so that a type alias can stand wherever a struct can.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a state, a parameter or what a differentiated function takes and returns",
    note = "write `#[derive(Components)]` on the struct; its fields are `f64`, arrays of it, and such structs",
    note = "an enum can be an argument of a `#[differentiable]` function that matches on it"
)]
pub trait Components {
    /// The struct with `T` in the place of `f64`.
    type Of<T>;
    /// How many reals.
    const LEN: usize;
    /// What it is made of; nothing is asked of a struct without fields.
    #[doc(hidden)]
    const LAYOUT: assigned::Layout = assigned::Layout::Struct(&[]);
    /// The same values over `T`.
    fn over<T: Real>(self) -> Self::Of<T>;
    /// The names of the reals, in order: `growth`, `decay[0]`, `decay[1]`.
    fn names() -> Vec<String>;
    /// The names where this is the field `prefix` of a struct.
    #[doc(hidden)]
    fn names_under(prefix: &str) -> Vec<String> {
        Self::names().into_iter().map(|name| format!("{prefix}.{name}")).collect()
    }
}

impl Components for f64 {
    type Of<T> = T;
    const LEN: usize = 1;
    const LAYOUT: assigned::Layout = assigned::Layout::Real;
    fn over<T: Real>(self) -> T {
        T::lit(self)
    }
    /// It has none of its own.
    fn names() -> Vec<String> {
        Vec::new()
    }
    fn names_under(prefix: &str) -> Vec<String> {
        vec![prefix.to_string()]
    }
}

impl<C: Components, const N: usize> Components for [C; N] {
    type Of<T> = [C::Of<T>; N];
    const LEN: usize = N * C::LEN;
    const LAYOUT: assigned::Layout = assigned::Layout::Array(N, &C::LAYOUT);
    fn over<T: Real>(self) -> Self::Of<T> {
        self.map(C::over)
    }
    /// The elements have none of their own.
    fn names() -> Vec<String> {
        Vec::new()
    }
    fn names_under(prefix: &str) -> Vec<String> {
        (0..N).flat_map(|i| C::names_under(&format!("{prefix}[{i}]"))).collect()
    }
}

/// Memory that a generated derivative needs when a loop's length is known at run time only.
///
/// It grows on first use and keeps its memory, so that later calls allocate nothing.
#[derive(Debug, Clone, Default)]
pub struct Workspace<T> {
    reals: Vec<T>,
    indices: Vec<usize>,
}

impl<T: Real> Workspace<T> {
    /// An empty workspace.
    pub fn new() -> Self {
        Self { reals: Vec::new(), indices: Vec::new() }
    }
    /// Keeps a real until the reverse sweep asks for it.
    #[inline]
    pub fn push(&mut self, x: T) {
        self.reals.push(x);
    }
    /// The real kept last.
    #[inline]
    pub fn pop(&mut self) -> T {
        self.reals.pop().unwrap_or(T::ZERO)
    }
    /// All reals that were kept, in order.
    pub(crate) fn into_reals(self) -> Vec<T> {
        self.reals
    }
    /// The same, to look at.
    pub(crate) fn reals(&self) -> &[T] {
        &self.reals
    }
    /// Keeps nothing.
    pub(crate) fn clear(&mut self) {
        self.reals.clear();
        self.indices.clear();
    }
    /// Keeps an integer or a condition.
    #[inline]
    pub fn push_index(&mut self, i: usize) {
        self.indices.push(i);
    }
    /// Keeps an integer that has more bits than an index on some machine.
    #[inline]
    pub fn push_wide(&mut self, i: u128) {
        for part in 0..u128::BITS / usize::BITS {
            self.indices.push((i >> (part * usize::BITS)) as usize);
        }
    }
    /// Keeps every real of an aggregate.
    #[inline]
    pub fn push_all<V: Vector<T>>(&mut self, v: &V) {
        self.reals.extend_from_slice(v.as_slice());
    }
    /// Takes back the aggregate kept last.
    #[inline]
    pub fn pop_all<V: Vector<T>>(&mut self, v: &mut V) {
        let v = v.as_mut_slice();
        let start = self.reals.len().saturating_sub(v.len());
        for (x, kept) in v.iter_mut().zip(self.reals.drain(start..)) {
            *x = kept;
        }
    }
    /// The integer kept last by [`push_wide`](Self::push_wide).
    #[inline]
    pub fn pop_wide(&mut self) -> u128 {
        (0..u128::BITS / usize::BITS).fold(0, |i, _| (i << usize::BITS) | self.pop_index() as u128)
    }
    /// The integer kept last.
    #[inline]
    pub fn pop_index(&mut self) -> usize {
        self.indices.pop().unwrap_or(0)
    }
}
