//! The class of a noise, which decides what a method has to know of the Wiener processes to keep its order.
//!
//! `#[sde]` reads it off the source. A method says by [`Fits`] which classes it solves, under which interpretation of the
//! integral: what does not fit does not compile.

/// How the integral by the Wiener processes is meant: [`Ito`] or [`Stratonovich`].
pub trait Interpretation: Copy + Default + std::fmt::Debug + Send + Sync + 'static {
    /// Its name.
    const NAME: &'static str;
    /// Whether it is Ito's.
    const IS_ITO: bool;
}

/// The integral takes the noise at the start of each piece of time; what `#[sde]` means unless it says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ito;

/// The integral takes the noise in the middle of each piece of time: `#[sde(stratonovich)]`. The rules of calculus are the
/// ordinary ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stratonovich;

impl Interpretation for Ito {
    const NAME: &'static str = "Ito";
    const IS_ITO: bool = true;
}

impl Interpretation for Stratonovich {
    const NAME: &'static str = "Stratonovich";
    const IS_ITO: bool = false;
}

/// A class of noise: [`Additive`], [`Scalar`], [`Diagonal`], [`Commutative`] or [`General`].
pub trait NoiseClass: Copy + Default + std::fmt::Debug + Send + Sync + 'static {
    /// Its name.
    const NAME: &'static str;
    /// The noise does not depend on the state.
    const IS_ADDITIVE: bool = false;
    /// Each component has a process, and its noise depends on no other component.
    const IS_DIAGONAL: bool = false;
    /// The order in which processes move does not matter.
    const COMMUTES: bool = true;
}

macro_rules! classes {
    ($($(#[$doc:meta])* $class:ident $name:literal { $($fact:tt)* })*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $class;
        impl NoiseClass for $class {
            const NAME: &'static str = $name;
            $($fact)*
        }
    )* };
}

classes! {
    /// The noise does not depend on the state. Ito and Stratonovich are the same.
    Additive "additive" { const IS_ADDITIVE: bool = true; }
    /// One Wiener process drives all components.
    Scalar "scalar" {}
    /// Each component has a Wiener process, and its noise depends on no other component.
    Diagonal "diagonal" { const IS_DIAGONAL: bool = true; }
    /// Several processes, whose order in time does not matter: `(∂g_j/∂u) g_k = (∂g_k/∂u) g_j` for all columns.
    Commutative "commutative" {}
    /// Nothing is known: the areas that the processes sweep out between them matter.
    General "general" { const COMMUTES: bool = false; }
}

/// That a method solves equations whose integral is meant as `I`, with noise of class `C`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not solve `{I}` equations whose noise is `{C}`",
    label = "this method asks for another noise or another interpretation",
    note = "any noise, Ito: `EulerMaruyama`; any noise, Stratonovich: `EulerHeun`; the guide has the table of methods and classes"
)]
pub trait Fits<I: Interpretation, C: NoiseClass> {}

/// Which pairs of interpretation and class a method solves: `fits!(SRIW1: ito Additive Scalar Diagonal; stratonovich Additive)`.
macro_rules! fits {
    ($method:ty: ito $($ito:ident)*; stratonovich $($strat:ident)*) => {
        $(impl $crate::problem::Fits<$crate::problem::Ito, $crate::problem::$ito> for $method {})*
        $(impl $crate::problem::Fits<$crate::problem::Stratonovich, $crate::problem::$strat> for $method {})*
    };
}
pub(crate) use fits;
