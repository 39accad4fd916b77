//! A layer of all connections, and activations as a layer of their own.

use std::marker::PhantomData;
use std::slice::Iter;
use std::slice::IterMut;

use rand::Rng;

use crate::nn::Network;
use crate::nn::activation::Activation;
use crate::nn::activation::Identity;
use crate::nn::layer::Layer;
use crate::nn::product::add_outer;
use crate::nn::product::add_transposed;
use crate::nn::product::affine;
use crate::part_of_vector;
use crate::real::Real;
use crate::space::Components;
use crate::space::Constant;
use crate::space::Flat;
use crate::space::Lift;
use crate::space::Own;
use crate::space::Part;
use crate::space::Values;
use crate::space::Vector;
use crate::space::flat_slice;
use crate::space::flat_slice_mut;
use crate::space::flat_zeros;
use crate::space::from_flat;
use crate::space::from_flat_mut;

/// A fully connected layer: `y = A(W x + b)` from `I` reals to `O`.
///
/// ```
/// use diffeq_runtime::nn::Dense;
/// use diffeq_runtime::nn::Relu;
///
/// let layer: Dense<2, 2, Relu> = Dense::new([[1.0, 2.0], [3.0, -4.0]], [0.5, 0.5]);
/// assert_eq!(layer.forward([1.0, 1.0]), [3.5, 0.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Dense<const I: usize, const O: usize, A = Identity, T = f64> {
    /// The weights: a row for each output.
    pub weight: [[T; I]; O],
    /// What is added to each output.
    pub bias: [T; O],
    activation: PhantomData<A>,
}

impl<const I: usize, const O: usize, A: Activation, T: Real> Dense<I, O, A, T> {
    /// A layer with these parameters.
    pub const fn new(weight: [[T; I]; O], bias: [T; O]) -> Self {
        Self { weight, bias, activation: PhantomData }
    }

    /// A layer with parameters drawn uniformly from `±1/√I`, as dfdx draws them.
    pub fn init(rng: &mut impl Rng) -> Self {
        let bound = 1.0 / (I as f64).sqrt();
        let mut layer = Self::default();
        flat_slice_mut(&mut layer).fill_with(|| T::lit(rng.gen_range(-bound..bound)));
        layer
    }

    /// `A(W x + b)`.
    #[inline]
    pub fn forward(&self, x: [T; I]) -> [T; O] {
        Network::forward(self, &x)
    }
}

impl<const I: usize, const O: usize, A: Activation, T: Real> Default for Dense<I, O, A, T> {
    fn default() -> Self {
        Self::new([[T::ZERO; I]; O], [T::ZERO; O])
    }
}

/// How many reals are kept of each output of an activation.
const fn kept_of_each<A: Activation, T: Real>() -> usize {
    size_of::<A::Kept<T, T>>() / size_of::<T>()
}

/// Where the values lie that are kept of an activation, and the slopes after them, if they are.
#[inline(always)]
fn kept_values<T: Real, X: Flat<T>, K: Flat<T>>(kept: &K) -> (Option<&X>, &[T]) {
    let (values, slopes) =
        flat_slice(kept).split_at_checked(size_of::<X>() / size_of::<T>()).unwrap_or_default();
    (from_flat(values), slopes)
}

/// As [`kept_values`], to write to.
#[inline(always)]
fn kept_values_mut<T: Real, X: Flat<T>, K: Flat<T>>(kept: &mut K) -> (Option<&mut X>, &mut [T]) {
    let len = size_of::<X>() / size_of::<T>();
    let (values, slopes) = flat_slice_mut(kept).split_at_mut_checked(len).unwrap_or_default();
    (from_flat_mut(values), slopes)
}

/// How many reals go through an activation together.
const LANES: usize = 8;

