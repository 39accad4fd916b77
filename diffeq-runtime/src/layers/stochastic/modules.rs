//! The modules that a stochastic field is made of.

use std::cell::Cell;

use dfdx::nn::BuildModule;
use dfdx::nn::BuildOnDevice;
use dfdx::nn::ModuleVisitor;
use dfdx::nn::NonMutableModule;
use dfdx::nn::ScalarOptions;
use dfdx::nn::TensorCollection;
use dfdx::nn::TensorOptions;
use dfdx::shapes::Const;
use dfdx::shapes::Dtype;
use dfdx::shapes::Rank1;
use dfdx::tensor::AsArray;
use dfdx::tensor::Cpu;
use dfdx::tensor::Storage;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;

use crate::dfdx::Fused;
use crate::dfdx::Scalar;
use crate::error::Error;
use crate::layers::field::VectorField;
use crate::layers::stochastic::kind::Blocks;
use crate::layers::stochastic::kind::EachItsOwn;
use crate::layers::stochastic::kind::Multiplicative;
use crate::layers::stochastic::kind::NetworkNoise;
use crate::layers::stochastic::kind::NoiseOf;
use crate::layers::stochastic::model::NetworkSde;
use crate::nn::Layer;
use crate::noise::Brownian;
use crate::noise::Driven;
use crate::space::Components;

/// The right-hand side `drift(u) dt + noise(u) dW`, a tuple of `Linear` and activations beside its noise.
#[derive(Debug, Clone, Default)]
pub struct SdeField<F, G> {
    /// What moves the state on average.
    pub drift: F,
    /// What the Wiener processes move it by.
    pub noise: G,
    /// Which path.
    pub along: Along,
}

/// Which path of the Wiener processes a layer takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Along {
    /// The seed, below 2^53: files hold it as a float. 0 by default.
    pub seed: u64,
    /// The trajectory, each of which is independent of all others; 0 by default.
    pub trajectory: u32,
}

impl Along {
    /// Refuses a seed that a file would not give back: dfdx writes each scalar as an `f64`.
    fn check(&self) -> Result<(), Error> {
        if self.seed >> f64::MANTISSA_DIGITS == 0 {
            return Ok(());
        }
        Err(Error::Option {
            option: "seed",
            problem: format!(
                "is {}, which a file of the layer's parameters would round to another path's",
                self.seed
            ),
            hint: "give a seed below 2^53",
        })
    }
}

impl<D: Device<E>, E: Dtype, F: BuildOnDevice<D, E>, G: BuildOnDevice<D, E>> BuildOnDevice<D, E>
    for SdeField<F, G>
{
    type Built = SdeField<F::Built, G::Built>;
}

impl<E: Dtype, D: Device<E>, F: TensorCollection<E, D>, G: TensorCollection<E, D>> TensorCollection<E, D>
    for SdeField<F, G>
{
    type To<E2: Dtype, D2: Device<E2>> = SdeField<F::To<E2, D2>, G::To<E2, D2>>;
    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(
            (
                Self::module("drift", |s| &s.drift, |s| &mut s.drift),
                Self::module("noise", |s| &s.noise, |s| &mut s.noise),
                Self::module("along", |s| &s.along, |s| &mut s.along),
            ),
            |(drift, noise, along)| SdeField { drift, noise, along },
        )
    }
}

impl<F, G> NonMutableModule for SdeField<F, G> {}

impl<E: Dtype, D: Device<E>> TensorCollection<E, D> for Along {
    type To<E2: Dtype, D2: Device<E2>> = Self;
    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Self>, V::Err> {
        // A visitor that makes a new module of another one gives the defaults: what it passed on its way is kept.
        let seen = Cell::new(Self::default());
        visitor.visit_fields(
            (
                <Self as TensorCollection<E, D>>::scalar(
                    "seed",
                    |s| {
                        seen.set(*s);
                        &s.seed
                    },
                    |s| &mut s.seed,
                    ScalarOptions::from_default(0),
                ),
                <Self as TensorCollection<E, D>>::scalar(
                    "trajectory",
                    |s| &s.trajectory,
                    |s| &mut s.trajectory,
                    ScalarOptions::from_default(0),
                ),
            ),
            |(seed, trajectory)| match (seed, trajectory) {
                (0, 0) => seen.get(),
                _ => Self { seed, trajectory },
            },
        )
    }
}

/// A module that is the noise of a [`SdeField`] on rows of `N` numbers.
pub trait NoiseModule<E: Scalar, const N: usize>: TensorCollection<E, Cpu> + Clone + 'static {
    /// Its kind.
    type Kind: NoiseOf<E>;
    /// Its kind, by value.
    ///
    /// # Errors
    /// Where the module cannot be one, for what its type does not tell.
    fn kind(&self) -> Result<Self::Kind, Error>;
}

