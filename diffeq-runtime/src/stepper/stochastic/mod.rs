//! Methods for stochastic equations.
//!
//! Strong orders are given for each class of noise that a method is for.
//!
#![doc = include_str!("methods.md")]
//!
//! With additive noise the two integrals are one. Between the ends of a step the solution is the straight line, which is off by the
//! square root of the step size: what is saved (`save_at`) is therefore the end of a step, and only dense output and crossings look
//! between.

mod catalogue;
mod claim;
mod kernel;
mod methods;
mod milstein;
mod reversible;
mod srk;
mod stepper;
mod tamed;
mod weak;

pub use catalogue::STOCHASTIC_METHODS;
pub use catalogue::StochasticFacts;
pub use catalogue::stochastic_table;
pub use kernel::Kernel;
pub use kernel::Place;
pub(crate) use methods::all_srk_methods;
pub(crate) use methods::srk_shape;
pub use methods::*;
pub use milstein::MilsteinKernel;
pub(crate) use milstein::twofold;
pub(crate) use milstein::twofold_diagonal;
pub use reversible::ReversibleHeun;
pub use reversible::ReversibleHeunStepper;
pub(crate) use reversible::leap;
pub use srk::SrkKernel;
pub use srk::SrkMethod;
pub(crate) use srk::for_each_srk_stage_back;
pub(crate) use srk::weigh;
pub(crate) use stepper::Room;
pub use stepper::SdeStepper;
pub(crate) use stepper::check_law;
pub(crate) use stepper::check_paths;
pub(crate) use stepper::one_by_one;
pub(crate) use stepper::straight_coefficients;
pub(crate) use stepper::straight_line;
pub use tamed::TamedKernel;
pub(crate) use tamed::norm;
pub use weak::RiKernel;
pub use weak::RiMethod;
pub(crate) use weak::shares_stages;
pub(crate) use weak::weigh_others;
pub(crate) use weak::weigh_step;
pub(crate) use weak::weigh_step_mixed;
