//! Differential equations as dfdx modules: built, saved, counted and trained with the model that they are part of.

mod config;
mod field;
mod neural_ode;
mod taped;

pub use config::OdeConfig;
pub use field::StateOf;
pub use field::StateShape;
pub use field::VectorField;
pub use neural_ode::NeuralOde;
pub use taped::Endomorphism;
pub use taped::Taped;
pub use taped::TapedRhs;