/// Replaces each real by its value, and writes the slopes if they are kept.
#[cfg_attr(not(debug_assertions), inline(always))]
fn activate<A: Activation, T: Real, const FUSED: bool>(x: &mut [T], slopes: &mut [T]) {
    // What does not fill a register by itself would be scalar code, which takes as long for each real.
    let pads = T::NESTING == 0 && !A::CALLS;
    let len = if pads { x.len() - x.len() % LANES } else { x.len() };
    let (x, rest) = x.split_at_mut(len);
    let (slopes, rest_slopes) = slopes.split_at_mut(len.min(slopes.len()));
    activate_whole::<A, T, FUSED>(x, slopes);
    if !rest.is_empty() {
        let (mut lanes, mut lane_slopes) = ([T::ZERO; LANES], [T::ZERO; LANES]);
        lanes[..rest.len()].copy_from_slice(rest);
        activate_whole::<A, T, FUSED>(&mut lanes, &mut lane_slopes);
        rest.copy_from_slice(&lanes[..rest.len()]);
        rest_slopes.copy_from_slice(&lane_slopes[..rest_slopes.len()]);
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn activate_whole<A: Activation, T: Real, const FUSED: bool>(x: &mut [T], slopes: &mut [T]) {
    match const { kept_of_each::<A, T>() } {
        0 => {}
        1 => {
            for x in x {
                *x = A::value::<T, FUSED>(*x);
            }
        }
        _ => {
            for (x, slope) in x.iter_mut().zip(slopes) {
                (*x, *slope) = A::with_slope::<T, FUSED>(*x);
            }
        }
    }
}

/// The same where the values go elsewhere.
#[cfg_attr(not(debug_assertions), inline(always))]
fn activate_into<A: Activation, T: Real, const FUSED: bool>(x: &[T], y: &mut [T], slopes: &mut [T]) {
    if const { kept_of_each::<A, T>() != 1 } || !x.len().is_multiple_of(LANES) {
        y.copy_from_slice(x);
        return activate::<A, T, FUSED>(y, slopes);
    }
    for (x, y) in x.iter().zip(y) {
        *y = A::value::<T, FUSED>(*x);
    }
}

/// Replaces the cotangent of each value by that of what it is the value of.
#[cfg_attr(not(debug_assertions), inline(always))]
fn pull<A: Activation, T: Real, X: Flat<T>>(kept: &A::Kept<T, X>, bar: &mut X) {
    let ((values, slopes), bar) = (kept_values::<T, X, _>(kept), flat_slice_mut(bar));
    match const { kept_of_each::<A, T>() } {
        0 => {}
        1 => {
            for (bar, y) in bar.iter_mut().zip(values.map(flat_slice).unwrap_or_default()) {
                *bar = times::<A, T>(*bar, A::slope_at(*y));
            }
        }
        _ => {
            for (bar, slope) in bar.iter_mut().zip(slopes) {
                *bar = times::<A, T>(*bar, *slope);
            }
        }
    }
}

/// What a slope makes of a tangent or a cotangent.
#[inline(always)]
fn times<A: Activation, T: Real>(x: T, slope: T) -> T {
    if A::SINGULAR { x.zero_or_times(slope) } else { x * slope }
}

/// Replaces values and tangents by those after an activation.
#[cfg_attr(not(debug_assertions), inline(always))]
fn activate_with_tangents<A: Activation, T: Real, const N: usize, const R: usize, const FUSED: bool>(
    x: &mut [[T; R]; N],
    x_dot: &mut [[T; R]; N],
) {
    if const { kept_of_each::<A, T>() } > 0 {
        for (x, x_dot) in x.as_flattened_mut().iter_mut().zip(x_dot.as_flattened_mut()) {
            let (y, slope) = A::with_slope::<T, FUSED>(*x);
            (*x, *x_dot) = (y, times::<A, T>(*x_dot, slope));
        }
    }
}

impl<const I: usize, const O: usize, A: Activation, T: Real> Layer<T, [T; I]> for Dense<I, O, A, T> {
    type Output = [T; O];
    type Kept<const R: usize> = A::Kept<T, [[T; R]; O]>;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn value<'a, const R: usize, const FUSED: bool>(
        &self,
        x: &[[T; R]; I],
        kept: &'a mut Self::Kept<R>,
        room: &'a mut [[T; R]; O],
        asked: bool,
    ) -> &'a [[T; R]; O] {
        let (values, slopes) = kept_values_mut(kept);
        let y = values.unwrap_or(room);
        if asked || const { kept_of_each::<A, T>() } > 0 {
            affine::<FUSED, _, _, _, _>(&self.weight, &self.bias, x, y);
            activate::<A, T, FUSED>(y.as_flattened_mut(), slopes);
        }
        y
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn recall<'a, const R: usize, const FUSED: bool>(
        &self,
        x: &[[T; R]; I],
        kept: &'a Self::Kept<R>,
        room: &'a mut [[T; R]; O],
    ) -> &'a [[T; R]; O] {
        if let (Some(values), _) = kept_values(kept) {
            return values;
        }
        affine::<FUSED, _, _, _, _>(&self.weight, &self.bias, x, room);
        room
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn tangent<const R: usize, const FUSED: bool>(
        &self,
        self_dot: Option<&Self>,
        x: &[[T; R]; I],
        x_dot: &[[T; R]; I],
        y: &mut [[T; R]; O],
        y_dot: &mut [[T; R]; O],
    ) {
        affine::<FUSED, _, _, _, _>(&self.weight, &[T::ZERO; O], x_dot, y_dot);
        if let Some(self_dot) = self_dot {
            affine::<FUSED, _, _, _, _>(&self_dot.weight, &self_dot.bias, x, y);
            for (y_dot, by_parameters) in y_dot.as_flattened_mut().iter_mut().zip(y.as_flattened()) {
                *y_dot += *by_parameters;
            }
        }
        affine::<FUSED, _, _, _, _>(&self.weight, &self.bias, x, y);
        activate_with_tangents::<A, T, O, R, FUSED>(y, y_dot);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn pull<const R: usize, const FUSED: bool>(
        &self,
        x: &[[T; R]; I],
        kept: &Self::Kept<R>,
        y_bar: &mut [[T; R]; O],
        self_bar: Option<&mut Self>,
        x_bar: &mut [[T; R]; I],
    ) {
        pull::<A, T, _>(kept, y_bar);
        if let Some(self_bar) = self_bar {
            add_outer::<FUSED, _, _, _, _>(&mut self_bar.weight, &mut self_bar.bias, y_bar, x);
        }
        add_transposed::<FUSED, _, _, _, _>(x_bar, &self.weight, y_bar);
    }
}

impl<const I: usize, const O: usize, A: Activation> Components for Dense<I, O, A> {
    type Of<T> = Dense<I, O, A, T>;
    const LEN: usize = O * I + O;

    fn over<T: Real>(self) -> Dense<I, O, A, T> {
        self.lift(&mut T::lit)
    }

    fn names() -> Vec<String> {
        let weights = (0..O).flat_map(|o| (0..I).map(move |i| format!("weight[{o}][{i}]")));
        weights.chain((0..O).map(|o| format!("bias[{o}]"))).collect()
    }
}

impl<const I: usize, const O: usize, A: Activation> Own for Dense<I, O, A> {
    fn read(reals: &mut Iter<'_, f64>) -> Self {
        let weight = Own::read(reals);
        Dense::new(weight, Own::read(reals))
    }
    fn write(&self, reals: &mut IterMut<'_, f64>) {
        self.weight.write(reals);
        self.bias.write(reals);
    }
}

impl<const I: usize, const O: usize, A: Activation, T: Real> Values for Dense<I, O, A, T> {
    type Plain = Dense<I, O, A>;
    fn values(&self) -> Self::Plain {
        self.lift(&mut |x: T| x.value())
    }
}

impl<const I: usize, const O: usize, A: Activation, T: Real> Constant<T> for Dense<I, O, A> {
    type Lifted = Dense<I, O, A, T>;
    type Twin = Dense<I, O, A, T>;
    fn lifted(&self) -> Self::Lifted {
        self.lift(&mut T::lit)
    }
    fn still(&self) -> Self::Lifted {
        Dense::default()
    }
    fn twin(&self) -> Self::Twin {
        Dense::default()
    }
}

impl<const I: usize, const O: usize, A: Activation, T: Real> Part<T> for Dense<I, O, A, T> {
    part_of_vector!(T);
}

// SAFETY: `repr(C)`, arrays of `T` and nothing else.
#[allow(unsafe_code)]
unsafe impl<const I: usize, const O: usize, A: Activation, T: Real> Flat<T> for Dense<I, O, A, T> {}

impl<const I: usize, const O: usize, A: Activation, T: Real, U: Real> Lift<T, U> for Dense<I, O, A, T> {
    type Lifted = Dense<I, O, A, U>;
    fn lift(&self, f: &mut impl FnMut(T) -> U) -> Self::Lifted {
        Dense::new(self.weight.lift(f), self.bias.lift(f))
    }
}

/// An activation as a layer of its own: `y_i = A(x_i)` for any number of reals. It has no parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Map<A, T = f64> {
    /// No parameters, but of the scalar's alignment.
    none: [T; 0],
    activation: PhantomData<A>,
}

