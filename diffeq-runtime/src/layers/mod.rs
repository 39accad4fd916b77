//! Differential equations as dfdx modules: built, saved, counted and trained with the model that they are part of.

mod activation;
mod augment;
mod config;
mod dual;
mod field;
mod neural_ode;
mod second_order;
mod taped;

pub use activation::FromNumbers;
pub use activation::NotTrained;
pub use activation::OdeActivation;
pub use activation::Trained;
pub use activation::TrainedParams;
pub use augment::Augment;
pub use augment::AugmentedNeuralOde;
pub use config::OdeConfig;
pub use dual::DualTensor;
pub use field::StateOf;
pub use field::StateShape;
pub use field::VectorField;
pub use neural_ode::NeuralOde;
pub use second_order::SecondOrder;
pub use second_order::SecondOrderNeuralOde;
pub use taped::Endomorphism;
pub use taped::Taped;
pub use taped::TapedRhs;
