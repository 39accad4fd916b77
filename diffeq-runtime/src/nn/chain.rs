//! One layer after another.

use std::slice::Iter;
use std::slice::IterMut;

use rand::Rng;

use crate::nn::Activation;
use crate::nn::Network;
use crate::nn::activation::Identity;
use crate::nn::activation::Tanh;
use crate::nn::dense::Dense;
use crate::nn::dense::Map;
use crate::nn::layer::Array;
use crate::nn::layer::Layer;
use crate::nn::layer::Tile;
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

/// Two layers, the second on what comes out of the first; each may be a chain itself.
///
/// ```
/// use diffeq_runtime::nn::Chain;
/// use diffeq_runtime::nn::Cube;
/// use diffeq_runtime::nn::Map;
/// use diffeq_runtime::nn::Mlp;
/// use diffeq_runtime::nn::Tanh;
/// use diffeq_runtime::space::Components;
/// use rand::SeedableRng;
///
/// type Net = Chain<Map<Cube>, Mlp<2, 50, 2, Tanh>>;
/// let net = Net::init(&mut rand::rngs::StdRng::seed_from_u64(1));
/// let [_du, _dv] = net.forward([2.0, 0.0]);
/// assert_eq!(Net::LEN, 252);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct Chain<A, B> {
    /// What sees the input.
    pub first: A,
    /// What sees the output of the first.
    pub second: B,
}

/// A network with one hidden layer: `I` reals to `H` by `A(W x + b)`, and these to `O` linearly.
pub type Mlp<const I: usize, const H: usize, const O: usize, A = Tanh, T = f64> =
    Chain<Dense<I, H, A, T>, Dense<H, O, Identity, T>>;

/// Layers whose parameters can be drawn.
pub trait Init {
    /// Parameters drawn as dfdx draws them: uniformly from `±1/√I` for a layer of `I` inputs.
    fn init(rng: &mut impl Rng) -> Self;
}

impl<const I: usize, const O: usize, A: Activation, T: Real> Init for Dense<I, O, A, T> {
    fn init(rng: &mut impl Rng) -> Self {
        Dense::init(rng)
    }
}

impl<A: Activation, T: Real> Init for Map<A, T> {
    fn init(rng: &mut impl Rng) -> Self {
        Map::init(rng)
    }
}

impl<A: Init, B: Init> Init for Chain<A, B> {
    fn init(rng: &mut impl Rng) -> Self {
        Chain::init(rng)
    }
}

impl<A, B> Chain<A, B> {
    /// The two layers, one after the other.
    pub const fn new(first: A, second: B) -> Self {
        Self { first, second }
    }

    /// Both with parameters drawn, first to last.
    pub fn init(rng: &mut impl Rng) -> Self
    where
        A: Init,
        B: Init,
    {
        let first = A::init(rng);
        Self { first, second: B::init(rng) }
    }

    /// What comes out for `x`.
    #[inline]
    pub fn forward<T: Real, X>(&self, x: X) -> <Self as Network<T, X>>::Output
    where
        Self: Network<T, X>,
    {
        Network::forward(self, &x)
    }
}