impl<A: Activation, T: Real> Map<A, T> {
    /// The layer.
    pub const fn new() -> Self {
        Self { none: [], activation: PhantomData }
    }

    /// The layer: there is nothing to draw.
    pub fn init(_: &mut impl Rng) -> Self {
        Self::new()
    }

    /// `A` of each.
    #[inline]
    pub fn forward<const N: usize>(&self, x: [T; N]) -> [T; N] {
        Network::forward(self, &x)
    }
}

impl<A: Activation, T: Real> Default for Map<A, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Activation, T: Real, const N: usize> Layer<T, [T; N]> for Map<A, T> {
    type Output = [T; N];
    type Kept<const R: usize> = A::Kept<T, [[T; R]; N]>;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn value<'a, const R: usize, const FUSED: bool>(
        &self,
        x: &[[T; R]; N],
        kept: &'a mut Self::Kept<R>,
        room: &'a mut [[T; R]; N],
        _: bool,
    ) -> &'a [[T; R]; N] {
        let (values, slopes) = kept_values_mut(kept);
        let y = values.unwrap_or(room);
        activate_into::<A, T, FUSED>(x.as_flattened(), y.as_flattened_mut(), slopes);
        y
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn recall<'a, const R: usize, const FUSED: bool>(
        &self,
        x: &[[T; R]; N],
        kept: &'a Self::Kept<R>,
        room: &'a mut [[T; R]; N],
    ) -> &'a [[T; R]; N] {
        if let (Some(values), _) = kept_values(kept) {
            return values;
        }
        *room = *x;
        room
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn tangent<const R: usize, const FUSED: bool>(
        &self,
        _: Option<&Self>,
        x: &[[T; R]; N],
        x_dot: &[[T; R]; N],
        y: &mut [[T; R]; N],
        y_dot: &mut [[T; R]; N],
    ) {
        (*y, *y_dot) = (*x, *x_dot);
        activate_with_tangents::<A, T, N, R, FUSED>(y, y_dot);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn pull<const R: usize, const FUSED: bool>(
        &self,
        _: &[[T; R]; N],
        kept: &Self::Kept<R>,
        y_bar: &mut [[T; R]; N],
        _: Option<&mut Self>,
        x_bar: &mut [[T; R]; N],
    ) {
        pull::<A, T, _>(kept, y_bar);
        for (x_bar, y_bar) in x_bar.as_flattened_mut().iter_mut().zip(y_bar.as_flattened()) {
            *x_bar += *y_bar;
        }
    }
}

