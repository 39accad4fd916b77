//! Differential equations as dfdx modules: built, saved, counted and trained with the model that they are part of.
//!
//! | | what | input to output |
//! | --- | --- | --- |
//! | [`NeuralOde`] | `du/dt = f(u)`, from the input to the end of the span | a vector or a batch, to the same |
//! | [`AugmentedNeuralOde`] | the same with extra dimensions that start at zero | `N` numbers to `WIDE` |
//! | [`SecondOrderNeuralOde`] | `u'' = f(u, u')` | `[u, u']` to the same |
//! | [`NeuralOde`] of a [`HamiltonianNet`] | `[q, p]' = J ∇H(q, p)`: an energy is learned, and kept | `[q, p]` to the same |
//! | [`Ffjord`] | a continuous normalising flow: densities, samples | a batch to the same; or to its log-likelihoods |
//! | [`NeuralDmSde`], [`NeuralDsde`], [`NeuralSde`] | `du = f(u) dt + g(u) dW`: multiplicative noise, a noise network for each component, for several processes | a vector or a batch, to the same |
//! | [`NeuralDde`], [`NeuralCdde`] | `du/dt = f(u, u(t - lag), …)`, lags that are trained or constant | a vector or a batch, to the same |
//! | [`OdeActivation`] | a scalar equation for each number | any shape to the same |
//! | [`neural_ode`], [`NeuralOde::series`] | the states at saved times | one more dimension, time first |
//!
//! Their type parameters choose the right-hand side (a [`VectorField`]), the method and the adjoint; their
//! [`OdeConfig`] holds the rest.
//!
//! ```text
//! type Model = (Linear<3, 2>, NeuralOde<(Linear<2, 8>, Tanh, Linear<8, 2>)>, Linear<2, 1>);
//! let mut model = device.build_module::<Model, f32>();
//! model.1.config.t1 = 2.0;
//! ```

mod activation;
mod augment;
mod config;
pub mod delayed;
mod device;
mod dual;
mod ffjord;
mod field;
mod flow;
mod fused;
mod hamiltonian;
mod motion;
mod neural_ode;
mod second_order;
pub mod stochastic;
mod taped;
mod twice;

pub use activation::FromNumbers;
pub use activation::NotTrained;
pub use activation::OdeActivation;
pub use activation::Trained;
pub use activation::TrainedParams;
pub use augment::Augment;
pub use augment::AugmentedNeuralOde;
pub use config::OdeConfig;
pub use delayed::NeuralCdde;
pub use delayed::NeuralDde;
pub use device::Energy;
pub use device::FlowField;
pub use device::FlowOnDevice;
pub use device::Width;
pub use dual::DualTensor;
pub use ffjord::Ffjord;
pub use field::StateOf;
pub use field::StateShape;
pub use field::VectorField;
pub use flow::Divergence;
pub use flow::FlowRhs;
pub use fused::Direct;
pub use fused::FusedShape;
pub use hamiltonian::HamiltonianNet;
pub use hamiltonian::HamiltonianRhs;
pub use motion::ByRows;
pub use motion::Motion;
pub use neural_ode::NeuralOde;
pub use neural_ode::neural_ode;
pub use second_order::Moving;
pub use second_order::SecondOrder;
pub use second_order::SecondOrderNeuralOde;
pub use stochastic::NeuralDmSde;
pub use stochastic::NeuralDsde;
pub use stochastic::NeuralSde;
pub use stochastic::neural_dmsde;
pub use taped::Endomorphism;
pub use taped::Taped;
pub use taped::TapedRhs;
pub use twice::Inputs;
pub use twice::Twice;
