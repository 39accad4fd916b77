//! The methods by name, and which noise they are for.

use crate::error::Error;
use crate::noise::Asks;
use crate::noise::Driven;
use crate::noise::Path;
use crate::problem::Diffusion;
use crate::problem::DiffusionJvp;
use crate::problem::Fits;
use crate::problem::fits;
use crate::real::Real;
use crate::stepper::Facts;
use crate::stepper::Halved;
use crate::stepper::Method;
use crate::stepper::Scheme;
use crate::stepper::stochastic::claim::check_claim;
use crate::stepper::stochastic::kernel::Kernel;
use crate::stepper::stochastic::milstein::MilsteinKernel;
use crate::stepper::stochastic::srk::SrkKernel;
use crate::stepper::stochastic::srk::SrkMethod;
use crate::stepper::stochastic::stepper::SdeStepper;
use crate::stepper::stochastic::stepper::check;
use crate::stepper::stochastic::stepper::check_each;
use crate::stepper::stochastic::stepper::check_law;
use crate::stepper::stochastic::tamed::TamedKernel;
use crate::stepper::stochastic::weak::RiKernel;
use crate::stepper::stochastic::weak::RiMethod;
use crate::tableau::stochastic as tableau;
use crate::tableau::stochastic::Ri;
use crate::tableau::stochastic::Srk;

/// How fast the error falls with the step size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Orders {
    /// On each path, for all noise that the method is for.
    pub strong: f64,
    /// On each path where the noise commutes: with scalar and diagonal noise as well.
    pub commutative: f64,
    /// On each path where the noise is additive.
    pub additive: f64,
    /// Of expected values.
    pub weak: f64,
}

/// What is known of a stochastic method whatever the problem. Its [`Scheme::ORDER`] is that without noise.
pub trait StochasticScheme: Scheme {
    /// Its orders with noise.
    const ORDERS: Orders;
}

/// A method that steps along a path: a stochastic one, as it is or with its steps halved.
pub trait AlongPaths {}
impl<X: StochasticScheme> AlongPaths for X {}
impl<X: StochasticScheme> AlongPaths for Halved<X> {}

/// Its tableau, with the numbers of stages.
pub(crate) const fn srk_shape<const S: usize, const R: usize>(_: &Srk<S, R>) -> [usize; 2] {
    [S, R]
}