impl<T, X, A, B> Layer<T, X> for Chain<A, B>
where
    T: Real,
    X: Array<T>,
    A: Layer<T, X>,
    B: Layer<T, A::Output>,
{
    type Output = B::Output;
    type Kept<const R: usize> = Chain<A::Kept<R>, B::Kept<R>>;

    #[inline(always)]
    fn value<'a, const R: usize, const FUSED: bool>(
        &self,
        x: &X::Tile<R>,
        kept: &'a mut Self::Kept<R>,
        room: &'a mut Tile<T, B::Output, R>,
        asked: bool,
    ) -> &'a Tile<T, B::Output, R> {
        let mut between = A::Output::zeros();
        let y = self.first.value::<R, FUSED>(x, &mut kept.first, &mut between, true);
        self.second.value::<R, FUSED>(y, &mut kept.second, room, asked)
    }

    #[inline(always)]
    fn recall<'a, const R: usize, const FUSED: bool>(
        &self,
        x: &X::Tile<R>,
        kept: &'a Self::Kept<R>,
        room: &'a mut Tile<T, B::Output, R>,
    ) -> &'a Tile<T, B::Output, R> {
        let mut between = A::Output::zeros();
        let y = self.first.recall::<R, FUSED>(x, &kept.first, &mut between);
        self.second.recall::<R, FUSED>(y, &kept.second, room)
    }

    #[inline(always)]
    fn tangent<const R: usize, const FUSED: bool>(
        &self,
        self_dot: Option<&Self>,
        x: &X::Tile<R>,
        x_dot: &X::Tile<R>,
        z: &mut Tile<T, B::Output, R>,
        z_dot: &mut Tile<T, B::Output, R>,
    ) {
        let (mut y, mut y_dot) = (A::Output::zeros(), A::Output::zeros());
        self.first.tangent::<R, FUSED>(self_dot.map(|dot| &dot.first), x, x_dot, &mut y, &mut y_dot);
        self.second.tangent::<R, FUSED>(self_dot.map(|dot| &dot.second), &y, &y_dot, z, z_dot);
    }

    #[inline(always)]
    fn pull<const R: usize, const FUSED: bool>(
        &self,
        x: &X::Tile<R>,
        kept: &Self::Kept<R>,
        z_bar: &mut Tile<T, B::Output, R>,
        self_bar: Option<&mut Self>,
        x_bar: &mut X::Tile<R>,
    ) {
        let (first_bar, second_bar) = self_bar.map(|bar| (&mut bar.first, &mut bar.second)).unzip();
        let (mut between, mut y_bar) = (A::Output::zeros(), A::Output::zeros());
        let y = self.first.recall::<R, FUSED>(x, &kept.first, &mut between);
        self.second.pull::<R, FUSED>(y, &kept.second, z_bar, second_bar, &mut y_bar);
        self.first.pull::<R, FUSED>(x, &kept.first, &mut y_bar, first_bar, x_bar);
    }
}

impl<A: Components, B: Components> Components for Chain<A, B> {
    type Of<T> = Chain<A::Of<T>, B::Of<T>>;
    const LEN: usize = A::LEN + B::LEN;

    fn over<T: Real>(self) -> Self::Of<T> {
        Chain { first: self.first.over(), second: self.second.over() }
    }

    fn names() -> Vec<String> {
        let first = A::names().into_iter().map(|name| format!("first.{name}"));
        first.chain(B::names().into_iter().map(|name| format!("second.{name}"))).collect()
    }
}

impl<A: Own, B: Own> Own for Chain<A, B> {
    fn read(reals: &mut Iter<'_, f64>) -> Self {
        let first = A::read(reals);
        Chain { first, second: B::read(reals) }
    }
    fn write(&self, reals: &mut IterMut<'_, f64>) {
        self.first.write(reals);
        self.second.write(reals);
    }
}

impl<A: Values, B: Values> Values for Chain<A, B> {
    type Plain = Chain<A::Plain, B::Plain>;
    fn values(&self) -> Self::Plain {
        Chain { first: self.first.values(), second: self.second.values() }
    }
}

impl<T: Real, A: Constant<T>, B: Constant<T>> Constant<T> for Chain<A, B> {
    type Lifted = Chain<A::Lifted, B::Lifted>;
    type Twin = Chain<A::Lifted, B::Lifted>;
    fn lifted(&self) -> Self::Lifted {
        Chain { first: self.first.lifted(), second: self.second.lifted() }
    }
    fn still(&self) -> Self::Lifted {
        Chain { first: self.first.still(), second: self.second.still() }
    }
    fn twin(&self) -> Self::Twin {
        self.still()
    }
}

impl<T: Real, A: Flat<T>, B: Flat<T>> Part<T> for Chain<A, B> {
    part_of_vector!(T);
}

// SAFETY: `repr(C)`, and both fields are a whole number of `T`, aligned as `T` is.
#[allow(unsafe_code)]
unsafe impl<T: Real, A: Flat<T>, B: Flat<T>> Flat<T> for Chain<A, B> {}

impl<T: Real, A: Flat<T>, B: Flat<T>> Vector<T> for Chain<A, B> {
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

impl<T: Real, U: Real, A, B> Lift<T, U> for Chain<A, B>
where
    A: Lift<T, U> + Flat<T>,
    B: Lift<T, U> + Flat<T>,
    A::Lifted: Flat<U>,
    B::Lifted: Flat<U>,
{
    type Lifted = Chain<A::Lifted, B::Lifted>;
    fn lift(&self, f: &mut impl FnMut(T) -> U) -> Self::Lifted {
        let first = self.first.lift(f);
        Chain { first, second: self.second.lift(f) }
    }
}
