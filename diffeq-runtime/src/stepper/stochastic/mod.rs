//! Methods for stochastic equations.
//!
//! | method | integral | noise | strong order | steps | reference |
//! | --- | --- | --- | --- | --- | --- |
//! | [`EulerMaruyama`] | Ito | any | 1/2; additive 1 | fixed | Maruyama 1955 |
//! | [`TamedEuler`] | Ito | any | 1/2 | fixed | Hutzenthaler et al. 2012 |
//! | [`PlatenWeak2`] | Ito | scalar, diagonal | 1; weak 2 | fixed | Kloeden, Platen 1992 |
//! | [`DRI1`], [`RI6`] | Ito | any; general by Lévy areas | 1; weak 2 | fixed | Debrabant, Rößler 2009; Rößler 2009 |
//! | [`Milstein`] | both | any; general by Lévy areas | 1 | fixed | Milstein 1975 |
//! | [`SRIW1`], [`SRIW2`] | Ito | scalar, diagonal | 3/2 | adaptive | Rößler 2010 |
//! | [`SOSRI`], [`SOSRI2`] | Ito | scalar, diagonal | 3/2 | adaptive | Rackauckas, Nie 2020 |
//! | [`SRA1`], [`SRA2`], [`SRA3`] | both | additive | 3/2 | adaptive | Rößler 2010 |
//! | [`SOSRA`], [`SOSRA2`] | both | additive | 3/2 | adaptive | Rackauckas, Nie 2020 |
//! | [`SEA`] | both | additive | 1 | fixed | Foster et al. 2024 |
//! | [`ShARK`] | both | additive | 3/2 | adaptive | Foster et al. 2024 |
//! | [`EulerHeun`], [`StratonovichHeun`] | Stratonovich | any | commutative 1; general 1/2 | fixed | Gaines, Lyons 1997; Rümelin 1982 |
//! | [`GeneralShARK`] | Stratonovich | any | commutative 1; general 1/2 | fixed | Foster et al. 2024 |
//! | [`SPaRK`] | Stratonovich | up to commutative | 1; additive 3/2 | adaptive | Foster 2023 |
//! | [`ReversibleHeun`] | Stratonovich | any | 1/2; additive 1 | fixed | Kidger et al. 2021 |
//! | [`SlowRK`] | Stratonovich | any | commutative 3/2; general 1/2 | fixed | Foster et al. 2024 |
//!
//! With additive noise the two integrals are one. Between the ends of a step the solution is the straight line, which is off by the
//! square root of the step size: what is saved (`save_at`) is therefore the end of a step, and only dense output and crossings look
//! between.

mod claim;
mod kernel;
mod methods;
mod milstein;
mod reversible;
mod srk;
mod stepper;
mod tamed;
mod weak;

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
pub use tamed::TamedKernel;
pub(crate) use tamed::norm;
pub use weak::RiKernel;
pub use weak::RiMethod;
pub(crate) use weak::shares_stages;
pub(crate) use weak::weigh_others;
pub(crate) use weak::weigh_step;
pub(crate) use weak::weigh_step_mixed;