impl<A: Activation> Components for Map<A> {
    type Of<T> = Map<A, T>;
    const LEN: usize = 0;

    fn over<T: Real>(self) -> Map<A, T> {
        Map::new()
    }

    fn names() -> Vec<String> {
        Vec::new()
    }
}

impl<A: Activation> Own for Map<A> {
    fn read(_: &mut Iter<'_, f64>) -> Self {
        Map::new()
    }
    fn write(&self, _: &mut IterMut<'_, f64>) {}
}

impl<A: Activation, T: Real> Values for Map<A, T> {
    type Plain = Map<A>;
    fn values(&self) -> Map<A> {
        Map::new()
    }
}

impl<A: Activation, T: Real> Constant<T> for Map<A> {
    type Lifted = Map<A, T>;
    type Twin = Map<A, T>;
    fn lifted(&self) -> Map<A, T> {
        Map::new()
    }
    fn still(&self) -> Map<A, T> {
        Map::new()
    }
    fn twin(&self) -> Map<A, T> {
        Map::new()
    }
}

impl<A: Activation, T: Real> Part<T> for Map<A, T> {
    part_of_vector!(T);
}

// SAFETY: no reals, aligned as one.
#[allow(unsafe_code)]
unsafe impl<A: Activation, T: Real> Flat<T> for Map<A, T> {}

impl<A: Activation, T: Real, U: Real> Lift<T, U> for Map<A, T> {
    type Lifted = Map<A, U>;
    fn lift(&self, _: &mut impl FnMut(T) -> U) -> Map<A, U> {
        Map::new()
    }
}

impl<const I: usize, const O: usize, A: Activation, T: Real> Vector<T> for Dense<I, O, A, T> {
    #[inline(always)]
    fn as_slice(&self) -> &[T] {
        flat_slice(self)
    }
    #[inline(always)]
    fn as_mut_slice(&mut self) -> &mut [T] {
        flat_slice_mut(self)
    }
    #[inline(always)]
    fn zeros_like(&self) -> Self {
        flat_zeros(self)
    }
}

impl<A: Activation, T: Real> Vector<T> for Map<A, T> {
    #[inline(always)]
    fn as_slice(&self) -> &[T] {
        &self.none
    }
    #[inline(always)]
    fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.none
    }
    #[inline(always)]
    fn zeros_like(&self) -> Self {
        Self::new()
    }
}