/// The factors `mp` of multiplicative noise: modules with one tensor.
macro_rules! factors {
    ($(#[$doc:meta])* $module:ident: $options:ident, $fixed:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $module<const N: usize, E: Dtype, D: Storage<E>> {
            /// The factors.
            pub mp: Tensor<Rank1<N>, E, D>,
        }

        impl<const N: usize, E: Dtype, D: Device<E>> BuildOnDevice<D, E> for builder::$module<N>
        where
            $module<N, E, D>: BuildModule<D, E>,
        {
            type Built = $module<N, E, D>;
        }

        impl<const N: usize, E: Dtype, D: Device<E>> TensorCollection<E, D> for $module<N, E, D> {
            type To<E2: Dtype, D2: Device<E2>> = $module<N, E2, D2>;
            fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
                visitor: &mut V,
            ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
                let options = TensorOptions::$options(|mp| {
                    let tenth = E::from_f64(0.1).unwrap_or_default();
                    mp.copy_from(&[tenth; N]);
                    Ok(())
                });
                visitor.visit_fields(Self::tensor("mp", |s| &s.mp, |s| &mut s.mp, options), |mp| $module { mp })
            }
        }

        impl<const N: usize, E: Dtype, D: Storage<E>> NonMutableModule for $module<N, E, D> {}

        impl<E: Scalar, const N: usize> NoiseModule<E, N> for $module<N, E, Cpu> {
            type Kind = Multiplicative<N>;
            fn kind(&self) -> Result<Self::Kind, Error> {
                let fixed: fn(&Self) -> Option<[f64; N]> = $fixed;
                Ok(Multiplicative { fixed: fixed(self) })
            }
        }
    };
}

factors! {
    /// The factors `mp` of multiplicative noise, which are trained; they start at a tenth.
    Factors: reset_with, |_| None
}

factors! {
    /// The factors `mp` of multiplicative noise, which stay as they are; a tenth by default.
    Constant: detached, |s| Some(s.mp.array().map(|factor| factor.value()))
}

/// What models are declared with.
pub mod builder {
    /// Builds to [`Factors`](super::Factors).
    #[derive(Debug, Clone, Copy, Default)]
    pub struct Factors<const N: usize>;

    /// Builds to [`Constant`](super::Constant).
    #[derive(Debug, Clone, Copy, Default)]
    pub struct Constant<const N: usize>;
}

/// Noise by a network, a process for each component.
#[derive(Debug, Clone, Default)]
pub struct DiagonalBy<G>(pub G);

/// Noise by a network, `P` processes for each row.
#[derive(Debug, Clone, Default)]
pub struct RowsBy<G, const P: usize>(pub G);

impl<D: Device<E>, E: Dtype, G: BuildOnDevice<D, E>> BuildOnDevice<D, E> for DiagonalBy<G> {
    type Built = DiagonalBy<G::Built>;
}

impl<D: Device<E>, E: Dtype, G: BuildOnDevice<D, E>, const P: usize> BuildOnDevice<D, E> for RowsBy<G, P> {
    type Built = RowsBy<G::Built, P>;
}

impl<E: Dtype, D: Device<E>, G: TensorCollection<E, D>> TensorCollection<E, D> for DiagonalBy<G> {
    type To<E2: Dtype, D2: Device<E2>> = DiagonalBy<G::To<E2, D2>>;
    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(Self::module("0", |s| &s.0, |s| &mut s.0), DiagonalBy)
    }
}

impl<E: Dtype, D: Device<E>, G: TensorCollection<E, D>, const P: usize> TensorCollection<E, D>
    for RowsBy<G, P>
{
    type To<E2: Dtype, D2: Device<E2>> = RowsBy<G::To<E2, D2>, P>;
    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(Self::module("0", |s| &s.0, |s| &mut s.0), RowsBy)
    }
}

impl<G> NonMutableModule for DiagonalBy<G> {}
impl<G, const P: usize> NonMutableModule for RowsBy<G, P> {}

impl<E, G, const N: usize> NoiseModule<E, N> for DiagonalBy<G>
where
    E: Scalar,
    G: Fused<E> + Clone + 'static,
    NetworkNoise<G::Net, EachItsOwn, N>: NoiseOf<E>,
{
    type Kind = NetworkNoise<G::Net, EachItsOwn, N>;
    fn kind(&self) -> Result<Self::Kind, Error> {
        self.0.check()?;
        Ok(NetworkNoise::new())
    }
}

impl<E, G, const N: usize, const P: usize> NoiseModule<E, N> for RowsBy<G, P>
where
    E: Scalar,
    G: Fused<E> + Clone + 'static,
    NetworkNoise<G::Net, Blocks<N, P>, N>: NoiseOf<E>,
{
    type Kind = NetworkNoise<G::Net, Blocks<N, P>, N>;
    fn kind(&self) -> Result<Self::Kind, Error> {
        self.0.check()?;
        Ok(NetworkNoise::new())
    }
}

/// A vector, and batches of them.
macro_rules! fields {
    ($([$($generics:tt)*] $shape:ty;)*) => { $(
        impl<F, G, E, $($generics)*> VectorField<E, $shape> for SdeField<F, G>
        where
            E: Scalar,
            F: Fused<E> + Clone + 'static,
            F::Net: Components<Of<E>: Layer<E, [E; N], Output = [E; N]>> + 'static,
            G: NoiseModule<E, N>,
        {
            type Rhs = Driven<NetworkSde<F::Net, G::Kind, N>, Brownian>;
            fn rhs(&self, _: &$shape) -> Result<Self::Rhs, Error> {
                self.drift.check()?;
                self.along.check()?;
                let Along { seed, trajectory } = self.along;
                let path = Brownian::new(seed, (0.0, 1.0)).trajectory(trajectory);
                Ok(Driven::new(NetworkSde::new(self.noise.kind()?), path))
            }
            fn over(&self, rhs: Self::Rhs, span: (f64, f64)) -> Self::Rhs {
                let Along { seed, trajectory } = self.along;
                Driven { path: Brownian::new(seed, span).trajectory(trajectory), ..rhs }
            }
            fn state(_: &$shape, values: Vec<E>) -> Vec<E> {
                values
            }
        }
    )* };
}

fields! {
    [const N: usize] (Const<N>,);
    [const N: usize] (usize, Const<N>);
    [const B: usize, const N: usize] (Const<B>, Const<N>);
}