/// Hands the list of all methods that are tableaus to a macro: name, constant, what they ask of a model (more than its values
/// where its noise has to commute, which is checked), strong order, that for noise that commutes
/// and that for additive noise, weak order, the power of the step size with which an estimate of the error falls, and which noise it fits.
macro_rules! all_srk_methods {
    ($callback:path) => {
        $callback! {
            EulerMaruyama EULER_MARUYAMA Diffusion (0.5, 0.5, 1.0, 1.0, 1.0)
                ito Additive Scalar Diagonal Commutative General; stratonovich Additive,
            SRIW1 SRIW1 Diffusion (1.5, 1.5, 1.5, 2.0, 1.5) ito Additive Scalar Diagonal; stratonovich Additive,
            SRIW2 SRIW2 Diffusion (1.5, 1.5, 1.5, 1.5, 1.5) ito Additive Scalar Diagonal; stratonovich Additive,
            SOSRI SOSRI Diffusion (1.5, 1.5, 1.5, 1.5, 1.5) ito Additive Scalar Diagonal; stratonovich Additive,
            SOSRI2 SOSRI2 Diffusion (1.5, 1.5, 1.5, 1.5, 1.5) ito Additive Scalar Diagonal; stratonovich Additive,
            PlatenWeak2 PLATEN_WEAK2 Diffusion (1.0, 1.0, 1.0, 2.0, 1.0) ito Additive Scalar Diagonal; stratonovich Additive,
            SRA1 SRA1 Diffusion (1.5, 1.5, 1.5, 2.0, 1.5) ito Additive; stratonovich Additive,
            SRA2 SRA2 Diffusion (1.5, 1.5, 1.5, 2.0, 1.5) ito Additive; stratonovich Additive,
            SRA3 SRA3 Diffusion (1.5, 1.5, 1.5, 2.0, 1.5) ito Additive; stratonovich Additive,
            SOSRA SOSRA Diffusion (1.5, 1.5, 1.5, 2.0, 1.5) ito Additive; stratonovich Additive,
            SOSRA2 SOSRA2 Diffusion (1.5, 1.5, 1.5, 2.0, 1.5) ito Additive; stratonovich Additive,
            SEA SEA Diffusion (1.0, 1.0, 1.0, 1.0, 1.0) ito Additive; stratonovich Additive,
            ShARK SHARK Diffusion (1.5, 1.5, 1.5, 2.0, 1.5) ito Additive; stratonovich Additive,
            EulerHeun EULER_HEUN Diffusion (0.5, 1.0, 1.0, 1.0, 1.0)
                ito Additive; stratonovich Additive Scalar Diagonal Commutative General,
            StratonovichHeun STRATONOVICH_HEUN Diffusion (0.5, 1.0, 1.0, 1.0, 1.0)
                ito Additive; stratonovich Additive Scalar Diagonal Commutative General,
            GeneralShARK GENERAL_SHARK Diffusion (0.5, 1.0, 1.5, 1.0, 1.0)
                ito Additive; stratonovich Additive Scalar Diagonal Commutative General,
            SPaRK SPARK DiffusionJvp (1.0, 1.0, 1.5, 1.0, 1.0)
                ito Additive; stratonovich Additive Scalar Diagonal Commutative,
            SlowRK SLOW_RK DiffusionJvp (0.5, 1.5, 1.5, 1.0, 1.0)
                ito Additive; stratonovich Additive Scalar Diagonal Commutative General,
        }
    };
}

pub(crate) use all_srk_methods;

macro_rules! methods {
    ($($method:ident $tableau:ident $bound:ident ($strong:literal, $commutative:literal, $additive:literal, $weak:literal, $exponent:literal)
        ito $($ito:ident)*; stratonovich $($stratonovich:ident)*,)*) => { $(
        #[doc = concat!("See [`tableau::stochastic::", stringify!($tableau), "`](crate::tableau::stochastic::",
            stringify!($tableau), ") and the [table](crate::stepper#methods-for-stochastic-equations).")]
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $method;

        impl Scheme for $method {
            const NAME: &'static str = tableau::$tableau.name;
            const REFERENCE: &'static str = tableau::$tableau.reference;
            const ORDER: usize = tableau::$tableau.order;
            const INTERPOLANT_ORDER: usize = 1;
            const CONTROL_EXPONENT: Option<f64> =
                if tableau::$tableau.has_error_estimate() { Some($exponent) } else { None };
        }

        impl StochasticScheme for $method {
            const ORDERS: Orders =
                Orders { strong: $strong, commutative: $commutative, additive: $additive, weak: $weak };
        }

        impl SrkMethod<{ srk_shape(&tableau::$tableau)[0] }, { srk_shape(&tableau::$tableau)[1] }> for $method {
            const TABLEAU: Srk<{ srk_shape(&tableau::$tableau)[0] }, { srk_shape(&tableau::$tableau)[1] }> =
                tableau::$tableau;
        }

        impl<T: Real, M: $bound<T>, W: Path> Method<T, Driven<M, W>> for $method
        where
            Self: Fits<M::Interpretation, M::Class>,
        {
            type Stepper = SdeStepper<
                SrkKernel<
                    $method,
                    M::State,
                    M::Noise,
                    { srk_shape(&tableau::$tableau)[0] },
                    { srk_shape(&tableau::$tableau)[1] },
                >,
                W::Cursor,
                T,
            >;
            fn stepper(&self, _: &M::State) -> Self::Stepper {
                SdeStepper::new(Self::CONTROL_EXPONENT)
            }
            fn facts(&self) -> Facts {
                const { Facts::of::<Self>() }
            }
            fn check(&self, f: &Driven<M, W>, place: (&M::State, &M::Params), span: (f64, f64)) -> Result<(), Error> {
                let asks =
                    if const { tableau::$tableau.asks_for_areas() } { Asks::SpaceTime } else { Asks::Values };
                check_each(f, place.0, span, asks)?;
                if const { tableau::$tableau.takes_squares() } {
                    check_law(f)?;
                }
                methods!(@claim $bound (&f.model, place, span.0))
            }
        }

        fits!($method: ito $($ito)*; stratonovich $($stratonovich)*);
    )* };
    (@claim Diffusion ($model:expr, $place:expr, $t:expr)) => {
        Ok(())
    };
    (@claim DiffusionJvp ($model:expr, $place:expr, $t:expr)) => {
        check_claim($model, $place, $t)
    };
}

