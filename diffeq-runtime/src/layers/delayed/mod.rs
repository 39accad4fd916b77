//! Neural delayed equations as layers.

mod model;
mod modules;

pub use model::EachRow;
pub use model::FixedLags;
pub use model::LagSource;
pub use model::NetworkDde;
pub use model::TrainedLags;
pub use modules::ConstantLags;
pub use modules::DdeField;
pub use modules::LagModule;
pub use modules::Lags;
pub use modules::builder;

use crate::delay::Lagging;
use crate::layers::neural_ode::NeuralOde;
use crate::sensitivity::DiscreteAdjoint;
use crate::stepper::Tsit5;

/// A neural delayed equation whose lags are trained, `du/dt = field([u, u(t - lag 1), …, u(t - lag K)])`.
///
/// `F` takes `(K + 1) N` numbers, the state and the earlier ones by their lags, and gives `N`: a tuple of `Linear` and
/// activations. `L` is [`Lags<K>`](builder::Lags). Before the start the state rested at the input of the layer, unless
/// [`Lags<K, H>`](builder::Lags) names another history; rows of a batch share the lags. Gradients reach the parameters, the
/// lags, and the input, as what the layer starts from and as its history.
///
/// The 2019 paper's example is this by hand: Rackauckas, Innes, Ma, Bettencourt, White & Dixit, *DiffEqFlux.jl* (arXiv:1902.02376).
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::layers::{NeuralDde, delayed::builder::Lags};
///
/// type Model = NeuralDde<(Linear<4, 8>, Tanh, Linear<8, 2>), Lags<1>>;
/// let device = Cpu::default();
/// let mut model = device.build_module::<Model, f64>();
/// model.field.lags.lags = device.tensor([0.5]);
/// let x: Tensor<Rank1<2>, f64, _> = device.tensor([2.0, 0.0]);
/// let y = model.forward(x.trace(model.alloc_grads()));
/// let gradients = y.square().sum().backward();
/// assert_ne!(gradients.get(&model.field.lags.lags).array(), [0.0]);
/// ```
pub type NeuralDde<F, L, M = Tsit5, A = DiscreteAdjoint> = NeuralOde<DdeField<F, L>, Lagging<M>, A>;

/// A neural delayed equation with constant lags, those of [`ConstantLags<K>`](builder::ConstantLags): [`NeuralDde`] in all but
/// that they stay as they are. They are saved with the model.
pub type NeuralCdde<F, L, M = Tsit5, A = DiscreteAdjoint> = NeuralDde<F, L, M, A>;
