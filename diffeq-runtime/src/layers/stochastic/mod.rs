//! Neural stochastic equations as layers.

mod kind;
mod model;
mod modules;

pub use kind::Arrangement;
pub use kind::Blocks;
pub use kind::EachItsOwn;
pub use kind::Multiplicative;
pub use kind::NetworkNoise;
pub use kind::NoiseKind;
pub use kind::NoiseOf;
pub use kind::ShapeOf;
pub use model::NetworkDrift;
pub use model::NetworkSde;
pub use modules::Along;
pub use modules::Constant;
pub use modules::DiagonalBy;
pub use modules::Factors;
pub use modules::NoiseModule;
pub use modules::RowsBy;
pub use modules::SdeField;
pub use modules::builder;

use dfdx::shapes::Rank1;
use dfdx::tensor::Cpu;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;

use crate::dfdx::Scalar;
use crate::error::Error;
use crate::layers::config::OdeConfig;
use crate::layers::field::StateShape;
use crate::layers::field::VectorField;
use crate::layers::neural_ode::NeuralOde;
use crate::sensitivity::Adjoint;
use crate::sensitivity::DiscreteAdjoint;
use crate::stepper::EulerMaruyama;
use crate::stepper::Method;
use crate::stepper::SOSRI;

/// A neural stochastic equation with multiplicative noise, `du = field(u) dt + mp u dW`: the factors `mp` are trained
/// with [`Factors`], which is what a model is declared with, or stay as they are with [`Constant`].
///
/// Each component of each row has a Wiener process of its own. Which path it takes its [`Along`] says: the same one in every
/// pass until [`along`](NeuralOde::along) says otherwise.
///
/// A mean squared error always shrinks the noise: fit means of several paths, moments or likelihoods.
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::layers::{NeuralDmSde, stochastic::builder::Factors};
///
/// type Model = NeuralDmSde<(Linear<2, 8>, Tanh, Linear<8, 2>), Factors<2>>;
/// let device = Cpu::default();
/// let mut model = device.build_module::<Model, f64>();
/// model.config.rtol = 0.1;
/// model.config.atol = 0.1;
/// let x: Tensor<Rank1<2>, f64, _> = device.tensor([2.0, 0.0]);
/// let first = model.along(0).forward(x.clone());
/// assert_eq!(first.array(), model.along(0).forward(x.clone()).array());
/// assert_ne!(first.array(), model.along(1).forward(x).array());
/// ```
pub type NeuralDmSde<F, G, M = SOSRI, A = DiscreteAdjoint> = NeuralOde<SdeField<F, G>, M, A>;

/// A neural stochastic equation with a noise network, `du = field(u) dt + noise(u) dW` with a process for each component.
///
/// What a network says of a component may depend on all of them, and such noise does not commute: methods of strong order 1
/// and more need Lévy areas, or noise of another class. Set `config.options.dt`.
pub type NeuralDsde<F, G, M = EulerMaruyama, A = DiscreteAdjoint> =
    NeuralOde<SdeField<F, DiagonalBy<G>>, M, A>;

/// A neural stochastic equation with general noise of `P` processes for each row: the noise network gives `P` numbers for each
/// component, those of the first component first. Set `config.options.dt`.
pub type NeuralSde<F, G, const P: usize, M = EulerMaruyama, A = DiscreteAdjoint> =
    NeuralOde<SdeField<F, RowsBy<G, P>>, M, A>;

/// The states at the times of `config.options.save_at` of `du = module(u) dt + mp u dW` from `x` along a path, on the tape of
/// `x`: what [`NeuralOde::series`] gives for [`NeuralDmSde`], for a module that stands by itself. The factors `mp` stay as they are.
///
/// # Errors
/// See [`NeuralOde::series`].
pub fn neural_dmsde<F, M, A, S, E, T, const N: usize>(
    module: &F,
    x: Tensor<S, E, Cpu, T>,
    mp: Tensor<Rank1<N>, E, Cpu>,
    along: Along,
    config: &OdeConfig<M, A>,
) -> Result<Tensor<S::Series, E, Cpu, T>, Error>
where
    F: Clone,
    SdeField<F, Constant<N, E, Cpu>>: VectorField<E, S>,
    M: Method<E, <SdeField<F, Constant<N, E, Cpu>> as VectorField<E, S>>::Rhs>,
    A: Adjoint<<SdeField<F, Constant<N, E, Cpu>> as VectorField<E, S>>::Rhs, E, M, Record: 'static>
        + Clone
        + 'static,
    S: StateShape,
    E: Scalar,
    T: Tape<E, Cpu>,
{
    let field = SdeField { drift: module.clone(), noise: Constant { mp }, along };
    NeuralOde::new(field, config.clone()).series(x)
}

impl<F: Clone, G: Clone, M: Clone, A: Clone> NeuralOde<SdeField<F, G>, M, A> {
    /// This layer, with the same parameters, along the path of another trajectory.
    pub fn along(&self, trajectory: u32) -> Self {
        let mut layer = self.clone();
        layer.field.along.trajectory = trajectory;
        layer
    }
}
