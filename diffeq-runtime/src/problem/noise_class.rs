//! The class of a noise, which decides what a method has to know of the Wiener processes to keep its order.
//!
//! `#[sde]` reads it off the source. A method says by [`SolvedBy`] which classes it solves, under which interpretation of the
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

/// A class together with why it is no narrower one: a type whose name is the reason, written by `#[sde]` where the user wrote
/// what is the reason. Where a method does not fit, rustc points there.
pub trait Because: Copy + Default + std::fmt::Debug + Send + Sync + 'static {
    /// The class itself.
    type Class: NoiseClass;
}

impl<B: Because> NoiseClass for B {
    const NAME: &'static str = <B::Class as NoiseClass>::NAME;
    const IS_ADDITIVE: bool = <B::Class as NoiseClass>::IS_ADDITIVE;
    const IS_DIAGONAL: bool = <B::Class as NoiseClass>::IS_DIAGONAL;
    const COMMUTES: bool = <B::Class as NoiseClass>::COMMUTES;
}

/// That equations whose integral is meant as `I`, with noise of this class, are solved by the method `X`.
#[diagnostic::on_unimplemented(
    message = "`{X}` does not solve `{I}` equations whose noise is `{Self}`",
    label = "this method asks for another noise or another interpretation",
    note = "`Ito`: additive noise by `SOSRA`; scalar and diagonal noise by `SOSRI`; all that commutes by `Halved(Milstein)`; any noise \
            by `EulerMaruyama`, `Milstein`",
    note = "`Stratonovich`: additive noise by `SOSRA`; all that commutes by `SPaRK`; any noise by `EulerHeun`, `SlowRK`, \
            `Milstein`"
)]
pub trait SolvedBy<I: Interpretation, X> {}

// without this rustc would speak of the class alone, and not point at the reason
#[diagnostic::do_not_recommend]
impl<I: Interpretation, X, B: Because> SolvedBy<I, X> for B where B::Class: SolvedBy<I, X> {}

/// That a method solves equations whose integral is meant as `I`, with noise of class `C`: the same as [`SolvedBy`], said of the
/// method.
pub trait Fits<I: Interpretation, C: NoiseClass> {}

impl<I: Interpretation, C: NoiseClass + SolvedBy<I, X>, X> Fits<I, C> for X {}

/// The names of the classes that a method solves, as [`SolvedBy`] has them.
pub trait Classes {
    /// Where the integral is Ito's.
    const ITO: &'static [&'static str];
    /// Where it is that of Stratonovich.
    const STRATONOVICH: &'static [&'static str];
}

/// Which pairs of interpretation and class a method solves: `fits!(SRIW1: ito Additive Scalar Diagonal; stratonovich Additive)`.
macro_rules! fits {
    ($method:ty: ito $($ito:ident)*; stratonovich $($strat:ident)*) => {
        // rustc would list some of them, by the alphabet, where another method does not fit
        $(#[diagnostic::do_not_recommend]
        impl $crate::problem::SolvedBy<$crate::problem::Ito, $method> for $crate::problem::$ito {})*
        $(#[diagnostic::do_not_recommend]
        impl $crate::problem::SolvedBy<$crate::problem::Stratonovich, $method> for $crate::problem::$strat {})*

        impl $crate::problem::Classes for $method {
            const ITO: &'static [&'static str] = &[$(<$crate::problem::$ito as $crate::problem::NoiseClass>::NAME),*];
            const STRATONOVICH: &'static [&'static str] =
                &[$(<$crate::problem::$strat as $crate::problem::NoiseClass>::NAME),*];
        }
    };
}
pub(crate) use fits;
