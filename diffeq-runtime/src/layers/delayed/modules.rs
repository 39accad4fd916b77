//! The modules that a delayed field is made of.

use std::cell::Cell;

use dfdx::nn::BuildModule;
use dfdx::nn::BuildOnDevice;
use dfdx::nn::ModuleVisitor;
use dfdx::nn::NonMutableModule;
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

use crate::delay::AtRest;
use crate::delay::Initial;
use crate::delay::WithPast;
use crate::dfdx::Fused;
use crate::dfdx::Scalar;
use crate::error::Error;
use crate::layers::delayed::model::EachRow;
use crate::layers::delayed::model::FixedLags;
use crate::layers::delayed::model::LagSource;
use crate::layers::delayed::model::NetworkDde;
use crate::layers::delayed::model::TrainedLags;
use crate::layers::field::VectorField;
use crate::layers::twice::Inputs;
use crate::nn::Array;
use crate::nn::Layer;
use crate::space::Components;

/// The right-hand side `net([u, u(t - lag 1), …])`, a tuple of `Linear` and activations beside its lags.
#[derive(Debug, Clone, Default)]
pub struct DdeField<F, L> {
    /// What moves the state: it takes the state and an earlier one for each lag, one after the other.
    pub net: F,
    /// How far it looks back, and what was before the start.
    pub lags: L,
}

impl<D: Device<E>, E: Dtype, F: BuildOnDevice<D, E>, L: BuildOnDevice<D, E>> BuildOnDevice<D, E>
    for DdeField<F, L>
{
    type Built = DdeField<F::Built, L::Built>;
}

impl<E: Dtype, D: Device<E>, F: TensorCollection<E, D>, L: TensorCollection<E, D>> TensorCollection<E, D>
    for DdeField<F, L>
{
    type To<E2: Dtype, D2: Device<E2>> = DdeField<F::To<E2, D2>, L::To<E2, D2>>;
    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(
            (
                Self::module("net", |s| &s.net, |s| &mut s.net),
                Self::module("lags", |s| &s.lags, |s| &mut s.lags),
            ),
            |(net, lags)| DdeField { net, lags },
        )
    }
}

impl<F, L> NonMutableModule for DdeField<F, L> {}

/// A module that gives the lags of a [`DdeField`].
pub trait LagModule<E: Scalar>: TensorCollection<E, Cpu> + Clone + 'static {
    /// Where its equation has them from.
    type Source: LagSource;
    /// What was before the start.
    type History: Clone + 'static;
    /// Where the equation has them from, by value.
    fn source(&self) -> Self::Source;
    /// What was before the start, by value.
    fn history(&self) -> Self::History;
}

/// Lags: modules with one tensor, and what was before the start.
macro_rules! lags {
    ($(#[$doc:meta])* $module:ident: $options:ident, $source:ident, $of:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $module<const K: usize, H, E: Dtype, D: Storage<E>> {
            /// The lags; `0.1`, `0.2` and so on by default.
            pub lags: Tensor<Rank1<K>, E, D>,
            /// What was before the start; by default the state rested at what it starts from.
            pub history: H,
        }

        impl<const K: usize, H, E: Dtype, D: Device<E>> BuildOnDevice<D, E> for builder::$module<K, H>
        where
            $module<K, H, E, D>: BuildModule<D, E>,
        {
            type Built = $module<K, H, E, D>;
        }

        impl<const K: usize, H: Default + Clone, E: Dtype, D: Device<E>> TensorCollection<E, D>
            for $module<K, H, E, D>
        {
            type To<E2: Dtype, D2: Device<E2>> = $module<K, H, E2, D2>;
            fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
                visitor: &mut V,
            ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
                // A visitor that makes a new module of another one knows nothing of the history: what it passed on its way
                // is kept.
                let seen: Cell<Option<H>> = Cell::new(None);
                let options = TensorOptions::$options(|lags| {
                    let lag = |k| E::from_f64(0.1 * (k + 1) as f64).unwrap_or_default();
                    lags.copy_from(&std::array::from_fn::<E, K, _>(lag));
                    Ok(())
                });
                let look = |s: &Self| seen.set(Some(s.history.clone()));
                visitor.visit_fields(
                    Self::tensor(
                        "lags",
                        |s| {
                            look(s);
                            &s.lags
                        },
                        |s| &mut s.lags,
                        options,
                    ),
                    |lags| $module { lags, history: seen.take().unwrap_or_default() },
                )
            }
        }

        impl<const K: usize, H, E: Dtype, D: Storage<E>> NonMutableModule for $module<K, H, E, D> {}

        impl<E: Scalar, H: Default + Clone + 'static, const K: usize> LagModule<E> for $module<K, H, E, Cpu> {
            type Source = $source<K>;
            type History = H;
            fn source(&self) -> Self::Source {
                let source: fn(&Self) -> $source<K> = $of;
                source(self)
            }
            fn history(&self) -> H {
                self.history.clone()
            }
        }
    };
}

lags! {
    /// `K` lags, which are trained. One that training makes zero or less ends the solve with an error.
    Lags: reset_with, TrainedLags, |_| TrainedLags
}

lags! {
    /// `K` lags, which stay as they are.
    ConstantLags: detached, FixedLags, |s| FixedLags(s.lags.array().map(|lag| lag.value()))
}

/// What models are declared with.
pub mod builder {
    use super::AtRest;

    /// Builds to [`Lags`](super::Lags).
    #[derive(Debug, Clone, Copy, Default)]
    pub struct Lags<const K: usize, H = AtRest>(pub H);

    /// Builds to [`ConstantLags`](super::ConstantLags).
    #[derive(Debug, Clone, Copy, Default)]
    pub struct ConstantLags<const K: usize, H = AtRest>(pub H);
}

/// A vector, and batches of them.
macro_rules! fields {
    ($([$($generics:tt)*] $shape:ty;)*) => { $(
        impl<F, L, E, $($generics)*> VectorField<E, $shape> for DdeField<F, L>
        where
            E: Scalar,
            F: Fused<E> + Clone + 'static,
            F::Net: Components + Inputs + 'static,
            <F::Net as Inputs>::Input<E>: Array<E>,
            F::Native: Layer<E, <F::Net as Inputs>::Input<E>, Output = [E; N]>,
            L: LagModule<E>,
            L::History: Initial<E, [E; N], Vec<E>>,
        {
            type Rhs = WithPast<NetworkDde<F::Net, L::Source, N>, EachRow<L::History, N>, E>;
            fn rhs(&self, _: &$shape) -> Result<Self::Rhs, Error> {
                self.net.check()?;
                Ok(WithPast::new(NetworkDde::new(self.lags.source()), EachRow(self.lags.history())))
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