all_srk_methods!(methods);

macro_rules! weak_methods {
    ($($(#[$doc:meta])* $method:ident)*) => { $(
        $(#[$doc])*
        ///
        /// Each process has stages of its own, at each of which the noise is evaluated: for `m` processes whose areas matter,
        /// `1 + 4 m` times in a step, where the noise is diagonal or additive three times. With additive noise strong and weak order are
        /// 1 and 2 as well.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $method;

        impl Scheme for $method {
            const NAME: &'static str = tableau::$method.name;
            const REFERENCE: &'static str = tableau::$method.reference;
            const ORDER: usize = tableau::$method.order;
            const INTERPOLANT_ORDER: usize = 1;
            const CONTROL_EXPONENT: Option<f64> = None;
        }

        impl StochasticScheme for $method {
            const ORDERS: Orders = Orders { strong: 1.0, commutative: 1.0, additive: 1.0, weak: 2.0 };
        }

        impl RiMethod for $method {
            const TABLEAU: Ri = tableau::$method;
        }

        impl<T: Real, M: DiffusionJvp<T>, W: Path> Method<T, Driven<M, W>> for $method
        where
            Self: Fits<M::Interpretation, M::Class>,
        {
            type Stepper = SdeStepper<RiKernel<$method, M::State, M::Noise>, W::Cursor, T>;
            fn stepper(&self, _: &M::State) -> Self::Stepper {
                SdeStepper::new(None)
            }
            fn facts(&self) -> Facts {
                const { Facts::of::<Self>() }
            }
            fn check(&self, f: &Driven<M, W>, place: (&M::State, &M::Params), span: (f64, f64)) -> Result<(), Error> {
                check(f, place.0, span, <RiKernel<$method, M::State, M::Noise> as Kernel<T, M>>::ASKS)?;
                check_law(f)?;
                check_claim(&f.model, place, span.0)
            }
        }

        fits!($method: ito Additive Scalar Diagonal Commutative General; stratonovich Additive);
    )* };
}

weak_methods! {
    /// The method of Debrabant and Rößler for expected values: weak order 2 for any noise, with small error constants; strong order
    /// 1. See [`tableau::stochastic::DRI1`](crate::tableau::stochastic::DRI1).
    DRI1
    /// A method of Rößler for expected values: weak order 2 for any noise, with two evaluations of the drift; strong order 1. See
    /// [`tableau::stochastic::RI6`](crate::tableau::stochastic::RI6).
    RI6
}

/// Milstein's method, for both integrals: strong order 1.
///
/// It takes the derivative of the noise along the noise, which `#[sde]` writes: one Jacobian-vector product where the noise is
/// diagonal or scalar, one for each process elsewhere. Where processes do not commute it takes their Lévy areas from the path:
/// see [`Brownian::areas`](crate::noise::Brownian::areas) for what that means to solves of other step sizes.
///
/// Source: Milstein, *Approximate integration of stochastic differential equations*, Theory Probab. Appl. 19 (1975) 557-562;
/// Kloeden, Platen, *Numerical Solution of Stochastic Differential Equations* (1992), section 10.3.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Milstein;

impl Scheme for Milstein {
    const NAME: &'static str = "Milstein";
    const REFERENCE: &'static str = "Milstein, Theory Probab. Appl. 19 (1975) 557-562";
    const ORDER: usize = 1;
    const INTERPOLANT_ORDER: usize = 1;
    const CONTROL_EXPONENT: Option<f64> = None;
}

impl StochasticScheme for Milstein {
    const ORDERS: Orders = Orders { strong: 1.0, commutative: 1.0, additive: 1.0, weak: 1.0 };
}

impl<T: Real, M: DiffusionJvp<T>, W: Path> Method<T, Driven<M, W>> for Milstein
where
    Self: Fits<M::Interpretation, M::Class>,
{
    type Stepper = SdeStepper<MilsteinKernel<M::State, M::Noise>, W::Cursor, T>;
    fn stepper(&self, _: &M::State) -> Self::Stepper {
        SdeStepper::new(None)
    }
    fn facts(&self) -> Facts {
        const { Facts::of::<Self>() }
    }
    fn check(&self, f: &Driven<M, W>, place: (&M::State, &M::Params), span: (f64, f64)) -> Result<(), Error> {
        check(f, place.0, span, <MilsteinKernel<M::State, M::Noise> as Kernel<T, M>>::ASKS)?;
        check_law(f)?;
        check_claim(&f.model, place, span.0)
    }
}

fits!(Milstein: ito Additive Scalar Diagonal Commutative General; stratonovich Additive Scalar Diagonal Commutative General);

/// The tamed Euler method, `u + h f / (1 + h |f|) + g W`, for drifts that grow faster than their argument: strong order 1/2.
///
/// Where the drift does, the moments of the Euler-Maruyama method are infinite, however short its steps; here a step moves the
/// state by no more than one, whatever the drift. `|f|` is the Euclidean norm, in the units of the state over that of time.
///
/// Source: Hutzenthaler, Jentzen, Kloeden, *Strong convergence of an explicit numerical method for SDEs with nonglobally Lipschitz
/// continuous coefficients*, Ann. Appl. Probab. 22 (2012) 1611-1641, eq. (1.6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TamedEuler;

impl Scheme for TamedEuler {
    const NAME: &'static str = "tamed Euler";
    const REFERENCE: &'static str = "Hutzenthaler, Jentzen, Kloeden, Ann. Appl. Probab. 22 (2012) 1611-1641";
    const ORDER: usize = 1;
    const INTERPOLANT_ORDER: usize = 1;
    const CONTROL_EXPONENT: Option<f64> = None;
}

impl StochasticScheme for TamedEuler {
    const ORDERS: Orders = Orders { strong: 0.5, commutative: 0.5, additive: 1.0, weak: 1.0 };
}

impl<T: Real, M: Diffusion<T>, W: Path> Method<T, Driven<M, W>> for TamedEuler {
    type Stepper = SdeStepper<TamedKernel<M::State, M::Noise>, W::Cursor, T>;
    fn stepper(&self, _: &M::State) -> Self::Stepper {
        SdeStepper::new(None)
    }
    fn facts(&self) -> Facts {
        const { Facts::of::<Self>() }
    }
    fn check(&self, f: &Driven<M, W>, place: (&M::State, &M::Params), span: (f64, f64)) -> Result<(), Error> {
        check(f, place.0, span, Asks::Values)
    }
}

fits!(TamedEuler: ito Additive Scalar Diagonal Commutative General; stratonovich Additive);

/// Steps that are halved estimate their error, unless the areas of the noise count, of which a rejected step must not forget
/// what it has seen.
macro_rules! halved {
    ($($integral:ident $class:ident,)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<X> crate::problem::SolvedBy<crate::problem::$integral, Halved<X>> for crate::problem::$class
        where
            crate::problem::$class: crate::problem::SolvedBy<crate::problem::$integral, X>,
        {
        }
    )* };
}
halved! {
    Ito Additive, Ito Scalar, Ito Diagonal, Ito Commutative,
    Stratonovich Additive, Stratonovich Scalar, Stratonovich Diagonal, Stratonovich Commutative,
}
