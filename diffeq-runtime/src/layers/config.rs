//! How a layer solves.

use std::cell::Cell;

use dfdx::nn::ModuleVisitor;
use dfdx::nn::ScalarOptions;
use dfdx::nn::TensorCollection;
use dfdx::shapes::Dtype;
use dfdx::tensor_ops::Device;

use crate::integrate::Grid;
use crate::integrate::Options;
use crate::sensitivity::DiscreteAdjoint;
use crate::space::Tolerances;
use crate::stepper::Tsit5;

/// How a layer solves its equation: the span, the tolerances, the method, and how it is differentiated.
///
/// Span and tolerances are scalars of the module, by the names `t0`, `t1`, `rtol`, `atol`: they are saved and loaded
/// with the parameters. A layer is built with the defaults below, and keeps what it is given from then on, also where
/// dfdx makes another module of it (`to_dtype`, `to_device`).
#[derive(Debug, Clone)]
pub struct OdeConfig<M = Tsit5, A = DiscreteAdjoint> {
    /// Where the span begins; 0.
    pub t0: f64,
    /// Where the span ends; 1.
    pub t1: f64,
    /// How large the error of a step may be, relative to the state; 1e-3.
    pub rtol: f64,
    /// How large the error of a step may be, whatever the state; 1e-6.
    pub atol: f64,
    /// Everything else, by default as in a solve ([`Options`]); the tolerances in there give way to those above. Gradients look at
    /// their error, and solve again where it is too large for what they are as vectors:
    /// [`derivative_tolerance`](crate::integrate::Solver::derivative_tolerance).
    pub options: Options,
    /// The method; [`Tsit5`].
    pub method: M,
    /// How gradients are computed; [`DiscreteAdjoint`] with all steps kept.
    pub adjoint: A,
}

impl<M: Default, A: Default> Default for OdeConfig<M, A> {
    fn default() -> Self {
        let (options, method, adjoint) = (Options::default(), M::default(), A::default());
        Self {
            t0: DEFAULT.t0,
            t1: DEFAULT.t1,
            rtol: DEFAULT.rtol,
            atol: DEFAULT.atol,
            options,
            method,
            adjoint,
        }
    }
}

/// The scalars of a configuration.
#[derive(Clone, Copy)]
struct Scalars {
    t0: f64,
    t1: f64,
    rtol: f64,
    atol: f64,
}

const DEFAULT: Scalars = Scalars { t0: 0.0, t1: 1.0, rtol: 1e-3, atol: 1e-6 };

impl OdeConfig {
    /// The defaults, over a span.
    pub fn span((t0, t1): (f64, f64)) -> Self {
        Self { t0, t1, ..Self::default() }
    }
}

impl<M, A> OdeConfig<M, A> {
    /// How large the error of a step may be, relative to the state and absolute; 1e-3 and 1e-6 by default.
    pub fn tolerances(self, rtol: f64, atol: f64) -> Self {
        Self { rtol, atol, ..self }
    }

    /// At which times [`series`](crate::layers::NeuralOde::series) saves; by default at the end of every step.
    pub fn save_at(mut self, grid: Grid) -> Self {
        self.options.save_at = Some(grid);
        self
    }

    /// Another method than [`Tsit5`].
    pub fn method<N>(self, method: N) -> OdeConfig<N, A> {
        let Self { t0, t1, rtol, atol, options, adjoint, .. } = self;
        OdeConfig { t0, t1, rtol, atol, options, method, adjoint }
    }

    /// Another way to compute gradients than [`DiscreteAdjoint`].
    pub fn adjoint<B>(self, adjoint: B) -> OdeConfig<M, B> {
        let Self { t0, t1, rtol, atol, options, method, .. } = self;
        OdeConfig { t0, t1, rtol, atol, options, method, adjoint }
    }

    /// The options of a solve of which nothing but the end is wanted.
    pub(super) fn to_the_end(&self) -> Options {
        let mut options = self.with_saving();
        options.save_at = None;
        options.save_start = Some(false);
        options.save_every_step = Some(false);
        options.save_idxs = None;
        options
    }

