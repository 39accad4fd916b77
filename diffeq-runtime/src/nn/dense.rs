//! A layer of all connections, and activations as a layer of their own.

use std::marker::PhantomData;

use rand::Rng;

use crate::nn::activation::Activation;
use crate::nn::activation::Identity;
use crate::nn::layer::Layer;
use crate::nn::layer::add_outer;
use crate::nn::layer::add_transposed;
use crate::nn::layer::affine;
use crate::real::Real;
use crate::space::Components;
use crate::space::Flat;
use crate::space::Lift;
use crate::space::Vector;
use crate::space::flat_slice;
use crate::space::flat_slice_mut;
use crate::space::flat_zeros;

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
        self.value(&x)
    }
}

impl<const I: usize, const O: usize, A: Activation, T: Real> Default for Dense<I, O, A, T> {
    fn default() -> Self {
        Self::new([[T::ZERO; I]; O], [T::ZERO; O])
    }
}

/// A value by an activation, and what the slope makes of a tangent or a cotangent.
#[inline(always)]
fn sloped<A: Activation, T: Real>(x_dot: T, slope: T) -> T {
    match (A::IDENTITY, A::SINGULAR) {
        (true, _) => x_dot,
        (_, true) => x_dot.zero_or_times(slope),
        (_, false) => x_dot * slope,
    }
}

/// Replaces each element by its value, and returns the slopes.
#[inline(always)]
fn activate<A: Activation, T: Real, const N: usize>(x: &mut [T; N]) -> [T; N] {
    let mut slopes = [T::ONE; N];
    if !A::IDENTITY {
        for i in 0..N {
            (x[i], slopes[i]) = A::with_slope(x[i]);
        }
    }
    slopes
}

impl<const I: usize, const O: usize, A: Activation, T: Real> Layer<T, [T; I]> for Dense<I, O, A, T> {
    type Output = [T; O];
    /// The slopes of the activation.
    type Kept = [T; O];

    #[inline(always)]
    fn value(&self, x: &[T; I]) -> [T; O] {
        let mut y = affine(&self.weight, &self.bias, x);
        if !A::IDENTITY {
            for y in &mut y {
                *y = A::value(*y);
            }
        }
        y
    }

    #[inline(always)]
    fn tangent(&self, self_dot: Option<&Self>, x: &[T; I], x_dot: &[T; I]) -> ([T; O], [T; O]) {
        let mut y_dot = match self_dot {
            Some(self_dot) => affine(&self_dot.weight, &self_dot.bias, x),
            None => [T::ZERO; O],
        };
        y_dot = affine(&self.weight, &y_dot, x_dot);
        let mut y = affine(&self.weight, &self.bias, x);
        let slopes = activate::<A, T, O>(&mut y);
        for o in 0..O {
            y_dot[o] = sloped::<A, T>(y_dot[o], slopes[o]);
        }
        (y, y_dot)
    }

    #[inline(always)]
    fn keep(&self, x: &[T; I]) -> ([T; O], [T; O]) {
        let mut y = affine(&self.weight, &self.bias, x);
        let slopes = activate::<A, T, O>(&mut y);
        (y, slopes)
    }

    #[inline(always)]
    fn keep_only(&self, x: &[T; I]) -> [T; O] {
        if A::IDENTITY {
            return [T::ONE; O];
        }
        self.keep(x).1
    }

    #[inline(always)]
    fn pull(&self, x: &[T; I], slopes: &[T; O], y_bar: &[T; O], self_bar: &mut Self, x_bar: &mut [T; I]) {
        let mut z_bar = *y_bar;
        for o in 0..O {
            z_bar[o] = sloped::<A, T>(z_bar[o], slopes[o]);
        }
        add_outer(&mut self_bar.weight, &mut self_bar.bias, &z_bar, x);
        add_transposed(x_bar, &self.weight, &z_bar);
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
        self.value(&x)
    }
}

impl<A: Activation, T: Real> Default for Map<A, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Activation, T: Real, const N: usize> Layer<T, [T; N]> for Map<A, T> {
    type Output = [T; N];
    /// The slopes.
    type Kept = [T; N];

    #[inline(always)]
    fn value(&self, x: &[T; N]) -> [T; N] {
        let mut y = *x;
        for y in &mut y {
            *y = A::value(*y);
        }
        y
    }

    #[inline(always)]
    fn tangent(&self, _: Option<&Self>, x: &[T; N], x_dot: &[T; N]) -> ([T; N], [T; N]) {
        let (mut y, mut y_dot) = (*x, *x_dot);
        let slopes = activate::<A, T, N>(&mut y);
        for i in 0..N {
            y_dot[i] = sloped::<A, T>(y_dot[i], slopes[i]);
        }
        (y, y_dot)
    }

    #[inline(always)]
    fn keep(&self, x: &[T; N]) -> ([T; N], [T; N]) {
        let mut y = *x;
        let slopes = activate::<A, T, N>(&mut y);
        (y, slopes)
    }

    #[inline(always)]
    fn keep_only(&self, x: &[T; N]) -> [T; N] {
        self.keep(x).1
    }

    #[inline(always)]
    fn pull(&self, _: &[T; N], slopes: &[T; N], y_bar: &[T; N], _: &mut Self, x_bar: &mut [T; N]) {
        for i in 0..N {
            x_bar[i] += sloped::<A, T>(y_bar[i], slopes[i]);
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