    /// The options of a solve that saves what the layer is told to.
    pub(super) fn with_saving(&self) -> Options {
        let tolerances = Tolerances { relative: self.rtol.into(), absolute: self.atol.into() };
        Options { tolerances, ..self.options.clone() }
    }
}

impl<E, D, M, A> TensorCollection<E, D> for OdeConfig<M, A>
where
    E: Dtype,
    D: Device<E>,
    M: Default + Clone,
    A: Default + Clone,
{
    type To<E2: Dtype, D2: Device<E2>> = Self;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Self>, V::Err> {
        // A visitor that makes a new module of another one gives the defaults for scalars, and knows nothing of the rest:
        // what it passed on its way is kept here.
        let seen: Cell<Option<Self>> = Cell::new(None);
        let look = |s: &Self| seen.set(Some(s.clone()));
        visitor.visit_fields(
            (
                <Self as TensorCollection<E, D>>::scalar(
                    "t0",
                    |s| {
                        look(s);
                        &s.t0
                    },
                    |s| &mut s.t0,
                    ScalarOptions::from_default(DEFAULT.t0),
                ),
                <Self as TensorCollection<E, D>>::scalar(
                    "t1",
                    |s| &s.t1,
                    |s| &mut s.t1,
                    ScalarOptions::from_default(DEFAULT.t1),
                ),
                <Self as TensorCollection<E, D>>::scalar(
                    "rtol",
                    |s| &s.rtol,
                    |s| &mut s.rtol,
                    ScalarOptions::from_default(DEFAULT.rtol),
                ),
                <Self as TensorCollection<E, D>>::scalar(
                    "atol",
                    |s| &s.atol,
                    |s| &mut s.atol,
                    ScalarOptions::from_default(DEFAULT.atol),
                ),
            ),
            |(t0, t1, rtol, atol)| {
                let mut config = seen.take().unwrap_or_default();
                let given = [t0, t1, rtol, atol];
                let defaults = [DEFAULT.t0, DEFAULT.t1, DEFAULT.rtol, DEFAULT.atol];
                let fields = [&mut config.t0, &mut config.t1, &mut config.rtol, &mut config.atol];
                for ((field, given), default) in fields.into_iter().zip(given).zip(defaults) {
                    if given != default {
                        *field = given;
                    }
                }
                config
            },
        )
    }
}

/// What every layer is that consists of a `field` and a `config`: how it is made, built, walked.
macro_rules! configured {
    ($layer:ident: $new:literal) => {
        impl<F, M, A> $layer<F, M, A> {
            #[doc = $new]
            pub fn new(field: F, config: $crate::layers::OdeConfig<M, A>) -> Self {
                Self { field, config }
            }
        }

        impl<D, E, F, M, A> ::dfdx::nn::BuildOnDevice<D, E> for $layer<F, M, A>
        where
            D: ::dfdx::tensor_ops::Device<E>,
            E: ::dfdx::shapes::Dtype,
            F: ::dfdx::nn::BuildOnDevice<D, E>,
            M: Default + Clone,
            A: Default + Clone,
        {
            type Built = $layer<F::Built, M, A>;
        }

        impl<E, D, F, M, A> ::dfdx::nn::TensorCollection<E, D> for $layer<F, M, A>
        where
            E: ::dfdx::shapes::Dtype,
            D: ::dfdx::tensor_ops::Device<E>,
            F: ::dfdx::nn::TensorCollection<E, D>,
            M: Default + Clone,
            A: Default + Clone,
        {
            type To<E2: ::dfdx::shapes::Dtype, D2: ::dfdx::tensor_ops::Device<E2>> =
                $layer<F::To<E2, D2>, M, A>;
            fn iter_tensors<V: ::dfdx::nn::ModuleVisitor<Self, E, D>>(
                visitor: &mut V,
            ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
                visitor.visit_fields(
                    (
                        Self::module("field", |s| &s.field, |s| &mut s.field),
                        Self::module("config", |s| &s.config, |s| &mut s.config),
                    ),
                    |(field, config)| $layer { field, config },
                )
            }
        }

        impl<F, M, A> ::dfdx::nn::NonMutableModule for $layer<F, M, A> {}
    };
}
pub(super) use configured;
